import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { openState } from '../state.ts'
import { createDeliveries } from './deliveries.ts'
import { type EndpointRecord, type LocalEvent, openTables } from './tables.ts'
import { ACCOUNT, openTestStripe } from './test-stand.ts'

const DAY = 86_400_000

async function deliveries(stripe: Awaited<ReturnType<typeof openTestStripe>>) {
  const response = await fetch(`${stripe.local.url}/local/deliveries`)
  const body = (await response.json()) as {
    deliveries: { eventId: string; type: string; state: string; attempts: { status: number | null }[] }[]
  }
  return body.deliveries
}

test('an event waits until the request that caused it was answered', async (t) => {
  const arrived: unknown[] = []
  const receiver = createServer((request, response) => {
    request.setEncoding('utf8').on('data', (body: string) => arrived.push(JSON.parse(body).id))
    request.on('end', () => response.end())
  })
  receiver.listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`
  const state = openState(null)
  const tables = openTables(state)
  const deliveries = createDeliveries(tables, Date.now)
  t.after(async () => {
    await deliveries.close()
    receiver.close()
    receiver.closeAllConnections()
    state.close()
  })
  const endpoint = { id: 'we_1', url } as EndpointRecord['endpoint']
  tables.endpoints.set('we_1', { endpoint, secret: 'whsec_x', connect: false, fixed: true })
  const add = (id: string, requestId: string | null) => {
    const event = { id, request: { id: requestId, idempotency_key: null } } as LocalEvent
    tables.events.set(id, { event, endpointIds: ['we_1'] })
    deliveries.add({ event, endpointIds: ['we_1'] })
  }
  deliveries.waitFor('req_1')
  add('evt_asked', 'req_1')
  add('evt_clock', null)
  await deliveries.settled('evt_clock')
  assert.deepEqual(arrived, ['evt_clock'])
  deliveries.answered('req_1')
  await deliveries.settled()
  assert.deepEqual(arrived, ['evt_clock', 'evt_asked'])
})

test('an event is signed as the client verifies it and names the request that caused it', async (t) => {
  const stripe = await openTestStripe(t)
  const session = await stripe.openSession()
  const expired = await stripe.client.checkout.sessions.expire(session.id, {}, { idempotencyKey: 'end:1' })
  await stripe.local.idle()
  const [only] = stripe.received
  assert.equal(only?.event.type, 'checkout.session.expired')
  assert.deepEqual(only.event.request, { id: expired.lastResponse.requestId, idempotency_key: 'end:1' })
  assert.equal(only.event.api_version, '2026-10-28.endive')
  assert.equal(only.headers['content-type'], 'application/json; charset=utf-8')
})

test('platform events go to platform endpoints, those of connected accounts to connect endpoints', async (t) => {
  const stripe = await openTestStripe(t)
  const account = await stripe.activeAccount()
  const session = await stripe.openSession()
  await stripe.client.checkout.sessions.expire(session.id)
  await stripe.local.idle()
  const at = (path: string) => stripe.received.filter((one) => one.path === path)
  assert.deepEqual(
    at('/platform').map(({ event }) => [event.type, event.account]),
    [['checkout.session.expired', undefined]],
  )
  assert.deepEqual(
    at('/connect').map(({ event }) => event.account),
    [account, account],
  )
  const theirs = await stripe.client.events.list({}, { stripeAccount: account })
  assert.deepEqual(
    theirs.data.map(({ type }) => type),
    ['capability.updated', 'account.updated'],
  )
})

test('a failed delivery is repeated with the same event on the clock, and found by delivery_success', async (t) => {
  let status = 500
  const stripe = await openTestStripe(t, () => status)
  const session = await stripe.openSession()
  await stripe.client.checkout.sessions.expire(session.id)
  await stripe.local.idle()
  assert.equal(stripe.received.length, 1)
  const missed = await stripe.client.events.list({
    delivery_success: false,
    types: ['checkout.session.expired'],
  })
  assert.equal(missed.data[0]?.pending_webhooks, 1)
  stripe.advance(5_000)
  await stripe.local.idle()
  status = 204
  stripe.advance(30_000)
  await stripe.local.idle()
  stripe.advance(DAY)
  await stripe.local.idle()
  assert.equal(stripe.received.length, 3)
  assert.equal(new Set(stripe.received.map(({ event }) => event.id)).size, 1)
  const [log] = await deliveries(stripe)
  assert.deepEqual(
    log?.attempts.map((one) => one.status),
    [500, 500, 204],
  )
  assert.equal((await stripe.client.events.list({ delivery_success: false })).data.length, 0)
})

test('an endpoint that never answers well is given up, and can be sent to again', async (t) => {
  let status = 302
  const stripe = await openTestStripe(t, () => status)
  const session = await stripe.openSession()
  await stripe.client.checkout.sessions.expire(session.id)
  for (let n = 0; n < 12; n++) {
    await stripe.local.idle()
    stripe.advance(DAY)
  }
  const [given] = await deliveries(stripe)
  assert.equal(given?.state, 'given_up')
  assert.equal(given?.attempts.length, 8)
  status = 200
  await stripe.control(`/deliveries/${given?.eventId}/send-again`, {})
  await stripe.local.idle()
  assert.equal((await deliveries(stripe))[0]?.state, 'delivered')
  assert.equal((await stripe.control('/deliveries/evt_none/send-again', {})).status, 404)
})

test('webhooks can be doubled, lost, held back, delayed and shuffled', async (t) => {
  const stripe = await openTestStripe(t)
  const expireOne = async () => {
    const session = await stripe.openSession()
    await stripe.client.checkout.sessions.expire(session.id)
    await stripe.local.idle()
    return stripe.received.splice(0).length
  }
  await stripe.control('/webhooks', { mode: 'double' })
  assert.equal(await expireOne(), 2)
  await stripe.control('/webhooks', { mode: 'lose' })
  assert.equal(await expireOne(), 0)
  assert.equal((await stripe.client.events.list({ delivery_success: false })).data.length, 1)
  await stripe.control('/webhooks', { mode: 'hold' })
  assert.equal(await expireOne(), 0)
  assert.equal(await expireOne(), 0)
  await stripe.control('/webhooks', { mode: 'normal', delayMs: 60_000, shuffle: true })
  await stripe.local.idle()
  assert.equal(stripe.received.splice(0).length, 2)
  assert.equal(await expireOne(), 0)
  stripe.advance(60_000)
  await stripe.local.idle()
  assert.equal(stripe.received.length, 1)
  assert.equal((await stripe.control('/webhooks', { mode: 'upside down' })).status, 400)
})

test('endpoints made through the API get the events they asked for, until they are deleted', async (t) => {
  const stripe = await openTestStripe(t)
  const { id, secret } = await stripe.client.webhookEndpoints.create({
    url: `${stripe.hooks}/platform`,
    enabled_events: ['transfer.created'],
    api_version: '2026-10-28.endive',
  })
  assert.match(secret ?? '', /^whsec_/)
  assert.equal((await stripe.client.webhookEndpoints.retrieve(id)).secret, undefined)
  const session = await stripe.openSession()
  await stripe.client.checkout.sessions.expire(session.id)
  await stripe.local.idle()
  assert.equal(stripe.received.length, 1)
  await stripe.client.webhookEndpoints.del(id)
  await assert.rejects(stripe.client.webhookEndpoints.retrieve(id), { statusCode: 404 })
})

test('events are kept for thirty days', async (t) => {
  const stripe = await openTestStripe(t)
  const session = await stripe.openSession()
  await stripe.client.checkout.sessions.expire(session.id)
  await stripe.local.idle()
  stripe.advance(29 * DAY)
  assert.equal((await stripe.client.events.list()).data.length, 1)
  stripe.advance(2 * DAY)
  assert.equal((await stripe.client.events.list()).data.length, 0)
  assert.deepEqual(await deliveries(stripe), [])
})

test('a new account owes everything and may receive nothing', async (t) => {
  const stripe = await openTestStripe(t)
  const account = await stripe.client.accounts.create(ACCOUNT)
  assert.equal(account.capabilities?.transfers, 'inactive')
  assert.equal(account.details_submitted, false)
  assert.ok((account.requirements?.currently_due?.length ?? 0) > 0)
  await assert.rejects(stripe.client.accounts.createLoginLink(account.id), /not completed onboarding/)
  assert.deepEqual(await stripe.client.accounts.del(account.id), {
    id: account.id,
    object: 'account',
    deleted: true,
  })
})

test('the same address registered twice is two endpoints with two secrets, and lists never tell one', async (t) => {
  const stripe = await openTestStripe(t)
  const make = () =>
    stripe.client.webhookEndpoints.create({
      url: 'http://127.0.0.1:1/hook',
      enabled_events: ['*'],
      connect: true,
    })
  const [first, second] = [await make(), await make()]
  assert.notEqual(first.id, second.id)
  assert.notEqual(first.secret, second.secret)
  const { data } = await stripe.client.webhookEndpoints.list({ limit: 100 })
  assert.deepEqual(
    data.filter(({ url }) => url.endsWith('/hook')).map(({ id, secret }) => [id, secret]),
    [
      [second.id, undefined],
      [first.id, undefined],
    ],
  )
  const off = await stripe.client.webhookEndpoints.update(first.id, { disabled: true })
  assert.deepEqual([off.status, off.secret], ['disabled', undefined])
})

test('missed events are caught up with from the last one seen, by type and by moment', async (t) => {
  const stripe = await openTestStripe(t)
  const { events, checkout } = stripe.client
  for (let n = 0; n < 3; n++) await checkout.sessions.expire((await stripe.openSession()).id)
  await stripe.local.idle()
  const [newest, middle, oldest] = (await events.list({ types: ['checkout.session.expired'] })).data
  const missed = await events.list({ ending_before: oldest?.id ?? '', limit: 1 })
  assert.deepEqual([missed.data[0]?.id, missed.has_more], [middle?.id, true])
  const seen: string[] = []
  for await (const { id } of events.list({ ending_before: oldest?.id ?? '' })) seen.push(id)
  assert.deepEqual(seen, [middle?.id, newest?.id], 'the client pages from the oldest on')
  const since = { created: { gte: (oldest?.created ?? 0) + 60 } }
  assert.equal((await events.list(since)).data.length, 0)
  const many = Array.from({ length: 21 }, (_, n) => `type.${n}`)
  await assert.rejects(events.list({ types: many }), { statusCode: 400 })
  await assert.rejects(events.list({ type: 'a', types: ['b'] }), { statusCode: 400 })
})

test('one event can be sent twice, delayed or dropped', async (t) => {
  const stripe = await openTestStripe(t)
  const expireOne = async () => {
    await stripe.client.checkout.sessions.expire((await stripe.openSession()).id)
    return (await stripe.client.events.list()).data[0]?.id ?? ''
  }
  const arrived = async () => {
    await stripe.local.idle()
    return stripe.received.splice(0).length
  }
  const id = await expireOne()
  assert.equal(await arrived(), 1)
  await stripe.control(`/deliveries/${id}/send-twice`, {})
  assert.equal(await arrived(), 2)
  await stripe.control(`/deliveries/${id}/send-again`, {})
  assert.equal(await arrived(), 1)
  await stripe.control('/webhooks', { mode: 'hold' })
  const [late, gone] = [await expireOne(), await expireOne()]
  assert.equal((await stripe.control(`/deliveries/${late}/delay`, { ms: 60_000 })).status, 200)
  assert.equal((await stripe.control(`/deliveries/${gone}/drop`, {})).status, 200)
  assert.equal((await stripe.control(`/deliveries/${gone}/drop`, {})).status, 404)
  await stripe.control('/webhooks', { mode: 'normal' })
  assert.equal(await arrived(), 0)
  stripe.advance(60_000)
  assert.equal(await arrived(), 1)
  assert.equal((await deliveries(stripe)).find(({ eventId }) => eventId === gone)?.state, 'lost')
})
