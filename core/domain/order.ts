import type { Currency, ErrorCode, Notice, OrderStatus, Person, Picture, Shipment } from '#contract'
import type { ShelfMove } from './drop.ts'
import type { EffectKind } from './effect.ts'
import { type Posting, post } from './ledger.ts'

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
  /** Minor units; fee + share === total, frozen. */
  readonly total: number
  readonly fee: number
  readonly share: number
  readonly feeBps: number
  readonly currency: Currency
  readonly createdAt: number
  readonly holdUntil: number
  readonly endedBy: EndedBy | null
  readonly checkout: OrderCheckout | null
  readonly payment: OrderPayment | null
  readonly shipment: Shipment | null
  readonly arrivedAt: number | null
  readonly transferId: string | null
  readonly releasedAt: number | null
  /** Stripe's reason while a release is blocked. */
  readonly blocked: { readonly code: string | null; readonly message: string } | null
  readonly refundReason: 'paid_too_late' | null
  readonly refundId: string | null
  /** What happened and when; for people's questions, never replayed. */
  readonly history: readonly { readonly at: number; readonly event: OrderEvent['type'] }[]
}

export type EndedBy = 'buyer' | 'clock' | 'drop_closed'

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
}

export type OrderEvent =
  | { readonly type: 'session_asked'; readonly expiresAt: number }
  | { readonly type: 'session_opened'; readonly sessionId: string; readonly url: string | null }
  | { readonly type: 'hold_ended'; readonly by: EndedBy }
  /** Stripe can no longer take money for this order. */
  | { readonly type: 'session_shut' }
  /** The buyer paid, and there is a unit: the held one, or a spare one after the hold had ended. */
  | { readonly type: 'payment_succeeded'; readonly payment: Omit<OrderPayment, 'at'> }
  /** The buyer paid after the hold had ended, and there is no unit left. */
  | { readonly type: 'paid_too_late'; readonly payment: Omit<OrderPayment, 'at'> }
  | { readonly type: 'stripe_fee_known'; readonly amount: number }
  | { readonly type: 'shipped'; readonly shipment: Shipment }
  | { readonly type: 'arrived' }
  | { readonly type: 'transfer_made'; readonly transferId: string }
  | { readonly type: 'transfer_refused'; readonly code: string | null; readonly message: string }
  | { readonly type: 'refund_made'; readonly refundId: string }
  | { readonly type: 'refund_succeeded'; readonly refundId: string }

/** The whole machine: which event leads where from which state. What is not here is refused. */
export const NEXT = {
  held: {
    session_asked: 'held',
    session_opened: 'held',
    hold_ended: 'closing',
    session_shut: 'expired',
    payment_succeeded: 'paid',
  },
  closing: {
    session_opened: 'closing',
    session_shut: 'expired',
    payment_succeeded: 'paid',
  },
  expired: { payment_succeeded: 'paid', paid_too_late: 'refunding' },
  paid: { stripe_fee_known: 'paid', shipped: 'shipped' },
  shipped: { stripe_fee_known: 'shipped', shipped: 'shipped', arrived: 'arrived' },
  arrived: { stripe_fee_known: 'arrived', transfer_made: 'released', transfer_refused: 'release_blocked' },
  release_blocked: {
    stripe_fee_known: 'release_blocked',
    transfer_made: 'released',
    transfer_refused: 'release_blocked',
  },
  released: { stripe_fee_known: 'released' },
  refunding: { stripe_fee_known: 'refunding', refund_made: 'refunding', refund_succeeded: 'refunded' },
  refunded: { stripe_fee_known: 'refunded' },
} as const satisfies Record<OrderStatus, Partial<Record<OrderEvent['type'], OrderStatus>>>

export type Step =
  | {
      readonly ok: true
      readonly order: Order
      /** Where the unit goes; null when it stays. */
      readonly shelf: Exclude<ShelfMove, 'reserve'> | null
      readonly postings: readonly Posting[]
      readonly effects: readonly EffectKind[]
      readonly notices: readonly { readonly userId: string; readonly kind: Notice['kind'] }[]
    }
  | { readonly ok: false; readonly code: ErrorCode }

/** Why an event is refused in a state, in the words a person would want. */
function refusal(order: Order, event: OrderEvent['type']): ErrorCode {
  if (event === 'shipped') return order.payment ? 'conflict' : 'not_paid'
  if (event === 'arrived')
    return order.status === 'paid' ? 'not_shipped' : order.payment ? 'conflict' : 'not_paid'
  if (event === 'hold_ended') return order.payment ? 'hold_paid' : 'hold_over'
  return 'conflict'
}

/** Move an order by one event at `now` (UTC ms). Pure: what must follow is returned as values. */
export function stepOrder(order: Order, event: OrderEvent, now: number): Step {
  const status = (NEXT[order.status] as Partial<Record<OrderEvent['type'], OrderStatus>>)[event.type]
  if (!status) return { ok: false, code: refusal(order, event.type) }

  const history = [...order.history, { at: now, event: event.type }]
  const next: Order = { ...order, status, history }
  const quiet = { ok: true, shelf: null, postings: [], effects: [], notices: [] } as const
  const buyer = (kind: Notice['kind']) => ({ userId: order.buyerId, kind })
  const builder = (kind: Notice['kind']) => ({ userId: order.builderId, kind })

  switch (event.type) {
    case 'session_asked': {
      const checkout = {
        attempt: (order.checkout?.attempt ?? 0) + 1,
        expiresAt: event.expiresAt,
        sessionId: null,
        url: null,
      }
      return { ...quiet, order: { ...next, checkout } }
    }
    case 'session_opened': {
      if (!order.checkout) return { ok: false, code: 'conflict' }
      const checkout = { ...order.checkout, sessionId: event.sessionId, url: event.url }
      return { ...quiet, order: { ...next, checkout } }
    }
    case 'hold_ended':
      return { ...quiet, order: { ...next, endedBy: event.by }, effects: ['checkout'] }
    case 'session_shut': {
      const endedBy = order.endedBy ?? 'clock'
      return {
        ...quiet,
        order: { ...next, endedBy, checkout: order.checkout && { ...order.checkout, url: null } },
        shelf: 'put_back',
        notices: endedBy === 'buyer' ? [] : [buyer('buyer_hold_over')],
      }
    }
    case 'payment_succeeded':
      return {
        ok: true,
        order: { ...next, payment: { ...event.payment, at: now }, endedBy: null },
        shelf: order.status === 'expired' ? 'sell_spare' : 'sell',
        postings: payment(order, event.payment.stripeFee),
        effects: event.payment.stripeFee === null ? ['stripe_fee'] : [],
        notices: [buyer('buyer_paid'), builder('builder_sold')],
      }
    case 'paid_too_late':
      return {
        ok: true,
        order: { ...next, payment: { ...event.payment, at: now }, refundReason: 'paid_too_late' },
        shelf: null,
        postings: [
          ...payment(order, event.payment.stripeFee),
          post('late_payment', { buyer_money: order.total, refund_due: -order.total }),
        ],
        effects: event.payment.stripeFee === null ? ['refund', 'stripe_fee'] : ['refund'],
        notices: [buyer('buyer_refunding')],
      }
    case 'stripe_fee_known': {
      if (!order.payment || order.payment.stripeFee !== null) return { ...quiet, order }
      return {
        ...quiet,
        order: { ...next, payment: { ...order.payment, stripeFee: event.amount } },
        postings: [stripeFee(event.amount)],
      }
    }
    case 'shipped':
      return {
        ...quiet,
        order: { ...next, shipment: event.shipment },
        notices: order.status === 'paid' ? [buyer('buyer_shipped')] : [],
      }
    case 'arrived':
      return {
        ...quiet,
        order: { ...next, arrivedAt: now },
        postings: [
          post('arrival', { buyer_money: order.total, platform_fee: -order.fee, builder_due: -order.share }),
        ],
        effects: ['transfer'],
        notices: [builder('builder_arrived')],
      }
    case 'transfer_made':
      return {
        ...quiet,
        order: { ...next, transferId: event.transferId, releasedAt: now, blocked: null },
        postings: [post('transfer', { builder_due: order.share, stripe: -order.share })],
        notices: [builder('builder_released'), buyer('buyer_released')],
      }
    case 'transfer_refused':
      return {
        ...quiet,
        order: { ...next, blocked: { code: event.code, message: event.message } },
        notices: order.status === 'arrived' ? [builder('builder_release_blocked')] : [],
      }
    case 'refund_made':
      return { ...quiet, order: { ...next, refundId: event.refundId } }
    case 'refund_succeeded':
      return {
        ...quiet,
        order: { ...next, refundId: event.refundId },
        postings: [post('refund', { refund_due: order.total, stripe: -order.total })],
        notices: [buyer('buyer_refunded')],
      }
    default:
      return event satisfies never
  }
}

function payment(order: Order, fee: number | null): Posting[] {
  const paid = post('payment', { stripe: order.total, buyer_money: -order.total })
  return fee === null ? [paid] : [paid, stripeFee(fee)]
}

function stripeFee(amount: number): Posting {
  return post('stripe_fee', { stripe_fees: amount, stripe: -amount })
}
