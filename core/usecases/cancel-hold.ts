import { AppError } from '#contract'
import type { Order } from '../domain/order.ts'
import { advanceOrder } from './advance-order.ts'
import type { Deps } from './deps.ts'

/**
 * The buyer lets a hold go. The unit is back on the shelf once Stripe has shut the pay page; the wish for that is in
 * the same commit. Letting go twice is once. Throws order_not_found, not_yours, or hold_paid when it is bought.
 */
export function cancelHold(
  deps: Pick<Deps, 'store' | 'change' | 'clock'>,
  input: { readonly userId: string; readonly orderId: string },
): Promise<Order> {
  return advanceOrder(deps, input.orderId, (order) => {
    if (order.buyerId !== input.userId) throw new AppError('not_yours')
    if (order.status === 'closing' || order.status === 'expired') return null
    return { type: 'hold_ended', by: 'buyer' }
  })
}
