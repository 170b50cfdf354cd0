import { html } from 'hono/html'
import {
  ExportKind,
  formatMoney,
  type OrderStatus,
  type StatementLine,
  type StatementSum,
  type StatementView,
} from '#contract'
import { calendarDay, monthName, shortDay } from './calendar.ts'
import { type Html, renderLayout, type Site } from './layout.ts'

/** A builder's month, on the screen and on paper. */
export function renderStatement(site: Site, statement: StatementView, token: string): Html {
  const { number, builder, month, asOf, complete, lines, byStatus, totals, debt } = statement
  const name = monthName(month)
  return renderLayout(site, {
    title: `Statement for ${name}`,
    body: html`
<article class="wrap paper paper--wide">
<div class="panel paper__sheet">
<header class="paper__head">
<div>
<p class="eyebrow">C500 Collective, commission statement</p>
<h1 class="paper__name">${name}</h1>
</div>
<dl class="paper__facts">
<div class="paper__fact"><dt>Number</dt><dd class="receipt__id">${number}</dd></div>
<div class="paper__fact"><dt>As it stands on</dt><dd>${calendarDay(asOf)}</dd></div>
</dl>
</header>
<p class="paper__parties">For <strong><bdi>${builder.name}</bdi></strong>, who sold through C500 Collective.${complete ? '' : ' The month is not over yet.'}</p>
${lines.length === 0 ? html`<p class="paper__empty">Nothing was paid in ${name}.</p>` : renderLines(lines, totals)}
${byStatus.length > 0 && renderSums(byStatus)}
${debt.map(
  (owed) =>
    html`<p class="note paper__debt">${formatMoney(owed)} is owed to the collective ${complete ? 'at the end of the month' : 'now'}, after refunds that came too late to be taken back. It is taken off what is sent next.</p>`,
)}
<nav class="actions paper__months" aria-label="Months">
${statement.earlier && html`<a class="button button--quiet" href="${address(token, statement.earlier)}">${monthName(statement.earlier)}</a>`}
${statement.later && html`<a class="button button--quiet" href="${address(token, statement.later)}">${monthName(statement.later)}</a>`}
</nav>
<section class="paper__files" aria-labelledby="files">
<h2 class="paper__title" id="files">As tables</h2>
<p class="quiet">Files for a spreadsheet or your bookkeeping, of ${name} or of everything so far.</p>
<ul class="paper__downloads">
${ExportKind.options.map(
  (kind) => html`<li><span>${FILES[kind]}</span>
<a href="${address(token, month, kind)}" class="paper__download" download>${name}<span class="hidden">: ${FILES[kind]}</span></a>
<a href="${address(token, null, kind)}" class="paper__download" download>Everything<span class="hidden">: ${FILES[kind]}</span></a></li>`,
)}
</ul>
</section>
<p class="paper__small">Orders are listed in the month of their payment, with what is left of them after refunds: gross less refunds less fee is net. Stripe's own fees are carried by the collective. All dates are in UTC.</p>
</div>
</article>`,
  })
}

const FILES: Record<ExportKind, string> = {
  orders: 'Orders',
  ledger: 'Ledger',
  payouts: 'Payouts to your bank',
}

function address(token: string, month: string | null, kind?: string): string {
  const path = `/statement/${encodeURIComponent(token)}${kind ? `/${kind}.csv` : ''}`
  return month ? `${path}?month=${month}` : path
}

function renderLines(lines: readonly StatementLine[], totals: readonly StatementSum[]): Html {
  return html`<div class="paper__wide" role="region" aria-label="Orders of the month" tabindex="0">
<table class="paper__table paper__table--many">
<thead><tr><th scope="col">Paid</th><th scope="col">What</th>${AMOUNTS}<th scope="col">State</th></tr></thead>
<tbody>
${lines.map(
  (line) => html`<tr><td class="paper__day">${shortDay(line.paidAt)}</td>
<th scope="row"><bdi>${line.title}</bdi>${line.receipt && html`<span class="paper__note">${line.receipt}</span>`}</th>
${renderAmounts(line)}<td class="paper__named" data-name="State"><span>${STATES[line.status]}</span><span class="paper__note">${whereNetIs(line)}</span></td></tr>`,
)}
</tbody>
<tfoot>
${totals.map((sum) => html`<tr><th scope="row" colspan="2">Together, ${sum.orders === 1 ? '1 order' : `${sum.orders} orders`}</th>${renderAmounts(sum)}<td></td></tr>`)}
</tfoot>
</table>
</div>`
}

function renderSums(byStatus: StatementView['byStatus']): Html {
  return html`<h2 class="paper__title">By state</h2>
<div class="paper__wide" role="region" aria-label="Sums by state" tabindex="0">
<table class="paper__table paper__table--many">
<thead><tr><th scope="col">State</th><th scope="col">Orders</th>${AMOUNTS}</tr></thead>
<tbody>
${byStatus.map((sum) => html`<tr><th scope="row">${STATES[sum.status]}</th><td class="paper__named" data-name="Orders">${sum.orders}</td>${renderAmounts(sum)}</tr>`)}
</tbody>
</table>
</div>`
}

const AMOUNTS = html`<th scope="col" class="paper__sum">Gross</th><th scope="col" class="paper__sum">Refunds</th><th scope="col" class="paper__sum">Fee</th><th scope="col" class="paper__sum">Net</th>`

function renderAmounts({ gross, refunded, fee, net }: Omit<StatementSum, 'orders'>): Html {
  const cell = (name: string, words: string) =>
    html`<td class="paper__sum paper__named" data-name="${name}">${words}</td>`
  const less = (money: typeof fee) =>
    money.amount === 0 ? formatMoney(money) : `\u2212${formatMoney(money)}`
  return html`${cell('Gross', formatMoney(gross))}${cell('Refunds', less(refunded))}${cell('Fee', less(fee))}${cell('Net', formatMoney(net))}`
}

const STATES: Record<OrderStatus, string> = {
  held: 'On hold',
  clearing: 'Waiting for the bank',
  closing: 'Hold ended',
  expired: 'Hold ended',
  paid: 'Paid, to ship',
  shipped: 'On its way',
  arrived: 'Arrived, being sent',
  release_blocked: 'Arrived, not sent yet',
  released: 'Arrived, sent',
  refunding: 'Refund on its way',
  refunded: 'Refunded',
}

/** What became of the net amount, or what is to become of it. */
function whereNetIs({ net, status, releasedAt, releasesAt }: StatementLine): string {
  if (status === 'released' && releasedAt !== null) return shortDay(releasedAt)
  if (releasedAt !== null) return `sent ${shortDay(releasedAt)}`
  if (net.amount === 0 || status === 'refunding' || status === 'refunded') return ''
  return releasesAt === null ? 'held' : `held until ${shortDay(releasesAt)} at the latest`
}
