import type { Currency } from '#contract'
import type { Evidence } from '../domain/evidence.ts'

/** A Checkout Session as we need it, always freshly read from Stripe. */
export interface Checkout {
  readonly sessionId: string
  /** Our order, from client_reference_id; null for a session that is not ours. */
  readonly orderId: string | null
  readonly status: 'open' | 'complete' | 'expired'
  /**
   * none: nobody paid. underway, failed: the buyer paid by a delayed method, which is not decided yet, or will not come.
   */
  readonly payment: 'none' | 'underway' | 'failed' | 'paid'
  /** The hosted page; null unless open. */
  readonly url: string | null
  readonly paid: PaidCheckout | null
}

export interface PaidCheckout {
  readonly paymentIntentId: string
  readonly chargeId: string
  /** Minor units, in the session's own currency. */
  readonly amount: number
  readonly currency: Currency
  /** Name and address as lines of text; null when none was collected. */
  readonly shipTo: string | null
  /** Stripe's own fee in minor units of the settlement currency; null until Stripe knows (async capture). */
  readonly stripeFee: number | null
  /** The transfer Stripe made for a split payment; null otherwise, and until Stripe has made it (async capture). */
  readonly transferId: string | null
}

export interface CheckoutRequest {
  readonly orderId: string
  readonly title: string
  readonly description: string | null
  /** Minor units. */
  readonly amount: number
  readonly currency: Currency
  /** Stripe splits the payment itself: `fee` stays, the rest goes to the account. Null keeps all on the platform. */
  readonly split: { readonly accountId: string; readonly fee: number } | null
  /** UTC milliseconds; Stripe wants 30 minutes to 24 hours from the moment of the call. */
  readonly expiresAt: number
  readonly successUrl: string
  readonly cancelUrl: string
  /** The same key with the same request answers with the same session. */
  readonly idempotencyKey: string
}

/**
 * Why Stripe did not do it.
 * refused: the request itself is wrong or the object's state forbids it; the same call will not succeed.
 * busy: rate limit, 5xx, lost connection; whether it was done is unknown; repeat with the same key.
 */
export class PaymentsError extends Error {
  readonly kind: 'refused' | 'busy'
  /** Stripe's error code, e.g. `balance_insufficient`, or null. */
  readonly code: string | null
  constructor(kind: 'refused' | 'busy', message: string, code: string | null, options?: ErrorOptions) {
    super(message, options)
    this.name = 'PaymentsError'
    this.kind = kind
    this.code = code
  }
}

/** A verified event, reduced to what a hint may be used for: which object to read again. */
export interface PaymentHint {
  readonly eventId: string
  readonly type: string
  /** UTC ms, or null where the event does not say. */
  readonly happenedAt: number | null
  /** From metadata.order_id or client_reference_id of the object; null when it names none of our orders. */
  readonly orderId: string | null
  /** The charge an event is about, for objects that carry no metadata of ours, such as disputes; or null. */
  readonly chargeId: string | null
  /** The connected account an event is about, or null. */
  readonly accountId: string | null
}

/** Every method may throw PaymentsError. Amounts are minor units. */
export interface Payments {
  createCheckout(request: CheckoutRequest): Promise<Checkout>
  readCheckout(sessionId: string): Promise<Checkout>
  /** `closed`: it was open and can no longer be paid. `not_open`: it was complete or expired already: read it. */
  expireCheckout(sessionId: string): Promise<'closed' | 'not_open'>
  /** Stripe's fee for a charge in minor units, or null while unknown. */
  readFee(chargeId: string): Promise<number | null>
  /**
   * Send a builder's share, tied to the buyer's charge (source_transaction). Looks for an earlier transfer of
   * this order first, because idempotency keys live only about a day.
   */
  transfer(request: {
    readonly orderId: string
    readonly amount: number
    readonly currency: Currency
    readonly accountId: string
    readonly chargeId: string
    readonly idempotencyKey: string
  }): Promise<{ readonly transferId: string }>
  /**
   * Give money back, unless it was done before: `part` is the refund's own key within its order and stands in the
   * metadata, by which an earlier one is found. A pending refund is not final: read it again.
   */
  refund(request: {
    readonly orderId: string
    readonly part: string
    readonly paymentIntentId: string
    readonly amount: number
    readonly idempotencyKey: string
  }): Promise<Refund>
  readRefund(refundId: string): Promise<Refund>
  /**
   * Take part of a transfer back from a builder, unless it was done before (`part` as for refund). Refused when their
   * balance does not cover it.
   */
  reverseTransfer(request: {
    readonly orderId: string
    readonly part: string
    readonly transferId: string
    readonly amount: number
    readonly idempotencyKey: string
  }): Promise<void>
  /** The dispute of a charge as it is now; null when there is none, or only ones that ended without taking money. */
  readDispute(chargeId: string): Promise<Dispute | null>
  /** Keep a JPEG of at most 4.5 MB at Stripe, to be shown to a bank. */
  uploadEvidence(request: {
    readonly jpeg: Uint8Array
    readonly idempotencyKey: string
  }): Promise<{ readonly fileId: string }>
  /** Show the bank our side and submit it: once for all. Refused when the dispute is over or was answered. */
  submitEvidence(request: {
    readonly disputeId: string
    readonly evidence: Evidence
    /** From uploadEvidence; null without pictures. */
    readonly fileId: string | null
    readonly idempotencyKey: string
  }): Promise<void>
  /**
   * A delivery at one of the two snapshot endpoints. Throws PaymentsError 'refused', saying why in words: code
   * `webhook_signature` (wrong or too old), `webhook_endpoint` (signed for another endpoint of ours), `webhook_kind`
   * (a thin event), `webhook_body` (no event at all).
   */
  parseEvent(rawBody: string, signature: string | undefined, endpoint: 'platform' | 'connect'): PaymentHint
  /** The same for a delivery of thin events, which name an object and carry nothing of it. */
  parseThinEvent(rawBody: string, signature: string | undefined): PaymentHint
}

export interface Refund {
  readonly refundId: string
  readonly status: 'pending' | 'succeeded' | 'failed'
  /** Stripe's failure_reason, or null. */
  readonly failure: string | null
}

export interface Dispute {
  readonly disputeId: string
  /** What was taken from the balance, or is asked for while nothing was; minor units. */
  readonly amount: number
  /** What Stripe charged when it took the money, in minor units. */
  readonly fee: number
  /** What Stripe charged for it afterwards, or gave back (negative), such as after a win; by balance transaction. */
  readonly laterFees: readonly { readonly transactionId: string; readonly amount: number }[]
  readonly reason: string
  /** warning: it has taken no money so far, whatever Stripe calls it. open: it has, and is not decided. */
  readonly status: 'warning' | 'open' | 'won' | 'lost'
  /** UTC ms, or null. */
  readonly dueBy: number | null
}
