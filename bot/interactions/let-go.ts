import { renderOrder } from '../replies/order.ts'
import { answerWithin, inPlace } from './answer.ts'
import type { Reply, Visit } from './visit.ts'

/** Let it go: the hold ends by the buyer's own hand. */
export function letGo(visit: Visit, orderId: string): Promise<Reply> {
  return answerWithin(visit, inPlace(visit), async () => {
    const order = await visit.core.cancelHold({ userId: visit.person.userId, orderId }, visit.call)
    return renderOrder(order, 'buyer', 'You let it go. Thank you for making room.')
  })
}
