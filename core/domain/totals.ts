import type { Currency } from '#contract'
import { type Account, balances, type LedgerEntry } from './ledger.ts'
import type { Order } from './order.ts'

/** What rows of the ledger come to in one currency; minor units. */
export interface Sum {
  readonly currency: Currency
  /** Of one builder: their share of what was paid and is not sent. Of everybody: whatever belongs to others. */
  readonly held: number
  /** Sent to builders, less what was taken back. */
  readonly released: number
}

/** What rows of the whole ledger come to; minor units. */
export interface Books {
  /** The balance of every account, by currency. */
  readonly accounts: Readonly<Record<Currency, Readonly<Record<Account, number>>>>
  /** What builders owe, by builder; who owes nothing is not named. */
  readonly debts: Readonly<Record<string, number>>
}

export const NO_BOOKS: Books = { accounts: {}, debts: {} }

/**
 * What the oldest rows of one builder, or of everybody, come to: they are settled, so they are added once. Only a
 * memory of the ledger: without it the next reader adds them again.
 */
export interface Totals {
  /** How many, in the order of `at` and id. */
  readonly rows: number
  /** The last one's id, and its `at`. */
  readonly last: string
  readonly until: number
  /** The store's own mark of where the next row follows. */
  readonly cursor: string
  readonly sums: readonly Sum[]
  /** Of everybody only. What a version of core that knows no books has added to is not for this many `rows`. */
  readonly books?: Books & { readonly rows: number }
}

/** Totals of everybody have this id, a builder's have the builder's. */
export const EVERYBODY = 'all'

type Orders = ReadonlyMap<string, Order>

/** The orders that must be known to say what these rows mean to their builder. */
export function ordersBehind(entries: readonly LedgerEntry[]): string[] {
  const orderIds = entries.flatMap((entry) =>
    entry.orderId && inAccount(entry, 'buyer_money') !== 0 ? [entry.orderId] : [],
  )
  return [...new Set(orderIds)]
}

/** What rows were added up to. */
export interface Added {
  readonly sums: readonly Sum[]
  /** Of everybody only. */
  readonly books: Books
}

export const NOTHING_ADDED: Added = { sums: [], books: NO_BOOKS }

/** With these rows added: of everybody, or of one builder, for whom the orders behind them must be known. */
export function addRows(before: Added, id: string, entries: readonly LedgerEntry[], orders: Orders): Added {
  const { sums, books } = before
  return id === EVERYBODY
    ? { sums: addForEverybody(sums, entries), books: addToBooks(books, entries) }
    : { sums: addForBuilder(sums, entries, orders), books }
}

/** The sums with these rows of one builder added. */
function addForBuilder(sums: readonly Sum[], entries: readonly LedgerEntry[], orders: Orders): Sum[] {
  return add(sums, entries, (entry) => sharePaid(entry, orders.get(entry.orderId ?? '')))
}

/** The sums with these rows of anybody added. */
function addForEverybody(sums: readonly Sum[], entries: readonly LedgerEntry[]): Sum[] {
  return add(
    sums,
    entries,
    (entry) =>
      -(inAccount(entry, 'buyer_money') + inAccount(entry, 'builder_due') + inAccount(entry, 'refund_due')),
  )
}

/** The books with these rows added. */
export function addToBooks(books: Books, entries: readonly LedgerEntry[]): Books {
  const accounts = { ...books.accounts }
  for (const [currency, rows] of Map.groupBy(entries, (entry) => entry.currency)) {
    accounts[currency] = balances(rows, accounts[currency])
  }
  const debts = { ...books.debts }
  for (const entry of entries) {
    const { builderId } = entry
    const change = inAccount(entry, 'builder_debt')
    if (builderId === null || change === 0) continue
    const owed = (debts[builderId] ?? 0) + change
    if (owed === 0) delete debts[builderId]
    else debts[builderId] = owed
  }
  return { ...books, accounts, debts }
}

/** What a row adds to what is held for its builder. Until the total is divided in the books only the order knows the share. */
function sharePaid(entry: LedgerEntry, order: Order | undefined): number {
  const { movement } = entry
  if (movement === 'payment') return order?.share ?? 0
  // What the arrival makes due was held since the payment.
  if (movement === 'arrival') return 0
  const n = /^give_back:(\d+)$/.exec(movement)?.[1]
  if (n !== undefined && inAccount(entry, 'buyer_money') !== 0) {
    return -(order?.refunds.find((refund) => refund.n === Number(n))?.fromShare ?? 0)
  }
  return -inAccount(entry, 'builder_due')
}

function add(
  sums: readonly Sum[],
  entries: readonly LedgerEntry[],
  heldIn: (entry: LedgerEntry) => number,
): Sum[] {
  const byCurrency = new Map(sums.map((sum) => [sum.currency, sum]))
  for (const entry of entries) {
    const { currency, movement } = entry
    const before = byCurrency.get(currency)
    const sent = movement === 'transfer' || movement.startsWith('reversal:')
    byCurrency.set(currency, {
      ...before,
      currency,
      held: (before?.held ?? 0) + heldIn(entry),
      released: (before?.released ?? 0) - (sent ? inAccount(entry, 'stripe') : 0),
    })
  }
  return [...byCurrency.values()]
}

function inAccount({ lines }: LedgerEntry, account: Account): number {
  return lines.reduce((sum, line) => (line.account === account ? sum + line.amount : sum), 0)
}
