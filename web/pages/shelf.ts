import { html } from 'hono/html'
import type { DropView } from '#contract'
import type { Reader } from '../reader.ts'
import type { Html, Site } from './layout.ts'
import { moment } from './moment.ts'

export type ShelfState = 'soon' | 'open' | 'all_held' | 'paused' | 'sold_out' | 'closed' | 'called_off'

/** How a drop stands at a moment (UTC milliseconds). */
export function shelfState(drop: DropView, now: number): ShelfState {
  if (drop.sold === drop.quantity) return 'sold_out'
  if (drop.status === 'closed' && drop.opensAt !== null) return 'called_off'
  if (drop.status === 'scheduled') return 'soon'
  if (drop.status === 'closed' || (drop.opensAt === null && drop.closesAt <= now)) return 'closed'
  if (drop.status === 'paused') return 'paused'
  // What comes back while somebody waits in line is theirs.
  return drop.available === 0 || drop.waiting > 0 ? 'all_held' : 'open'
}

/** How many are left, or why none can be bought. `state` is the drop's own. */
export function shelfWords({ words, count }: Reader, drop: DropView, state: ShelfState): string {
  const { shelf } = words
  return state === 'open' ? shelf.open(count(drop.available), count(drop.quantity)) : shelf[state]
}

/** More beads than this are a crowd, and the words alone say it better. */
const MOST_BEADS = 12
/** The same before a drop opens and while it is open, so that a card keeps its height. */
const BEADED: readonly ShelfState[] = ['soon', 'open', 'all_held', 'paused']

/**
 * What a page shows of a drop that may change under it, in short: two marks are the same when the page is. The words
 * themselves are told apart by nothing else.
 */
export function shelfMark(drop: DropView, now: number): string {
  const state = shelfState(drop, now)
  const next = state === 'soon' ? (drop.opensAt ?? drop.openedAt) : drop.closesAt
  return [state, drop.available, drop.held, drop.sold, drop.waiting, next.toString(36)].join('.')
}

/** The words in their colour, with one bead per unit for a small drop: on the shelf, held, sold. */
export function renderShelf(site: Site, drop: DropView, now: number): Html {
  const state = shelfState(drop, now)
  const beads = [
    ...Array<string>(drop.available).fill('free'),
    ...Array<string>(drop.held).fill('held'),
    ...Array<string>(drop.sold).fill('sold'),
  ]
  const show = drop.quantity > 1 && drop.quantity <= MOST_BEADS && BEADED.includes(state)
  return html`<span class="chip-place"><span class="chip chip--${state}">${shelfWords(site.reader, drop, state)}</span></span>${
    show &&
    html`<span class="beads" aria-hidden="true">${beads.map((kind) => html`<span class="bead bead--${kind}"></span>`)}</span>`
  }`
}

/** When it opens or closes, in one sentence; nothing for a drop that is over or paused. */
export function renderWhen(site: Site, drop: DropView, now: number): Html | '' {
  const { when } = site.reader.words.shelf
  const state = shelfState(drop, now)
  if (state === 'open' || state === 'all_held') return when.closes(moment(site, drop.closesAt))
  if (state !== 'soon') return ''
  const at = moment(site, drop.opensAt ?? drop.openedAt)
  return drop.opensWithStream
    ? when.opensWithStream(html`<bdi>${drop.builder.name}</bdi>`, at)
    : when.opens(at)
}

/** A place for the time left until it opens or closes, which a script fills in and keeps. */
export function renderCountdown(site: Site, drop: DropView, now: number): Html | '' {
  const { countdown } = site.reader.words.shelf
  const state = shelfState(drop, now)
  const isOpen = state === 'open' || state === 'all_held'
  if (!isOpen && state !== 'soon') return ''
  const at = isOpen ? drop.closesAt : (drop.opensAt ?? drop.openedAt)
  const [sentence, due] = countdown[isOpen ? 'closes' : drop.opensWithStream ? 'opensWithStream' : 'opens']
  return html`<span role="timer" data-countdown="${new Date(at).toISOString()}" data-sentence="${sentence}" data-due="${due}"></span>`
}

/** The same for lists: only until it opens. */
export function renderOpening(site: Site, drop: DropView, now: number): Html | '' {
  return shelfState(drop, now) === 'soon' ? renderCountdown(site, drop, now) : ''
}
