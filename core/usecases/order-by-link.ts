import { AppError, isAppError } from '#contract'
import { readLink } from '../domain/link.ts'
import { isHeld, type Order } from '../domain/order.ts'
import { PaymentsError } from '../ports/payments.ts'
import type { Deps } from './deps.ts'
import { tendCheckout } from './tend-checkout.ts'

/** The order a pay or return link is about. Throws link_invalid or order_not_found. */
export async function orderByLink(
  deps: Pick<Deps, 'store' | 'settings'>,
  input: { readonly token: string },
): Promise<Order> {
  const orderId = readLink(deps.settings.linkSecret, 'order', input.token)
  if (!orderId) throw new AppError('link_invalid')
  const order = (await deps.store.get('orders', orderId))?.value
  if (!order) throw new AppError('order_not_found')
  return order
}

/**
 * The buyer came back from Stripe. The webhook may be late or lost, so Stripe is asked; when it cannot be asked now,
 * the order is told as we know it, and the outbox asks later.
 */
export async function orderForReturn(
  deps: Pick<Deps, 'store' | 'change' | 'clock' | 'payments' | 'settings'>,
  input: { readonly token: string },
): Promise<Order> {
  const order = await orderByLink(deps, input)
  const undecided = isHeld(order) || order.status === 'expired'
  if (!undecided || !order.checkout?.sessionId) return order
  try {
    await tendCheckout(deps, order.orderId)
  } catch (error) {
    // What is odd about an order is for its own work to tell, and for an operator: the buyer only came back.
    if (!(error instanceof PaymentsError) && !isAppError(error, 'internal') && !isAppError(error, 'conflict'))
      throw error
  }
  return orderByLink(deps, input)
}
