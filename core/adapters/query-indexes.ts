import { AppError } from '#contract'
import type { CollectionName, Query } from '../ports/store.ts'

/**
 * Every kind of question that may be asked of a collection: the fields that must be equal (by name), the field that
 * orders, and which way; a field alone may be equal, or order either way. Firestore keeps an index for each and refuses
 * any other question, so SQLite does too: what works here works there. `deploy/firestore/firestore.indexes.json` is this
 * table in Google's words.
 */
export const QUERY_INDEXES: { readonly [C in CollectionName]?: readonly string[] } = {
  builders: ['accountId', 'joinedAt', 'status joinedAt asc'],
  inventory: [
    'openedAt',
    'status openedAt asc',
    'status openedAt desc',
    'builderId openedAt desc',
    'builderId status openedAt desc',
  ],
  orders: [
    'createdAt',
    'attention createdAt asc',
    'builderId createdAt desc',
    'builderId status createdAt asc',
    'buyerId createdAt desc',
    'chargeId createdAt asc',
  ],
  waitlist: ['dropId number asc'],
  ledger: ['at', 'builderId at asc', 'builderId at desc'],
  outbox: ['dueAt', 'queue dueAt asc'],
  cases: ['status openedAt asc', 'orderId openedAt desc'],
  audit: ['seq'],
  turns: ['lane since asc'],
}

/** Throws `internal` for a query that Firestore has no index for. */
export function requireIndex<C extends CollectionName>(collection: C, query: Query<C>): void {
  const order = String(query.orderBy)
  const equal = Object.keys(query.where)
    .filter((field) => field !== order)
    .toSorted()
  const index = equal.length === 0 ? order : [...equal, order, query.direction].join(' ')
  if (!QUERY_INDEXES[collection]?.includes(index)) {
    throw new AppError('internal', `no index '${index}' of ${collection}: see core/adapters/query-indexes.ts`)
  }
}
