import { html } from 'hono/html'
import { describeOrder, type ReceiptView } from '#contract'
import { drawing, type Html, renderLayout, type Site } from './layout.ts'

type Refund = ReceiptView['refunds'][number]

/** The buyer's receipt, on the screen and on paper. */
export function renderReceipt(site: Site, receipt: ReceiptView): Html {
  const { number, at, order, paymentReference, refunds } = receipt
  const { day, money, words: all } = site.reader
  const words = all.receipt
  const left = { ...order.total, amount: order.total.amount - order.refunded.amount }
  const name = (person: string) => html`<strong><bdi>${person}</bdi></strong>`
  return renderLayout(site, {
    title: words.title(number),
    body: html`
<article class="wrap paper">
<div class="panel paper__sheet">
<header class="paper__head">
<div>
<p class="eyebrow">${words.eyebrow}</p>
<h1 class="paper__name">${words.heading}</h1>
</div>
<dl class="paper__facts">
<div class="paper__fact"><dt>${words.number}</dt><dd class="receipt__id">${number}</dd></div>
<div class="paper__fact"><dt>${words.date}</dt><dd>${day(at)}</dd></div>
</dl>
</header>
<p class="paper__parties">${words.parties(name(order.builder.name), name(order.buyer.name))}</p>
<table class="paper__table">
<thead><tr><th scope="col">${words.what}</th><th scope="col" class="paper__sum">${words.amount}</th></tr></thead>
<tbody>
<tr><th scope="row"><bdi>${order.drop.title}</bdi>${order.paidAt !== null && html`<span class="paper__note">${words.paidOn(day(order.paidAt))}</span>`}</th><td class="paper__sum">${money(order.total)}</td></tr>
${refunds.map(
  (
    refund,
  ) => html`<tr><th scope="row">${words.refundOn(day(refund.creditNote?.at ?? refund.at))}<span class="paper__note">${refundNote(site, receipt, refund)}</span></th>
<td class="paper__sum">${`\u2212${money(refund.amount)}`}</td></tr>`,
)}
</tbody>
<tfoot><tr><th scope="row">${refunds.length > 0 ? words.totalLeft : words.total}</th><td class="paper__sum">${money(left)}</td></tr></tfoot>
</table>
<dl class="receipt">
<div><dt>${words.paid}</dt><dd>${words.throughStripe}</dd></div>
<div><dt>${words.reference}</dt><dd class="receipt__id">${paymentReference}</dd></div>
<div><dt>${words.order}</dt><dd class="receipt__id">${order.orderId}</dd></div>
</dl>
<section class="paper__held" aria-labelledby="held">
<h2 class="paper__title" id="held">${words.whereMoneyIs}</h2>
<p>${heldSentence(site, receipt)}</p>
<p class="quiet">${describeOrder(order, all.order.standing, day, money).next}</p>
</section>
<p class="actions"><a class="button button--quiet" href="/drops/${order.drop.dropId}">${all.order.seeDrop}</a></p>
<p class="paper__small">${words.utc}</p>
</div>
</article>`,
  })
}

/** An order that is not paid, or was paid a moment ago, has no receipt so far. */
export function renderNoReceipt(site: Site): Html {
  const { title, heading, lead } = site.reader.words.receipt.none
  return renderLayout(site, {
    title,
    body: html`
<section class="wrap order">
<div class="panel order__panel">
${drawing(site, 'mug', 168)}
<h1>${heading}</h1>
<p class="lead">${lead}</p>
<p class="actions"><a class="button button--quiet" href="">${site.reader.words.order.unconfirmed.again}</a></p>
</div>
</section>`,
  })
}

/** How far the refund is, and why it was given. */
function refundNote(site: Site, { order }: ReceiptView, { creditNote, reason, status }: Refund): string {
  const { receipt, order: words } = site.reader.words
  const { refund } = receipt
  const why = words.standing.why[reason](order.builder.name)
  if (status === 'failed') return `${why} ${refund.failed}`
  return `${creditNote ? refund.creditNote(creditNote.number) : refund.onItsWay} ${why}`
}

/** What was held, from when, and until when. */
function heldSentence({ reader: { day, money, words } }: Site, { held, order }: ReceiptView): string {
  const { total, refunded, builder } = order
  const { receipt } = words
  if (!held) return receipt.passedOn(money(total), builder.name)
  const since = day(held.since)
  if (held.until !== null) return receipt.wasHeld(money(held.amount), since, day(held.until))
  const left = money({ ...total, amount: held.amount.amount - refunded.amount })
  const what = refunded.amount > 0 ? receipt.leftOf(left, money(held.amount)) : left
  return held.endsAt === null
    ? receipt.isHeld(what, since)
    : receipt.isHeldAtMost(what, since, day(held.endsAt))
}
