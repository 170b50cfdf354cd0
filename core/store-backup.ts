import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { copyFile, link, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { createFileShelf } from './adapters/media-files.ts'
import { checkDatabase, copyDatabase, holdDatabase } from './adapters/sqlite-backup.ts'
import { copyPictures, type OnProgress } from './copy-pictures.ts'
import { DATABASE, findDataFolder, PICTURES, targetFolder } from './data-folder.ts'

// A backup is a folder: the database, the pictures, their checksums as `sha256sum -c` reads them, and this note. Secrets
// are not part of it: they live in .env files, or in the data folder of `npm start` beside core's own.
const SUMS = 'SHA256SUMS'
const NOTE = 'backup.json'
const Note = z.object({
  format: z.literal('c500-backup-1'),
  takenAt: z.iso.datetime(),
  layout: z.enum(['own', 'around']),
  /** Documents by collection. */
  documents: z.record(z.string(), z.int().nonnegative()),
  /** Files: each picture has one per size. */
  pictures: z.int().nonnegative(),
})
type Note = z.infer<typeof Note>

/**
 * Writes a backup of the data folder `data` as the new folder `to`, while core may be running, and reads it again
 * before it gets its name. It is the collective at one moment. Throws an Error with a sentence.
 */
export async function backUp(
  options: { readonly data: string; readonly to: string; readonly now: Date },
  onProgress: OnProgress,
): Promise<Note> {
  const source = findDataFolder(options.data)
  if (!source) throw new Error(`There is no collective in ${options.data}.`)
  const to = resolve(options.to)
  if (existsSync(to)) throw new Error(`${to} exists already. Please name a new folder.`)
  const partial = `${to}.partial`
  await rm(partial, { recursive: true, force: true })
  await mkdir(partial, { recursive: true })

  const documents = await copyDatabase(join(source.path, DATABASE), join(partial, DATABASE), (done, total) =>
    onProgress('copying the database', done, total),
  )
  await syncPath(join(partial, DATABASE))
  // After the database: each picture that it speaks of was on the disk before.
  const names = await copyPictures(picturesIn(source.path), picturesIn(partial), onProgress)
  const note: Note = {
    format: 'c500-backup-1',
    takenAt: options.now.toISOString(),
    layout: source.layout,
    documents,
    pictures: names.length,
  }
  const sums: string[] = []
  for (const name of [DATABASE, ...names.map((picture) => `${PICTURES}/${picture}`)]) {
    sums.push(`${await sha256(join(partial, name))}  ${name}\n`)
  }
  await writeFile(join(partial, SUMS), sums.join(''), { flush: true })
  await writeFile(join(partial, NOTE), `${JSON.stringify(note, null, 2)}\n`, { flush: true })
  await checkBackup(partial, onProgress)
  await syncPath(partial)
  await rename(partial, to)
  await syncPath(dirname(to))
  return note
}

/** Reads a whole backup. Throws an Error with a sentence when it is not as it was written. */
async function checkBackup(path: string, onProgress: OnProgress): Promise<Note> {
  const note = Note.safeParse(await readFile(join(path, NOTE), 'utf8').then(JSON.parse, () => null))
  if (!note.success) throw new Error(`${path} is no backup of this version: it has no readable ${NOTE}.`)
  const lines = (await readFile(join(path, SUMS), 'utf8')).split('\n').filter(Boolean)
  for (const [index, line] of lines.entries()) {
    const [sum, name] = line.split('  ')
    if (!name || (await sha256(join(path, name)).catch(() => null)) !== sum) {
      throw new Error(`The backup ${path} is damaged: ${name ?? SUMS} is not what was written.`)
    }
    onProgress('checking the backup', index + 1, lines.length)
  }
  const documents = checkDatabase(join(path, DATABASE))
  if (lines.length !== note.data.pictures + 1 || !isDeepStrictEqual(documents, note.data.documents)) {
    throw new Error(`The backup ${path} is not complete: it holds less than ${NOTE} says.`)
  }
  return note.data
}

/**
 * Brings a backup into the data folder `data`. Until the last step, which is one rename, the folder is what it was;
 * `replaced` is where the database before lies then. Throws an Error with a sentence: for a damaged backup, a folder that
 * holds something unless `replace`, and a folder on which a core is running.
 */
export async function restore(
  options: {
    readonly from: string
    readonly data: string
    readonly replace: boolean
    readonly now: Date
  },
  onProgress: OnProgress,
): Promise<{ readonly path: string; readonly replaced: string | null; readonly note: Note }> {
  const from = resolve(options.from)
  const note = await checkBackup(from, onProgress)
  const path = targetFolder(options.data, note.layout)
  await mkdir(path, { recursive: true })
  const database = join(path, DATABASE)
  const before = existsSync(database)
  // From here on no core can start on what is there.
  using hold = before ? holdDatabase(database) : null
  if (before && !hold) throw new Error(`A core is running on ${path}. Please stop it first.`)
  if (!options.replace && (await readdir(path)).length > 0) {
    throw new Error(`${path} is not empty. Add --replace to put the backup in its place.`)
  }

  await copyPictures(picturesIn(from), picturesIn(path), onProgress)
  const copy = join(path, `.${DATABASE}.restoring`)
  await copyFile(join(from, DATABASE), copy)
  await syncPath(copy)
  if (!isDeepStrictEqual(checkDatabase(copy), note.documents))
    throw new Error(`${copy} was not written well.`)

  const replaced = before ? `${database}.before-${options.now.toISOString().replaceAll(/[:.]/g, '-')}` : null
  if (replaced) await link(database, replaced)
  // A log without its database, or beside one too damaged to take it in, must not meet the new one.
  for (const log of ['-wal', '-shm']) {
    if (existsSync(database + log)) await rename(database + log, `${replaced ?? `${database}.old`}${log}`)
  }
  await rename(copy, database)
  await syncPath(path)
  return { path, replaced, note }
}

const picturesIn = (dir: string) => createFileShelf({ dir: join(dir, PICTURES) })

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

/** Makes a file's bytes, or a folder's names, survive a power cut. */
async function syncPath(path: string): Promise<void> {
  await using file = await open(path, 'r')
  await file.sync()
}
