import {
  AppError,
  type DashboardView,
  type Money,
  type Notice,
  type OrderStatus,
  type OrderView,
  type Person,
  type ProfileView,
} from '#contract'
import { noticeId } from '../domain/effect.ts'
import type { Order } from '../domain/order.ts'
import type { Page } from '../ports/store.ts'
import type { Deps } from './deps.ts'
import { toBuilderView, toDropView, toOrderView } from './views.ts'

const ORDERS_SHOWN = 25
const DROPS_SHOWN = 10

/** A buyer's orders, newest first, what could not be told, and the builder's side when there is one. */
export async function readProfile(
  deps: Pick<Deps, 'store' | 'settings'>,
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
  const missed: Notice[] = []
  for (const entry of user?.value.missed ?? []) {
    const order = (await deps.store.get('orders', entry.orderId))?.value
    if (!order) continue
    const reader = order.builderId === person.userId ? 'builder' : 'buyer'
    missed.push({
      noticeId: noticeId(entry.orderId, entry.kind),
      userId: person.userId,
      kind: entry.kind,
      order: toOrderView(order, reader, deps.settings),
      at: entry.at,
    })
  }
  return {
    person,
    orders: orders.documents.map(({ value }) => toOrderView(value, 'buyer', deps.settings)),
    missed,
    builder: builder ? toBuilderView(builder.value, deps.settings) : null,
  }
}

/** A builder's drops, what is to ship, and where their money is. Throws builder_not_found. */
export async function readDashboard(
  deps: Pick<Deps, 'store' | 'settings'>,
  input: { readonly userId: string },
): Promise<DashboardView> {
  const builderId = input.userId
  const builder = (await deps.store.get('builders', builderId))?.value
  if (!builder) throw new AppError('builder_not_found')
  const views = (orders: readonly Order[]): OrderView[] =>
    orders.slice(0, ORDERS_SHOWN).map((order) => toOrderView(order, 'builder', deps.settings))

  const [drops, paid, shipped, arrived, blocked, released] = await Promise.all([
    deps.store.find('inventory', {
      where: { builderId },
      orderBy: 'openedAt',
      direction: 'desc',
      limit: DROPS_SHOWN,
    }),
    ordersIn(deps, builderId, 'paid'),
    ordersIn(deps, builderId, 'shipped'),
    ordersIn(deps, builderId, 'arrived'),
    ordersIn(deps, builderId, 'release_blocked'),
    ordersIn(deps, builderId, 'released'),
  ])
  return {
    builder: toBuilderView(builder, deps.settings),
    drops: drops.documents.map(({ value }) => toDropView(value)),
    toShip: views(paid),
    onTheWay: views(shipped),
    moneyHeld: sharesOf([...paid, ...shipped, ...arrived, ...blocked]),
    moneyReleased: sharesOf(released),
  }
}

/** All of a builder's orders in one state, oldest first. */
async function ordersIn(deps: Pick<Deps, 'store'>, builderId: string, status: OrderStatus): Promise<Order[]> {
  const orders: Order[] = []
  let cursor: string | null = null
  do {
    const page: Page<'orders'> = await deps.store.find('orders', {
      where: { builderId, status },
      orderBy: 'createdAt',
      direction: 'asc',
      limit: 500,
      cursor,
    })
    for (const { value } of page.documents) orders.push(value)
    cursor = page.cursor
  } while (cursor)
  return orders
}

function sharesOf(orders: readonly Order[]): Money[] {
  const totals = new Map<string, number>()
  for (const { currency, share } of orders) totals.set(currency, (totals.get(currency) ?? 0) + share)
  return [...totals].map(([currency, amount]) => ({ currency, amount }))
}
