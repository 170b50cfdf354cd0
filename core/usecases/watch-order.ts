import { AppError } from '#contract'
import { frozenBy, givenBack, type Order, type OrderEvent } from '../domain/order.ts'
import { advanceOrder } from './advance-order.ts'
import type { Deps, Settings } from './deps.ts'

/** A frozen order is looked at again each day: the freeze may outlast every other moment. */
const FROZEN_MS = 24 * 60 * 60_000

/** When the share of a shipped order is released by itself, or null while that is not coming. */
export function releasesAt(order: Order, settings: Pick<Settings, 'releaseAfterMs'>): number | null {
  if (order.status !== 'shipped' || !order.shipment || frozenBy(order)) return null
  return order.shipment.shippedAt + settings.releaseAfterMs
}

/** Until when the money of this order may be held, or null when none is. */
export function holdingEndsAt(order: Order, settings: Pick<Settings, 'holding'>): number | null {
  const held = order.status === 'paid' || order.status === 'shipped'
  if (!held || !order.payment || order.settlement === 'at_payment') return null
  return order.payment.at + settings.holding.limitMs
}

/**
 * Look at an order whose time may have come: the share goes out by itself a while after shipping, people are warned
 * that money cannot be held for ever, and at the limit it goes where the operator chose. A case or a dispute stops all
 * of it but the warning. Answers when to look again (UTC ms), or null.
 */
export async function watchOrder(
  deps: Pick<Deps, 'store' | 'change' | 'clock' | 'settings'>,
  orderId: string,
): Promise<number | null> {
  const { settings } = deps
  const after = await advanceOrder(deps, orderId, (order) => dueEvent(order, settings, deps.clock.now()))
  const now = deps.clock.now()
  const { payment } = after
  if (!payment) throw new AppError('internal', `${orderId} is watched without a payment`)
  const limit = holdingEndsAt(after, settings)
  const moments = [
    releasesAt(after, settings),
    limit !== null && after.holdingWarnedAt === null ? payment.at + settings.holding.warnMs : null,
    limit,
  ].filter((at) => at !== null)
  if (moments.length === 0) return null
  const next = Math.min(...moments)
  return next > now ? next : now + FROZEN_MS
}

function dueEvent(order: Order, settings: Settings, now: number): OrderEvent | null {
  const frozen = frozenBy(order) !== null
  const release = releasesAt(order, settings)
  if (release !== null && now >= release) return { type: 'arrived' }
  const limit = holdingEndsAt(order, settings)
  if (limit === null || !order.payment) return null
  if (now >= limit && !frozen) {
    const amount = order.total - givenBack(order)
    return settings.holding.end === 'release' && order.status === 'shipped'
      ? { type: 'arrived' }
      : { type: 'refund_asked', amount, reason: 'holding_limit', note: '', by: null }
  }
  const warn = now >= order.payment.at + settings.holding.warnMs && order.holdingWarnedAt === null
  return warn ? { type: 'holding_warned' } : null
}
