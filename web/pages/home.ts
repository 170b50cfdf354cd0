import { html } from 'hono/html'
import { type DropView, formatMoney } from '#contract'
import type { Kept } from '../last-good.ts'
import { drawing, type Html, renderLayout, type Site } from './layout.ts'
import { moment } from './moment.ts'
import { renderShelf, shelf } from './shelf.ts'
import { renderStaleNote } from './stale-note.ts'

const SOLD_OUT_SHOWN = 6

/** The landing page. Lists are newest first; `now` is UTC milliseconds. */
export function renderHome(
  site: Site,
  answer: Kept<{ readonly open: readonly DropView[]; readonly closed: readonly DropView[] }>,
  now: number,
): Html {
  const { open, closed } = answer.value
  const onSale = open.filter((drop) => ['open', 'all_held'].includes(shelf(drop, now).state))
  const soldOut = [...open, ...closed].filter((drop) => shelf(drop, now).state === 'sold_out')
  return renderLayout(site, {
    title: 'C500 Collective: handmade things, in small numbers',
    shared: {
      path: '/',
      description:
        'A Discord community of makers who sell limited drops. Press Buy now in Discord; your money is held until it arrives.',
    },
    body: html`
<section class="hero wrap">
<div class="hero__words">
<p class="eyebrow">A collective of makers in Discord</p>
<h1>Handmade things, in small numbers</h1>
<p class="lead">Builders show what they made. You press Buy now in Discord, one is held for you while you pay, and your money is held until it arrives.</p>
<p class="actions"><a class="button" href="#on-sale">See what is on sale</a>${
      site.inviteUrl && html`<a class="button button--quiet" href="${site.inviteUrl}">Join us in Discord</a>`
    }</p>
</div>
<img class="hero__picture" src="${site.assets.url('pictures/hero.svg')}" width="560" height="520" alt="">
</section>
<section class="wrap section" id="on-sale" aria-labelledby="on-sale-title">
${renderStaleNote(answer.staleSince)}
<h2 id="on-sale-title">On sale now</h2>
${
  onSale.length > 0
    ? html`<ul class="cards">${onSale.map((drop, i) => renderCard(site, drop, now, i < 3))}</ul>`
    : html`<div class="panel empty">${drawing(site, 'shelf', 180)}<div><h3>The shelf is empty just now</h3><p>New drops are announced in Discord first, with a fixed number and a closing time.</p></div></div>`
}
</section>
<section class="band" aria-labelledby="how-title">
<div class="wrap section">
<h2 id="how-title">How it works</h2>
<ol class="steps">
<li class="step">${drawing(site, 'tag', 132)}<h3>Press Buy now</h3><p>In Discord, one press takes one off the shelf and holds it for you while you pay.</p></li>
<li class="step">${drawing(site, 'jar', 132)}<h3>Pay, and it is held</h3><p>You pay on Stripe’s page. Your money is held until it arrives.</p></li>
<li class="step">${drawing(site, 'parcel', 132)}<h3>Say it arrived</h3><p>The builder ships. When you press It arrived, their share goes to them.</p></li>
</ol>
<p class="after"><a class="after__link" href="/about">How the money is held, and what happens when something goes wrong</a></p>
</div>
</section>
${
  soldOut.length > 0
    ? html`<section class="wrap section" aria-labelledby="sold-title">
<h2 id="sold-title">Recently sold out</h2>
<ul class="cards cards--small">${soldOut.slice(0, SOLD_OUT_SHOWN).map((drop) => renderCard(site, drop, now, false))}</ul>
</section>`
    : ''
}`,
  })
}

function renderCard(site: Site, drop: DropView, now: number, isFirst: boolean): Html {
  const { picture } = drop
  const open = drop.status === 'open' && drop.closesAt > now && drop.sold < drop.quantity
  // The first pictures are on the screen at once; only those below may wait.
  return html`<li class="card">
<div class="card__picture">${
    picture
      ? html`<img src="/pictures/${picture.pictureId}/card.webp" width="480" height="360" alt="${picture.alt}" ${isFirst ? '' : html`loading="lazy"`} decoding="async">`
      : drawing(site, 'mug', 150)
  }</div>
<div class="card__words">
<h3 class="card__title"><a href="/drops/${drop.dropId}"><bdi>${drop.title}</bdi></a></h3>
<p class="card__by">by <bdi>${drop.builder.name}</bdi></p>
<p class="card__facts"><span class="price">${formatMoney(drop.price)}</span>${renderShelf(drop, now)}</p>
${open ? html`<p class="card__closes">Closes ${moment(drop.closesAt)}</p>` : ''}
</div>
</li>`
}
