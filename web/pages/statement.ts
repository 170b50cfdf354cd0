import { html } from 'hono/html'
import {
  ExportKind,
  type StatementLine,
  type StatementTotal,
  type StatementTransfer,
  type StatementView,
} from '#contract'
import type { Reader } from '../reader.ts'
import { type Html, renderLayout, type Site } from './layout.ts'

/** A builder's month, on the screen and on paper. */
export function renderStatement(site: Site, statement: StatementView, token: string): Html {
  const { number, builder, month, asOf, complete, lines, transfers, totals, debt } = statement
  const { reader } = site
  const name = reader.month(month)
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
<div class="paper__fact"><dt>${complete ? 'Until' : 'As it stands on'}</dt><dd>${reader.day(asOf)}</dd></div>
</dl>
</header>
<p class="paper__parties">For <strong><bdi>${builder.name}</bdi></strong>, who sold through C500 Collective.${complete ? ' The month is closed: this does not change any more.' : ' The month is not closed yet.'}</p>
${lines.length === 0 ? html`<p class="paper__empty">Nothing was sold or given back in ${name}.</p>` : renderLines(reader, lines, totals)}
${transfers.length > 0 && renderTransfers(reader, transfers, totals)}
${totals.length > 0 && renderBalances(reader, totals, complete)}
${debt.map(
  (owed) =>
    html`<p class="note paper__debt">${reader.money(owed)} is owed to the collective ${complete ? 'at the end of the month' : 'now'}, after refunds that came too late to be taken back. It is taken off what is sent next.</p>`,
)}
<nav class="actions paper__months" aria-label="Months">
${statement.earlier && html`<a class="button button--quiet" href="${address(token, statement.earlier)}">${reader.month(statement.earlier)}</a>`}
${statement.later && html`<a class="button button--quiet" href="${address(token, statement.later)}">${reader.month(statement.later)}</a>`}
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
<p class="paper__small">Everything stands on the day it was booked: a sale when it was paid, a refund when it was decided, so what happens later is in a later month. Gross less refunds less fee is net; a refund gives the fee of its part back. Stripe's own fees are carried by the collective. All dates are in UTC.</p>
</div>
</article>`,
  })
}

const FILES: Record<ExportKind, string> = {
  orders: 'Orders by the day of payment, as they stand today',
  ledger: 'Ledger by the day of booking',
  payouts: 'Payouts to your bank',
}

function address(token: string, month: string | null, kind?: string): string {
  const path = `/statement/${encodeURIComponent(token)}${kind ? `/${kind}.csv` : ''}`
  return month ? `${path}?month=${month}` : path
}

function renderLines(
  reader: Reader,
  lines: readonly StatementLine[],
  totals: readonly StatementTotal[],
): Html {
  return html`<div class="paper__wide" role="region" aria-label="Sales and refunds of the month" tabindex="0">
<table class="paper__table paper__table--many">
<thead><tr><th scope="col">Booked</th><th scope="col">What</th>${AMOUNTS}</tr></thead>
<tbody>
${lines.map(
  (line) => html`<tr><td class="paper__day">${reader.shortDay(line.at)}</td>
<th scope="row">${line.kind === 'refund' && 'Refund: '}<bdi>${line.title}</bdi>${line.paper && html`<span class="paper__note">${PAPER[line.kind]} ${line.paper}</span>`}</th>
${renderAmounts(reader, line)}</tr>`,
)}
</tbody>
<tfoot>
${totals.map((sum) => html`<tr><th scope="row" colspan="2">Together, ${sum.sales === 1 ? '1 sale' : `${sum.sales} sales`}</th>${renderAmounts(reader, sum)}</tr>`)}
</tfoot>
</table>
</div>`
}

const PAPER: Record<StatementLine['kind'], string> = { sale: 'Receipt', refund: 'Credit note' }

const AMOUNTS = html`<th scope="col" class="paper__sum">Gross</th><th scope="col" class="paper__sum">Refunds</th><th scope="col" class="paper__sum">Fee</th><th scope="col" class="paper__sum">Net</th>`

function renderAmounts(
  reader: Reader,
  { gross, refunded, fee, net }: Omit<StatementLine, 'kind' | 'orderId' | 'at' | 'title' | 'paper'>,
): Html {
  return html`${amountCell('Gross', signed(reader, gross))}${amountCell('Refunds', signed(reader, less(refunded)))}${amountCell('Fee', signed(reader, less(fee)))}${amountCell('Net', signed(reader, net))}`
}

function renderTransfers(
  reader: Reader,
  transfers: readonly StatementTransfer[],
  totals: readonly StatementTotal[],
): Html {
  return html`<h2 class="paper__title">Sent to you</h2>
<div class="paper__wide" role="region" aria-label="Money sent in the month" tabindex="0">
<table class="paper__table paper__table--many">
<thead><tr><th scope="col">Booked</th><th scope="col">What</th><th scope="col" class="paper__sum">Amount</th></tr></thead>
<tbody>
${transfers.map(
  ({ kind, at, title, amount }) => html`<tr><td class="paper__day">${reader.shortDay(at)}</td>
<th scope="row">${kind === 'taken_back' && 'Taken back: '}<bdi>${title}</bdi></th>
${amountCell('Amount', signed(reader, kind === 'sent' ? amount : less(amount)))}</tr>`,
)}
</tbody>
<tfoot>
${totals.map((sum) => html`<tr><th scope="row" colspan="2">Together</th>${amountCell('Amount', signed(reader, sum.sent))}</tr>`)}
</tfoot>
</table>
</div>`
}

/** From what was held when the month began to what was held when it ended. */
function renderBalances(reader: Reader, totals: readonly StatementTotal[], complete: boolean): Html {
  const row = (name: string, pick: (total: StatementTotal) => SignedMoney) =>
    html`<tr><th scope="row">${name}</th>${totals.map((total) => amountCell(total.net.currency.toUpperCase(), signed(reader, pick(total))))}</tr>`
  return html`<h2 class="paper__title">Held for you, less what you owe</h2>
<table class="paper__table">
<tbody>
${row('When the month began', ({ before }) => before)}
${row('Net of the month', ({ net }) => net)}
${row('Sent to you', ({ sent }) => less(sent))}
</tbody>
<tfoot>
${row(complete ? 'When the month ended' : 'Now', ({ after }) => after)}
</tfoot>
</table>`
}

type SignedMoney = StatementTotal['net']

function amountCell(name: string, words: string): Html {
  return html`<td class="paper__sum paper__named" data-name="${name}">${words}</td>`
}

function less({ amount, currency }: SignedMoney): SignedMoney {
  return { amount: 0 - amount, currency }
}

function signed(reader: Reader, { amount, currency }: SignedMoney): string {
  const words = reader.money({ amount: Math.abs(amount), currency })
  return amount < 0 ? `\u2212${words}` : words
}
