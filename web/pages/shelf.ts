import { html } from 'hono/html'
import type { DropView } from '#contract'
import type { Html } from './layout.ts'

export type ShelfState = 'open' | 'all_held' | 'paused' | 'sold_out' | 'closed'

/** How a drop stands at a moment (UTC milliseconds), and the words for it. */
export function shelf(drop: DropView, now: number): { readonly state: ShelfState; readonly words: string } {
  if (drop.sold === drop.quantity) return { state: 'sold_out', words: 'Sold out' }
  if (drop.status === 'closed' || drop.closesAt <= now) return { state: 'closed', words: 'Closed' }
  if (drop.status === 'paused') return { state: 'paused', words: 'Paused for now' }
  if (drop.available === 0) return { state: 'all_held', words: 'All held right now' }
  return { state: 'open', words: `${drop.available} of ${drop.quantity} left` }
}

/** More beads than this are a crowd, and the words alone say it better. */
const MOST_BEADS = 12

/** The words in their colour, with one bead per unit for a small drop: on the shelf, held, sold. */
export function renderShelf(drop: DropView, now: number): Html {
  const { state, words } = shelf(drop, now)
  const beads = [
    ...Array<string>(drop.available).fill('free'),
    ...Array<string>(drop.held).fill('held'),
    ...Array<string>(drop.sold).fill('sold'),
  ]
  const show = drop.quantity > 1 && drop.quantity <= MOST_BEADS && (state === 'open' || state === 'all_held')
  return html`<span class="shelf"><span class="chip chip--${state}">${words}</span>${
    show &&
    html`<span class="beads" aria-hidden="true">${beads.map((kind) => html`<span class="bead bead--${kind}"></span>`)}</span>`
  }</span>`
}
