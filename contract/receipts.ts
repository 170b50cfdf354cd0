import { z } from 'zod'
import { Currency, Money } from './money.ts'
import { Millis, OrderId, OrderView, Person, RefundReason, RefundState } from './views.ts'

/** A calendar month by UTC, e.g. `2026-11`. */
export const Month = z.string().regex(/^20\d\d-(0[1-9]|1[0-2])$/)
export type Month = z.infer<typeof Month>

/** What a buyer keeps: numbered once, and never numbered anew. */
export const ReceiptView = z.object({
  /** Receipts and credit notes of a collective are numbered in one row without a gap. */
  number: z.string(),
  at: Millis,
  /** As its buyer sees it: the seller is the builder. */
  order: OrderView,
  /** Stripe's own name of the payment. */
  paymentReference: z.string(),
  /** Null when the payment was passed on at once. */
  held: z
    .object({
      amount: Money,
      since: Millis,
      /** When it was sent to the builder, or began to go back; null while it is held. */
      until: Millis.nullable(),
      /** It cannot be held longer than this; null once it is not held any more. */
      endsAt: Millis.nullable(),
    })
    .nullable(),
  refunds: z.array(
    z.object({
      /** Null until Stripe says that the money went. */
      creditNote: z.object({ number: z.string(), at: Millis }).nullable(),
      amount: Money,
      reason: RefundReason,
      status: RefundState,
      at: Millis,
    }),
  ),
})
export type ReceiptView = z.infer<typeof ReceiptView>

/** An amount that may be less than nothing: a fee that went back, or what is owed. Minor units. */
const SignedMoney = z.object({ amount: z.int(), currency: Currency })

/** gross - refunded - fee === net, always. A refund gives the fee of its part back, so there fee and net are negative. */
const Amounts = { gross: Money, refunded: Money, fee: SignedMoney, net: SignedMoney }

/** What was booked of an order on one day: that it was sold, or that a part or all of it goes back. */
export const StatementLine = z.object({
  kind: z.enum(['sale', 'refund']),
  orderId: OrderId,
  at: Millis,
  title: z.string(),
  /** Number of the buyer's receipt or credit note, when it was given before the month was over. */
  paper: z.string().nullable(),
  ...Amounts,
})
export type StatementLine = z.infer<typeof StatementLine>

/** Money on its way to the builder's Stripe account, or taken back from there. */
export const StatementTransfer = z.object({
  kind: z.enum(['sent', 'taken_back']),
  orderId: OrderId,
  at: Millis,
  title: z.string(),
  amount: Money,
})
export type StatementTransfer = z.infer<typeof StatementTransfer>

/** Of one currency. before + net - sent === after, always. */
export const StatementTotal = z.object({
  sales: z.int().nonnegative(),
  ...Amounts,
  /** What was sent less what was taken back. */
  sent: SignedMoney,
  /** What is held for the builder less what they owe, when the month began and when it ended. */
  before: SignedMoney,
  after: SignedMoney,
})
export type StatementTotal = z.infer<typeof StatementTotal>

/** A builder's month: everything that was booked in it. Once `complete` it never changes. */
export const StatementView = z.object({
  /** A row of its own for each builder, running on by months. */
  number: z.string(),
  builder: Person,
  month: Month,
  /** Now, or the last moment of a complete month. */
  asOf: Millis,
  /** The month is over, and whatever was decided in it is booked. */
  complete: z.boolean(),
  /** Months that have a statement; null where there is none. */
  earlier: Month.nullable(),
  later: Month.nullable(),
  /** Oldest first, both. */
  lines: z.array(StatementLine),
  transfers: z.array(StatementTransfer),
  /** Per currency. */
  totals: z.array(StatementTotal),
  /** What the builder owed at the end of the month, or owes now; one per currency, none when nothing. */
  debt: z.array(Money),
})
export type StatementView = z.infer<typeof StatementView>

/** orders: one row per paid order. ledger: one row per line of our books. payouts: what Stripe sent to a bank. */
export const ExportKind = z.enum(['orders', 'ledger', 'payouts'])
export type ExportKind = z.infer<typeof ExportKind>

/** RFC 4180, UTF-8 without a mark in front; the first row names the columns. */
export const CsvFile = z.object({ filename: z.string(), csv: z.string() })
export type CsvFile = z.infer<typeof CsvFile>
