import { backup, DatabaseSync } from 'node:sqlite'

/** Rows by table. */
export type Counts = Readonly<Record<string, number>>

const PAGES_PER_STEP = 2_000
const [SQLITE_BUSY, SQLITE_LOCKED, SQLITE_CORRUPT, SQLITE_NOTADB] = [5, 6, 11, 26]

/**
 * Copies a database, which others may be writing meanwhile, as it is at one moment; nobody waits for it. Returns what
 * the database held at that moment. `to` becomes a single file without a log beside it.
 */
export async function copyDatabase(
  from: string,
  to: string,
  onProgress: (done: number, total: number) => void,
): Promise<Counts> {
  using db = new DatabaseSync(from, { readOnly: true })
  // The open read pins the moment: without it, every write by somebody else would start the copy over again.
  db.exec('BEGIN')
  const counts = countRows(db)
  await backup(db, to, {
    rate: PAGES_PER_STEP,
    progress: ({ totalPages, remainingPages }) => onProgress(totalPages - remainingPages, totalPages),
  })
  db.exec('COMMIT')
  using copy = new DatabaseSync(to)
  copy.exec('PRAGMA journal_mode = DELETE')
  return counts
}

/** Reads every page and index of a database that nobody is writing. Throws when one is damaged. */
export function checkDatabase(path: string): Counts {
  using db = new DatabaseSync(path, { readOnly: true })
  const found = db.prepare('PRAGMA integrity_check').all().flatMap(Object.values)
  if (found.join() !== 'ok')
    throw new Error(`The database ${path} is damaged: ${found.slice(0, 3).join('; ')}`)
  return countRows(db)
}

/**
 * Keeps everybody else out of a database until disposed. Null when somebody has it open. The write-ahead log is
 * brought into the file first, unless the file is too damaged for it.
 */
export function holdDatabase(path: string): Disposable | null {
  const db = new DatabaseSync(path, { timeout: 0 })
  try {
    // Leaving the write-ahead log is granted only to who is alone: every open connection holds a lock in that mode.
    db.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE')
  } catch (error) {
    const code = (error as { errcode?: number }).errcode
    if (code === SQLITE_CORRUPT || code === SQLITE_NOTADB) return db
    db.close()
    if (code === SQLITE_BUSY || code === SQLITE_LOCKED) return null
    throw error
  }
  return db
}

function countRows(db: DatabaseSync): Counts {
  const tables = db
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
    .all()
  return Object.fromEntries(
    tables.map(({ name }) => {
      const row = db.prepare(`SELECT count(*) AS n FROM "${name}"`).get()
      return [String(name), Number(row?.n)]
    }),
  )
}
