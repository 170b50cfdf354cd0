import { AppError } from '#contract'
import type { Order } from '../domain/order.ts'
import { cleanLine, lengthOf } from '../domain/text.ts'
import { advanceOrder } from './advance-order.ts'
import type { Deps } from './deps.ts'

const LONGEST = 60

/**
 * The builder says the parcel is on its way; saying it again corrects carrier and number until it arrives.
 * Throws tracking_invalid, order_not_found, not_yours, not_paid or order_moved_on (it has arrived, or was
 * refunded).
 */
export function markShipped(
  deps: Pick<Deps, 'store' | 'change' | 'clock'>,
  input: {
    readonly userId: string
    readonly orderId: string
    readonly carrier: string
    /** May be empty: not every letter has a number. */
    readonly trackingNumber: string
  },
): Promise<Order> {
  const carrier = cleanLine(input.carrier)
  const trackingNumber = cleanLine(input.trackingNumber)
  if (lengthOf(carrier) < 1 || lengthOf(carrier) > LONGEST || carrier.length > LONGEST) {
    throw new AppError('tracking_invalid', `Name the carrier in 1 to ${LONGEST} characters.`)
  }
  if (trackingNumber.length > LONGEST) {
    throw new AppError('tracking_invalid', `A tracking number has at most ${LONGEST} characters.`)
  }
  return advanceOrder(deps, input.orderId, (order) => {
    if (order.builderId !== input.userId) throw new AppError('not_yours')
    const same = order.shipment?.carrier === carrier && order.shipment.trackingNumber === trackingNumber
    if (same) return null
    const onTime = order.status === 'paid' || order.status === 'shipped'
    if (order.payment && !onTime) throw new AppError('order_moved_on')
    const shippedAt = order.shipment?.shippedAt ?? deps.clock.now()
    return { type: 'shipped', shipment: { carrier, trackingNumber, shippedAt } }
  })
}
