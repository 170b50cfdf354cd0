import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import { isAppError } from '#contract'
import { createSqliteStore } from '../adapters/store-sqlite.ts'
import type { Builder } from '../domain/builder.ts'
import { signLink } from '../domain/link.ts'
import type { PayoutRecord } from '../ports/payment-records.ts'
import { PaymentsError } from '../ports/payments.ts'
import type { Deps } from './deps.ts'
import { exportAsBuilder, exportAsOperator } from './exports.ts'

const linkSecret = createSecretKey(Buffer.from('a secret for tests'))
const NOVEMBER = Date.UTC(2026, 10, 15)
const DECEMBER = Date.UTC(2026, 11, 1)

function makeBuilder(n: number, accountId: string | null): Builder {
  return {
    userId: `10000000000000010${n}`,
    name: `Builder ${n}`,
    joinedAt: n,
    accountId,
    // The rest is none of an export's business.
  } as Builder
}

function makePayout(payoutId: string, createdAt: number, over: Partial<PayoutRecord> = {}): PayoutRecord {
  return {
    payoutId,
    createdAt,
    arrivesAt: createdAt,
    amount: 1_205,
    currency: 'usd',
    status: 'paid',
    failure: null,
    ...over,
  }
}

/** Builders with these accounts, and what Stripe says of each account's payouts, newest first. */
async function setUp(payouts: Readonly<Record<string, readonly PayoutRecord[] | Error>>) {
  const store = createSqliteStore({ path: ':memory:' })
  const accounts = Object.keys(payouts).filter((name) => name !== 'platform')
  const builders = [...accounts, null].map((accountId, i) => makeBuilder(i, accountId))
  await store.commit(
    builders.map((value) => ({ op: 'create', collection: 'builders', id: value.userId, value }) as const),
  )
  const records: Pick<Deps['records'], 'payouts'> = {
    async *payouts(since, accountId) {
      const found = payouts[accountId ?? 'platform'] ?? []
      if (found instanceof Error) throw found
      yield* found.filter(({ createdAt }) => createdAt >= since)
    },
  }
  // An export asks the records for nothing else.
  return { deps: { store, records, settings: { linkSecret } } as unknown as Deps, builders }
}

const rowsOf = (csv: string) => csv.trimEnd().split('\r\n').slice(1)

test('a builder sees their own payouts of a month, oldest first, and nobody else’s', async () => {
  const { deps, builders } = await setUp({
    acct_a: [makePayout('po_3', DECEMBER), makePayout('po_2', DECEMBER - 1), makePayout('po_1', NOVEMBER)],
    acct_b: [makePayout('po_9', NOVEMBER)],
  })
  const token = signLink(linkSecret, 'builder', builders[0]?.userId ?? '')
  const { filename, csv } = await exportAsBuilder(deps, { token, kind: 'payouts', month: '2026-11' })
  assert.equal(filename, 'c500-payouts-2026-11.csv')
  assert.deepEqual(rowsOf(csv), [
    'po_1,2026-11-15T00:00:00.000Z,2026-11-15T00:00:00.000Z,100000000000000100,Builder 0,acct_a,paid,usd,12.05,',
    'po_2,2026-11-30T23:59:59.999Z,2026-11-30T23:59:59.999Z,100000000000000100,Builder 0,acct_a,paid,usd,12.05,',
  ])
})

test('a payout that came back says so', async () => {
  const failed = makePayout('po_1', NOVEMBER, { status: 'failed', failure: 'account_closed' })
  const { deps } = await setUp({ acct_a: [failed] })
  const { csv } = await exportAsOperator(deps, { kind: 'payouts', month: null })
  assert.match(csv, /acct_a,failed,usd,12\.05,account_closed\r\n$/)
})

test('operators see the collective’s payouts and every builder’s, and which account cannot be read', async () => {
  const { deps } = await setUp({
    platform: [makePayout('po_1', NOVEMBER)],
    acct_a: [makePayout('po_2', NOVEMBER)],
    acct_gone: new PaymentsError('refused', 'This account was disconnected.', 'account_invalid'),
  })
  const { filename, csv } = await exportAsOperator(deps, { kind: 'payouts', month: null })
  assert.equal(filename, 'c500-payouts.csv')
  const rows = rowsOf(csv).map((row) => row.split(','))
  assert.deepEqual(
    rows.map((row) => [row[0], row[5], row[6], row[9]]),
    [
      ['po_1', '', 'paid', ''],
      ['po_2', 'acct_a', 'paid', ''],
      ['', 'acct_gone', 'unreadable', 'This account was disconnected.'],
    ],
  )
})

test('while Stripe does not answer there is no half table', async () => {
  const { deps } = await setUp({ acct_a: new PaymentsError('busy', 'no answer', null) })
  const asked = exportAsOperator(deps, { kind: 'payouts', month: null })
  await assert.rejects(asked, (error) => error instanceof PaymentsError && error.kind === 'busy')
})

test('a link for something else exports nothing', async () => {
  const { deps, builders } = await setUp({})
  const token = signLink(linkSecret, 'order', builders[0]?.userId ?? '')
  const asked = exportAsBuilder(deps, { token, kind: 'orders', month: null })
  await assert.rejects(asked, (error) => isAppError(error, 'link_invalid'))
})
