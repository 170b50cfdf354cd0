import { AppError } from '#contract'
import type { Refund } from '../ports/payments.ts'
import { advanceOrder } from './advance-order.ts'
import type { Deps } from './deps.ts'

/** How soon to look again at a refund that Stripe has not finished. */
const PENDING_MS = 60 * 60_000

/**
 * Give the whole payment back. `refunded` only when Stripe says succeeded. Safe to repeat.
 * Answers when to run again (UTC ms), or null. Throws PaymentsError; a refusal stays in the outbox with its reason.
 */
export async function refundPayment(
  deps: Pick<Deps, 'store' | 'change' | 'clock' | 'payments'>,
  orderId: string,
  firstRun: boolean,
): Promise<number | null> {
  const order = (await deps.store.get('orders', orderId))?.value
  if (!order) throw new AppError('order_not_found')
  if (order.status !== 'refunding' || !order.payment) return null
  const refund: Refund = order.refundId
    ? await deps.payments.readRefund(order.refundId)
    : await deps.payments.refund({
        orderId,
        paymentIntentId: order.payment.paymentIntentId,
        amount: order.total,
        idempotencyKey: `${orderId}:refund:1`,
        lookFirst: !firstRun,
      })
  const { refundId, status } = refund
  if (status === 'failed')
    throw new AppError('internal', `Stripe could not refund ${orderId}: ${refundId} failed`)
  await advanceOrder(deps, orderId, (fresh) => {
    if (fresh.status !== 'refunding') return null
    if (status === 'succeeded') return { type: 'refund_succeeded', refundId }
    return fresh.refundId === refundId ? null : { type: 'refund_made', refundId }
  })
  return status === 'succeeded' ? null : deps.clock.now() + PENDING_MS
}
