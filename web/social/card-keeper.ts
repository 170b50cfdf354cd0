import { isAppError } from '#contract'
import { touchEntry } from '../touch-entry.ts'
import type { SocialCard } from './card.ts'
import { cardTag } from './social-card.ts'

export interface DrawnCard {
  /** Of the content: see `cardTag`. */
  readonly tag: string
  readonly png: Uint8Array<ArrayBuffer>
}

export interface CardKeeper {
  /**
   * The card of a page, drawn once for all who ask for the same content. Rejects when `draw` does, and without asking
   * it when it failed with this content a moment ago: what hangs would hold up the cards of everybody else.
   */
  draw(page: string, card: SocialCard, draw: () => Promise<Uint8Array<ArrayBuffer>>): Promise<DrawnCard>
  /** The last card of a page that was drawn, whatever it says; null for none. */
  last(page: string): DrawnCard | null
}

interface Entry {
  last: DrawnCard | null
  drawing: { readonly tag: string; readonly done: Promise<DrawnCard> } | null
  failed: { readonly tag: string; readonly until: number } | null
}

/** Of about half a megabyte each. */
const MOST_CARDS = 50
const NOT_AGAIN_MS = 5 * 60_000

/** Keeps the pictures of pages in memory. `now` gives UTC milliseconds. */
export function createCardKeeper(now: () => number): CardKeeper {
  const entries = new Map<string, Entry>()

  const touch = (page: string): Entry =>
    touchEntry(entries, page, MOST_CARDS, () => ({ last: null, drawing: null, failed: null }))

  async function drawNow(
    entry: Entry,
    tag: string,
    draw: () => Promise<Uint8Array<ArrayBuffer>>,
  ): Promise<DrawnCard> {
    try {
      entry.last = { tag, png: await draw() }
      return entry.last
    } catch (error) {
      // Core's refusals are over sooner, and cost nothing to find out.
      if (!isAppError(error)) entry.failed = { tag, until: now() + NOT_AGAIN_MS }
      throw error
    } finally {
      if (entry.drawing?.tag === tag) entry.drawing = null
    }
  }

  return {
    async draw(page, card, draw) {
      const entry = touch(page)
      const tag = cardTag(card)
      if (entry.last?.tag === tag) return entry.last
      if (entry.failed?.tag === tag && now() < entry.failed.until) {
        throw new Error('this card could not be drawn a moment ago')
      }
      if (entry.drawing?.tag !== tag) entry.drawing = { tag, done: drawNow(entry, tag, draw) }
      return entry.drawing.done
    },
    last: (page) => entries.get(page)?.last ?? null,
  }
}
