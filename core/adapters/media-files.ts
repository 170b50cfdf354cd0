import { randomUUID } from 'node:crypto'
import { mkdir, open, opendir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isPictureName, type Shelf, type StoredPicture } from './media.ts'

/** Pictures as files in one folder, which is made when the first one comes. */
export function createFileShelf(options: { readonly dir: string }): Shelf {
  const { dir } = options
  return {
    put: (files) => store(dir, files),

    async get(name) {
      try {
        return await readFile(join(dir, name))
      } catch (error) {
        if (isMissing(error)) return null
        throw error
      }
    },

    async *names() {
      try {
        for await (const { name } of await opendir(dir)) if (isPictureName(name)) yield name
      } catch (error) {
        if (!isMissing(error)) throw error
      }
    },
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

/** All files or none; a crash leaves at most a file whose name nobody asks for. */
async function store(dir: string, files: readonly StoredPicture[]): Promise<void> {
  await mkdir(dir, { recursive: true })
  const written: string[] = []
  try {
    const renames: [from: string, to: string][] = []
    for (const { name, data } of files) {
      const from = join(dir, `.${name}.${randomUUID()}`)
      written.push(from)
      await writeDurably(from, data)
      renames.push([from, join(dir, name)])
    }
    for (const [from, to] of renames) {
      await rename(from, to)
      written.push(to)
    }
    await syncFolder(dir)
  } catch (error) {
    await Promise.all(written.map((path) => rm(path, { force: true })))
    throw error
  }
}

async function writeDurably(path: string, data: Uint8Array): Promise<void> {
  await using file = await open(path, 'wx')
  await file.writeFile(data)
  await file.sync()
}

/** Makes the new names survive a power cut too. */
async function syncFolder(dir: string): Promise<void> {
  await using folder = await open(dir, 'r')
  await folder.sync()
}
