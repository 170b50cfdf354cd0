import { AppError } from '#contract'
import { claimId, moveClaim, moveUnit, NO_CLAIM } from '../domain/drop.ts'
import { ledgerId } from '../domain/ledger.ts'
import { type Order, type OrderEvent, stepOrder } from '../domain/order.ts'
import type { Key } from '../ports/store.ts'
import type { Deps } from './deps.ts'
import { effectKey, wish, wishNotice } from './wish.ts'

/**
 * Move one order by one event and write everything that follows in the same commit: the order, the shelf, the
 * buyer's claim, the ledger, and the wishes for what must happen outside. `choose` sees the fresh order and drop and
 * names the event, or null to leave things as they are. Answers the order as it then stands.
 * Throws AppError with the refusal's code, or `order_not_found`.
 */
export async function advanceOrder(
  deps: Pick<Deps, 'store' | 'change' | 'clock'>,
  orderId: string,
  choose: (order: Order, available: number) => OrderEvent | null,
): Promise<Order> {
  const known = (await deps.store.get('orders', orderId))?.value
  if (!known) throw new AppError('order_not_found')
  const { dropId, buyerId } = known
  return deps.change({
    lane: dropId,
    reads: [
      ['orders', orderId],
      ['inventory', dropId],
      ['claims', claimId(dropId, buyerId)],
      effectKey('checkout', orderId),
      effectKey('draw_card', dropId),
    ] satisfies Key[],
    decide(sheet) {
      const now = deps.clock.now()
      const order = sheet.get('orders', orderId)
      const drop = sheet.get('inventory', dropId)
      if (!order || !drop) throw new AppError('order_not_found')
      const event = choose(order, drop.available)
      if (!event) return order
      const step = stepOrder(order, event, now)
      if (!step.ok) throw new AppError(step.code)

      sheet.put('orders', orderId, step.order)
      if (step.shelf) {
        sheet.put('inventory', dropId, moveUnit(drop, step.shelf))
        const claim = sheet.get('claims', claimId(dropId, buyerId)) ?? NO_CLAIM
        sheet.put('claims', claimId(dropId, buyerId), moveClaim(claim, step.shelf))
        wish(sheet, 'draw_card', dropId, now)
      }
      for (const posting of step.postings) {
        sheet.put('ledger', ledgerId(orderId, posting.movement), {
          ...posting,
          orderId,
          builderId: order.builderId,
          currency: order.currency,
          at: now,
        })
      }
      for (const kind of step.effects) wish(sheet, kind, orderId, now)
      for (const notice of step.notices) wishNotice(sheet, orderId, notice, now)
      return step.order
    },
  })
}
