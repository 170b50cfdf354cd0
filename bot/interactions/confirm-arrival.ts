import { renderOrder } from '../replies/order.ts'
import { answerWithin } from './answer.ts'
import type { Reply, Visit } from './visit.ts'

/** It arrived: the buyer has it in hand, so the builder's share may go. */
export function confirmArrival(visit: Visit, orderId: string): Promise<Reply> {
  return answerWithin(visit, 'new', async () => {
    const order = await visit.core.confirmArrival({ userId: visit.person.userId, orderId }, visit.call)
    const paid = order.settlement === 'at_payment' || order.frozenBy !== null
    return renderOrder(order, 'buyer', paid ? 'Lovely.' : 'Lovely. The builder is being paid now.')
  })
}
