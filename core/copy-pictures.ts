import type { Shelf, StoredPicture } from './adapters/media.ts'

/** On a folder each picture is synced to the disk; the folder only once per group. */
const AT_ONCE = 16

export type OnProgress = (what: string, done: number, total: number) => void

/**
 * Brings every picture to another shelf and reads each there again; what is there already stays. Answers their names.
 * Throws an Error with a sentence when one cannot be made the same.
 */
export async function copyPictures(from: Shelf, to: Shelf, onProgress: OnProgress): Promise<string[]> {
  const names = (await Array.fromAsync(from.names())).toSorted()
  for (let done = 0; done < names.length; ) {
    const group = await Promise.all(names.slice(done, done + AT_ONCE).map((name) => read(from, name)))
    await to.put(await different(to, group))
    const [failed] = await different(to, group)
    if (failed) throw new Error(`The picture ${failed.name} is another one at the target, and stays so.`)
    done += group.length
    onProgress('copying pictures', done, names.length)
  }
  return names
}

async function read(shelf: Shelf, name: string): Promise<StoredPicture> {
  const data = await shelf.get(name)
  if (!data) throw new Error(`The picture ${name} vanished while it was being copied.`)
  return { name, data }
}

/** Those that the shelf does not have, or has otherwise. */
async function different(shelf: Shelf, pictures: readonly StoredPicture[]): Promise<StoredPicture[]> {
  const there = await Promise.all(pictures.map(({ name }) => shelf.get(name)))
  return pictures.filter(({ data }, index) => {
    const other = there[index]
    return !other || Buffer.compare(data, other) !== 0
  })
}
