import type { Month, ReceiptView } from '#contract'
import { givenBack, type Order, type OrderRefund } from './order.ts'

/**
 * Give every paper of an order that has none yet the next numbers: the receipt first, then a credit note for each
 * refund that Stripe says went. What has a number keeps it. Null when nothing lacks one. `last` is the last number
 * that was given to anybody.
 */
export function numberPapers(
  order: Order,
  last: number,
  now: number,
): { readonly order: Order; readonly last: number } | null {
  if (!order.payment) return null
  let next = last
  const receipt = order.receipt ?? { number: ++next, at: now }
  const refunds = order.refunds.map((refund): OrderRefund => {
    if (refund.creditNote || refund.status !== 'succeeded') return refund
    return { ...refund, creditNote: { number: ++next, at: now } }
  })
  return next === last ? null : { order: { ...order, receipt, refunds }, last: next }
}

/** A number as people read it: `C500-000042`. */
export function paperNumber(number: number): string {
  return `C500-${String(number).padStart(6, '0')}`
}

/** What was held of an order, from when, and until when; null when Stripe divided the payment at once. */
export function heldOf(order: Order, endsAt: number | null): ReceiptView['held'] {
  const { payment, settlement, releasedAt, refunds, total, currency } = order
  if (!payment || settlement === 'at_payment') return null
  const allBack = givenBack(order) === total ? (refunds.at(-1)?.at ?? null) : null
  return { amount: { amount: total, currency }, since: payment.at, until: releasedAt ?? allBack, endsAt }
}

/** The month of a moment, by UTC. */
export function monthOf(at: number): Month {
  return new Date(at).toISOString().slice(0, 7)
}

/** From its first millisecond until the first of the next month, which is not in it any more. */
export function spanOf(month: Month): { readonly from: number; readonly to: number } {
  const [year = 0, number = 0] = month.split('-').map(Number)
  return { from: Date.UTC(year, number - 1), to: Date.UTC(year, number) }
}
