import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSqliteStore } from '../adapters/store-sqlite.ts'
import { stepOrder } from '../domain/order.ts'
import { sampleBuilder, sampleDrop, sampleOrder } from '../testing/samples.ts'
import { createChanges } from './change.ts'
import { refundOrder } from './refund-order.ts'

const PAYMENT = {
  paymentIntentId: 'pi_1',
  chargeId: 'ch_1',
  stripeFee: 100,
  shipTo: null,
  transferId: null,
}

test('a builder who gives back cent by cent leaves room on the order for everything else', async () => {
  const store = createSqliteStore({ path: ':memory:' })
  const change = createChanges({ store, onCommit: () => {}, random: () => 0 })
  const paid = stepOrder(sampleOrder(), { type: 'payment_succeeded', payment: PAYMENT }, 1)
  assert.ok(paid.ok)
  const { orderId, dropId, builderId } = paid.order
  await store.commit([
    { op: 'create', collection: 'builders', id: builderId, value: sampleBuilder() },
    { op: 'create', collection: 'inventory', id: dropId, value: sampleDrop({ available: 2, sold: 1 }) },
    { op: 'create', collection: 'orders', id: orderId, value: paid.order },
  ])
  const deps = { store, change, clock: { now: () => 2 } }
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
