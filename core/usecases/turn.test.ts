import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAppError } from '#contract'
import { createSqliteStore } from '../adapters/store-sqlite.ts'
import type { Write } from '../ports/store.ts'
import { createChanges } from './change.ts'
import { type Turn, waitForTurn } from './turn.ts'

const person = (name: string) => ({ userId: '100000000000000103', name, missed: [] })
const LANE = 'drop'

function setUp() {
  const store = createSqliteStore({ path: ':memory:' })
  const come = (by: string) =>
    waitForTurn(store, LANE, { by, aboutMs: 0, random: Math.random, withinMs: 60_000 }).then(({ turn }) => {
      assert.ok(turn)
      return turn
    })
  const giveUp = (turn: Turn) => store.commit([{ op: 'delete', collection: 'turns', ...turn }])
  const standing = async () => {
    const page = await store.scan('turns', { limit: 10, cursor: null })
    return page.documents.map(({ value }) => value.by).toSorted()
  }
  return { store, come, giveUp, standing }
}

const soon = () => new Promise((resolve) => setTimeout(resolve, 50))

test('a turn is had by one, while the next one stands in line already', async () => {
  const { come, giveUp, standing } = setUp()
  const turn = await come('one')
  let hasCome = false
  const next = come('two').then(() => {
    hasCome = true
  })
  await soon()
  assert.deepEqual([hasCome, await standing()], [false, ['one', 'two']])
  await giveUp(turn)
  await next
  assert.deepEqual(await standing(), ['two'])
})

test('of several that come one after another each has its turn in that order', async () => {
  const { come, giveUp } = setUp()
  const had: string[] = []
  const waiting = []
  for (const by of ['one', 'two', 'three', 'four']) {
    waiting.push(
      come(by).then(async (turn) => {
        had.push(by)
        await soon()
        await giveUp(turn)
      }),
    )
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await Promise.all(waiting)
  assert.deepEqual(had, ['one', 'two', 'three', 'four'])
})

test('whoever comes again to a turn it has kept has it at once', async () => {
  const { come, standing } = setUp()
  const turn = await come('one')
  assert.deepEqual(await come('one'), turn)
  assert.deepEqual(await standing(), ['one'])
})

test('a process that died as the first is sent away once it has not moved for a second', async (t) => {
  const time = { now: 0 }
  t.mock.method(performance, 'now', () => time.now)
  const { come, giveUp, standing } = setUp()
  const dead = await come('dead')
  const next = come('alive')
  await soon()
  time.now = 900
  await soon()
  assert.deepEqual(await standing(), ['alive', 'dead'])
  time.now = 1_100
  await next
  assert.deepEqual(await standing(), ['alive'])
  await assert.rejects(giveUp(dead), (error) => isAppError(error, 'conflict'))
})

test('several that died in line are sent away one after another, wherever the living ones stand', async (t) => {
  const time = { now: 0 }
  t.mock.method(performance, 'now', () => time.now)
  const { store, come, giveUp, standing } = setUp()
  for (const [since, by] of ['dead1', 'dead2', 'dead3'].entries()) {
    const value = { lane: LANE, by, since }
    await store.commit([{ op: 'create', collection: 'turns', id: `${LANE}:${by}`, value }])
  }
  const living = [come('one').then(giveUp), come('two')]
  const seen: number[] = []
  for (let n = 0; n < 3; n++) {
    await soon()
    time.now += 1_100
    await soon()
    seen.push((await standing()).length)
  }
  await Promise.all(living)
  // With the last one dead the first of the living has had its turn, and the other has it.
  assert.deepEqual([seen, await standing()], [[4, 3, 1], ['two']])
})

test('whoever does not get a turn in time goes without, and stands in nobody’s way', async (t) => {
  const time = { now: 0 }
  t.mock.method(performance, 'now', () => time.now)
  const { store, come, standing } = setUp()
  await come('one')
  const late = waitForTurn(store, LANE, { by: 'two', aboutMs: 0, random: Math.random, withinMs: 900 })
  await soon()
  time.now = 900
  assert.deepEqual(await late, { turn: null, hadCompany: true })
  assert.deepEqual(await standing(), ['one'])
})

test('processes that beat each other stand in line, and write nothing large in vain after that', async () => {
  const { store, standing } = setUp()
  const refused: (readonly Write[])[] = []
  const process = () =>
    createChanges({
      store: {
        ...store,
        async commit(writes) {
          // Long enough for every other one to have read before it stands.
          await new Promise((resolve) => setTimeout(resolve, 5))
          await store.commit(writes).catch((error: unknown) => {
            if (writes.length > 1) refused.push(writes)
            throw error
          })
        },
      },
      onCommit: () => {},
      random: Math.random,
    })
  const processes = [process(), process(), process(), process()]
  let left = 350
  const results = await Promise.allSettled(
    Array.from({ length: 400 }, async (_, n) => {
      await new Promise((resolve) => setTimeout(resolve, n / 2))
      await processes[n % 4]?.({
        lane: LANE,
        reads: [
          ['users', 'shelf'],
          ['users', `u${n}`],
        ],
        decide(sheet) {
          const taken = Number(sheet.get('users', 'shelf')?.name ?? 0)
          if (taken === left) throw new Error('sold out')
          sheet.put('users', 'shelf', person(String(taken + 1)))
          sheet.put('users', `u${n}`, person(`u${n}`))
        },
      })
    }),
  )
  left = 0
  assert.equal((await store.get('users', 'shelf'))?.value.name, '350')
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 350)
  assert.ok(refused.length <= 10, `${refused.length} groups were refused`)
  assert.deepEqual(await standing(), [])
})

test('whoever is beaten in its turn and then finds nothing left to write stands in nobody’s way', async () => {
  const { store, standing } = setUp()
  let tries = 0
  const take = (id: string) =>
    change({
      lane: LANE,
      reads: [
        ['users', 'shelf'],
        ['users', id],
      ],
      decide(sheet) {
        if (sheet.get('users', 'shelf')?.name === 'sold out') throw new Error('sold out')
        sheet.put('users', 'shelf', person(id))
        sheet.put('users', id, person(id))
      },
    })
  const change = createChanges({
    store: {
      ...store,
      async commit(writes) {
        // Others write first: once, and again while it is our turn. Then nothing is left.
        if (writes.length > 1 && ++tries <= 2) {
          const shelf = await store.get('users', 'shelf')
          const value = person(tries === 1 ? 'theirs' : 'sold out')
          const key = { collection: 'users', id: 'shelf', value } as const
          await store.commit([
            shelf ? { ...key, op: 'replace', version: shelf.version } : { ...key, op: 'create' },
          ])
        }
        await store.commit(writes)
      },
    },
    onCommit: () => {},
    random: () => 0,
  })
  const results = await Promise.allSettled(['a', 'b'].map(take))
  assert.ok(results.every(({ status }) => status === 'rejected'))
  assert.equal(tries, 2)
  assert.deepEqual(await standing(), [])
})

test('after others were seen to want the same, even a small change stands in line, until two seconds have passed', async (t) => {
  const time = { now: 0 }
  t.mock.method(performance, 'now', () => time.now)
  const { store, come, giveUp } = setUp()
  let beaten = false
  const change = createChanges({
    store: {
      ...store,
      async commit(writes) {
        if (writes.length > 1 && !beaten) {
          beaten = true
          await store.commit([{ op: 'create', collection: 'users', id: 'shelf', value: person('theirs') }])
        }
        if (writes.length > 1) time.now += 1_000
        await store.commit(writes)
      },
    },
    onCommit: () => {},
    random: () => 0,
  })
  const write = (...ids: string[]) =>
    change({
      lane: LANE,
      reads: ids.map((id) => ['users', id] as const),
      decide: (sheet) => {
        for (const id of ids) sheet.put('users', id, person('ours'))
      },
    })
  const has = async (id: string) => (await store.get('users', id)) !== undefined
  await Promise.all([write('shelf', 'a'), write('shelf', 'b')])

  const theirs = await come('other')
  const first = write('first')
  await soon()
  assert.equal(await has('first'), false)
  await giveUp(theirs)
  await first
  assert.equal(await has('first'), true)

  // Whoever takes a second for a turn is not gone before four: after three a small change is tried out of turn.
  await come('slow')
  const second = write('second')
  await soon()
  time.now += 2_900
  await soon()
  await soon()
  assert.equal(await has('second'), false)
  time.now += 200
  await second
  assert.equal(await has('second'), true)

  time.now += 2_001
  await write('later')
  assert.equal(await has('later'), true)
})

test('whoever once had company stands in line with a crowd before it is beaten, at any drop', async (t) => {
  const time = { now: 0 }
  t.mock.method(performance, 'now', () => time.now)
  const { store, come, giveUp, standing } = setUp()
  const change = createChanges({ store, onCommit: () => {}, random: () => 0 })
  const take = (lane: string, id: string) =>
    change({
      lane,
      reads: [
        ['users', `shelf of ${lane}`],
        ['users', id],
      ],
      decide: (sheet) => {
        sheet.put('users', `shelf of ${lane}`, person(id))
        sheet.put('users', id, person(id))
      },
    })
  const together = (lane: string, ...ids: string[]) => Promise.all(ids.map((id) => take(lane, id)))
  const has = async (id: string) => (await store.get('users', id)) !== undefined

  // Alone as far as it knows, it looks behind itself only after a group.
  const theirs = await come('other')
  const early = together(LANE, 'a', 'b')
  await new Promise(setImmediate)
  const beside = together(LANE, 'c', 'd')
  await early
  await soon()
  assert.deepEqual([await has('c'), (await standing()).length], [false, 2])
  await giveUp(theirs)
  await beside

  time.now += 60_000
  const value = { lane: 'another', by: 'other', since: 0 }
  const place = { collection: 'turns', id: 'another:other' } as const
  await store.commit([{ op: 'create', ...place, value }])
  await take('another', 'alone')
  const many = together('another', 'e', 'f')
  await soon()
  assert.deepEqual([await has('alone'), await has('e')], [true, false])
  const version = (await store.get('turns', place.id))?.version ?? 0
  await store.commit([{ op: 'delete', ...place, version }])
  await many
  assert.equal(await has('f'), true)
})

test('in its turn a group is read with one question, and what was read before the line is not read again', async () => {
  const { store } = setUp()
  const asked: number[] = []
  let beaten = false
  const change = createChanges({
    store: {
      ...store,
      getAll(keys) {
        asked.push(keys.length)
        return store.getAll(keys)
      },
      async commit(writes) {
        if (writes.length > 1 && !beaten) {
          beaten = true
          await store.commit([{ op: 'create', collection: 'users', id: 'shelf', value: person('theirs') }])
        }
        await store.commit(writes)
      },
    },
    onCommit: () => {},
    random: () => 0,
  })
  const write = (id: string) =>
    change({
      lane: LANE,
      reads: [
        ['users', 'shelf'],
        ['users', id],
      ],
      decide: (sheet) => {
        sheet.put('users', 'shelf', person(id))
        sheet.put('users', id, person(id))
      },
    })
  await Promise.all([write('a'), write('b')])
  // Own and shared; shared once more after being beaten, and once more in their turn.
  assert.deepEqual(asked, [2, 1, 1, 1])
  const together = [write('c'), write('d')]
  await new Promise(setImmediate)
  together.push(write('e'))
  await Promise.all(together)
  // Own and shared; and in their turn what is shared, with what is the own of one who came meanwhile.
  assert.deepEqual(asked.slice(4), [2, 1, 2])
})
