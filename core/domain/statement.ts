import type { Currency, Month, StatementLine, StatementTransfer, StatementView } from '#contract'
import type { Account, LedgerEntry } from './ledger.ts'
import type { Order } from './order.ts'
import { paperNumber } from './receipt.ts'

/**
 * A builder's statements are a row of their own that runs on by months, so a number needs no counter: it is the same
 * whoever asks and whenever.
 */
export function statementNumber(builderId: string, month: Month): string {
  return `S-${BigInt(builderId).toString(36).toUpperCase()}-${month}`
}

type Orders = ReadonlyMap<string, Order>
type Sums = Map<Currency, number>

/** Which orders must be known to write the statement of a month that begins at `from`. */
export function ordersOnStatement(entries: readonly LedgerEntry[], from: number): string[] {
  const booked = entries.flatMap(({ orderId, at }) => (orderId && at >= from ? [orderId] : []))
  return [...new Set([...booked, ...undivided(entries, from)])]
}

/**
 * A month from what our books say, by the day of booking. Nothing is looked at that can change afterwards: entries are
 * never altered, and of an order only what was frozen when it was held, and each refund when it was decided. `entries`
 * are all of one builder before the end of the month.
 */
export function writeStatement(
  entries: readonly LedgerEntry[],
  orders: Orders,
  { from, to }: { readonly from: number; readonly to: number },
): Pick<StatementView, 'lines' | 'transfers' | 'totals' | 'debt'> {
  const inMonth = entries.filter(({ at }) => at >= from)
  const lines = inMonth.flatMap((entry) => lineOf(entry, orders, to) ?? [])
  const transfers = inMonth.flatMap((entry) => transferOf(entry, orders) ?? [])
  const before = balanceAt(entries, orders, from)
  const currencies = new Set([
    ...lines.map(({ net }) => net.currency),
    ...transfers.map(({ amount }) => amount.currency),
    ...[...before].flatMap(([currency, amount]) => (amount === 0 ? [] : [currency])),
  ])
  return {
    lines,
    transfers,
    totals: [...currencies].map((currency) => totalOf(currency, lines, transfers, before.get(currency) ?? 0)),
    debt: [...sumsOf(entries, 'builder_debt')].flatMap(([currency, amount]) =>
      amount > 0 ? [{ amount, currency }] : [],
    ),
  }
}

function lineOf(entry: LedgerEntry, orders: Orders, to: number): StatementLine | null {
  const order = orders.get(entry.orderId ?? '')
  if (!order) return null
  const { orderId, title, currency } = order
  const money = (amount: number) => ({ amount, currency })
  const about = { orderId, title, at: entry.at }
  const given = (paper: Order['receipt']) => (paper && paper.at < to ? paperNumber(paper.number) : null)
  if (entry.movement === 'payment') {
    const { total, fee, share } = order
    const amounts = { gross: money(total), refunded: money(0), fee: money(fee), net: money(share) }
    return { kind: 'sale', ...about, paper: given(order.receipt), ...amounts }
  }
  const refund = refundOf(entry, order)
  if (!refund) return null
  const { amount, fromFee, fromShare } = refund
  const amounts = {
    gross: money(0),
    refunded: money(amount),
    // Never minus nothing.
    fee: money(0 - fromFee),
    net: money(0 - fromShare),
  }
  return { kind: 'refund', ...about, paper: given(refund.creditNote), ...amounts }
}

/** The refund that an entry decided, if that is what it did. */
function refundOf({ movement }: LedgerEntry, order: Order) {
  const n = /^give_back:(\d+)$/.exec(movement)?.[1]
  return n === undefined ? undefined : order.refunds.find((refund) => refund.n === Number(n))
}

function transferOf(entry: LedgerEntry, orders: Orders): StatementTransfer | null {
  const order = orders.get(entry.orderId ?? '')
  const isTransfer = entry.movement === 'transfer' || entry.movement.startsWith('reversal:')
  if (!order || !isTransfer) return null
  const toStripe = inAccount(entry, 'stripe')
  // A release that went whole into an older debt sends nothing.
  if (toStripe === 0) return null
  const { orderId, title, currency } = order
  const kind = toStripe < 0 ? 'sent' : 'taken_back'
  return { kind, orderId, title, at: entry.at, amount: { amount: Math.abs(toStripe), currency } }
}

function totalOf(
  currency: Currency,
  allLines: readonly StatementLine[],
  allTransfers: readonly StatementTransfer[],
  before: number,
): StatementView['totals'][number] {
  const lines = allLines.filter(({ net }) => net.currency === currency)
  const transfers = allTransfers.filter(({ amount }) => amount.currency === currency)
  const money = (amount: number) => ({ amount, currency })
  const sum = (field: 'gross' | 'refunded' | 'fee' | 'net') =>
    lines.reduce((total, line) => total + line[field].amount, 0)
  const sent = transfers.reduce(
    (total, { kind, amount }) => total + (kind === 'sent' ? amount.amount : -amount.amount),
    0,
  )
  return {
    sales: lines.filter(({ kind }) => kind === 'sale').length,
    gross: money(sum('gross')),
    refunded: money(sum('refunded')),
    fee: money(sum('fee')),
    net: money(sum('net')),
    sent: money(sent),
    before: money(before),
    after: money(before + sum('net') - sent),
  }
}

/** What was held for the builder less what they owed, just before `at`, per currency. */
function balanceAt(entries: readonly LedgerEntry[], orders: Orders, at: number): Sums {
  const earlier = entries.filter((entry) => entry.at < at)
  const balance: Sums = new Map()
  const add = (currency: Currency, amount: number) =>
    balance.set(currency, (balance.get(currency) ?? 0) + amount)
  for (const [currency, due] of sumsOf(earlier, 'builder_due')) add(currency, 0 - due)
  for (const [currency, debt] of sumsOf(earlier, 'builder_debt')) add(currency, 0 - debt)
  // Until the total is divided in the books only the order knows the share.
  for (const orderId of undivided(entries, at)) {
    const order = orders.get(orderId)
    if (!order) continue
    const mine = earlier.filter((entry) => entry.orderId === orderId)
    const back = mine.reduce((sum, entry) => sum + (refundOf(entry, order)?.fromShare ?? 0), 0)
    add(order.currency, order.share - back)
  }
  return balance
}

/** The orders that were paid before `at` and of which nothing was decided for the builder then. */
function undivided(entries: readonly LedgerEntry[], at: number): Set<string> {
  const open = new Set<string>()
  for (const { orderId, movement, at: bookedAt } of entries) {
    if (orderId && bookedAt < at && movement === 'payment') open.add(orderId)
  }
  for (const { orderId, movement, at: bookedAt } of entries) {
    if (orderId && bookedAt < at && movement === 'arrival') open.delete(orderId)
  }
  return open
}

function sumsOf(entries: readonly LedgerEntry[], account: Account): Sums {
  const sums: Sums = new Map()
  for (const entry of entries) {
    const amount = inAccount(entry, account)
    if (amount !== 0) sums.set(entry.currency, (sums.get(entry.currency) ?? 0) + amount)
  }
  return sums
}

function inAccount({ lines }: LedgerEntry, account: Account): number {
  return lines.reduce((sum, line) => (line.account === account ? sum + line.amount : sum), 0)
}
