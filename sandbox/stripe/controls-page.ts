import { html } from 'hono/html'
import type { Faults } from './faults.ts'
import { type Html, money, renderPage } from './page.ts'
import type { Stand } from './stand.ts'
import { listDeliveries, summarise } from './summary.ts'

/** The page of the controls. `problem` says why the last form was refused. */
export function renderControls(stand: Stand, _faults: Faults, problem: string | null = null): Html {
  const { balance, sessions, transfers, refunds, events } = summarise(stand)
  const count = (status: string) => sessions.filter((session) => session.status === status).length
  return renderPage(
    'What happened',
    html`<h1>What happened here</h1>
${problem ? html`<p class="problem" role="alert">${problem}</p>` : ''}
${balance.available.map(
  ({ amount, currency }, at) =>
    html`<p><span class="amount">${money(amount, currency)}</span> available, ${money(balance.pending[at]?.amount ?? 0, currency)} pending</p>`,
)}
<p>Checkout Sessions: ${count('open')} open, ${count('complete')} complete, ${count('expired')} expired.
Transfers: ${transfers.length}. Refunds: ${refunds.length}. Events: ${events}.</p>
<h2 id="webhooks">Webhooks (${stand.deliveries.mood().mode})</h2>
<div class="scroll"><table><tr><th>Event</th><th>To</th><th>State</th><th>Tries</th><th>Again</th></tr>
${listDeliveries(stand)
  .slice(0, 100)
  .map(
    (one) =>
      html`<tr><td>${one.type}<br><code>${one.eventId}</code></td><td><code>${one.url}</code></td><td>${one.state}</td>
<td>${one.attempts.map((tried) => html`${tried.status ?? tried.problem} `)}</td>
<td><form method="post" action="/local/deliveries/${one.eventId}/send-again"><button class="quiet">Send again</button></form></td></tr>`,
  )}
</table></div>`,
    'wide',
  )
}
