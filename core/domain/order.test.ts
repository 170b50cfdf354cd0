import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { OrderStatus } from '#contract'
import { lostRibbons, withRibbons } from '../../tests/ribbons.ts'
import { sampleDrop, sampleOrder } from '../testing/samples.ts'
import { moveUnit } from './drop.ts'
import { balances, type LedgerEntry, ledgerId } from './ledger.ts'
import { frozenBy, givenBack, NEXT, type Order, type OrderEvent, stepOrder } from './order.ts'
import { storyOf } from './reconcile-books.ts'

const heldOrder = (total: number, feeBps: number) => sampleOrder({}, sampleDrop({ price: total, feeBps }))

const payment = { paymentIntentId: 'pi_1', chargeId: 'ch_1', stripeFee: null, shipTo: null, transferId: null }
const shipped: OrderEvent = {
  type: 'shipped',
  shipment: { carrier: 'Post', trackingNumber: '1', shippedAt: 0 },
}
const refundOf = (amount: number): OrderEvent => ({
  type: 'refund_asked',
  amount,
  reason: 'builder',
  note: '',
  by: null,
})
const disputeOf = (amount: number): OrderEvent => ({
  type: 'dispute_opened',
  dispute: { disputeId: 'dp_1', amount, fee: 1_500, reason: 'fraudulent', dueBy: null },
})

/** Any event that could be heard of, in any order, with any number in it. */
const anyEvent = (total: number): fc.Arbitrary<OrderEvent> => {
  const n = fc.integer({ min: 1, max: 3 })
  const plain: OrderEvent[] = [
    { type: 'session_asked' },
    { type: 'session_opened', sessionId: 'cs_1', url: 'https://pay' },
    { type: 'hold_ended', by: 'clock' },
    { type: 'session_shut' },
    { type: 'payment_started' },
    { type: 'payment_failed' },
    { type: 'payment_succeeded', payment: { ...payment, transferId: 'tr_0' } },
    { type: 'payment_succeeded', payment: { ...payment, transferId: 'tr_0', stripeFee: 100 } },
    { type: 'paid_too_late', payment: { ...payment, transferId: 'tr_0' } },
    { type: 'stripe_fee_known', amount: 100 },
    shipped,
    { type: 'arrived' },
    { type: 'release_asked', netted: 0 },
    { type: 'release_asked', netted: 300 },
    { type: 'transfer_made', transferId: 'tr_1' },
    { type: 'transfer_refused', code: null, message: 'no' },
    { type: 'case_opened', caseId: 'cas_1' },
    { type: 'case_closed' },
    disputeOf(total),
    { type: 'dispute_fee_moved', transactionId: 'txn_1', amount: -1_500 },
    { type: 'dispute_fee_moved', transactionId: 'txn_2', amount: 700 },
    { type: 'dispute_won' },
    { type: 'dispute_lost' },
    { type: 'drift_found', sentence: 'A cent is off.' },
    { type: 'drift_cleared' },
    { type: 'holding_warned' },
    { type: 'refund_found', refundId: 're_9', amount: Math.ceil(total / 2) },
    refundOf(total),
  ]
  return fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...plain) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: total + 10 }).map(refundOf) },
    {
      weight: 3,
      arbitrary: n.chain((n) =>
        fc.constantFrom<OrderEvent>(
          { type: 'refund_made', n, refundId: 're_1' },
          { type: 'refund_succeeded', n, refundId: 're_1' },
          { type: 'refund_failed', n, refundId: 're_1', why: 'lost' },
          { type: 'refund_retried', n },
          { type: 'reversal_made', n },
          { type: 'reversal_refused', n },
        ),
      ),
    },
  )
}

/** Play events on one order of a one-unit drop; what is refused changes nothing. */
function play(start: Order, events: readonly OrderEvent[]) {
  let order = start
  let drop = sampleDrop({ quantity: 1, available: 0, held: 1 })
  let debt = 0
  let sent = 0
  const ledger = new Map<string, LedgerEntry>()
  const effects: string[] = []
  for (const event of events) {
    const before = order
    const step = stepOrder(order, event, 7)
    if (!step.ok) continue
    order = step.order
    debt += step.debt
    if (event.type === 'transfer_made') sent += before.release?.amount ?? 0
    if (before.payment === null && order.payment?.transferId && order.settlement === 'at_payment')
      sent += order.share
    if (step.shelf) drop = moveUnit(drop, step.shelf)
    for (const posting of step.postings) {
      const id = ledgerId(order.orderId, posting.movement)
      assert.ok(!ledger.has(id), `${id} was booked twice`)
      const { orderId, builderId } = order
      ledger.set(id, { ...posting, orderId, builderId, currency: 'usd', at: 7 })
    }
    effects.push(...step.effects)
  }
  return { order, drop, debt, sent, effects, balance: balances([...ledger.values()]) }
}

const sum = (amounts: readonly number[]) => amounts.reduce((a, b) => a + b, 0)

test('whatever happens in whatever order, every cent is in one place, and the books say which', () => {
  const story = fc
    .record({
      total: fc.integer({ min: 50, max: 1_000_000 }),
      bps: fc.integer({ min: 0, max: 5_000 }),
      settlement: fc.constantFrom('on_arrival' as const, 'at_payment' as const),
    })
    .chain((terms) =>
      fc.record({ terms: fc.constant(terms), events: fc.array(anyEvent(terms.total), { maxLength: 60 }) }),
    )
  fc.assert(
    fc.property(story, ({ terms: { total, bps, settlement }, events }) => {
      const { order, drop, debt, sent, balance } = play({ ...heldOrder(total, bps), settlement }, events)
      assert.equal(sum(Object.values(balance)), 0)
      assert.deepEqual(balance, storyOf(order), 'the order itself tells what is in the books')
      assert.equal(drop.available + drop.held + drop.sold, 1)

      const { refunds, dispute } = order
      const paid = order.payment ? total : 0
      const refunded = sum(
        refunds.filter((r) => r.status === 'succeeded' && r.reason !== 'dispute_lost').map((r) => r.amount),
      )
      const reversed = sum(refunds.filter((r) => r.reversal === 'made').map((r) => r.fromShare))
      const owed = sum(refunds.filter((r) => r.reversal === 'owed').map((r) => r.fromShare))
      const disputed = dispute ? dispute.fee + (dispute.status === 'won' ? 0 : dispute.amount) : 0
      const stripe = paid - (order.payment?.stripeFee ?? 0) - sent + reversed - refunded - disputed
      assert.equal(balance.stripe, stripe, 'what Stripe should hold')

      const waiting = sum(refunds.filter((r) => r.status !== 'succeeded').map((r) => r.amount))
      assert.equal(balance.refund_due, -waiting + 0, 'what buyers still wait for')
      assert.ok(givenBack(order) <= total, 'never more goes back than came')
      assert.equal(sum(refunds.map((r) => r.fromFee + r.fromShare - r.amount)), 0)

      const undivided = order.payment && order.arrivedAt === null && settlement === 'on_arrival'
      assert.equal(
        balance.buyer_money,
        undivided ? -(total - givenBack(order)) + 0 : 0,
        'what is held for buyers',
      )
      const openNetted = order.release?.open ? order.release.netted : 0
      assert.equal(balance.builder_debt, debt + openNetted, 'what builders owe')
      assert.ok(owed >= 0)
      const settled = order.releasedAt !== null && !refunds.some((r) => r.reversal === 'asked')
      if (settled) assert.equal(balance.builder_due, 0, 'nothing is due to a builder who was paid')

      const inBuyersHands = order.status === 'refunded'
      if (inBuyersHands) assert.equal(givenBack(order), total)
      const moved = new Set(['held', 'clearing', 'closing', 'expired'])
      const late = refunds[0]?.reason === 'paid_too_late'
      assert.equal(drop.sold, moved.has(order.status) || late ? 0 : 1)
    }),
    { numRuns: 4_000 },
  )
})

const nonZero = (balance: Record<string, number>) =>
  Object.fromEntries(Object.entries(balance).filter(([, amount]) => amount !== 0))

test('the way of a good order: held, paid, shipped, arrived, released', () => {
  const good: OrderEvent[] = [
    { type: 'session_asked' },
    { type: 'session_opened', sessionId: 'cs_1', url: 'https://pay' },
    { type: 'payment_succeeded', payment },
    { type: 'stripe_fee_known', amount: 100 },
    { type: 'shipped', shipment: { carrier: 'Post', trackingNumber: '', shippedAt: 0 } },
    { type: 'arrived' },
    { type: 'release_asked', netted: 0 },
    { type: 'transfer_made', transferId: 'tr_1' },
  ]
  const { order, balance } = play(heldOrder(2_400, 500), good)
  assert.equal(order.status, 'released')
  assert.deepEqual(nonZero(balance), { stripe: 20, platform_fee: -120, stripe_fees: 100 })
})

test('a payment after the end takes a spare unit, or goes back whole', () => {
  const over: OrderEvent[] = [{ type: 'hold_ended', by: 'clock' }, { type: 'session_shut' }]
  const kept = play(heldOrder(2_400, 500), [...over, { type: 'payment_succeeded', payment }])
  assert.deepEqual([kept.order.status, kept.drop.sold, kept.drop.available], ['paid', 1, 0])
  const back = play(heldOrder(2_400, 500), [
    ...over,
    { type: 'paid_too_late', payment },
    { type: 'refund_succeeded', n: 1, refundId: 're_1' },
  ])
  assert.deepEqual([back.order.status, back.drop.sold, back.drop.available], ['refunded', 0, 1])
  assert.equal(back.balance.stripe, 0)
})

test('a payment that takes days keeps its unit until it is decided, and nobody can let it go meanwhile', () => {
  const begun: OrderEvent[] = [
    { type: 'hold_ended', by: 'clock' },
    { type: 'payment_started' },
    { type: 'hold_ended', by: 'buyer' },
    { type: 'session_shut' },
  ]
  const waiting = play(heldOrder(2_400, 500), begun)
  assert.deepEqual([waiting.order.status, waiting.order.endedBy, waiting.drop.held], ['clearing', null, 1])
  const paid = play(heldOrder(2_400, 500), [...begun, { type: 'payment_succeeded', payment }])
  assert.deepEqual([paid.order.status, paid.drop.sold], ['paid', 1])
  const failed = play(heldOrder(2_400, 500), [...begun, { type: 'payment_failed' }])
  assert.deepEqual([failed.order.endedBy, failed.drop.available], ['payment_failed', 1])
})

test('a payment that races the end of its hold keeps its unit', () => {
  const { order, drop } = play(heldOrder(2_400, 500), [
    { type: 'hold_ended', by: 'buyer' },
    { type: 'payment_succeeded', payment },
  ])
  assert.deepEqual([order.status, order.endedBy, drop.sold], ['paid', null, 1])
})

test('the builder is told once that Stripe refused a release, however often it refuses', () => {
  let order: Order = { ...heldOrder(2_400, 500), status: 'arrived' }
  const told: string[] = []
  for (let i = 0; i < 3; i++) {
    const refused: OrderEvent = { type: 'transfer_refused', code: 'x', message: 'no' }
    for (const event of [{ type: 'release_asked', netted: 0 } as const, refused]) {
      const step = stepOrder(order, event, 0)
      assert.ok(step.ok)
      told.push(...step.notices.map(({ kind }) => kind))
      order = step.order
    }
  }
  assert.deepEqual(told, ['builder_release_blocked'])
})

test('refusals speak of what the person tried', () => {
  const paid: Order = { ...heldOrder(100, 0), status: 'paid', payment: { ...payment, at: 0 } }
  const code = (order: Order, event: OrderEvent) => {
    const step = stepOrder(order, event, 0)
    return step.ok ? 'ok' : step.code
  }
  assert.equal(code(heldOrder(100, 0), shipped), 'not_paid')
  assert.equal(code(paid, refundOf(101)), 'refund_too_large')
  assert.equal(code(paid, refundOf(0)), 'amount_invalid')
  assert.equal(code(heldOrder(100, 0), refundOf(1)), 'not_paid')
  assert.equal(code({ ...paid, caseId: 'cas_1' }, { type: 'case_opened', caseId: 'cas_2' }), 'case_exists')
  assert.equal(code(paid, { type: 'hold_ended', by: 'buyer' }), 'hold_paid')
  assert.equal(
    code({ ...heldOrder(100, 0), status: 'expired' }, { type: 'hold_ended', by: 'buyer' }),
    'hold_over',
  )
})

test('every status of the contract has a row in the machine', () => {
  assert.deepEqual(Object.keys(NEXT).toSorted(), [...OrderStatus.options].toSorted())
})

const delivered: readonly OrderEvent[] = [
  { type: 'payment_succeeded', payment },
  shipped,
  { type: 'arrived' },
]
const releasedTo = (netted: number): readonly OrderEvent[] => [
  ...delivered,
  { type: 'release_asked', netted },
  { type: 'transfer_made', transferId: 'tr_1' },
]

test('a part refund before release lowers fee and share by the frozen rate', () => {
  const { order, balance } = play(heldOrder(2_400, 500), [
    { type: 'payment_succeeded', payment },
    refundOf(1_000),
    { type: 'refund_succeeded', n: 1, refundId: 're_1' },
    shipped,
    { type: 'arrived' },
    { type: 'release_asked', netted: 0 },
    { type: 'transfer_made', transferId: 'tr_1' },
  ])
  assert.deepEqual(order.release?.amount, 1_330)
  assert.deepEqual(nonZero(balance), { stripe: 70, platform_fee: -70 })
})

test('a refund after release takes the share back, or leaves a debt that the next release pays', () => {
  const back: OrderEvent[] = [refundOf(2_400), { type: 'refund_succeeded', n: 1, refundId: 're_1' }]
  const taken = play(heldOrder(2_400, 500), [...releasedTo(0), ...back, { type: 'reversal_made', n: 1 }])
  assert.deepEqual([taken.order.status, nonZero(taken.balance), taken.debt], ['refunded', {}, 0])

  const owed = play(heldOrder(2_400, 500), [...releasedTo(0), ...back, { type: 'reversal_refused', n: 1 }])
  assert.equal(owed.debt, 2_280)
  assert.deepEqual(nonZero(owed.balance), { stripe: -2_280, builder_debt: 2_280 })

  const next = play(heldOrder(5_000, 500), releasedTo(owed.debt))
  assert.equal(next.debt, -2_280)
  assert.equal(next.order.release?.amount, 5_000 - 250 - 2_280)
})

test('a debt never takes more than the share, and is open again when Stripe refuses the transfer', () => {
  const asked = play(heldOrder(1_000, 500), [...delivered, { type: 'release_asked', netted: 9_999 }])
  assert.deepEqual([asked.order.release?.amount, asked.debt], [0, -950])
  const refused = play(heldOrder(1_000, 500), [
    ...delivered,
    { type: 'release_asked', netted: 9_999 },
    { type: 'transfer_refused', code: null, message: 'no' },
  ])
  assert.equal(refused.debt, 0)
})

test('nothing is released while a case or a dispute is open', () => {
  for (const freeze of [{ type: 'case_opened', caseId: 'cas_1' } as const, disputeOf(2_400)]) {
    const { order } = play(heldOrder(2_400, 500), [...delivered, freeze, ...releasedTo(0).slice(-2)])
    assert.deepEqual([order.status, order.release], ['arrived', null])
  }
})

test('a lost dispute costs the builder the share and the collective its fee, once', () => {
  const { order, balance } = play(heldOrder(2_400, 500), [
    ...releasedTo(0),
    disputeOf(2_400),
    disputeOf(2_400),
    { type: 'dispute_lost' },
    { type: 'dispute_lost' },
    { type: 'reversal_made', n: 1 },
  ])
  assert.equal(order.status, 'refunded')
  assert.deepEqual(nonZero(balance), { stripe: -1_500, dispute_fees: 1_500 })
})

test('a won dispute brings the money back and lets the release go on', () => {
  const { order, effects, balance } = play(heldOrder(2_400, 500), [
    ...delivered,
    disputeOf(2_400),
    { type: 'dispute_won' },
  ])
  assert.equal(order.status, 'arrived')
  assert.equal(effects.filter((effect) => effect === 'transfer').length, 2)
  assert.equal(balance.stripe, 2_400 - 1_500)
})

test('a failed refund is still owed to the buyer, and can be tried again', () => {
  const failed: OrderEvent[] = [
    { type: 'payment_succeeded', payment },
    refundOf(2_400),
    { type: 'refund_succeeded', n: 1, refundId: 're_1' },
    { type: 'refund_failed', n: 1, refundId: 're_1', why: 'expired_or_canceled_card' },
  ]
  const { order, balance } = play(heldOrder(2_400, 500), failed)
  assert.deepEqual([order.status, order.attention], ['refunding', 'refund_failed'])
  assert.deepEqual(nonZero(balance), { stripe: 2_400, refund_due: -2_400 })
  const again = play(heldOrder(2_400, 500), [
    ...failed,
    { type: 'refund_retried', n: 1 },
    { type: 'refund_succeeded', n: 1, refundId: 're_2' },
  ])
  assert.deepEqual([again.order.status, nonZero(again.balance)], ['refunded', {}])
})

test('what was given back while a transfer was on its way is taken back after it', () => {
  const { order, effects } = play(heldOrder(2_400, 500), [
    ...delivered,
    { type: 'release_asked', netted: 0 },
    disputeOf(1_000),
    { type: 'dispute_lost' },
    { type: 'transfer_made', transferId: 'tr_1' },
  ])
  assert.equal(order.refunds[0]?.reversal, 'asked')
  assert.equal(effects.at(-1), 'refund')
})

test('a drift freezes the release of that order until it agrees again', () => {
  const start = { ...heldOrder(2_400, 500), status: 'paid' as const }
  const events: OrderEvent[] = [
    { type: 'drift_found', sentence: 'A cent is off.' },
    { type: 'drift_found', sentence: 'Two cents are off.' },
    { type: 'arrived' },
    { type: 'release_asked', netted: 0 },
  ]
  const { order, effects } = play(start, events)
  assert.deepEqual(
    [order.status, order.release, frozenBy(order), order.attention, order.drift],
    ['arrived', null, 'drift', 'drift', { at: 7, sentence: 'Two cents are off.' }],
  )
  const free = play(start, [...events, { type: 'drift_cleared' }])
  assert.deepEqual([free.order.drift, free.order.attention, frozenBy(free.order)], [null, null, null])
  assert.deepEqual(free.effects.slice(effects.length), ['transfer', 'watch'])
})

test('money that went back at Stripe itself is booked once, as far as there is any left', () => {
  const found: OrderEvent = { type: 'refund_found', refundId: 're_9', amount: 1_000 }
  const paid: OrderEvent = { type: 'payment_succeeded', payment }
  const { order, balance } = play(heldOrder(2_400, 500), [
    paid,
    found,
    found,
    { ...found, refundId: 're_10', amount: 1_401 },
    { type: 'refund_succeeded', n: 1, refundId: 're_9' },
  ])
  assert.deepEqual(
    order.refunds.map(({ status, amount, refundId }) => [status, amount, refundId]),
    [['succeeded', 1_000, 're_9']],
  )
  assert.deepEqual(nonZero(balance), { stripe: 1_400, buyer_money: -1_400 })
})

test('evidence is sent once, and only while the bank still asks', () => {
  const asked: OrderEvent = { type: 'evidence_asked', note: 'as shipped', by: { userId: '1', name: 'Olive' } }
  const { order, effects } = play(heldOrder(2_400, 500), [
    ...delivered,
    disputeOf(2_400),
    asked,
    asked,
    { type: 'evidence_sent' },
  ])
  assert.equal(effects.filter((effect) => effect === 'evidence').length, 1)
  assert.equal(order.dispute?.evidence?.sentAt, 7)
  const late = play(heldOrder(2_400, 500), [...delivered, disputeOf(2_400), { type: 'dispute_lost' }, asked])
  assert.equal(late.order.dispute?.evidence, null)
})

test('whatever happens, what a newer version wrote into any part of an order stays there', () => {
  const ask: OrderEvent = { type: 'release_asked', netted: 0 }
  const refuse: OrderEvent = { type: 'transfer_refused', code: null, message: 'no' }
  // By chance alone few get so far.
  const late: OrderEvent[] = [
    { type: 'payment_succeeded', payment },
    { type: 'arrived' },
    ...[ask, refuse, ask, refuse],
  ]
  const beginning = fc.constantFrom<OrderEvent[]>([], late)
  const events = fc.array(anyEvent(1_000), { minLength: 10, maxLength: 40 })
  fc.assert(
    fc.property(beginning, events, (first, then) => {
      let order = heldOrder(1_000, 500)
      for (const event of [...first, ...then]) {
        const before = withRibbons(order)
        const step = stepOrder(before, event, 7)
        if (!step.ok) continue
        order = step.order
        assert.deepEqual(lostRibbons(before, order, event.type), [])
      }
    }),
  )
})

test('what Stripe refused to refund during a dispute is paid when the bank decides for the buyer', () => {
  // Stripe does not refund a disputed payment (charge_disputed), and a silent case asks for it by itself.
  const { order, balance } = play(heldOrder(2_400, 500), [
    { type: 'payment_succeeded', payment: { ...payment, stripeFee: 100 } },
    disputeOf(2_400),
    { type: 'refund_asked', amount: 2_400, reason: 'case', note: '', by: null },
    { type: 'refund_failed', n: 1, refundId: null, why: 'charge_disputed' },
    { type: 'dispute_lost' },
  ])
  assert.deepEqual([order.status, order.attention], ['refunded', null])
  assert.deepEqual(nonZero(balance), { stripe: -1_600, stripe_fees: 100, dispute_fees: 1_500 })
})
