import type { Context, Hono } from 'hono'
import { html } from 'hono/html'
import type Stripe from 'stripe'
import { z } from 'zod'
import type { Html } from '../stand-in-page.ts'
import type { Env } from './api.ts'
import { requireSession } from './checkout-sessions.ts'
import { StripeError } from './errors.ts'
import { money, renderPage } from './page.ts'
import { DECLINED_CARD, examplePayer, PAYING_CARD, type Payer, paySession } from './pay-session.ts'
import type { Stand } from './stand.ts'
import type { SessionRecord } from './tables.ts'

/** Real Checkout gives the webhook about ten seconds before it sends the buyer back; two are enough on one machine. */
const WEBHOOK_WAIT_MS = 2_000

const METHOD_NAMES: Readonly<Record<string, string>> = {
  us_bank_account: 'US bank account',
  sepa_debit: 'SEPA debit',
}

const PayForm = z.object({
  card: z.string().max(40).default(''),
  method: z.string().max(40).default('card'),
  email: z.email('Your email is incomplete.').max(800),
  name: z.string().trim().min(1, 'Your name is incomplete.').max(200),
  line1: z.string().trim().min(1, 'Your address is incomplete.').max(200),
  line2: z.string().trim().max(200).default(''),
  city: z.string().trim().min(1, 'Your city is incomplete.').max(100),
  state: z.string().trim().max(100).default(''),
  postal_code: z.string().trim().min(1, 'Your postal code is incomplete.').max(20),
  country: z.string().regex(/^[A-Z]{2}$/, 'Choose a country.'),
})

/** The hosted Checkout page, `GET` and `POST /c/pay/:cs`. */
export function mountPayPage(app: Hono<Env>, stand: Stand): void {
  app.get('/c/pay/:cs', (c) => {
    const record = find(stand, c.req.param('cs'))
    if (record?.session.status !== 'open') return c.html(renderOver(record), record ? 410 : 404)
    const payer = examplePayer(record.session)
    return c.html(renderPay(record, { ...payer, paidWith: c.req.query('card') ?? payer.paidWith }, null))
  })

  app.post('/c/pay/:cs', async (c) => {
    const id = c.req.param('cs')
    const fields = await c.req.parseBody()
    const record = find(stand, id)
    if (record?.session.status !== 'open') return c.html(renderOver(record), record ? 410 : 404)
    const example = examplePayer(record.session)
    const form = PayForm.safeParse({ ...example, ...example.address, line2: '', ...fields })
    if (!form.success)
      return c.html(
        renderPay(record, example, form.error.issues[0]?.message ?? 'Please check the form.'),
        400,
      )
    const payer = toPayer(form.data)
    try {
      const paid = paySession(stand, id, payer)
      if (paid.result === 'declined') return c.html(renderPay(record, payer, paid.message), 402)
      await waitForWebhook(stand, paid.eventId)
    } catch (error) {
      if (!(error instanceof StripeError)) throw error
      return c.html(renderPay(record, payer, error.message), 400)
    }
    return back(c, record.session)
  })
}

function find(stand: Stand, id: string): SessionRecord | null {
  try {
    return requireSession(stand, id)
  } catch (error) {
    if (error instanceof StripeError) return null
    throw error
  }
}

function toPayer(form: z.output<typeof PayForm>): Payer {
  const { name, email, line1, city, postal_code, country } = form
  return {
    paidWith: form.method === 'card' ? form.card : form.method,
    name,
    email,
    address: { line1, line2: form.line2 || null, city, state: form.state || null, postal_code, country },
  }
}

async function waitForWebhook(stand: Stand, eventId: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const enough = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, WEBHOOK_WAIT_MS)
  })
  await Promise.race([stand.deliveries.settled(eventId), enough])
  clearTimeout(timer)
}

function back(c: Context<Env>, session: Stripe.Checkout.Session): Response {
  return c.redirect((session.success_url ?? '').replaceAll('{CHECKOUT_SESSION_ID}', session.id), 303)
}

function renderPay({ session, lineItems }: SessionRecord, payer: Payer, problem: string | null): Html {
  const currency = session.currency ?? 'usd'
  const total = money(session.amount_total ?? 0, currency)
  const { address } = payer
  const countries: readonly string[] = session.shipping_address_collection?.allowed_countries ?? [
    address.country ?? 'US',
  ]
  const ships = session.shipping_address_collection !== null
  const later = session.payment_method_types.filter((method) => method !== 'card')
  return renderPage(
    `Pay ${total}`,
    html`<h1>Pay</h1>
<div class="scroll"><table>
${lineItems.map(
  (item) =>
    html`<tr><td>${item.description}${item.quantity === 1 ? '' : ` × ${item.quantity}`}</td><td>${money(item.amount_total, currency)}</td></tr>`,
)}
</table></div>
<p>Total <span class="amount">${total}</span></p>
${problem ? html`<p class="problem" role="alert">${problem}</p>` : ''}
<form method="post" action="/c/pay/${session.id}">
<label for="email">Email</label>
<input id="email" name="email" type="email" required value="${payer.email}" autocomplete="off">
<h2>${ships ? 'Ship to' : 'Billing details'}</h2>
<label for="name">Full name</label>
<input id="name" name="name" required value="${payer.name}" autocomplete="off">
<label for="line1">Address</label>
<input id="line1" name="line1" required value="${address.line1 ?? ''}" autocomplete="off">
<label for="line2">Apartment, floor (optional)</label>
<input id="line2" name="line2" value="${address.line2 ?? ''}" autocomplete="off">
<div class="row">
<div><label for="city">City</label><input id="city" name="city" required value="${address.city ?? ''}" autocomplete="off"></div>
<div><label for="postal_code">Postal code</label><input id="postal_code" name="postal_code" required value="${address.postal_code ?? ''}" autocomplete="off"></div>
</div>
<div class="row">
<div><label for="state">State</label><input id="state" name="state" value="${address.state ?? ''}" autocomplete="off"></div>
<div><label for="country">Country</label><select id="country" name="country">
${countries.map((code) => html`<option value="${code}" ${code === address.country ? 'selected' : ''}>${code}</option>`)}
</select></div>
</div>
${
  session.payment_method_types.includes('card')
    ? html`<h2>Card</h2>
<label for="card">Card number</label>
<input id="card" name="card" inputmode="numeric" value="${spaced(payer.paidWith)}" autocomplete="off">
<p class="note">Test cards: <a href="?card=${PAYING_CARD}">${spaced(PAYING_CARD)}</a> pays,
<a href="?card=${DECLINED_CARD}">${spaced(DECLINED_CARD)}</a> is declined.</p>
<button name="method" value="card">Pay ${total}</button>`
    : ''
}
${later.map(
  (method) =>
    html`<button class="quiet" name="method" value="${method}">Pay by ${METHOD_NAMES[method] ?? method} (the money comes later)</button>`,
)}
</form>
${session.cancel_url ? html`<p><a href="${session.cancel_url}">Cancel and go back</a></p>` : ''}`,
  )
}

function spaced(card: string): string {
  return /^\d{16}$/.test(card) ? card.replaceAll(/(\d{4})(?=\d)/g, '$1 ') : card
}

/** As vague as the real page: it does not tell whether the session was paid or ran out. */
function renderOver(record: SessionRecord | null): Html {
  if (!record)
    return renderPage('Not found', html`<h1>Something went wrong</h1><p>There is no such page.</p>`)
  return renderPage(
    'This page is over',
    html`<h1>You’re all done here</h1>
<p>Your payment was already completed, or this page has timed out.</p>
<p class="note">The real page says no more than this either. This Checkout Session is <b>${record.session.status}</b>.</p>`,
  )
}
