import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import Stripe from 'stripe'
import { PaymentsError } from '../ports/payments.ts'
import { createStripePayments } from './stripe.ts'

const ORDER = 'ord_01jd7y5m5sf1wsp61v0zhx2e3a'
const KEY = 'sk_test_secret'

interface Call {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly form: URLSearchParams
}
type Answer = { status: number; body: object | string } | 'reset'

/** A server that answers as it is told and remembers what it was asked. */
async function startScript(answer: (call: Call) => Answer) {
  const calls: Call[] = []
  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = ''
    for await (const chunk of request) body += chunk
    const url = new URL(request.url ?? '', 'http://x')
    const form = new URLSearchParams(body || url.search)
    const call = { method: request.method ?? '', path: url.pathname, headers: request.headers, form }
    calls.push(call)
    const told = answer(call)
    if (told === 'reset') {
      request.socket.resetAndDestroy()
      return
    }
    response.writeHead(told.status, { 'content-type': 'application/json', 'request-id': 'req_1' })
    response.end(typeof told.body === 'string' ? told.body : JSON.stringify(told.body))
  }
  const server = createServer((request, response) => void respond(request, response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    calls,
    apiBase: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function payments(apiBase?: string, requestsPerSecond = 20) {
  return createStripePayments({
    secretKey: KEY,
    webhookSecret: 'whsec_platform',
    connectWebhookSecret: 'whsec_connect',
    ...(apiBase !== undefined && { apiBase }),
    requestsPerSecond,
    accountCountry: 'US',
    shippingCountries: ['US', 'DE'],
  })
}

const ok = (body: object): Answer => ({ status: 200, body })
const error = (status: number, type: string, code?: string, message = 'No.'): Answer => ({
  status,
  body: { error: { type, code, message } },
})

const CHECKOUT_REQUEST = {
  orderId: ORDER,
  title: 'Mug & saucer [blue]',
  description: null,
  amount: 2_400,
  currency: 'usd',
  expiresAt: 1_800_000_000_999,
  successUrl: 'https://shop.example/success?s={CHECKOUT_SESSION_ID}',
  cancelUrl: 'https://shop.example/cancel',
  idempotencyKey: `${ORDER}:checkout:1`,
}

const TRANSFER_REQUEST = {
  orderId: ORDER,
  amount: 2_280,
  currency: 'usd',
  accountId: 'acct_1',
  chargeId: 'ch_1',
  idempotencyKey: `${ORDER}:release:1`,
  lookFirst: false,
}

const OPEN_SESSION = {
  id: 'cs_1',
  object: 'checkout.session',
  client_reference_id: ORDER,
  status: 'open',
  payment_status: 'unpaid',
  url: 'https://pay.example/cs_1',
  payment_intent: null,
}

const PAID_SESSION = {
  ...OPEN_SESSION,
  status: 'complete',
  payment_status: 'paid',
  url: null,
  amount_total: 2_400,
  currency: 'usd',
  collected_information: {
    shipping_details: {
      name: 'Poppy',
      address: {
        line1: '1 Long Lane',
        line2: null,
        city: 'Ghent',
        state: 'NY',
        postal_code: '12075',
        country: 'US',
      },
    },
  },
  payment_intent: {
    id: 'pi_1',
    object: 'payment_intent',
    latest_charge: { id: 'ch_1', object: 'charge', balance_transaction: { id: 'txn_1', fee: 100 } },
  },
}

test('a checkout names its order everywhere, takes cards only and ends with the hold', async () => {
  await using script = await startScript(() => ok(OPEN_SESSION))
  const checkout = await payments(script.apiBase).createCheckout(CHECKOUT_REQUEST)
  assert.deepEqual(checkout, {
    sessionId: 'cs_1',
    orderId: ORDER,
    status: 'open',
    payment: 'unpaid',
    url: 'https://pay.example/cs_1',
    paid: null,
  })
  const [call] = script.calls
  assert.equal(call?.headers['idempotency-key'], CHECKOUT_REQUEST.idempotencyKey)
  assert.equal(call?.headers['stripe-version'], '2026-10-28.endive')
  assert.equal(call?.headers['x-stripe-client-telemetry'], undefined)
  assert.deepEqual(Object.fromEntries(call?.form ?? []), {
    mode: 'payment',
    'line_items[0][quantity]': '1',
    'line_items[0][price_data][currency]': 'usd',
    'line_items[0][price_data][unit_amount]': '2400',
    'line_items[0][price_data][product_data][name]': 'Mug & saucer [blue]',
    client_reference_id: ORDER,
    'metadata[order_id]': ORDER,
    'payment_intent_data[metadata][order_id]': ORDER,
    'payment_intent_data[transfer_group]': `order_${ORDER}`,
    'allowed_payment_method_types[0]': 'card',
    'shipping_address_collection[allowed_countries][0]': 'US',
    'shipping_address_collection[allowed_countries][1]': 'DE',
    'adaptive_pricing[enabled]': 'false',
    expires_at: '1800000000',
    success_url: 'https://shop.example/success?s={CHECKOUT_SESSION_ID}',
    cancel_url: 'https://shop.example/cancel',
  })
})

test('a paid checkout tells charge, amount, address and fee; an unknown fee is null', async () => {
  await using script = await startScript((call) =>
    ok(
      call.path.endsWith('cs_2')
        ? {
            ...PAID_SESSION,
            payment_intent: { id: 'pi_1', latest_charge: { id: 'ch_1', balance_transaction: null } },
          }
        : PAID_SESSION,
    ),
  )
  const { readCheckout } = payments(script.apiBase)
  const paid = {
    paymentIntentId: 'pi_1',
    chargeId: 'ch_1',
    amount: 2_400,
    currency: 'usd',
    shipTo: 'Poppy\n1 Long Lane\nGhent, NY 12075\nUS',
    stripeFee: 100,
  }
  assert.deepEqual((await readCheckout('cs_1')).paid, paid)
  assert.deepEqual((await readCheckout('cs_2')).paid, { ...paid, stripeFee: null })
  assert.equal(script.calls[0]?.form.get('expand[0]'), 'payment_intent.latest_charge.balance_transaction')
})

test('expiring a session that is over says so; one that is still open stays a refusal', async () => {
  let status = 'open'
  await using script = await startScript((call) =>
    call.method === 'POST'
      ? error(400, 'invalid_request_error', undefined, 'Only Checkout Sessions with a status in ["open"] …')
      : ok({ ...OPEN_SESSION, status }),
  )
  const { expireCheckout } = payments(script.apiBase)
  await assert.rejects(expireCheckout('cs_1'), { kind: 'refused' })
  for (status of ['complete', 'expired']) assert.equal(await expireCheckout('cs_1'), 'not_open')
})

test('what Stripe refuses is final, what it cannot do now may be repeated', async () => {
  const cases: [Answer, PaymentsError['kind'], string | null][] = [
    [error(400, 'invalid_request_error', 'balance_insufficient'), 'refused', 'balance_insufficient'],
    [error(400, 'idempotency_error'), 'refused', 'idempotency_error'],
    [error(402, 'card_error', 'card_declined'), 'refused', 'card_declined'],
    [error(403, 'invalid_request_error'), 'refused', null],
    [error(404, 'invalid_request_error', 'resource_missing'), 'refused', 'resource_missing'],
    [error(401, 'invalid_request_error'), 'busy', null],
    [error(409, 'idempotency_error', 'idempotency_key_in_use'), 'busy', 'idempotency_key_in_use'],
    [error(429, 'invalid_request_error', 'rate_limit'), 'busy', 'rate_limit'],
    [error(500, 'api_error'), 'busy', null],
    [{ status: 502, body: '<html>' }, 'busy', null],
    [{ status: 404, body: { message: 'Not Found' } }, 'busy', null],
    ['reset', 'busy', null],
  ]
  let answer: Answer = 'reset'
  await using script = await startScript(() => answer)
  const { transfer } = payments(script.apiBase)
  for (const [told, kind, code] of cases) {
    answer = told
    await assert.rejects(transfer(TRANSFER_REQUEST), (thrown) => {
      assert.ok(thrown instanceof PaymentsError, String(thrown))
      assert.deepEqual([thrown.kind, thrown.code], [kind, code], JSON.stringify(told))
      return true
    })
  }
  // The client repeats some of these by itself: never under another key.
  const keys = new Set(script.calls.map((call) => call.headers['idempotency-key']))
  assert.deepEqual([...keys], [TRANSFER_REQUEST.idempotencyKey])
})

test('no key gets into an error', async () => {
  await using script = await startScript(() =>
    error(401, 'invalid_request_error', undefined, `Invalid API Key provided: ${KEY}`),
  )
  await assert.rejects(payments(script.apiBase).readRefund('re_1'), (thrown) => {
    assert.doesNotMatch(JSON.stringify(thrown) + String(thrown), /sk_test|whsec/)
    return thrown instanceof PaymentsError && thrown.cause === undefined
  })
})

test('a release is tied to its charge, and looked for before it is repeated', async () => {
  let earlier: object[] = []
  await using script = await startScript((call) =>
    ok(call.method === 'GET' ? { object: 'list', data: earlier } : { id: 'tr_new', object: 'transfer' }),
  )
  const { transfer } = payments(script.apiBase)
  assert.deepEqual(await transfer(TRANSFER_REQUEST), { transferId: 'tr_new' })
  assert.deepEqual(Object.fromEntries(script.calls[0]?.form ?? []), {
    amount: '2280',
    currency: 'usd',
    destination: 'acct_1',
    source_transaction: 'ch_1',
    transfer_group: `order_${ORDER}`,
    'metadata[order_id]': ORDER,
  })

  const again = { ...TRANSFER_REQUEST, lookFirst: true }
  const found = {
    id: 'tr_1',
    metadata: { order_id: ORDER },
    amount: 2_280,
    destination: 'acct_1',
    reversed: false,
  }
  earlier = [{ ...found, id: 'tr_0', metadata: {} }, found]
  assert.deepEqual(await transfer(again), { transferId: 'tr_1' })
  assert.equal(script.calls.at(-1)?.form.get('transfer_group'), `order_${ORDER}`)

  earlier = [{ ...found, reversed: true }]
  assert.deepEqual(await transfer(again), { transferId: 'tr_new' })

  earlier = [{ ...found, amount: 1 }]
  await assert.rejects(transfer(again), { kind: 'refused', code: 'transfer_differs' })
})

test('a refund is looked for before it is repeated; a failed one does not count', async () => {
  let earlier: object[] = []
  const made = { id: 're_new', object: 'refund', status: 'pending' }
  await using script = await startScript((call) =>
    ok(call.method === 'GET' ? { object: 'list', data: earlier } : made),
  )
  const { refund } = payments(script.apiBase)
  const request = {
    orderId: ORDER,
    paymentIntentId: 'pi_1',
    amount: 2_400,
    idempotencyKey: `${ORDER}:refund:1`,
    lookFirst: true,
  }
  assert.deepEqual(await refund(request), { refundId: 're_new', status: 'pending' })
  const found = { id: 're_1', status: 'succeeded', amount: 2_400, metadata: { order_id: ORDER } }
  earlier = [found]
  assert.deepEqual(await refund(request), { refundId: 're_1', status: 'succeeded' })
  earlier = [{ ...found, status: 'failed' }]
  assert.deepEqual(await refund(request), { refundId: 're_new', status: 'pending' })
})

test('no endpoint gets more calls in a second than its budget', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] })
  await using script = await startScript((call) => ok({ id: call.path.split('/').at(-1), object: 'account' }))
  const { readAccount, readRefund } = payments(script.apiBase, 2)
  const reads = ['1', '2', '3', '4', '5'].map((id) => readAccount(`acct_${id}`))
  const asked = () => script.calls.filter((call) => call.path.startsWith('/v1/accounts')).length

  await Promise.all(reads.slice(0, 2))
  // Another endpoint has its own budget and does not wait.
  await readRefund('re_1')
  assert.equal(asked(), 2)
  t.mock.timers.tick(1_000)
  await Promise.all(reads.slice(0, 4))
  assert.equal(asked(), 4)
  t.mock.timers.tick(1_000)
  await Promise.all(reads)
  assert.equal(asked(), 5)
})

test('an event is believed only when its endpoint signed it and it is fresh', () => {
  const { parseEvent } = payments()
  const body = event({ object: 'checkout.session', client_reference_id: ORDER })
  const refused = { kind: 'refused', code: 'webhook_signature' }
  assert.equal(parseEvent(body, sign(body), 'platform').orderId, ORDER)
  assert.throws(() => parseEvent(body, sign(body), 'connect'), refused)
  assert.throws(() => parseEvent(`${body} `, sign(body), 'platform'), refused)
  assert.throws(() => parseEvent(body, undefined, 'platform'), refused)
  const old = Math.floor(Date.now() / 1_000) - 600
  assert.throws(() => parseEvent(body, sign(body, 'whsec_platform', old), 'platform'), refused)
  assert.throws(() => parseEvent('{', sign('{'), 'platform'), refused)
  assert.throws(() => parseEvent('{}', sign('{}'), 'platform'), { kind: 'refused', code: 'webhook_body' })
})

test('an event is reduced to which order or account to read again', () => {
  const { parseEvent } = payments()
  const hint = (object: object, more: object = {}) => {
    const body = event(object, more)
    const { orderId, accountId } = parseEvent(body, sign(body), 'platform')
    return { orderId, accountId }
  }
  const order = { orderId: ORDER, accountId: null }
  assert.deepEqual(hint({ metadata: { order_id: ORDER } }), order)
  assert.deepEqual(hint({ metadata: {}, transfer_group: `order_${ORDER}` }), order)
  assert.deepEqual(hint({ object: 'account', id: 'acct_1' }), { orderId: null, accountId: 'acct_1' })
  assert.deepEqual(hint({ object: 'capability' }, { account: 'acct_2' }), {
    orderId: null,
    accountId: 'acct_2',
  })

  const nobody = { orderId: null, accountId: null }
  assert.deepEqual(hint({ metadata: { order_id: '../x' }, client_reference_id: 'shop-7' }), nobody)
  assert.deepEqual(hint({ metadata: null }), nobody)
  assert.deepEqual(hint({ metadata: { order_id: ORDER } }, { livemode: true }), nobody)
})

function event(object: object, more: object = {}): string {
  return JSON.stringify({
    id: 'evt_1',
    object: 'event',
    type: 'some.type',
    livemode: false,
    data: { object: { object: 'thing', ...object } },
    ...more,
  })
}

function sign(payload: string, secret = 'whsec_platform', timestamp?: number): string {
  const { webhooks } = new Stripe(KEY)
  return webhooks.generateTestHeaderString({ payload, secret, ...(timestamp !== undefined && { timestamp }) })
}
