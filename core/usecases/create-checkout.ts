import { AppError, type Person } from '#contract'
import {
  assertReservable,
  type Claim,
  claimId,
  claimUnit,
  type Drop,
  moveUnit,
  NO_CLAIM,
} from '../domain/drop.ts'
import { newOrder, type Order } from '../domain/order.ts'
import type { Key } from '../ports/store.ts'
import type { Sheet } from './change.ts'
import type { Deps } from './deps.ts'
import { effectKey, wish } from './wish.ts'

/**
 * The hot path of a drop: take one unit off the shelf for one buyer, or say why not. Stripe is not asked here; the
 * wish for a Checkout Session is in the same commit. A repeated request answers with its first order, and a buyer
 * who already holds a unit of this drop gets that hold again (`already`).
 * Throws drop_not_found, paused, own_drop, drop_closed, limit_reached, all_held or sold_out.
 */
export async function createCheckout(
  deps: Pick<Deps, 'store' | 'change' | 'clock' | 'settings'>,
  input: { readonly buyer: Person; readonly dropId: string; readonly idempotencyKey: string },
): Promise<{ readonly order: Order; readonly already: boolean }> {
  const { buyer, dropId, idempotencyKey: key } = input
  const id = claimId(dropId, buyer.userId)

  const reserve = (sheet: Sheet): Order | { readonly existing: string } => {
    const now = deps.clock.now()
    const drop = sheet.get('inventory', dropId)
    if (!drop) throw new AppError('drop_not_found')
    const claim = sheet.get('claims', id) ?? NO_CLAIM
    const repeated = claim.requests.find((request) => request.key === key)
    const existing = repeated?.orderId ?? claim.liveOrderId
    if (existing) return { existing }
    if (sheet.get('switches', 'selling')?.paused) throw new AppError('paused')
    assertReservable(drop, buyer.userId, claim, now)

    return holdUnit(deps, sheet, { drop, buyer, claim, key }, now)
  }

  const result = await deps.change({
    lane: dropId,
    reads: holdKeys(dropId, buyer.userId),
    decide: reserve,
  })
  if (!('existing' in result)) return { order: result, already: false }
  const order = (await deps.store.get('orders', result.existing))?.value
  if (!order) throw new AppError('order_not_found')
  return { order, already: true }
}

/** What must be read before a person may hold a unit. */
export function holdKeys(dropId: string, buyerId: string): Key[] {
  return [
    ['inventory', dropId],
    ['claims', claimId(dropId, buyerId)],
    ['switches', 'selling'],
    effectKey('draw_card', dropId),
  ]
}

/** Write down that this person holds one unit from now on. `key` names what asked for it. */
export function holdUnit(
  deps: Pick<Deps, 'store' | 'settings'>,
  sheet: Sheet,
  wanted: { readonly drop: Drop; readonly buyer: Person; readonly claim: Claim; readonly key: string },
  now: number,
): Order {
  const { drop, buyer, claim, key } = wanted
  const { dropId } = drop
  const orderId = deps.store.newId('ord')
  const order = newOrder({ drop, buyer, orderId, holdUntil: now + deps.settings.holdMs }, now)
  sheet.put('inventory', dropId, moveUnit(drop, 'reserve'))
  sheet.put('orders', orderId, order)
  sheet.put('claims', claimId(dropId, buyer.userId), claimUnit(claim, key, orderId))
  wish(sheet, 'checkout', orderId, now)
  wish(sheet, 'draw_card', dropId, now)
  return order
}
