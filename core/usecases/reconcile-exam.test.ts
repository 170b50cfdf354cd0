import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSqliteStore } from '../adapters/store-sqlite.ts'
import { ledgerId, post } from '../domain/ledger.ts'
import type { PaymentRecords } from '../ports/payment-records.ts'
import type { Store } from '../ports/store.ts'
import { createChanges } from './change.ts'
import { readBooks } from './read-totals.ts'
import { reconcile } from './reconcile.ts'
import { examineMoney } from './reconcile-exam.ts'
import { MONEY_DOCTOR, repairMoney } from './reconcile-repair.ts'

const HOUR = 60 * 60_000
const DAY = 24 * HOUR
/** Where what is recent begins is known when a page of what is older was read. */
const PAGE = 100
const NOBODY = { orderId: null, builderId: null, currency: 'usd' } as const

const NOTHING_AT_STRIPE: PaymentRecords = {
  async *events() {},
  async *charges() {},
  async *transfers() {},
  async *sessions() {},
  async *payouts() {},
  async *refunds() {},
  async *disputes() {},
  async *balanceTransactions() {},
  balance: async () => [],
}

test('while the books are compared, buyers get their turn between any two readings', async () => {
  const store = createSqliteStore({ path: ':memory:' })
  const change = createChanges({ store, onCommit: () => {}, random: () => 0 })
  let reads = 0
  const counting = {
    ...store,
    find: ((...args: Parameters<typeof store.find>) => {
      reads++
      return store.find(...args)
    }) as typeof store.find,
  }
  let turns = 0
  let over = false
  const buyers = () => {
    turns++
    if (!over) setImmediate(buyers)
  }
  setImmediate(buyers)
  await examineMoney(
    { store: counting, change, records: NOTHING_AT_STRIPE, clock: { now: () => 1_000_000 } },
    { since: 0, whole: true },
  )
  over = true
  assert.ok(reads > 10 && turns >= reads, `${turns} turns beside ${reads} readings`)
})

/** A store whose ledger anybody may write, and its time. */
function setUp() {
  const store = createSqliteStore({ path: ':memory:' })
  const change = createChanges({ store, onCommit: () => {}, random: () => 0 })
  const world = { now: 400 * DAY }
  const counted: Store = {
    ...store,
    async find(collection, query) {
      const page = await store.find(collection, query)
      if (collection === 'ledger') read.rows += page.documents.length
      return page
    },
  }
  const read = { rows: 0 }
  return {
    store,
    world,
    read,
    deps: { store: counted, change, records: NOTHING_AT_STRIPE, clock: { now: () => world.now } },
    /** Stripe bills us a cent. */
    book(n: number, at: number) {
      const movement = `bill:${n}` as const
      const value = { ...post(movement, { stripe_fees: 1, stripe: -1 }), ...NOBODY, at }
      return store.commit([{ op: 'create', collection: 'ledger', id: ledgerId(null, movement), value }])
    },
  }
}

test('a comparison of what is recent takes the rest as it was added up, however long that is', async () => {
  const { store, deps, world, read, book } = setUp()
  for (let n = 0; n < 1_000; n++) await book(n, n)
  for (let n = 0; n < 10; n++) await book(1_000 + n, world.now - DAY)
  const since = world.now - 2 * DAY
  const compare = async (whole: boolean) => {
    read.rows = 0
    const { mismatches, balances, checked } = await examineMoney(deps, { since, whole })
    return {
      codes: mismatches.map(({ code }) => code),
      ours: balances[0]?.ours,
      checked: checked.entries,
      rows: read.rows,
    }
  }
  // Stripe remembers nothing of all this.
  const found = { codes: ['balance_differs'], ours: -1_010 }
  assert.deepEqual(await compare(true), { ...found, checked: 1_010, rows: 1_010 })
  assert.deepEqual(await compare(false), { ...found, checked: 10, rows: 1_010 + PAGE }, 'the first adds up')
  for (const left of [760, 510, 260, 10, 10]) {
    assert.deepEqual(await compare(false), { ...found, checked: 10, rows: left + PAGE })
  }

  const id = ledgerId(null, 'bill:7')
  const row = (await store.get('ledger', id)) ?? assert.fail()
  const value = { ...row.value, lines: [{ account: 'stripe' as const, amount: -2 }] }
  await store.commit([{ op: 'replace', collection: 'ledger', id, value, version: row.version }])
  assert.deepEqual((await compare(false)).codes, ['balance_differs'])
  assert.deepEqual((await compare(true)).codes, ['entry_unbalanced', 'totals_differ', 'balance_differs'])
})

test('the books are compared every hour, and the whole ledger every day', async () => {
  const { deps, world, read, book } = setUp()
  const rowsRead = async () => {
    read.rows = 0
    await reconcile({ ...deps, settings: { reconcileEveryMs: HOUR } }, () => {})
    return read.rows
  }
  for (let n = 0; n < 300; n++) await book(n, n)
  assert.equal(await rowsRead(), 300)
  world.now += HOUR
  assert.equal(await rowsRead(), 300 + PAGE, 'the first without the whole adds up')
  for (let hour = 2; hour < 24; hour++) {
    world.now += HOUR
    assert.equal(await rowsRead(), 50 + PAGE, 'from the last full page on')
  }
  world.now += HOUR
  assert.equal(await rowsRead(), 300)
  world.now += HOUR / 2
  assert.equal(await rowsRead(), 0)
})

test('a row that was written long after its time is missed in what was added up, until it is added up anew', async () => {
  const { deps, book } = setUp()
  const ours = async () => (await readBooks(deps)).accounts.usd?.stripe
  for (let n = 0; n < 300; n++) await book(n, n)
  const wrong = async () =>
    (await examineMoney(deps, { since: 0, whole: true })).mismatches.filter(
      ({ code }) => code === 'totals_differ',
    )
  assert.deepEqual([await ours(), await wrong()], [-300, []])
  await book(300, 20)
  assert.equal(await ours(), -300)
  const found = await wrong()
  assert.equal(await repairMoney(deps, found, MONEY_DOCTOR), 1)
  assert.deepEqual([await ours(), await wrong()], [-301, []])
})
