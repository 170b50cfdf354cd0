import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { isAppError } from '#contract'
import type { OnProgress } from './copy-pictures.ts'
import {
  type CollectionName,
  type Page,
  SEARCHABLE,
  type Store,
  type Stored,
  type Write,
} from './ports/store.ts'

/** One commit stays far below what Firestore takes: 500 writes of 10 MiB together. */
const BATCH = { documents: 200, characters: 2_000_000 } as const
const TRIES = 6
const FIRST_PAUSE_MS = 250

/** Wishes come last: a half-copied collective wishes for nothing, should a core ever start on it. */
const COLLECTIONS = (Object.keys(SEARCHABLE) as CollectionName[]).toSorted(
  (a, b) => Number(a === 'outbox') - Number(b === 'outbox'),
)

/** What a collection holds. Equal tallies mean equal documents, in whatever order an engine keeps them. */
export interface Tally {
  readonly documents: number
  /** 64 hexadecimal digits. */
  readonly checksum: string
}

export interface Comparison {
  readonly collection: CollectionName
  readonly source: Tally
  readonly target: Tally
}

export interface CopyReport {
  /** Both sides, read after everything was copied. */
  readonly collections: readonly Comparison[]
  /** Somebody wrote to the source meanwhile, so that what was copied is of no one moment. */
  readonly sourceChanged: boolean
  /** Nothing changed, and both sides hold the same. */
  readonly same: boolean
}

/**
 * Copies every document of one store to another, through the port, and reads both again. Run again after it was cut off,
 * it goes on: what the target has already is not written twice. A target that holds anything else is refused with an Error,
 * unless `intoNonEmpty`: then documents of the same id are replaced, and nothing is deleted.
 */
export async function copyDocuments(
  source: Store,
  target: Store,
  options: { readonly intoNonEmpty: boolean },
  onProgress: OnProgress,
): Promise<CopyReport> {
  const before = await tally(source, (collections) =>
    onProgress('counting the source', collections, COLLECTIONS.length),
  )
  const total = before.values().reduce((sum, { documents }) => sum + documents, 0)
  if (total === 0) throw new Error('The source is empty.')
  if (!options.intoNonEmpty) await refuseForeign(source, target)

  let copied = 0
  for (const collection of COLLECTIONS) {
    for await (const batch of batches(source, collection)) {
      await bring(target, collection, batch)
      copied += batch.length
      onProgress('copying documents', copied, total)
    }
  }

  let compared = 0
  const count = () => onProgress('reading both sides again', ++compared, 2 * COLLECTIONS.length)
  const [after, there] = [await tally(source, count), await tally(target, count)]
  const collections = COLLECTIONS.map((collection) => ({
    collection,
    source: of(after, collection),
    target: of(there, collection),
  }))
  const sourceChanged = collections.some((one) => !equal(one.source, of(before, one.collection)))
  const same = !sourceChanged && collections.every((one) => equal(one.source, one.target))
  return { collections, sourceChanged, same }
}

/** Throws unless everything in the target is in the source too, as an earlier copy left it. */
async function refuseForeign(source: Store, target: Store): Promise<void> {
  for (const collection of COLLECTIONS) {
    for await (const batch of batches(target, collection)) {
      const ours = await read(source, collection, batch)
      const foreign = batch.find(({ value }, index) => canonical(value) !== canonical(ours[index]?.value))
      if (foreign) {
        throw new Error(
          `The target is not empty: it has ${collection}/${foreign.id}, which the source has not, or not like this. ` +
            'Please name an empty one, or add --into-non-empty.',
        )
      }
    }
  }
}

/** Makes the target's documents of these ids equal to these. Any part of it may have happened before. */
async function bring(
  target: Store,
  collection: CollectionName,
  documents: readonly Stored<CollectionName>[],
): Promise<void> {
  for (let tries = 1; ; tries++) {
    const there = await read(target, collection, documents)
    const writes = documents.flatMap((document, index) => toWrite(collection, document, there[index]))
    try {
      return await patiently(() => target.commit(writes))
    } catch (error) {
      // A commit whose answer was lost is refused when it is tried again: look what is there now.
      if (!isAppError(error, 'conflict') || tries === TRIES) throw error
    }
  }
}

function toWrite(
  collection: CollectionName,
  { id, value }: Stored<CollectionName>,
  there: Stored<CollectionName> | undefined,
): Write[] {
  if (there && canonical(there.value) === canonical(value)) return []
  const write = there
    ? { op: 'replace', collection, id, value, version: there.version }
    : { op: 'create', collection, id, value }
  // The value was read from this very collection.
  return [write as Write]
}

function read(
  store: Store,
  collection: CollectionName,
  documents: readonly Stored<CollectionName>[],
): ReturnType<Store['getAll']> {
  return patiently(() => store.getAll(documents.map(({ id }) => [collection, id])))
}

/** A whole collection, in groups that fit into one commit. */
async function* batches(
  store: Store,
  collection: CollectionName,
): AsyncGenerator<readonly Stored<CollectionName>[]> {
  let cursor: string | null = null
  do {
    const from: string | null = cursor
    const page: Page<CollectionName> = await patiently(() =>
      store.scan(collection, { limit: BATCH.documents, cursor: from }),
    )
    let batch: Stored<CollectionName>[] = []
    let characters = 0
    for (const document of page.documents) {
      const size = JSON.stringify(document.value).length
      if (batch.length > 0 && characters + size > BATCH.characters) {
        yield batch
        batch = []
        characters = 0
      }
      batch.push(document)
      characters += size
    }
    if (batch.length > 0) yield batch
    cursor = page.cursor
  } while (cursor !== null)
}

async function tally(
  store: Store,
  onCollection: (done: number) => void,
): Promise<ReadonlyMap<CollectionName, Tally>> {
  const tallies = new Map<CollectionName, Tally>()
  for (const collection of COLLECTIONS) {
    let documents = 0
    const sum = Buffer.alloc(32)
    for await (const batch of batches(store, collection)) {
      documents += batch.length
      for (const { id, value } of batch) {
        const digest = createHash('sha256')
          .update(`${id}\n${canonical(value)}`)
          .digest()
        // Ids never repeat within a collection, so no two digests cancel each other out.
        for (const [index, byte] of digest.entries()) sum[index] = (sum[index] ?? 0) ^ byte
      }
    }
    tallies.set(collection, { documents, checksum: sum.toString('hex') })
    onCollection(tallies.size)
  }
  return tallies
}

function of(tallies: ReadonlyMap<CollectionName, Tally>, collection: CollectionName): Tally {
  return tallies.get(collection) ?? { documents: 0, checksum: '' }
}

function equal(a: Tally, b: Tally): boolean {
  return a.documents === b.documents && a.checksum === b.checksum
}

/** JSON with its keys in order: engines keep values, not the order of keys. */
function canonical(value: unknown): string | undefined {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

/** A copy takes long enough to meet an engine that is away for a moment. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask()
    } catch (error) {
      if (!isAppError(error, 'unavailable') || tries === TRIES) throw error
      await pause(FIRST_PAUSE_MS * 2 ** (tries - 1))
    }
  }
}
