import {
  type APIEmbed,
  type APIModalInteractionResponseCallbackData,
  type APIStringSelectComponent,
  type APITextInputComponent,
  ComponentType,
} from 'discord-api-types/v10'
import { accent } from '#contract'
import type { Press } from '../custom-id.ts'
import { button, type Message, rows } from './message.ts'
import { escapeText, truncate, unescapeText } from './text.ts'

const AS_WRITTEN = ', as you wrote it'

/**
 * A form that was not taken: the sentence, what was typed, and the way back into the form. `typed` has every text and
 * choice of the form in its order, so that the form has it again; see fillKept.
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
  const kept = form.components.filter(isKept)
  if (words.length === 0 || words.length !== kept.length) return form
  const fill = (part: Part): Part =>
    isKept(part) ? { ...part, component: withWord(part.component, words.shift() ?? '') } : part
  return { ...form, components: form.components.map(fill) }
}

/** A text stands in its input, and a menu has that choice. */
function withWord(input: KeptInput, word: string): KeptInput {
  if (input.type === ComponentType.StringSelect) {
    const options = input.options.map((option) => ({ ...option, default: option.label === word }))
    return options.some((option) => option.default) ? { ...input, options } : input
  }
  const { value: _, ...empty } = input
  return word === '' ? empty : { ...empty, value: truncate(word, input.max_length ?? 4_000) }
}

type Part = APIModalInteractionResponseCallbackData['components'][number]
type KeptInput = APITextInputComponent | APIStringSelectComponent
type KeptPart = Extract<Part, { type: ComponentType.Label }> & { readonly component: KeptInput }

/** Files cannot be given back. */
function isKept(part: Part): part is KeptPart {
  if (part.type !== ComponentType.Label) return false
  const { type } = part.component
  return type === ComponentType.TextInput || type === ComponentType.StringSelect
}
