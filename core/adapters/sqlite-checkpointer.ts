import { DatabaseSync } from 'node:sqlite'
import { workerData } from 'node:worker_threads'

// Runs on its own thread: moves the write-ahead log into the file without ever making a writer wait.
const { path, everyMs } = workerData as { path: string; everyMs: number }
const db = new DatabaseSync(path)
db.exec('PRAGMA busy_timeout = 0')
const checkpoint = db.prepare('PRAGMA wal_checkpoint(PASSIVE)')
setInterval(() => {
  try {
    checkpoint.get()
  } catch {
    // Busy, or the disk is full: the next round tries again, and the writer reports what matters.
  }
}, everyMs)
