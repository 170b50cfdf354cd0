import type { APIEmbed } from 'discord-api-types/v10'
import { accent, type DropView, formatMoney, type Money, type PaletteColour, type Picture } from '#contract'
import { button, type Message, type PictureFile, rows } from './message.ts'
import { clockTime, escapeText, plainText, relativeTime } from './text.ts'

const ROTATION = [
  'strawberry',
  'lavender',
  'mint',
  'butter',
  'sky',
] as const satisfies readonly PaletteColour[]
const PICTURE_NAME = 'drop.webp'

interface CardText {
  readonly title: string
  readonly story: string
  readonly price: Money
  readonly available: number
  readonly held: number
  readonly quantity: number
  readonly closesAt: number
  readonly builder: { readonly userId: string; readonly name: string }
}

/** The colour of a drop: the same in its preview and on its card, and different from most of its neighbours. */
function dropColour(drop: { readonly title: string; readonly builder: { readonly userId: string } }) {
  let sum = 0
  for (const character of drop.title + drop.builder.userId) {
    sum = (sum * 31 + (character.codePointAt(0) ?? 0)) >>> 0
  }
  return ROTATION[sum % ROTATION.length] ?? 'strawberry'
}

/** The picture of a drop as it is attached; `base64` is core's WebP. */
export function pictureFile(picture: Picture, base64: string): PictureFile {
  return { name: PICTURE_NAME, bytes: Buffer.from(base64, 'base64'), alt: plainText(picture.alt, 1_000) }
}

/** What can be said about the shelf in two words; `null` while there is something to buy. */
export function shelfState(
  drop: DropView,
): 'Sold out' | 'Closed' | 'Paused for a moment' | 'All held right now' | null {
  if (drop.sold >= drop.quantity) return 'Sold out'
  if (drop.status === 'closed') return 'Closed'
  if (drop.status === 'paused') return 'Paused for a moment'
  return drop.available === 0 ? 'All held right now' : null
}

/** The cozy card of a drop, as buyers see it and as its builder previews it. */
export function cardEmbed(drop: CardText, state: string | null, withPicture: boolean): APIEmbed {
  const over = state === 'Sold out' || state === 'Closed'
  const left = `**${drop.available} of ${drop.quantity} left**`
  const held = drop.held > 0 && !over ? `\n${drop.held} held while somebody pays` : ''
  return {
    author: { name: `A drop by ${plainText(drop.builder.name, 100)}` },
    title: escapeText(drop.title, 200),
    description: escapeText(drop.story, 3_500, 'many'),
    color: accent(over ? 'cream' : dropColour(drop)),
    fields: [
      { name: 'Price', value: `**${formatMoney(drop.price)}**`, inline: true },
      { name: state ?? 'On the shelf', value: left + held, inline: true },
      {
        name: state === 'Closed' ? 'Closed' : 'Closes',
        value: `${relativeTime(drop.closesAt)}\nat ${clockTime(drop.closesAt)}`,
        inline: true,
      },
    ],
    footer: { text: 'Your money is held until it arrives.' },
    ...(withPicture ? { image: { url: `attachment://${PICTURE_NAME}` } } : {}),
  }
}

/** The public card of a drop with its one button. */
export function renderCard(drop: DropView): Message {
  const state = shelfState(drop)
  return {
    embeds: [cardEmbed(drop, state, drop.picture !== null)],
    rows: rows(button(state ?? 'Buy now', ['buy', drop.dropId], state ? 'quiet' : 'primary', state !== null)),
  }
}
