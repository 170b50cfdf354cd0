import assert from 'node:assert/strict'
import { test } from 'node:test'
import Stripe from 'stripe'
import { openState } from '../state.ts'
import { startLocalStripe } from './start.ts'
import { ACCOUNT, openTestStripe } from './test-stand.ts'

type Test = Awaited<ReturnType<typeof openTestStripe>>

function raw(stripe: Test, path: string, init: RequestInit = {}, key = 'sk_test_local') {
  return fetch(stripe.local.url + path, {
    ...init,
    headers: { authorization: `Bearer ${key}`, ...init.headers },
  })
}

test('keys are checked, and a live key is sent away', async (t) => {
  const stripe = await openTestStripe(t)
  assert.equal((await raw(stripe, '/v1/balance', {}, 'rk_test_restricted')).status, 200)
  for (const key of ['sk_live_123', 'nonsense'])
    assert.equal((await raw(stripe, '/v1/balance', {}, key)).status, 401)
  const none = await fetch(`${stripe.local.url}/v1/balance`)
  assert.equal(none.status, 401)
  assert.match(none.headers.get('request-id') ?? '', /^req_/)
  assert.equal(((await none.json()) as { error: { type: string } }).error.type, 'invalid_request_error')
  const old = await raw(stripe, '/v1/balance', { headers: { 'stripe-version': '2020-08-27' } })
  assert.equal(old.status, 400)
})

test('a route that is not built answers 501 with its name, is logged, and is not retried', async (t) => {
  const stripe = await openTestStripe(t)
  const message = 'local Stripe has no POST /v1/customers'
  await assert.rejects(stripe.client.customers.create({}, { maxNetworkRetries: 2 }), {
    statusCode: 501,
    message,
  })
  await assert.rejects(stripe.client.v2.moneyManagement.financialAccounts.list(), { statusCode: 501 })
  assert.equal(stripe.logged.filter((line) => line.includes(message)).length, 1)
})

test('what does not exist is a 404 with Stripe’s words', async (t) => {
  const stripe = await openTestStripe(t)
  await assert.rejects(stripe.client.checkout.sessions.retrieve('cs_none'), {
    statusCode: 404,
    code: 'resource_missing',
    message: "No such checkout.session: 'cs_none'",
  })
  await assert.rejects(stripe.client.accounts.retrieve('acct_none'), {
    statusCode: 403,
    code: 'account_invalid',
  })
})

test('the same key with the same parameters replays, with other parameters it is refused', async (t) => {
  const stripe = await openTestStripe(t)
  const key = { idempotencyKey: 'ord_1:checkout:1' }
  const params = { expires_at: Math.floor(stripe.now() / 1000) + 3_600 }
  const base = await stripe.openSession()
  const create = (change: object) =>
    stripe.client.checkout.sessions.create(
      {
        mode: 'payment',
        success_url: 'http://127.0.0.1:1/ok',
        line_items: [
          { quantity: 1, price_data: { currency: 'usd', unit_amount: 900, product_data: { name: 'Cup' } } },
        ],
        ...params,
        ...change,
      },
      key,
    )
  const first = await create({})
  assert.equal(first.lastResponse.idempotencyKey, key.idempotencyKey)
  const second = await create({})
  assert.equal(second.id, first.id)
  assert.equal(second.lastResponse.headers['idempotent-replayed'], 'true')
  assert.equal(second.lastResponse.headers['original-request'], first.lastResponse.requestId)
  await assert.rejects(create({ expires_at: params.expires_at + 1 }), { type: 'StripeIdempotencyError' })
  await assert.rejects(stripe.client.checkout.sessions.expire(base.id, {}, key), {
    type: 'StripeIdempotencyError',
  })
  stripe.advance(86_400_000)
  params.expires_at += 86_400
  assert.notEqual((await create({})).id, first.id)
})

test('a refusal by state is replayed too, a refusal of the parameters is not kept', async (t) => {
  const stripe = await openTestStripe(t)
  const destination = await stripe.activeAccount()
  const params = { amount: 100, currency: 'usd', destination }
  const key = { idempotencyKey: 'release:ord_1' }
  const misspelt = { ...params, amout: 1 }
  await assert.rejects(stripe.client.transfers.create(misspelt, key), { code: 'parameter_unknown' })
  await assert.rejects(stripe.client.transfers.create(params, key), { code: 'balance_insufficient' })
  await stripe.paidCharge('4000000000000077')
  await assert.rejects(stripe.client.transfers.create(params, key), { code: 'balance_insufficient' })
  assert.equal((await stripe.client.transfers.create(params)).amount, 100)
})

test('the same key while the first request is at work is a conflict', async (t) => {
  const stripe = await openTestStripe(t)
  await stripe.control('/faults', { kind: 'slow', delayMs: 1_000, times: 2 })
  const key = { idempotencyKey: 'acct:bld_1' }
  const both = await Promise.allSettled([1, 2].map(() => stripe.client.accounts.create(ACCOUNT, key)))
  const refused = both.filter((one) => one.status === 'rejected').map((one) => one.reason)
  assert.deepEqual(
    refused.map(({ statusCode, code }) => [statusCode, code]),
    [[409, 'idempotency_key_in_use']],
  )
})

test('lists are newest first and page both ways', async (t) => {
  const stripe = await openTestStripe(t)
  const ids: string[] = []
  for (let n = 0; n < 5; n++) ids.unshift((await stripe.openSession({ client_reference_id: `ord_${n}` })).id)
  const { sessions } = stripe.client.checkout
  const first = await sessions.list({ limit: 2 })
  assert.deepEqual([first.data.map(({ id }) => id), first.has_more], [ids.slice(0, 2), true])
  const newer = await sessions.list({ limit: 2, ending_before: ids[4] ?? '' })
  assert.deepEqual(
    newer.data.map(({ id }) => id),
    ids.slice(2, 4),
  )
  const all: string[] = []
  for await (const { id } of sessions.list({ limit: 2 })) all.push(id)
  assert.deepEqual(all, ids)
  assert.equal(
    (await sessions.list({ created: { lt: Math.floor(stripe.now() / 1000) - 10 } })).data.length,
    0,
  )
  await assert.rejects(sessions.list({ limit: 101 }), { statusCode: 400, param: 'limit' })
  await assert.rejects(sessions.list({ starting_after: 'cs_none' }), { param: 'starting_after' })
})

test('lists expand below data, and what cannot be expanded is refused', async (t) => {
  const stripe = await openTestStripe(t)
  await stripe.paidCharge()
  const list = await stripe.client.checkout.sessions.list({
    expand: ['data.payment_intent.latest_charge.balance_transaction', 'data.line_items'],
  })
  const intent = list.data[0]?.payment_intent
  assert.ok(typeof intent === 'object' && typeof intent?.latest_charge === 'object')
  assert.equal(typeof intent.latest_charge?.balance_transaction, 'object')
  assert.equal(list.data[0]?.line_items?.data[0]?.quantity, 1)
  await assert.rejects(stripe.client.checkout.sessions.list({ expand: ['data.surprise'] }), {
    param: 'expand',
  })
})

test('curl’s way of writing lists is understood, and unsafe or broken forms are refused', async (t) => {
  const stripe = await openTestStripe(t)
  const { charge } = await stripe.paidCharge()
  const expanded = await raw(stripe, `/v1/charges/${charge.id}?expand[]=balance_transaction`)
  const body = (await expanded.json()) as { balance_transaction: { object: string } }
  assert.equal(body.balance_transaction.object, 'balance_transaction')
  const post = (form: string, type = 'application/x-www-form-urlencoded') =>
    raw(stripe, '/v1/refunds', { method: 'POST', body: form, headers: { 'content-type': type } })
  for (const form of ['a[__proto__][b]=1', 'metadata[constructor]=1', 'a=%zz', 'a[b', 'a=1&a[b]=2'])
    assert.equal((await post(form)).status, 400, form)
  assert.equal((await post(`metadata${'[a]'.repeat(20)}=1`)).status, 400)
  assert.equal((await post('{"charge":"ch_1"}', 'application/json')).status, 400)
})

test('connected accounts see their own balance and nobody acts for a stranger', async (t) => {
  const stripe = await openTestStripe(t)
  const account = await stripe.activeAccount()
  const own = await stripe.client.balance.retrieve({}, { stripeAccount: account })
  assert.equal(own.available[0]?.amount, 0)
  await assert.rejects(stripe.client.balance.retrieve({}, { stripeAccount: 'acct_none' }), {
    type: 'StripePermissionError',
  })
  await assert.rejects(stripe.client.refunds.create({ charge: 'ch_1' }, { stripeAccount: account }), {
    statusCode: 501,
  })
})

test('things go wrong on purpose: before the work, behind it, or without an answer', async (t) => {
  const stripe = await openTestStripe(t)
  const count = async () => (await stripe.client.accounts.list()).data.length
  const route = 'POST /v1/accounts'
  await stripe.control('/faults', { route, kind: '429' })
  await assert.rejects(stripe.client.accounts.create(ACCOUNT), { type: 'StripeRateLimitError' })
  await stripe.control('/faults', { route, kind: '500' })
  await assert.rejects(stripe.client.accounts.create(ACCOUNT), { statusCode: 500 })
  // The client repeats a lost connection once by itself, with the same key.
  await stripe.control('/faults', { route, kind: 'reset_before', times: 2 })
  await assert.rejects(stripe.client.accounts.create(ACCOUNT), { type: 'StripeConnectionError' })
  assert.equal(await count(), 0)
  await stripe.control('/faults', { route, kind: 'reset_after', times: 2 })
  const key = { idempotencyKey: 'acct:bld_1' }
  await assert.rejects(stripe.client.accounts.create(ACCOUNT, key), { type: 'StripeConnectionError' })
  assert.equal(await count(), 1)
  const replayed = await stripe.client.accounts.create(ACCOUNT, key)
  assert.equal(replayed.lastResponse.headers['idempotent-replayed'], 'true')
  await stripe.control('/faults', { route, kind: 'timeout' })
  await assert.rejects(stripe.client.accounts.create(ACCOUNT, { timeout: 100 }), {
    type: 'StripeConnectionError',
  })
  assert.equal(await count(), 2)
})

test('what happened survives a restart', async (t) => {
  const state = openState(null)
  t.after(() => state.close())
  const options = {
    host: '127.0.0.1',
    port: 0,
    state,
    clock: Date.now,
    webhooks: [{ url: 'http://127.0.0.1:1/hook', secret: 'whsec_x', connect: false }],
  }
  const first = await startLocalStripe(options)
  const clientOf = (port: number) =>
    new Stripe('sk_test_x', { host: '127.0.0.1', port, protocol: 'http', telemetry: false })
  const account = await clientOf(first.port).accounts.create(ACCOUNT)
  await first.close()
  const second = await startLocalStripe(options)
  t.after(() => second.close())
  assert.equal((await clientOf(second.port).accounts.retrieve(account.id)).id, account.id)
  assert.equal((await clientOf(second.port).webhookEndpoints.list()).data.length, 1)
  await assert.rejects(startLocalStripe({ ...options, port: second.port }), { code: 'EADDRINUSE' })
})
