import { accent } from '#contract'
import { button, type Message, rows } from './message.ts'
import { escapeText } from './text.ts'

/** The parcel was not noted: the sentence, what was typed, and the way back into the form. */
export function renderKeptShipment(
  sentence: string,
  orderId: string,
  typed: { readonly carrier: string; readonly trackingNumber: string },
): Message {
  return {
    embeds: [
      {
        description: sentence,
        fields: [
          { name: 'Carrier, as you wrote it', value: escapeText(typed.carrier, 400) },
          { name: 'Tracking number, as you wrote it', value: escapeText(typed.trackingNumber, 400) },
        ],
        color: accent('butter'),
      },
    ],
    rows: rows(button('Try again', ['ship', orderId], 'primary')),
  }
}
