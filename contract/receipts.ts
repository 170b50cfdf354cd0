import { z } from 'zod'
import { Money } from './money.ts'
import { Millis, OrderId, OrderStatus, OrderView, Person, RefundReason, RefundState } from './views.ts'

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

/** gross - refunded - fee === net, always. */
const Amounts = { gross: Money, fee: Money, refunded: Money, net: Money }

export const StatementLine = z.object({
  orderId: OrderId,
  /** The buyer's receipt; null for the moment until it is numbered. */
  receipt: z.string().nullable(),
  paidAt: Millis,
  title: z.string(),
  status: OrderStatus,
  ...Amounts,
  releasedAt: Millis.nullable(),
  /** When the share is released by itself; as in OrderView. */
  releasesAt: Millis.nullable(),
})
export type StatementLine = z.infer<typeof StatementLine>

export const StatementSum = z.object({ orders: z.int().nonnegative(), ...Amounts })
export type StatementSum = z.infer<typeof StatementSum>

/** A builder's month: every order that was paid in it, as it stands when asked. */
export const StatementView = z.object({
  /** A row of its own for each builder, running on by months. */
  number: z.string(),
  builder: Person,
  month: Month,
  asOf: Millis,
  /** False while the month is not over. */
  complete: z.boolean(),
  /** Months that have a statement; null where there is none. */
  earlier: Month.nullable(),
  later: Month.nullable(),
  /** Oldest payment first. */
  lines: z.array(StatementLine),
  /** Per state and currency, in the order an order goes through them. */
  byStatus: z.array(StatementSum.extend({ status: OrderStatus })),
  /** Per currency. */
  totals: z.array(StatementSum),
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
