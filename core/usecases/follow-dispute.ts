import { AppError } from '#contract'
import { advanceOrder } from './advance-order.ts'
import type { Deps } from './deps.ts'

/** Disputes take weeks; a lost webhook is found within a day. */
const OPEN_MS = 24 * 60 * 60_000

/** Bring an order and the dispute of its charge into agreement. Answers when to look again (UTC ms), or null. */
export async function followDispute(
  deps: Pick<Deps, 'store' | 'change' | 'clock' | 'payments'>,
  orderId: string,
): Promise<number | null> {
  const order = (await deps.store.get('orders', orderId))?.value
  if (!order) throw new AppError('order_not_found')
  if (!order.chargeId) return null
  const dispute = await deps.payments.readDispute(order.chargeId)
  if (!dispute) return null
  // An inquiry has taken no money yet.
  if (dispute.status === 'warning') return deps.clock.now() + OPEN_MS
  const { status, ...about } = dispute
  await advanceOrder(deps, orderId, (fresh) =>
    fresh.dispute ? null : { type: 'dispute_opened', dispute: about },
  )
  if (status === 'open') return deps.clock.now() + OPEN_MS
  await advanceOrder(deps, orderId, (fresh) =>
    fresh.dispute?.status === 'open' ? { type: status === 'won' ? 'dispute_won' : 'dispute_lost' } : null,
  )
  return null
}
