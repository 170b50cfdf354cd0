import type { APIModalSubmitInteraction } from 'discord-api-types/v10'
import { giveBackForm } from '../replies/forms.ts'
import { renderKept } from '../replies/kept.ts'
import { renderOrder } from '../replies/order.ts'
import { answerWithin, openModal } from './answer.ts'
import { canBeMended, sentenceFor } from './explain.ts'
import { typedText } from './fields.ts'
import type { Reply, Visit } from './visit.ts'

export function openGiveBackForm(orderId: string): Reply {
  return openModal(giveBackForm(orderId))
}

/** A builder gives money back; an empty amount is everything that is left. */
export function submitGiveBack(
  visit: Visit,
  interaction: APIModalSubmitInteraction,
  orderId: string,
): Promise<Reply> {
  const amount = typedText(interaction, 'amount').slice(0, 200)
  const reason = typedText(interaction, 'reason')
  return answerWithin(visit, 'new', async () => {
    try {
      const order = await visit.core.refundOrder(
        { userId: visit.person.userId, orderId, amount, reason },
        visit.call,
      )
      return renderOrder(order, 'builder', 'The money is going back, and the buyer is being told.')
    } catch (error) {
      if (!canBeMended(error)) throw error
      return renderKept(
        sentenceFor(visit, error),
        [
          { name: 'Amount', text: amount },
          { name: 'Reason', text: reason },
        ],
        ['giveback', orderId],
      )
    }
  })
}
