import {
  AppError,
  type Attention,
  type CaseStatus,
  type DashboardView,
  type IdentityView,
  type Money,
  type MoneyView,
  type OperatorQueue,
  type OrderStatus,
  type OrderView,
  type Person,
  type ProfileView,
} from '#contract'
import type { Builder } from '../domain/builder.ts'
import type { Sum } from '../domain/totals.ts'
import type { Deps } from './deps.ts'
import { readDrops } from './read-drops.ts'
import { readTotals } from './read-totals.ts'
import { toNotice } from './tell.ts'
import { toBuilderView, toCaseView, toChannelView, toOrderView } from './views.ts'

const ORDERS_SHOWN = 25
const DROPS_SHOWN = 10
const LINES_SHOWN = 10

/** A buyer's orders, newest first, what could not be told, and the builder's side when there is one. */
export async function readProfile(
  deps: Pick<Deps, 'store' | 'clock' | 'settings'>,
  input: { readonly person: Person },
): Promise<ProfileView> {
  const { person } = input
  const [orders, user, builder] = await Promise.all([
    deps.store.find('orders', {
      where: { buyerId: person.userId },
      orderBy: 'createdAt',
      direction: 'desc',
      limit: ORDERS_SHOWN,
    }),
    deps.store.get('users', person.userId),
    deps.store.get('builders', person.userId),
  ])
  const missed = await Promise.all((user?.value.missed ?? []).map((entry) => toNotice(deps, entry)))
  return {
    person,
    orders: orders.documents.map(({ value }) => toOrderView(value, 'buyer', deps.settings)),
    missed: missed.filter((notice) => notice !== null),
    builder: builder ? toBuilderView(builder.value, deps.settings, deps.clock.now()) : null,
  }
}

/** A builder's drops, what is to ship, and where their money is. Throws builder_not_found. */
export async function readDashboard(
  deps: Pick<Deps, 'store' | 'change' | 'clock' | 'settings'>,
  input: { readonly userId: string },
): Promise<DashboardView> {
  const builderId = input.userId
  const builder = await getBuilder(deps, builderId)
  const [drops, toShip, onTheWay, sums] = await Promise.all([
    readDrops(deps, {
      where: { builderId },
      orderBy: 'openedAt',
      direction: 'desc',
      limit: DROPS_SHOWN,
    }),
    ordersIn(deps, builderId, 'paid'),
    ordersIn(deps, builderId, 'shipped'),
    readTotals(deps, builderId),
  ])
  return {
    builder: toBuilderView(builder, deps.settings, deps.clock.now()),
    drops: drops.drops,
    toShip,
    onTheWay,
    moneyHeld: moneyOf(sums, 'held'),
    moneyReleased: moneyOf(sums, 'released'),
  }
}

/** A builder's money, one line per order, newest first. Throws builder_not_found. */
export async function readMoney(
  deps: Pick<Deps, 'store' | 'change' | 'clock' | 'settings'>,
  input: { readonly userId: string; readonly cursor: string | null },
): Promise<MoneyView> {
  const builderId = input.userId
  const builder = await getBuilder(deps, builderId)
  const [page, sums] = await Promise.all([
    deps.store.find('orders', {
      where: { builderId },
      orderBy: 'createdAt',
      direction: 'desc',
      limit: LINES_SHOWN,
      cursor: input.cursor,
    }),
    readTotals(deps, builderId),
  ])
  return {
    builder: toBuilderView(builder, deps.settings, deps.clock.now()),
    lines: page.documents
      .filter(({ value }) => value.payment !== null)
      .map(({ value }) => toOrderView(value, 'builder', deps.settings)),
    cursor: page.cursor,
    held: moneyOf(sums, 'held'),
    released: moneyOf(sums, 'released'),
    debt: { amount: Math.max(0, builder.debt), currency: deps.settings.currency },
  }
}

/** What waits for an operator. */
export async function readQueue(
  deps: Pick<Deps, 'store' | 'change' | 'clock' | 'settings'>,
): Promise<OperatorQueue> {
  const orders = async (attention: Attention) => {
    const page = await deps.store.find('orders', {
      where: { attention },
      orderBy: 'createdAt',
      direction: 'asc',
      limit: ORDERS_SHOWN,
    })
    return page.documents.map(({ value }) => toOrderView(value, 'builder', deps.settings))
  }
  const cases = async (status: CaseStatus) =>
    (
      await deps.store.find('cases', {
        where: { status },
        orderBy: 'openedAt',
        direction: 'asc',
        limit: ORDERS_SHOWN,
      })
    ).documents
  const [
    applied,
    silent,
    answered,
    open,
    blocked,
    failedRefunds,
    disputes,
    drifts,
    nearHoldingLimit,
    selling,
  ] = await Promise.all([
    deps.store.find('builders', {
      where: { status: 'applied' },
      orderBy: 'joinedAt',
      direction: 'asc',
      limit: ORDERS_SHOWN,
    }),
    cases('silent'),
    cases('answered'),
    cases('open'),
    orders('release_blocked'),
    orders('refund_failed'),
    orders('dispute'),
    orders('drift'),
    orders('holding'),
    deps.store.get('switches', 'selling'),
  ])
  const waiting = await Promise.all(
    [...silent, ...answered, ...open].slice(0, ORDERS_SHOWN).map(async ({ value }) => {
      const order = (await deps.store.get('orders', value.orderId))?.value
      return order ? [toCaseView(value, order, 'builder', deps.settings)] : []
    }),
  )
  return {
    applications: applied.documents.map(({ value }) => toBuilderView(value, deps.settings, deps.clock.now())),
    cases: waiting.flat(),
    blocked,
    failedRefunds,
    disputes,
    drifts,
    nearHoldingLimit,
    moneyHeld: moneyOf(await readTotals(deps, null), 'held'),
    paused: selling?.value.paused ?? false,
  }
}

/** Is this really them? Everybody may ask. */
export async function identify(
  deps: Pick<Deps, 'store' | 'clock' | 'settings'>,
  userId: string,
): Promise<IdentityView> {
  const builder = (await deps.store.get('builders', userId))?.value
  if (!builder) return { builder: null, channel: null }
  const { name, status, joinedAt, twitch, detailsSubmitted, transfers } = builder
  const isSetUp = detailsSubmitted || transfers
  // Nobody speaks to visitors whom an operator has not let in, or has sent away.
  const speaks = status === 'approved' || status === 'paused'
  const { about, link } = speaks ? builder : { about: '', link: null }
  return {
    builder: { person: { userId, name }, status, joinedAt, isSetUp, about, link },
    channel: toChannelView(twitch, deps.settings, deps.clock.now()),
  }
}

async function getBuilder(deps: Pick<Deps, 'store'>, userId: string): Promise<Builder> {
  const builder = (await deps.store.get('builders', userId))?.value
  if (!builder) throw new AppError('builder_not_found')
  return builder
}

function moneyOf(sums: readonly Sum[], what: 'held' | 'released'): Money[] {
  return sums.flatMap(({ currency, [what]: amount }) => (amount === 0 ? [] : [{ currency, amount }]))
}

/** The oldest of a builder's orders in one state. */
async function ordersIn(
  deps: Pick<Deps, 'store' | 'settings'>,
  builderId: string,
  status: OrderStatus,
): Promise<OrderView[]> {
  const page = await deps.store.find('orders', {
    where: { builderId, status },
    orderBy: 'createdAt',
    direction: 'asc',
    limit: ORDERS_SHOWN,
  })
  return page.documents.map(({ value }) => toOrderView(value, 'builder', deps.settings))
}
