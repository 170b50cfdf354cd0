import {
  type APIActionRowComponent,
  type APIButtonComponent,
  type APIComponentInMessageActionRow,
  type APIEmbed,
  type APIInteractionResponseCallbackData,
  type APISelectMenuOption,
  ButtonStyle,
  ComponentType,
  MessageFlags,
} from 'discord-api-types/v10'
import { accent, type CsvFile, type PaletteColour } from '#contract'
import { customId, type Press } from '../custom-id.ts'
import { plainText, truncate } from './text.ts'

type Row = APIActionRowComponent<APIComponentInMessageActionRow>

/** What we want to say, before Discord's limits and the rule about mentions are applied to it. */
export interface Message {
  readonly content?: string
  readonly embeds?: readonly APIEmbed[]
  readonly rows?: readonly Row[]
  /** The people this message may notify; nobody unless set. */
  readonly mentions?: readonly string[]
}

export interface PictureFile {
  readonly name: string
  readonly bytes: Uint8Array
  readonly alt: string
}

/** A message with files attached. An interaction's first answer cannot carry any: answer first, then edit. */
export interface MessageWithFiles extends Message {
  readonly pictures?: readonly PictureFile[]
  readonly table?: CsvFile
}

/**
 * A message as Discord takes it. Every message of the bot is made here, so that none can ping by accident and none
 * breaks a limit. Every part is always present: an edit then replaces the whole message.
 */
export function toBody(message: Message) {
  return {
    content: truncate(message.content ?? '', 2_000),
    embeds: fitEmbeds(message.embeds ?? []),
    components: (message.rows ?? []).slice(0, 5),
    allowed_mentions: message.mentions ? { parse: [], users: [...message.mentions] } : { parse: [] },
  } satisfies APIInteractionResponseCallbackData
}

/** The same for an answer that only one person sees. */
export function toPrivateBody(message: Message) {
  return { ...toBody(message), flags: MessageFlags.Ephemeral } satisfies APIInteractionResponseCallbackData
}

/** A short message in one soft box. */
export function say(text: string, colour: PaletteColour = 'butter', rows: readonly Row[] = []): Message {
  return { embeds: [{ description: text, color: accent(colour) }], rows }
}

/** A button that comes back to us. */
export function button(
  label: string,
  press: Press,
  style: 'primary' | 'success' | 'danger' | 'quiet' = 'quiet',
  disabled = false,
): APIButtonComponent {
  const styles = {
    primary: ButtonStyle.Primary,
    success: ButtonStyle.Success,
    danger: ButtonStyle.Danger,
    quiet: ButtonStyle.Secondary,
  } as const
  return {
    type: ComponentType.Button,
    style: styles[style],
    label: plainText(label, 80) || '…',
    custom_id: customId(...press),
    disabled,
  }
}

/** A button that opens an address; null when there is none or Discord would refuse it (512 characters at most). */
export function link(label: string, url: string | null): APIButtonComponent | null {
  if (!url || url.length > 512 || !/^https?:\/\//.test(url)) return null
  return { type: ComponentType.Button, style: ButtonStyle.Link, label: plainText(label, 80), url }
}

/** Buttons in rows of five; nulls are left out. */
export function rows(...buttons: readonly (APIButtonComponent | null)[]): Row[] {
  const real = buttons.filter((one) => one !== null)
  const result: Row[] = []
  for (let at = 0; at < real.length; at += 5) {
    result.push({ type: ComponentType.ActionRow, components: real.slice(at, at + 5) })
  }
  return result
}

/** A menu to choose one of at most 25. */
export function select(
  placeholder: string,
  press: Press,
  options: readonly { readonly label: string; readonly value: string; readonly description: string }[],
): Row {
  const fitted: APISelectMenuOption[] = options.slice(0, 25).map((option) => ({
    label: plainText(option.label, 100) || '…',
    value: option.value,
    description: plainText(option.description, 100) || '…',
  }))
  const menu = {
    type: ComponentType.StringSelect as const,
    custom_id: customId(...press),
    placeholder: truncate(placeholder, 150),
    options: fitted,
  }
  return { type: ComponentType.ActionRow, components: [menu] }
}

/** As many blocks as fit into `max` characters, then how many are missing. */
export function joinBlocks(blocks: readonly string[], max: number, between = '\n\n'): string {
  const kept: string[] = []
  let length = 0
  for (const block of blocks) {
    if (length + block.length + between.length > max - 20) break
    kept.push(block)
    length += block.length + between.length
  }
  if (kept.length < blocks.length) kept.push(`…and ${blocks.length - kept.length} more`)
  return kept.join(between)
}

const BLANK = '\u200B'
/** The most one field can take: 256 for its name and 1,024 for its value. */
const FIELD_ROOM = 1_280

/** Discord's limits: per part, ten embeds, and 6,000 characters over all. The description gives way first. */
function fitEmbeds(embeds: readonly APIEmbed[]): APIEmbed[] {
  let left = 6_000
  const take = (text: string, max: number): string => {
    const fitted = left < 1 ? '' : truncate(text, Math.min(max, left))
    left -= fitted.length
    return fitted
  }
  const result: APIEmbed[] = []
  for (const embed of embeds.slice(0, 10)) {
    const { title, author, footer, fields, description, ...rest } = embed
    const fitted: APIEmbed = { ...rest }
    if (title) fitted.title = take(title, 256)
    if (author?.name) fitted.author = { ...author, name: take(author.name, 256) }
    if (footer?.text) fitted.footer = { ...footer, text: take(footer.text, 2_048) }
    for (const field of fields?.slice(0, 25) ?? []) {
      if (left < FIELD_ROOM) break
      fitted.fields = [
        ...(fitted.fields ?? []),
        {
          ...field,
          name: take(field.name || BLANK, 256),
          value: take(field.value || BLANK, 1_024),
        },
      ]
    }
    if (description) fitted.description = take(description, 4_096)
    if (fitted.title || fitted.description || fitted.fields || fitted.image) result.push(fitted)
  }
  return result
}
