import { AppError } from '#contract'
import type { Builder } from '../domain/builder.ts'
import {
  claimId,
  type Drop,
  isSoldOut,
  moveClaim,
  moveUnit,
  NO_CLAIM,
  type ShelfMove,
} from '../domain/drop.ts'
import type { EffectKind } from '../domain/effect.ts'
import { ledgerId } from '../domain/ledger.ts'
import { type Order, type OrderEvent, stepOrder } from '../domain/order.ts'
import type { Key } from '../ports/store.ts'
import type { Sheet } from './change.ts'
import type { Deps } from './deps.ts'
import { lineKey, wishForLine } from './waitlist.ts'
import { effectKey, wish, wishCall, wishNotice } from './wish.ts'

/** What an event of an order may wish for again while an earlier wish still stands. */
const ORDER_EFFECTS = [
  'checkout',
  'transfer',
  'refund',
  'watch',
  'stripe_fee',
  'receipt',
] as const satisfies EffectKind[]

/** Everything an event of this order may look at or change. */
export function orderKeys({ orderId, dropId, buyerId, builderId }: Order): Key[] {
  return [
    ['orders', orderId],
    ['inventory', dropId],
    ['claims', claimId(dropId, buyerId)],
    ['builders', builderId],
    effectKey('draw_card', dropId),
    lineKey(dropId),
    ...ORDER_EFFECTS.map((kind) => effectKey(kind, orderId)),
  ]
}

export interface OrderScene {
  readonly order: Order
  readonly drop: Drop
  readonly builder: Builder | undefined
}

/** The order with its drop and builder, as a sheet that read orderKeys has them. */
export function orderScene(sheet: Sheet, orderId: string): OrderScene {
  const order = sheet.get('orders', orderId)
  const drop = order && sheet.get('inventory', order.dropId)
  if (!order || !drop) throw new AppError('order_not_found')
  return { order, drop, builder: sheet.get('builders', order.builderId) }
}

/**
 * Move one order by one event and write everything that follows on the same sheet: the order, the shelf, the buyer's
 * claim, the builder's debt, the ledger, and the wishes for what must happen outside. Throws the refusal's code.
 */
export function applyToOrder(sheet: Sheet, orderId: string, event: OrderEvent, now: number): Order {
  const order = sheet.get('orders', orderId)
  if (!order) throw new AppError('order_not_found')
  const step = stepOrder(order, event, now)
  if (!step.ok) throw new AppError(step.code)

  sheet.put('orders', orderId, step.order)
  if (step.shelf) {
    const { drop } = orderScene(sheet, orderId)
    const id = claimId(order.dropId, order.buyerId)
    const moved = moveUnit(drop, step.shelf)
    sheet.put('inventory', order.dropId, moved)
    sheet.put('claims', id, moveClaim(sheet.get('claims', id) ?? NO_CLAIM, step.shelf))
    wish(sheet, 'draw_card', order.dropId, now)
    tellWaitlist(sheet, step.shelf, moved, now)
  }
  if (step.debt !== 0) {
    const builder = sheet.get('builders', order.builderId)
    if (!builder) throw new AppError('builder_not_found')
    sheet.put('builders', order.builderId, { ...builder, debt: builder.debt + step.debt })
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
  const occasion = order.history.length
  for (const notice of step.notices) wishNotice(sheet, orderId, { about: 'order', occasion, ...notice }, now)
  const { attention } = step.order
  if (attention && attention !== order.attention) wishCall(sheet, orderId, occasion, now)
  return step.order
}

/** Somebody waits for a unit, and one came back, or none can any more. A drop sells out once, so no wish for that is there. */
function tellWaitlist(sheet: Sheet, move: ShelfMove, drop: Drop, now: number): void {
  if (move === 'put_back') wishForLine(sheet, drop, now)
  else if (isSoldOut(drop) && !drop.closed && drop.waitlist.waiting > 0)
    wish(sheet, 'end_waitlist', drop.dropId, now)
}

/**
 * One event of one order, chosen from how things stand at the moment of writing; null leaves things as they are. Whoever
 * has the order names it by what was read, which saves reading it only to learn whose it is. `also` writes what belongs
 * in the same commit, whatever the event was.
 * Answers the order as it then stands. Throws AppError with the refusal's code, or `order_not_found`.
 */
export async function advanceOrder(
  deps: Pick<Deps, 'store' | 'change' | 'clock'>,
  named: string | Order,
  choose: (order: Order, scene: OrderScene) => OrderEvent | null,
  also?: (sheet: Sheet, order: Order) => void,
): Promise<Order> {
  const known = typeof named === 'string' ? (await deps.store.get('orders', named))?.value : named
  if (!known) throw new AppError('order_not_found')
  const { orderId, dropId } = known
  return deps.change({
    lane: dropId,
    reads: orderKeys(known),
    decide(sheet) {
      const scene = orderScene(sheet, orderId)
      const event = choose(scene.order, scene)
      const after = event ? applyToOrder(sheet, orderId, event, deps.clock.now()) : scene.order
      also?.(sheet, after)
      return after
    },
  })
}
