import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'

/** What one reservation adds to core's file. The drop and the wish for its card are updated once per group. */
const TABLES = ['orders', 'claims', 'outbox'] as const
const RESERVATIONS = 20_000

export interface InsertPace {
  /** Rows per second into one table without an index. */
  readonly oneRow: number
  /** Reservations per second: all their rows, into core's own tables and indexes. */
  readonly reservations: number
}

/**
 * The ceiling of the store: the same rows as a reservation writes, in the same tables, in groups of `group` per durable
 * commit, with nothing else around them. `coreFile` is a file that core has filled; it is only read.
 */
export function measureInserts(options: {
  readonly coreFile: string
  /** Where to write: the same disk. */
  readonly dir: string
  readonly group: number
}): InsertPace {
  const { tables, samples } = readSamples(options.coreFile)
  const one = openDurable(join(options.dir, 'one-row.sqlite'))
  one.exec('CREATE TABLE bare (id TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID')
  const oneRow = measure(one, options.group, [rowWriter(one, 'bare', sampleOfOrder(samples))])

  const all = openDurable(join(options.dir, 'reservations.sqlite'))
  for (const sql of tables) all.exec(sql)
  const writers = TABLES.map((table) => rowWriter(all, table, samples[table]))
  return { oneRow, reservations: measure(all, options.group, writers) }
}

type Row = Readonly<Record<string, SQLInputValue>>

function readSamples(coreFile: string): { tables: string[]; samples: Record<(typeof TABLES)[number], Row> } {
  const core = new DatabaseSync(coreFile, { readOnly: true })
  const named = TABLES.map((table) => `'${table}'`).join(', ')
  const tables = core
    .prepare(
      `SELECT sql FROM sqlite_master WHERE tbl_name IN (${named}) AND sql IS NOT NULL ORDER BY type DESC`,
    )
    .all()
  const row = (table: string, where: string): Row => {
    const found = core.prepare(`SELECT * FROM ${table} WHERE ${where} ORDER BY id DESC LIMIT 1`).get()
    if (!found) throw new Error(`${coreFile} has no ${table} of a reservation`)
    // Only rows of text, numbers and null are written by core.
    return found as Row
  }
  const samples = {
    orders: row('orders', "status = 'held'"),
    claims: row('claims', 'true'),
    outbox: row('outbox', "id LIKE 'checkout:%'"),
  }
  core.close()
  return { tables: tables.map(({ sql }) => String(sql)), samples }
}

function sampleOfOrder(samples: { readonly orders: Row }): Row {
  const { id = '', value = '' } = samples.orders
  return { id, value }
}

/** The same pragmas as core's store: what is measured is the disk and SQLite, not a weaker promise. */
function openDurable(path: string): DatabaseSync {
  const db = new DatabaseSync(path)
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 16384')
  return db
}

/** Writes the sample again and again, with ids of its length that grow as time-ordered ids do. */
function rowWriter(db: DatabaseSync, table: string, sample: Row): (number: number) => void {
  const { id, ...rest } = sample
  const columns = ['id', ...Object.keys(rest)]
  const insert: StatementSync = db.prepare(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
  )
  const values = Object.values(rest)
  const width = String(id).length
  return (number) => {
    insert.run(String(number).padStart(width, '0'), ...values)
  }
}

function measure(db: DatabaseSync, group: number, writers: readonly ((number: number) => void)[]): number {
  const begin = db.prepare('BEGIN IMMEDIATE')
  const commit = db.prepare('COMMIT')
  const startedAt = performance.now()
  for (let number = 0; number < RESERVATIONS; ) {
    begin.run()
    for (let inGroup = 0; inGroup < group && number < RESERVATIONS; inGroup++, number++) {
      for (const write of writers) write(number)
    }
    commit.run()
  }
  const perSecond = (RESERVATIONS / (performance.now() - startedAt)) * 1_000
  db.close()
  return perSecond
}
