import { html } from 'hono/html'
import { DropFilter, DropOrder, type DropQuery, type DropsFound, dropsPath } from '../drop-search.ts'
import { renderDropCards } from './drop-card.ts'
import { drawing, type Html, renderJoin, renderLayout, type Site } from './layout.ts'
import { renderBound } from './older-drops.ts'
import { renderStaleNote } from './stale-note.ts'

/**
 * Every drop, searched and filtered by the address alone. `now` and `staleSince` are UTC milliseconds; `older` is a cursor
 * of core's `listDrops` when the oldest are not among those that were searched.
 */
export function renderAllDrops(
  site: Site,
  query: DropQuery,
  found: DropsFound,
  {
    now,
    staleSince,
    older,
  }: { readonly now: number; readonly staleSince: number | null; readonly older: string | null },
): Html {
  const words = site.reader.words.drops
  const { drops, counts, page, pages } = found
  return renderLayout(site, {
    title: words.title,
    here: '/drops',
    isLive: true,
    // What was searched for is nobody else's business; the plain pages may be found.
    ...(query.text === '' && {
      shared: { path: dropsPath({ ...query, page }), description: words.description },
    }),
    body: html`
<div class="wrap drops">
<header class="drops__head">
<div>
<h1>${words.heading}</h1>
<p class="lead">${words.lead}</p>
</div>
${drawing(site, 'shelf', 132)}
</header>
${renderStaleNote(site, staleSince)}
<form class="search" role="search" action="/drops">
${query.show !== 'all' && html`<input type="hidden" name="show" value="${query.show}">`}
<p class="search__field search__field--wide"><label for="q">${words.searchIn}</label><input class="field" type="search" id="q" name="q" value="${query.text}" maxlength="100" autocomplete="off"></p>
<p class="search__field"><label for="order">${words.order}</label><select class="field" id="order" name="order">${DropOrder.options.map(
      (order) =>
        html`<option value="${order}"${order === query.order && ' selected'}>${words.orders[order]}</option>`,
    )}</select></p>
<button class="button" type="submit">${words.search}</button>
</form>
<nav class="filters" aria-label="${words.which}">${DropFilter.options.map(
      (show) =>
        html`<a class="filter" href="${dropsPath({ ...query, show, page: 1 })}"${show === query.show && html` aria-current="page"`}>${words.filters[show]} <span class="filter__count">${counts[show]}</span></a>`,
    )}</nav>
<div class="drops__found"><h2 class="drops__count">${words.found(counts[query.show], query.text)}</h2>${
      query.text !== '' && html`<a href="${dropsPath({ ...query, text: '', page: 1 })}">${words.clear}</a>`
    }</div>
${drops.length > 0 ? renderDropCards(site, drops, now) : renderNone(site, query)}
${pages > 1 && renderPages(site, query, page, pages)}
${older !== null && renderBound(site, older)}
</div>`,
  })
}

function renderNone(site: Site, query: DropQuery): Html {
  const words = site.reader.words.drops
  const isSearch = query.text !== ''
  return html`<div class="panel empty">${drawing(site, isSearch ? 'yarn' : 'shelf', 160)}<div>
<h3>${isSearch ? words.noMatch : words.none[query.show]}</h3>
<p>${isSearch ? words.noMatchLead : words.noneLead}</p>
${isSearch || query.show !== 'all' ? html`<p class="actions empty__actions"><a class="button button--quiet" href="/drops">${words.seeAll}</a></p>` : renderJoin(site)}
</div></div>`
}

function renderPages(site: Site, query: DropQuery, page: number, pages: number): Html {
  const words = site.reader.words.drops
  const link = (to: number, text: string, rel: string) =>
    html`<a class="button button--quiet" href="${dropsPath({ ...query, page: to })}" rel="${rel}">${text}</a>`
  return html`<nav class="pages" aria-label="${words.pages}">${page > 1 && link(page - 1, words.earlier, 'prev')}<span>${words.pageOf(page, pages)}</span>${page < pages && link(page + 1, words.later, 'next')}</nav>`
}
