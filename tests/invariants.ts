import assert from 'node:assert/strict'
import type { OrderStatus } from '#contract'
import { claimId, isWaiting } from '../core/domain/drop.ts'
import { balances, type LedgerEntry } from '../core/domain/ledger.ts'
import { givenBack, type Order, remaining } from '../core/domain/order.ts'
import type { CollectionName, Page, Searchable, Store, Stored } from '../core/ports/store.ts'

const HOLDS: readonly OrderStatus[] = ['held', 'clearing', 'closing']

/** Its unit left the shelf for good: it was paid, and not too late. */
const isSold = (order: Order) => order.payment !== null && order.refunds[0]?.reason !== 'paid_too_late'

interface SessionAtStripe {
  readonly id: string
  readonly client_reference_id: string | null
  readonly status: 'open' | 'complete' | 'expired'
  readonly payment_status: 'paid' | 'unpaid'
  readonly payment_intent: string | null
}
interface TransferAtStripe {
  readonly id: string
  readonly amount: number
  readonly metadata: Readonly<Record<string, string>>
}
interface RefundAtStripe extends TransferAtStripe {
  readonly status: string
}
interface AccountAtStripe {
  readonly id: string
  readonly metadata: Readonly<Record<string, string>>
}

/** What Stripe has, read through the API as anybody would. */
export interface AtStripe {
  readonly sessions: readonly SessionAtStripe[]
  readonly transfers: readonly TransferAtStripe[]
  readonly refunds: readonly RefundAtStripe[]
  readonly accounts: readonly AccountAtStripe[]
  /** Stripe's fee by charge, minor units. */
  readonly fees: ReadonlyMap<string, number>
  /** The platform's money, available and pending, in usd cents. */
  readonly balance: number
}

/**
 * What must be true after anything that can happen, once everybody has come to rest: no unit lost or sold twice, no
 * payment without an order, no cent that our ledger and Stripe disagree about, nothing paid out twice, and nothing
 * left undone without a reason.
 */
export async function assertInvariants(world: {
  readonly store: Pick<Store, 'find' | 'get' | 'scan'>
  readonly stripeUrl: string
  /** UTC milliseconds, as the world's clock has it. */
  readonly now: number
}): Promise<void> {
  const { store, stripeUrl, now } = world
  const [orders, ledger, stripe] = await Promise.all([
    readAll(store, 'orders', 'createdAt'),
    readAll(store, 'ledger', 'at'),
    readStripe(stripeUrl),
  ])
  const orderById = new Map(orders.map(({ id, value }) => [id, value]))
  await assertShelves(
    store,
    orders.map(({ value }) => value),
  )
  await assertDoors(
    store,
    orders.map(({ value }) => value),
  )
  for (const { value: order } of orders) assertMoneyOf(order, entriesOf(ledger, order.orderId), stripe)
  await assertNumbered(
    store,
    orders.map(({ value }) => value),
  )
  assertPaymentsKnown(orderById, stripe)
  assertBalance(
    orders.map(({ value }) => value),
    ledger.map(({ value }) => value),
    stripe,
  )
  assertOneAccountEach(stripe)
  await assertNothingForgotten(store, orderById, now)
}

/** Every unit of every drop is in exactly one place, and the orders say the same. */
async function assertShelves(store: Pick<Store, 'find' | 'get'>, orders: readonly Order[]): Promise<void> {
  for (const { id, value: drop } of await readAll(store, 'inventory', 'openedAt')) {
    const ofDrop = orders.filter(({ dropId }) => dropId === id)
    const holding = ofDrop.filter(({ status }) => HOLDS.includes(status)).length
    const gone = ofDrop.filter(isSold).length
    const { available, held, sold, quantity } = drop
    assert.deepEqual(
      { available, held, sold },
      { available: quantity - holding - gone, held: holding, sold: gone },
      `the shelf of ${id}`,
    )
    assert.ok(available >= 0, `${id} is oversold`)
    for (const [buyerId, mine] of Map.groupBy(
      orders.filter(({ dropId }) => dropId === id),
      (order) => order.buyerId,
    )) {
      const holds = mine.filter(({ status }) => HOLDS.includes(status))
      assert.ok(holds.length <= 1, `${buyerId} holds ${holds.length} of ${id}`)
      const claim = (await store.get('claims', claimId(id, buyerId)))?.value
      assert.equal(claim?.liveOrderId, holds[0]?.orderId ?? null, `what ${buyerId} is paying for`)
      const taken = mine.filter((order) => HOLDS.includes(order.status) || isSold(order)).length
      assert.equal(claim.taken, taken, `how many of ${id} ${buyerId} has`)
    }
  }
}

/**
 * Nobody holds or held a unit of a drop before it opened, and whoever wanted to be told of it was, or still waits. Who
 * waits in line for a unit may still get one, and none lies there for somebody else meanwhile.
 */
async function assertDoors(store: Pick<Store, 'find' | 'scan'>, orders: readonly Order[]): Promise<void> {
  const { documents } = await store.scan('reminders', { limit: 5_000, cursor: null })
  const line = await store.scan('waitlist', { limit: 5_000, cursor: null })
  for (const { id, value: drop } of await readAll(store, 'inventory', 'openedAt')) {
    const ofDrop = orders.filter(({ dropId }) => dropId === id)
    if (drop.waitsFor !== null) assert.equal(ofDrop.length, 0, `${id} has orders and never opened`)
    for (const { orderId, createdAt } of ofDrop) {
      assert.ok(createdAt >= drop.openedAt, `${orderId} is older than the opening of ${id}`)
    }
    const waiting = documents.filter(({ value }) => value.dropId === id).length
    assert.equal(waiting, isWaiting(drop) ? drop.reminders : 0, `how many wait to be told of ${id}`)
    const inLine = line.documents.filter(({ value }) => value.dropId === id).length
    assert.equal(drop.waitlist.waiting, inLine, `how many are in line for ${id}`)
    if (inLine === 0) continue
    assert.ok(!drop.closed && drop.sold < drop.quantity, `nothing of ${id} can come back for those in line`)
    if (drop.status === 'open') assert.equal(drop.available, 0, `${id} lies there while somebody waits`)
  }
}

/** An order's entries sum to zero, and stand where its record and Stripe say they must. */
function assertMoneyOf(order: Order, entries: readonly LedgerEntry[], stripe: AtStripe): void {
  const { orderId, status, total, payment, refunds, settlement } = order
  const sum = (amounts: readonly number[]) => amounts.reduce((a, b) => a + b, 0)
  assert.equal(
    sum(entries.flatMap(({ lines }) => lines).map(({ amount }) => amount)),
    0,
    `${orderId} does not sum to zero`,
  )
  if (!payment) {
    assert.equal(entries.length, 0, `${orderId} is not paid and has entries`)
  } else {
    const books = balances(entries)
    const divided = order.arrivedAt !== null || settlement === 'at_payment'
    const waiting = sum(refunds.filter((r) => r.status !== 'succeeded').map((r) => r.amount))
    assert.equal(
      books.buyer_money,
      divided ? 0 : 0 - (total - givenBack(order)),
      `what is held for ${orderId}, ${status}`,
    )
    assert.equal(books.refund_due, 0 - waiting, `what the buyer of ${orderId} waits for`)
    const sent = order.releasedAt !== null
    const open = refunds.some(({ reversal }) => reversal === 'asked')
    if (sent && !open) assert.equal(books.builder_due, 0, `the builder of ${orderId} is owed nothing more`)
    if (divided && !sent)
      assert.equal(books.builder_due, 0 - remaining(order).share, `what is due for ${orderId}`)
  }

  const mine = <T extends TransferAtStripe>(all: readonly T[]) =>
    all.filter(({ metadata }) => metadata.order_id === orderId)
  if (settlement === 'on_arrival') {
    const made = order.transferId ? [{ id: order.transferId, amount: order.release?.amount }] : []
    const atStripe = mine(stripe.transfers).map(({ id, amount }) => ({ id, amount }))
    assert.deepEqual(atStripe, made, `the transfers of ${orderId}, ${status}`)
  }
  const ours = refunds.filter(
    (r) => r.reason !== 'dispute_lost' && r.status !== 'failed' && r.status !== 'asked',
  )
  const theirs = mine(stripe.refunds).filter(
    (refund) => refund.status !== 'failed' && refund.status !== 'canceled',
  )
  assert.deepEqual(
    theirs.map(({ id, amount }) => ({ id, amount })).toSorted((x, y) => (x.id < y.id ? -1 : 1)),
    ours
      .map((r) => ({ id: r.refundId, amount: r.amount }))
      .toSorted((x, y) => (String(x.id) < String(y.id) ? -1 : 1)),
    `the refunds of ${orderId}`,
  )
  for (const r of ours) {
    const there = theirs.find(({ id }) => id === r.refundId)
    if (r.status === 'succeeded') assert.equal(there?.status, 'succeeded', `refund ${r.n} of ${orderId}`)
  }
  if (status === 'refunded') assert.equal(givenBack(order), total, `${orderId} went back whole`)

  const sessions = stripe.sessions.filter((session) => session.client_reference_id === orderId)
  const payable = sessions.filter((session) => session.status === 'open')
  const paid = sessions.filter((session) => session.payment_status === 'paid')
  assert.ok(payable.length + paid.length <= 1, `${orderId} can be paid more than once`)
  if (payable.length > 0) assert.ok(HOLDS.includes(status), `${orderId} is ${status} and can still be paid`)
}

/** Every payment has a receipt and every refund that went a credit note, numbered from 1 without a gap. */
async function assertNumbered(store: Pick<Store, 'get'>, orders: readonly Order[]): Promise<void> {
  for (const { orderId, payment, receipt, refunds } of orders) {
    assert.equal(receipt !== null, payment !== null, `the receipt of ${orderId}`)
    for (const { n, status, creditNote } of refunds) {
      // A refund that came back later keeps its number.
      if (status === 'succeeded') assert.ok(creditNote, `the credit note of refund ${n} of ${orderId}`)
      if (status === 'asked') assert.equal(creditNote, null, `refund ${n} of ${orderId} did not go yet`)
    }
  }
  const papers = orders.flatMap(({ receipt, refunds }) => [receipt, ...refunds.map((r) => r.creditNote)])
  const numbers = papers.flatMap((paper) => (paper ? [paper.number] : [])).toSorted((a, b) => a - b)
  assert.deepEqual(
    numbers,
    numbers.map((_, i) => i + 1),
    'receipts are numbered without a gap',
  )
  const counter = await store.get('counters', 'receipts')
  assert.equal(counter?.value.last ?? 0, numbers.length, 'the last number that was given')
}

/** Nobody paid and was forgotten. */
function assertPaymentsKnown(orders: ReadonlyMap<string, Order>, stripe: AtStripe): void {
  for (const session of stripe.sessions) {
    const order = orders.get(session.client_reference_id ?? '')
    assert.ok(order, `${session.id} belongs to no order`)
    if (session.payment_status !== 'paid') continue
    assert.equal(order.payment?.paymentIntentId, session.payment_intent, `${order.orderId} was paid`)
  }
}

/** Our books and Stripe agree to the cent; a fee that Stripe has not told us yet is the only thing between. */
function assertBalance(orders: readonly Order[], ledger: readonly LedgerEntry[], stripe: AtStripe): void {
  const books = balances(ledger)
  assert.equal(
    Object.values(books).reduce((a, b) => a + b, 0),
    0,
    'the ledger does not balance',
  )
  const untold = orders
    .filter(({ payment }) => payment && payment.stripeFee === null)
    .reduce((sum, { payment }) => sum + (stripe.fees.get(payment?.chargeId ?? '') ?? 0), 0)
  assert.equal(books.stripe - untold, stripe.balance, "our ledger's account and Stripe's balance")
}

function assertOneAccountEach({ accounts }: AtStripe): void {
  const builders = accounts.map(({ metadata }) => metadata.builder_id)
  assert.equal(new Set(builders).size, builders.length, `a builder has two accounts: ${builders}`)
}

/** Whatever is left in the outbox waits for a moment to come, and its subject says why. */
async function assertNothingForgotten(
  store: Pick<Store, 'find'>,
  orders: ReadonlyMap<string, Order>,
  now: number,
): Promise<void> {
  for (const queue of ['checkout', 'doors', 'money', 'cards', 'reminders', 'news'] as const) {
    for (const { id, value: effect } of await readAll(store, 'outbox', 'dueAt', { queue })) {
      assert.ok(effect.dueAt > now && effect.leaseUntil <= now, `${id} was due and is not done`)
      const order = orders.get(effect.subject)
      const waits =
        effect.lastError !== null ||
        effect.kind === 'close_drop' ||
        effect.kind === 'open_drop' ||
        effect.kind === 'watch' ||
        effect.kind === 'account' ||
        effect.kind === 'tend_case' ||
        (effect.kind === 'dispute' &&
          order?.dispute?.status !== 'won' &&
          order?.dispute?.status !== 'lost') ||
        // The look at the end of a hold stays on the list when the buyer's return to the shop told of the payment first.
        (effect.kind === 'checkout' &&
          order &&
          (HOLDS.includes(order.status) || effect.dueAt === order.holdUntil)) ||
        (effect.kind === 'refund' && order?.refunds.some(({ status }) => status === 'pending')) ||
        (effect.kind === 'transfer' && order?.status === 'release_blocked') ||
        (effect.kind === 'stripe_fee' && order?.payment?.stripeFee === null)
      assert.ok(waits, `${id} waits without a reason`)
    }
  }
}

function entriesOf(ledger: readonly Stored<'ledger'>[], orderId: string): LedgerEntry[] {
  return ledger.filter(({ value }) => value.orderId === orderId).map(({ value }) => value)
}

/** Everything of one kind that core has. */
export async function readAll<C extends CollectionName>(
  store: Pick<Store, 'find'>,
  collection: C,
  orderBy: Searchable<C>,
  where: Parameters<typeof store.find<C>>[1]['where'] = {},
): Promise<Stored<C>[]> {
  const found: Stored<C>[] = []
  let cursor: string | null = null
  do {
    const page: Page<C> = await store.find(collection, {
      where,
      orderBy,
      direction: 'asc',
      limit: 500,
      cursor,
    })
    found.push(...page.documents)
    cursor = page.cursor
  } while (cursor)
  return found
}

export async function readStripe(stripeUrl: string): Promise<AtStripe> {
  async function ask<T>(path: string): Promise<T> {
    const response = await fetch(stripeUrl + path, {
      headers: { authorization: 'Bearer sk_test_invariants' },
    })
    assert.equal(response.status, 200, `${path} answered ${response.status}`)
    return (await response.json()) as T
  }
  async function list<T extends { readonly id: string }>(name: string, query = ''): Promise<T[]> {
    const all: T[] = []
    for (;;) {
      const after = all.at(-1) ? `&starting_after=${all.at(-1)?.id}` : ''
      const page = await ask<{ data: T[]; has_more: boolean }>(`/v1/${name}?limit=100${query}${after}`)
      all.push(...page.data)
      if (!page.has_more) return all
    }
  }
  const [sessions, transfers, refunds, accounts, charges, balance] = await Promise.all([
    list<SessionAtStripe>('checkout/sessions'),
    list<TransferAtStripe>('transfers'),
    list<RefundAtStripe>('refunds'),
    list<AccountAtStripe>('accounts'),
    list<{ id: string; source: string; fee: number }>('balance_transactions', '&type=charge'),
    ask<{ available: { amount: number }[]; pending: { amount: number }[] }>('/v1/balance'),
  ])
  return {
    sessions,
    transfers,
    refunds,
    accounts,
    fees: new Map(charges.map(({ source, fee }) => [source, fee])),
    balance: [...balance.available, ...balance.pending].reduce((sum, { amount }) => sum + amount, 0),
  }
}
