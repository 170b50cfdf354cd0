import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import { createSqliteStore } from '../adapters/store-sqlite.ts'
import { signLink } from '../domain/link.ts'
import type { Checkout, Payments } from '../ports/payments.ts'
import { sampleDrop, sampleOrder } from '../testing/samples.ts'
import { createChanges } from './change.ts'
import type { Settings } from './deps.ts'
import { orderForReturn } from './order-by-link.ts'

test('a buyer who comes back sees the order as we know it, whatever is odd about the payment', async () => {
  const store = createSqliteStore({ path: ':memory:' })
  const change = createChanges({ store, onCommit: () => {}, random: () => 0 })
  const checkout = { attempt: 1, expiresAt: 2_000, sessionId: 'cs_1', url: null }
  const order = sampleOrder({ checkout })
  await store.commit([
    { op: 'create', collection: 'inventory', id: order.dropId, value: sampleDrop({ available: 2, held: 1 }) },
    { op: 'create', collection: 'orders', id: order.orderId, value: order },
  ])
  // Nothing is booked of a payment that was not agreed: a person has to look.
  const paid = { paymentIntentId: 'pi_1', chargeId: 'ch_1', shipTo: null, stripeFee: 1, transferId: null }
  const read: Checkout = {
    sessionId: 'cs_1',
    orderId: order.orderId,
    status: 'complete',
    payment: 'paid',
    url: null,
    paid: { ...paid, amount: order.total + 1, currency: order.currency },
  }
  const payments = { readCheckout: async () => read } as Partial<Payments> as Payments
  const linkSecret = createSecretKey(Buffer.alloc(16))
  const settings = { linkSecret } as Settings
  const deps = { store, change, clock: { now: () => 10 }, payments, settings }
  const shown = await orderForReturn(deps, { token: signLink(linkSecret, 'order', order.orderId) })
  assert.equal(shown.status, 'held')
})
