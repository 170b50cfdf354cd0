import { AppError } from '#contract'
import { advanceOrder } from './advance-order.ts'
import type { Deps } from './deps.ts'

const UNKNOWN_MS = 60_000

/**
 * Book what Stripe kept of a payment, once Stripe knows: with asynchronous capture the charge comes first and its
 * balance transaction later. Answers when to ask again (UTC ms), or null.
 */
export async function learnFee(
  deps: Pick<Deps, 'store' | 'change' | 'clock' | 'payments'>,
  orderId: string,
): Promise<number | null> {
  const order = (await deps.store.get('orders', orderId))?.value
  if (!order) throw new AppError('order_not_found')
  if (!order.payment || order.payment.stripeFee !== null) return null
  const amount = await deps.payments.readFee(order.payment.chargeId)
  if (amount === null) return deps.clock.now() + UNKNOWN_MS
  await advanceOrder(deps, order, (fresh) =>
    fresh.payment?.stripeFee === null ? { type: 'stripe_fee_known', amount } : null,
  )
  return null
}
