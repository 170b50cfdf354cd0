import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AppError } from '#contract'
import { createSqliteStore } from '../adapters/store-sqlite.ts'
import { balances, type LedgerEntry, ledgerId, SETTLED_AFTER_MS } from '../domain/ledger.ts'
import { type Order, type OrderEvent, remaining, stepOrder } from '../domain/order.ts'
import { addToBooks, NO_BOOKS, type Sum } from '../domain/totals.ts'
import type { Store } from '../ports/store.ts'
import { sampleDrop, sampleOrder } from '../testing/samples.ts'
import { createChanges } from './change.ts'
import { readBooks, readTotals, recountTotals } from './read-totals.ts'

const JUNIPER = '100000000000000101'
const WREN = '100000000000000102'
const START = Date.UTC(2026, 10, 1)
const HOUR = 60 * 60_000

type Counted = 'find' | 'get' | 'getAll'

/** A store of its own whose reads are counted, with pages of at most `page` documents. */
function setUp(options: { readonly page?: number } = {}) {
  const inner = createSqliteStore({ path: ':memory:' })
  const read: Record<Counted, number> = { find: 0, get: 0, getAll: 0 }
  const world = { now: START, read, diesAfter: Number.POSITIVE_INFINITY }
  const store: Store = {
    ...inner,
    get(collection, id) {
      read.get++
      return inner.get(collection, id)
    },
    getAll(keys) {
      read.getAll += keys.length
      return inner.getAll(keys)
    },
    async find(collection, query) {
      if (read.find >= world.diesAfter) throw new AppError('unavailable')
      const limit = Math.min(query.limit, options.page ?? query.limit)
      const page = await inner.find(collection, { ...query, limit })
      read.find += page.documents.length
      return page
    },
  }
  const change = createChanges({ store: inner, onCommit: () => {}, random: () => 0 })
  const deps = { store, change, clock: { now: () => world.now } }
  return {
    deps,
    world,
    /** How many documents this asks for. */
    async documentsFor(work: () => Promise<unknown>): Promise<number> {
      Object.assign(read, { find: 0, get: 0, getAll: 0 })
      await work()
      return read.find + read.get + read.getAll
    },
  }
}

const payment = { paymentIntentId: 'pi', chargeId: 'ch', stripeFee: 99, shipTo: null, transferId: 'tr' }
const EVENTS = {
  pay: { type: 'payment_succeeded', payment },
  payTooLate: { type: 'paid_too_late', payment },
  end: { type: 'hold_ended', by: 'clock' },
  shut: { type: 'session_shut' },
  ship: { type: 'shipped', shipment: { carrier: 'Post', trackingNumber: '1', at: 0 } as never },
  arrive: { type: 'arrived' },
  ask: { type: 'release_asked', netted: 0 },
  net: { type: 'release_asked', netted: 700 },
  send: { type: 'transfer_made', transferId: 'tr' },
  giveBack: { type: 'refund_asked', amount: 333, reason: 'builder', note: '', by: null },
  giveAllBack: { type: 'refund_asked', amount: 2_400, reason: 'builder', note: '', by: null },
  backDone: { type: 'refund_succeeded', n: 1, refundId: 're' },
  reverse: { type: 'reversal_made', n: 1 },
  refuse: { type: 'reversal_refused', n: 1 },
  dispute: {
    type: 'dispute_opened',
    dispute: { disputeId: 'dp', amount: 2_400, fee: 1_500, reason: 'fraudulent', dueBy: null },
  },
  lose: { type: 'dispute_lost' },
} as const satisfies Record<string, OrderEvent>

type EventName = keyof typeof EVENTS

/** What happens to each of the nine orders, unless something else comes between. */
const LIVES: readonly (readonly EventName[])[] = [
  ['pay', 'ship', 'arrive', 'giveBack', 'reverse'],
  ['pay', 'arrive', 'ask', 'send', 'giveBack', 'reverse', 'backDone'],
  ['pay', 'giveBack', 'ship', 'arrive', 'ask', 'send', 'dispute', 'lose', 'refuse'],
  ['pay', 'giveBack', 'arrive', 'net', 'send'],
  ['end', 'shut', 'payTooLate', 'backDone'],
  ['end', 'shut', 'payTooLate', 'reverse'],
  ['pay', 'ship', 'dispute', 'lose'],
  ['pay', 'giveAllBack', 'backDone'],
  ['pay', 'ship', 'arrive', 'giveBack', 'ask', 'send'],
]

/** Nine orders of two builders, in two currencies and both settlements. */
function nineOrders(): Map<string, Order> {
  const orders = Array.from({ length: 9 }, (_, n): Order => {
    const builderId = n % 3 === 0 ? WREN : JUNIPER
    const drop = sampleDrop({ builderId, currency: n % 4 === 0 ? 'jpy' : 'usd', feeBps: 100 * n + 33 })
    const settlement = n % 5 === 0 ? 'at_payment' : 'on_arrival'
    return sampleOrder({ orderId: `ord_${n}`, settlement }, drop)
  })
  return new Map(orders.map((order) => [order.orderId, order]))
}

/** As it is without any memory: the whole ledger, and what only orders know. */
function addEverything(entries: readonly LedgerEntry[], orders: readonly Order[], builderId: string | null) {
  const currencies = [...new Set(entries.map(({ currency }) => currency))].toSorted()
  return currencies.flatMap((currency) => {
    const mine = entries.filter(
      (entry) => entry.currency === currency && (builderId === null || entry.builderId === builderId),
    )
    const sum = balances(mine)
    const sent = balances(mine.filter(({ movement }) => /^(transfer$|reversal:)/.test(movement)))
    const undivided = orders.filter(
      (order) =>
        order.builderId === builderId &&
        order.currency === currency &&
        order.settlement === 'on_arrival' &&
        (order.status === 'paid' || order.status === 'shipped'),
    )
    const held =
      builderId === null
        ? -(sum.buyer_money + sum.builder_due + sum.refund_due)
        : undivided.reduce((shares, order) => shares + remaining(order).share, -sum.builder_due)
    return held === 0 && sent.stripe === 0 ? [] : [`${currency} ${held} ${0 - sent.stripe}`]
  })
}
const shown = (sums: readonly Sum[]) =>
  sums
    .filter(({ held, released }) => held !== 0 || released !== 0)
    .map(({ currency, held, released }) => `${currency} ${held} ${released}`)
    .toSorted()

const deed = fc.record({
  order: fc.nat(8),
  /** Null: the next of its life. */
  event: fc.option(fc.constantFrom(...(Object.keys(EVENTS) as EventName[])), { freq: 1 }),
  later: fc.constantFrom(0, 0, 1, 20_000, 5 * 60_000, 11 * 60_000, HOUR),
  /** How far behind the clock of the core is that writes it, and how long its commit takes. */
  behind: fc.constantFrom(0, 0, 1, 40_000),
  press: fc.constantFrom(null, JUNIPER, WREN, 'everybody'),
})

test('after any story and any presses the sums are those of the whole ledger and its orders', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(deed, { minLength: 10, maxLength: 80 }),
      fc.integer({ min: 1, max: 7 }),
      async (story, page) => {
        const { deps, world } = setUp({ page })
        const orders = nineOrders()
        const lives = LIVES.map((life) => [...life])
        const entries: LedgerEntry[] = []
        for (const { order: n, event, later, behind, press } of story) {
          world.now += later
          const order = orders.get(`ord_${n}`) ?? assert.fail()
          const step = stepOrder(order, EVENTS[event ?? lives[n]?.shift() ?? 'ship'], world.now)
          if (step.ok) {
            const { orderId, builderId, currency } = order
            orders.set(orderId, step.order)
            const known = await deps.store.get('orders', orderId)
            const rows = step.postings.map(
              (posting): LedgerEntry => ({
                ...posting,
                orderId,
                builderId,
                currency,
                at: world.now - behind,
              }),
            )
            entries.push(...rows)
            await deps.store.commit([
              known
                ? {
                    op: 'replace',
                    collection: 'orders',
                    id: orderId,
                    value: step.order,
                    version: known.version,
                  }
                : { op: 'create', collection: 'orders', id: orderId, value: step.order },
              ...rows.map(
                (value) =>
                  ({
                    op: 'create',
                    collection: 'ledger',
                    id: ledgerId(orderId, value.movement),
                    value,
                  }) as const,
              ),
            ])
          }
          if (press === null) continue
          const builderId = press === 'everybody' ? null : press
          const right = addEverything(entries, [...orders.values()], builderId)
          assert.deepEqual(shown(await readTotals(deps, builderId)), right)
        }
        world.now += HOUR
        const books = addToBooks(NO_BOOKS, entries)
        for (const builderId of [null, JUNIPER, WREN]) {
          const right = addEverything(entries, [...orders.values()], builderId)
          // Once to settle, and once from what was kept.
          for (let press = 0; press < 2; press++) {
            assert.deepEqual(shown(await readTotals(deps, builderId)), right)
            const { accounts, debts } = await readBooks(deps)
            assert.deepEqual({ accounts, debts }, books)
          }
          const mine = entries.filter((entry) => builderId === null || entry.builderId === builderId)
          const kept = (await deps.store.get('totals', builderId ?? 'all'))?.value.rows ?? 0
          assert.ok(kept >= mine.length - page, `${kept} of ${mine.length} are kept`)
        }
      },
    ),
    { numRuns: 60 },
  ))

/** One row of a cent that is held for Juniper. */
const cent = (n: number, at: number): LedgerEntry => ({
  movement: `debt:${n}`,
  lines: [
    { account: 'builder_due', amount: -1 },
    { account: 'builder_debt', amount: 1 },
  ],
  orderId: 'ord_0',
  builderId: JUNIPER,
  currency: 'usd',
  at,
})

async function book(store: Pick<Store, 'commit'>, count: number, at: (n: number) => number, from = 0) {
  const numbers = Array.from({ length: count }, (_, i) => from + i)
  await store.commit(
    numbers.map((n) => ({
      op: 'create',
      collection: 'ledger',
      id: ledgerId('ord_0', `debt:${n}`),
      value: cent(n, at(n)),
    })),
  )
}
const heldIn = (sums: readonly Sum[]) => sums[0]?.held

test('a press after a large drop asks for few documents, once it is settled', async () => {
  const { deps, world, documentsFor } = setUp()
  await book(deps.store, 10_100, (n) => START + n)
  world.now = START + 2 * HOUR
  const press = async () => assert.equal(heldIn(await readTotals(deps, JUNIPER)), 10_100)
  assert.equal(await documentsFor(press), 1 + 10_100)
  const everybody = async () => assert.equal(heldIn(await readTotals(deps, null)), 10_100)
  await everybody()
  for (const left of [850, 600, 350, 100, 100]) {
    assert.equal(await documentsFor(press), 1 + left)
    assert.equal(await documentsFor(everybody), 1 + left)
  }
})

test('what is not settled is read again, and counted once', async () => {
  const { deps, world, documentsFor } = setUp()
  await book(deps.store, 1_000, (n) => START + n)
  world.now = START + SETTLED_AFTER_MS
  for (let press = 0; press < 2; press++) {
    assert.equal(heldIn(await readTotals(deps, JUNIPER)), 1_000)
    assert.equal(await deps.store.get('totals', JUNIPER), undefined)
  }
  world.now += 249
  assert.equal(heldIn(await readTotals(deps, JUNIPER)), 1_000)
  assert.deepEqual((await deps.store.get('totals', JUNIPER))?.value.rows, 250)
  // It comes late, yet not later than anything does.
  await book(deps.store, 1, () => START + 250, 5_000)
  assert.equal(await documentsFor(async () => readTotals(deps, JUNIPER)), 1 + 751)
  assert.equal(heldIn(await readTotals(deps, JUNIPER)), 1_001)
})

test('rows of one millisecond are counted once, wherever a page ends among them', async () => {
  const { deps, world } = setUp()
  await book(deps.store, 600, () => START)
  world.now = START + HOUR
  for (let more = 0; more < 4; more++) {
    assert.equal(heldIn(await readTotals(deps, JUNIPER)), 600 + 300 * more)
    assert.equal(heldIn(await readTotals(deps, JUNIPER)), 600 + 300 * more)
    await book(deps.store, 300, () => world.now, 600 + 300 * more)
    world.now += HOUR
  }
})

test('a reader that never comes to its end leaves its place to the next one', async () => {
  const { deps, world, documentsFor } = setUp()
  await book(deps.store, 9_000, (n) => START + n)
  world.now = START + HOUR
  world.diesAfter = 3_000
  let inVain = 0
  const press = () => readTotals(deps, JUNIPER)
  const fails = () =>
    documentsFor(press).then(
      () => false,
      () => true,
    )
  while (await fails()) inVain++
  assert.equal(inVain, 3, 'each leaves two thousand rows behind')
  world.diesAfter = Number.POSITIVE_INFINITY
  assert.equal(heldIn(await press()), 9_000)
})

test('several at once, and a store that cannot write, spoil no sum', async () => {
  const { deps, world } = setUp({ page: 10 })
  await book(deps.store, 95, (n) => START + n)
  world.now = START + HOUR
  const change = () => Promise.reject(new AppError('unavailable'))
  assert.equal(heldIn(await readTotals({ ...deps, change }, JUNIPER)), 95)
  const presses = await Promise.all(Array.from({ length: 5 }, () => readTotals(deps, JUNIPER)))
  assert.deepEqual(presses.map(heldIn), [95, 95, 95, 95, 95])
  assert.equal((await deps.store.get('totals', JUNIPER))?.value.rows, 90)
  assert.equal(heldIn(await readTotals(deps, JUNIPER)), 95)
})

test('a slow reader does not bring back what was meanwhile added up anew', async () => {
  const { deps, world } = setUp({ page: 10 })
  await book(deps.store, 15, (n) => START + n)
  world.now = START + HOUR
  await readTotals(deps, JUNIPER)
  const { version, value } = (await deps.store.get('totals', JUNIPER)) ?? assert.fail()
  const wrong = { ...value, sums: [{ currency: 'usd', held: 7, released: 0 }] }
  await deps.store.commit([{ op: 'replace', collection: 'totals', id: JUNIPER, value: wrong, version }])
  await book(deps.store, 10, (n) => START + n, 15)
  const change: typeof deps.change = async (asked) => {
    await recountTotals(deps, JUNIPER)
    return deps.change(asked)
  }
  assert.equal(heldIn(await readTotals({ ...deps, change }, JUNIPER)), 22)
  assert.equal(heldIn(await readTotals(deps, JUNIPER)), 25)
})

test('what was settled by a clock that was set back is not relied on', async () => {
  const { deps, world } = setUp({ page: 10 })
  await book(deps.store, 45, (n) => START + HOUR + n)
  world.now = START + 2 * HOUR
  assert.equal(heldIn(await readTotals(deps, JUNIPER)), 45)
  world.now = START
  await book(deps.store, 5, () => START, 100)
  world.now = START + SETTLED_AFTER_MS
  assert.equal(heldIn(await readTotals(deps, JUNIPER)), 50)
  world.now = START + 2 * HOUR
  // Were too few rows settled meanwhile to take its place, the money doctor finds out.
  await recountTotals(deps, JUNIPER)
  assert.equal(heldIn(await readTotals(deps, JUNIPER)), 50)
})

test('books that an older version of core has left behind are made anew', async () => {
  const { deps, world, documentsFor } = setUp({ page: 10 })
  const debts = async () => (await readBooks(deps)).debts
  const kept = async () => (await deps.store.get('totals', 'all')) ?? assert.fail()
  await book(deps.store, 15, (n) => START + n)
  world.now = START + HOUR
  assert.deepEqual(await debts(), { [JUNIPER]: 15 })
  const { books } = (await kept()).value
  await book(deps.store, 20, (n) => START + n, 15)
  assert.deepEqual(await debts(), { [JUNIPER]: 35 })
  // It goes on with rows and sums, and takes the books along as they are.
  const { value, version } = await kept()
  const older = { ...value, books: books ?? assert.fail() }
  await deps.store.commit([{ op: 'replace', collection: 'totals', id: 'all', value: older, version }])
  assert.deepEqual(await debts(), { [JUNIPER]: 35 })
  assert.equal(await documentsFor(debts), 1 + 5, 'and made once')
})

test('what a newer version keeps beside the sums stays', async () => {
  const { deps, world } = setUp({ page: 10 })
  await book(deps.store, 15, (n) => START + n)
  world.now = START + HOUR
  await readTotals(deps, JUNIPER)
  const { version, value } = (await deps.store.get('totals', JUNIPER)) ?? assert.fail()
  const newer = { ...value, ribbon: 'mint', sums: value.sums.map((sum) => ({ ...sum, ribbon: 'mint' })) }
  await deps.store.commit([{ op: 'replace', collection: 'totals', id: JUNIPER, value: newer, version }])
  await book(deps.store, 10, (n) => START + n, 15)
  await readTotals(deps, JUNIPER)
  const after: unknown = (await deps.store.get('totals', JUNIPER))?.value
  const sums = [{ currency: 'usd', held: 20, released: 0, ribbon: 'mint' }]
  assert.deepEqual(after, { ...(after as object), rows: 20, sums, ribbon: 'mint' })
})
