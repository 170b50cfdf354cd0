import assert from 'node:assert/strict'
import { test } from 'node:test'
import type Stripe from 'stripe'
import { ACCOUNT, openTestStripe } from './test-stand.ts'

const DAY = 86_400_000
const BUILDER: Stripe.V2.Core.AccountCreateParams = {
  contact_email: 'juniper@example.com',
  display_name: 'Juniper Clay',
  dashboard: 'express',
  identity: { country: 'us', entity_type: 'individual' },
  configuration: {
    recipient: { capabilities: { stripe_balance: { stripe_transfers: { requested: true } } } },
  },
  defaults: {
    currency: 'usd',
    responsibilities: { fees_collector: 'application', losses_collector: 'application' },
  },
  metadata: { builder_id: 'bld_1' },
}

type Test = Awaited<ReturnType<typeof openTestStripe>>

async function link(stripe: Test, account: string): Promise<Stripe.V2.Core.AccountLink> {
  return stripe.client.v2.core.accountLinks.create({
    account,
    use_case: {
      type: 'account_onboarding',
      account_onboarding: {
        refresh_url: 'http://127.0.0.1:1/refresh',
        return_url: 'http://127.0.0.1:1/return',
      },
    },
  })
}

async function onboard(stripe: Test, account: string, action: 'finish' | 'leave' | 'more') {
  const { url } = await link(stripe, account)
  const page = await (await fetch(url)).text()
  const body = new URLSearchParams({ action })
  const left = await fetch(url, { method: 'POST', body, redirect: 'manual' })
  assert.equal(left.headers.get('location'), 'http://127.0.0.1:1/return')
  return page
}

function transfersOf(account: Stripe.V2.Core.Account): string | undefined {
  return account.configuration?.recipient?.capabilities?.stripe_balance?.stripe_transfers?.status
}

test('a v2 account shows what is included and nothing else', async (t) => {
  const stripe = await openTestStripe(t)
  const { accounts } = stripe.client.v2.core
  const bare = await accounts.create(BUILDER)
  assert.equal(bare.object, 'v2.core.account')
  assert.match(bare.created, /^\d{4}-\d\d-\d\dT.*Z$/)
  assert.deepEqual(
    [bare.configuration, bare.requirements, bare.identity, bare.defaults],
    [undefined, undefined, undefined, undefined],
  )
  assert.deepEqual(
    [bare.contact_email, bare.display_name, bare.dashboard, bare.applied_configurations, bare.metadata],
    ['juniper@example.com', 'Juniper Clay', 'express', ['recipient'], { builder_id: 'bld_1' }],
  )
  const full = await accounts.retrieve(bare.id, {
    include: ['configuration.recipient', 'requirements', 'identity', 'defaults'],
  })
  assert.equal(transfersOf(full), 'restricted')
  assert.deepEqual(full.identity, { country: 'us', entity_type: 'individual' })
  assert.equal(full.defaults?.responsibilities.losses_collector, 'application')
  const names = full.requirements?.entries?.map(({ description }) => description)
  assert.ok(names?.includes('identity.individual.given_name'))
  assert.equal(full.requirements?.summary?.minimum_deadline?.status, 'past_due')
})

test('finishing makes a v2 account able to receive, told by thin events that lead back to it', async (t) => {
  const stripe = await openTestStripe(t)
  const { accounts, events } = stripe.client.v2.core
  const { id } = await accounts.create(BUILDER)
  assert.match(await onboard(stripe, id, 'finish'), /individual\.first_name/)
  const ready = await accounts.retrieve(id, { include: ['configuration.recipient', 'requirements'] })
  assert.equal(transfersOf(ready), 'active')
  assert.deepEqual(ready.requirements?.entries, [])
  await stripe.local.idle()
  assert.deepEqual(stripe.received, [], 'no snapshot is sent about a v2 account')
  const types: string[] = stripe.notified.map(({ type }) => type)
  for (const type of [
    'v2.core.account.created',
    'v2.core.account[configuration.recipient].capability_status_updated',
    'v2.core.account[requirements].updated',
    'v2.core.account_link.returned',
  ])
    assert.ok(types.includes(type), type)
  const told = stripe.notified.find(
    (one) => one.type === 'v2.core.account[configuration.recipient].capability_status_updated',
  )
  assert.ok(told?.type === 'v2.core.account[configuration.recipient].capability_status_updated')
  assert.equal((await told.fetchRelatedObject()).id, id)
  assert.equal(String(told.context), id)
  const event = await told.fetchEvent()
  assert.equal(event.data.updated_capability, 'stripe_balance.stripe_transfers')
  const listed = await events.list({ object_id: id, types: ['v2.core.account_link.returned'] })
  assert.equal(listed.data.length, 1)
  assert.equal((await events.retrieve(event.id)).id, event.id)
  assert.equal((await stripe.client.events.list()).data.length, 0, 'v1 does not list thin events')
})

test('the same account works in v1: transfers, login links, acting for it', async (t) => {
  const stripe = await openTestStripe(t)
  const { id } = await stripe.client.v2.core.accounts.create(BUILDER)
  const { charge } = await stripe.paidCharge()
  const params = { amount: 2_000, currency: 'usd', destination: id, source_transaction: charge.id }
  await assert.rejects(stripe.client.transfers.create(params), {
    code: 'insufficient_capabilities_for_transfer',
  })
  await onboard(stripe, id, 'finish')
  assert.equal((await stripe.client.transfers.create(params)).destination, id)
  assert.equal(await stripe.total(id), 2_000)
  assert.match((await stripe.client.accounts.createLoginLink(id)).url, /express/)
  const v1 = await stripe.client.accounts.retrieve(id)
  assert.deepEqual([v1.capabilities?.transfers, v1.country, v1.type], ['active', 'US', 'none'])
  const { id: old } = await stripe.client.accounts.create(ACCOUNT)
  const shown = await stripe.client.v2.core.accounts.retrieve(old, { include: ['identity'] })
  assert.equal(shown.identity?.country, 'us')
})

test('onboarding can be left, asked again, and restricted later', async (t) => {
  const stripe = await openTestStripe(t)
  const { accounts } = stripe.client.v2.core
  const { id } = await accounts.create(BUILDER)
  const read = () => accounts.retrieve(id, { include: ['configuration.recipient', 'requirements'] })
  await onboard(stripe, id, 'leave')
  assert.equal(transfersOf(await read()), 'restricted')
  await onboard(stripe, id, 'more')
  const again = await read()
  assert.deepEqual(
    again.requirements?.entries?.map(({ description }) => description),
    ['identity.individual.documents.primary_verification'],
  )
  assert.match(await onboard(stripe, id, 'finish'), /individual\.verification\.document/)
  assert.equal(transfersOf(await read()), 'active')
  await stripe.control(`/accounts/${id}`, { currently_due: ['external_account'] })
  const soon = await read()
  assert.equal(transfersOf(soon), 'active')
  const deadline = soon.requirements?.summary?.minimum_deadline
  assert.equal(deadline?.status, 'currently_due')
  const v1 = await stripe.client.accounts.retrieve(id)
  assert.equal(Date.parse(deadline?.time ?? '') / 1_000, v1.requirements?.current_deadline)
  stripe.advance(14 * DAY)
  assert.equal(transfersOf(await read()), 'restricted')
  const late = await stripe.client.accounts.retrieve(id)
  assert.deepEqual(
    [late.requirements?.past_due, late.requirements?.disabled_reason, late.payouts_enabled],
    [['external_account'], 'requirements.past_due', false],
  )
})

test('a v2 account is changed, listed by pages, and closed when it is empty', async (t) => {
  const stripe = await openTestStripe(t)
  const { accounts } = stripe.client.v2.core
  const ids: string[] = []
  for (let n = 0; n < 5; n++) ids.unshift((await accounts.create(BUILDER)).id)
  const all: string[] = []
  for await (const { id } of accounts.list({ limit: 2, applied_configurations: ['recipient'] })) all.push(id)
  assert.deepEqual(all, ids)
  const [id = ''] = ids
  const changed = await accounts.update(id, {
    display_name: 'Juniper & Co',
    metadata: { builder_id: 'bld_2' },
    include: ['identity'],
  })
  assert.deepEqual([changed.display_name, changed.metadata], ['Juniper & Co', { builder_id: 'bld_2' }])
  await onboard(stripe, id, 'finish')
  const { charge } = await stripe.paidCharge()
  const { id: transfer } = await stripe.client.transfers.create({
    amount: 100,
    currency: 'usd',
    destination: id,
    source_transaction: charge.id,
  })
  const close = () => accounts.close(id, { applied_configurations: ['recipient'] })
  await assert.rejects(close(), { statusCode: 400, code: 'nonzero_balance' })
  await stripe.client.transfers.createReversal(transfer)
  assert.equal((await close()).closed, true)
  await assert.rejects(close(), { code: 'account_closed' })
  await assert.rejects(link(stripe, id), { code: 'account_closed' })
  assert.equal((await accounts.list()).data.length, 4)
  assert.equal((await accounts.list({ closed: true })).data.length, 1)
  await stripe.local.idle()
  assert.ok(stripe.notified.some(({ type }) => type === 'v2.core.account.closed'))
})

test('v2 refuses in its own words, and repeats by key', async (t) => {
  const stripe = await openTestStripe(t)
  const { accounts } = stripe.client.v2.core
  const wrong = { ...BUILDER, surprise: 1 } as Stripe.V2.Core.AccountCreateParams
  await assert.rejects(accounts.create(wrong), {
    type: 'StripeInvalidRequestError',
    code: 'invalid_fields',
    statusCode: 400,
  })
  const collectors = { fees_collector: 'stripe', losses_collector: 'application' } as const
  await assert.rejects(accounts.create({ ...BUILDER, defaults: { responsibilities: collectors } }), {
    code: 'invalid_fields',
  })
  await assert.rejects(accounts.create({ ...BUILDER, configuration: { merchant: {} } }), { statusCode: 501 })
  await assert.rejects(accounts.retrieve('acct_none'), { statusCode: 404, code: 'not_found' })
  const key = { idempotencyKey: 'bld_1:account:1' }
  const first = await accounts.create(BUILDER, key)
  stripe.advance(7 * DAY)
  assert.equal((await accounts.create(BUILDER, key)).id, first.id)
  await assert.rejects(accounts.create({ ...BUILDER, display_name: 'Moss' }, key), {
    type: 'StripeIdempotencyError',
  })
  await stripe.control('/faults', { route: 'POST /v2/core/accounts', kind: '429' })
  await assert.rejects(accounts.create(BUILDER), { type: 'RateLimitError', statusCode: 429 })
  const raw = await fetch(`${stripe.local.url}/v2/core/accounts`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk_test_local', 'content-type': 'application/json' },
    body: '[1]',
  })
  assert.equal(raw.status, 400)
})

test('event destinations get thin events of accounts, and tell their secret once', async (t) => {
  const stripe = await openTestStripe(t)
  const { eventDestinations } = stripe.client.v2.core
  const made = await eventDestinations.create({
    name: 'Accounts',
    type: 'webhook_endpoint',
    event_payload: 'thin',
    enabled_events: ['v2.core.account.closed'],
    events_from: ['@accounts'],
    webhook_endpoint: { url: 'http://127.0.0.1:1/thin' },
    include: ['webhook_endpoint.signing_secret'],
  })
  assert.match(made.webhook_endpoint?.signing_secret ?? '', /^whsec_/)
  const listed = await eventDestinations.list({ include: ['webhook_endpoint.url'] })
  assert.deepEqual(
    listed.data.map(({ webhook_endpoint }) => webhook_endpoint),
    [{ url: 'http://127.0.0.1:1/thin' }, { url: `${stripe.hooks}/thin` }],
  )
  assert.equal((await stripe.client.webhookEndpoints.list()).data.length, 2)
  await assert.rejects(stripe.client.webhookEndpoints.retrieve(made.id), { statusCode: 404 })
  await eventDestinations.del(made.id)
  await assert.rejects(eventDestinations.retrieve(made.id), { statusCode: 404 })
})
