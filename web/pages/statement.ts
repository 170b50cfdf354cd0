import { html } from 'hono/html'
import {
  ExportKind,
  type StatementLine,
  type StatementTotal,
  type StatementTransfer,
  type StatementView,
} from '#contract'
import type { Reader } from '../reader.ts'
import type { Words } from '../strings/en.ts'
import { type Html, renderLayout, type Site } from './layout.ts'

/** A builder's month, on the screen and on paper. */
export function renderStatement(site: Site, statement: StatementView, token: string): Html {
  const { number, builder, month, asOf, complete, lines, transfers, totals, debt } = statement
  const { reader } = site
  const words = reader.words.statement
  const { tables } = words
  const name = reader.month(month)
  return renderLayout(site, {
    title: words.title(name),
    body: html`
<article class="wrap paper paper--wide">
<div class="panel paper__sheet">
<header class="paper__head">
<div>
<p class="eyebrow">${words.eyebrow}</p>
<h1 class="paper__name">${name}</h1>
</div>
<dl class="paper__facts">
<div class="paper__fact"><dt>${words.number}</dt><dd class="receipt__id">${number}</dd></div>
<div class="paper__fact"><dt>${complete ? words.until : words.asOf}</dt><dd>${reader.day(asOf)}</dd></div>
</dl>
</header>
<p class="paper__parties">${words.forBuilder(html`<strong><bdi>${builder.name}</bdi></strong>`)} ${complete ? words.closed : words.notClosed}</p>
${lines.length === 0 ? html`<p>${words.nothing(name)}</p>` : renderLines(reader, lines, totals)}
${transfers.length > 0 && renderTransfers(reader, transfers, totals)}
${totals.length > 0 && renderBalances(reader, totals, complete)}
${debt.map(
  (owed) =>
    html`<p class="note paper__debt">${(complete ? words.debt.atEnd : words.debt.now)(reader.money(owed))}</p>`,
)}
<nav class="actions" aria-label="${words.months}">
${statement.earlier && html`<a class="button button--quiet" href="${address(token, statement.earlier)}">${reader.month(statement.earlier)}</a>`}
${statement.later && html`<a class="button button--quiet" href="${address(token, statement.later)}">${reader.month(statement.later)}</a>`}
</nav>
<section class="paper__files" aria-labelledby="files">
<h2 class="paper__title" id="files">${tables.heading}</h2>
<p class="quiet">${tables.lead(name)}</p>
<ul class="paper__downloads">
${ExportKind.options.map(
  (kind) => html`<li><span>${tables.files[kind]}</span>
<a href="${address(token, month, kind)}" class="paper__download" download>${name}<span class="hidden">: ${tables.files[kind]}</span></a>
<a href="${address(token, null, kind)}" class="paper__download" download>${tables.everything}<span class="hidden">: ${tables.files[kind]}</span></a></li>`,
)}
</ul>
</section>
<p class="paper__small">${words.small}</p>
</div>
</article>`,
  })
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
  const words = reader.words.statement
  const title = (line: StatementLine) => html`<bdi>${line.title}</bdi>`
  return html`<div class="paper__wide" role="region" aria-label="${words.lines}" tabindex="0">
<table class="paper__table paper__table--many">
<thead><tr><th scope="col">${words.booked}</th><th scope="col">${words.what}</th>${AMOUNTS.map((column) => html`<th scope="col" class="paper__sum">${words[column]}</th>`)}</tr></thead>
<tbody>
${lines.map(
  (line) => html`<tr><td class="paper__day">${reader.shortDay(line.at)}</td>
<th scope="row">${line.kind === 'refund' ? words.refundOf(title(line)) : title(line)}${line.paper && html`<span class="paper__note">${words.papers[line.kind](line.paper)}</span>`}</th>
${renderAmounts(reader, line)}</tr>`,
)}
</tbody>
<tfoot>
${totals.map((sum) => html`<tr><th scope="row" colspan="2">${words.sales(sum.sales)}</th>${renderAmounts(reader, sum)}</tr>`)}
</tfoot>
</table>
</div>`
}

const AMOUNTS = ['gross', 'refunds', 'fee', 'net'] as const satisfies readonly (keyof Words['statement'])[]

function renderAmounts(
  reader: Reader,
  { gross, refunded, fee, net }: Pick<StatementLine, 'gross' | 'refunded' | 'fee' | 'net'>,
): Html {
  const amounts = { gross, refunds: less(refunded), fee: less(fee), net }
  return html`${AMOUNTS.map((column) => amountCell(reader.words.statement[column], signed(reader, amounts[column])))}`
}

function renderTransfers(
  reader: Reader,
  transfers: readonly StatementTransfer[],
  totals: readonly StatementTotal[],
): Html {
  const words = reader.words.statement
  const name = (title: string) => html`<bdi>${title}</bdi>`
  return html`<h2 class="paper__title">${words.transfers}</h2>
<div class="paper__wide" role="region" aria-label="${words.transfersOf}" tabindex="0">
<table class="paper__table paper__table--many">
<thead><tr><th scope="col">${words.booked}</th><th scope="col">${words.what}</th><th scope="col" class="paper__sum">${words.amount}</th></tr></thead>
<tbody>
${transfers.map(
  ({ kind, at, title, amount }) => html`<tr><td class="paper__day">${reader.shortDay(at)}</td>
<th scope="row">${kind === 'taken_back' ? words.takenBack(name(title)) : name(title)}</th>
${amountCell(words.amount, signed(reader, kind === 'sent' ? amount : less(amount)))}</tr>`,
)}
</tbody>
<tfoot>
${totals.map((sum) => html`<tr><th scope="row" colspan="2">${words.together}</th>${amountCell(words.amount, signed(reader, sum.sent))}</tr>`)}
</tfoot>
</table>
</div>`
}

/** From what was held when the month began to what was held when it ended. */
function renderBalances(reader: Reader, totals: readonly StatementTotal[], complete: boolean): Html {
  const { balances, balance } = reader.words.statement
  const row = (name: string, pick: (total: StatementTotal) => SignedMoney) =>
    html`<tr><th scope="row">${name}</th>${totals.map((total) => amountCell(total.net.currency.toUpperCase(), signed(reader, pick(total))))}</tr>`
  return html`<h2 class="paper__title">${balances}</h2>
<table class="paper__table">
<tbody>
${row(balance.before, ({ before }) => before)}
${row(balance.net, ({ net }) => net)}
${row(balance.sent, ({ sent }) => less(sent))}
</tbody>
<tfoot>
${row(complete ? balance.after : balance.now, ({ after }) => after)}
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
