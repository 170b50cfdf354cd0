import { AppError, type Month, type ReceiptView, type StatementView } from '#contract'
import type { Builder } from '../domain/builder.ts'
import { type LedgerEntry, SETTLED_AFTER_MS } from '../domain/ledger.ts'
import { readLink } from '../domain/link.ts'
import type { Order } from '../domain/order.ts'
import { heldOf, monthOf, numberPapers, paperNumber, spanOf } from '../domain/receipt.ts'
import { ordersOnStatement, statementNumber, writeStatement } from '../domain/statement.ts'
import type { Key, Page } from '../ports/store.ts'
import type { Deps } from './deps.ts'
import { orderByLink } from './order-by-link.ts'
import { toOrderView } from './views.ts'
import { holdingEndsAt } from './watch-order.ts'

const COUNTER: Key = ['counters', 'receipts']

/**
 * Number the receipt of a paid order and the credit notes of its refunds, whichever have none yet. The number and the
 * order are one commit, so none is given twice or lost. Safe to repeat. Throws order_not_found.
 */
export async function numberReceipts(deps: Pick<Deps, 'change' | 'clock'>, orderId: string): Promise<null> {
  await deps.change({
    // Everybody wants the same counter: together they share commits instead of beating each other.
    lane: 'receipts',
    reads: [['orders', orderId], COUNTER],
    decide(sheet) {
      const order = sheet.get('orders', orderId)
      if (!order) throw new AppError('order_not_found')
      const counter = sheet.get('counters', 'receipts')
      const numbered = numberPapers(order, counter?.last ?? 0, deps.clock.now())
      if (!numbered) return
      sheet.put('orders', orderId, numbered.order)
      sheet.put('counters', 'receipts', { ...counter, last: numbered.last })
    },
  })
  return null
}

/** The receipt behind an order's link. Throws link_invalid, order_not_found, or not_paid until it has its number. */
export async function readReceipt(
  deps: Pick<Deps, 'store' | 'settings'>,
  input: { readonly token: string },
): Promise<ReceiptView> {
  const order = await orderByLink(deps, input)
  if (!order.receipt || !order.payment) throw new AppError('not_paid')
  return {
    number: paperNumber(order.receipt.number),
    at: order.receipt.at,
    order: toOrderView(order, 'buyer', deps.settings),
    paymentReference: order.payment.paymentIntentId,
    held: heldOf(order, holdingEndsAt(order, deps.settings)),
    refunds: order.refunds.map(({ amount, reason, status, at, creditNote }) => ({
      creditNote: creditNote && { number: paperNumber(creditNote.number), at: creditNote.at },
      amount: { amount, currency: order.currency },
      reason,
      status,
      at,
    })),
  }
}

/** A builder's month behind their link, by the day of booking. Throws link_invalid or builder_not_found. */
export async function readStatement(
  deps: Pick<Deps, 'store' | 'clock' | 'settings'>,
  input: { readonly token: string; readonly month: Month },
): Promise<StatementView> {
  const builder = await builderByLink(deps, input.token)
  const { month } = input
  const { from, to } = spanOf(month)
  const now = deps.clock.now()
  const [first, running] = [monthOf(builder.joinedAt), monthOf(now)]
  const entries = await entriesBetween(deps, builder.userId, { from: 0, to })
  const orders = await getOrders(deps, ordersOnStatement(entries, from))
  // It does not change any more.
  const complete = now >= to + SETTLED_AFTER_MS
  return {
    number: statementNumber(builder.userId, month),
    builder: { userId: builder.userId, name: builder.name },
    month,
    asOf: complete ? to - 1 : now,
    complete,
    earlier: month > first ? monthOf(from - 1) : null,
    later: month < running ? monthOf(to) : null,
    ...writeStatement(entries, new Map(orders.map((order) => [order.orderId, order])), { from, to }),
  }
}

/** The builder a statement's link is about. Throws link_invalid or builder_not_found. */
export async function builderByLink(deps: Pick<Deps, 'store' | 'settings'>, token: string): Promise<Builder> {
  const builderId = readLink(deps.settings.linkSecret, 'builder', token)
  if (!builderId) throw new AppError('link_invalid')
  const builder = (await deps.store.get('builders', builderId))?.value
  if (!builder) throw new AppError('builder_not_found')
  return builder
}

/** From `from` until before `to`, UTC ms. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** What our books say of a time, oldest first: about one builder, or about everything for null. */
export async function entriesBetween(
  deps: Pick<Deps, 'store'>,
  builderId: string | null,
  { from, to }: Span,
): Promise<LedgerEntry[]> {
  const newestFirst: LedgerEntry[] = []
  let cursor: string | null = null
  do {
    const page: Page<'ledger'> = await deps.store.find('ledger', {
      where: builderId === null ? {} : { builderId },
      orderBy: 'at',
      direction: 'desc',
      atMost: to - 1,
      limit: 1_000,
      cursor,
    })
    for (const { value } of page.documents) {
      if (value.at < from) return newestFirst.toReversed()
      newestFirst.push(value)
    }
    cursor = page.cursor
  } while (cursor)
  return newestFirst.toReversed()
}

/** The orders whose payments are among these entries, in that order: our books know best when a payment came. */
export async function ordersPaid(
  deps: Pick<Deps, 'store'>,
  entries: readonly LedgerEntry[],
): Promise<Order[]> {
  return getOrders(
    deps,
    entries.flatMap(({ movement, orderId }) => (movement === 'payment' && orderId ? [orderId] : [])),
  )
}

/** Those that are there. */
export async function getOrders(deps: Pick<Deps, 'store'>, orderIds: readonly string[]): Promise<Order[]> {
  if (orderIds.length === 0) return []
  const found = await deps.store.getAll(orderIds.map((orderId): Key<'orders'> => ['orders', orderId]))
  // Every key is one of the orders'.
  return found.flatMap((document) => (document ? [document.value as Order] : []))
}
