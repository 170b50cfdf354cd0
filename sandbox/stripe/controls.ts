import type { Context, Hono } from 'hono'
import { z } from 'zod'
import { FAULT_KINDS, type Faults } from '../faults.ts'
import { controlAccount } from './accounts.ts'
import type { Env } from './api.ts'
import { renderControls } from './controls-page.ts'
import { DISPUTE_REASONS, decideDispute, openDispute } from './disputes.ts'
import { StripeError } from './errors.ts'
import { examplePayer, paySession, settleDelayed } from './pay-session.ts'
import { decidePayout, makePayout } from './payouts.ts'
import { decideRefund } from './refunds.ts'
import { changeSettings } from './settings.ts'
import { modesOf, type Stand, setModes } from './stand.ts'
import { listDeliveries, summarise } from './summary.ts'

// Forms send text; JSON sends what it is.
const number = z.coerce.number().pipe(z.int())
const yes = z.union([z.boolean(), z.stringbool()])
const names = z.union([
  z.array(z.string().min(1).max(200)).max(50),
  z
    .string()
    .max(2_000)
    .transform((given) => given.split(/[\s,]+/).filter((one) => one !== '')),
])
const nothing = z.object({})

const FaultBody = z.strictObject({
  route: z.string().max(200).optional(),
  kind: z.enum(FAULT_KINDS),
  times: number.pipe(z.number().min(1).max(10_000)).default(1),
  delayMs: number.pipe(z.number().min(0).max(600_000)).optional(),
})
const MoodBody = z.strictObject({
  mode: z.enum(['normal', 'double', 'lose', 'hold']),
  delayMs: number.pipe(z.number().min(0).max(86_400_000)).default(0),
  shuffle: yes.default(false),
})
const PayBody = z.strictObject({ card: z.string().max(40).optional(), late: yes.default(false) })
const SettleBody = z.strictObject({ outcome: z.enum(['succeeded', 'failed']) })
const AccountBody = z.strictObject({
  transfers: z.enum(['active', 'inactive']).optional(),
  currently_due: names.optional(),
  negativeAllowed: yes.optional(),
})
const ClockBody = z.strictObject({
  advanceMs: number.pipe(
    z
      .number()
      .min(0)
      .max(400 * 86_400_000),
  ),
})
const DisputeBody = z.strictObject({
  reason: z.enum(DISPUTE_REASONS).optional(),
  amount: number.optional(),
  inquiry: yes.optional(),
})
const DisputeOutcomeBody = z.strictObject({
  status: z.enum(['won', 'lost', 'warning_closed']),
  feeReturned: yes.default(false),
})
const RefundModeBody = z.strictObject({ hold: yes })
const RefundBody = z.strictObject({
  status: z.enum(['succeeded', 'failed', 'canceled']),
  failure_reason: z.string().min(1).max(100).optional(),
})
const PayoutBody = z.strictObject({
  account: z.string().min(1).nullable().default(null),
  amount: number.optional(),
  currency: z.string().length(3).default('usd'),
  automatic: yes.default(false),
})
const PayoutOutcomeBody = z.strictObject({ status: z.enum(['paid', 'failed']) })
const DelayBody = z.strictObject({ ms: number.pipe(z.number().min(0).max(86_400_000)).default(60_000) })

/**
 * What tests, the sandbox page and the journey may do that no customer of Stripe can: JSON below /local. The page's
 * own forms send the same fields as text and are sent back to the page.
 *
 *   GET    /local                                 a page to see and do all this
 *   GET    /local/summary                         balance, clock, and lists: sessions, transfers, reversals, refunds,
 *                                                 application_fees, disputes, payouts, accounts; events: number
 *   GET    /local/deliveries                      { deliveries: [{ eventId, type, url, state, nextAt, attempts: [{ attempt, at, status, problem }] }] }
 *   POST   /local/deliveries/:eventId/send-again  {}            /send-twice {}   /delay { ms? }   /drop {}
 *   POST   /local/faults                          { route?, kind, times?, delayMs? }   DELETE (or POST /local/faults/clear) forgets them all
 *   POST   /local/webhooks                        { mode, delayMs?, shuffle? }
 *   POST   /local/clock                           { advanceMs }      moves this stand-in's clock on, and does what is due then
 *   POST   /local/sessions/:cs/pay                { card?, late? }   `card` may be a delayed method of the session
 *   POST   /local/sessions/:cs/settle             { outcome }        a delayed payment arrives or fails; after four days it arrives by itself
 *   POST   /local/accounts/:id                    { transfers?, currently_due?, negativeAllowed? }
 *   POST   /local/charges/:ch/dispute             { reason?, amount?, inquiry? }
 *   POST   /local/disputes/:dp                    { status: won | lost | warning_closed, feeReturned? }   winning may bring the fee back too
 *   POST   /local/refunds                         { hold }           new refunds stay pending until decided
 *   POST   /local/refunds/:re                     { status: succeeded | failed | canceled, failure_reason? }
 *   POST   /local/payouts                         { account?, amount?, currency?, automatic? }   all that is available unless told
 *   POST   /local/payouts/:po                     { status: paid | failed }   failing one that was paid returns it
 *
 * Lists are newest first. Errors: 4xx `{ error: string }`. A page of another origin is refused. `tick` does whatever
 * the clock says is due.
 */
export function mountControls(app: Hono<Env>, stand: Stand, faults: Faults, tick: () => void): void {
  app.use('/local/*', async (c, next) => {
    const origin = c.req.header('origin')
    if (origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== c.req.header('host')))
      return c.json({ error: 'The controls of the local Stripe are not for pages of other origins.' }, 403)
    return next()
  })

  app.get('/local/summary', (c) => c.json(summarise(stand)))
  app.get('/local/deliveries', (c) => c.json({ deliveries: listDeliveries(stand) }))
  app.get('/local', (c) => c.html(renderControls(stand, faults)))

  /** One control: its body, and what it does. The answer is JSON, or the page again when a form asked. */
  function control<S extends z.ZodType>(
    path: string,
    schema: S,
    run: (body: z.output<S>, id: string) => object,
  ): void {
    app.post(path, async (c) => {
      const form = isForm(c)
      const parsed = schema.safeParse(await (form ? readForm(c) : c.req.json().catch(() => undefined)))
      const refuse = (message: string, status: StripeError['status']) =>
        form ? c.html(renderControls(stand, faults, message), status) : c.json({ error: message }, status)
      if (!parsed.success) return refuse(z.prettifyError(parsed.error), 400)
      try {
        const answer = run(parsed.data, c.req.param('id') ?? '')
        return form ? c.redirect(`/local#${c.req.path.split('/')[2]}`, 303) : c.json(answer)
      } catch (error) {
        if (error instanceof StripeError) return refuse(error.message, error.status)
        throw error
      }
    })
  }

  function deliver(path: string, run: (eventId: string, ms: number) => boolean): void {
    control(`/local/deliveries/:id/${path}`, path === 'delay' ? DelayBody : nothing, (body, id) => {
      if (run(id, 'ms' in body ? body.ms : 0)) return {}
      const message = `There is no event ${id}, or it went nowhere that could be changed.`
      throw new StripeError(404, { type: 'invalid_request_error', message })
    })
  }
  deliver('send-again', (eventId) => stand.deliveries.sendAgain(eventId))
  deliver('send-twice', (eventId) => stand.deliveries.sendAgain(eventId, 2))
  deliver('delay', (eventId, ms) => stand.deliveries.delay(eventId, ms))
  deliver('drop', (eventId) => stand.deliveries.drop(eventId))

  control('/local/faults', FaultBody, (fault) => {
    faults.add(fault)
    return { faults: faults.list() }
  })
  control('/local/faults/clear', nothing, () => {
    faults.clear()
    return { faults: [] }
  })
  app.delete('/local/faults', (c) => {
    faults.clear()
    return c.json({ faults: [] })
  })
  control('/local/webhooks', MoodBody, (mood) => {
    stand.deliveries.setMood(mood)
    return stand.deliveries.mood()
  })
  control('/local/clock', ClockBody, ({ advanceMs }) => {
    setModes(stand, { movedByMs: modesOf(stand).movedByMs + advanceMs })
    tick()
    return { now: stand.clock(), movedByMs: modesOf(stand).movedByMs }
  })
  control('/local/sessions/:id/pay', PayBody, ({ card, late }, id) => {
    const record = stand.tables.sessions.get(id)
    if (!record) throw new StripeError(404, { type: 'invalid_request_error', message: 'No such session.' })
    const example = examplePayer(record.session)
    return paySession(stand, record.session.id, { ...example, paidWith: card ?? example.paidWith }, late)
  })
  control('/local/sessions/:id/settle', SettleBody, ({ outcome }, id) => {
    settleDelayed(stand, id, outcome)
    return {}
  })
  control('/local/accounts/:id', AccountBody, ({ transfers, currently_due: due, negativeAllowed }, id) => {
    const account = controlAccount(stand, id, { transfers, due })
    if (negativeAllowed !== undefined) changeSettings(stand, id, { negativeAllowed })
    return account
  })
  control('/local/charges/:id/dispute', DisputeBody, (given, id) => openDispute(stand, id, given))
  control('/local/disputes/:id', DisputeOutcomeBody, ({ status, feeReturned }, id) =>
    decideDispute(stand, id, status, feeReturned),
  )
  control('/local/refunds', RefundModeBody, ({ hold }) => setModes(stand, { holdRefunds: hold }))
  control('/local/refunds/:id', RefundBody, ({ status, failure_reason }, id) =>
    decideRefund(stand, id, status, failure_reason),
  )
  control('/local/payouts', PayoutBody, ({ account, ...asked }) => makePayout(stand, account, asked))
  control('/local/payouts/:id', PayoutOutcomeBody, ({ status }, id) => decidePayout(stand, id, status))
  app.all('/local/*', (c) => c.json({ error: `There is no control ${c.req.method} ${c.req.path}.` }, 404))
}

function isForm(c: Context<Env>): boolean {
  return c.req.header('content-type')?.startsWith('application/x-www-form-urlencoded') ?? false
}

/** A form's fields; what was left empty is not there. */
async function readForm(c: Context<Env>): Promise<object> {
  const fields = await c.req.parseBody()
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''))
}
