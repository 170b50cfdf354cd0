import { AppError, type Person } from '#contract'
import { assertReservable, claimId, type Drop, moveUnit } from '../domain/drop.ts'
import { splitFee } from '../domain/money.ts'
import type { Order } from '../domain/order.ts'
import type { Sheet } from './change.ts'
import type { Deps } from './deps.ts'
import { effectKey, wish } from './wish.ts'

/**
 * The hot path of a drop: take one unit off the shelf for one buyer, or say why not. Stripe is not asked here; the
 * wish for a Checkout Session is in the same commit. A repeated request answers with its first order, and a buyer
 * who already holds a unit of this drop gets that hold again (`already`).
 * Throws drop_not_found, own_drop, drop_closed, limit_reached, all_held or sold_out.
 */
export function createCheckout(
  deps: Pick<Deps, 'store' | 'change' | 'clock' | 'settings'>,
  input: { readonly buyer: Person; readonly dropId: string; readonly idempotencyKey: string },
): Promise<{ readonly order: Order; readonly already: boolean }> {
  const { buyer, dropId } = input
  const claim = claimId(dropId, buyer.userId)
  const requestId = `create-checkout:${input.idempotencyKey}`

  const reserve = (sheet: Sheet): Order | { readonly existing: string } => {
    const now = deps.clock.now()
    const earlier = sheet.get('inbox', requestId)?.result
    if (earlier) return { existing: earlier }
    const drop = sheet.get('inventory', dropId)
    if (!drop) throw new AppError('drop_not_found')
    const claimed = sheet.get('claims', claim)
    if (claimed?.liveOrderId) return { existing: claimed.liveOrderId }
    assertReservable(drop, buyer.userId, claimed, now)

    const orderId = deps.store.newId('ord')
    const order = newOrder(drop, buyer, orderId, now, deps.settings.holdMs)
    sheet.put('inventory', dropId, moveUnit(drop, 'reserve'))
    sheet.put('orders', orderId, order)
    sheet.put('claims', claim, { taken: (claimed?.taken ?? 0) + 1, liveOrderId: orderId })
    sheet.put('inbox', requestId, { type: 'create-checkout', receivedAt: now, result: orderId })
    wish(sheet, 'checkout', orderId, now)
    wish(sheet, 'draw_card', dropId, now)
    return order
  }

  return deps
    .change({
      lane: dropId,
      reads: [['inventory', dropId], ['claims', claim], ['inbox', requestId], effectKey('draw_card', dropId)],
      decide: reserve,
    })
    .then(async (result) => {
      if (!('existing' in result)) return { order: result, already: false }
      const order = (await deps.store.get('orders', result.existing))?.value
      if (!order) throw new AppError('order_not_found')
      return { order, already: true }
    })
}

function newOrder(drop: Drop, buyer: Person, orderId: string, now: number, holdMs: number): Order {
  return {
    orderId,
    dropId: drop.dropId,
    builderId: drop.builderId,
    buyerId: buyer.userId,
    status: 'held',
    title: drop.title,
    picture: drop.picture,
    buyer,
    builder: drop.builder,
    total: drop.price,
    ...splitFee(drop.price, drop.feeBps),
    feeBps: drop.feeBps,
    currency: drop.currency,
    createdAt: now,
    holdUntil: now + holdMs,
    endedBy: null,
    checkout: null,
    payment: null,
    shipment: null,
    arrivedAt: null,
    transferId: null,
    releasedAt: null,
    blocked: null,
    refundReason: null,
    refundId: null,
    history: [],
  }
}
