import { once } from 'node:events'
import http, { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import Stripe from 'stripe'
import { openState } from '../state.ts'
import { startLocalStripe } from './start.ts'

const SECRET = 'whsec_platform'
const CONNECT_SECRET = 'whsec_connect'
const THIN_SECRET = 'whsec_thin'

export interface Received {
  readonly event: Stripe.Event
  readonly path: string
  readonly headers: IncomingHttpHeaders
}

/**
 * A local Stripe on a clock of its own, the real client for it, and a receiver that verifies every webhook as the
 * client does. `answer` decides the receiver's status. Everything is closed after the test.
 */
export async function openTestStripe(
  t: Pick<TestContext, 'after'>,
  answer: (event: Stripe.Event) => number = () => 200,
) {
  const received: Received[] = []
  const notified: Stripe.V2.Core.EventNotification[] = []
  const problems: unknown[] = []
  const logged: string[] = []
  const receiver = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const path = request.url ?? ''
    try {
      const secret = path === '/connect' ? CONNECT_SECRET : SECRET
      const signature = String(request.headers['stripe-signature'])
      if (path === '/thin') {
        notified.push(client.parseEventNotification(Buffer.concat(chunks), signature, THIN_SECRET))
        response.end()
        return
      }
      const event = client.webhooks.constructEvent(Buffer.concat(chunks), signature, secret)
      received.push({ event, path, headers: request.headers })
      response.statusCode = answer(event)
    } catch (problem) {
      problems.push(problem)
      response.statusCode = 400
    }
    response.end()
  })
  receiver.listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  const hooks = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`
  let now = Date.now()
  const state = openState(null)
  const local = await startLocalStripe({
    host: '127.0.0.1',
    port: 0,
    state,
    clock: () => now,
    webhooks: [
      { url: `${hooks}/platform`, secret: SECRET, connect: false },
      { url: `${hooks}/connect`, secret: CONNECT_SECRET, connect: true },
      { url: `${hooks}/thin`, secret: THIN_SECRET, connect: true, thin: true },
    ],
    log: (message) => void logged.push(message),
  })
  const httpAgent = new http.Agent({ keepAlive: true })
  const client = new Stripe('sk_test_local', {
    host: '127.0.0.1',
    port: local.port,
    protocol: 'http',
    telemetry: false,
    maxNetworkRetries: 0,
    httpAgent,
  })
  t.after(async () => {
    await local.close()
    httpAgent.destroy()
    receiver.close()
    receiver.closeAllConnections()
    state.close()
    if (problems.length > 0) throw problems[0]
  })

  async function control(path: string, body: object): Promise<Record<string, unknown>> {
    const response = await fetch(`${local.url}/local${path}`, { method: 'POST', body: JSON.stringify(body) })
    return { status: response.status, ...((await response.json()) as object) }
  }

  return {
    client,
    local,
    state,
    hooks,
    received,
    /** Thin events, as the client's parser understood them. */
    notified,
    logged,
    control,
    now: () => now,
    advance(ms: number) {
      now += ms
      local.tick()
    },
    /** Types of what the receiver got, in order of arrival. */
    types: () => received.map(({ event }) => event.type),
    /** Minor units of usd, available and pending together, of the platform or of a connected account. */
    async total(account?: string): Promise<number> {
      const balance = await client.balance.retrieve({}, account ? { stripeAccount: account } : {})
      const all = [...balance.available, ...balance.pending]
      return all.filter((one) => one.currency === 'usd').reduce((sum, { amount }) => sum + amount, 0)
    },
    /** A session of 25.00 usd that ships, tied to order ord_1. */
    openSession: (change: Partial<Stripe.Checkout.SessionCreateParams> = {}) =>
      client.checkout.sessions.create({ ...sessionParams(now), ...change }),
    /** Opened and paid, with its charge settled. */
    async paidCharge(card?: string, change: Partial<Stripe.Checkout.SessionCreateParams> = {}) {
      const session = await client.checkout.sessions.create({ ...sessionParams(now), ...change })
      await control(`/sessions/${session.id}/pay`, card ? { card } : {})
      local.tick()
      const paid = await client.checkout.sessions.retrieve(session.id, {
        expand: ['payment_intent.latest_charge.balance_transaction'],
      })
      const intent = paid.payment_intent as Stripe.PaymentIntent
      return { session: paid, intent, charge: intent.latest_charge as Stripe.Charge }
    },
    /** A connected account that may receive transfers. */
    async activeAccount() {
      const account = await client.accounts.create(ACCOUNT)
      await control(`/accounts/${account.id}`, { transfers: 'active' })
      return account.id
    },
  }
}

export const ACCOUNT: Stripe.AccountCreateParams = {
  country: 'US',
  email: 'juniper@example.com',
  controller: {
    fees: { payer: 'application' },
    losses: { payments: 'application' },
    stripe_dashboard: { type: 'express' },
  },
  capabilities: { transfers: { requested: true } },
  metadata: { builder_id: 'bld_1' },
}

function sessionParams(now: number): Stripe.Checkout.SessionCreateParams {
  return {
    mode: 'payment',
    line_items: [
      {
        quantity: 1,
        price_data: {
          currency: 'usd',
          unit_amount: 2_500,
          product_data: { name: 'Moon mug [blue] & saucer = 50% off + more', description: 'Fired twice' },
        },
      },
    ],
    success_url: 'http://127.0.0.1:1/success?session={CHECKOUT_SESSION_ID}',
    cancel_url: 'http://127.0.0.1:1/cancel',
    expires_at: Math.floor(now / 1000) + 1_860,
    client_reference_id: 'ord_1',
    metadata: { order_id: 'ord_1' },
    payment_intent_data: { transfer_group: 'order_1', metadata: { order_id: 'ord_1' } },
    shipping_address_collection: { allowed_countries: ['US', 'CA'] },
  }
}
