import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** A named set of JSON documents by id, in memory, written through to disk when the state has a file. */
export interface Table<T> {
  get(id: string): T | undefined
  set(id: string, value: T): void
  delete(id: string): void
  /** In order of first insertion. */
  values(): T[]
  clear(): void
}

export interface State {
  table<T>(name: string): Table<T>
  close(): void
}

/**
 * What a stand-in remembers. `path` null keeps it in memory; otherwise one SQLite file that survives restarts and
 * kills. Values must be JSON; change one by setting it again.
 */
export function openState(path: string | null): State {
  if (path) mkdirSync(dirname(path), { recursive: true })
  const db = new DatabaseSync(path ?? ':memory:')
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS documents (
      position INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, json TEXT NOT NULL, UNIQUE (kind, id))`)
  const load = db.prepare('SELECT id, json FROM documents WHERE kind = ? ORDER BY position')
  const save = db.prepare(
    'INSERT INTO documents (kind, id, json) VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET json = excluded.json',
  )
  const remove = db.prepare('DELETE FROM documents WHERE kind = ? AND id = ?')
  const removeAll = db.prepare('DELETE FROM documents WHERE kind = ?')

  return {
    table<T>(name: string): Table<T> {
      const rows = new Map<string, T>()
      for (const row of load.all(name)) rows.set(String(row.id), JSON.parse(String(row.json)) as T)
      return {
        get: (id) => rows.get(id),
        set(id, value) {
          rows.set(id, value)
          save.run(name, id, JSON.stringify(value))
        },
        delete(id) {
          rows.delete(id)
          remove.run(name, id)
        },
        values: () => [...rows.values()],
        clear() {
          rows.clear()
          removeAll.run(name)
        },
      }
    },
    close: () => db.close(),
  }
}
