import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, test } from 'node:test'
import { openState } from '../../sandbox/state.ts'
import { type LocalStripe, startLocalStripe } from '../../sandbox/stripe/start.ts'
import type { PaymentHint, Payments } from '../ports/payments.ts'
import { createStripePayments } from './stripe.ts'

const MINUTE_MS = 60_000
const hints: PaymentHint[] = []
const state = openState(null)
let now = Date.now()
let payments: Payments
let local: LocalStripe

/** What core's two webhook routes do with a delivery. */
const receiver = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const signature = String(request.headers['stripe-signature'])
    const endpoint = request.url === '/connect' ? 'connect' : 'platform'
    hints.push(payments.parseEvent(Buffer.concat(chunks).toString(), signature, endpoint))
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
    clock: () => now,
    webhooks: [
      { url: `${url}/platform`, secret: 'whsec_platform', connect: false },
      { url: `${url}/connect`, secret: 'whsec_connect', connect: true },
    ],
  })
  payments = createStripePayments({
    secretKey: 'sk_test_local',
    webhookSecret: 'whsec_platform',
    connectWebhookSecret: 'whsec_connect',
    apiBase: local.url,
    requestsPerSecond: 100,
    accountCountry: 'US',
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

async function control(path: string, body: object): Promise<void> {
  const response = await fetch(local.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  assert.equal(response.status, 200, await response.text())
}

async function transfersOf(orderId: string): Promise<unknown[]> {
  const response = await fetch(`${local.url}/local/summary`)
  const summary = (await response.json()) as { transfers: { metadata: { order_id: string } }[] }
  return summary.transfers.filter((transfer) => transfer.metadata.order_id === orderId)
}

let orders = 0
function newCheckout() {
  orders += 1
  const orderId = `ord_01jd7y5m5sf1wsp61v0zhx2e${String(orders).padStart(2, '0')}`
  const request = {
    orderId,
    title: 'Mug & saucer',
    description: 'Thrown by hand',
    amount: 2_400,
    currency: 'usd',
    expiresAt: now + 31 * MINUTE_MS,
    successUrl: 'http://127.0.0.1:8501/success?session={CHECKOUT_SESSION_ID}',
    cancelUrl: 'http://127.0.0.1:8501/cancel',
    idempotencyKey: `${orderId}:checkout:1`,
  }
  return { orderId, request }
}

async function paidCheckout() {
  const { orderId, request } = newCheckout()
  const { sessionId } = await payments.createCheckout(request)
  await control(`/local/sessions/${sessionId}/pay`, {})
  const { paid } = await payments.readCheckout(sessionId)
  assert.ok(paid)
  return { orderId, sessionId, paid }
}

async function readyAccount(builderId: string): Promise<string> {
  const { accountId } = await payments.createAccount({ builderId, idempotencyKey: `${builderId}:account:1` })
  const link = await payments.createAccountLink({
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

test('a builder who finishes onboarding may receive transfers, and core is told', async () => {
  const made = await payments.createAccount({ builderId: 'first', idempotencyKey: 'first:account:1' })
  assert.deepEqual([made.transfers, made.detailsSubmitted], [false, false])
  const accountId = await readyAccount('first')
  assert.equal(accountId, made.accountId, 'the same key answers with the same account')
  assert.deepEqual(await payments.readAccount(accountId), {
    accountId,
    transfers: true,
    detailsSubmitted: true,
  })
  await local.idle()
  const told = hints.find((hint) => hint.type === 'account.updated')
  assert.equal(told?.accountId, accountId)
})

test('a buyer pays, core hears of it and reads what was paid', async () => {
  const { orderId, request } = newCheckout()
  const made = await payments.createCheckout(request)
  assert.deepEqual([made.orderId, made.status, made.payment, made.paid], [orderId, 'open', 'unpaid', null])
  assert.ok(made.url?.startsWith(local.url))
  assert.equal((await payments.createCheckout(request)).sessionId, made.sessionId)
  await assert.rejects(payments.createCheckout({ ...request, amount: 1 }), {
    kind: 'refused',
    code: 'idempotency_error',
  })

  await control(`/local/sessions/${made.sessionId}/pay`, {})
  await local.idle()
  assert.equal(hints.find((hint) => hint.type === 'checkout.session.completed')?.orderId, orderId)
  const { status, payment, url, paid } = await payments.readCheckout(made.sessionId)
  assert.deepEqual([status, payment, url], ['complete', 'paid', null])
  assert.deepEqual([paid?.amount, paid?.currency], [2_400, 'usd'])
  assert.match(paid?.shipTo ?? '', /^Poppy Fielding\n12 Orchard Lane\nPortland, OR 97201\nUS$/)
})

test('an open session is closed; a paid or expired one is not open any more', async () => {
  const open = await payments.createCheckout(newCheckout().request)
  assert.equal(await payments.expireCheckout(open.sessionId), 'closed')
  assert.equal(await payments.expireCheckout(open.sessionId), 'not_open')
  const { sessionId } = await paidCheckout()
  assert.equal(await payments.expireCheckout(sessionId), 'not_open')

  const late = await payments.createCheckout(newCheckout().request)
  now += 32 * MINUTE_MS
  local.tick()
  assert.equal((await payments.readCheckout(late.sessionId)).status, 'expired')
})

test('a share is sent once, however often the line breaks', async () => {
  const accountId = await readyAccount('second')
  const { orderId, paid } = await paidCheckout()
  const release = {
    orderId,
    amount: 2_280,
    currency: 'usd',
    accountId,
    chargeId: paid.chargeId,
    idempotencyKey: `${orderId}:release:1`,
    lookFirst: false,
  }
  // The work is done and the answer lost, for the client's own second try as well.
  await control('/local/faults', { route: 'POST /v1/transfers', kind: 'reset_after', times: 2 })
  await assert.rejects(payments.transfer(release), { kind: 'busy' })
  const { transferId } = await payments.transfer(release)
  assert.equal((await transfersOf(orderId)).length, 1)

  // A day later Stripe has forgotten the key: only looking first protects then.
  const late = { ...release, idempotencyKey: `${orderId}:release:2`, lookFirst: true }
  assert.deepEqual(await payments.transfer(late), { transferId })
  assert.equal((await transfersOf(orderId)).length, 1)
  await assert.rejects(payments.transfer({ ...late, lookFirst: false }), { kind: 'refused' })
})

test('a builder whose account is not ready is refused, and a full Stripe is busy', async () => {
  const { accountId } = await payments.createAccount({
    builderId: 'third',
    idempotencyKey: 'third:account:1',
  })
  const { orderId, paid } = await paidCheckout()
  const release = {
    orderId,
    amount: 2_280,
    currency: 'usd',
    accountId,
    chargeId: paid.chargeId,
    idempotencyKey: `${orderId}:release:1`,
    lookFirst: false,
  }
  await assert.rejects(payments.transfer(release), { kind: 'refused' })
  await control('/local/faults', { route: 'POST /v1/transfers', kind: '429' })
  await assert.rejects(payments.transfer(release), { kind: 'busy', code: 'rate_limit' })
})

test('money goes back once, and Stripe tells its fee when it knows it', async () => {
  const { orderId, paid } = await paidCheckout()
  const request = {
    orderId,
    paymentIntentId: paid.paymentIntentId,
    amount: paid.amount,
    idempotencyKey: `${orderId}:refund:1`,
    lookFirst: false,
  }
  now += MINUTE_MS
  local.tick()
  const fee = await payments.readFee(paid.chargeId)
  assert.ok(fee !== null && fee > 0 && Number.isInteger(fee))

  const refund = await payments.refund(request)
  assert.deepEqual(await payments.readRefund(refund.refundId), { ...refund, status: 'succeeded' })
  const again = await payments.refund({ ...request, idempotencyKey: `${orderId}:refund:2`, lookFirst: true })
  assert.equal(again.refundId, refund.refundId)
  await assert.rejects(payments.refund({ ...request, idempotencyKey: `${orderId}:refund:3` }), {
    kind: 'refused',
    code: 'charge_already_refunded',
  })
})
