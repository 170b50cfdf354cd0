import { html } from 'hono/html'
import type { Html } from './layout.ts'
import { moment } from './moment.ts'

/** Says that a page may be behind, and since when (UTC milliseconds); nothing while it is fresh. */
export function renderStaleNote(since: number | null): Html | '' {
  if (since === null) return ''
  return html`<p class="note" role="status">We cannot look at the shelf right now. This is how it stood ${moment(since)}. Nothing you hold or paid is lost.</p>`
}
