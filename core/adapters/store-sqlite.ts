import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { typeidUnboxed } from 'typeid-js'
import { AppError } from '#contract'
import {
  type CollectionName,
  type Collections,
  EXPIRES,
  expiryOf,
  type Page,
  type Query,
  SEARCHABLE,
  type Store,
  type Stored,
  type Version,
  type Write,
} from '../ports/store.ts'
import { readCursor, writeCursor } from './page-cursor.ts'
import { requireIndex } from './query-indexes.ts'

/** Applied in order, once each; the number applied is SQLite's user_version. Never edit one that has shipped. */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE users (id TEXT PRIMARY KEY, version INTEGER NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE builders (id TEXT PRIMARY KEY, version INTEGER NOT NULL, value TEXT NOT NULL, accountId TEXT) WITHOUT ROWID;
   CREATE INDEX builders_by_account ON builders (accountId);
   CREATE TABLE drafts (id TEXT PRIMARY KEY, version INTEGER NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE inventory (id TEXT PRIMARY KEY, version INTEGER NOT NULL, value TEXT NOT NULL,
     status TEXT, builderId TEXT, openedAt INTEGER) WITHOUT ROWID;
   CREATE INDEX inventory_by_status ON inventory (status, openedAt);
   CREATE INDEX inventory_by_builder ON inventory (builderId, openedAt);
   CREATE TABLE claims (id TEXT PRIMARY KEY, version INTEGER NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE orders (id TEXT PRIMARY KEY, version INTEGER NOT NULL, value TEXT NOT NULL,
     buyerId TEXT, builderId TEXT, status TEXT, createdAt INTEGER) WITHOUT ROWID;
   CREATE INDEX orders_by_buyer ON orders (buyerId, createdAt);
   CREATE INDEX orders_by_builder ON orders (builderId, status, createdAt);
   CREATE TABLE ledger (id TEXT PRIMARY KEY, version INTEGER NOT NULL, value TEXT NOT NULL,
     orderId TEXT, builderId TEXT, at INTEGER) WITHOUT ROWID;
   CREATE INDEX ledger_by_order ON ledger (orderId, at);
   CREATE INDEX ledger_by_builder ON ledger (builderId, at);
   CREATE TABLE inbox (id TEXT PRIMARY KEY, version INTEGER NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE outbox (id TEXT PRIMARY KEY, version INTEGER NOT NULL, value TEXT NOT NULL,
     queue TEXT, dueAt INTEGER) WITHOUT ROWID;
   CREATE INDEX outbox_by_queue ON outbox (queue, dueAt);`,
  `ALTER TABLE builders ADD COLUMN status TEXT;
   ALTER TABLE builders ADD COLUMN joinedAt INTEGER;
   CREATE INDEX builders_by_status ON builders (status, joinedAt);
   ALTER TABLE orders ADD COLUMN attention TEXT;
   ALTER TABLE orders ADD COLUMN chargeId TEXT;
   CREATE INDEX orders_by_attention ON orders (attention, createdAt) WHERE attention IS NOT NULL;
   CREATE INDEX orders_by_charge ON orders (chargeId) WHERE chargeId IS NOT NULL;
   CREATE TABLE cases (id TEXT PRIMARY KEY, version INTEGER NOT NULL, value TEXT NOT NULL,
     status TEXT, openedAt INTEGER) WITHOUT ROWID;
   CREATE INDEX cases_by_status ON cases (status, openedAt);
   CREATE TABLE audit (id TEXT PRIMARY KEY, version INTEGER NOT NULL, value TEXT NOT NULL, seq INTEGER) WITHOUT ROWID;
   CREATE INDEX audit_by_seq ON audit (seq);
   CREATE TABLE auditHead (id TEXT PRIMARY KEY, version INTEGER NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE switches (id TEXT PRIMARY KEY, version INTEGER NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;`,
  `CREATE TABLE looks (id TEXT PRIMARY KEY, version INTEGER NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;`,
  `CREATE TABLE counters (id TEXT PRIMARY KEY, version INTEGER NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;
   CREATE INDEX ledger_by_time ON ledger (at);`,
  `ALTER TABLE cases ADD COLUMN orderId TEXT;
   CREATE INDEX cases_by_order ON cases (orderId, openedAt);`,
  `CREATE TABLE channels (id TEXT PRIMARY KEY, version INTEGER NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE streams (id TEXT PRIMARY KEY, version INTEGER NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE tickets (id TEXT PRIMARY KEY, version INTEGER NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;
   UPDATE builders SET value = json_set(value, '$.twitch', NULL);`,
  `ALTER TABLE inbox ADD COLUMN expireAt INTEGER;
   ALTER TABLE drafts ADD COLUMN expireAt INTEGER;
   ALTER TABLE tickets ADD COLUMN expireAt INTEGER;
   UPDATE inbox SET expireAt = json_extract(value, '$.receivedAt') + 60 * 86400000;
   UPDATE drafts SET expireAt = json_extract(value, '$.createdAt') + 90 * 86400000;
   UPDATE tickets SET expireAt = json_extract(value, '$.expiresAt');
   CREATE INDEX inbox_by_expiry ON inbox (expireAt);
   CREATE INDEX drafts_by_expiry ON drafts (expireAt);
   CREATE INDEX tickets_by_expiry ON tickets (expireAt);`,
  // What was written before a field could be searched is found by it as well.
  `UPDATE orders SET chargeId = json_extract(value, '$.payment.chargeId') WHERE chargeId IS NULL;
   UPDATE cases SET orderId = json_extract(value, '$.orderId') WHERE orderId IS NULL;
   UPDATE builders SET joinedAt = json_extract(value, '$.joinedAt') WHERE joinedAt IS NULL;
   UPDATE builders SET status = coalesce(json_extract(value, '$.status'), 'approved') WHERE status IS NULL;`,
  `CREATE TABLE reminders (id TEXT PRIMARY KEY, version INTEGER NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;`,
  // Nobody asks for the rows of one order.
  `DROP INDEX IF EXISTS ledger_by_order;`,
  // Without these a page of all orders sorted all of them, every time, while buyers waited.
  `CREATE INDEX IF NOT EXISTS orders_by_time ON orders (createdAt);
   CREATE INDEX IF NOT EXISTS orders_by_builder_and_time ON orders (builderId, createdAt);
   CREATE INDEX IF NOT EXISTS inventory_by_time ON inventory (openedAt);
   CREATE INDEX IF NOT EXISTS builders_by_time ON builders (joinedAt);`,
  `CREATE TABLE turns (id TEXT PRIMARY KEY, version INTEGER NOT NULL, value TEXT NOT NULL,
     lane TEXT, since INTEGER) WITHOUT ROWID;
   CREATE INDEX turns_by_lane ON turns (lane, since);`,
  `CREATE TABLE totals (id TEXT PRIMARY KEY, version INTEGER NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;`,
  `CREATE TABLE waitlist (id TEXT PRIMARY KEY, version INTEGER NOT NULL, value TEXT NOT NULL,
     dropId TEXT, number INTEGER) WITHOUT ROWID;
   CREATE INDEX waitlist_by_number ON waitlist (dropId, number);`,
]

/** Frames the write-ahead log may grow to before the writer itself must tidy it: a backstop, about 64 MB. */
const WAL_BACKSTOP_PAGES = 16_384
const CHECKPOINT_EVERY_MS = 1_000
/** What expired is removed a little at a time, so that nobody waits for it. */
const SWEEP_EVERY_MS = 60_000
const SWEPT_TOGETHER = 500

interface Waiting {
  readonly writes: readonly Write[]
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

interface Row {
  readonly id: string
  readonly version: number
  readonly value: string
}

/**
 * The embedded store: one SQLite file, write-ahead log, every commit durable (synchronous=FULL).
 * Commits of one tick share one transaction, each in its own savepoint, because a commit costs an fsync and a row
 * does not. Checkpoints run on another thread. `path` may be `:memory:`. `maxPages` bounds the file, which is how a
 * full disk is rehearsed.
 */
export function createSqliteStore(options: { readonly path: string; readonly maxPages?: number }): Store {
  const onDisk = options.path !== ':memory:'
  if (onDisk) mkdirSync(dirname(options.path), { recursive: true })
  const db = new DatabaseSync(options.path)
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;
    PRAGMA wal_autocheckpoint = ${WAL_BACKSTOP_PAGES}; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY;`)
  migrate(db)
  if (options.maxPages) db.exec(`PRAGMA max_page_count = ${options.maxPages}`)
  const checkpointer = onDisk ? startCheckpointer(options.path) : undefined

  const prepared = new Map<string, StatementSync>()
  function statement(sql: string): StatementSync {
    let found = prepared.get(sql)
    if (!found) {
      found = db.prepare(sql)
      prepared.set(sql, found)
    }
    return found
  }

  const sql = Object.fromEntries(
    (Object.keys(SEARCHABLE) as CollectionName[]).map((collection) => {
      const fields: readonly string[] = [
        ...SEARCHABLE[collection],
        ...(collection in EXPIRES ? ['expireAt'] : []),
      ]
      return [
        collection,
        {
          fields,
          get: `SELECT id, version, value FROM ${collection} WHERE id = ?`,
          scan: `SELECT id, version, value FROM ${collection} WHERE id > ? ORDER BY id LIMIT ?`,
          create: `INSERT INTO ${collection} (id, version, value${fields.map((f) => `, ${f}`).join('')})
            VALUES (?, 1, ?${', ?'.repeat(fields.length)}) ON CONFLICT DO NOTHING`,
          replace: `UPDATE ${collection} SET version = version + 1, value = ?${fields.map((f) => `, ${f} = ?`).join('')}
            WHERE id = ? AND version = ?`,
          delete: `DELETE FROM ${collection} WHERE id = ? AND version = ?`,
        },
      ]
    }),
  ) as Record<
    CollectionName,
    { fields: readonly string[]; get: string; scan: string; create: string; replace: string; delete: string }
  >

  function read<C extends CollectionName>(collection: C, id: string): Stored<C> | undefined {
    const row = statement(sql[collection].get).get(id) as Row | undefined
    return row && toStored<C>(row)
  }

  function apply(write: Write): void {
    const { collection, id } = write
    const { fields, create, replace, delete: remove } = sql[collection]
    let changes: number | bigint
    if (write.op === 'delete') {
      changes = statement(remove).run(id, write.version).changes
    } else {
      const value = JSON.stringify(write.value)
      const values = { ...write.value, expireAt: expiryOf(collection, write.value) }
      const columns = fields.map((field) => column(values, field))
      changes =
        write.op === 'create'
          ? statement(create).run(id, value, ...columns).changes
          : statement(replace).run(value, ...columns, id, write.version).changes
    }
    if (changes !== 1) throw new AppError('conflict', `${write.op} ${collection}/${id}`)
  }

  function sweep(): void {
    for (const collection of Object.keys(EXPIRES)) {
      const expired = `SELECT id FROM ${collection} WHERE expireAt <= ? LIMIT ${SWEPT_TOGETHER}`
      try {
        statement(`DELETE FROM ${collection} WHERE id IN (${expired})`).run(Date.now())
      } catch {
        // Busy, or the disk is full: the next round tries again, and a writer reports what matters.
      }
    }
  }
  const sweeper = setInterval(sweep, SWEEP_EVERY_MS).unref()

  let waiting: Waiting[] = []

  function flush(): void {
    const group = waiting
    waiting = []
    const settled: (() => void)[] = []
    try {
      statement('BEGIN IMMEDIATE').run()
      for (const { writes, resolve, reject } of group) {
        statement('SAVEPOINT one').run()
        try {
          for (const write of writes) apply(write)
          settled.push(resolve)
        } catch (error) {
          if (!(error instanceof AppError)) throw error
          statement('ROLLBACK TO one').run()
          settled.push(() => reject(error))
        }
        statement('RELEASE one').run()
      }
      statement('COMMIT').run()
    } catch (cause) {
      // SQLite may have rolled back by itself (disk full); asking again then is an error of no interest.
      if (db.isTransaction) statement('ROLLBACK').run()
      const error = new AppError('unavailable', 'The store cannot write right now.', { cause })
      for (const { reject } of group) reject(error)
      return
    }
    for (const settle of settled) settle()
  }

  return {
    async get(collection, id) {
      return read(collection, id)
    },
    async getAll(keys) {
      return keys.map(([collection, id]) => read(collection, id))
    },
    async find(collection, query) {
      requireIndex(collection, query)
      const { text, values } = toSelect(collection, query)
      const rows = statement(text).all(...values) as unknown as Row[]
      return toPage(rows, query)
    },
    async scan(collection, { limit, cursor }) {
      const rows = statement(sql[collection].scan).all(cursor ?? '', limit) as unknown as Row[]
      const last = rows.length === limit ? rows.at(-1)?.id : undefined
      return { documents: rows.map((row) => toStored(row)), cursor: last ?? null }
    },
    commit(writes) {
      if (writes.length === 0) return Promise.resolve()
      return new Promise((resolve, reject) => {
        if (waiting.length === 0) setImmediate(flush)
        waiting.push({ writes, resolve, reject })
      })
    },
    newId: (kind) => typeidUnboxed(kind),
    async close() {
      clearInterval(sweeper)
      if (waiting.length > 0) flush()
      await checkpointer?.terminate()
      if (onDisk) db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
      db.close()
    },
  }
}

function migrate(db: DatabaseSync): void {
  const row = db.prepare('PRAGMA user_version').get() as { user_version: number }
  if (row.user_version > MIGRATIONS.length) {
    throw new Error('This data was written by a newer version of C500. Please update before starting.')
  }
  for (const [index, migration] of MIGRATIONS.entries()) {
    if (index < row.user_version) continue
    db.exec(`BEGIN; ${migration} PRAGMA user_version = ${index + 1}; COMMIT;`)
  }
}

function startCheckpointer(path: string): Worker {
  const worker = new Worker(new URL('./sqlite-checkpointer.ts', import.meta.url), {
    workerData: { path, everyMs: CHECKPOINT_EVERY_MS },
  })
  worker.unref()
  return worker
}

function column(value: object, field: string): SQLInputValue {
  const found = (value as Record<string, SQLInputValue | undefined>)[field]
  return found ?? null
}

function toStored<C extends CollectionName>(row: Row): Stored<C> {
  return {
    id: row.id,
    version: row.version satisfies Version,
    value: JSON.parse(row.value) as Collections[C],
  }
}

/** The question in SQLite's words. */
export function toSelect<C extends CollectionName>(
  collection: C,
  query: Query<C>,
): { text: string; values: SQLInputValue[] } {
  const order = String(query.orderBy)
  const conditions: string[] = []
  const values: SQLInputValue[] = []
  for (const [field, value] of Object.entries(query.where)) {
    conditions.push(`${field} = ?`)
    values.push(value as SQLInputValue)
  }
  if (query.atMost !== undefined) {
    conditions.push(`${order} <= ?`)
    values.push(query.atMost)
  }
  if (query.cursor) {
    const [at, id] = readCursor(query.cursor)
    conditions.push(`(${order}, id) ${query.direction === 'asc' ? '>' : '<'} (?, ?)`)
    values.push(at, id)
  }
  const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''
  values.push(query.limit + 1)
  return {
    text: `SELECT id, version, value, ${order} AS position FROM ${collection} ${where}
      ORDER BY ${order} ${query.direction}, id ${query.direction} LIMIT ?`,
    values,
  }
}

function toPage<C extends CollectionName>(rows: Row[], query: Query<C>): Page<C> {
  const more = rows.length > query.limit
  const documents = (more ? rows.slice(0, query.limit) : rows).map((row) => toStored<C>(row))
  const last = more ? (rows[query.limit - 1] as (Row & { position: string | number }) | undefined) : undefined
  return { documents, cursor: last ? writeCursor([last.position, last.id]) : null }
}
