import { html } from 'hono/html'
import type { Html, Site } from './layout.ts'
import { moment } from './moment.ts'

/** Says that a page may be behind, and since when (UTC milliseconds); nothing while it is fresh. */
export function renderStaleNote(site: Site, since: number | null): Html | '' {
  if (since === null) return ''
  return html`<p class="note" role="status">${site.reader.words.stale(moment(site, since))}</p>`
}
