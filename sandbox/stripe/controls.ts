import type { Context, Hono } from 'hono'
import { html } from 'hono/html'
import { z } from 'zod'
import { controlTransfers } from './accounts.ts'
import type { Env } from './api.ts'
import { balanceOf } from './balance.ts'
import { expireSessions } from './checkout-sessions.ts'
import { StripeError } from './errors.ts'
import { FAULT_KINDS, type Faults } from './faults.ts'
import { money, renderPage } from './page.ts'
import { examplePayer, paySession, settleDelayed } from './pay-session.ts'
import type { Stand } from './stand.ts'

const FaultBody = z.strictObject({
  route: z.string().max(200).optional(),
  kind: z.enum(FAULT_KINDS),
  times: z.int().min(1).max(10_000).default(1),
  delayMs: z.int().min(0).max(600_000).optional(),
})
const MoodBody = z.strictObject({
  mode: z.enum(['normal', 'double', 'lose', 'hold']),
  delayMs: z.int().min(0).max(86_400_000).default(0),
  shuffle: z.boolean().default(false),
})
const PayBody = z.strictObject({ card: z.string().max(40).optional(), late: z.boolean().default(false) })
const SettleBody = z.strictObject({ outcome: z.enum(['succeeded', 'failed']) })
const AccountBody = z.strictObject({ transfers: z.enum(['active', 'inactive']) })

/**
 * What tests, the sandbox page and the journey may do that no customer of Stripe can: JSON below /local.
 *
 *   GET    /local                                 a page with the summary and the deliveries
 *   GET    /local/summary                         { balance, sessions, transfers, refunds, accounts, events: number }
 *   GET    /local/deliveries                      { deliveries: [{ eventId, type, url, state, nextAt, attempts: [{ attempt, at, status, problem }] }] }
 *   POST   /local/deliveries/:eventId/send-again  {}
 *   POST   /local/faults                          { route?, kind, times?, delayMs? }   DELETE forgets them all
 *   POST   /local/webhooks                        { mode, delayMs?, shuffle? }
 *   POST   /local/sessions/:cs/pay                { card?, late? }   `card` may be a delayed method of the session
 *   POST   /local/sessions/:cs/settle             { outcome }        a delayed payment arrives or fails
 *   POST   /local/accounts/:id                    { transfers }
 *
 * Lists are newest first. Errors: 4xx `{ error: string }`. A page of another origin is refused.
 */
export function mountControls(app: Hono<Env>, stand: Stand, faults: Faults): void {
  app.use('/local/*', async (c, next) => {
    const origin = c.req.header('origin')
    if (origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== c.req.header('host')))
      return c.json({ error: 'The controls of the local Stripe are not for pages of other origins.' }, 403)
    return next()
  })

  app.get('/local/summary', (c) => c.json(summarise(stand)))
  app.get('/local/deliveries', (c) => c.json({ deliveries: listDeliveries(stand) }))
  app.get('/local', (c) => c.html(renderControls(stand)))

  app.post('/local/deliveries/:eventId/send-again', (c) => {
    if (!stand.deliveries.sendAgain(c.req.param('eventId')))
      return c.json({ error: `There is no event ${c.req.param('eventId')}.` }, 404)
    const fromPage = c.req.header('accept')?.includes('text/html') ?? false
    return fromPage ? c.redirect('/local', 303) : c.json({})
  })

  app.post('/local/faults', (c) =>
    act(c, FaultBody, (fault) => {
      faults.add(fault)
      return { faults: faults.list() }
    }),
  )
  app.delete('/local/faults', (c) => {
    faults.clear()
    return c.json({ faults: [] })
  })
  app.post('/local/webhooks', (c) =>
    act(c, MoodBody, (mood) => {
      stand.deliveries.setMood(mood)
      return stand.deliveries.mood()
    }),
  )
  app.post('/local/sessions/:cs/pay', (c) =>
    act(c, PayBody, ({ card, late }) => {
      const record = stand.tables.sessions.get(c.req.param('cs'))
      if (!record) throw new StripeError(404, { type: 'invalid_request_error', message: 'No such session.' })
      const example = examplePayer(record.session)
      return paySession(stand, record.session.id, { ...example, paidWith: card ?? example.paidWith }, late)
    }),
  )
  app.post('/local/sessions/:cs/settle', (c) =>
    act(c, SettleBody, ({ outcome }) => {
      settleDelayed(stand, c.req.param('cs'), outcome)
      return {}
    }),
  )
  app.post('/local/accounts/:id', (c) =>
    act(c, AccountBody, ({ transfers }) => controlTransfers(stand, c.req.param('id'), transfers)),
  )
  app.all('/local/*', (c) => c.json({ error: `There is no control ${c.req.method} ${c.req.path}.` }, 404))
}

async function act<S extends z.ZodType>(
  c: Context<Env>,
  schema: S,
  run: (body: z.output<S>) => object,
): Promise<Response> {
  const body: unknown = await c.req.json().catch(() => undefined)
  const parsed = schema.safeParse(body)
  if (!parsed.success) return c.json({ error: z.prettifyError(parsed.error) }, 400)
  try {
    return c.json(run(parsed.data))
  } catch (error) {
    if (error instanceof StripeError) return c.json({ error: error.message }, error.status)
    throw error
  }
}

function summarise(stand: Stand) {
  expireSessions(stand)
  const { tables } = stand
  return {
    balance: balanceOf(stand, null),
    sessions: tables.sessions
      .values()
      .map(({ session: s }) => ({
        id: s.id,
        status: s.status,
        payment_status: s.payment_status,
        amount_total: s.amount_total,
        currency: s.currency,
        client_reference_id: s.client_reference_id,
        payment_intent: s.payment_intent,
        url: s.url,
        created: s.created,
        expires_at: s.expires_at,
      }))
      .toReversed(),
    transfers: tables.transfers
      .values()
      .map((t) => ({
        id: t.id,
        amount: t.amount,
        amount_reversed: t.amount_reversed,
        currency: t.currency,
        destination: t.destination,
        source_transaction: t.source_transaction,
        transfer_group: t.transfer_group,
        metadata: t.metadata,
        created: t.created,
      }))
      .toReversed(),
    refunds: tables.refunds
      .values()
      .map((r) => ({
        id: r.id,
        amount: r.amount,
        currency: r.currency,
        status: r.status,
        charge: r.charge,
        payment_intent: r.payment_intent,
        metadata: r.metadata,
        created: r.created,
      }))
      .toReversed(),
    accounts: tables.accounts
      .values()
      .map((a) => ({
        id: a.id,
        transfers: a.capabilities?.transfers ?? 'inactive',
        details_submitted: a.details_submitted,
        metadata: a.metadata,
        balance: balanceOf(stand, a.id),
      }))
      .toReversed(),
    events: tables.events.values().length,
  }
}

function listDeliveries(stand: Stand) {
  return stand.tables.deliveries
    .values()
    .map(({ eventId, type, url, state, nextAt, tries }) => ({
      eventId,
      type,
      url,
      state,
      nextAt,
      attempts: tries.map((one, at) => ({ attempt: at + 1, ...one })),
    }))
    .toReversed()
}

function renderControls(stand: Stand) {
  const { balance, sessions, transfers, refunds, events } = summarise(stand)
  const count = (status: string) => sessions.filter((session) => session.status === status).length
  return renderPage(
    'What happened',
    html`<h1>What happened here</h1>
${balance.available.map(
  ({ amount, currency }, at) =>
    html`<p><span class="amount">${money(amount, currency)}</span> available, ${money(balance.pending[at]?.amount ?? 0, currency)} pending</p>`,
)}
<p>Checkout Sessions: ${count('open')} open, ${count('complete')} complete, ${count('expired')} expired.
Transfers: ${transfers.length}. Refunds: ${refunds.length}. Events: ${events}.</p>
<h2>Webhooks (${stand.deliveries.mood().mode})</h2>
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
