import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSqliteStore } from '../adapters/store-sqlite.ts'
import { type OrderEvent, stepOrder } from '../domain/order.ts'
import { OLIVE, sampleBuilder, sampleDrop, sampleOrder } from '../testing/samples.ts'
import { readAudit } from './audit.ts'
import { createChanges } from './change.ts'
import { refundAsOperator, refundOrder, releaseAsOperator } from './refund-order.ts'

const PAYMENT = {
  paymentIntentId: 'pi_1',
  chargeId: 'ch_1',
  stripeFee: 100,
  shipTo: null,
  transferId: null,
}

/** A paid order of 24 dollars to which this has happened since. */
async function setUp(events: readonly OrderEvent[] = []) {
  const store = createSqliteStore({ path: ':memory:' })
  const change = createChanges({ store, onCommit: () => {}, random: () => 0 })
  let order = sampleOrder()
  for (const event of [{ type: 'payment_succeeded', payment: PAYMENT } as const, ...events]) {
    const step = stepOrder(order, event, 1)
    assert.ok(step.ok, event.type)
    order = step.order
  }
  const { orderId, dropId, builderId } = order
  await store.commit([
    { op: 'create', collection: 'builders', id: builderId, value: sampleBuilder() },
    { op: 'create', collection: 'inventory', id: dropId, value: sampleDrop({ available: 2, sold: 1 }) },
    { op: 'create', collection: 'orders', id: orderId, value: order },
  ])
  return { deps: { store, change, clock: { now: () => 2 } }, orderId, builderId }
}

test('a builder who gives back cent by cent leaves room on the order for everything else', async () => {
  const { deps, orderId, builderId } = await setUp()
  // As long as a form takes, and the longest in bytes.
  const reason = `${'क्'.repeat(1_999)}क`
  const giveBack = (amount: string, idempotencyKey: string) =>
    refundOrder(deps, { userId: builderId, orderId, amount, reason, idempotencyKey })

  let parts = 0
  for (let fits = true; fits && parts < 100; ) {
    await giveBack('0.01', `${parts}`).then(
      () => parts++,
      (error) => {
        assert.equal(error.code, 'too_many_refunds')
        fits = false
      },
    )
  }
  const order = await giveBack('', 'rest')
  assert.deepEqual([parts, order.status], [20, 'refunding'])
  // Firestore takes a document of 1 MiB.
  assert.ok(Buffer.byteLength(JSON.stringify(order)) < 512 * 1024)
})

test('an operator tries a failed refund again, and gives another amount when they type one', async () => {
  const wish = { amount: 500, reason: 'builder', note: 'A chip', by: null } as const
  for (const [amount, refunds] of [
    ['', [[500, 'asked', 2]]],
    ['5', [[500, 'asked', 2]]],
    [
      '3',
      [
        [500, 'failed', 1],
        [300, 'asked', 1],
      ],
    ],
  ] as const) {
    const { deps, orderId } = await setUp([
      { type: 'refund_asked', ...wish },
      { type: 'refund_failed', n: 1, refundId: 're_1', why: 'expired_or_canceled_card' },
    ])
    const call = { operator: OLIVE, orderId, reason: 'Asked by the buyer', idempotencyKey: 'a' }
    const order = await refundAsOperator(deps, { ...call, amount })
    assert.deepEqual(
      order.refunds.map((refund) => [refund.amount, refund.status, refund.attempt]),
      refunds,
      amount,
    )
  }
})

test('the audit log says how much was given back or released', async () => {
  const saidOf = async (deps: Parameters<typeof readAudit>[0]) =>
    (await readAudit(deps, 10)).entries.map(({ action }) => action)
  const failed = [
    { type: 'refund_asked', amount: 500, reason: 'builder', note: 'A chip', by: null },
    { type: 'refund_failed', n: 1, refundId: 're_1', why: 'expired_or_canceled_card' },
  ] as const
  const { deps, orderId } = await setUp(failed)
  const call = { operator: OLIVE, orderId, reason: 'Agreed' }
  await refundAsOperator(deps, { ...call, amount: '', idempotencyKey: 'a' })
  await refundAsOperator(deps, { ...call, amount: '3', idempotencyKey: 'b' })
  await releaseAsOperator(deps, { ...call, idempotencyKey: 'c' })
  assert.deepEqual(await saidOf(deps), ['release of $15.20', 'refund of $3.00', 'refund of $5.00 again'])
})
