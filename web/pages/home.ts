import { html } from 'hono/html'
import type { DropView } from '#contract'
import type { Kept } from '../last-good.ts'
import { homeCard, sharedCard } from '../social/social-card.ts'
import { renderDropCards } from './drop-card.ts'
import { drawing, type Html, renderJoin, renderLayout, type Site } from './layout.ts'
import { siteData } from './search-data.ts'
import { shelfState } from './shelf.ts'
import { renderStaleNote } from './stale-note.ts'

const SOLD_OUT_SHOWN = 6
const STEPS = ['tag', 'jar', 'parcel'] as const

/** The landing page. Lists are newest first; `now` is UTC milliseconds. */
export function renderHome(
  site: Site,
  answer: Kept<{
    readonly scheduled: readonly DropView[]
    readonly open: readonly DropView[]
    readonly closed: readonly DropView[]
  }>,
  now: number,
): Html {
  const { scheduled, open, closed } = answer.value
  const words = site.reader.words.home
  const onSale = open.filter((drop) => ['open', 'all_held'].includes(shelfState(drop, now)))
  const soldOut = [...open, ...closed].filter((drop) => shelfState(drop, now) === 'sold_out')
  return renderLayout(site, {
    title: words.title,
    isLive: true,
    shared: {
      path: '/',
      description: words.description,
      picture: sharedCard('/', homeCard, site.reader.words.social.home),
      data: siteData(site),
    },
    body: html`
<section class="hero wrap">
<div>
<p class="eyebrow">${words.eyebrow}</p>
<h1>${words.heading}</h1>
<p class="lead">${words.lead}</p>
<p class="actions"><a class="button" href="#on-sale">${words.seeDrops}</a>${
      site.inviteUrl &&
      html`<a class="button button--quiet" href="${site.inviteUrl}">${site.reader.words.frame.join}</a>`
    }</p>
</div>
<img class="hero__picture" src="${site.assets.url('pictures/hero.svg')}" width="560" height="520" alt="">
</section>
<section class="wrap section" id="on-sale" aria-labelledby="on-sale-title">
${renderStaleNote(site, answer.staleSince)}
<h2 id="on-sale-title">${words.onSale}</h2>
${
  onSale.length > 0
    ? renderDropCards(site, onSale, now, { place: 'first' })
    : html`<div class="panel empty">${drawing(site, 'shelf', 180)}<div><h3>${words.empty}</h3><p>${words.emptyLead}</p>${renderJoin(site)}</div></div>`
}
<p class="after"><a class="after__link" href="/drops">${words.allDrops}</a></p>
</section>
${
  scheduled.length > 0
    ? html`<section class="wrap section" aria-labelledby="soon-title">
<h2 id="soon-title">${words.soon}</h2>
${renderDropCards(site, scheduled, now, { place: 'below' })}
</section>`
    : ''
}
<section class="band" aria-labelledby="how-title">
<div class="wrap section">
<h2 id="how-title">${words.how}</h2>
<ol class="steps">
${words.steps.map(([title, text], i) => html`<li class="step">${drawing(site, STEPS[i] ?? 'mug', 132)}<h3>${title}</h3><p>${text}</p></li>`)}
</ol>
<p class="after"><a class="after__link" href="/about">${words.after}</a></p>
</div>
</section>
${
  soldOut.length > 0
    ? html`<section class="wrap section" aria-labelledby="sold-title">
<h2 id="sold-title">${words.soldOut}</h2>
${renderDropCards(site, soldOut.slice(0, SOLD_OUT_SHOWN), now, { place: 'below' })}
</section>`
    : ''
}`,
  })
}
