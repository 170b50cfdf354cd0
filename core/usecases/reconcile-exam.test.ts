import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSqliteStore } from '../adapters/store-sqlite.ts'
import { ledgerId, post } from '../domain/ledger.ts'
import type { PaymentRecords } from '../ports/payment-records.ts'
import { createChanges } from './change.ts'
import { readTotals } from './read-totals.ts'
import { examineMoney } from './reconcile-exam.ts'
import { MONEY_DOCTOR, repairMoney } from './reconcile-repair.ts'

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
    { store: counting, records: NOTHING_AT_STRIPE, clock: { now: () => 1_000_000 } },
    { since: 0 },
  )
  over = true
  assert.ok(reads > 10 && turns >= reads, `${turns} turns beside ${reads} readings`)
})

test('a row that was written long after its time is missed in what was added up, until it is added up anew', async () => {
  const store = createSqliteStore({ path: ':memory:' })
  const change = createChanges({ store, onCommit: () => {}, random: () => 0 })
  const deps = { store, change, records: NOTHING_AT_STRIPE, clock: { now: () => 1_000_000_000 } }
  const held = async () => (await readTotals(deps, null))[0]?.held
  const book = (n: number, at: number) => {
    const movement = `bill:${n}` as const
    const posting = post(movement, { refund_due: -1, stripe: 1 })
    const value = { ...posting, orderId: null, builderId: null, currency: 'usd', at }
    return store.commit([{ op: 'create', collection: 'ledger', id: ledgerId(null, movement), value }])
  }
  for (let n = 0; n < 300; n++) await book(n, n)
  const wrong = async () =>
    (await examineMoney(deps, { since: 0 })).mismatches.filter(({ code }) => code === 'totals_differ')
  assert.deepEqual([await held(), await wrong()], [300, []])
  await book(300, 20)
  assert.equal(await held(), 300)
  const found = await wrong()
  assert.equal(await repairMoney(deps, found, MONEY_DOCTOR), 1)
  assert.deepEqual([await held(), await wrong()], [301, []])
})
