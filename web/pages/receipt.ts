import { html } from 'hono/html'
import { describeOrder, type ReceiptView, type RefundReason } from '#contract'
import { drawing, type Html, renderLayout, type Site } from './layout.ts'

type Refund = ReceiptView['refunds'][number]

/** The buyer's receipt, on the screen and on paper. */
export function renderReceipt(site: Site, receipt: ReceiptView): Html {
  const { number, at, order, paymentReference, refunds } = receipt
  const { builder } = order
  const { day, money } = site.reader
  const left = { ...order.total, amount: order.total.amount - order.refunded.amount }
  return renderLayout(site, {
    title: `Receipt ${number}`,
    body: html`
<article class="wrap paper">
<div class="panel paper__sheet">
<header class="paper__head">
<div>
<p class="eyebrow">C500 Collective</p>
<h1 class="paper__name">Receipt</h1>
</div>
<dl class="paper__facts">
<div class="paper__fact"><dt>Number</dt><dd class="receipt__id">${number}</dd></div>
<div class="paper__fact"><dt>Date</dt><dd>${day(at)}</dd></div>
</dl>
</header>
<p class="paper__parties">Sold by <strong><bdi>${builder.name}</bdi></strong> through C500 Collective<br>to <strong><bdi>${order.buyer.name}</bdi></strong></p>
<table class="paper__table">
<thead><tr><th scope="col">What</th><th scope="col" class="paper__sum">Amount</th></tr></thead>
<tbody>
<tr><th scope="row"><bdi>${order.drop.title}</bdi>${order.paidAt !== null && html`<span class="paper__note">Paid ${day(order.paidAt)}</span>`}</th><td class="paper__sum">${money(order.total)}</td></tr>
${refunds.map(
  (
    refund,
  ) => html`<tr><th scope="row">Refund, ${day(refund.creditNote?.at ?? refund.at)}<span class="paper__note">${refundNote(receipt, refund)}</span></th>
<td class="paper__sum">${`\u2212${money(refund.amount)}`}</td></tr>`,
)}
</tbody>
<tfoot><tr><th scope="row">${refunds.length > 0 ? 'Total after refunds' : 'Total'}</th><td class="paper__sum">${money(left)}</td></tr></tfoot>
</table>
<dl class="receipt">
<div><dt>Paid</dt><dd>through Stripe</dd></div>
<div><dt>Payment reference</dt><dd class="receipt__id">${paymentReference}</dd></div>
<div><dt>Order</dt><dd class="receipt__id">${order.orderId}</dd></div>
</dl>
<section class="paper__held" aria-labelledby="held">
<h2 class="paper__title" id="held">Where the money is</h2>
<p>${heldSentence(site, receipt)}</p>
<p class="quiet">${describeOrder(order, 'buyer', day, money).next}</p>
</section>
<p class="actions"><a class="button button--quiet" href="/drops/${order.drop.dropId}">See the drop</a></p>
<p class="paper__small">All dates are in UTC.</p>
</div>
</article>`,
  })
}

/** An order that is not paid, or was paid a moment ago, has no receipt so far. */
export function renderNoReceipt(site: Site): Html {
  return renderLayout(site, {
    title: 'No receipt yet, C500 Collective',
    body: html`
<section class="wrap order">
<div class="panel order__panel">
${drawing(site, 'mug', 168)}
<h1>There is no receipt yet</h1>
<p class="lead">It is written when Stripe has confirmed the payment, which takes a few seconds. Load this page again to see it.</p>
</div>
</section>`,
  })
}

function refundNote({ order }: ReceiptView, { creditNote, reason, status }: Refund): string {
  const why = WHY[reason](order.builder.name)
  if (status === 'failed') return `${why} The bank sent it back; an operator finds another way to you.`
  return creditNote ? `Credit note ${creditNote.number}. ${why}` : `On its way back to you. ${why}`
}

const WHY: Record<RefundReason, (builder: string) => string> = {
  paid_too_late: () => 'The hold had ended when the payment came.',
  builder: (builder) => `${builder} gave it back.`,
  operator: () => 'An operator decided so.',
  case: () => 'The case was decided so.',
  holding_limit: () => 'It did not arrive in the time that money can be held.',
  dispute_lost: () => 'Your bank took the payment back.',
}

/** What was held, from when, and until when. */
function heldSentence({ reader: { day, money } }: Site, { held, order }: ReceiptView): string {
  const { total, refunded, builder } = order
  if (!held) return `${money(total)} was passed on to ${builder.name} with the payment.`
  const since = day(held.since)
  if (held.until !== null) {
    return `${money(held.amount)} was held from ${since} until ${day(held.until)}.`
  }
  const left = money({ ...total, amount: held.amount.amount - refunded.amount })
  const what = refunded.amount > 0 ? `${left} of ${money(held.amount)}` : left
  const end = held.endsAt === null ? '' : `, and not longer than ${day(held.endsAt)}`
  return `${what} is held since ${since} until it arrives${end}.`
}
