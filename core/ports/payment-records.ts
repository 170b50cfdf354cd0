import type { Currency } from '#contract'
import type { Dispute, PaymentHint, Refund } from './payments.ts'

/**
 * What Stripe remembers, for comparing it with our own books. Everything comes newest first and page by page, so stop
 * reading when enough was seen. `since` is UTC milliseconds and counts by the object's creation: a change of an older
 * object shows in its balance transaction. Amounts are minor units. `orderId` is ours from the object's metadata or
 * transfer group, null where it names none. Every read may throw PaymentsError.
 */
export interface PaymentRecords {
  /** Stripe keeps events for 30 days. */
  events(since: number): AsyncIterable<PaymentHint>
  /** Every movement of the platform's balance; the sum of all `net` is the balance. */
  balanceTransactions(since: number): AsyncIterable<BalanceTransactionRecord>
  charges(since: number): AsyncIterable<ChargeRecord>
  sessions(since: number): AsyncIterable<SessionRecord>
  transfers(since: number): AsyncIterable<TransferRecord>
  refunds(since: number): AsyncIterable<RefundRecord>
  disputes(since: number): AsyncIterable<DisputeRecord>
  /** Payouts to a bank: of a connected account, or of the platform for null. */
  payouts(since: number, accountId: string | null): AsyncIterable<PayoutRecord>
  /** One line per currency: of a connected account, or of the platform for null. */
  balance(accountId: string | null): Promise<readonly BalanceRecord[]>
}

interface Created {
  /** UTC milliseconds. */
  readonly createdAt: number
}

export interface BalanceTransactionRecord extends Created {
  readonly transactionId: string
  /** Stripe's own word: charge, refund, refund_failure, transfer, transfer_refund, adjustment, payout, ... */
  readonly type: string
  /** Gross; net === amount - fee. */
  readonly amount: number
  readonly fee: number
  readonly net: number
  /** The balance's currency. */
  readonly currency: Currency
  readonly status: 'pending' | 'available'
  readonly availableAt: number
  /** The charge, refund, transfer, reversal, dispute, payout or fee that moved the money. */
  readonly sourceId: string | null
  readonly orderId: string | null
  readonly chargeId: string | null
}

export interface ChargeRecord extends Created {
  readonly chargeId: string
  readonly orderId: string | null
  readonly paymentIntentId: string | null
  readonly amount: number
  readonly refunded: number
  readonly currency: Currency
  /** False for a payment that was declined. */
  readonly paid: boolean
  readonly disputed: boolean
  /** The transfer Stripe made for a split payment, or null. */
  readonly transferId: string | null
}

export interface SessionRecord extends Created {
  readonly sessionId: string
  readonly orderId: string | null
  readonly status: 'open' | 'complete' | 'expired'
  readonly payment: 'paid' | 'unpaid'
  readonly paymentIntentId: string | null
  readonly amount: number
  readonly currency: Currency
}

export interface TransferRecord extends Created {
  readonly transferId: string
  readonly orderId: string | null
  readonly accountId: string
  /** The buyer's charge it was tied to, or null. */
  readonly chargeId: string | null
  /** Of a split payment the whole payment: the platform's fee comes back as an application fee. */
  readonly amount: number
  readonly currency: Currency
  readonly reversals: readonly ReversalRecord[]
}

export interface ReversalRecord extends Created {
  readonly reversalId: string
  readonly amount: number
  /** The refund it belongs to, as in Payments.reverseTransfer; null for one made elsewhere. */
  readonly part: string | null
}

export interface RefundRecord extends Created, Refund {
  readonly orderId: string | null
  /** As in Payments.refund; null for one made elsewhere, such as Stripe's dashboard. */
  readonly part: string | null
  readonly chargeId: string | null
  readonly paymentIntentId: string | null
  readonly amount: number
  readonly currency: Currency
}

export interface DisputeRecord extends Created {
  readonly disputeId: string
  readonly chargeId: string
  readonly currency: Currency
  /** As Payments.readDispute tells it; null for one that is over and never took money. */
  readonly dispute: Dispute | null
}

export interface PayoutRecord extends Created {
  readonly payoutId: string
  readonly amount: number
  readonly currency: Currency
  /** A payout that was `paid` may still come back and read `failed`. */
  readonly status: 'pending' | 'in_transit' | 'paid' | 'failed' | 'canceled'
  readonly failure: string | null
  readonly arrivesAt: number
}

export interface BalanceRecord {
  readonly currency: Currency
  readonly available: number
  readonly pending: number
  /** Kept back by Stripe against connected accounts in the red; part of neither of the others. */
  readonly reserved: number
}
