import { AppError, type OrderView } from '#contract'
import type { Deps } from './deps.ts'
import { visitor } from './log-in.ts'
import { toOrderView } from './views.ts'

const ORDERS_SHOWN = 25

type Needs = Pick<Deps, 'store' | 'clock' | 'settings'>

/** What the person behind a browser's session has held and bought, newest first. Throws login_needed. */
export async function ordersOfVisitor(
  deps: Needs,
  input: { readonly session: string; readonly cursor: string | null },
): Promise<{ readonly orders: OrderView[]; readonly cursor: string | null }> {
  const buyerId = visitor(deps, input.session)
  const page = await deps.store.find('orders', {
    where: { buyerId },
    orderBy: 'createdAt',
    direction: 'desc',
    limit: ORDERS_SHOWN,
    cursor: input.cursor,
  })
  const orders = page.documents.map(({ value }) => toOrderView(value, 'buyer', deps.settings))
  return { orders, cursor: page.cursor }
}

/** One of them. Throws login_needed; order_not_found also for somebody else's, which is nobody's business. */
export async function orderOfVisitor(
  deps: Needs,
  input: { readonly session: string; readonly orderId: string },
): Promise<OrderView> {
  const buyerId = visitor(deps, input.session)
  const order = (await deps.store.get('orders', input.orderId))?.value
  if (order?.buyerId !== buyerId) throw new AppError('order_not_found')
  return toOrderView(order, 'buyer', deps.settings)
}
