import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OrderEvent } from '../domain/order.ts'
import { createPushRig } from '../testing/pushes.ts'
import { JUNIPER, OLIVE, POPPY, sampleBuilder, sampleDrop, sampleOrder } from '../testing/samples.ts'
import { advanceOrder } from './advance-order.ts'
import { joinBuilder } from './builder-account.ts'
import { callOperators } from './call-operators.ts'
import { decideBuilder } from './run-collective.ts'
import { wishCall } from './wish.ts'

const NOW = Date.UTC(2026, 10, 30)
function setUp() {
  const { store, deps, pushed: called } = createPushRig('callOperators', NOW, { posted: true })
  const wishes = async () => {
    const { documents } = await store.scan('outbox', { limit: 100, cursor: null })
    return documents.map(({ value }) => value).filter(({ kind }) => kind === 'call_operators')
  }
  /** Carries out every call that was wished for, as often as the outbox would at worst. */
  const carryOut = async () => {
    for (const effect of [...(await wishes()), ...(await wishes())]) await callOperators(deps, effect)
    return called.splice(0)
  }
  return { store, deps, wishes, carryOut }
}

test('operators are called once for each thing that begins to wait with an order, as it stands when they are told', async () => {
  const { store, deps, wishes, carryOut } = setUp()
  const payment = {
    paymentIntentId: 'pi',
    chargeId: 'ch',
    at: 0,
    stripeFee: 100,
    shipTo: null,
    transferId: null,
  }
  const order = sampleOrder({ status: 'paid', payment, chargeId: 'ch' })
  await store.commit([
    { op: 'create', collection: 'orders', id: order.orderId, value: order },
    { op: 'create', collection: 'inventory', id: order.dropId, value: sampleDrop({ available: 2, sold: 1 }) },
    { op: 'create', collection: 'builders', id: JUNIPER.userId, value: sampleBuilder() },
  ])
  const step = (event: OrderEvent) => advanceOrder(deps, order.orderId, () => event)
  const about = { disputeId: 'dp', amount: 2_400, fee: 1_500, reason: 'fraudulent', dueBy: NOW + 1_000 }
  await step({ type: 'dispute_opened', dispute: about })
  await step({ type: 'shipped', shipment: { carrier: 'Post', trackingNumber: '1', shippedAt: NOW } })
  assert.equal((await wishes()).length, 1)
  const [first, again, ...more] = await carryOut()
  assert.deepEqual(first, again)
  assert.ok(first?.about === 'order' && more.length === 0)
  assert.deepEqual(
    [first.attention, first.answerBy, first.order.orderId],
    ['dispute', NOW + 1_000, order.orderId],
  )

  await step({ type: 'dispute_won' })
  assert.deepEqual(await carryOut(), [], 'it has passed')
})

test('of many orders that wait for one cause, the oldest speaks for all', async () => {
  const { store, deps, carryOut } = setUp()
  const blocked = (n: number, builderId: string) => {
    const orderId = `ord_0000000000000000000000000${n}`
    const over = { orderId, builderId, status: 'release_blocked', attention: 'release_blocked' } as const
    return {
      op: 'create',
      collection: 'orders',
      id: orderId,
      value: sampleOrder({ ...over, createdAt: n }),
    } as const
  }
  const orders = [
    blocked(1, JUNIPER.userId),
    blocked(2, JUNIPER.userId),
    blocked(3, '100000000000000102'),
    blocked(4, JUNIPER.userId),
  ]
  await store.commit(orders)
  await deps.change({
    reads: [],
    decide(sheet) {
      for (const { id } of orders) wishCall(sheet, id, 1, NOW)
    },
  })
  const called = await carryOut()
  const told = new Set(called.map((call) => (call.about === 'order' ? call.order.orderId : '')))
  assert.deepEqual([...told].toSorted(), [orders[0]?.id, orders[2]?.id])
})

test('operators are called for a builder who applies, once, and not after they decided', async () => {
  const { deps, wishes, carryOut } = setUp()
  await joinBuilder(deps, { person: POPPY })
  await joinBuilder(deps, { person: { ...POPPY, name: 'Poppy M.' } })
  assert.equal((await wishes()).length, 1)
  const [call] = await carryOut()
  assert.ok(call?.about === 'application')
  assert.equal(call.builder.builder.name, 'Poppy M.')
  const decision = { operator: OLIVE, builderId: POPPY.userId, status: 'approved', reason: 'Yes.' } as const
  await decideBuilder(deps, { ...decision, idempotencyKey: 'a' })
  assert.deepEqual(await carryOut(), [])
})
