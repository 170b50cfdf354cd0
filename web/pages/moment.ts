import { html } from 'hono/html'
import type { Html, Site } from './layout.ts'

/** A moment (UTC milliseconds) in words, by UTC; a script turns it into the visitor's own time. */
export function moment(site: Site, at: number): Html {
  return html`<time datetime="${new Date(at).toISOString()}">${site.reader.moment(at)}</time>`
}

/** Marks a moment inside a plain sentence, for `withMoments` to find. No sentence has this character otherwise. */
export const markMoment = (at: number): string => `\u0001${at}\u0001`

/** A sentence whose marked moments become `<time>`. */
export function withMoments(site: Site, sentence: string): Html {
  const parts = sentence.split('\u0001')
  return html`${parts.map((part, i) => (i % 2 === 1 && /^\d{1,15}$/.test(part) ? moment(site, Number(part)) : part))}`
}
