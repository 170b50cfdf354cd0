import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ORDER_WORDS, type Reader } from './order-words.ts'
import { OrderStatus, type OrderView, RefundReason, Settlement } from './views.ts'
import { describeOrder, describeRefund } from './words.ts'

const usd = (amount: number) => ({ amount, currency: 'usd' })
const time = (at: number, precision: 'clock' | 'day') => `${precision}(${at})`
const READERS: readonly Reader[] = ['buyer', 'builder', 'operator']

function order(over: Partial<OrderView>): OrderView {
  return {
    orderId: `ord_${'0'.repeat(26)}`,
    status: 'paid',
    drop: { dropId: `drp_${'0'.repeat(26)}`, title: 'Moss mug', picture: null },
    buyer: { userId: '100000000000000103', name: 'Poppy' },
    builder: { userId: '100000000000000101', name: 'Juniper' },
    total: usd(2_400),
    fee: usd(240),
    share: usd(2_160),
    left: { fee: usd(240), share: usd(2_160) },
    stripeFee: null,
    settlement: 'on_arrival',
    createdAt: 0,
    holdUntil: 1,
    payUrl: null,
    endedBy: null,
    refunded: usd(0),
    refunds: [],
    paidAt: 2,
    shipment: null,
    arrivedAt: null,
    releasedAt: null,
    releasesAt: null,
    holdingEndsAt: null,
    frozenBy: null,
    caseId: null,
    receiptUrl: null,
    shipTo: null,
    ...over,
  }
}

function refund(over: Partial<OrderView['refunds'][number]> = {}): OrderView['refunds'][number] {
  return { amount: usd(500), reason: 'builder', note: '', status: 'succeeded', at: 3, ...over }
}

test('every order has words for everybody, in whole sentences', () => {
  for (const status of OrderStatus.options) {
    for (const settlement of Settlement.options) {
      for (const frozenBy of [null, 'case', 'dispute', 'drift'] as const) {
        for (const refunds of [[], [refund()], [refund({ status: 'failed' })]]) {
          for (const reader of READERS) {
            const refunded = usd(refunds.length * 500)
            const words = describeOrder(
              order({ status, settlement, frozenBy, refunds, refunded, releasesAt: 5, holdingEndsAt: 9 }),
              ORDER_WORDS[reader],
              time,
            )
            assert.match(words.state, /^[A-Z].*[^.]$/)
            assert.match(words.next, /^[A-Z$].*[.!]$/, JSON.stringify([status, frozenBy]))
            assert.doesNotMatch(words.next, / {2}|undefined|null/)
          }
        }
      }
    }
  }
})

test('held money says why, until when, and what frees it', () => {
  const next = (over: Partial<OrderView>, reader: Reader) =>
    describeOrder(order(over), ORDER_WORDS[reader], time).next
  assert.equal(
    next({ holdingEndsAt: 9 }, 'buyer'),
    'Your $24.00 is held until it arrives. Juniper ships next. If it is not on its way by day(9), the money goes back to you.',
  )
  assert.equal(
    next({ holdingEndsAt: 9 }, 'builder'),
    'Ship it. Your $21.60 is held until it arrives. If it is not on its way by day(9), the money goes back to the buyer.',
  )
  const shipped = { status: 'shipped', releasesAt: 5, holdingEndsAt: 9 } as const
  assert.equal(
    next(shipped, 'buyer'),
    'Press It arrived when you have it in your hands. Your $24.00 is released by itself on day(5) unless you say something is wrong.',
  )
  assert.equal(
    next(shipped, 'builder'),
    'Your $21.60 is released when the buyer says it arrived. It is released by itself on day(5) unless they say something is wrong.',
  )
  assert.match(next({ ...shipped, releasesAt: 12 }, 'builder'), /can be held until day\(9\), no longer/)
})

test('a payment that Stripe split is not said to be held', () => {
  for (const status of ['paid', 'shipped', 'released'] as const) {
    for (const reader of READERS) {
      const { next } = describeOrder(order({ status, settlement: 'at_payment' }), ORDER_WORDS[reader], time)
      assert.doesNotMatch(next, /held|released/)
    }
  }
})

test('a case, a dispute and a drift say what they wait for, and that the money stays', () => {
  const next = (frozenBy: 'case' | 'dispute' | 'drift', reader: Reader) =>
    describeOrder(order({ status: 'shipped', frozenBy, releasesAt: null }), ORDER_WORDS[reader], time).next
  assert.match(next('case', 'buyer'), /Your \$24\.00 stays held until that is settled/)
  assert.match(next('case', 'builder'), /says whose turn it is\. Your \$21\.60 stays held/)
  assert.match(next('case', 'operator'), /a case to decide\. Juniper's \$21\.60 stays held/)
  assert.match(next('dispute', 'builder'), /stays held until the bank has decided/)
  assert.match(next('drift', 'buyer'), /We are checking.*Your \$24\.00 stays held until that is cleared up/)
  assert.match(next('drift', 'operator'), /money doctor/)
  assert.match(next('dispute', 'operator'), /Answer it at Stripe in time/)
})

test('what went back in part is said, and the share is what is left of it', () => {
  const left = { fee: usd(190), share: usd(1_710) }
  const part = order({ status: 'shipped', refunds: [refund()], refunded: usd(500), left, releasesAt: 5 })
  const forBuyer = describeOrder(part, ORDER_WORDS.buyer, time)
  assert.equal(forBuyer.state, 'On its way, refunded in part')
  assert.match(forBuyer.next, /Your \$19\.00 is released.*\$5\.00 went back to you\.$/)
  const forBuilder = describeOrder(part, ORDER_WORDS.builder, time).next
  assert.match(forBuilder, /^Your \$17\.10 is released .*\$5\.00 went back to the buyer\.$/)
})

test('money on its way back says why', () => {
  const next = (reason: RefundReason, status: 'asked' | 'failed' = 'asked') =>
    describeOrder(
      order({
        status: 'refunding',
        refunds: [refund({ amount: usd(2_400), reason, status })],
        refunded: usd(2_400),
      }),
      ORDER_WORDS.buyer,
      time,
    ).next
  assert.equal(
    next('paid_too_late'),
    'The hold had ended and the unit was gone when the payment came. Your $24.00 goes back to you.',
  )
  assert.equal(new Set(RefundReason.options.map((reason) => next(reason))).size, RefundReason.options.length)
  assert.match(next('builder', 'failed'), /An operator finds another way/)
})

test('one refund is one line with its note', () => {
  const shown = describeRefund(order({}), refund({ note: 'A chip', status: 'pending' }))
  assert.equal(shown, '$5.00 on its way back. Juniper gave it back. (A chip)')
})
