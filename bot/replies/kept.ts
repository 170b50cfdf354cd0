import {
  type APIEmbed,
  type APIModalInteractionResponseCallbackData,
  type APITextInputComponent,
  ComponentType,
} from 'discord-api-types/v10'
import { accent } from '#contract'
import type { Press } from '../custom-id.ts'
import { button, type Message, rows } from './message.ts'
import { escapeText, truncate, unescapeText } from './text.ts'

const AS_WRITTEN = ', as you wrote it'

/**
 * A form that was not taken: the sentence, what was typed, and the way back into the form. `typed` has every text of the
 * form in its order, so that the form has it again; see fillKept.
 */
export function renderKept(
  sentence: string,
  typed: readonly { readonly name: string; readonly text: string }[],
  again: Press,
): Message {
  return {
    embeds: [
      { description: sentence, color: accent('butter') },
      ...typed.map(({ name, text }) => ({
        title: `${name}${AS_WRITTEN}`,
        description: escapeText(text, 2_000, 'many'),
        color: accent('cream'),
      })),
    ],
    rows: rows(button('Try again', again, 'primary')),
  }
}

/** The form with the words that the pressed message keeps, if it keeps those of such a form; otherwise as it is. */
export function fillKept(
  form: APIModalInteractionResponseCallbackData,
  pressed: { readonly embeds: readonly APIEmbed[] },
): APIModalInteractionResponseCallbackData {
  const words = pressed.embeds
    .filter(({ title }) => title?.endsWith(AS_WRITTEN))
    .map(({ description }) => unescapeText(description ?? ''))
  const texts = form.components.filter(isText)
  if (words.length === 0 || words.length !== texts.length) return form
  const fill = (part: Part): Part => {
    if (!isText(part)) return part
    const word = words.shift()
    const { value: _, ...input } = part.component
    return {
      ...part,
      component: word ? { ...input, value: truncate(word, input.max_length ?? 4_000) } : input,
    }
  }
  return { ...form, components: form.components.map(fill) }
}

type Part = APIModalInteractionResponseCallbackData['components'][number]
type TextPart = Extract<Part, { type: ComponentType.Label }> & { readonly component: APITextInputComponent }

function isText(part: Part): part is TextPart {
  return part.type === ComponentType.Label && part.component.type === ComponentType.TextInput
}
