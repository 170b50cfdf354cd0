import { z } from 'zod'
import type { DropView } from '#contract'
import { type ShelfState, shelfState } from './pages/shelf.ts'

/** Which drops a visitor wants to see. */
export const DropFilter = z.enum(['all', 'open', 'soon', 'sold_out'])
export type DropFilter = z.infer<typeof DropFilter>

export const DropOrder = z.enum(['newest', 'ending', 'cheapest', 'dearest'])
export type DropOrder = z.infer<typeof DropOrder>

export interface DropQuery {
  /** Words that must all be there; empty for none. */
  readonly text: string
  readonly show: DropFilter
  readonly order: DropOrder
  /** From 1. */
  readonly page: number
}

export interface DropsFound {
  /** Those on this page. */
  readonly drops: readonly DropView[]
  /** How many there are for each filter with the same words. */
  readonly counts: Readonly<Record<DropFilter, number>>
  readonly page: number
  readonly pages: number
}

export const DROPS_PER_PAGE = 24
const LONGEST_TEXT = 100

const Page = z.coerce.number().int().min(1).max(100_000)

/** The query in an address. Whatever is odd in it counts as not said. */
export function parseDropQuery(read: (name: string) => string | undefined): DropQuery {
  return {
    text: (read('q') ?? '').replace(/\s+/g, ' ').trim().slice(0, LONGEST_TEXT),
    show: DropFilter.safeParse(read('show')).data ?? 'all',
    order: DropOrder.safeParse(read('order')).data ?? 'newest',
    page: Page.safeParse(read('page')).data ?? 1,
  }
}

/** The one address of a query; what is usual is left out. */
export function dropsPath(query: DropQuery): string {
  const said = new URLSearchParams()
  if (query.text) said.set('q', query.text)
  if (query.show !== 'all') said.set('show', query.show)
  if (query.order !== 'newest') said.set('order', query.order)
  if (query.page > 1) said.set('page', String(query.page))
  return said.size > 0 ? `/drops?${said}` : '/drops'
}

/** Where the drops are that are over for too long to be searched; `after` is a cursor of core's `listDrops`. */
export const olderPath = (after: string) => `/drops/older?${new URLSearchParams({ after })}`

/** What can be bought comes first, whatever the order. */
const RANK: Record<ShelfState, number> = {
  open: 0,
  all_held: 0,
  soon: 1,
  paused: 2,
  sold_out: 3,
  closed: 4,
  called_off: 5,
}
const FILTER: Record<ShelfState, Exclude<DropFilter, 'all'> | null> = {
  open: 'open',
  all_held: 'open',
  soon: 'soon',
  paused: null,
  sold_out: 'sold_out',
  closed: null,
  called_off: null,
}

const COMPARE: Record<DropOrder, (a: DropView, b: DropView) => number> = {
  newest: (a, b) => b.openedAt - a.openedAt,
  ending: (a, b) => a.closesAt - b.closesAt,
  cheapest: (a, b) => a.price.amount - b.price.amount,
  dearest: (a, b) => b.price.amount - a.price.amount,
}

/** Looks through all drops as they stand at `now` (UTC milliseconds). A page past the last is the last. */
export function searchDrops(drops: readonly DropView[], query: DropQuery, now: number): DropsFound {
  const words = plain(query.text).split(' ').filter(Boolean)
  const fitting = drops
    .filter((drop) => words.every((word) => searchable(drop).includes(word)))
    .map((drop) => ({ drop, state: shelfState(drop, now) }))
  const count = (show: DropFilter) => fitting.filter(({ state }) => FILTER[state] === show).length
  const shown = query.show === 'all' ? fitting : fitting.filter(({ state }) => FILTER[state] === query.show)
  const compare = COMPARE[query.order]
  const sorted = shown.toSorted(
    (a, b) =>
      RANK[a.state] - RANK[b.state] ||
      // Of what comes, the next is the newest.
      (a.state === 'soon' && query.order === 'newest' ? a.drop.openedAt - b.drop.openedAt : 0) ||
      compare(a.drop, b.drop),
  )
  const pages = Math.max(1, Math.ceil(sorted.length / DROPS_PER_PAGE))
  const page = Math.min(query.page, pages)
  return {
    drops: sorted.slice((page - 1) * DROPS_PER_PAGE, page * DROPS_PER_PAGE).map(({ drop }) => drop),
    counts: {
      all: fitting.length,
      open: count('open'),
      soon: count('soon'),
      sold_out: count('sold_out'),
    },
    page,
    pages,
  }
}

const texts = new WeakMap<DropView, string>()

/** All that is searched of a drop; made once for as long as the drop is kept. */
export function searchable(drop: DropView): string {
  const known = texts.get(drop)
  if (known !== undefined) return known
  const text = plain(`${drop.title} ${drop.builder.name} ${drop.story}`)
  texts.set(drop, text)
  return text
}

/** Small letters without their accents: who types `creme` finds a `Crème`. */
function plain(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
}
