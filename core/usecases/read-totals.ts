import { SETTLED_AFTER_MS } from '../domain/ledger.ts'
import {
  type Added,
  addRows,
  type Books,
  EVERYBODY,
  NOTHING_ADDED,
  ordersBehind,
  type Sum,
  type Totals,
} from '../domain/totals.ts'
import type { Page } from '../ports/store.ts'
import type { Deps } from './deps.ts'
import { getOrders } from './receipts.ts'

/** Short, so that the next reader goes on near what is not settled; whoever has to read more does it by long ones. */
const FIRST_PAGE = 250
const PAGE = 1_000
/** A reader that comes too late for its caller has not worked in vain. */
const SAVED_EVERY = 2_000

type Needs = Pick<Deps, 'store' | 'change' | 'clock'>

/** What the ledger comes to for one builder, or for everybody (null), per currency. */
export async function readTotals(deps: Needs, builderId: string | null): Promise<readonly Sum[]> {
  return (await addUp(deps, builderId)).sums
}

/** What the whole ledger comes to, account by account. */
export async function readBooks(deps: Needs): Promise<Books> {
  return (await addUp(deps, null)).books
}

/**
 * Goes on where an earlier reader ended, and leaves its own place to the next one: at the end of a page of rows that are
 * all settled, before which no row can appear any more.
 */
async function addUp(deps: Needs, builderId: string | null): Promise<Added> {
  const id = builderId ?? EVERYBODY
  const now = deps.clock.now()
  const found = (await deps.store.get('totals', id))?.value
  let settled = found && isReliable(found, id, now) ? found : undefined
  let savedRows = settled?.rows ?? 0
  let savedCursor = found?.cursor
  let added: Added = { ...NOTHING_ADDED, ...settled }
  let rows = savedRows
  let cursor = settled?.cursor ?? null
  let limit = FIRST_PAGE
  do {
    const page: Page<'ledger'> = await deps.store.find('ledger', {
      where: builderId === null ? {} : { builderId },
      orderBy: 'at',
      direction: 'asc',
      limit,
      cursor,
    })
    cursor = page.cursor
    limit = PAGE
    added = await withPage(deps, id, added, page)
    rows += page.documents.length
    const last = page.documents.at(-1)
    const isSettled = last !== undefined && last.value.at <= now - SETTLED_AFTER_MS
    if (cursor && isSettled) {
      const books = builderId === null ? { books: { ...added.books, rows } } : {}
      settled = { rows, last: last.id, until: last.value.at, cursor, sums: added.sums, ...books }
    }
    const unsaved = (settled?.rows ?? 0) - savedRows
    if (settled && unsaved >= (cursor && isSettled ? SAVED_EVERY : 1)) {
      savedRows = settled.rows
      if (await save(deps, id, savedCursor, settled)) savedCursor = settled.cursor
    }
  } while (cursor)
  return added
}

/** False for what was settled by a clock that was set back since: rows may have come before it. */
function isReliable(found: Totals, id: string, now: number): boolean {
  return found.until <= now && (id !== EVERYBODY || found.books?.rows === found.rows)
}

async function withPage(
  deps: Needs,
  id: string,
  added: Added,
  { documents }: Page<'ledger'>,
): Promise<Added> {
  const entries = documents.map(({ value }) => value)
  const orders = id === EVERYBODY ? [] : await getOrders(deps, ordersBehind(entries))
  return addRows(added, id, entries, new Map(orders.map((order) => [order.orderId, order])))
}

/** False when it is not kept: somebody else has written meanwhile, or the store cannot write. The sums are right anyway. */
async function save(
  deps: Pick<Deps, 'change'>,
  id: string,
  savedCursor: string | undefined,
  totals: Totals,
): Promise<boolean> {
  try {
    return await deps.change({
      reads: [['totals', id]],
      decide(sheet) {
        const known = sheet.get('totals', id)
        if (known?.cursor !== savedCursor) return false
        sheet.put('totals', id, { ...known, ...totals })
        return true
      },
    })
  } catch {
    return false
  }
}

/** Forget what was added up for this id, and add it up anew. */
export async function recountTotals(deps: Needs, id: string): Promise<void> {
  await deps.change({
    reads: [['totals', id]],
    decide: (sheet) => sheet.remove('totals', id),
  })
  await readTotals(deps, id === EVERYBODY ? null : id)
}
