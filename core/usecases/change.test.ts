import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError, isAppError } from '#contract'
import { createSqliteStore } from '../adapters/store-sqlite.ts'
import type { Store, Write } from '../ports/store.ts'
import { createChanges } from './change.ts'

const person = (name: string) => ({ userId: '100000000000000103', name, missed: [] })

function setUp(beforeCommit?: (writes: readonly Write[], store: Store) => Promise<void>) {
  const store = createSqliteStore({ path: ':memory:' })
  const commits: number[] = []
  const change = createChanges({
    store: {
      ...store,
      async commit(writes) {
        await beforeCommit?.(writes, store)
        await store.commit(writes)
        commits.push(writes.length)
      },
    },
    onCommit: () => {},
    random: () => 0,
  })
  return { store, change, commits }
}

test('a hundred changes of one lane each see the one before, and share few commits', async () => {
  const { store, change, commits } = setUp()
  const key = 'counter'
  const add = () =>
    change({
      lane: key,
      reads: [['users', key]],
      decide(sheet) {
        const next = Number(sheet.get('users', key)?.name ?? 0) + 1
        sheet.put('users', key, person(String(next)))
        return next
      },
    })
  const seen = await Promise.all(Array.from({ length: 100 }, add))
  assert.deepEqual(
    seen,
    Array.from({ length: 100 }, (_, i) => i + 1),
  )
  assert.equal((await store.get('users', key))?.value.name, '100')
  assert.ok(commits.length <= 3, `${commits.length} commits`)
})

test('one that refuses in the middle changes nothing and harms nobody beside it', async () => {
  const { store, change } = setUp()
  const attempt = (id: string, fail: boolean) =>
    change({
      lane: 'lane',
      reads: [['users', id]],
      decide(sheet) {
        sheet.put('users', id, person(id))
        if (fail) throw new AppError('sold_out')
      },
    })
  const results = await Promise.allSettled([attempt('a', false), attempt('b', true), attempt('c', false)])
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
  assert.equal(await store.get('users', 'b'), undefined)
  assert.ok((await store.get('users', 'c')) !== undefined)
})

test('somebody else writing first means deciding again from what they wrote', async () => {
  let interfered = false
  const { store, change } = setUp(async (_, store) => {
    if (interfered) return
    interfered = true
    await store.commit([{ op: 'create', collection: 'users', id: 'x', value: person('theirs') }])
  })
  const seen: (string | undefined)[] = []
  await change({
    reads: [['users', 'x']],
    decide(sheet) {
      seen.push(sheet.get('users', 'x')?.name)
      sheet.put('users', 'x', person('ours'))
    },
  })
  assert.deepEqual(seen, [undefined, 'theirs'])
  assert.equal((await store.get('users', 'x'))?.value.name, 'ours')
})

test('a refusal decided beside a write that did not stand is decided again', async () => {
  let lost = false
  const { change } = setUp(async () => {
    if (lost) return
    lost = true
    throw new AppError('conflict')
  })
  let left = 1
  const seen: string[] = []
  const take = (who: string) =>
    change({
      lane: 'shelf',
      reads: [['users', 'shelf']],
      decide(sheet) {
        const taken = sheet.get('users', 'shelf')
        seen.push(`${who} ${taken ? 'none' : 'one'}`)
        if (taken || left === 0) throw new AppError('sold_out')
        if (who === 'a' && lost) throw new AppError('drop_closed')
        sheet.put('users', 'shelf', person(who))
        return who
      },
    })
  const results = await Promise.allSettled([take('first'), take('a'), take('b')])
  left = 0
  assert.equal(results[0]?.status, 'fulfilled')
  assert.ok(
    results.slice(1).every((result) => result.status === 'rejected' && isAppError(result.reason, 'sold_out')),
  )
})

test('an id that must be new and is not is a conflict in the end, not a loop', async () => {
  const { store, change } = setUp()
  await store.commit([{ op: 'create', collection: 'users', id: 'x', value: person('first') }])
  const blind = change({ reads: [], decide: (sheet) => sheet.put('users', 'x', person('second')) })
  await assert.rejects(blind, (error) => isAppError(error, 'conflict'))
  assert.equal((await store.get('users', 'x'))?.value.name, 'first')
})

test('of many beaten together what is of one of them is read again when nothing they share has moved', async () => {
  const asked: string[][] = []
  let refusals = 0
  const store = createSqliteStore({ path: ':memory:' })
  const change = createChanges({
    store: {
      ...store,
      getAll(keys) {
        asked.push(keys.map(([collection, id]) => `${collection} ${id}`))
        return store.getAll(keys)
      },
      async commit(writes) {
        // Another process gave b away, after it was read here.
        if (refusals === 0) {
          await store.commit([{ op: 'create', collection: 'users', id: 'b', value: person('theirs') }])
        }
        try {
          await store.commit(writes)
        } catch (error) {
          refusals++
          throw error
        }
      },
    },
    onCommit: () => {},
    random: () => 0,
  })
  const seen: Record<string, (string | undefined)[]> = {}
  const take = (id: string) =>
    change({
      lane: 'shelf',
      reads: [
        ['users', 'shelf'],
        ['users', id],
      ],
      decide(sheet) {
        seen[id] = [...(seen[id] ?? []), sheet.get('users', id)?.name]
        sheet.put('users', 'shelf', person('shelf'))
        sheet.put('users', id, person(id))
      },
    })
  await Promise.all(['first', 'a', 'b'].map(take))
  const own = ['users first', 'users a', 'users b']
  const shared = ['users shelf']
  // Nothing they share had moved.
  assert.deepEqual(asked, [own, shared, shared, own])
  assert.deepEqual(seen.b, [undefined, 'theirs'])
  assert.equal((await store.get('users', 'b'))?.value.name, 'b')
})

test('whoever is beaten takes those along who came meanwhile', async () => {
  const groups: number[] = []
  let beaten = false
  const { change } = setUp(async (writes) => {
    groups.push(writes.length)
    if (beaten) return
    beaten = true
    for (const id of ['b', 'c']) later.push(join(id))
    throw new AppError('conflict')
  })
  const later: Promise<void>[] = []
  const join = (id: string) =>
    change({ lane: 'lane', reads: [['users', id]], decide: (sheet) => sheet.put('users', id, person(id)) })
  await join('a')
  await Promise.all(later)
  assert.deepEqual(groups, [1, 3])
})

test('being beaten again and again ends with a commit as long as somebody else gets through', async () => {
  let rounds = 0
  const { store, change } = setUp(async (_, store) => {
    if (++rounds > 40) return
    const stored = await store.get('users', 'x')
    const value = person(`theirs ${rounds}`)
    const key = { collection: 'users', id: 'x', value } as const
    await store.commit([
      stored ? { ...key, op: 'replace', version: stored.version } : { ...key, op: 'create' },
    ])
  })
  await change({ reads: [['users', 'x']], decide: (sheet) => sheet.put('users', 'x', person('ours')) })
  assert.equal(rounds, 41)
  assert.equal((await store.get('users', 'x'))?.value.name, 'ours')
})

test('fifty who were beaten for too long hear so together, and are not tried one by one', async (t) => {
  const time = { now: 0 }
  t.mock.method(performance, 'now', () => time.now)
  const sizes: number[] = []
  const { store, change } = setUp(async (writes, store) => {
    time.now += 3_000
    if (writes.every(({ collection }) => collection === 'turns')) return
    sizes.push(writes.length)
    const stored = await store.get('users', 'shelf')
    const key = { collection: 'users', id: 'shelf', value: person(`theirs ${time.now}`) } as const
    await store.commit([
      stored ? { ...key, op: 'replace', version: stored.version } : { ...key, op: 'create' },
    ])
  })
  const take = (id: string) =>
    change({
      lane: 'shelf',
      reads: [
        ['users', 'shelf'],
        ['users', id],
      ],
      decide(sheet) {
        sheet.put('users', 'shelf', person(id))
        sheet.put('users', id, person(id))
      },
    })
  const results = await Promise.allSettled(Array.from({ length: 50 }, (_, n) => take(`u${n}`)))
  assert.ok(results.every((result) => result.status === 'rejected' && isAppError(result.reason, 'conflict')))
  // All of them, and again with the turn.
  assert.deepEqual(sizes, [51, 52])
  assert.equal(await store.get('users', 'u0'), undefined)
})

test('changes of one lane that share nothing are read again after they were beaten', async () => {
  let tries = 0
  const { store, change } = setUp(async (_, store) => {
    // Another process writes one of them, once.
    if (++tries > 1) return
    await store.commit([{ op: 'create', collection: 'users', id: 'b', value: person('theirs') }])
  })
  const note = (id: string) =>
    change({ lane: 'lane', reads: [['users', id]], decide: (sheet) => sheet.put('users', id, person(id)) })
  await Promise.all(['a', 'b'].map(note))
  assert.equal(tries, 2)
  assert.equal((await store.get('users', 'b'))?.value.name, 'b')
})
