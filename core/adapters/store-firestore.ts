import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import {
  type DocumentReference,
  type DocumentSnapshot,
  FieldPath,
  FieldValue,
  Firestore,
  type QueryDocumentSnapshot,
  type QuerySnapshot,
  Timestamp,
} from '@google-cloud/firestore'
import DataLoader from 'dataloader'
import { GoogleAuth, PassThroughClient } from 'google-auth-library'
import { TypeID } from 'typeid-js'
import { AppError } from '#contract'
import {
  type CollectionName,
  type Collections,
  expiryOf,
  type Key,
  SEARCHABLE,
  type Store,
  type Stored,
  type Version,
  type Write,
} from '../ports/store.ts'
import { readCursor, writeCursor } from './page-cursor.ts'
import { requireIndex } from './query-indexes.ts'

/** How long one question may take in all, with what the library repeats, where no person waits for it. Milliseconds. */
const PATIENCE_MS = 15_000

/** Single documents read with one question. */
const MOST_SINGLES = 100

/** Documents asked whether a commit stands. */
const WITNESSES = 8

/** Where the value stands as text, and where older versions kept it as a map. */
const TEXT = 'json'
const OLDER_MAP = 'value'

/** Codes of gRPC that say no to a commit: gone, there already, another version, or beaten while it was written. */
const REFUSED: ReadonlySet<unknown> = new Set([5, 6, 9, 10])
/** Codes of gRPC that pass: cancelled, unknown, deadline exceeded, resource exhausted, internal, unavailable. */
const PASSING: ReadonlySet<unknown> = new Set([1, 2, 4, 8, 13, 14])

/**
 * The store of many instances: Google Firestore in native mode. A document is `{ json, commit, … }`: the whole value
 * as text, the mark of the commit that wrote it, and beside them the fields that queries name (decision 0017). A commit is
 * one batched write with preconditions, never a transaction: nothing is locked while buyers wait.
 *
 * `emulatorHost` (host:port) is Google's local emulator, which asks for no credentials.
 */
export function createFirestoreStore(options: {
  readonly projectId: string
  readonly databaseId?: string
  readonly emulatorHost?: string
  readonly patienceMs?: number
}): Store {
  const { projectId, databaseId, emulatorHost, patienceMs = PATIENCE_MS } = options
  /** Aborted when its question has taken too long. */
  const asking = new AsyncLocalStorage<AbortSignal>()
  const db = new Firestore({
    projectId,
    ...(databaseId ? { databaseId } : {}),
    // Without this the library looks for credentials even where none are needed.
    ...(emulatorHost ? { host: emulatorHost, ssl: false, auth: noCredentials() } : {}),
    ignoreUndefinedProperties: true,
    // Without this a reading that was cancelled is begun twice more, and its end is heard of seven seconds later.
    gaxServerStreamingRetries: true,
    // After an outage: back within a second, not after a pause as long as the outage.
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1_000,
    'grpc.callInvocationTransformer': (call: Call) => tieToAsker(call, asking.getStore()),
  })

  const reference = (collection: CollectionName, id: string) =>
    db.collection(collection).doc(toDocumentId(id))

  /**
   * Throws `unavailable` when the engine does not answer in time or cannot for now; what it was asked may have happened.
   * Anything else is thrown as it is.
   */
  async function ask<T>(question: () => Promise<T>, withinMs = patienceMs): Promise<T> {
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(), withinMs)
    try {
      return await asking.run(late.signal, question)
    } catch (cause) {
      throw PASSING.has(codeOf(cause)) ? unavailable(cause) : cause
    } finally {
      clearTimeout(timer)
    }
  }

  /** The library repeats a commit whose answer was lost, and is then refused by what it wrote itself: ask. */
  async function stands(writes: readonly Write[], mark: string): Promise<boolean> {
    const kept = writes.filter(({ op }) => op !== 'delete')
    // What a commit creates is seldom written again soon.
    const witnesses = kept
      .toSorted((a, b) => Number(b.op === 'create') - Number(a.op === 'create'))
      .slice(0, WITNESSES)
      .map(({ collection, id }) => reference(collection, id))
    if (witnesses.length === 0) return false
    const found = await ask(() => db.getAll(...witnesses, { fieldMask: ['commit'] }), patienceMs / 3)
    return found.some((document) => document.get('commit') === mark)
  }

  async function getAll(keys: readonly Key[]): Promise<(Stored<CollectionName> | undefined)[]> {
    const references = keys.map(([collection, id]) => reference(collection, id))
    const documents = await ask(() => db.getAll(...references))
    return documents.map((document) => toStored(document))
  }

  /** What is asked for in one moment is one question. */
  const single = new DataLoader(getAll, {
    cache: false,
    maxBatchSize: MOST_SINGLES,
    batchScheduleFn: setImmediate,
  })

  return {
    async get<C extends CollectionName>(collection: C, id: string) {
      // A key names its collection, and only this collection's values are ever written to it.
      return (await single.load([collection, id])) as Stored<C> | undefined
    },

    async getAll(keys) {
      return keys.length === 0 ? [] : await getAll(keys)
    },

    async find(collection, wanted) {
      requireIndex(collection, wanted)
      const { where, orderBy, direction, atMost, limit, cursor } = wanted
      const field = String(orderBy)
      // Firestore does not order by a field that is equal in all it finds.
      const ordered = !Object.hasOwn(where, field)
      let query = db.collection(collection).limit(limit + 1)
      for (const [name, value] of Object.entries(where)) query = query.where(name, '==', value)
      if (atMost !== undefined) query = query.where(field, '<=', atMost)
      if (ordered) query = query.orderBy(field, direction)
      query = query.orderBy(FieldPath.documentId(), direction)
      if (cursor) {
        const [position, id] = readCursor(cursor)
        query = ordered ? query.startAfter(position, toDocumentId(id)) : query.startAfter(toDocumentId(id))
      }
      const docs = once(await ask(() => query.get()))
      const shown = docs.slice(0, limit)
      const last = docs.length > limit ? shown.at(-1) : undefined
      return {
        documents: shown.flatMap((document) => toStored(document) ?? []),
        cursor: last ? writeCursor([last.get(field), toId(last.id)]) : null,
      }
    },

    async scan<C extends CollectionName>(collection: C, page: { limit: number; cursor: string | null }) {
      const { limit, cursor } = page
      const all = db.collection(collection).orderBy(FieldPath.documentId()).limit(limit)
      const docs = once(await ask(() => (cursor === null ? all : all.startAfter(toDocumentId(cursor))).get()))
      const documents = docs.flatMap((document) => toStored<C>(document) ?? [])
      return { documents, cursor: docs.length === limit ? (documents.at(-1)?.id ?? null) : null }
    },

    async commit(writes) {
      if (writes.length === 0) return
      const mark = randomUUID()
      const batch = db.batch()
      for (const write of writes) {
        const document: DocumentReference = reference(write.collection, write.id)
        if (write.op === 'create') batch.create(document, toFields(write.collection, write.value, mark))
        else {
          const lastUpdateTime = toTimestamp(write.version)
          if (write.op === 'delete') batch.delete(document, { lastUpdateTime })
          else {
            const fields = {
              ...toFields(write.collection, write.value, mark),
              [OLDER_MAP]: FieldValue.delete(),
            }
            batch.update(document, fields, { lastUpdateTime })
          }
        }
      }
      try {
        await ask(() => batch.commit())
      } catch (error) {
        const refused = REFUSED.has(codeOf(error))
        if (!refused && !(error instanceof AppError)) throw error
        if (await stands(writes, mark)) return
        throw refused ? new AppError('conflict', 'Somebody else wrote first.', { cause: error }) : error
      }
    },

    // No order of time: ids in a row would all be written to one part of the database.
    newId: (kind) => TypeID.fromUUID(kind, randomUUID()).toString(),

    async close() {
      await db.terminate()
    },
  }
}

/** What we touch of one call of gRPC. */
interface Call {
  readonly metadata: { setOptions(options: { readonly waitForReady: boolean }): void }
  readonly call: { cancel(): void }
}

/**
 * Left alone, the library repeats what finds no connection for up to ten minutes: a commit might be written when nobody
 * expects it any more. So a call waits for its connection, and is cancelled, which is not repeated, when its asker gives
 * up.
 */
function tieToAsker(call: Call, asker: AbortSignal | undefined): Call {
  // A repeat that the library begins on its own ends by its own rules.
  if (!asker) return call
  call.metadata.setOptions({ waitForReady: true })
  const cancel = () => call.call.cancel()
  // A call can be cancelled once it has begun, and this is asked just before.
  if (asker.aborted) queueMicrotask(cancel)
  else asker.addEventListener('abort', cancel, { once: true })
  return call
}

function noCredentials(): GoogleAuth {
  return new GoogleAuth({ authClient: new PassThroughClient() })
}

/** An answer that broke off was begun again by the library, which then shows its beginning twice. */
function once({ docs }: QuerySnapshot): QueryDocumentSnapshot[] {
  return [...new Map(docs.map((document) => [document.id, document])).values()]
}

function unavailable(cause: unknown): AppError {
  return new AppError('unavailable', 'The store does not answer right now; please try again in a moment.', {
    cause,
  })
}

function codeOf(error: unknown): unknown {
  if (error instanceof AppError) return undefined
  return error instanceof Error && 'code' in error ? error.code : undefined
}

function toFields<C extends CollectionName>(
  collection: C,
  value: Collections[C],
  mark: string,
): Record<string, unknown> {
  const values = value as Readonly<Record<string, unknown>>
  const searched = SEARCHABLE[collection].map((field): [string, unknown] => [field, values[field] ?? null])
  const expiresAt = expiryOf(collection, value)
  return {
    [TEXT]: JSON.stringify(value),
    commit: mark,
    ...Object.fromEntries(searched),
    ...(expiresAt === null ? {} : { expireAt: Timestamp.fromMillis(expiresAt) }),
  }
}

function toStored<C extends CollectionName>(document: DocumentSnapshot): Stored<C> | undefined {
  const { updateTime } = document
  if (!updateTime) return undefined
  const text: unknown = document.get(TEXT)
  return {
    id: toId(document.id),
    version: `${updateTime.seconds}.${updateTime.nanoseconds}`,
    // Only this collection's values are ever written to it.
    value: (typeof text === 'string' ? JSON.parse(text) : document.get(OLDER_MAP)) as Collections[C],
  }
}

function toTimestamp(version: Version): Timestamp {
  const [seconds, nanoseconds] = String(version).split('.').map(Number)
  return new Timestamp(seconds ?? 0, nanoseconds ?? 0)
}

/** What Firestore forbids in an id: a slash anywhere, and ids that are a dot, two dots or like `__this__`. */
const FORBIDDEN = /[%/]|^\.(?=\.?$)|^_(?=_.*__$)/gs

function toDocumentId(id: string): string {
  return id.replace(FORBIDDEN, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
}

const toId = (documentId: string) => decodeURIComponent(documentId)
