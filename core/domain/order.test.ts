import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { OrderStatus } from '#contract'
import { type Drop, moveUnit } from './drop.ts'
import { balances, type LedgerEntry, ledgerId } from './ledger.ts'
import { splitFee } from './money.ts'
import { NEXT, type Order, type OrderEvent, stepOrder } from './order.ts'

function heldOrder(total: number, feeBps: number): Order {
  return {
    orderId: 'ord_00000000000000000000000000',
    dropId: 'drp_00000000000000000000000000',
    builderId: '100000000000000101',
    buyerId: '100000000000000103',
    status: 'held',
    title: 'Mug',
    picture: null,
    buyer: { userId: '100000000000000103', name: 'Poppy' },
    builder: { userId: '100000000000000101', name: 'Juniper' },
    total,
    ...splitFee(total, feeBps),
    feeBps,
    currency: 'usd',
    createdAt: 0,
    holdUntil: 1_000,
    endedBy: null,
    checkout: null,
    payment: null,
    shipment: null,
    arrivedAt: null,
    transferId: null,
    releasedAt: null,
    blocked: null,
    refundReason: null,
    refundId: null,
    history: [],
  }
}

const payment = { paymentIntentId: 'pi_1', chargeId: 'ch_1', stripeFee: null, shipTo: null }
const EVENTS: readonly OrderEvent[] = [
  { type: 'session_asked', expiresAt: 5 },
  { type: 'session_opened', sessionId: 'cs_1', url: 'https://pay' },
  { type: 'hold_ended', by: 'clock' },
  { type: 'session_shut' },
  { type: 'payment_succeeded', payment },
  { type: 'payment_succeeded', payment: { ...payment, stripeFee: 100 } },
  { type: 'paid_too_late', payment },
  { type: 'stripe_fee_known', amount: 100 },
  { type: 'shipped', shipment: { carrier: 'Post', trackingNumber: '1', shippedAt: 0 } },
  { type: 'arrived' },
  { type: 'transfer_made', transferId: 'tr_1' },
  { type: 'transfer_refused', code: null, message: 'no' },
  { type: 'refund_made', refundId: 're_1' },
  { type: 'refund_succeeded', refundId: 're_1' },
]

/** Play events on one order of a one-unit drop; what is refused changes nothing. */
function play(total: number, feeBps: number, events: readonly OrderEvent[]) {
  let order = heldOrder(total, feeBps)
  let drop = { available: 0, held: 1, sold: 0, dropId: order.dropId } as Drop
  const ledger = new Map<string, LedgerEntry>()
  const effects: string[] = []
  for (const event of events) {
    const step = stepOrder(order, event, 7)
    if (!step.ok) continue
    order = step.order
    if (step.shelf) drop = moveUnit(drop, step.shelf)
    for (const posting of step.postings) {
      const id = ledgerId(order.orderId, posting.movement)
      assert.ok(!ledger.has(id), `${id} was booked twice`)
      ledger.set(id, {
        ...posting,
        orderId: order.orderId,
        builderId: order.builderId,
        currency: 'usd',
        at: 7,
      })
    }
    effects.push(...step.effects)
  }
  return { order, drop, effects, balance: balances([...ledger.values()]) }
}

test('whatever happens in whatever order, the ledger balances and tells the same as the order', () => {
  const events = fc.array(fc.constantFrom(...EVENTS), { maxLength: 40 })
  fc.assert(
    fc.property(
      fc.integer({ min: 50, max: 1_000_000 }),
      fc.integer({ min: 0, max: 5_000 }),
      events,
      (total, bps, list) => {
        const { order, drop, effects, balance } = play(total, bps, list)
        assert.equal(
          Object.values(balance).reduce((a, b) => a + b, 0),
          0,
        )
        assert.equal(drop.available + drop.held + drop.sold, 1)
        assert.equal(order.fee + order.share, order.total)

        const fee = order.payment?.stripeFee ?? 0
        const inStripe = { none: 0, held: total, released: total - order.share }
        const expected = {
          held: inStripe.none,
          closing: inStripe.none,
          expired: inStripe.none,
          paid: inStripe.held,
          shipped: inStripe.held,
          arrived: inStripe.held,
          release_blocked: inStripe.held,
          refunding: inStripe.held,
          released: inStripe.released,
          refunded: inStripe.none,
        }[order.status]
        assert.equal(balance.stripe, expected - fee)
        // A unit is sold exactly when its buyer's money is kept.
        const kept = ['paid', 'shipped', 'arrived', 'release_blocked', 'released'].includes(order.status)
        assert.equal(drop.sold, kept ? 1 : 0)
        assert.ok(effects.filter((effect) => effect === 'transfer').length <= 1)
        assert.ok(effects.filter((effect) => effect === 'refund').length <= 1)
      },
    ),
    { numRuns: 1_000 },
  )
})

test('the way of a good order: held, paid, shipped, arrived, released', () => {
  const good: OrderEvent[] = [
    { type: 'session_asked', expiresAt: 5 },
    { type: 'session_opened', sessionId: 'cs_1', url: 'https://pay' },
    { type: 'payment_succeeded', payment },
    { type: 'stripe_fee_known', amount: 100 },
    { type: 'shipped', shipment: { carrier: 'Post', trackingNumber: '', shippedAt: 0 } },
    { type: 'arrived' },
    { type: 'transfer_made', transferId: 'tr_1' },
  ]
  const { order, balance } = play(2_400, 500, good)
  assert.equal(order.status, 'released')
  assert.deepEqual(balance, {
    stripe: 20,
    buyer_money: 0,
    builder_due: 0,
    refund_due: 0,
    platform_fee: -120,
    stripe_fees: 100,
  })
})

test('a payment after the end takes a spare unit, or goes back whole', () => {
  const over: OrderEvent[] = [{ type: 'hold_ended', by: 'clock' }, { type: 'session_shut' }]
  const kept = play(2_400, 500, [...over, { type: 'payment_succeeded', payment }])
  assert.deepEqual([kept.order.status, kept.drop.sold, kept.drop.available], ['paid', 1, 0])
  const back = play(2_400, 500, [
    ...over,
    { type: 'paid_too_late', payment },
    { type: 'refund_succeeded', refundId: 're_1' },
  ])
  assert.deepEqual([back.order.status, back.drop.sold, back.drop.available], ['refunded', 0, 1])
  assert.equal(back.balance.stripe, 0)
})

test('a payment that races the end of its hold keeps its unit', () => {
  const { order, drop } = play(2_400, 500, [
    { type: 'hold_ended', by: 'buyer' },
    { type: 'payment_succeeded', payment },
  ])
  assert.deepEqual([order.status, order.endedBy, drop.sold], ['paid', null, 1])
})

test('the builder is told once that Stripe refused a release, however often it refuses', () => {
  let order: Order = { ...heldOrder(2_400, 500), status: 'arrived' }
  const told: string[] = []
  for (let i = 0; i < 3; i++) {
    const step = stepOrder(order, { type: 'transfer_refused', code: 'x', message: 'no' }, 0)
    assert.ok(step.ok)
    told.push(...step.notices.map(({ kind }) => kind))
    order = step.order
  }
  assert.deepEqual(told, ['builder_release_blocked'])
})

test('refusals speak of what the person tried', () => {
  const paid: Order = { ...heldOrder(100, 0), status: 'paid', payment: { ...payment, at: 0 } }
  const code = (order: Order, event: OrderEvent) => {
    const step = stepOrder(order, event, 0)
    return step.ok ? 'ok' : step.code
  }
  assert.equal(code(heldOrder(100, 0), EVENTS[8] as OrderEvent), 'not_paid')
  assert.equal(code(paid, { type: 'arrived' }), 'not_shipped')
  assert.equal(code(paid, { type: 'hold_ended', by: 'buyer' }), 'hold_paid')
  assert.equal(
    code({ ...heldOrder(100, 0), status: 'expired' }, { type: 'hold_ended', by: 'buyer' }),
    'hold_over',
  )
})

test('every status of the contract has a row in the machine', () => {
  assert.deepEqual(Object.keys(NEXT).toSorted(), [...OrderStatus.options].toSorted())
})
