import { isAppError } from '#contract'
import { renderNotOpen } from '../replies/opening.ts'
import { renderHeld, renderOrder } from '../replies/order.ts'
import { renderAllHeld } from '../replies/waitlist.ts'
import { answerWithin } from './answer.ts'
import type { Reply, Visit } from './visit.ts'

/** Buy now under a public card: one unit is held for this person, and only they are told. */
export function buy(visit: Visit, dropId: string): Promise<Reply> {
  const work = async () => {
    const { order, already } = await visit.core.createCheckout({ buyer: visit.person, dropId }, visit.call)
    // A repeated click is answered with its own order, whatever became of it.
    return order.status === 'held' ? renderHeld(order, already) : renderOrder(order, 'buyer')
  }
  return answerWithin(visit, 'new', work, async (error) => {
    if (isAppError(error, 'all_held')) return renderAllHeld(dropId)
    return isAppError(error, 'not_open_yet')
      ? visit.core.getDrop({ dropId }, visit.call).then(renderNotOpen, () => null)
      : null
  })
}
