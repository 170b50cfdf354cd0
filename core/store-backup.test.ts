import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createFileShelf } from './adapters/media-files.ts'
import { createSqliteStore } from './adapters/store-sqlite.ts'
import { backUp, restore } from './store-backup.ts'

const PICTURE = 'pic_01jd7y5m5sf1wsp61v0zhx2e3a.card.webp'
const now = new Date('2026-03-01T12:00:00.000Z')
const quietly = () => {}

/** A folder for one test, with a small collective in `data`. */
async function openFolder(t: TestContext) {
  const root = await mkdtemp(join(tmpdir(), 'c500-backup-'))
  t.after(() => rm(root, { recursive: true }))
  const [data, to] = [join(root, 'data'), join(root, 'backup')]
  await writeUsers(data, ['poppy', 'juniper'])
  await createFileShelf({ dir: join(data, 'media') }).put([{ name: PICTURE, data: Buffer.from('a mug') }])
  return { root, data, to, backUp: () => backUp({ data, to, now }, quietly) }
}

async function writeUsers(data: string, ids: readonly string[]): Promise<void> {
  const store = createSqliteStore({ path: join(data, 'c500.sqlite') })
  await store.commit(
    ids.map((id) => ({
      op: 'create',
      collection: 'users',
      id,
      value: { userId: id, name: id, missed: [] },
    })),
  )
  await store.close()
}

async function usersIn(data: string): Promise<string[]> {
  const store = createSqliteStore({ path: join(data, 'c500.sqlite') })
  const { documents } = await store.scan('users', { limit: 10, cursor: null })
  await store.close()
  return documents.map(({ id }) => id)
}

test('a backup holds the database, the pictures, their checksums and a note, and is restored from these', async (t) => {
  const { root, to, backUp } = await openFolder(t)
  const note = await backUp()
  assert.deepEqual([note.documents.users, note.documents.orders, note.pictures], [2, 0, 1])
  assert.deepEqual((await readdir(to)).toSorted(), ['SHA256SUMS', 'backup.json', 'c500.sqlite', 'media'])
  const target = join(root, 'new')
  const restored = await restore({ from: to, data: target, replace: false, now }, quietly)
  assert.deepEqual([restored.path, restored.replaced], [target, null])
  assert.deepEqual((await readdir(target)).toSorted(), ['c500.sqlite', 'media'])
  assert.deepEqual(await usersIn(target), ['juniper', 'poppy'])
  assert.equal(await readFile(join(target, 'media', PICTURE), 'utf8'), 'a mug')
})

test('a folder that exists is never written over', async (t) => {
  const { to, backUp } = await openFolder(t)
  await backUp()
  await assert.rejects(backUp(), /exists already/)
  assert.ok(!existsSync(`${to}.partial`))
})

test('a backup that was cut off has no name, and the next one is whole', async (t) => {
  const { data, to } = await openFolder(t)
  const cut = (what: string) => {
    if (what === 'checking the backup') throw new Error('no power')
  }
  await assert.rejects(backUp({ data, to, now }, cut), /no power/)
  assert.ok(!existsSync(to))
  assert.equal((await backUp({ data, to, now }, quietly)).pictures, 1)
  assert.ok(!existsSync(`${to}.partial`))
})

test('a damaged, incomplete or foreign backup is refused, and nothing is written', async (t) => {
  const { root, to, backUp } = await openFolder(t)
  const target = join(root, 'new')
  const attempt = () => restore({ from: to, data: target, replace: true, now }, quietly)
  await assert.rejects(attempt(), /is no backup/)
  await backUp()

  const database = await readFile(join(to, 'c500.sqlite'))
  const damaged = Buffer.from(database)
  damaged[damaged.length - 20] = (damaged[damaged.length - 20] ?? 0) ^ 1
  await writeFile(join(to, 'c500.sqlite'), damaged)
  await assert.rejects(attempt(), /damaged: c500.sqlite/)
  await writeFile(join(to, 'c500.sqlite'), database)

  await rm(join(to, 'media', PICTURE))
  await assert.rejects(attempt(), new RegExp(`damaged: media/${PICTURE}`))
  await writeFile(join(to, 'media', PICTURE), 'a mug')
  const told = await readFile(join(to, 'backup.json'), 'utf8')
  await writeFile(join(to, 'backup.json'), told.replace('"users": 2', '"users": 3'))
  await assert.rejects(attempt(), /not complete/)
  const sums = await readFile(join(to, 'SHA256SUMS'), 'utf8')
  await writeFile(join(to, 'backup.json'), told)
  await writeFile(join(to, 'SHA256SUMS'), sums.split('\n')[0] ?? '')
  await assert.rejects(attempt(), /not complete/)

  await writeFile(join(to, 'backup.json'), '{"format": "c500-backup-9"}')
  await assert.rejects(attempt(), /is no backup of this version/)
  assert.ok(!existsSync(target))
})

test('data that is there is replaced only when told, and kept beside', async (t) => {
  const { root, to, backUp } = await openFolder(t)
  await backUp()
  const target = join(root, 'other')
  await writeUsers(target, ['moss'])
  const attempt = (replace: boolean) => restore({ from: to, data: target, replace, now }, quietly)
  await assert.rejects(attempt(false), /not empty. Add --replace/)
  assert.deepEqual(await usersIn(target), ['moss'])
  const { replaced } = await attempt(true)
  assert.deepEqual(await usersIn(target), ['juniper', 'poppy'])
  await mkdir(join(root, 'kept'))
  await writeFile(join(root, 'kept', 'c500.sqlite'), await readFile(replaced ?? ''))
  assert.deepEqual(await usersIn(join(root, 'kept')), ['moss'])
})

test('a folder on which a core is running is refused', async (t) => {
  const { data, to, backUp } = await openFolder(t)
  await backUp()
  const store = createSqliteStore({ path: join(data, 'c500.sqlite') })
  await assert.rejects(
    restore({ from: to, data, replace: true, now }, quietly),
    /A core is running on .*data. Please stop it first/,
  )
  await store.close()
  await restore({ from: to, data, replace: true, now }, quietly)
})

test('a restore that was cut off leaves the data as it was', async (t) => {
  const { root, to, backUp } = await openFolder(t)
  await backUp()
  const target = join(root, 'other')
  await writeUsers(target, ['moss'])
  const cut = (what: string) => {
    if (what === 'copying pictures') throw new Error('no power')
  }
  await assert.rejects(restore({ from: to, data: target, replace: true, now }, cut), /no power/)
  assert.deepEqual(await usersIn(target), ['moss'])
  await restore({ from: to, data: target, replace: true, now }, quietly)
  assert.deepEqual(await usersIn(target), ['juniper', 'poppy'])
})

test('a database too damaged to be opened can be replaced', async (t) => {
  const { root, to, backUp } = await openFolder(t)
  await backUp()
  const target = join(root, 'other')
  await mkdir(target)
  await writeFile(join(target, 'c500.sqlite'), 'not a database'.repeat(999))
  await restore({ from: to, data: target, replace: true, now }, quietly)
  assert.deepEqual(await usersIn(target), ['juniper', 'poppy'])
})

test('the log of a database that is gone does not meet the restored one', async (t) => {
  const { root, to, backUp } = await openFolder(t)
  await backUp()
  const target = join(root, 'other')
  const store = createSqliteStore({ path: join(target, 'c500.sqlite') })
  const value = { userId: 'moss', name: 'moss', missed: [] }
  await store.commit([{ op: 'create', collection: 'users', id: 'moss', value }])
  const log = await readFile(join(target, 'c500.sqlite-wal'))
  await store.close()
  await rm(join(target, 'c500.sqlite'))
  await writeFile(join(target, 'c500.sqlite-wal'), log)
  await restore({ from: to, data: target, replace: true, now }, quietly)
  assert.deepEqual(await usersIn(target), ['juniper', 'poppy'])
})

test('the folder of npm start means the same on both sides', async (t) => {
  const { root } = await openFolder(t)
  const shop = join(root, 'shop')
  await writeUsers(join(shop, 'core'), ['poppy'])
  const to = join(root, 'backup-of-shop')
  await backUp({ data: shop, to, now }, quietly)
  const { path } = await restore({ from: to, data: join(root, 'new'), replace: false, now }, quietly)
  assert.equal(path, join(root, 'new', 'core'))
  const again = await restore({ from: to, data: join(root, 'new', 'core'), replace: true, now }, quietly)
  assert.equal(again.path, path)
  await assert.rejects(backUp({ data: join(root, 'nowhere'), to, now }, quietly), /There is no collective in/)
})
