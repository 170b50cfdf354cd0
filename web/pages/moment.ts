import { html } from 'hono/html'
import type { Html } from './layout.ts'

const UTC = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  timeZone: 'UTC',
})

/** A moment (UTC milliseconds) as `Thu 3 Dec, 18:40 UTC`; a script turns it into the visitor's own time. */
export function moment(at: number): Html {
  return html`<time datetime="${new Date(at).toISOString()}">${UTC.format(at)} UTC</time>`
}

/** Marks a moment inside a plain sentence, for `withMoments` to find. No sentence has this character otherwise. */
export const markMoment = (at: number): string => `\u0001${at}\u0001`

/** A sentence whose marked moments become `<time>`. */
export function withMoments(sentence: string): Html {
  const parts = sentence.split('\u0001')
  return html`${parts.map((part, i) => (i % 2 === 1 && /^\d{1,15}$/.test(part) ? moment(Number(part)) : part))}`
}
