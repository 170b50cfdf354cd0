import { html } from 'hono/html'
import type { FAULT_KINDS, Faults } from '../faults.ts'
import type { Html } from '../stand-in-page.ts'
import { currentStream } from './acts.ts'
import type { MODES, ORDERS } from './messages.ts'
import { renderPage } from './page.ts'
import type { Stand } from './stand.ts'
import { isAlive, totals } from './subscriptions.ts'
import { STREAM_TYPES, type StreamRecord, type UserRecord } from './tables.ts'

const PEOPLE_SHOWN = 12
const ROWS_SHOWN = 30

const MODE_NAMES: Readonly<Record<(typeof MODES)[number], string>> = {
  normal: 'arrive as they should',
  twice: 'arrive twice',
  twice_new_id: 'arrive twice, under two ids',
  lose: 'get lost',
  hold: 'wait until this changes',
  stale: 'are eleven minutes old',
  bad_signature: 'are badly signed',
}
const ORDER_NAMES: Readonly<Record<(typeof ORDERS)[number], string>> = {
  kept: 'in order',
  reversed: 'newest first',
  shuffled: 'in any order',
}
const DELAYS = [
  [0, 'at once'],
  [5_000, '5 seconds late'],
  [60_000, 'a minute late'],
] as const
const LAGS = [
  [0, 'at once'],
  [60_000, 'a minute late'],
  [300_000, 'five minutes late'],
] as const
const FAULT_NAMES: Readonly<Record<(typeof FAULT_KINDS)[number], string>> = {
  '429': '429: too many requests',
  '500': '500: Twitch broke',
  reset_before: 'connection lost before the work',
  reset_after: 'connection lost after the work is done',
  timeout: 'work done, no answer',
  slow: 'answer a second late',
}
const ROUTES = [
  '*',
  'POST /oauth2/token',
  'GET /oauth2/validate',
  'GET /helix/users',
  'GET /helix/streams',
  'POST /helix/eventsub/subscriptions',
  'GET /helix/eventsub/subscriptions',
  'DELETE /helix/eventsub/subscriptions',
]
const STREAM_TYPE_NAMES: Readonly<Record<(typeof STREAM_TYPES)[number], string>> = {
  live: 'live',
  playlist: 'a playlist',
  watch_party: 'a watch party',
  premiere: 'a premiere',
  rerun: 'a rerun',
}
const KIND_NAMES = { webhook_callback_verification: 'challenge', revocation: 'taken away' } as const
const STATE_NAMES = { due: 'waiting', delivered: 'delivered', given_up: 'given up', lost: 'lost' } as const

/** The page "who is live": send people on air, and decide what happens to the news of it. */
export function renderHome(
  stand: Stand,
  faults: Faults,
  options: { readonly search: string; readonly problem: string | null },
): Html {
  const { search, problem } = options
  return renderPage(
    'Who is live',
    html`<h1>Who is live?</h1>
<p>Send somebody on air, and the shop hears of it as it would from Twitch: by a signed message.</p>
${problem ? html`<p class="problem" role="alert">${problem}</p>` : ''}
${renderPeople(stand, search)}
${renderMood(stand)}
${renderFaults(faults)}
${renderSubscriptions(stand)}
${renderMessages(stand)}`,
    'wide',
  )
}

function renderPeople(stand: Stand, search: string): Html {
  const wanted = search.trim().toLowerCase()
  const everybody = stand.tables.users
    .values()
    .map((user) => ({ user, stream: currentStream(stand, user.id) }))
    .filter(({ user }) => user.login.includes(wanted) || user.display_name.toLowerCase().includes(wanted))
    .toSorted((a, b) => Number(b.stream !== undefined) - Number(a.stream !== undefined))
  const shown = everybody.slice(0, PEOPLE_SHOWN)
  return html`<div class="people" id="users">${shown.map(({ user, stream }) => renderPerson(stand, user, stream))}</div>
${everybody.length > shown.length ? html`<p class="note">${shown.length} of ${everybody.length} people; those who are live come first.</p>` : ''}
${everybody.length === 0 ? html`<p>Nobody is called like that.</p>` : ''}
<div class="row tools">
<form class="row" method="get" action="/"><label>Find somebody <input name="q" value="${search}" autocomplete="off"></label><button class="quiet">Find</button></form>
<form class="row" method="post" action="/local/users"><label>Somebody new <input name="login" placeholder="a_new_login" required pattern="[a-z0-9]\\w{2,24}" autocomplete="off"></label><button class="quiet">Add</button></form>
</div>`
}

function renderPerson(stand: Stand, user: UserRecord, stream: StreamRecord | undefined): Html {
  const { id, login, display_name: name } = user
  const known = stand.tables.grants.get(id) !== undefined
  return html`<article class="person ${stream ? 'on' : ''}" id="user-${id}">
<div class="who"><img src="/pictures/${login}.svg" alt="" width="48" height="48"><div><h2>${name}</h2><p class="note">${login}, id ${id}</p></div>
${stream ? html`<span class="live">${stream.type === 'live' ? 'LIVE' : STREAM_TYPE_NAMES[stream.type]}</span>` : ''}</div>
${stream ? renderOnAir(id, name, stream) : renderOffAir(id, name)}
<div class="row foot"><span class="note">${known ? 'Linked' : 'Not linked'}</span>
${known ? button('Disconnect', `/users/${id}/disconnect`, { about: name, look: 'plain' }) : ''}
${button('Delete account', `/users/${id}/remove`, { about: name, look: 'plain' })}</div>
</article>`
}

function renderOnAir(id: string, name: string, stream: StreamRecord): Html {
  return html`<p><strong>${stream.title}</strong><br><span class="note">${stream.game}, since ${clockTime(stream.startedAt)} UTC</span></p>
<div class="row now">${button('End the stream', `/users/${id}/offline`, { about: name, look: '' })}${button('Drop out and come back', `/users/${id}/flap`, { about: name })}</div>`
}

function renderOffAir(id: string, name: string): Html {
  return html`<form class="go" method="post" action="/local/users/${id}/live">
<label for="title-${id}">Title</label><input id="title-${id}" name="title" maxlength="140" value="At the bench" autocomplete="off">
<div class="two"><div><label for="game-${id}">Category</label><input id="game-${id}" name="game" maxlength="100" value="Makers &amp; Crafting" autocomplete="off"></div>
<div><label for="type-${id}">What it is</label><select id="type-${id}" name="type">${STREAM_TYPES.map((type) => html`<option value="${type}">${STREAM_TYPE_NAMES[type]}</option>`)}</select></div></div>
<button>Go live<span class="unseen"> as ${name}</span></button></form>`
}

function renderMood({ messages, tables }: Stand): Html {
  const mood = messages.mood()
  const { appearMs, lingerMs } = tables.settings()
  return html`<section id="mood" aria-labelledby="mood-title"><h2 id="mood-title">How the news travels</h2>
<p class="note">Counts for messages from now on, and for those that wait. A message that nobody takes is sent five times; then Twitch gives the subscription up.</p>
<form class="row" method="post" action="/local/mood">
<label>They <select name="mode">${options(MODE_NAMES, mood.mode)}</select></label>
<label>new ones <select name="delayMs">${choices(DELAYS, mood.delayMs)}</select></label>
<label>and <select name="order">${options(ORDER_NAMES, mood.order)}</select></label>
<button class="quiet">Let them</button></form>
<form class="row" id="settings" method="post" action="/local/settings">
<label>The list of streams shows a new one <select name="appearMs">${choices(LAGS, appearMs)}</select></label>
<label>and loses an old one <select name="lingerMs">${choices(LAGS, lingerMs)}</select></label>
<button class="quiet">So be it</button></form></section>`
}

function renderFaults(faults: Faults): Html {
  const waiting = faults.list()
  return html`<section id="faults" aria-labelledby="faults-title"><h2 id="faults-title">What goes wrong on purpose</h2>
<p class="note">${
    waiting.length === 0
      ? 'Nothing is waiting to go wrong.'
      : waiting.map(
          ({ kind, route, times }) =>
            html`Next, ${times === 1 ? 'once' : `${times} times`}: ${FAULT_NAMES[kind]}, at <code>${route ?? '*'}</code><br>`,
        )
  }</p>
<form class="row" method="post" action="/local/faults">
<label>What <select name="kind">${options(FAULT_NAMES, '429')}</select></label>
<label>Where <select name="route">${ROUTES.map((route) => html`<option value="${route}">${route === '*' ? 'anywhere' : route}</option>`)}</select></label>
<label>Times <input name="times" type="number" min="1" max="10000" value="1"></label>
<button class="quiet">Break it</button></form>
<div class="row">${button('Let every access token die', '/tokens/expire')}${waiting.length > 0 ? button('Forget what is waiting', '/faults/clear') : ''}</div></section>`
}

function renderSubscriptions(stand: Stand): Html {
  const { tables } = stand
  const all = tables.subscriptions.values().toReversed()
  const { total, totalCost } = totals(stand)
  const rows = all.slice(0, ROWS_SHOWN).map((one) => {
    const user = tables.users.get(one.condition.broadcaster_user_id ?? '')
    const alive = isAlive(one)
    const about = user?.display_name ?? Object.values(one.condition).join()
    return html`<tr><td>${one.type}</td><td>${about}</td>
<td><span class="state ${alive ? one.status : 'dead'}">${words(one.status)}</span></td><td>${one.cost}</td><td><code>${one.callback}</code></td>
<td>${alive ? button('Take away', `/subscriptions/${one.id}/revoke`, { fields: { status: 'version_removed' }, about: `${one.type} of ${about}` }) : ''}</td></tr>`
  })
  return html`<section id="subscriptions" aria-labelledby="subscriptions-title"><h2 id="subscriptions-title">Who wants to know</h2>
<p class="note">${total} ${total === 1 ? 'subscription' : 'subscriptions'}; the living ones cost ${totalCost} of ${tables.settings().maxTotalCost}.</p>
${table('Subscriptions', ['What', 'Whose', 'State', 'Cost', 'Told to', ''], rows, all.length)}</section>`
}

function renderMessages({ tables }: Stand): Html {
  const all = tables.messages.values().toReversed()
  const rows = all.slice(0, ROWS_SHOWN).map((one) => {
    const state = one.state === 'given_up' || one.state === 'lost' ? 'dead' : one.state
    const last = one.tries.at(-1)
    const outcome =
      last === undefined
        ? ''
        : `${last.problem ?? last.status}${one.tries.length > 1 ? `, after ${one.tries.length} tries` : ''}`
    return html`<tr><td>${clockTime(Date.parse(one.timestamp))}</td><td>${one.kind === 'notification' ? one.type : `${KIND_NAMES[one.kind]}: ${one.type}`}</td>
<td><span class="state ${state}">${STATE_NAMES[one.state]}</span></td><td>${outcome}</td>
<td><div class="row">${button('Again', `/messages/${one.id}/again`, { about: one.type })}${button('Again, new id', `/messages/${one.id}/again`, { fields: { newId: true }, about: one.type })}</div></td></tr>`
  })
  return html`<section id="messages" aria-labelledby="messages-title"><h2 id="messages-title">What was said</h2>
<p class="note">Newest first. <a href="/?at=${all.length}#messages">Look again</a></p>
${table('Messages', ['When', 'What', 'State', 'Answer', 'Send it'], rows, all.length)}</section>`
}

function table(name: string, heads: readonly string[], rows: readonly Html[], all: number): Html {
  if (rows.length === 0) return html`<p>Nothing yet.</p>`
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Table: ${name}"><table>
<thead><tr>${heads.map((head) => (head === '' ? html`<td></td>` : html`<th scope="col">${head}</th>`))}</tr></thead>
<tbody>${rows}</tbody></table></div>
${all > rows.length ? html`<p class="note">The newest ${rows.length} of ${all}.</p>` : ''}`
}

/** One button that does one thing. `about` is for those who hear the page: which of the many rows it means. */
function button(
  label: string,
  action: string,
  more: {
    readonly fields?: Readonly<Record<string, string | boolean>>
    readonly about?: string
    readonly look?: 'quiet' | 'plain' | ''
  } = {},
): Html {
  const { fields = {}, about, look = 'quiet' } = more
  return html`<form method="post" action="/local${action}">${Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${String(value)}">`,
  )}<button class="${look}">${label}${about ? html`<span class="unseen"> ${about}</span>` : ''}</button></form>`
}

function options(names: Readonly<Record<string, string>>, chosen: string): Html[] {
  return Object.entries(names).map(
    ([value, label]) =>
      html`<option value="${value}" ${value === chosen ? 'selected' : ''}>${label}</option>`,
  )
}

function choices(from: readonly (readonly [number, string])[], chosen: number): Html[] {
  return from.map(
    ([value, label]) =>
      html`<option value="${value}" ${value === chosen ? 'selected' : ''}>${label}</option>`,
  )
}

/** `notification_failures_exceeded` as people write it. */
function words(name: string): string {
  return name.replaceAll('_', ' ')
}

function clockTime(ms: number): string {
  return new Date(ms).toISOString().slice(11, 16)
}
