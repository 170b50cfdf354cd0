import { html } from 'hono/html'
import type Stripe from 'stripe'
import { FAULT_KINDS, type Faults } from '../faults.ts'
import type { Html } from '../stand-in-page.ts'
import { isOpen } from './disputes.ts'
import { money, renderPage } from './page.ts'
import { modesOf, type Stand } from './stand.ts'
import { listDeliveries, summarise } from './summary.ts'
import type { SessionRecord } from './tables.ts'

const NAV_NAMES: Readonly<Record<string, string>> = { sessions: 'pay pages', charges: 'payments' }
type Summary = ReturnType<typeof summarise>
const SHOWN = 12
const DELIVERIES_SHOWN = 60
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

const JUMPS: readonly (readonly [string, number])[] = [
  ['1 hour on', HOUR_MS],
  ['1 day on', DAY_MS],
  ['2 days on', 2 * DAY_MS],
  ['2 weeks on', 14 * DAY_MS],
]
const MOODS = [
  ['normal', 'Arrive as they should'],
  ['double', 'Arrive twice'],
  ['lose', 'Get lost'],
  ['hold', 'Wait until this changes'],
] as const
const FAULT_NAMES: Readonly<Record<(typeof FAULT_KINDS)[number], string>> = {
  '429': '429: too many requests',
  '500': '500: Stripe broke',
  reset_before: 'Connection lost before the work',
  reset_after: 'Connection lost after the work is done',
  timeout: 'Work done, no answer',
  slow: 'Answer a second late',
}
const ROUTES = [
  '*',
  'POST /v1/checkout/sessions',
  'POST /v1/checkout/sessions/:id/expire',
  'POST /v1/transfers',
  'POST /v1/transfers/:id/reversals',
  'POST /v1/refunds',
  'POST /v1/accounts',
  'POST /v2/core/accounts',
  'GET *',
]

/** The page of the controls: see what happened, let things happen. `problem` says why the last wish was refused. */
export function renderControls(stand: Stand, faults: Faults, problem: string | null = null): Html {
  const summary = summarise(stand)
  return renderPage(
    'What happened',
    html`<h1>What happened here, and what shall happen</h1>
${problem ? html`<p class="problem" role="alert">${problem}</p>` : ''}
${renderMoney(summary)}
<nav aria-label="On this page">${[
      'clock',
      'webhooks',
      'faults',
      'sessions',
      'charges',
      'refunds',
      'disputes',
      'accounts',
      'payouts',
      'deliveries',
    ].map((id) => html`<a href="#${id}">${NAV_NAMES[id] ?? id}</a> `)}</nav>
${renderClock(summary)}
${renderMood(stand)}
${renderFaults(faults)}
${renderSessions(stand, summary)}
${renderCharges(stand)}
${renderRefunds(stand, summary)}
${renderDisputes(stand)}
${renderAccounts(summary)}
${renderPayouts(summary)}
${renderDeliveries(stand)}`,
    'wide',
  )
}

/** One button that does one thing. `about` is for those who hear the page: which of the many rows it means. */
function button(
  label: string,
  action: string,
  fields: Readonly<Record<string, string | number | boolean>> = {},
  about = '',
): Html {
  return html`<form method="post" action="/local${action}">${Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${String(value)}">`,
  )}<button class="quiet">${label}${about ? html`<span class="unseen"> ${about}</span>` : ''}</button></form>`
}

function section(id: string, title: string, intro: Html | string, content: Html | ''): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>
<p class="note">${intro}</p>${content}</section>`
}

function table(name: string, heads: readonly string[], rows: readonly Html[], all: number): Html {
  if (rows.length === 0) return html`<p>None yet.</p>`
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Table: ${name}"><table>
<thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>${rows}</tbody></table></div>
${all > rows.length ? html`<p class="note">The newest ${rows.length} of ${all}.</p>` : ''}`
}

/** `needs_response` as people write it. */
function words(name: string): string {
  return name.replaceAll('_', ' ')
}

function moment(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().slice(0, 16).replace('T', ' ')
}

/** `d` days, `h` hours of a clock that was moved. */
function distance(ms: number): string {
  const [days, hours] = [Math.floor(ms / DAY_MS), Math.floor((ms % DAY_MS) / HOUR_MS)]
  return [days && `${days} ${days === 1 ? 'day' : 'days'}`, hours && `${hours} h`].filter(Boolean).join(' ')
}

function renderMoney({ balance, accounts, transfers, refunds, disputes, events }: Summary): Html {
  const kept = (currency: string) => balance.connect_reserved?.find((one) => one.currency === currency)
  return html`<dl class="cards">${balance.available.map(
    ({ amount, currency }, at) => html`<div><dt>The platform has</dt>
<dd><span class="amount">${money(amount, currency)}</span><br>available, ${money(balance.pending[at]?.amount ?? 0, currency)} pending${
      kept(currency)?.amount
        ? html`,<br>${money(kept(currency)?.amount ?? 0, currency)} kept back for accounts below zero`
        : ''
    }</dd></div>`,
  )}
<div><dt>So far</dt><dd>Accounts: ${accounts.length}. Transfers: ${transfers.length}. Refunds: ${refunds.length}. Disputes: ${disputes.length}. Events: ${events}.</dd></div></dl>`
}

function renderClock({ clock }: Summary): Html {
  const moved = clock.movedByMs > 0 ? `moved on by ${distance(clock.movedByMs)}` : 'never moved'
  return section(
    'clock',
    'Clock',
    html`It is <strong>${moment(clock.now / 1_000)}</strong> UTC here, ${moved}. Money is available two days after a payment; a clock that
was moved on cannot be turned back. Pay pages that are open now end when their time comes.`,
    html`<div class="row-of">${JUMPS.map(([label, advanceMs]) => button(label, '/clock', { advanceMs }))}</div>`,
  )
}

function renderMood(stand: Stand): Html {
  const mood = stand.deliveries.mood()
  return section(
    'webhooks',
    'How webhooks travel',
    'Counts for every event from now on, and for those that wait.',
    html`<form method="post" action="/local/webhooks" class="line">
<label>They <select name="mode">${MOODS.map(
      ([mode, label]) =>
        html`<option value="${mode}" ${mode === mood.mode ? 'selected' : ''}>${label.toLowerCase()}</option>`,
    )}</select></label>
<label>and new ones <select name="delayMs">${[0, 5_000, 60_000, HOUR_MS].map(
      (ms) =>
        html`<option value="${ms}" ${ms === mood.delayMs ? 'selected' : ''}>${ms === 0 ? 'at once' : ms < HOUR_MS ? `${ms / 1_000} s later` : 'an hour later'}</option>`,
    )}</select></label>
<label class="check"><input type="checkbox" name="shuffle" value="true" ${mood.shuffle ? 'checked' : ''}> in random order</label>
<button>Let them</button></form>`,
  )
}

function renderFaults(faults: Faults): Html {
  const active = faults.list()
  return section(
    'faults',
    'What goes wrong on purpose',
    active.length > 0
      ? html`Waiting to happen: ${active.map(({ kind, route, times }) => html`<br>${FAULT_NAMES[kind]}, ${times} times, at <code>${route ?? '*'}</code>`)}`
      : 'Nothing is waiting to go wrong.',
    html`<form method="post" action="/local/faults" class="line">
<label>What <select name="kind">${FAULT_KINDS.map((kind) => html`<option value="${kind}">${FAULT_NAMES[kind]}</option>`)}</select></label>
<label>where <select name="route">${ROUTES.map((route) => html`<option value="${route}">${route === '*' ? 'anywhere' : route}</option>`)}</select></label>
<label>how often <input name="times" type="number" min="1" max="10000" value="1"></label>
<input type="hidden" name="delayMs" value="1000"><button>Break it</button></form>
${active.length > 0 ? html`<div class="row-of">${button('Forget them all', '/faults/clear')}</div>` : ''}`,
  )
}

/** What a pay page sells, so that a person finds the one they mean. */
function titleOf(record: SessionRecord | undefined): string {
  return record?.lineItems.map(({ description }) => description ?? '').join(', ') ?? ''
}

function renderSessions(stand: Stand, { sessions }: Summary): Html {
  const rows = sessions.slice(0, SHOWN).map((one) => {
    const about = `for ${one.client_reference_id ?? one.id}`
    const path = `/sessions/${one.id}`
    const todo =
      one.status === 'open'
        ? [
            button('Pay', `${path}/pay`, {}, about),
            button('Decline', `${path}/pay`, { card: '4000000000000002' }, about),
          ]
        : one.status === 'expired'
          ? [button('Pay all the same', `${path}/pay`, { late: true }, about)]
          : one.payment_status === 'unpaid'
            ? [
                button('Money arrives', `${path}/settle`, { outcome: 'succeeded' }, about),
                button('Money fails', `${path}/settle`, { outcome: 'failed' }, about),
              ]
            : []
    return html`<tr><td>${money(one.amount_total ?? 0, one.currency ?? 'usd')}</td>
<td>${one.url ? html`<a href="${one.url}">${one.status}</a>` : one.status}, ${one.payment_status}</td>
<td>${titleOf(stand.tables.sessions.get(one.id))}<br><code>${one.client_reference_id ?? ''}</code></td><td>${moment(one.expires_at)}</td><td><div class="row-of">${todo}</div></td></tr>`
  })
  return section(
    'sessions',
    'Pay pages',
    'Checkout Sessions. One that has expired can still be paid by a payment that was on its way; money from a bank account arrives after four days, unless you say otherwise.',
    table('Pay pages', ['Amount', 'State', 'What', 'Ends', 'Let happen'], rows, sessions.length),
  )
}

function renderCharges(stand: Stand): Html {
  const paid = stand.tables.charges
    .values()
    .map(({ charge }) => charge)
    .filter(({ status }) => status === 'succeeded')
    .toReversed()
  const sold = new Map(stand.tables.sessions.values().map((record) => [record.intentId, titleOf(record)]))
  const rows = paid.slice(0, SHOWN).map((charge) => {
    const about = charge.id
    const intent = typeof charge.payment_intent === 'string' ? charge.payment_intent : null
    const path = `/charges/${charge.id}/dispute`
    const todo = charge.disputed
      ? []
      : [
          button('Not received', path, { reason: 'product_not_received' }, about),
          button('Fraud', path, { reason: 'fraudulent' }, about),
          button('Only ask', path, { reason: 'general', inquiry: true }, about),
        ]
    return html`<tr><td>${money(charge.amount, charge.currency)}</td><td>${stateOf(charge)}</td>
<td>${intent && sold.get(intent)}<br>${charge.billing_details.name}</td><td>${moment(charge.created)}<br><code>${charge.id}</code></td><td><div class="row-of">${todo}</div></td></tr>`
  })
  return section(
    'charges',
    'Payments',
    'A dispute takes the money and 15.00 at once. An inquiry only asks.',
    table(
      'Payments',
      ['Amount', 'State', 'What, and who paid', 'When', 'The buyer disputes'],
      rows,
      paid.length,
    ),
  )
}

function stateOf(charge: Stripe.Charge): string {
  const parts = [
    charge.disputed ? 'disputed' : 'paid',
    charge.amount_refunded > 0 ? `${money(charge.amount_refunded, charge.currency)} refunded` : '',
    charge.transfer_data ? 'split at payment' : '',
  ]
  return parts.filter((part) => part !== '').join(', ')
}

function renderRefunds(stand: Stand, { refunds }: Summary): Html {
  const hold = modesOf(stand).holdRefunds
  const rows = refunds.slice(0, SHOWN).map((one) => {
    const path = `/refunds/${one.id}`
    const todo =
      one.status === 'pending'
        ? [
            button('Succeeds', path, { status: 'succeeded' }, one.id),
            button('Fails', path, { status: 'failed' }, one.id),
            button('Canceled', path, { status: 'canceled' }, one.id),
          ]
        : one.status === 'succeeded'
          ? [button('Comes back', path, { status: 'failed' }, one.id)]
          : []
    return html`<tr><td>${money(one.amount, one.currency)}</td><td>${one.status}${one.failure_reason ? html`: ${words(one.failure_reason)}` : ''}</td>
<td>${moment(one.created)}<br><code>${one.id}</code></td><td><div class="row-of">${todo}</div></td></tr>`
  })
  return section(
    'refunds',
    'Refunds',
    hold ? 'New refunds wait until somebody decides.' : 'New refunds succeed at once.',
    html`<div class="row-of">${button(hold ? 'Let new refunds succeed at once' : 'Let new refunds wait for a decision', '/refunds', { hold: !hold })}</div>
${table('Refunds', ['Amount', 'State', 'When', 'The bank decides'], rows, refunds.length)}`,
  )
}

function renderDisputes(stand: Stand): Html {
  const all = stand.tables.disputes.values().toReversed()
  const rows = all.slice(0, SHOWN).map((one) => {
    const path = `/disputes/${one.id}`
    const todo = !isOpen(one)
      ? []
      : one.status.startsWith('warning')
        ? [button('Closed', path, { status: 'warning_closed' }, one.id)]
        : [
            button('Won', path, { status: 'won' }, one.id),
            button('Won, fee back', path, { status: 'won', feeReturned: true }, one.id),
            button('Lost', path, { status: 'lost' }, one.id),
          ]
    const { due_by, has_evidence, submission_count } = one.evidence_details
    const evidence = submission_count > 0 ? 'submitted' : has_evidence ? 'prepared' : 'none'
    return html`<tr><td>${money(one.amount, one.currency)}</td><td>${words(one.status)}<br>${words(one.reason)}</td>
<td>${evidence}</td><td>${due_by ? moment(due_by) : ''}</td><td><code>${one.id}</code></td><td><div class="row-of">${todo}</div></td></tr>`
  })
  return section(
    'disputes',
    'Disputes',
    'Without an answer by the deadline a dispute is lost. Won money comes back, the fee of the dispute only if you say so.',
    table(
      'Disputes',
      ['Amount', 'State', 'Evidence', 'Answer by', 'Dispute', 'The bank decides'],
      rows,
      all.length,
    ),
  )
}

function renderAccounts({ accounts }: Summary): Html {
  const rows = accounts.slice(0, SHOWN).map((one) => {
    const path = `/accounts/${one.id}`
    const available = one.balance.available.filter(({ amount }) => amount > 0)
    const todo = [
      one.transfers === 'active'
        ? button('Restrict', path, { transfers: 'inactive' }, one.id)
        : button('Restore', path, { transfers: 'active' }, one.id),
      ...(one.transfers === 'active'
        ? [button('Ask for a document', path, { currently_due: 'individual.verification.document' }, one.id)]
        : []),
      ...available.map(({ currency }) =>
        button(`Pay out all ${currency}`, '/payouts', { account: one.id, currency }, one.id),
      ),
      one.negativeAllowed
        ? button('Forbid below zero', path, { negativeAllowed: false }, one.id)
        : button('Allow below zero', path, { negativeAllowed: true }, one.id),
    ]
    const shown = one.balance.available.map(
      ({ amount, currency }, at) =>
        html`${money(amount, currency)}, ${money(one.balance.pending[at]?.amount ?? 0, currency)} pending<br>`,
    )
    return html`<tr><td><a href="/express/${one.id}"><code>${one.id}</code></a><br>${Object.values(one.metadata ?? {}).join(' ')}</td>
<td>transfers ${one.transfers}, payouts ${one.payouts_enabled ? 'on' : 'off'}</td>
<td>${one.currently_due.length > 3 ? `${one.currently_due.length} answers` : one.currently_due.join(', ') || 'nothing'}</td>
<td>${shown}</td><td><div class="row-of">${todo}</div></td></tr>`
  })
  return section(
    'accounts',
    'Connected accounts',
    'What is asked for is due within two weeks; after that the account may receive nothing.',
    table(
      'Connected accounts',
      ['Account', 'May', 'Still owes', 'Balance', 'Let happen'],
      rows,
      accounts.length,
    ),
  )
}

function renderPayouts({ payouts }: Summary): Html {
  const rows = payouts.slice(0, SHOWN).map((one) => {
    const path = `/payouts/${one.id}`
    const todo =
      one.status === 'pending'
        ? [
            button('Arrives', path, { status: 'paid' }, one.id),
            button('Fails', path, { status: 'failed' }, one.id),
          ]
        : one.status === 'paid'
          ? [button('Comes back', path, { status: 'failed' }, one.id)]
          : []
    return html`<tr><td>${money(one.amount, one.currency)}</td><td>${one.account ? html`<code>${one.account}</code>` : 'the platform'}</td>
<td>${one.status}${one.failure_code ? html`: ${words(one.failure_code)}` : ''}</td><td>${moment(one.arrival_date)}</td><td><div class="row-of">${todo}</div></td></tr>`
  })
  return section(
    'payouts',
    'Payouts',
    'From a balance to a bank. They arrive two days later.',
    html`<div class="row-of">${button('Pay out all usd of the platform', '/payouts', { currency: 'usd' })}</div>
${table('Payouts', ['Amount', 'Of', 'State', 'Arrives', 'The bank says'], rows, payouts.length)}`,
  )
}

const STATES: Readonly<Record<string, string>> = {
  due: 'waiting',
  delivered: 'delivered',
  given_up: 'given up',
  lost: 'lost',
}

function renderDeliveries(stand: Stand): Html {
  const all = listDeliveries(stand)
  const rows = all.slice(0, DELIVERIES_SHOWN).map((one) => {
    const path = `/deliveries/${one.eventId}`
    const about = one.type
    const todo = [
      button('Again', `${path}/send-again`, {}, about),
      button('Twice', `${path}/send-twice`, {}, about),
      ...(one.state === 'due'
        ? [
            button('In a minute', `${path}/delay`, { ms: 60_000 }, about),
            button('Never', `${path}/drop`, {}, about),
          ]
        : []),
    ]
    const due = one.state === 'due' ? html`<br>next ${moment(one.nextAt / 1_000).slice(11)}` : ''
    return html`<tr><td>${one.type}<br><code>${one.eventId}</code></td><td><code>${new URL(one.url).pathname}</code></td>
<td><span class="state ${one.state}">${STATES[one.state]}</span>${due}</td>
<td>${one.attempts.map((tried) => html`${tried.status ?? tried.problem} `)}</td><td><div class="row-of">${todo}</div></td></tr>`
  })
  return section(
    'deliveries',
    'Deliveries',
    html`Every event on its way to every endpoint, newest first. <a href="/local?at=${stand.clock()}#deliveries">Look again</a>`,
    table('Deliveries', ['Event', 'To', 'State', 'Answers', 'Send it'], rows, all.length),
  )
}
