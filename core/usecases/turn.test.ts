import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAppError } from '#contract'
import { createSqliteStore } from '../adapters/store-sqlite.ts'
import type { Write } from '../ports/store.ts'
import { createChanges } from './change.ts'
import { takeTurn } from './turn.ts'

const person = (name: string) => ({ userId: '100000000000000103', name, missed: [] })
const always = { random: () => 0, withinMs: 60_000 }
const LANE = 'drop'

async function setUp() {
  const store = createSqliteStore({ path: ':memory:' })
  const standing = () => store.get('turns', LANE)
  const give = async () => {
    const { version } = (await standing()) ?? assert.fail()
    await store.commit([{ op: 'delete', collection: 'turns', id: LANE, version }])
  }
  return { store, standing, give }
}

const soon = () => new Promise((resolve) => setTimeout(resolve, 50))

test('a turn is taken by one, and the next one takes it when it has been given back', async () => {
  const { store, standing, give } = await setUp()
  await takeTurn(store, LANE, { ...always, by: 'one' })
  let taken = false
  const next = takeTurn(store, LANE, { ...always, by: 'two' }).then(() => {
    taken = true
  })
  await soon()
  assert.deepEqual([taken, (await standing())?.value.by], [false, 'one'])
  await give()
  await next
  assert.equal((await standing())?.value.by, 'two')
})

test('of several at once each gets its turn, one after another', async () => {
  const { store, give } = await setUp()
  const order: string[] = []
  await Promise.all(
    ['one', 'two', 'three', 'four'].map(async (by) => {
      await takeTurn(store, LANE, { random: Math.random, withinMs: 60_000, by })
      assert.equal((await store.get('turns', LANE))?.value.by, by)
      order.push(by)
      await give()
    }),
  )
  assert.deepEqual(order.toSorted(), ['four', 'one', 'three', 'two'])
})

test('the turn of a process that died is taken over once it has not moved for two seconds', async (t) => {
  const time = { now: 0 }
  t.mock.method(performance, 'now', () => time.now)
  const { store, standing, give } = await setUp()
  await takeTurn(store, LANE, { ...always, by: 'dead' })
  const next = takeTurn(store, LANE, { ...always, by: 'alive' })
  await soon()
  time.now = 1_900
  // Somebody else had it in between: it is not abandoned.
  await give()
  await store.commit([{ op: 'create', collection: 'turns', id: LANE, value: { by: 'third' } }])
  await soon()
  time.now = 3_800
  await soon()
  assert.notEqual((await standing())?.value.by, 'dead')
  time.now = 8_000
  await next
  assert.equal((await standing())?.value.by, 'alive')
})

test('whoever does not get a turn in time hears of a conflict', async (t) => {
  const time = { now: 0 }
  t.mock.method(performance, 'now', () => time.now)
  const { store } = await setUp()
  await takeTurn(store, LANE, { ...always, by: 'one' })
  const late = takeTurn(store, LANE, { ...always, by: 'two', withinMs: 1_000 })
  await soon()
  time.now = 1_000
  await assert.rejects(late, (error) => isAppError(error, 'conflict'))
})

test('processes that beat each other stand in line, and write nothing large in vain after that', async () => {
  const { store, standing } = await setUp()
  const refused: (readonly Write[])[] = []
  const process = () =>
    createChanges({
      store: {
        getAll: store.getAll,
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
  const sold: string[] = []
  const buyers = Array.from({ length: 400 }, (_, n) => `u${n}`)
  await Promise.all(
    buyers.map(async (id, n) => {
      await new Promise((resolve) => setTimeout(resolve, n / 2))
      await processes[n % 4]?.({
        lane: LANE,
        reads: [
          ['users', 'shelf'],
          ['users', id],
        ],
        decide(sheet) {
          const taken = Number(sheet.get('users', 'shelf')?.name ?? 0)
          sheet.put('users', 'shelf', person(String(taken + 1)))
          sheet.put('users', id, person(id))
        },
      })
      sold.push(id)
    }),
  )
  assert.equal((await store.get('users', 'shelf'))?.value.name, '400')
  assert.equal(sold.length, 400)
  assert.ok(refused.length <= 8, `${refused.length} groups were refused`)
  assert.equal(await standing(), undefined)
})
