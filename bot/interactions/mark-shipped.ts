import type { APIModalSubmitInteraction } from 'discord-api-types/v10'
import { isAppError } from '#contract'
import { shipmentForm } from '../replies/forms.ts'
import { renderKept } from '../replies/kept.ts'
import { renderOrder } from '../replies/order.ts'
import { answerWithin, openModal } from './answer.ts'
import { sentenceFor } from './explain.ts'
import { typedText } from './fields.ts'
import type { Reply, Visit } from './visit.ts'

export function openShipmentForm(orderId: string): Reply {
  return openModal(shipmentForm(orderId))
}

/** The parcel form was sent. What was typed is shown again when it was not taken. */
export function submitShipment(
  visit: Visit,
  interaction: APIModalSubmitInteraction,
  orderId: string,
): Promise<Reply> {
  const typed = {
    carrier: typedText(interaction, 'carrier').slice(0, 2_000),
    trackingNumber: typedText(interaction, 'tracking').slice(0, 2_000),
  }
  return answerWithin(visit, 'new', async () => {
    try {
      const order = await visit.core.markShipped(
        { userId: visit.person.userId, orderId, ...typed },
        visit.call,
      )
      return renderOrder(order, 'builder', 'Marked as shipped, and the buyer is being told.')
    } catch (error) {
      const mendable = isAppError(error, 'tracking_invalid') || isAppError(error, 'unavailable')
      if (!mendable) throw error
      return renderKept(
        sentenceFor(visit, error),
        [
          { name: 'Carrier', text: typed.carrier },
          { name: 'Tracking number', text: typed.trackingNumber },
        ],
        ['ship', orderId],
      )
    }
  })
}
