import type {
  Attention,
  Currency,
  ErrorCode,
  OrderNotice,
  OrderStatus,
  Person,
  Picture,
  RefundReason,
  RefundState,
  Settlement,
  Shipment,
} from '#contract'
import { termsAt } from './builder.ts'
import type { Drop, ShelfMove } from './drop.ts'
import type { EffectKind } from './effect.ts'
import { type Posting, post } from './ledger.ts'
import { splitFee } from './money.ts'

/** From the hold onward: the one record of who bought what, for how much, in which state, with which Stripe ids. */
export interface Order {
  readonly orderId: string
  readonly dropId: string
  readonly builderId: string
  readonly buyerId: string
  readonly status: OrderStatus
  /** As they were when the unit was held. */
  readonly title: string
  readonly picture: Picture | null
  readonly buyer: Person
  readonly builder: Person
  /** Minor units; fee + share === total, frozen. What is left after refunds: see remaining. */
  readonly total: number
  readonly fee: number
  readonly share: number
  readonly feeBps: number
  readonly settlement: Settlement
  /** Where a split payment goes; null for on_arrival. */
  readonly destination: string | null
  readonly currency: Currency
  readonly createdAt: number
  readonly holdUntil: number
  readonly endedBy: EndedBy | null
  readonly checkout: OrderCheckout | null
  readonly payment: OrderPayment | null
  /** The charge of the payment, kept here so that it can be searched. */
  readonly chargeId: string | null
  readonly shipment: Shipment | null
  readonly arrivedAt: number | null
  /** What was asked of Stripe for the builder, written down before the asking. */
  readonly release: OrderRelease | null
  readonly transferId: string | null
  readonly releasedAt: number | null
  /** Stripe's reason while a release is blocked. */
  readonly blocked: { readonly code: string | null; readonly message: string } | null
  readonly refunds: readonly OrderRefund[]
  /** Null until it is paid and numbered. */
  readonly receipt: Paper | null
  /** The open case; it freezes the release. */
  readonly caseId: string | null
  readonly dispute: OrderDispute | null
  /** Our books and Stripe disagree about this order and nothing explains it; it freezes the release. */
  readonly drift: { readonly at: number; readonly sentence: string } | null
  /** When people were warned that the money cannot be held much longer. */
  readonly holdingWarnedAt: number | null
  /** Kept with the order so that it can be searched; see attentionOf. */
  readonly attention: Attention | null
  /** What happened and when; for people's questions, never replayed. */
  readonly history: readonly { readonly at: number; readonly event: OrderEvent['type'] }[]
}

/** A receipt or a credit note. Given once, never changed: numbers of all of them run on without a gap. */
export interface Paper {
  readonly number: number
  /** UTC ms. */
  readonly at: number
}

export type EndedBy = 'buyer' | 'clock' | 'drop_closed' | 'payment_failed'

/** What was asked of Stripe, written down before the asking, so that a repeat asks exactly the same. */
export interface OrderCheckout {
  readonly attempt: number
  /** UTC ms. */
  readonly expiresAt: number
  readonly sessionId: string | null
  readonly url: string | null
}

export interface OrderPayment {
  readonly paymentIntentId: string
  readonly chargeId: string
  readonly at: number
  /** What Stripe kept, in minor units; null until known. */
  readonly stripeFee: number | null
  readonly shipTo: string | null
  /** The transfer that Stripe made with a split payment; null otherwise. */
  readonly transferId: string | null
}

export interface OrderRelease {
  readonly attempt: number
  /** Minor units to transfer, and minor units kept for an older debt. */
  readonly amount: number
  readonly netted: number
  /** How many refunds the amount knows of. */
  readonly refundsKnown: number
  /** Asked, and not answered yet. */
  readonly open: boolean
}

/** One decision to give money back. `n` counts from 1 and is part of every key and ledger row of it. */
export interface OrderRefund {
  readonly n: number
  /** Minor units; fromFee + fromShare === amount. */
  readonly amount: number
  readonly fromFee: number
  readonly fromShare: number
  readonly reason: RefundReason
  readonly note: string
  readonly by: Person | null
  readonly at: number
  readonly status: RefundState
  /** Grows when a failed refund is tried again. */
  readonly attempt: number
  readonly refundId: string | null
  readonly failure: string | null
  /** The builder's part when the share had been sent already: taken back, or owed when Stripe refuses. */
  readonly reversal: 'none' | 'asked' | 'made' | 'owed'
  /** Given when Stripe said succeeded, and kept when the bank sends the money back after all. */
  readonly creditNote: Paper | null
}

export interface OrderDispute {
  readonly disputeId: string
  readonly amount: number
  /** What Stripe charged for it so far, less what it gave back; minor units. */
  readonly fee: number
  /** The balance transactions by which that changed after the dispute was booked. */
  readonly laterFees: readonly string[]
  readonly reason: string
  readonly status: 'open' | 'won' | 'lost'
  /** When Stripe wants the evidence, UTC ms. */
  readonly dueBy: number | null
  readonly openedAt: number
  /** What an operator had sent to the bank; null before. */
  readonly evidence: DisputeEvidence | null
}

interface DisputeEvidence {
  /** The operator's own words on top of what the order and its case tell. */
  readonly note: string
  readonly by: Person
  readonly at: number
  /** The pictures of the case as Stripe's file; null before it was uploaded, and where there are none. */
  readonly fileId: string | null
  /** When Stripe took it; null while it is on its way. */
  readonly sentAt: number | null
}

export type OrderEvent =
  /** The session that was planned can no longer be had: another one. */
  | { readonly type: 'session_asked' }
  | { readonly type: 'session_opened'; readonly sessionId: string; readonly url: string | null }
  | { readonly type: 'hold_ended'; readonly by: EndedBy }
  /** Stripe can no longer take money for this order. */
  | { readonly type: 'session_shut' }
  /** The buyer paid in a way that takes days: nothing is paid until Stripe says so, and nothing can be taken back. */
  | { readonly type: 'payment_started' }
  /** A payment that had started will not come. */
  | { readonly type: 'payment_failed' }
  /** The buyer paid, and there is a unit: the held one, or a spare one after the hold had ended. */
  | { readonly type: 'payment_succeeded'; readonly payment: Omit<OrderPayment, 'at'> }
  /** The buyer paid after the hold had ended, and there is no unit left. */
  | { readonly type: 'paid_too_late'; readonly payment: Omit<OrderPayment, 'at'> }
  | { readonly type: 'stripe_fee_known'; readonly amount: number }
  | { readonly type: 'shipped'; readonly shipment: Shipment }
  /** The buyer said so, or nobody said otherwise for long enough. */
  | { readonly type: 'arrived' }
  | { readonly type: 'release_asked'; readonly netted: number }
  | { readonly type: 'transfer_made'; readonly transferId: string | null }
  | { readonly type: 'transfer_refused'; readonly code: string | null; readonly message: string }
  | {
      readonly type: 'refund_asked'
      readonly amount: number
      readonly reason: RefundReason
      readonly note: string
      readonly by: Person | null
    }
  /** Money that went back at Stripe without our asking. */
  | { readonly type: 'refund_found'; readonly refundId: string; readonly amount: number }
  | { readonly type: 'refund_made'; readonly n: number; readonly refundId: string }
  | { readonly type: 'refund_succeeded'; readonly n: number; readonly refundId: string }
  | {
      readonly type: 'refund_failed'
      readonly n: number
      readonly refundId: string | null
      readonly why: string
    }
  | { readonly type: 'refund_retried'; readonly n: number }
  | { readonly type: 'reversal_made'; readonly n: number }
  | { readonly type: 'reversal_refused'; readonly n: number }
  | { readonly type: 'case_opened'; readonly caseId: string }
  | { readonly type: 'case_closed' }
  | {
      readonly type: 'dispute_opened'
      readonly dispute: Omit<OrderDispute, 'laterFees' | 'status' | 'openedAt' | 'evidence'>
    }
  | { readonly type: 'evidence_asked'; readonly note: string; readonly by: Person }
  | { readonly type: 'evidence_uploaded'; readonly fileId: string }
  | { readonly type: 'evidence_sent' }
  /** Stripe charged more for the dispute, or gave a fee back: a negative amount. */
  | { readonly type: 'dispute_fee_moved'; readonly transactionId: string; readonly amount: number }
  | { readonly type: 'dispute_won' }
  | { readonly type: 'dispute_lost' }
  | { readonly type: 'drift_found'; readonly sentence: string }
  | { readonly type: 'drift_cleared' }
  | { readonly type: 'holding_warned' }

const ANY_MONEY = {
  stripe_fee_known: 'same',
  refund_made: 'same',
  refund_succeeded: 'same',
  refund_failed: 'same',
  refund_retried: 'same',
  reversal_made: 'same',
  reversal_refused: 'same',
  case_closed: 'same',
  dispute_opened: 'same',
  evidence_asked: 'same',
  evidence_uploaded: 'same',
  evidence_sent: 'same',
  dispute_fee_moved: 'same',
  dispute_won: 'same',
  dispute_lost: 'same',
  drift_found: 'same',
  drift_cleared: 'same',
} as const
const OPEN_MONEY = { ...ANY_MONEY, refund_asked: 'same', refund_found: 'same', case_opened: 'same' } as const

/**
 * The whole machine: which event leads where from which state. `same` stays; what is not here is refused. Two ends
 * are reached by what is left rather than by name: an order whose whole total goes back is `refunding`, then
 * `refunded` (see whereMoneyIs).
 */
export const NEXT = {
  held: {
    session_asked: 'same',
    session_opened: 'same',
    hold_ended: 'closing',
    session_shut: 'expired',
    payment_started: 'clearing',
    payment_failed: 'expired',
    payment_succeeded: 'paid',
  },
  clearing: { payment_failed: 'expired', payment_succeeded: 'paid' },
  closing: {
    session_opened: 'same',
    session_shut: 'expired',
    payment_started: 'clearing',
    payment_failed: 'expired',
    payment_succeeded: 'paid',
  },
  expired: { payment_succeeded: 'paid', paid_too_late: 'refunding' },
  paid: { ...OPEN_MONEY, shipped: 'shipped', arrived: 'arrived', holding_warned: 'same' },
  shipped: { ...OPEN_MONEY, shipped: 'same', arrived: 'arrived', holding_warned: 'same' },
  arrived: {
    ...OPEN_MONEY,
    release_asked: 'same',
    transfer_made: 'released',
    transfer_refused: 'release_blocked',
  },
  release_blocked: {
    ...OPEN_MONEY,
    release_asked: 'same',
    transfer_made: 'released',
    transfer_refused: 'same',
  },
  released: OPEN_MONEY,
  // A transfer may be on its way while everything is being given back.
  refunding: { ...ANY_MONEY, transfer_made: 'same', transfer_refused: 'same' },
  refunded: { ...ANY_MONEY, transfer_made: 'same', transfer_refused: 'same' },
} as const satisfies Record<OrderStatus, Partial<Record<OrderEvent['type'], OrderStatus | 'same'>>>

export type Step =
  | {
      readonly ok: true
      readonly order: Order
      /** Where the unit goes; null when it stays. */
      readonly shelf: Exclude<ShelfMove, 'reserve'> | null
      readonly postings: readonly Posting[]
      readonly effects: readonly EffectKind[]
      readonly notices: readonly { readonly userId: string; readonly kind: OrderNotice['kind'] }[]
      /** Minor units by which the builder's debt to the collective changes. */
      readonly debt: number
    }
  | { readonly ok: false; readonly code: ErrorCode }

/** The order of a unit that was just taken off the shelf; price and terms are frozen here. `now` is UTC ms. */
export function newOrder(
  held: { readonly drop: Drop; readonly buyer: Person; readonly orderId: string; readonly holdUntil: number },
  now: number,
): Order {
  const { drop, buyer, orderId, holdUntil } = held
  const terms = termsAt(drop.terms, now)
  const feeBps = terms?.feeBps ?? drop.feeBps
  const settlement = terms?.settlement ?? 'on_arrival'
  return {
    orderId,
    dropId: drop.dropId,
    builderId: drop.builderId,
    buyerId: buyer.userId,
    status: 'held',
    title: drop.title,
    picture: drop.picture,
    buyer,
    builder: drop.builder,
    total: drop.price,
    ...splitFee(drop.price, feeBps),
    feeBps,
    settlement,
    destination: settlement === 'at_payment' ? drop.destination : null,
    currency: drop.currency,
    createdAt: now,
    holdUntil,
    endedBy: null,
    checkout: planSession(1, holdUntil, now),
    payment: null,
    chargeId: null,
    shipment: null,
    arrivedAt: null,
    transferId: null,
    releasedAt: null,
    release: null,
    blocked: null,
    refunds: [],
    receipt: null,
    caseId: null,
    dispute: null,
    drift: null,
    holdingWarnedAt: null,
    attention: null,
    history: [],
  }
}

/** Stripe's shortest session (docs.stripe.com/api/checkout/sessions/create, `expires_at`). */
const SHORTEST_SESSION_MS = 30 * 60_000
/** For clocks that differ and calls that wait. */
const SESSION_SLACK_MS = 60_000

/** What will be asked of Stripe, so that a repeat after a crash asks the same and gets the same session. */
function planSession(attempt: number, holdUntil: number, now: number): OrderCheckout {
  const expiresAt = Math.max(holdUntil, now + SHORTEST_SESSION_MS) + SESSION_SLACK_MS
  return { attempt, expiresAt, sessionId: null, url: null }
}

/** Stripe would refuse it: the end that was planned has come too near. */
export function isTooLateFor({ expiresAt }: OrderCheckout, now: number): boolean {
  return expiresAt < now + SHORTEST_SESSION_MS
}

/** Its unit is off the shelf, and nothing is paid. */
export function isHeld({ status }: Pick<Order, 'status'>): boolean {
  return status === 'held' || status === 'clearing' || status === 'closing'
}

/** What keeps the release of this order back, beyond its usual way. */
export function frozenBy(order: Order): 'case' | 'dispute' | 'drift' | null {
  if (order.dispute?.status === 'open') return 'dispute'
  if (order.caseId) return 'case'
  return order.drift ? 'drift' : null
}

/** Why an operator should look at this order, most urgent first; null when nobody needs to. */
export function attentionOf(order: Order): Attention | null {
  if (order.dispute?.status === 'open') return 'dispute'
  if (order.drift) return 'drift'
  if (order.refunds.some(({ status }) => status === 'failed')) return 'refund_failed'
  if (order.status === 'release_blocked') return 'release_blocked'
  const held = order.status === 'paid' || order.status === 'shipped'
  return held && order.holdingWarnedAt !== null ? 'holding' : null
}

/** What went back or is going back to the buyer, in minor units; a failed refund is still decided. */
export function givenBack(order: Order): number {
  return order.refunds.reduce((sum, refund) => sum + refund.amount, 0)
}

/** What is left of the total for fee and share, by the frozen rate, after what went back. */
export function remaining(order: Order): { readonly fee: number; readonly share: number } {
  return splitFee(order.total - givenBack(order), order.feeBps)
}

/** From here on the total is divided in the books: the release is decided, or Stripe divided it at payment. */
function isDivided(order: Order): boolean {
  return order.arrivedAt !== null || order.settlement === 'at_payment'
}

/** Why an event is refused in a state, in the words a person would want. */
function refusal(order: Order, event: OrderEvent['type']): ErrorCode {
  if (event === 'shipped') return order.payment ? 'conflict' : 'not_paid'
  if (event === 'arrived') return order.payment ? 'conflict' : 'not_paid'
  if (event === 'hold_ended' && order.status === 'clearing') return 'payment_underway'
  if (event === 'hold_ended') return order.payment ? 'hold_paid' : 'hold_over'
  if (event === 'refund_asked') return order.payment ? 'nothing_to_refund' : 'not_paid'
  if (event === 'case_opened') return order.payment ? 'case_too_late' : 'not_paid'
  return 'conflict'
}

/** Move an order by one event at `now` (UTC ms). Pure: what must follow is returned as values. */
export function stepOrder(order: Order, event: OrderEvent, now: number): Step {
  const to = (NEXT[order.status] as Partial<Record<OrderEvent['type'], OrderStatus | 'same'>>)[event.type]
  if (!to) return refuse(refusal(order, event.type))
  const history = [...order.history, { at: now, event: event.type }]
  const next: Order = { ...order, status: to === 'same' ? order.status : to, history }
  const buyer = (kind: OrderNotice['kind']) => ({ userId: order.buyerId, kind })
  const builder = (kind: OrderNotice['kind']) => ({ userId: order.builderId, kind })

  switch (event.type) {
    case 'session_asked': {
      const attempt = (order.checkout?.attempt ?? 0) + 1
      return step({
        ...next,
        checkout: { ...order.checkout, ...planSession(attempt, order.holdUntil, now) },
      })
    }
    case 'session_opened': {
      if (!order.checkout) return refuse('conflict')
      const { sessionId, url } = event
      return step({ ...next, checkout: { ...order.checkout, sessionId, url } })
    }
    case 'hold_ended':
      return step({ ...next, endedBy: event.by }, { effects: ['checkout'] })
    case 'session_shut': {
      const endedBy = order.endedBy ?? 'clock'
      const checkout = order.checkout && { ...order.checkout, url: null }
      const notices = endedBy === 'buyer' ? [] : [buyer('buyer_hold_over')]
      return step({ ...next, endedBy, checkout }, { shelf: 'put_back', notices })
    }
    case 'payment_started': {
      const checkout = order.checkout && { ...order.checkout, url: null }
      return step({ ...next, endedBy: null, checkout }, { notices: [buyer('buyer_clearing')] })
    }
    case 'payment_failed': {
      const checkout = order.checkout && { ...order.checkout, url: null }
      const notices = [buyer('buyer_payment_failed')]
      return step({ ...next, endedBy: 'payment_failed', checkout }, { shelf: 'put_back', notices })
    }
    case 'payment_succeeded': {
      const { payment } = event
      const split = order.settlement === 'at_payment'
      return step(
        {
          ...next,
          payment: { ...payment, at: now },
          chargeId: payment.chargeId,
          endedBy: null,
          ...(split && { transferId: payment.transferId, releasedAt: now }),
        },
        {
          shelf: order.status === 'expired' ? 'sell_spare' : 'sell',
          postings: [...paymentPostings(order, payment.stripeFee), ...(split ? splitPostings(order) : [])],
          effects: payment.stripeFee === null ? ['watch', 'receipt', 'stripe_fee'] : ['watch', 'receipt'],
          notices: [buyer('buyer_paid'), builder('builder_sold')],
        },
      )
    }
    case 'paid_too_late': {
      const { payment } = event
      const split = order.settlement === 'at_payment'
      const paid: Order = {
        ...next,
        payment: { ...payment, at: now },
        chargeId: payment.chargeId,
        ...(split && { transferId: payment.transferId, releasedAt: now }),
      }
      const refund = { amount: order.total, reason: 'paid_too_late', note: '', by: null } as const
      const given = giveBack(paid, refund, now)
      return step(given.order, {
        postings: [
          ...paymentPostings(order, payment.stripeFee),
          ...(split ? splitPostings(order) : []),
          ...given.postings,
        ],
        effects: payment.stripeFee === null ? ['refund', 'receipt', 'stripe_fee'] : ['refund', 'receipt'],
        notices: [buyer('buyer_refunding')],
      })
    }
    case 'stripe_fee_known': {
      if (!order.payment || order.payment.stripeFee !== null) return step(order)
      return step(
        { ...next, payment: { ...order.payment, stripeFee: event.amount } },
        { postings: [stripeFee(event.amount)] },
      )
    }
    case 'shipped':
      return step(
        { ...next, shipment: { ...order.shipment, ...event.shipment } },
        {
          effects: ['watch'],
          notices: order.status === 'paid' ? [buyer('buyer_shipped')] : [],
        },
      )
    case 'arrived': {
      const told = [builder('builder_arrived')]
      if (order.settlement === 'at_payment') {
        return step(
          { ...next, status: 'released', arrivedAt: now },
          { notices: [...told, buyer('buyer_released')] },
        )
      }
      const { fee, share } = remaining(order)
      return step(
        { ...next, arrivedAt: now },
        {
          postings: [post('arrival', { buyer_money: fee + share, platform_fee: -fee, builder_due: -share })],
          effects: ['transfer'],
          notices: told,
        },
      )
    }
    case 'release_asked': {
      if (frozenBy(order) || order.release?.open) return refuse('conflict')
      const { share } = remaining(order)
      const netted = Math.min(event.netted, share)
      const attempt = (order.release?.attempt ?? 0) + 1
      const refundsKnown = order.refunds.length
      const release = { ...order.release, attempt, amount: share - netted, netted, refundsKnown, open: true }
      return step({ ...next, release }, { debt: -netted })
    }
    case 'transfer_made': {
      if (!order.release?.open) return refuse('conflict')
      const { amount, netted, refundsKnown } = order.release
      // What was given back while the transfer was on its way went out with it: it has to be taken back.
      const refunds = order.refunds.map((refund) =>
        refund.n > refundsKnown && refund.fromShare > 0 ? { ...refund, reversal: 'asked' as const } : refund,
      )
      return step(
        {
          ...next,
          refunds,
          transferId: event.transferId,
          releasedAt: now,
          blocked: null,
          release: { ...order.release, open: false },
        },
        {
          postings: [
            post('transfer', { builder_due: amount + netted, builder_debt: -netted, stripe: -amount }),
          ],
          effects: refunds.length > refundsKnown ? ['refund'] : [],
          notices: [builder('builder_released'), buyer('buyer_released')],
        },
      )
    }
    case 'transfer_refused': {
      if (!order.release?.open) return refuse('conflict')
      const { code, message } = event
      return step(
        { ...next, blocked: { ...order.blocked, code, message }, release: { ...order.release, open: false } },
        {
          notices: order.status === 'arrived' ? [builder('builder_release_blocked')] : [],
          // The debt that would have been netted is open again.
          debt: order.release.netted,
        },
      )
    }
    case 'refund_asked': {
      const left = order.total - givenBack(order)
      if (left === 0) return refuse('nothing_to_refund')
      if (event.amount > left) return refuse('refund_too_large')
      if (event.amount <= 0) return refuse('amount_invalid')
      // Between asking and answer nobody knows how much the builder gets.
      if (order.release?.open) return refuse('release_in_progress')
      const given = giveBack(next, event, now)
      return step(given.order, {
        postings: given.postings,
        effects: ['refund'],
        notices: [buyer('buyer_refunding'), builder('builder_refunded')],
      })
    }
    case 'refund_found': {
      const { amount, refundId } = event
      if (order.refunds.some((refund) => refund.refundId === refundId)) return step(order)
      if (amount > order.total - givenBack(order)) return refuse('refund_too_large')
      if (order.release?.open) return refuse('release_in_progress')
      const wish = { amount, reason: 'operator', note: 'Refunded at Stripe itself.', by: null } as const
      const given = giveBack(next, wish, now)
      const n = given.order.refunds.length
      return step(patchRefund(given.order, n, { refundId, status: 'pending' }), {
        postings: given.postings,
        // It reads at Stripe how far the money is, and takes the builder's part back.
        effects: ['refund'],
        notices: [buyer('buyer_refunding'), builder('builder_refunded')],
      })
    }
    case 'refund_made':
      if (refundOf(order, event.n)?.status !== 'asked') return step(order)
      return step(patchRefund(next, event.n, { refundId: event.refundId, status: 'pending' }))
    case 'refund_succeeded': {
      const refund = refundOf(order, event.n)
      if (refund?.status !== 'asked' && refund?.status !== 'pending') return step(order)
      const done = patchRefund(next, event.n, {
        refundId: event.refundId,
        status: 'succeeded',
        failure: null,
      })
      return step(whereMoneyIs(done), {
        postings: [
          post(`refund:${event.n}:${refund.attempt}`, { refund_due: refund.amount, stripe: -refund.amount }),
        ],
        effects: ['receipt'],
        notices: [buyer('buyer_refunded')],
      })
    }
    case 'refund_failed': {
      const refund = refundOf(order, event.n)
      // What the bank took in a dispute was never a refund that could fail.
      if (!refund || refund.status === 'failed' || refund.reason === 'dispute_lost') return step(order)
      const failed = { refundId: event.refundId, status: 'failed', failure: event.why } as const
      // A refund may fail after it had succeeded: the bank sent the money back.
      const postings =
        refund.status === 'succeeded'
          ? [
              post(`refund_back:${event.n}:${refund.attempt}`, {
                stripe: refund.amount,
                refund_due: -refund.amount,
              }),
            ]
          : []
      return step(whereMoneyIs(patchRefund(next, event.n, failed)), { postings })
    }
    case 'refund_retried': {
      const refund = refundOf(order, event.n)
      if (refund?.status !== 'failed') return refuse('conflict')
      const again = { status: 'asked', refundId: null, failure: null, attempt: refund.attempt + 1 } as const
      return step(patchRefund(next, event.n, again), { effects: ['refund'] })
    }
    case 'reversal_made': {
      const refund = refundOf(order, event.n)
      if (refund?.reversal !== 'asked') return step(order)
      return step(patchRefund(next, event.n, { reversal: 'made' }), {
        postings: [post(`reversal:${event.n}`, { stripe: refund.fromShare, builder_due: -refund.fromShare })],
      })
    }
    case 'reversal_refused': {
      const refund = refundOf(order, event.n)
      if (refund?.reversal !== 'asked') return step(order)
      return step(patchRefund(next, event.n, { reversal: 'owed' }), {
        postings: [
          post(`debt:${event.n}`, { builder_debt: refund.fromShare, builder_due: -refund.fromShare }),
        ],
        notices: [builder('builder_debt')],
        debt: refund.fromShare,
      })
    }
    case 'case_opened':
      return order.caseId ? refuse('case_exists') : step({ ...next, caseId: event.caseId })
    case 'case_closed':
      // What the case held up goes on.
      return step({ ...next, caseId: null }, { effects: resumes(order) })
    case 'dispute_opened': {
      if (order.dispute) return step(order)
      const since = { laterFees: [], status: 'open', openedAt: now, evidence: null } as const
      const dispute: OrderDispute = { ...event.dispute, ...since }
      return step(
        { ...next, dispute },
        {
          postings: [
            post('dispute', {
              disputed: dispute.amount,
              dispute_fees: dispute.fee,
              stripe: -(dispute.amount + dispute.fee),
            }),
          ],
          notices: [builder('builder_dispute_opened')],
        },
      )
    }
    case 'evidence_asked': {
      // Stripe lets a platform submit once: what was sent stays.
      if (order.dispute?.status !== 'open' || order.dispute.evidence) return refuse('conflict')
      const { note, by } = event
      const evidence = { note, by, at: now, fileId: null, sentAt: null }
      return step({ ...next, dispute: { ...order.dispute, evidence } }, { effects: ['evidence'] })
    }
    case 'evidence_uploaded': {
      const evidence = order.dispute?.evidence
      if (!order.dispute || !evidence || evidence.fileId !== null) return step(order)
      return step({ ...next, dispute: { ...order.dispute, evidence: { ...evidence, fileId: event.fileId } } })
    }
    case 'evidence_sent': {
      const evidence = order.dispute?.evidence
      if (!order.dispute || !evidence || evidence.sentAt !== null) return step(order)
      return step({ ...next, dispute: { ...order.dispute, evidence: { ...evidence, sentAt: now } } })
    }
    case 'dispute_fee_moved': {
      const { transactionId, amount } = event
      if (!order.dispute || order.dispute.laterFees.includes(transactionId)) return step(order)
      const laterFees = [...order.dispute.laterFees, transactionId]
      return step(
        { ...next, dispute: { ...order.dispute, fee: order.dispute.fee + amount, laterFees } },
        { postings: [post(`dispute_fee:${transactionId}`, { dispute_fees: amount, stripe: -amount })] },
      )
    }
    case 'dispute_won': {
      if (order.dispute?.status !== 'open') return step(order)
      const { amount } = order.dispute
      return step(
        { ...next, dispute: { ...order.dispute, status: 'won' } },
        {
          postings: [post('dispute_won', { stripe: amount, disputed: -amount })],
          effects: resumes(order),
          notices: [builder('builder_dispute_won')],
        },
      )
    }
    case 'dispute_lost': {
      if (order.dispute?.status !== 'open') return step(order)
      return loseDispute(next, order.dispute, now)
    }
    case 'drift_found': {
      const at = order.drift?.at ?? now
      return step({ ...next, drift: { ...order.drift, at, sentence: event.sentence } })
    }
    case 'drift_cleared':
      return order.drift ? step({ ...next, drift: null }, { effects: resumes(order) }) : step(order)
    case 'holding_warned':
      return step({ ...next, holdingWarnedAt: now }, { notices: [builder('builder_holding_warned')] })
    default:
      return event satisfies never
  }
}

function refuse(code: ErrorCode): Step {
  return { ok: false, code }
}

function step(order: Order, what: Partial<Omit<Extract<Step, { ok: true }>, 'ok' | 'order'>> = {}): Step {
  return {
    ok: true,
    order: { ...order, attention: attentionOf(order) },
    shelf: null,
    postings: [],
    effects: [],
    notices: [],
    debt: 0,
    ...what,
  }
}

/** Decide to give `amount` back: who bears it by the frozen rate, and what that means in the books. */
function giveBack(
  order: Order,
  wish: Pick<OrderRefund, 'amount' | 'reason' | 'note' | 'by'>,
  now: number,
): { readonly order: Order; readonly postings: readonly Posting[] } {
  const n = order.refunds.length + 1
  const before = remaining(order)
  const after = splitFee(before.fee + before.share - wish.amount, order.feeBps)
  const fromFee = before.fee - after.fee
  const fromShare = before.share - after.share
  const sent = order.releasedAt !== null
  const refund: OrderRefund = {
    n,
    amount: wish.amount,
    fromFee,
    fromShare,
    reason: wish.reason,
    note: wish.note,
    by: wish.by,
    at: now,
    status: 'asked',
    attempt: 1,
    refundId: null,
    failure: null,
    reversal: sent && fromShare > 0 ? 'asked' : 'none',
    creditNote: null,
  }
  const from = isDivided(order)
    ? { platform_fee: fromFee, builder_due: fromShare }
    : { buyer_money: wish.amount }
  return {
    order: whereMoneyIs({ ...order, refunds: [...order.refunds, refund] }),
    postings: [post(`give_back:${n}`, { ...from, refund_due: -wish.amount })],
  }
}

/**
 * The bank decided for the buyer, and Stripe has paid already: what a refund would have done, without one. What Stripe would
 * not refund of a disputed payment is paid by it first.
 */
function loseDispute(order: Order, dispute: OrderDispute, now: number): Step {
  let beyond = dispute.amount
  const byBank = { status: 'succeeded', reason: 'dispute_lost', refundId: dispute.disputeId } as const
  const refunds = order.refunds.map((refund): OrderRefund => {
    if (refund.status !== 'failed' || refund.amount > beyond) return refund
    beyond -= refund.amount
    return { ...refund, ...byBank, failure: null }
  })
  let lost: Order = { ...order, refunds, dispute: { ...dispute, status: 'lost' } }
  const postings: Posting[] = []
  const amount = Math.min(beyond, order.total - givenBack(order))
  if (amount > 0) {
    const wish = { amount, reason: 'dispute_lost', note: dispute.reason, by: null } as const
    const given = giveBack(lost, wish, now)
    lost = patchRefund(given.order, given.order.refunds.length, byBank)
    postings.push(...given.postings)
    beyond -= amount
  }
  const paid = dispute.amount - beyond
  // Whatever had gone back before: the collective bears that part of the dispute.
  postings.push(post('dispute_lost', { refund_due: paid, dispute_fees: beyond, disputed: -dispute.amount }))
  return step(whereMoneyIs(lost), {
    postings,
    // The refund effect also takes the builder's part back.
    effects: paid > 0 ? ['refund', 'receipt', ...resumes(order)] : [],
    notices: [{ userId: order.builderId, kind: 'builder_dispute_lost' }],
  })
}

/** An order of which everything goes back is refunding until Stripe has said of every part that it went. */
function whereMoneyIs(order: Order): Order {
  if (givenBack(order) < order.total) return order
  const done = order.refunds.every(({ status }) => status === 'succeeded')
  return { ...order, status: done ? 'refunded' : 'refunding' }
}

/** What a freeze held up. */
function resumes(order: Order): EffectKind[] {
  const waits = order.status === 'arrived' || order.status === 'release_blocked'
  return waits ? ['transfer', 'watch'] : ['watch']
}

function refundOf(order: Order, n: number): OrderRefund | undefined {
  return order.refunds.find((refund) => refund.n === n)
}

function patchRefund(order: Order, n: number, patch: Partial<OrderRefund>): Order {
  return {
    ...order,
    refunds: order.refunds.map((refund) => (refund.n === n ? { ...refund, ...patch } : refund)),
  }
}

function paymentPostings(order: Order, fee: number | null): Posting[] {
  const paid = post('payment', { stripe: order.total, buyer_money: -order.total })
  return fee === null ? [paid] : [paid, stripeFee(fee)]
}

/** Stripe divided the payment itself: the share is with the builder at once. */
function splitPostings(order: Order): Posting[] {
  const { fee, share, total } = order
  return [
    post('arrival', { buyer_money: total, platform_fee: -fee, builder_due: -share }),
    post('transfer', { builder_due: share, stripe: -share }),
  ]
}

function stripeFee(amount: number): Posting {
  return post('stripe_fee', { stripe_fees: amount, stripe: -amount })
}
