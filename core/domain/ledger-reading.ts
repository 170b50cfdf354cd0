import { isBalanced, type LedgerEntry } from './ledger.ts'
import type { Order } from './order.ts'
import {
  type Added,
  addRows,
  addToBooks,
  type Books,
  EVERYBODY,
  NO_BOOKS,
  NOTHING_ADDED,
  ordersBehind,
  type Sum,
  type Totals,
} from './totals.ts'

/** One row with its id, as the store keeps it. */
export interface Row {
  readonly id: string
  readonly value: LedgerEntry
}

/** What a comparison needs to know of the ledger. */
export interface LedgerReading {
  /** How many were read. */
  readonly rows: number
  /** The rows since the comparison begins. */
  readonly entries: readonly LedgerEntry[]
  /** Of all rows that were read: those that do not sum to nothing. */
  readonly unbalanced: readonly LedgerEntry[]
  /** What the whole ledger comes to. */
  readonly books: Books
  /** What was added up before, beside what stands there; nothing where the whole was not read. */
  readonly recounts: readonly Recount[]
}

/** The rows that were added up once, added up again. */
export interface Recount {
  readonly id: string
  readonly kept: Totals
  /** Where `kept` says that its last row is, another one stands, or none. */
  readonly moved: boolean
  /** Null where the share of an order would have to be known that began before the comparison. */
  readonly sums: readonly Sum[] | null
  /** Of everybody only. */
  readonly books: Books
}

interface Count {
  readonly kept: Totals
  rows: number
  last: string
  added: Added
  /** Whether the shares of all orders behind the rows were. */
  known: boolean
}

/**
 * The whole ledger, page by page, oldest first: remembers what began since `since` (UTC ms) and what the rest comes to, so
 * that a long history needs no more room than a short one. `orders` are those that began since then.
 */
export function readWholeLedger(about: {
  readonly since: number
  readonly totals: ReadonlyMap<string, Totals>
  readonly orders: ReadonlyMap<string, Order>
}): { add(page: readonly Row[]): void; result(): LedgerReading } {
  const { since, orders } = about
  const entries: LedgerEntry[] = []
  const unbalanced: LedgerEntry[] = []
  let books = NO_BOOKS
  let rows = 0
  const counts = new Map<string, Count>()
  for (const [id, kept] of about.totals)
    counts.set(id, { kept, rows: 0, last: '', added: NOTHING_ADDED, known: true })

  function addTo(id: string, page: readonly Row[]): void {
    const count = counts.get(id)
    const counted = count ? page.slice(0, count.kept.rows - count.rows) : []
    if (!count || counted.length === 0) return
    count.rows += counted.length
    count.last = counted.at(-1)?.id ?? ''
    const values = counted.map(({ value }) => value)
    count.added = addRows(count.added, id, values, orders)
    count.known &&= id === EVERYBODY || ordersBehind(values).every((orderId) => orders.has(orderId))
  }

  return {
    add(page) {
      const values = page.map(({ value }) => value)
      rows += page.length
      books = addToBooks(books, values)
      entries.push(...values.filter(({ at }) => at >= since))
      unbalanced.push(...values.filter((entry) => !isBalanced(entry)))
      addTo(EVERYBODY, page)
      for (const [builderId, rows] of Map.groupBy(page, ({ value }) => value.builderId)) {
        if (builderId !== null) addTo(builderId, rows)
      }
    },
    result() {
      const recounts = [...counts].map(([id, { kept, added, known, ...there }]) => {
        const moved = there.rows !== kept.rows || there.last !== kept.last
        return { id, kept, moved, sums: known ? added.sums : null, books: added.books }
      })
      return { rows, entries, unbalanced, books, recounts }
    },
  }
}
