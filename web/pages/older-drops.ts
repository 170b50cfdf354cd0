import { html } from 'hono/html'
import type { Output } from '#contract'
import { MOST_CLOSED } from '../catalogue.ts'
import { olderPath } from '../drop-search.ts'
import type { Kept } from '../last-good.ts'
import { renderDropCards } from './drop-card.ts'
import { drawing, type Html, renderLayout, type Site } from './layout.ts'
import { renderStaleNote } from './stale-note.ts'

/** Says what is not among the drops of a page, and leads there; `older` is a cursor of core's `listDrops`. */
export function renderBound(site: Site, older: string): Html {
  const words = site.reader.words.drops
  return html`<p class="quiet drops__bound">${words.bound(site.reader.count(MOST_CLOSED))} <a href="${olderPath(older)}">${words.older}</a></p>`
}

/** One page of what is over for so long that it cannot be searched. `now` is UTC milliseconds. */
export function renderOlderDrops(site: Site, answer: Kept<Output<'listDrops'>>, now: number): Html {
  const words = site.reader.words.drops
  const { drops, cursor } = answer.value
  return renderLayout(site, {
    title: words.olderTitle,
    here: '/drops',
    body: html`
<div class="wrap drops">
<header class="drops__head">
<div>
<h1>${words.older}</h1>
<p class="lead">${words.olderLead}</p>
</div>
${drawing(site, 'shelf', 132)}
</header>
${renderStaleNote(site, answer.staleSince)}
<h2 class="hidden">${words.older}</h2>
${drops.length > 0 ? renderDropCards(site, drops, now) : html`<p>${words.noOlder}</p>`}
<nav class="pages" aria-label="${words.pages}"><a class="button button--quiet" href="/drops">${words.seeAll}</a>${
      cursor !== null &&
      html`<a class="button button--quiet" href="${olderPath(cursor)}" rel="next">${words.later}</a>`
    }</nav>
</div>`,
  })
}
