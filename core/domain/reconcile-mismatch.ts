import { type Currency, formatMoney } from '#contract'
import type { Builder } from './builder.ts'
import type { Claim, Drop } from './drop.ts'
import type { Effect, EffectKind } from './effect.ts'
import { FOUND_MOVEMENTS, type LedgerEntry, type Posting } from './ledger.ts'
import type { LedgerReading } from './ledger-reading.ts'
import type { Order } from './order.ts'

/** What we know, as it was read at one time. */
export interface Ours {
  /** UTC ms of the reading. */
  readonly now: number
  /** Orders, drops and ledger rows are all that began since one moment; builders and effects are all there are. */
  readonly orders: readonly Order[]
  readonly ledger: LedgerReading
  readonly builders: readonly Builder[]
  readonly drops: readonly Drop[]
  /** By claimId, for the buyers of these orders. */
  readonly claims: ReadonlyMap<string, Claim>
  readonly effects: readonly Effect[]
  readonly auditIntact: boolean
  /** Orders that something is happening to right now: they are compared another time. */
  readonly moving: ReadonlySet<string>
  /** Orders, and charges of orders, that Stripe or the ledger names and that began before that moment or after the reading. */
  readonly outside: ReadonlySet<string>
}

/** What Stripe remembers, since the same moment; as the port PaymentRecords tells it. */
export interface Theirs {
  readonly transactions: readonly TheirTransaction[]
  readonly charges: readonly {
    readonly chargeId: string
    readonly orderId: string | null
    readonly amount: number
    readonly currency: Currency
    readonly paid: boolean
  }[]
  readonly transfers: readonly TheirTransfer[]
  readonly refunds: readonly TheirRefund[]
  readonly disputes: readonly {
    readonly disputeId: string
    readonly chargeId: string
    readonly dispute: {
      readonly amount: number
      readonly fee: number
      readonly laterFees: readonly { readonly transactionId: string; readonly amount: number }[]
      readonly status: 'warning' | 'open' | 'won' | 'lost'
    } | null
  }[]
  readonly balance: readonly {
    readonly currency: Currency
    readonly available: number
    readonly pending: number
  }[]
}

export interface TheirTransaction {
  readonly transactionId: string
  readonly type: string
  readonly amount: number
  readonly fee: number
  readonly net: number
  readonly currency: Currency
  readonly sourceId: string | null
  readonly orderId: string | null
  readonly chargeId: string | null
}

export interface TheirTransfer {
  readonly transferId: string
  readonly orderId: string | null
  readonly accountId: string
  readonly chargeId: string | null
  readonly amount: number
  readonly reversals: readonly {
    readonly reversalId: string
    readonly amount: number
    readonly part: string | null
  }[]
}

export interface TheirRefund {
  readonly refundId: string
  readonly orderId: string | null
  readonly part: string | null
  readonly chargeId: string | null
  readonly amount: number
  readonly status: 'pending' | 'succeeded' | 'failed'
}

export type MismatchCode =
  // Our books among themselves.
  | 'entry_unbalanced'
  | 'ledger_differs'
  | 'ledger_without_order'
  | 'drop_differs'
  | 'claim_differs'
  | 'debt_differs'
  | 'effect_failing'
  | 'effect_waiting'
  | 'effect_missing'
  | 'audit_broken'
  | 'totals_differ'
  // Our books and Stripe.
  | 'payment_not_here'
  | 'payment_not_there'
  | 'payment_differs'
  | 'paid_twice'
  | 'fee_unknown'
  | 'fee_differs'
  | 'transfer_not_here'
  | 'transfer_not_there'
  | 'transfer_without_release'
  | 'transfer_twice'
  | 'transfer_differs'
  | 'reversal_not_here'
  | 'reversal_not_there'
  | 'reversal_differs'
  | 'reversal_elsewhere'
  | 'refund_not_there'
  | 'refund_state_differs'
  | 'refund_differs'
  | 'refund_twice'
  | 'refund_elsewhere'
  | 'dispute_not_here'
  | 'dispute_state_differs'
  | 'dispute_differs'
  | 'money_differs'
  // Money of the collective itself.
  | 'payout_unbooked'
  | 'bill_unbooked'
  | 'moved_elsewhere'
  | 'held_money_paid_out'
  | 'balance_differs'

/** Something that may be written into the books because it is so at Stripe. */
export type Booking =
  | {
      readonly what: 'posting'
      readonly orderId: string | null
      readonly builderId: string | null
      readonly currency: Currency
      readonly posting: Posting
    }
  /** A refund made at Stripe itself. */
  | { readonly what: 'refund'; readonly orderId: string; readonly refundId: string; readonly amount: number }

/** wish: look at Stripe again, as a webhook would have asked. recount: add the ledger up anew. person: nothing may be done without one. */
export type Repair =
  | { readonly kind: 'wish'; readonly effect: EffectKind; readonly subject: string }
  | { readonly kind: 'book'; readonly booking: Booking }
  | { readonly kind: 'recount'; readonly id: string }
  | { readonly kind: 'person'; readonly sentence: string }

/** What would mend it, in a sentence. */
export function describeRepair(repair: Repair): string {
  switch (repair.kind) {
    case 'wish':
      return 'Mending looks at Stripe again and books what it says.'
    case 'book':
      return 'Mending books what is so at Stripe, and writes that into the audit log.'
    case 'recount':
      return 'Mending adds the ledger up anew.'
    case 'person':
      return repair.sentence
    default:
      return repair satisfies never
  }
}

export interface Mismatch {
  readonly code: MismatchCode
  readonly orderId: string | null
  /** The id of what is off: an order, a drop, a builder, an object of Stripe's, an effect. */
  readonly subject: string
  /** What is off, with amounts. */
  readonly sentence: string
  readonly likelyCause: string
  readonly repair: Repair
}

export interface Diagnosis {
  readonly mismatches: readonly Mismatch[]
  /** Minor units that are not where our books say, of all currencies. */
  readonly drift: number
  /** Our account `stripe` beside Stripe's own balance. `onTheWay` has left Stripe's and is not final in ours. */
  readonly balances: readonly BalancePair[]
}

export interface BalancePair {
  readonly currency: Currency
  readonly ours: number
  readonly onTheWay: number
  readonly stripe: number
}

/** Booked afterwards because it was so at Stripe: no order's own story tells of it. */
export function isFound(entry: Pick<LedgerEntry, 'movement'>): boolean {
  return FOUND_MOVEMENTS.some((kind) => entry.movement.startsWith(`${kind}:`))
}

/** Minor units as a person reads them, with a sign where money is missing. */
export function money(amount: number, currency: Currency): string {
  const shown = formatMoney({ amount: Math.abs(amount), currency })
  return amount < 0 ? `-${shown}` : shown
}

export function sumOf<T>(list: readonly T[], amountOf: (one: T) => number): number {
  return list.reduce((sum, one) => sum + amountOf(one), 0)
}

/** Groups, in the order of first appearance. */
export function groupBy<K, T>(list: readonly T[], keyOf: (one: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  for (const one of list) {
    const key = keyOf(one)
    const group = groups.get(key)
    if (group) group.push(one)
    else groups.set(key, [one])
  }
  return groups
}
