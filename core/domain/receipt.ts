import type { Month, OrderStatus, ReceiptView, StatementLine, StatementSum, StatementView } from '#contract'
import type { LedgerEntry } from './ledger.ts'
import { givenBack, type Order, type OrderRefund, remaining } from './order.ts'

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

/**
 * A builder's statements are a row of their own that runs on by months, so a number needs no counter: it is the same
 * whoever asks and whenever.
 */
export function statementNumber(builderId: string, month: Month): string {
  return `S-${BigInt(builderId).toString(36).toUpperCase()}-${month}`
}

/** An order on its builder's statement, amounts by the frozen rate: gross - refunded - fee === net. */
export function statementLine(order: Order, releasesAt: number | null): StatementLine | null {
  if (!order.payment) return null
  const { orderId, title, status, receipt, currency, total, releasedAt } = order
  const { fee, share } = remaining(order)
  return {
    orderId,
    receipt: receipt && paperNumber(receipt.number),
    paidAt: order.payment.at,
    title,
    status,
    gross: { amount: total, currency },
    refunded: { amount: givenBack(order), currency },
    fee: { amount: fee, currency },
    net: { amount: share, currency },
    releasedAt,
    releasesAt,
  }
}

/** In the order an order goes through them. */
const STATUSES: readonly OrderStatus[] = [
  'paid',
  'shipped',
  'arrived',
  'release_blocked',
  'released',
  'refunding',
  'refunded',
]

/** What the lines come to, per state and per currency. */
export function sumUp(lines: readonly StatementLine[]): Pick<StatementView, 'byStatus' | 'totals'> {
  const byStatus = STATUSES.flatMap((status) =>
    perCurrency(lines.filter((line) => line.status === status)).map((sum) => ({ status, ...sum })),
  )
  return { byStatus, totals: perCurrency(lines) }
}

function perCurrency(lines: readonly StatementLine[]): StatementSum[] {
  return [...Map.groupBy(lines, ({ gross }) => gross.currency)].map(([currency, mine]) => {
    const sum = (field: 'gross' | 'fee' | 'refunded' | 'net') => ({
      amount: mine.reduce((total, line) => total + line[field].amount, 0),
      currency,
    })
    return {
      orders: mine.length,
      gross: sum('gross'),
      fee: sum('fee'),
      refunded: sum('refunded'),
      net: sum('net'),
    }
  })
}

/** What a builder owed after these entries of theirs, per currency. */
export function debtIn(entries: readonly LedgerEntry[]): StatementView['debt'] {
  const owed = new Map<string, number>()
  for (const { currency, lines } of entries) {
    for (const { account, amount } of lines) {
      if (account === 'builder_debt') owed.set(currency, (owed.get(currency) ?? 0) + amount)
    }
  }
  return [...owed].filter(([, amount]) => amount > 0).map(([currency, amount]) => ({ amount, currency }))
}
