import type { Context, Hono } from 'hono'
import { html } from 'hono/html'
import { askAgain, finishOnboarding } from './accounts.ts'
import type { Env } from './api.ts'
import { balanceOf } from './balance.ts'
import { money, renderPage } from './page.ts'
import type { Stand } from './stand.ts'
import type { LinkRecord } from './tables.ts'
import { emitThin } from './thin-events.ts'

/** Where account links and login links lead: `/connect/onboard/:linkId` and `/express/:account`. */
export function mountOnboardingPage(app: Hono<Env>, stand: Stand): void {
  app.get('/connect/onboard/:linkId', (c) => {
    const link = stand.tables.links.get(c.req.param('linkId'))
    const account = link && stand.tables.accounts.get(link.accountId)
    if (!link || !account) return noSuchPage(c)
    if (link.opened || link.expiresAt <= stand.clock()) return c.redirect(link.refreshUrl, 303)
    stand.tables.links.set(link.id, { ...link, opened: true })
    const due = account.requirements?.currently_due ?? []
    return c.html(
      renderPage(
        'Get ready to be paid',
        html`<h1>Get ready to be paid</h1>
<p>Here Stripe would ask for the following. This page takes your word for it.</p>
<ul>${due.length > 0 ? due.map((one) => html`<li>${one}</li>`) : html`<li>Nothing more: all is handed in.</li>`}</ul>
<form method="post" action="/connect/onboard/${link.id}">
<button name="action" value="finish">Finish</button>
<button class="quiet" name="action" value="more">Hand it in, and be asked again for a document</button>
<button class="quiet" name="action" value="leave">Leave for now</button>
</form>
<p class="note">Account ${account.id}. This address worked once.</p>`,
      ),
    )
  })

  app.post('/connect/onboard/:linkId', async (c) => {
    const { action } = await c.req.parseBody()
    const link: LinkRecord | undefined = stand.tables.links.get(c.req.param('linkId'))
    if (!link || !stand.tables.accounts.get(link.accountId)) return noSuchPage(c)
    if (!link.opened || link.finished) return c.redirect(link.refreshUrl, 303)
    if (action !== 'finish' && action !== 'more' && action !== 'leave')
      return c.html(renderPage('Choose', html`<h1>Choose one of the buttons.</h1>`), 400)
    stand.tables.links.set(link.id, { ...link, finished: true })
    if (action === 'finish') finishOnboarding(stand, link.accountId)
    if (action === 'more') askAgain(stand, link.accountId)
    if (link.tellReturn)
      emitThin(stand, 'v2.core.account_link.returned', link.accountId, {
        account_id: link.accountId,
        configurations: ['recipient'],
        use_case: 'account_onboarding',
      })
    return c.redirect(link.returnUrl, 303)
  })

  app.get('/express/:account', (c) => {
    const account = stand.tables.accounts.get(c.req.param('account'))
    if (!account) return noSuchPage(c)
    const { available, pending } = balanceOf(stand, account.id)
    const received = stand.tables.transfers.values().filter((one) => one.destination === account.id)
    return c.html(
      renderPage(
        'Your payments',
        html`<h1>Your payments</h1>
${available.map(
  ({ amount, currency }, at) =>
    html`<p><span class="amount">${money(amount, currency)}</span> available, ${money(pending[at]?.amount ?? 0, currency)} on its way</p>`,
)}
<h2>Transfers</h2>
${
  received.length === 0
    ? html`<p>None yet.</p>`
    : html`<div class="scroll"><table><tr><th>When</th><th>Amount</th><th>Taken back</th><th>Transfer</th></tr>
${received
  .toReversed()
  .map(
    (one) =>
      html`<tr><td>${new Date(one.created * 1000).toISOString().slice(0, 16).replace('T', ' ')}</td><td>${money(one.amount, one.currency)}</td><td>${money(one.amount_reversed, one.currency)}</td><td><code>${one.id}</code></td></tr>`,
  )}
</table></div>`
}
<p class="note">Account ${account.id}, transfers ${account.capabilities?.transfers ?? 'inactive'}.</p>`,
      ),
    )
  })
}

function noSuchPage(c: Context<Env>) {
  return c.html(renderPage('Not found', html`<h1>There is no such page.</h1>`), 404)
}
