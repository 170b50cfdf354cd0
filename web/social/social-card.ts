import { createHash } from 'node:crypto'
import type { ChannelView, DropView, IdentityView, PaletteColour } from '#contract'
import { type ShelfState, shelfState, shelfWords } from '../pages/shelf.ts'
import { readerOf } from '../reader.ts'
import type { SocialCard } from './card.ts'

export const CARD_WIDTH = 1200
export const CARD_HEIGHT = 630
const MOST_PICTURES = 4

/** As the pages colour it. */
const STOCK_COLOUR = {
  soon: 'butter',
  open: 'mint',
  all_held: 'strawberry',
  paused: 'strawberry',
  sold_out: 'lavender',
  closed: 'sky',
  called_off: 'sky',
} as const satisfies Record<ShelfState, PaletteColour>

/** One card for everybody: it is shared by one and read by another. Its dates and prices cannot be misread. */
const reader = readerOf('en-GB')
const { words, money, moment } = reader
const { brand } = words

/** A drop as it stands at `now` (UTC milliseconds). */
export function dropCard(drop: DropView, now: number): SocialCard {
  const { title, builder, channel, picture } = drop
  const state = shelfState(drop, now)
  return {
    kind: 'drop',
    brand,
    pictures: picture ? [picture.pictureId] : [],
    title: { text: title, instead: words.social.something },
    by: words.social.by,
    builder: { text: builder.name, instead: words.social.somebody },
    price: money(drop.price),
    stock: stockOf(drop, state),
    stockColour: STOCK_COLOUR[state],
    ...badgesOf(channel),
  }
}

function stockOf(drop: DropView, state: ShelfState): string {
  if (state !== 'soon') return shelfWords(reader, drop, state)
  const at = moment(drop.opensAt ?? drop.openedAt)
  return drop.opensWithStream ? words.social.opensBy(at) : words.social.opens(at)
}

/** A builder with their drops. */
export function builderCard(
  { person }: Pick<NonNullable<IdentityView['builder']>, 'person'>,
  channel: ChannelView | null,
  drops: readonly DropView[],
): SocialCard {
  const sold = drops.reduce((sum, drop) => sum + drop.sold, 0)
  return {
    kind: 'builder',
    brand,
    pictures: drops
      .toSorted((a, b) => b.openedAt - a.openedAt)
      .flatMap(({ picture }) => (picture ? [picture.pictureId] : []))
      .slice(0, MOST_PICTURES),
    eyebrow: words.builder.eyebrow,
    name: { text: person.name, instead: words.social.builder },
    numbers: [
      ...(drops.length > 0 ? [words.social.drops(drops.length)] : []),
      ...(sold > 0 ? [words.social.sold(sold)] : []),
    ],
    ...badgesOf(channel),
  }
}

export const homeCard: SocialCard = {
  kind: 'home',
  brand,
  pictures: [],
  heading: words.home.heading,
  motto: words.frame.motto,
}

/** The same for the same content. In the address of a card it makes chats look again when something changed. */
export function cardTag(card: SocialCard): string {
  return createHash('sha256').update(JSON.stringify(card)).digest('base64url').slice(0, 12)
}

/** A card as the head of a page names it; `page` is the path of the page. */
export function sharedCard(page: string, card: SocialCard, alt: string) {
  const path = `${page === '/' ? '' : page}/card.png?v=${cardTag(card)}`
  return { path, width: CARD_WIDTH, height: CARD_HEIGHT, alt }
}

function badgesOf(channel: ChannelView | null) {
  return {
    live: channel?.live ? words.channel.live : null,
    verified: channel?.verified ? words.channel.verified : null,
  }
}
