import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleOrder } from '../testing/samples.ts'
import { type Order, type OrderEvent, stepOrder } from './order.ts'
import { heldOf, monthOf, numberPapers, paperNumber, spanOf } from './receipt.ts'

const PAID = {
  type: 'payment_succeeded' as const,
  payment: { paymentIntentId: 'pi_1', chargeId: 'ch_1', stripeFee: 99, shipTo: null, transferId: 'tr_1' },
} satisfies OrderEvent
const refund = (amount: number): OrderEvent => ({
  type: 'refund_asked',
  amount,
  reason: 'builder',
  note: '',
  by: null,
})
const went = (n: number): OrderEvent => ({ type: 'refund_succeeded', n, refundId: `re_${n}` })

/** Answers the order after the events, the first at 1,000 ms, and every effect that was wished for. */
function play(order: Order, ...events: readonly OrderEvent[]): { order: Order; effects: string[] } {
  const effects: string[] = []
  let at = 1_000
  for (const event of events) {
    const step = stepOrder(order, event, at++)
    assert.ok(step.ok, event.type)
    order = step.order
    effects.push(...step.effects)
  }
  return { order, effects }
}

test('whatever makes a paper wishes for its number', () => {
  const late: OrderEvent = { ...PAID, type: 'paid_too_late' }
  const dispute: OrderEvent = {
    type: 'dispute_opened',
    dispute: { disputeId: 'dp_1', amount: 2_400, fee: 1_500, reason: 'fraudulent', dueBy: null },
  }
  const stories: readonly (readonly OrderEvent[])[] = [
    [PAID],
    [{ type: 'hold_ended', by: 'clock' }, { type: 'session_shut' }, late],
    [PAID, refund(500), went(1)],
    [PAID, dispute, { type: 'dispute_lost' }],
  ]
  for (const story of stories) {
    const before = play(sampleOrder(), ...story.slice(0, -1)).effects.filter(
      (kind) => kind === 'receipt',
    ).length
    const after = play(sampleOrder(), ...story).effects.filter((kind) => kind === 'receipt').length
    assert.equal(after, before + 1, story.map(({ type }) => type).join(', '))
  }
})

test('an unpaid order gets no number, a paid one gets one once', () => {
  assert.equal(numberPapers(sampleOrder(), 7, 5), null)
  const first = numberPapers(play(sampleOrder(), PAID).order, 7, 5)
  assert.deepEqual(first?.order.receipt, { number: 8, at: 5 })
  assert.equal(first.last, 8)
  assert.equal(numberPapers(first.order, 8, 6), null)
})

test('a refund is numbered when Stripe says it went, and keeps its number when the bank sends it back', () => {
  const asked = play(sampleOrder(), PAID, refund(500), refund(300))
  const numbered = numberPapers(play(asked.order, went(2)).order, 0, 5)
  assert.equal(numbered?.order.receipt?.number, 1)
  assert.deepEqual(
    numbered.order.refunds.map(({ creditNote }) => creditNote?.number),
    [undefined, 2],
  )
  const back = play(
    numbered.order,
    { type: 'refund_failed', n: 2, refundId: 're_2', why: 'account_closed' },
    { type: 'refund_retried', n: 2 },
    went(2),
    went(1),
  )
  const again = numberPapers(back.order, 2, 9)
  assert.deepEqual(
    again?.order.refunds.map(({ creditNote }) => creditNote),
    [
      { number: 3, at: 9 },
      { number: 2, at: 5 },
    ],
  )
})

test('a receipt says what was held and until when', () => {
  const paid = play(sampleOrder(), PAID).order
  const amount = { amount: 2_400, currency: 'usd' }
  assert.deepEqual(heldOf(paid, 99), { amount, since: 1_000, until: null, endsAt: 99 })
  const back = play(paid, refund(2_400)).order
  assert.deepEqual(heldOf(back, null), { amount, since: 1_000, until: 1_000, endsAt: null })
  const sent = play(
    paid,
    { type: 'arrived' },
    { type: 'release_asked', netted: 0 },
    { type: 'transfer_made', transferId: 'tr_1' },
  ).order
  assert.equal(heldOf(sent, null)?.until, 1_002)
  assert.equal(heldOf(play(sampleOrder({ settlement: 'at_payment' }), PAID).order, null), null)
})

test('months begin and end by UTC', () => {
  const { from, to } = spanOf('2026-12')
  assert.equal(new Date(from).toISOString(), '2026-12-01T00:00:00.000Z')
  assert.equal(new Date(to).toISOString(), '2027-01-01T00:00:00.000Z')
  assert.deepEqual([monthOf(from - 1), monthOf(from), monthOf(to - 1)], ['2026-11', '2026-12', '2026-12'])
})

test('numbers read as people write them', () => {
  assert.equal(paperNumber(42), 'C500-000042')
  assert.equal(paperNumber(1_234_567), 'C500-1234567')
})
