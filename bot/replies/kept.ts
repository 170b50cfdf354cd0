import { accent } from '#contract'
import type { Press } from '../custom-id.ts'
import { button, type Message, rows } from './message.ts'
import { escapeText } from './text.ts'

/** A form that was not taken: the sentence, what was typed, and the way back into the form. */
export function renderKept(
  sentence: string,
  typed: readonly { readonly name: string; readonly text: string }[],
  again: Press,
): Message {
  return {
    embeds: [
      { description: sentence, color: accent('butter') },
      ...typed.map(({ name, text }) => ({
        title: `${name}, as you wrote it`,
        description: escapeText(text, 2_000, 'many'),
        color: accent('cream'),
      })),
    ],
    rows: rows(button('Try again', again, 'primary')),
  }
}
