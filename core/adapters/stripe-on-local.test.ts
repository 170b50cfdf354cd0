import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, test } from 'node:test'
import { openState } from '../../sandbox/state.ts'
import { type LocalStripe, startLocalStripe } from '../../sandbox/stripe/start.ts'
import type { ConnectAccounts } from '../ports/accounts.ts'
import type { BalanceTransactionRecord, PaymentRecords } from '../ports/payment-records.ts'
import type { CheckoutRequest, PaymentHint, Payments } from '../ports/payments.ts'
import { createAccountsV1 } from './accounts-v1.ts'
import { createStripePayments } from './stripe.ts'
import { createStripeClient } from './stripe-client.ts'
import { createStripeRecords } from './stripe-records.ts'

const MINUTE_MS = 60_000
const hints: PaymentHint[] = []
const state = openState(null)
let now = Date.now()
let payments: Payments
let accounts: ConnectAccounts
let records: PaymentRecords
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
  const client = createStripeClient({
    secretKey: 'sk_test_local',
    apiBase: local.url,
    requestsPerSecond: 100,
  })
  payments = createStripePayments(client, {
    webhookSecrets: { platform: 'whsec_platform', connect: 'whsec_connect', thin: null },
    paymentMethods: ['card', 'us_bank_account'],
    shippingCountries: ['US'],
  })
  accounts = createAccountsV1(client, { country: 'US', cardPayments: false })
  records = createStripeRecords(client)
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
    split: null,
    expiresAt: now + 31 * MINUTE_MS,
    successUrl: 'http://127.0.0.1:8501/success?session={CHECKOUT_SESSION_ID}',
    cancelUrl: 'http://127.0.0.1:8501/cancel',
    idempotencyKey: `${orderId}:checkout:1`,
  }
  return { orderId, request }
}

async function paidCheckout(split: CheckoutRequest['split'] = null) {
  const { orderId, request } = newCheckout()
  const { sessionId } = await payments.createCheckout({ ...request, split })
  await control(`/local/sessions/${sessionId}/pay`, {})
  const { paid } = await payments.readCheckout(sessionId)
  assert.ok(paid)
  return { orderId, sessionId, paid }
}

/** Stripe learns its fee, and splits, a moment after the payment. */
function settle(): void {
  now += MINUTE_MS
  local.tick()
}

async function readyAccount(builderId: string): Promise<string> {
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

test('a buyer pays, core hears of it and reads what was paid', async () => {
  const { orderId, request } = newCheckout()
  const made = await payments.createCheckout(request)
  assert.deepEqual([made.orderId, made.status, made.payment, made.paid], [orderId, 'open', 'none', null])
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

test('a delayed payment is underway until Stripe says paid or failed', async () => {
  for (const outcome of ['succeeded', 'failed'] as const) {
    const { request } = newCheckout()
    const { sessionId, payment: fresh } = await payments.createCheckout(request)
    assert.equal(fresh, 'none')
    await control(`/local/sessions/${sessionId}/pay`, { card: 'us_bank_account' })
    const begun = await payments.readCheckout(sessionId)
    assert.deepEqual([begun.status, begun.payment, begun.paid], ['complete', 'underway', null])
    await control(`/local/sessions/${sessionId}/settle`, { outcome })
    const { payment, paid } = await payments.readCheckout(sessionId)
    assert.equal(payment, outcome === 'succeeded' ? 'paid' : 'failed')
    assert.equal(paid?.amount, outcome === 'succeeded' ? request.amount : undefined)
  }
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
  }
  // The work is done and the answer lost, for the client's own second try as well.
  await control('/local/faults', { route: 'POST /v1/transfers', kind: 'reset_after', times: 2 })
  await assert.rejects(payments.transfer(release), { kind: 'busy' })
  const { transferId } = await payments.transfer(release)
  assert.equal((await transfersOf(orderId)).length, 1)

  // A day later Stripe has forgotten the key: only looking first protects then.
  const late = { ...release, idempotencyKey: `${orderId}:release:2` }
  assert.deepEqual(await payments.transfer(late), { transferId })
  assert.equal((await transfersOf(orderId)).length, 1)
  await assert.rejects(payments.transfer({ ...late, amount: 1 }), {
    kind: 'refused',
    code: 'transfer_differs',
  })
})

test('a builder whose account is not ready is refused, and a full Stripe is busy', async () => {
  const { accountId } = await accounts.create({
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
  }
  await assert.rejects(payments.transfer(release), { kind: 'refused' })
  await control('/local/faults', { route: 'POST /v1/transfers', kind: '429' })
  await assert.rejects(payments.transfer(release), { kind: 'busy', code: 'rate_limit' })
})

test('money goes back once, and Stripe tells its fee when it knows it', async () => {
  const { orderId, paid } = await paidCheckout()
  const request = {
    orderId,
    part: '1:1',
    paymentIntentId: paid.paymentIntentId,
    amount: paid.amount,
    idempotencyKey: `${orderId}:refund:1:1`,
  }
  settle()
  const fee = await payments.readFee(paid.chargeId)
  assert.ok(fee !== null && fee > 0 && Number.isInteger(fee))

  const refund = await payments.refund(request)
  assert.deepEqual(await payments.readRefund(refund.refundId), { ...refund, status: 'succeeded' })
  const again = await payments.refund({ ...request, idempotencyKey: `${orderId}:refund:2` })
  assert.equal(again.refundId, refund.refundId)
  const another = { ...request, part: '2:1', idempotencyKey: `${orderId}:refund:3` }
  await assert.rejects(payments.refund(another), { kind: 'refused', code: 'charge_already_refunded' })
})

test('two refunds of one amount are two refunds, and a failed one says why', async () => {
  const { orderId, paid } = await paidCheckout()
  settle()
  const part = (name: string) => ({
    orderId,
    part: name,
    paymentIntentId: paid.paymentIntentId,
    amount: 700,
    idempotencyKey: `${orderId}:refund:${name}`,
  })
  await control('/local/refunds', { hold: true })
  const first = await payments.refund(part('1:1'))
  const second = await payments.refund(part('2:1'))
  await control('/local/refunds', { hold: false })
  assert.equal(first.status, 'pending')
  assert.notEqual(first.refundId, second.refundId)
  await control(`/local/refunds/${first.refundId}`, {
    status: 'failed',
    failure_reason: 'lost_or_stolen_card',
  })
  assert.deepEqual(await payments.refund(part('1:1')), {
    refundId: first.refundId,
    status: 'failed',
    failure: 'lost_or_stolen_card',
  })
  const retried = await payments.refund(part('1:2'))
  assert.equal(retried.status, 'succeeded')
})

test('a split payment pays the builder at once, and part of it can be taken back, once', async () => {
  const accountId = await readyAccount('split')
  const { orderId, sessionId, paid: early } = await paidCheckout({ accountId, fee: 120 })
  assert.equal(early.transferId, null, 'Stripe makes the transfer a moment later')
  settle()
  const { paid } = await payments.readCheckout(sessionId)
  const transferId = paid?.transferId
  assert.ok(transferId)
  const [before] = await records.balance(accountId)
  assert.equal((before?.available ?? 0) + (before?.pending ?? 0), 2_280)

  const reversal = {
    orderId,
    part: '1',
    transferId,
    amount: 500,
    idempotencyKey: `${orderId}:reversal:1`,
  }
  await control('/local/faults', {
    route: 'POST /v1/transfers/:id/reversals',
    kind: 'reset_after',
    times: 2,
  })
  await assert.rejects(payments.reverseTransfer(reversal), { kind: 'busy' })
  await payments.reverseTransfer({ ...reversal, idempotencyKey: 'a day later' })
  const [after] = await records.balance(accountId)
  assert.equal((after?.available ?? 0) + (after?.pending ?? 0), 1_780)

  // What the builder does not have any more cannot be taken back.
  await control(`/local/accounts/${accountId}`, { negativeAllowed: false })
  now += 3 * 24 * 60 * MINUTE_MS
  local.tick()
  await control('/local/payouts', { account: accountId })
  await assert.rejects(payments.reverseTransfer({ ...reversal, part: '2', idempotencyKey: 'second' }), {
    kind: 'refused',
  })
  const payouts = await Array.fromAsync(records.payouts(0, accountId))
  assert.deepEqual(
    payouts.map(({ amount, currency }) => [amount, currency]),
    [[1_780, 'usd']],
  )
})

test('a builder who may not receive transfers cannot be part of a split payment', async () => {
  const { accountId } = await accounts.create({
    builderId: 'unready',
    idempotencyKey: 'unready:account:1',
  })
  const split = { accountId, fee: 120 }
  await assert.rejects(payments.createCheckout({ ...newCheckout().request, split }), { kind: 'refused' })
})

test('a dispute is heard of by its charge and read to its end', async () => {
  const { paid } = await paidCheckout()
  settle()
  assert.equal(await payments.readDispute(paid.chargeId), null)
  await control(`/local/charges/${paid.chargeId}/dispute`, { reason: 'product_not_received' })
  await local.idle()
  const told = hints.filter(({ type }) => type.startsWith('charge.dispute.'))
  assert.ok(told.some(({ type }) => type === 'charge.dispute.created'))
  assert.deepEqual([...new Set(told.map(({ chargeId }) => chargeId))], [paid.chargeId])
  const dispute = await payments.readDispute(paid.chargeId)
  assert.ok(dispute)
  assert.deepEqual(
    [dispute.status, dispute.amount, dispute.fee, dispute.reason],
    ['open', 2_400, 1_500, 'product_not_received'],
  )
  assert.ok(dispute.dueBy !== null && dispute.dueBy > now)
  await control(`/local/disputes/${dispute.disputeId}`, { status: 'won' })
  assert.equal((await payments.readDispute(paid.chargeId))?.status, 'won')

  const lost = await paidCheckout()
  settle()
  await control(`/local/charges/${lost.paid.chargeId}/dispute`, {})
  const open = await payments.readDispute(lost.paid.chargeId)
  await control(`/local/disputes/${open?.disputeId}`, { status: 'lost' })
  assert.equal((await payments.readDispute(lost.paid.chargeId))?.status, 'lost')
})

test('the pictures of a case are kept at Stripe once and shown to the bank with the texts', async () => {
  const { paid } = await paidCheckout()
  settle()
  await control(`/local/charges/${paid.chargeId}/dispute`, {})
  const dispute = await payments.readDispute(paid.chargeId)
  assert.ok(dispute)
  const jpeg = Uint8Array.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3])
  await control('/local/faults', { route: 'POST /v1/files', kind: 'reset_after', times: 1 })
  const { fileId } = await payments.uploadEvidence({ jpeg, idempotencyKey: 'pictures' })
  assert.equal((await payments.uploadEvidence({ jpeg, idempotencyKey: 'pictures' })).fileId, fileId)
  const noPicture = Uint8Array.from([1, 2, 3])
  await assert.rejects(payments.uploadEvidence({ jpeg: noPicture, idempotencyKey: 'no-picture' }), {
    kind: 'refused',
  })
  const evidence = { customer_name: 'Poppy', product_description: 'Mug', uncategorized_text: 'A story.' }
  const answer = { disputeId: dispute.disputeId, evidence, fileId }
  await assert.rejects(payments.submitEvidence({ ...answer, fileId: 'file_none', idempotencyKey: 'wrong' }), {
    kind: 'refused',
  })
  await payments.submitEvidence({ ...answer, idempotencyKey: 'answer' })
  const shown = await fetch(`${local.url}/v1/disputes/${dispute.disputeId}`, {
    headers: { authorization: 'Bearer sk_test_reader' },
  })
  const { evidence: there } = (await shown.json()) as { evidence: Record<string, string> }
  assert.deepEqual([there.uncategorized_file, there.uncategorized_text], [fileId, 'A story.'])
})

test('an inquiry is a warning, and nothing once it is closed', async () => {
  const { paid } = await paidCheckout()
  settle()
  await control(`/local/charges/${paid.chargeId}/dispute`, { inquiry: true })
  const warning = await payments.readDispute(paid.chargeId)
  assert.deepEqual([warning?.status, warning?.fee], ['warning', 0])
  await control(`/local/disputes/${warning?.disputeId}`, { status: 'warning_closed' })
  assert.equal(await payments.readDispute(paid.chargeId), null)
})

test('what Stripe remembers can be read as records that name our orders and add up', async () => {
  now += 60 * MINUTE_MS
  const since = now
  const accountId = await readyAccount('recorded')
  const { orderId, sessionId, paid } = await paidCheckout()
  settle()
  const { transferId } = await payments.transfer({
    orderId,
    amount: 2_280,
    currency: 'usd',
    accountId,
    chargeId: paid.chargeId,
    idempotencyKey: `${orderId}:transfer:1`,
  })
  const refund = await payments.refund({
    orderId,
    part: '1:1',
    paymentIntentId: paid.paymentIntentId,
    amount: 1_000,
    idempotencyKey: `${orderId}:refund:1:1`,
  })
  // More reversals than a transfer carries in itself.
  for (let part = 1; part <= 12; part += 1) {
    await payments.reverseTransfer({
      orderId,
      part: String(part),
      transferId,
      amount: part,
      idempotencyKey: `${orderId}:reversal:${part}`,
    })
  }
  await control(`/local/charges/${paid.chargeId}/dispute`, { amount: 1_400 })
  const later = await paidCheckout()
  settle()

  const [laterSession, session] = await Array.fromAsync(records.sessions(since))
  assert.equal(laterSession?.orderId, later.orderId, 'newest first')
  assert.deepEqual(
    [session?.sessionId, session?.orderId, session?.status, session?.payment, session?.amount],
    [sessionId, orderId, 'complete', 'paid', 2_400],
  )
  assert.equal(session?.paymentIntentId, paid.paymentIntentId)
  const charge = (await Array.fromAsync(records.charges(since))).find((one) => one.orderId === orderId)
  assert.deepEqual(
    [charge?.chargeId, charge?.amount, charge?.refunded, charge?.paid, charge?.disputed, charge?.transferId],
    [paid.chargeId, 2_400, 1_000, true, true, null],
  )
  const [transfer, ...noMore] = await Array.fromAsync(records.transfers(since))
  assert.deepEqual(noMore, [])
  assert.deepEqual(
    [transfer?.transferId, transfer?.orderId, transfer?.accountId, transfer?.chargeId, transfer?.amount],
    [transferId, orderId, accountId, paid.chargeId, 2_280],
  )
  const reversals = transfer?.reversals ?? []
  assert.deepEqual(
    reversals.map(({ part, amount }) => `${part} ${amount}`).toSorted(),
    Array.from({ length: 12 }, (_, index) => `${index + 1} ${index + 1}`).toSorted(),
  )
  const [refunded] = await Array.fromAsync(records.refunds(since))
  assert.deepEqual(
    [refunded?.refundId, refunded?.orderId, refunded?.part, refunded?.chargeId, refunded?.status],
    [refund.refundId, orderId, '1:1', paid.chargeId, 'succeeded'],
  )
  const [disputed] = await Array.fromAsync(records.disputes(since))
  assert.deepEqual(
    [disputed?.chargeId, disputed?.dispute?.status, disputed?.dispute?.amount],
    [paid.chargeId, 'open', 1_400],
  )

  const moves = await Array.fromAsync(records.balanceTransactions(since))
  const sum = (type: string, of: (move: BalanceTransactionRecord) => number) =>
    moves.filter((move) => move.type === type).reduce((total, move) => total + of(move), 0)
  const ofOrder = moves.filter((move) => move.orderId === orderId || move.chargeId === paid.chargeId)
  assert.deepEqual(
    [sum('transfer', (move) => move.net), sum('refund', (move) => move.net), ofOrder.length],
    [-2_280, -1_000, 1 + 1 + 1 + 12 + 1],
  )
  assert.equal(
    sum('adjustment', (move) => move.fee),
    1_500,
  )
  for (const move of moves) assert.equal(move.net, move.amount - move.fee)

  const all = await Array.fromAsync(records.balanceTransactions(0))
  const [balance, ...others] = await records.balance(null)
  assert.deepEqual(others, [])
  assert.equal(
    all.reduce((total, move) => total + move.net, 0),
    (balance?.available ?? 0) + (balance?.pending ?? 0),
  )
})

test('missed events are found again, more than one page of them', async () => {
  now += 60 * MINUTE_MS
  const since = now
  await control('/local/webhooks', { mode: 'lose' })
  const made: string[] = []
  for (let n = 0; n < 30; n += 1) made.push((await paidCheckout()).orderId)
  settle()
  await local.idle()
  await control('/local/webhooks', { mode: 'normal' })
  assert.deepEqual(hints, [])
  const found = await Array.fromAsync(records.events(since))
  assert.ok(found.length > 100)
  assert.equal(new Set(found.map(({ eventId }) => eventId)).size, found.length)
  const completed = found.filter(({ type }) => type === 'checkout.session.completed')
  assert.deepEqual(completed.map(({ orderId }) => orderId).toReversed(), made)
  // Reading can stop early.
  for await (const newest of records.events(since)) {
    assert.equal(newest.eventId, found[0]?.eventId)
    break
  }
})
