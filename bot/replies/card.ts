import type { APIEmbed } from 'discord-api-types/v10'
import {
  accent,
  type ChannelView,
  type DropView,
  formatCount,
  formatMoney,
  type Money,
  type PaletteColour,
  type Picture,
} from '#contract'
import { ribbon } from './channel.ts'
import { button, link, type Message, type PictureFile, rows } from './message.ts'
import { clockTime, dateTime, escapeText, plainText, relativeTime } from './text.ts'

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
  /** In line for one that comes back; nobody waits for a preview. */
  readonly waiting?: number
  readonly held: number
  readonly quantity: number
  readonly closesAt: number
  readonly opensAt: number | null
  readonly opensWithStream: boolean
  readonly builder: { readonly userId: string; readonly name: string }
  /** The builder's; a preview has none. */
  readonly channel?: ChannelView | null
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

type ShelfState =
  | 'Not open yet'
  | 'Called off'
  | 'Sold out'
  | 'Closed'
  | 'Paused for a moment'
  | 'All held right now'

/** What can be said about the shelf in two words; `null` while there is something to buy. */
export function shelfState(drop: DropView): ShelfState | null {
  if (drop.sold >= drop.quantity) return 'Sold out'
  if (drop.status === 'closed') return drop.opensAt === null ? 'Closed' : 'Called off'
  if (drop.status === 'paused') return 'Paused for a moment'
  if (drop.status === 'scheduled') return 'Not open yet'
  return drop.available === 0 || drop.waiting > 0 ? 'All held right now' : null
}

/** "2 of 3 left". What comes back while somebody waits in line is theirs. */
export function shelfCount({
  available,
  waiting = 0,
  quantity,
}: Pick<CardText, 'available' | 'waiting' | 'quantity'>): string {
  return `${formatCount(waiting > 0 ? 0 : available)} of ${formatCount(quantity)} left`
}

/** Whether somebody can be told of its opening: it has not opened, and was not called off. */
export function isWaiting(drop: DropView): boolean {
  return drop.opensAt !== null && drop.status !== 'closed'
}

/** "in 3 hours", or "when Juniper goes live, at the latest …"; `opensAt` is UTC milliseconds. */
export function opensWhen(drop: Pick<CardText, 'opensWithStream' | 'builder'>, opensAt: number): string {
  return drop.opensWithStream
    ? `when ${escapeText(drop.builder.name, 80)} goes live, at the latest ${dateTime(opensAt)}`
    : `${relativeTime(opensAt)}, ${dateTime(opensAt)}`
}

/** The cozy card of a drop, as buyers see it and as its builder previews it. */
export function cardEmbed(drop: CardText, state: string | null, withPicture: boolean): APIEmbed {
  const over = state === 'Sold out' || state === 'Closed' || state === 'Called off'
  const waits = drop.opensAt !== null && !over
  const left = waits ? `**${formatCount(drop.quantity)} in all**` : `**${shelfCount(drop)}**`
  const held = drop.held > 0 && !over ? `\n${formatCount(drop.held)} held while somebody pays` : ''
  const line = drop.waiting && !over ? `\n${formatCount(drop.waiting)} waiting in line` : ''
  return {
    author: ribbon(`A drop by ${plainText(drop.builder.name, 100)}`, drop.channel ?? null),
    title: escapeText(drop.title, 200),
    description: escapeText(drop.story, 3_500, 'many'),
    color: accent(over ? 'cream' : dropColour(drop)),
    fields: [
      { name: 'Price', value: `**${formatMoney(drop.price)}**`, inline: true },
      { name: state ?? (waits ? 'Not open yet' : 'On the shelf'), value: left + held + line, inline: true },
      ...(state === 'Sold out' ? [] : [{ ...timeField(drop, state), inline: true }]),
    ],
    footer: { text: 'Your money is held until it arrives.' },
    ...(withPicture ? { image: { url: `attachment://${PICTURE_NAME}` } } : {}),
  }
}

function timeField(drop: CardText, state: string | null): { name: string; value: string } {
  if (state === 'Called off') return { name: 'Opens', value: 'Not any more' }
  if (drop.opensAt !== null) return { name: 'Opens', value: opensWhen(drop, drop.opensAt) }
  return {
    name: state === 'Closed' ? 'Closed' : 'Closes',
    value: `${relativeTime(drop.closesAt)}\nat ${clockTime(drop.closesAt)}`,
  }
}

/** Under a card of which all are held: the next one that comes back is for whoever waits. */
export const lineButton = ({ dropId }: Pick<DropView, 'dropId'>) =>
  button('Get in line', ['getinline', dropId], 'primary')

/** The public card of a drop with its one button. */
export function renderCard(drop: DropView): Message {
  const state = shelfState(drop)
  const embeds = [cardEmbed(drop, state, drop.picture !== null)]
  if (isWaiting(drop)) return { embeds, rows: rows(button('Remind me', ['remind', drop.dropId], 'primary')) }
  return {
    embeds,
    rows: rows(
      state === 'All held right now'
        ? lineButton(drop)
        : button(state ?? 'Buy now', ['buy', drop.dropId], state ? 'quiet' : 'primary', state !== null),
      drop.channel?.live ? link('Watch on Twitch', drop.channel.url) : null,
    ),
  }
}
