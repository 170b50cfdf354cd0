import assert from 'node:assert/strict'
import type { OrderStatus } from '#contract'
import { claimId } from '../core/domain/drop.ts'
import { balances, type LedgerEntry } from '../core/domain/ledger.ts'
import type { Order } from '../core/domain/order.ts'
import type { CollectionName, Page, Searchable, Store, Stored } from '../core/ports/store.ts'

const HOLDS: readonly OrderStatus[] = ['held', 'closing']
const SOLD: readonly OrderStatus[] = ['paid', 'shipped', 'arrived', 'released', 'release_blocked']
const GIVEN_BACK: readonly OrderStatus[] = ['refunding', 'refunded']

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
  readonly store: Pick<Store, 'find' | 'get'>
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
  for (const { value: order } of orders) assertMoneyOf(order, entriesOf(ledger, order.orderId), stripe)
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
    const of = (statuses: readonly OrderStatus[]) =>
      orders.filter((order) => order.dropId === id && statuses.includes(order.status)).length
    const { available, held, sold, quantity } = drop
    assert.deepEqual(
      { available, held, sold },
      { available: quantity - of(HOLDS) - of(SOLD), held: of(HOLDS), sold: of(SOLD) },
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
      const taken = mine.filter(({ status }) => HOLDS.includes(status) || SOLD.includes(status)).length
      assert.equal(claim.taken, taken, `how many of ${id} ${buyerId} has`)
    }
  }
}

/** An order's entries sum to zero, and stand where its state says they must. */
function assertMoneyOf(order: Order, entries: readonly LedgerEntry[], stripe: AtStripe): void {
  const { orderId, status, total, share } = order
  const sum = entries.flatMap(({ lines }) => lines).reduce((a, { amount }) => a + amount, 0)
  assert.equal(sum, 0, `the entries of ${orderId} do not sum to zero`)
  const { buyer_money, builder_due, refund_due } = balances(entries)
  const owed = { buyer_money: 0, builder_due: 0, refund_due: 0 }
  if (status === 'paid' || status === 'shipped') owed.buyer_money = -total
  if (status === 'arrived' || status === 'release_blocked') owed.builder_due = -share
  if (status === 'refunding') owed.refund_due = -total
  assert.deepEqual({ buyer_money, builder_due, refund_due }, owed, `what is owed for ${orderId}, ${status}`)
  assert.equal(order.payment === null, ![...SOLD, ...GIVEN_BACK].includes(status), `${orderId}: ${status}`)
  if (!order.payment) assert.equal(entries.length, 0, `${orderId} is not paid and has entries`)

  const mine = <T extends TransferAtStripe>(all: readonly T[]) =>
    all.filter(({ metadata }) => metadata.order_id === orderId)
  assert.deepEqual(
    mine(stripe.transfers).map(({ id, amount }) => ({ id, amount })),
    status === 'released' ? [{ id: order.transferId, amount: share }] : [],
    `the transfers of ${orderId}, ${status}`,
  )
  const refunds = mine(stripe.refunds).filter((refund) => refund.status !== 'failed')
  assert.ok(refunds.length <= 1, `${orderId} was refunded ${refunds.length} times`)
  for (const refund of refunds) {
    assert.equal(refund.amount, total)
    assert.ok(GIVEN_BACK.includes(status), `${orderId} is ${status} and was refunded`)
  }
  if (status === 'refunded') assert.equal(refunds[0]?.status, 'succeeded', `the refund of ${orderId}`)

  const sessions = stripe.sessions.filter((session) => session.client_reference_id === orderId)
  const payable = sessions.filter((session) => session.status === 'open')
  const paid = sessions.filter((session) => session.payment_status === 'paid')
  assert.ok(payable.length + paid.length <= 1, `${orderId} can be paid more than once`)
  if (payable.length > 0) assert.ok(HOLDS.includes(status), `${orderId} is ${status} and can still be paid`)
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
  for (const queue of ['checkout', 'money', 'cards', 'news'] as const) {
    for (const { id, value: effect } of await readAll(store, 'outbox', 'dueAt', { queue })) {
      assert.ok(effect.dueAt > now && effect.leaseUntil <= now, `${id} was due and is not done`)
      const order = orders.get(effect.subject)
      const waits =
        effect.lastError !== null ||
        effect.kind === 'close_drop' ||
        // The look at the end of a hold stays on the list when the buyer's return to the shop told of the payment first.
        (effect.kind === 'checkout' &&
          order &&
          (HOLDS.includes(order.status) || effect.dueAt === order.holdUntil)) ||
        (effect.kind === 'refund' && order?.status === 'refunding') ||
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
