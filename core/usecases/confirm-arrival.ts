import { AppError } from '#contract'
import type { Order } from '../domain/order.ts'
import { advanceOrder } from './advance-order.ts'
import type { Deps } from './deps.ts'

/**
 * The buyer has it in hand: the builder's share may go. Saying it twice is once.
 * Throws order_not_found, not_yours, not_paid, not_shipped or order_moved_on (the money went back).
 */
export function confirmArrival(
  deps: Pick<Deps, 'store' | 'change' | 'clock'>,
  input: { readonly userId: string; readonly orderId: string },
): Promise<Order> {
  return advanceOrder(deps, input.orderId, (order) => {
    if (order.buyerId !== input.userId) throw new AppError('not_yours')
    if (order.status === 'paid') throw new AppError('not_shipped')
    if (order.arrivedAt !== null) return null
    if (order.payment && order.status !== 'shipped') throw new AppError('order_moved_on')
    return { type: 'arrived' }
  })
}
