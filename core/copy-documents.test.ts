import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '#contract'
import { createSqliteStore } from './adapters/store-sqlite.ts'
import { copyDocuments } from './copy-documents.ts'
import type { Store, Write } from './ports/store.ts'

const quietly = () => {}
const ids = (count: number) => Array.from({ length: count }, (_, i) => `u${String(i).padStart(4, '0')}`)
const user = (id: string, name = id): Write => ({
  op: 'create',
  collection: 'users',
  id,
  value: { userId: id, name, missed: [] },
})

function open(t: { after(done: () => Promise<void>): void }): Store {
  const store = createSqliteStore({ path: ':memory:' })
  t.after(() => store.close())
  return store
}

/** A source of 500 people, which is three batches, and one switch. */
async function openSource(t: Parameters<typeof open>[0]): Promise<Store> {
  const source = open(t)
  const flag: Write = { op: 'create', collection: 'switches', id: 'selling', value: { paused: true } }
  await source.commit([...ids(500).map((id) => user(id)), flag])
  return source
}

const copy = (source: Store, target: Store, intoNonEmpty = false) =>
  copyDocuments(source, target, { intoNonEmpty }, quietly)

async function namesIn(store: Store): Promise<Map<string, string>> {
  const { documents } = await store.scan('users', { limit: 1_000, cursor: null })
  return new Map(documents.map(({ id, value }) => [id, value.name]))
}

test('every document of every collection is copied, and both sides tally', async (t) => {
  const [source, target] = [await openSource(t), open(t)]
  const { collections, same } = await copy(source, target)
  assert.equal(same, true)
  const users = collections.find(({ collection }) => collection === 'users')
  assert.deepEqual(users?.source, users?.target)
  assert.equal(users?.target.documents, 500)
  assert.deepEqual(await namesIn(target), await namesIn(source))
  assert.equal((await target.get('switches', 'selling'))?.value.paused, true)
})

test('progress counts documents up to their number', async (t) => {
  const [source, target] = [await openSource(t), open(t)]
  const seen: [number, number][] = []
  await copyDocuments(source, target, { intoNonEmpty: false }, (what, done, total) => {
    if (what === 'copying documents') seen.push([done, total])
  })
  assert.deepEqual(seen, [
    [200, 501],
    [400, 501],
    [500, 501],
    [501, 501],
  ])
})

test('cut off in the middle it goes on, and writes nothing twice', async (t) => {
  const [source, target] = [await openSource(t), open(t)]
  const cut = (what: string) => {
    if (what === 'copying documents') throw new Error('killed')
  }
  await assert.rejects(copyDocuments(source, target, { intoNonEmpty: false }, cut), /killed/)
  assert.equal((await namesIn(target)).size, 200)
  const written: Write[] = []
  const watched: Store = {
    ...target,
    commit(writes) {
      written.push(...writes)
      return target.commit(writes)
    },
  }
  assert.equal((await copy(source, watched)).same, true)
  assert.deepEqual([written.length, new Set(written.map(({ op }) => op))], [301, new Set(['create'])])
})

test('a target that holds anything else is refused by name, and not touched', async (t) => {
  const source = await openSource(t)
  for (const [foreign, name] of [
    ['moss', 'moss'],
    ['u0001', 'another u0001'],
  ] as const) {
    const target = open(t)
    await target.commit([user(foreign, name)])
    await assert.rejects(copy(source, target), new RegExp(`not empty: it has users/${foreign}`))
    assert.deepEqual(await namesIn(target), new Map([[foreign, name]]))
  }
})

test('told to, it replaces documents of the same id, deletes nothing, and says what differs', async (t) => {
  const [source, target] = [await openSource(t), open(t)]
  await target.commit([user('u0001', 'another u0001')])
  assert.equal((await copy(source, target, true)).same, true)
  assert.equal((await namesIn(target)).get('u0001'), 'u0001')
  await target.commit([user('moss')])
  const { same, collections } = await copy(source, target, true)
  const users = collections.find(({ collection }) => collection === 'users')
  assert.deepEqual([same, users?.source.documents, users?.target.documents], [false, 500, 501])
})

test('equal counts with unequal contents are not the same', async (t) => {
  const [source, target] = [await openSource(t), open(t)]
  const forgetful: Store = {
    ...target,
    commit: (writes) =>
      target.commit(writes.map((write) => (write.id === 'u0007' ? user('u0007', 'somebody') : write))),
  }
  const { same, collections } = await copy(source, forgetful)
  const users = collections.find(({ collection }) => collection === 'users')
  assert.deepEqual([same, users?.source.documents, users?.target.documents], [false, 500, 500])
})

test('a source that changes meanwhile is told', async (t) => {
  const [source, target] = [await openSource(t), open(t)]
  let late: Promise<void> | undefined
  const report = await copyDocuments(source, target, { intoNonEmpty: false }, (what) => {
    if (what === 'copying documents') late ??= source.commit([user('late')])
  })
  await late
  assert.deepEqual([report.sourceChanged, report.same], [true, false])
})

test('the order of keys does not count', async (t) => {
  const [source, target] = [open(t), open(t)]
  const write = { op: 'create', collection: 'users', id: 'poppy' } as const
  await source.commit([{ ...write, value: { userId: 'poppy', name: 'Poppy', missed: [] } }])
  await target.commit([{ ...write, value: { missed: [], name: 'Poppy', userId: 'poppy' } }])
  assert.equal((await copy(source, target)).same, true)
})

test('a commit that happened though its answer was lost, and an engine away for a moment, do no harm', async (t) => {
  const [source, target] = [await openSource(t), open(t)]
  let commits = 0
  let scans = 0
  const shaky: Store = {
    ...target,
    async commit(writes) {
      await target.commit(writes)
      if (++commits === 1) throw new AppError('unavailable')
    },
    scan: (collection, page) =>
      ++scans === 1 ? Promise.reject(new AppError('unavailable')) : target.scan(collection, page),
  }
  assert.equal((await copy(source, shaky)).same, true)
})

test('a source without a document is refused', async (t) => {
  await assert.rejects(copy(open(t), open(t)), /The source is empty/)
})
