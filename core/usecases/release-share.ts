import { AppError } from '#contract'
import { PaymentsError } from '../ports/payments.ts'
import { advanceOrder } from './advance-order.ts'
import type { Deps } from './deps.ts'

/** How long a refused transfer waits before it is tried again by itself. */
const BLOCKED_RETRY_MS = 6 * 60 * 60_000

/**
 * Transfer the builder's share of an order that arrived. Safe to repeat: one key per order, and Stripe is asked for an
 * earlier transfer first whenever this is not the first run. A refusal is written on the order and tried again later.
 * Answers when to run again (UTC ms), or null. Throws PaymentsError 'busy' when it is unknown whether it was done.
 */
export async function releaseShare(
  deps: Pick<Deps, 'store' | 'change' | 'clock' | 'payments'>,
  orderId: string,
  firstRun: boolean,
): Promise<number | null> {
  const order = (await deps.store.get('orders', orderId))?.value
  if (!order) throw new AppError('order_not_found')
  if (order.status !== 'arrived' && order.status !== 'release_blocked') return null
  const builder = (await deps.store.get('builders', order.builderId))?.value
  if (!builder?.accountId || !order.payment) throw new AppError('internal', `${orderId} has nobody to pay`)
  try {
    const { transferId } = await deps.payments.transfer({
      orderId,
      amount: order.share,
      currency: order.currency,
      accountId: builder.accountId,
      chargeId: order.payment.chargeId,
      idempotencyKey: `${orderId}:transfer:${attemptOf(order.history)}`,
      lookFirst: !firstRun || order.status === 'release_blocked',
    })
    await advanceOrder(deps, orderId, (fresh) =>
      fresh.transferId === null ? { type: 'transfer_made', transferId } : null,
    )
    return null
  } catch (error) {
    if (!(error instanceof PaymentsError) || error.kind !== 'refused') throw error
    const { code, message } = error
    await advanceOrder(deps, orderId, (fresh) =>
      fresh.transferId === null ? { type: 'transfer_refused', code, message } : null,
    )
    return deps.clock.now() + BLOCKED_RETRY_MS
  }
}

/** Stripe replays a refusal for the same key, so each refusal starts a new attempt. */
function attemptOf(history: readonly { readonly event: string }[]): number {
  return 1 + history.filter((entry) => entry.event === 'transfer_refused').length
}
