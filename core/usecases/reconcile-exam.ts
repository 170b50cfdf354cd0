import { setImmediate as othersFirst } from 'node:timers/promises'
import { isIntact, NO_AUDIT } from '../domain/audit.ts'
import { type Claim, claimId } from '../domain/drop.ts'
import { type Effect, QUEUES, type QueueName } from '../domain/effect.ts'
import { isBalanced, type LedgerEntry } from '../domain/ledger.ts'
import { type LedgerReading, readWholeLedger } from '../domain/ledger-reading.ts'
import { diagnose } from '../domain/reconcile.ts'
import { isInHand, isMoneyEffect } from '../domain/reconcile-books.ts'
import type { Diagnosis, Ours, Theirs } from '../domain/reconcile-mismatch.ts'
import type { Totals } from '../domain/totals.ts'
import type { Key, Page, Searchable, Store, Stored } from '../ports/store.ts'
import { readAudit } from './audit.ts'
import type { Deps } from './deps.ts'
import { readBooks } from './read-totals.ts'

/** Small, because an embedded store reads a page at one go, and buyers wait for it. */
const PAGE = 100
/** Clocks differ: Stripe is asked for a little more, and what turns out to be older is left out. */
const CLOCK_SLACK_MS = 60 * 60_000

export interface Exam extends Diagnosis {
  /** UTC ms. */
  readonly at: number
  readonly checked: {
    readonly orders: number
    readonly entries: number
    readonly builders: number
    readonly drops: number
    readonly stripe_transactions: number
    readonly stripe_objects: number
  }
  /** Orders that were left out because something is happening to them. */
  readonly moving: readonly string[]
  /** Orders that were compared and are marked as a drift. */
  readonly drifting: readonly string[]
  readonly orderIds: ReadonlySet<string>
}

type Needs = Pick<Deps, 'store' | 'change' | 'records' | 'clock'>

/**
 * Read our books and what Stripe remembers, and compare them. Changes no book. Neither side stands still meanwhile:
 * an order that changed during the reading, or is about to, is left out and named as moving.
 * Throws PaymentsError when Stripe cannot be read.
 */
export async function examineMoney(
  given: Needs,
  options: {
    /** UTC ms: only orders that began since then; 0 is the whole history. */
    readonly since: number
    /** Read the whole ledger and audit log. Otherwise what came before is as it was added up. */
    readonly whole: boolean
    readonly onProgress?: (what: string, count: number) => void
  },
): Promise<Exam> {
  const store = unhurried(given.store)
  const deps = { ...given, store }
  const { since, whole, onProgress = () => {} } = options
  const now = deps.clock.now()
  const told = <T>(what: string, list: readonly T[]) => {
    onProgress(what, list.length)
    return list
  }

  // First: all that they count is in what is read afterwards.
  const totals = whole ? await readAllTotals(store) : new Map<string, Totals>()
  const orders = told('orders', await readSince(store, 'orders', 'createdAt', since))
  const ledgerSince = Math.max(0, since - CLOCK_SLACK_MS)
  const ledger = whole
    ? await readWhole(store, {
        since: ledgerSince,
        totals,
        orders: new Map(orders.map(({ id, value }) => [id, value])),
      })
    : await readRecent(deps, ledgerSince)
  onProgress('ledger rows', ledger.rows)
  const builders = await readSince(store, 'builders', 'joinedAt', 0)
  const drops = await readSince(store, 'inventory', 'openedAt', since)
  const claims = await readClaims(store, orders)
  const effects = await readEffects(store)
  const theirs = await readStripe(deps, since > 0 ? since - CLOCK_SLACK_MS : 0, onProgress)
  const after = await readSince(store, 'orders', 'createdAt', since)

  const moving = new Set<string>()
  const versions = new Map(after.map(({ id, version }) => [id, version]))
  for (const { id, version } of orders) if (versions.get(id) !== version) moving.add(id)
  for (const effect of [...effects, ...(await readEffects(store))]) {
    if (isMoneyEffect(effect) && isInHand(effect, now)) moving.add(effect.subject)
  }
  const known = new Set(orders.map(({ id }) => id))
  const ours: Ours = {
    now,
    orders: orders.map(({ value }) => value),
    ledger,
    builders: builders.map(({ value }) => value),
    drops: drops.map(({ value }) => value),
    claims,
    effects,
    auditIntact: whole ? await isAuditIntact(store) : (await readAudit(deps, PAGE)).intact,
    moving: new Set([...moving].filter((id) => known.has(id))),
    outside: await readOutside(store, known, ledger.entries, theirs),
  }
  // An order that began during the reading holds a unit that our copy of its drop may not know.
  const begun = after.filter(({ id }) => !known.has(id)).map(({ value }) => value.dropId)
  const settled = { ...ours, drops: ours.drops.filter(({ dropId }) => !begun.includes(dropId)) }
  return {
    ...diagnose(settled, theirs),
    at: now,
    checked: {
      orders: orders.length,
      entries: ledger.rows,
      builders: builders.length,
      drops: drops.length,
      stripe_transactions: theirs.transactions.length,
      stripe_objects:
        theirs.charges.length + theirs.transfers.length + theirs.refunds.length + theirs.disputes.length,
    },
    moving: [...ours.moving],
    drifting: ours.orders
      .filter(({ orderId, drift }) => drift && !ours.moving.has(orderId))
      .map(({ orderId }) => orderId),
    orderIds: known,
  }
}

/** An embedded store answers at once: without this nobody else would get a turn until all is read. */
function unhurried(store: Store): Store {
  return {
    ...store,
    async get(collection, id) {
      await othersFirst()
      return store.get(collection, id)
    },
    async getAll(keys) {
      await othersFirst()
      return store.getAll(keys)
    },
    async find(collection, query) {
      await othersFirst()
      return store.find(collection, query)
    },
    async scan(collection, page) {
      await othersFirst()
      return store.scan(collection, page)
    },
  }
}

/** Everything of a collection whose `field` is at least `since`, newest first. */
async function readSince<C extends 'orders' | 'ledger' | 'builders' | 'inventory'>(
  store: Store,
  collection: C,
  field: Searchable<C>,
  since: number,
): Promise<Stored<C>[]> {
  const found: Stored<C>[] = []
  let cursor: string | null = null
  do {
    const page: Page<C> = await store.find(collection, {
      where: {},
      orderBy: field,
      direction: 'desc',
      limit: PAGE,
      cursor,
    })
    // These fields are moments.
    const young = page.documents.filter(({ value }) => Number(value[field]) >= since)
    found.push(...young)
    cursor = young.length < page.documents.length ? null : page.cursor
  } while (cursor)
  return found
}

async function readAllTotals(store: Store): Promise<Map<string, Totals>> {
  const found = new Map<string, Totals>()
  let cursor: string | null = null
  do {
    const page: Page<'totals'> = await store.scan('totals', { limit: PAGE, cursor })
    for (const { id, value } of page.documents) found.set(id, value)
    cursor = page.cursor
  } while (cursor)
  return found
}

async function readWhole(store: Store, about: Parameters<typeof readWholeLedger>[0]): Promise<LedgerReading> {
  const reading = readWholeLedger(about)
  let cursor: string | null = null
  do {
    const page: Page<'ledger'> = await store.find('ledger', {
      where: {},
      orderBy: 'at',
      direction: 'asc',
      limit: PAGE,
      cursor,
    })
    reading.add(page.documents)
    cursor = page.cursor
  } while (cursor)
  return reading.result()
}

async function readRecent(
  deps: Pick<Deps, 'store' | 'change' | 'clock'>,
  since: number,
): Promise<LedgerReading> {
  const books = await readBooks(deps)
  const rows = await readSince(deps.store, 'ledger', 'at', since)
  const entries = rows.map(({ value }) => value)
  const unbalanced = entries.filter((entry) => !isBalanced(entry))
  return { rows: rows.length, entries, unbalanced, books, recounts: [] }
}

async function readEffects(store: Store): Promise<Effect[]> {
  const found: Effect[] = []
  for (const queue of Object.keys(QUEUES) as QueueName[]) {
    let cursor: string | null = null
    do {
      const page: Page<'outbox'> = await store.find('outbox', {
        where: { queue },
        orderBy: 'dueAt',
        direction: 'asc',
        limit: PAGE,
        cursor,
      })
      found.push(...page.documents.map(({ value }) => value))
      cursor = page.cursor
    } while (cursor)
  }
  return found
}

async function readClaims(store: Store, orders: readonly Stored<'orders'>[]): Promise<Map<string, Claim>> {
  const ids = [...new Set(orders.map(({ value }) => claimId(value.dropId, value.buyerId)))]
  const claims = new Map<string, Claim>()
  for (let start = 0; start < ids.length; start += PAGE) {
    const keys = ids.slice(start, start + PAGE).map((id): Key<'claims'> => ['claims', id])
    const documents = await store.getAll(keys)
    // What was read under a claim's key is a claim.
    for (const document of documents) if (document) claims.set(document.id, document.value as Claim)
  }
  return claims
}

async function isAuditIntact(store: Store): Promise<boolean> {
  const end = (await store.get('auditHead', 'head'))?.value ?? NO_AUDIT
  let head = NO_AUDIT
  let cursor: string | null = null
  do {
    const page: Page<'audit'> = await store.find('audit', {
      where: {},
      orderBy: 'seq',
      direction: 'asc',
      atMost: end.seq,
      limit: PAGE,
      cursor,
    })
    const entries = page.documents.map(({ value }) => value)
    if (!isIntact(head, entries)) return false
    head = entries.at(-1) ?? head
    cursor = page.cursor
  } while (cursor)
  return head.seq === end.seq && head.hash === end.hash
}

async function readStripe(
  { records }: Pick<Deps, 'records'>,
  since: number,
  onProgress: (what: string, count: number) => void,
): Promise<Theirs> {
  const all = async <T>(what: string, list: AsyncIterable<T>): Promise<T[]> => {
    const found = await Array.fromAsync(list)
    onProgress(`Stripe's ${what}`, found.length)
    return found
  }
  // What moves the balance comes last: an object that is younger than its list is then a stray, never a loss.
  const [charges, transfers, refunds, disputes] = await Promise.all([
    all('charges', records.charges(since)),
    all('transfers', records.transfers(since)),
    all('refunds', records.refunds(since)),
    all('disputes', records.disputes(since)),
  ])
  const transactions = await all('balance transactions', records.balanceTransactions(since))
  return { charges, transfers, refunds, disputes, transactions, balance: await records.balance(null) }
}

/** Orders, and charges of orders, that Stripe or our ledger names and that were not read, but are there. */
async function readOutside(
  store: Store,
  known: ReadonlySet<string>,
  entries: readonly LedgerEntry[],
  theirs: Theirs,
): Promise<Set<string>> {
  const all = [...entries, ...theirs.charges, ...theirs.transfers, ...theirs.refunds, ...theirs.transactions]
  const orderIds = [
    ...new Set(all.flatMap(({ orderId }) => (orderId && !known.has(orderId) ? [orderId] : []))),
  ]
  const outside = new Set<string>()
  for (let start = 0; start < orderIds.length; start += PAGE) {
    const keys = orderIds.slice(start, start + PAGE).map((id): Key<'orders'> => ['orders', id])
    for (const order of await store.getAll(keys)) if (order) outside.add(order.id)
  }
  const mine = new Set(theirs.charges.map(({ chargeId }) => chargeId))
  const chargeIds = new Set(
    theirs.transactions.flatMap(({ chargeId }) => (chargeId && !mine.has(chargeId) ? [chargeId] : [])),
  )
  for (const chargeId of chargeIds) {
    const found = await store.find('orders', {
      where: { chargeId },
      orderBy: 'createdAt',
      direction: 'asc',
      limit: 1,
    })
    const orderId = found.documents[0]?.id
    if (orderId && !known.has(orderId)) outside.add(chargeId)
  }
  return outside
}
