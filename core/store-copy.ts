import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Shelf } from './adapters/media.ts'
import { createFileShelf } from './adapters/media-files.ts'
import { holdDatabase } from './adapters/sqlite-backup.ts'
import type { Config } from './config.ts'
import { type CopyReport, copyDocuments } from './copy-documents.ts'
import { copyPictures, type OnProgress } from './copy-pictures.ts'
import { DATABASE, findDataFolder, type Layout, PICTURES, targetFolder } from './data-folder.ts'
import { openShelf } from './open-shelf.ts'
import { openStore } from './open-store.ts'
import type { Store } from './ports/store.ts'

export interface StoreCopy extends CopyReport {
  /** Files copied and compared; null when one side is Firestore and no bucket was named. */
  readonly pictures: number | null
}

/** Where stand-ins for Google's services listen; undefined is Google itself. */
interface Google {
  readonly emulatorHost: string | undefined
  readonly mediaApiBase: string | undefined
}

/** One side of a copy. */
interface Side {
  readonly store: Config['store']
  /** Core's data folder; null for Firestore. */
  readonly folder: string | null
  readonly layout: Layout
}

/**
 * Moves a collective: documents from `from` to `to` (`sqlite:FOLDER` or `firestore:PROJECT[/DATABASE]`), pictures between
 * the folders beside SQLite and the bucket beside Firestore. No core may be running on either; where one shows, it is
 * refused. Throws an Error with a sentence.
 */
export async function copyStore(
  options: {
    readonly from: string
    readonly to: string
    /** The bucket in which Firestore's side keeps its pictures. */
    readonly bucket: string | undefined
    readonly intoNonEmpty: boolean
    readonly google: Google
    /** UTC ms. */
    readonly now: number
  },
  onProgress: OnProgress,
): Promise<StoreCopy> {
  const { google, bucket } = options
  const from = readSide(options.from, google, (dir) => {
    const found = findDataFolder(dir)
    if (!found) throw new Error(`There is no collective in ${options.from}.`)
    return found
  })
  const to = readSide(options.to, google, (dir) => ({
    path: targetFolder(dir, from.layout),
    layout: from.layout,
  }))
  if (isDeepStrictEqual(from.store, to.store)) throw new Error('Source and target are the same.')
  for (const { store } of [from, to]) refuseOpenDatabase(store)

  await using stack = new AsyncDisposableStack()
  const open = async ({ store }: Side) => stack.adopt(await openStore(store), (opened) => opened.close())
  const [source, target] = [await open(from), await open(to)]
  if (from.store.driver === 'firestore') await refuseWorkInHand(source, options.now)

  // Pictures first: what a document speaks of is there before it.
  const [lie, go] = [await openPictures(from, bucket, google), await openPictures(to, bucket, google)]
  const pictures = lie && go ? (await copyPictures(lie, go, onProgress)).length : null
  return { ...(await copyDocuments(source, target, options, onProgress)), pictures }
}

function readSide(
  text: string,
  { emulatorHost }: Google,
  findFolder: (dir: string) => { readonly path: string; readonly layout: Layout },
): Side {
  const [, driver, where = ''] = /^(sqlite|firestore):(.+)$/.exec(text) ?? []
  if (driver === 'sqlite') {
    const { path, layout } = findFolder(where)
    return { store: { driver, path: join(path, DATABASE) }, folder: path, layout }
  }
  const [projectId, databaseId] = where.split('/')
  if (!projectId) throw new Error(`"${text}" is neither sqlite:FOLDER nor firestore:PROJECT.`)
  const store = {
    driver: 'firestore' as const,
    projectId,
    ...(databaseId ? { databaseId } : {}),
    ...(emulatorHost ? { emulatorHost } : {}),
  }
  return { store, folder: null, layout: 'own' }
}

async function openPictures(
  { folder }: Side,
  bucket: string | undefined,
  { mediaApiBase }: Google,
): Promise<Shelf | null> {
  if (folder) return createFileShelf({ dir: join(folder, PICTURES) })
  return bucket ? openShelf({ driver: 'gcs', bucket, apiBase: mediaApiBase }) : null
}

function refuseOpenDatabase(store: Config['store']): void {
  if (store.driver !== 'sqlite' || !existsSync(store.path)) return
  using hold = holdDatabase(store.path)
  if (!hold) throw new Error(`A core is running on ${store.path}. Please stop it first.`)
}

/** Many cores may be on one Firestore, and nothing says so but work that one of them has in hand. */
async function refuseWorkInHand(store: Store, now: number): Promise<void> {
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<typeof store.scan<'outbox'>>> = await store.scan('outbox', {
      limit: 200,
      cursor,
    })
    if (page.documents.some(({ value }) => value.leaseUntil > now)) {
      throw new Error(
        'A core is at work on the source, or died with work in hand. Please stop it and wait a minute.',
      )
    }
    cursor = page.cursor
  } while (cursor !== null)
}
