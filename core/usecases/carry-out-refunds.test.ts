import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSqliteStore } from '../adapters/store-sqlite.ts'
import { type Order, stepOrder } from '../domain/order.ts'
import { type Payments, PaymentsError, type Refund } from '../ports/payments.ts'
import { OLIVE, sampleBuilder, sampleDrop, sampleOrder } from '../testing/samples.ts'
import { carryOutRefunds } from './carry-out-refunds.ts'
import { createChanges } from './change.ts'
import { refundAsOperator } from './refund-order.ts'

const PAYMENT = {
  paymentIntentId: 'pi_1',
  chargeId: 'ch_1',
  stripeFee: 100,
  shipTo: null,
  transferId: null,
}

/** An order of 24 dollars of which 5 are to go back, and a Stripe of which tests say what it answers. */
async function setUp() {
  const store = createSqliteStore({ path: ':memory:' })
  const change = createChanges({ store, onCommit: () => {}, random: () => 0 })
  const drop = sampleDrop({ available: 2, sold: 1 })
  const wish = { amount: 500, reason: 'operator', note: 'A chip', by: OLIVE } as const
  const order = play(sampleOrder(), [
    { type: 'payment_succeeded', payment: PAYMENT },
    { type: 'refund_asked', ...wish },
  ])
  await store.commit([
    { op: 'create', collection: 'builders', id: order.builderId, value: sampleBuilder() },
    { op: 'create', collection: 'inventory', id: drop.dropId, value: drop },
    { op: 'create', collection: 'orders', id: order.orderId, value: order },
  ])
  const made: string[] = []
  const stripe: { read: () => Promise<Refund>; ask: () => Promise<void> } = {
    read: async () => ({ refundId: 're_1', status: 'succeeded', failure: null }),
    ask: async () => {},
  }
  const payments = {
    async refund({ part }: { part: string }): Promise<Refund> {
      await stripe.ask()
      made.push(part)
      return { refundId: `re_${made.length}`, status: 'succeeded', failure: null }
    },
    readRefund: () => stripe.read(),
  } as Partial<Payments> as Payments
  const deps = { store, change, clock: { now: () => 10 }, payments }
  const refundNow = async () => (await store.get('orders', order.orderId))?.value.refunds[0]
  const carryOut = () => carryOutRefunds(deps, order.orderId)
  const retry = (idempotencyKey: string) =>
    refundAsOperator(deps, {
      operator: OLIVE,
      orderId: order.orderId,
      amount: '',
      reason: 'Once more',
      idempotencyKey,
    })
  return { stripe, made, refundNow, carryOut, retry }
}

function play(order: Order, events: readonly Parameters<typeof stepOrder>[1][]): Order {
  return events.reduce((before, event) => {
    const step = stepOrder(before, event, 1)
    assert.ok(step.ok, event.type)
    return step.order
  }, order)
}

const refused = () => Promise.reject(new PaymentsError('refused', 'This key may not do that.', null))

test('a refund that Stripe does not let us read has not failed', async () => {
  const { stripe, made, refundNow, carryOut } = await setUp()
  await carryOut()
  assert.equal((await refundNow())?.status, 'succeeded')
  stripe.read = refused
  await assert.rejects(carryOut(), { kind: 'refused' })
  const refund = await refundNow()
  assert.deepEqual([refund?.status, refund?.refundId, made], ['succeeded', 're_1', ['1:1']])
})

test('a refusal that comes when the refund was tried again says nothing about the new try', async () => {
  const { stripe, made, refundNow, carryOut, retry } = await setUp()
  const asked = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<void>()
  stripe.ask = () => {
    asked.resolve()
    return answer.promise
  }
  // One process waits for Stripe's answer for so long that another takes the work over.
  const slow = carryOut()
  await asked.promise
  stripe.ask = refused
  await carryOut()
  assert.equal((await refundNow())?.status, 'failed')
  stripe.ask = async () => {}
  await retry('a')
  await carryOut()
  answer.reject(new PaymentsError('refused', 'No.', null))
  await slow
  const refund = await refundNow()
  assert.deepEqual([refund?.attempt, refund?.status, made], [2, 'succeeded', ['1:2']])
})
