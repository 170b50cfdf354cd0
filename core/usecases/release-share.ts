import { AppError } from '#contract'
import { frozenBy, type Order } from '../domain/order.ts'
import { PaymentsError } from '../ports/payments.ts'
import { advanceOrder } from './advance-order.ts'
import type { Deps } from './deps.ts'

/** How long a refused transfer waits before it is tried again by itself. */
const BLOCKED_RETRY_MS = 6 * 60 * 60_000

/**
 * Transfer what is left of the builder's share, less what the builder owes from before. The amount is written down
 * before Stripe is asked, so a repeat asks the same; Stripe is asked for an earlier transfer first: no run can know that
 * there was none, since a store may have been restored from a backup. A refusal is written on the order and tried again
 * later. Frozen orders wait: whatever unfreezes them wishes again. Answers when to run again (UTC ms), or null.
 * Throws PaymentsError 'busy' when it is unknown whether it was done.
 */
export async function releaseShare(
  deps: Pick<Deps, 'store' | 'change' | 'clock' | 'payments'>,
  orderId: string,
): Promise<number | null> {
  const order = await advanceOrder(deps, orderId, (fresh, { builder }) =>
    isDue(fresh) && !fresh.release?.open && !frozenBy(fresh)
      ? { type: 'release_asked', netted: Math.max(0, builder?.debt ?? 0) }
      : null,
  )
  const { release, payment } = order
  if (!release?.open || order.transferId) return null
  if (release.amount === 0) {
    await settle(deps, orderId, release.attempt, { type: 'transfer_made', transferId: null })
    return null
  }
  const builder = (await deps.store.get('builders', order.builderId))?.value
  if (!builder?.accountId || !payment) throw new AppError('internal', `${orderId} has nobody to pay`)
  try {
    const { transferId } = await deps.payments.transfer({
      orderId,
      amount: release.amount,
      currency: order.currency,
      accountId: builder.accountId,
      chargeId: payment.chargeId,
      idempotencyKey: `${orderId}:transfer:${release.attempt}`,
    })
    await settle(deps, orderId, release.attempt, { type: 'transfer_made', transferId })
    return null
  } catch (error) {
    if (!(error instanceof PaymentsError) || error.kind !== 'refused') throw error
    const { code, message } = error
    await settle(deps, orderId, release.attempt, { type: 'transfer_refused', code, message })
    return deps.clock.now() + BLOCKED_RETRY_MS
  }
}

function isDue({ status }: Order): boolean {
  return status === 'arrived' || status === 'release_blocked'
}

/** Book the answer to this attempt; an answer to an older one says nothing. */
function settle(
  deps: Pick<Deps, 'store' | 'change' | 'clock'>,
  orderId: string,
  attempt: number,
  event:
    | { readonly type: 'transfer_made'; readonly transferId: string | null }
    | { readonly type: 'transfer_refused'; readonly code: string | null; readonly message: string },
): Promise<Order> {
  return advanceOrder(deps, orderId, ({ release }) =>
    release?.open && release.attempt === attempt ? event : null,
  )
}
