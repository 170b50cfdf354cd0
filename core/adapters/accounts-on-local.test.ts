import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, test } from 'node:test'
import { openState } from '../../sandbox/state.ts'
import { type LocalStripe, startLocalStripe } from '../../sandbox/stripe/start.ts'
import { describeRequirement } from '../domain/requirements.ts'
import type { ConnectAccounts } from '../ports/accounts.ts'
import type { PaymentHint, Payments } from '../ports/payments.ts'
import { createAccountsV1 } from './accounts-v1.ts'
import { createAccountsV2 } from './accounts-v2.ts'
import { createStripePayments } from './stripe.ts'
import { createStripeClient, type StripeClient } from './stripe-client.ts'

const hints: PaymentHint[] = []
const state = openState(null)
let client: StripeClient
let payments: Payments
let local: LocalStripe

const receiver = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString()
    const signature = String(request.headers['stripe-signature'])
    hints.push(
      request.url === '/thin'
        ? payments.parseThinEvent(body, signature)
        : payments.parseEvent(body, signature, 'connect'),
    )
    response.end()
  })
})

before(async () => {
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`
  local = await startLocalStripe({
    host: '127.0.0.1',
    port: 0,
    state,
    clock: Date.now,
    webhooks: [
      { url: `${url}/connect`, secret: 'whsec_connect', connect: true },
      { url: `${url}/thin`, secret: 'whsec_thin', connect: true, thin: true },
    ],
  })
  client = createStripeClient({ secretKey: 'sk_test_local', apiBase: local.url, requestsPerSecond: 100 })
  payments = createStripePayments(client, {
    webhookSecrets: { platform: 'whsec_platform', connect: 'whsec_connect', thin: 'whsec_thin' },
    paymentMethods: ['card'],
    shippingCountries: ['US'],
  })
})
after(async () => {
  await local.close()
  state.close()
  receiver.closeAllConnections()
  await new Promise((resolve) => receiver.close(resolve))
})
beforeEach(() => {
  hints.length = 0
})

const VERSIONS: Record<string, { create(): ConnectAccounts; tells: RegExp }> = {
  v1: {
    create: () => createAccountsV1(client, { country: 'US', cardPayments: false }),
    tells: /^account\.updated$/,
  },
  v2: {
    create: () => createAccountsV2(client, { country: 'US', currency: 'usd', contactEmail: null }),
    tells: /^v2\.core\.account\[.+\]\.(capability_status_)?updated$/,
  },
}

for (const [version, { create, tells }] of Object.entries(VERSIONS)) {
  test(`${version}: the same key answers with the same account, which may not receive transfers yet`, async () => {
    const accounts = create()
    const request = { builderId: `${version} one`, idempotencyKey: `${version} one:account:1` }
    const made = await accounts.create(request)
    assert.deepEqual([made.transfers, made.detailsSubmitted, made.country], [false, false, 'US'])
    assert.deepEqual(await accounts.create(request), made)
    assert.deepEqual(await accounts.read(made.accountId), made)
    const words = made.currentlyDue.map(describeRequirement)
    assert.ok(words.includes('A bank account or debit card for your payouts'), words.join('; '))
    assert.ok(words.includes('Your date of birth'))
    assert.ok(words.includes("Your agreement to Stripe's terms"))
    await assert.rejects(accounts.createDashboardLink(made.accountId), { kind: 'refused' })
    await assert.rejects(
      accounts.createOnboardingLink({ accountId: made.accountId, refreshUrl: 'x', returnUrl: 'y' }),
      { kind: 'refused' },
    )
  })

  test(`${version}: a builder who finishes onboarding may receive transfers, and core is told`, async () => {
    const accounts = create()
    const accountId = await ready(accounts, `${version} two`)
    assert.deepEqual(await accounts.read(accountId), {
      accountId,
      transfers: true,
      detailsSubmitted: true,
      currentlyDue: [],
      country: 'US',
      lost: false,
    })
    assert.ok((await accounts.createDashboardLink(accountId)).startsWith(local.url))
    await local.idle()
    const told = hints.filter(({ type }) => tells.test(type))
    assert.ok(told.length > 0, hints.map(({ type }) => type).join(', '))
    for (const hint of told) assert.equal(hint.accountId, accountId)
  })

  test(`${version}: what Stripe asks for later is told and named, and takes transfers away`, async () => {
    const accounts = create()
    const accountId = await ready(accounts, `${version} three`)
    await local.idle()
    hints.length = 0
    await control(`/local/accounts/${accountId}`, {
      transfers: 'inactive',
      currently_due: ['individual.verification.document'],
    })
    const { transfers, currentlyDue } = await accounts.read(accountId)
    assert.equal(transfers, false)
    assert.deepEqual(currentlyDue.map(describeRequirement), ['A photo of your identity document'])
    await local.idle()
    assert.ok(hints.some((hint) => tells.test(hint.type) && hint.accountId === accountId))
    // The other way of reading sees the same account.
    const other = version === 'v1' ? VERSIONS.v2 : VERSIONS.v1
    const seen = await other?.create().read(accountId)
    assert.deepEqual(
      [seen?.transfers, seen?.currentlyDue.map(describeRequirement)],
      [false, ['A photo of your identity document']],
    )
  })
}

async function ready(accounts: ConnectAccounts, builderId: string): Promise<string> {
  const { accountId } = await accounts.create({ builderId, idempotencyKey: `${builderId}:account:1` })
  const link = await accounts.createOnboardingLink({
    accountId,
    refreshUrl: 'http://127.0.0.1:8501/refresh',
    returnUrl: 'http://127.0.0.1:8501/return',
  })
  await (await fetch(link)).text()
  const body = new URLSearchParams({ action: 'finish' })
  const finished = await fetch(link, { method: 'POST', body, redirect: 'manual' })
  assert.equal(finished.headers.get('location'), 'http://127.0.0.1:8501/return')
  return accountId
}

async function control(path: string, body: object): Promise<void> {
  const response = await fetch(local.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  assert.equal(response.status, 200, await response.text())
}
