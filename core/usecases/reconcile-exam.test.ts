import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSqliteStore } from '../adapters/store-sqlite.ts'
import type { PaymentRecords } from '../ports/payment-records.ts'
import { examineMoney } from './reconcile-exam.ts'

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
