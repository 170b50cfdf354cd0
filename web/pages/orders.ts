import { html } from 'hono/html'
import { describeOrder, type OrderView } from '#contract'
import { drawing, type Html, renderLayout, type Site } from './layout.ts'
import { markMoment, moment, withMoments } from './moment.ts'

/** Everything that one person has held and bought, newest first. `isLater`: not the first page. */
export function renderOrders(
  site: Site,
  found: { readonly orders: readonly OrderView[]; readonly cursor: string | null },
  isLater: boolean,
): Html {
  const words = site.reader.words.orders
  const { orders, cursor } = found
  return renderLayout(site, {
    title: words.title,
    here: '/orders',
    body: html`
<div class="wrap orders">
<header class="orders__head">
<h1>${words.heading}</h1>
<form method="post" action="/logout"><button class="button button--quiet" type="submit">${words.logOut}</button></form>
</header>
${
  orders.length > 0
    ? html`<ul class="orders__list">${orders.map((order) => renderRow(site, order))}</ul>`
    : html`<div class="panel empty">${drawing(site, 'parcel', 160)}<div><h2>${words.none}</h2><p>${words.noneLead}</p><p class="actions empty__actions"><a class="button" href="/drops?show=open">${site.reader.words.drop.others}</a></p></div></div>`
}
${(isLater || cursor !== null) && html`<nav class="pages" aria-label="${words.pages}">${isLater && html`<a class="button button--quiet" href="/orders">${words.newest}</a>`}${cursor !== null && html`<a class="button button--quiet" href="/orders?after=${encodeURIComponent(cursor)}" rel="next">${words.older}</a>`}</nav>`}
</div>`,
  })
}

function renderRow(site: Site, order: OrderView): Html {
  const { picture, title } = order.drop
  const { words, money } = site.reader
  const told = describeOrder(order, words.order.standing, markMoment, money)
  return html`<li class="orders__row panel">
<div class="orders__picture">${
    picture
      ? html`<img src="/pictures/${picture.pictureId}/card" width="160" height="120" alt="" loading="lazy" decoding="async">`
      : drawing(site, 'mug', 96)
  }</div>
<div class="orders__words">
<h2 class="orders__title"><a class="orders__link" href="/orders/${order.orderId}"><bdi>${title}</bdi></a></h2>
<p class="quiet">${words.card.by(html`<bdi>${order.builder.name}</bdi>`)}, ${moment(site, order.createdAt)}</p>
<p class="orders__state"><strong>${withMoments(site, told.state)}</strong> ${withMoments(site, told.next)}</p>
</div>
<p class="orders__price"><span class="price">${money(order.total)}</span></p>
</li>`
}

/** Who is not logged in is asked to, and comes back to `next`, a path of ours. */
export function renderOrdersLogin(site: Site, next: string): Html {
  const words = site.reader.words.orders
  return renderLayout(site, {
    title: words.title,
    here: '/orders',
    body: html`
<section class="wrap order">
<div class="panel order__panel">
${drawing(site, 'parcel', 168)}
<h1>${words.heading}</h1>
<p class="lead">${words.loginLead}</p>
<p class="actions"><a class="button" href="/login?next=${encodeURIComponent(next)}">${words.logIn}</a></p>
<p class="quiet">${words.loginElse}</p>
</div>
</section>`,
  })
}
