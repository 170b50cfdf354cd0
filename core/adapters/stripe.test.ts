import assert from 'node:assert/strict'
import { test } from 'node:test'
import Stripe from 'stripe'
import { newTrace, runInTrace } from '../../runtime/trace.ts'
import { PaymentsError } from '../ports/payments.ts'
import { createStripePayments } from './stripe.ts'
import { createStripeClient } from './stripe-client.ts'
import { createStripeRecords } from './stripe-records.ts'
import { type Answer, error, ok, startScript } from './stripe-script.ts'

const ORDER = 'ord_01jd7y5m5sf1wsp61v0zhx2e3a'
const KEY = 'sk_test_secret'

function payments(apiBase?: string, requestsPerSecond = 20) {
  const client = createStripeClient({
    secretKey: KEY,
    ...(apiBase !== undefined && { apiBase }),
    requestsPerSecond,
  })
  return createStripePayments(client, {
    webhookSecrets: { platform: 'whsec_platform', connect: 'whsec_connect', thin: 'whsec_thin' },
    paymentMethods: ['card'],
    shippingCountries: ['US', 'DE'],
  })
}

const CHECKOUT_REQUEST = {
  orderId: ORDER,
  title: 'Mug & saucer [blue]',
  description: null,
  amount: 2_400,
  currency: 'usd',
  split: null,
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
    latest_charge: {
      id: 'ch_1',
      object: 'charge',
      transfer: 'tr_1',
      balance_transaction: { id: 'txn_1', fee: 100 },
    },
  },
}

test('a checkout names its order everywhere, takes cards only and ends with the hold', async () => {
  await using script = await startScript(() => ok(OPEN_SESSION))
  const checkout = await payments(script.apiBase).createCheckout(CHECKOUT_REQUEST)
  assert.deepEqual(checkout, {
    sessionId: 'cs_1',
    orderId: ORDER,
    status: 'open',
    payment: 'none',
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

test('a split payment names the builder and what the platform keeps of it', async () => {
  await using script = await startScript(() => ok(OPEN_SESSION))
  const { createCheckout } = payments(script.apiBase)
  await createCheckout({ ...CHECKOUT_REQUEST, split: { accountId: 'acct_1', fee: 120 } })
  await createCheckout({ ...CHECKOUT_REQUEST, split: { accountId: 'acct_1', fee: 0 } })
  const [first, free] = script.calls.map(({ form }) => [
    form.get('payment_intent_data[transfer_data][destination]'),
    form.get('payment_intent_data[application_fee_amount]'),
    form.get('payment_intent_data[transfer_group]'),
  ])
  assert.deepEqual(first, ['acct_1', '120', `order_${ORDER}`])
  assert.deepEqual(free, ['acct_1', null, `order_${ORDER}`])
})

test('a paid checkout tells charge, amount, address, fee and transfer; what Stripe does not know yet is null', async () => {
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
    transferId: 'tr_1',
  }
  assert.deepEqual((await readCheckout('cs_1')).paid, paid)
  assert.deepEqual((await readCheckout('cs_2')).paid, { ...paid, stripeFee: null, transferId: null })
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
  await using script = await startScript(({ method }) =>
    method === 'GET' ? ok({ object: 'list', data: [] }) : answer,
  )
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
  const writes = script.calls.filter(({ method }) => method === 'POST')
  const keys = new Set(writes.map((call) => call.headers['idempotency-key']))
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

test('a release is tied to its charge, and looked for before it is made', async () => {
  let earlier: object[] = []
  await using script = await startScript((call) =>
    ok(call.method === 'GET' ? { object: 'list', data: earlier } : { id: 'tr_new', object: 'transfer' }),
  )
  const { transfer } = payments(script.apiBase)
  assert.deepEqual(await transfer(TRANSFER_REQUEST), { transferId: 'tr_new' })
  assert.deepEqual(Object.fromEntries(script.calls[1]?.form ?? []), {
    amount: '2280',
    currency: 'usd',
    destination: 'acct_1',
    source_transaction: 'ch_1',
    transfer_group: `order_${ORDER}`,
    'metadata[order_id]': ORDER,
  })

  const found = {
    id: 'tr_1',
    metadata: { order_id: ORDER },
    amount: 2_280,
    destination: 'acct_1',
    reversed: false,
  }
  earlier = [{ ...found, id: 'tr_0', metadata: {} }, found]
  assert.deepEqual(await transfer(TRANSFER_REQUEST), { transferId: 'tr_1' })
  assert.equal(script.calls.at(-1)?.form.get('transfer_group'), `order_${ORDER}`)

  earlier = [{ ...found, reversed: true }]
  assert.deepEqual(await transfer(TRANSFER_REQUEST), { transferId: 'tr_new' })

  earlier = [{ ...found, amount: 1 }]
  await assert.rejects(transfer(TRANSFER_REQUEST), { kind: 'refused', code: 'transfer_differs' })
})

test('a refund is looked for by its part before it is repeated, and found as it ended', async () => {
  let earlier: object[] = []
  const made = { id: 're_new', object: 'refund', status: 'pending' }
  await using script = await startScript((call) =>
    ok(call.method === 'GET' ? { object: 'list', data: earlier } : made),
  )
  const { refund } = payments(script.apiBase)
  const request = {
    orderId: ORDER,
    part: '2:1',
    paymentIntentId: 'pi_1',
    amount: 2_400,
    idempotencyKey: `${ORDER}:refund:2:1`,
  }
  const fresh = { refundId: 're_new', status: 'pending', failure: null }
  assert.deepEqual(await refund(request), fresh)
  assert.deepEqual(Object.fromEntries(script.calls.at(-1)?.form ?? []), {
    payment_intent: 'pi_1',
    amount: '2400',
    'metadata[order_id]': ORDER,
    'metadata[part]': '2:1',
  })
  const found = { id: 're_1', status: 'succeeded', amount: 2_400, metadata: { order_id: ORDER, part: '2:1' } }
  earlier = [{ ...found, id: 're_0', metadata: { order_id: ORDER, part: '1:1' } }, found]
  assert.deepEqual(await refund(request), { refundId: 're_1', status: 'succeeded', failure: null })
  earlier = [{ ...found, status: 'failed', failure_reason: 'lost_or_stolen_card' }]
  assert.deepEqual(await refund(request), {
    refundId: 're_1',
    status: 'failed',
    failure: 'lost_or_stolen_card',
  })
  earlier = [{ ...found, status: 'canceled' }]
  assert.deepEqual(await refund(request), { refundId: 're_1', status: 'failed', failure: 'canceled' })
  earlier = [{ ...found, amount: 1 }]
  await assert.rejects(refund(request), { kind: 'refused', code: 'refund_differs' })
})

test('a part of a transfer is taken back once, also when the second try comes late', async () => {
  const pages: object[][] = [[], []]
  await using script = await startScript((call) =>
    ok(
      call.method === 'GET'
        ? {
            object: 'list',
            data: pages[call.form.has('starting_after') ? 1 : 0],
            has_more: !call.form.has('starting_after') && pages[0]?.length === 1,
          }
        : { id: 'trr_new', object: 'transfer_reversal' },
    ),
  )
  const { reverseTransfer } = payments(script.apiBase)
  const request = {
    orderId: ORDER,
    part: '2',
    transferId: 'tr_1',
    amount: 500,
    idempotencyKey: `${ORDER}:reversal:2`,
  }
  const writes = () => script.calls.filter(({ method }) => method === 'POST')
  await reverseTransfer(request)
  assert.deepEqual(
    [writes()[0]?.path, writes()[0]?.headers['idempotency-key']],
    ['/v1/transfers/tr_1/reversals', request.idempotencyKey],
  )
  assert.deepEqual(Object.fromEntries(writes()[0]?.form ?? []), {
    amount: '500',
    'metadata[order_id]': ORDER,
    'metadata[part]': '2',
  })
  const other = { id: 'trr_2', amount: 700, metadata: { order_id: ORDER, part: '1' } }
  const found = { id: 'trr_1', amount: 500, metadata: { order_id: ORDER, part: '2' } }
  pages.splice(0, 2, [other], [found])
  await reverseTransfer(request)
  assert.equal(writes().length, 1)
  assert.equal(script.calls.at(-1)?.form.get('starting_after'), 'trr_2')
  pages.splice(0, 2, [{ ...found, amount: 1 }], [])
  await assert.rejects(reverseTransfer(request), { kind: 'refused', code: 'reversal_differs' })
})

test('a look that Stripe refuses leaves open whether it was done before, and nothing is done on top', async () => {
  await using script = await startScript(({ method }) =>
    method === 'GET' ? error(403, 'invalid_request_error') : ok({ id: 'new_1', object: 'anything' }),
  )
  const { transfer, refund, reverseTransfer } = payments(script.apiBase)
  const part = { orderId: ORDER, part: '1', amount: 500, idempotencyKey: `${ORDER}:1` }
  for (const call of [
    transfer(TRANSFER_REQUEST),
    refund({ ...part, paymentIntentId: 'pi_1' }),
    reverseTransfer({ ...part, transferId: 'tr_1' }),
  ]) {
    await assert.rejects(call, { name: 'PaymentsError', kind: 'busy' })
  }
  assert.deepEqual(new Set(script.calls.map(({ method }) => method)), new Set(['GET']))
})

test('a dispute is told by what it did to the money', async () => {
  const taken = { amount: -2_400, fee: 1_500 }
  const back = { amount: 2_400, fee: 0 }
  const withFee = { id: 'txn_back', amount: 2_400, fee: -1_500 }
  const cases: [string, object[], string | null][] = [
    ['warning_needs_response', [], 'warning'],
    ['warning_under_review', [], 'warning'],
    ['warning_closed', [], null],
    ['warning_under_review', [taken], 'open'],
    ['warning_closed', [taken, back], 'won'],
    ['needs_response', [taken], 'open'],
    // Nothing is taken for a payment that had gone back before.
    ['needs_response', [], 'warning'],
    ['lost', [], null],
    ['under_review', [taken], 'open'],
    ['appeal_under_review', [taken], 'open'],
    ['a_word_of_tomorrow', [taken], 'open'],
    ['won', [taken, back], 'won'],
    ['won', [taken], 'won'],
    ['lost', [taken], 'lost'],
    ['prevented', [], null],
    ['prevented', [{ ...taken, fee: 0 }], 'lost'],
    ['prevented', [{ ...taken, fee: 0 }, back], 'won'],
  ]
  let data: object[] = []
  await using script = await startScript(() => ok({ object: 'list', data }))
  const { readDispute } = payments(script.apiBase, 100)
  assert.equal(await readDispute('ch_1'), null)
  assert.equal(script.calls[0]?.form.get('charge'), 'ch_1')
  const dispute = {
    id: 'dp_1',
    object: 'dispute',
    amount: 2_500,
    reason: 'product_not_received',
    evidence_details: { due_by: 1_800_000_000 },
  }
  for (const [status, moves, expected] of cases) {
    data = [{ ...dispute, status, balance_transactions: moves }]
    assert.equal((await readDispute('ch_1'))?.status ?? null, expected, JSON.stringify([status, moves]))
  }
  // The newest one that counts.
  data = [
    { ...dispute, id: 'dp_2', status: 'warning_closed', balance_transactions: [] },
    { ...dispute, status: 'needs_response', balance_transactions: [taken] },
  ]
  assert.deepEqual(await readDispute('ch_1'), {
    disputeId: 'dp_1',
    amount: 2_400,
    fee: 1_500,
    laterFees: [],
    reason: 'product_not_received',
    status: 'open',
    dueBy: 1_800_000_000_000,
  })
  data = [{ ...dispute, status: 'won', balance_transactions: [taken, withFee] }]
  const won = await readDispute('ch_1')
  assert.deepEqual([won?.fee, won?.laterFees], [1_500, [{ transactionId: 'txn_back', amount: -1_500 }]])
})

test('no endpoint gets more calls in a second than its budget', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] })
  await using script = await startScript((call) => ok({ id: call.path.split('/').at(-1), object: 'thing' }))
  const { readFee, readRefund } = payments(script.apiBase, 2)
  const reads = ['1', '2', '3', '4', '5'].map((id) => readFee(`ch_${id}`))
  const asked = () => script.calls.filter((call) => call.path.startsWith('/v1/charges')).length

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

test('one of many cores keeps to its part of the budget, be it less than one call a second', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] })
  await using script = await startScript(() => ok({ id: 'ch_1', object: 'charge' }))
  const { readFee } = payments(script.apiBase, 20 / 50)
  const reads = ['1', '2'].map((id) => readFee(`ch_${id}`))
  await reads[0]
  t.mock.timers.tick(2_499)
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(script.calls.length, 1)
  t.mock.timers.tick(1)
  await reads[1]
  assert.equal(script.calls.length, 2)
})

test('a call that waited for its turn still belongs to the trace that asked for it', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] })
  await using script = await startScript(() => ok({ id: 'ch_1', object: 'charge' }))
  const { readFee } = payments(script.apiBase, 1)
  const traces = [newTrace(), newTrace()]
  const reads = traces.map((trace, i) => runInTrace(trace, () => readFee(`ch_${i}`)))
  await reads[0]
  t.mock.timers.tick(1_000)
  await reads[1]
  const sent = script.calls.map(({ headers }) => String(headers.traceparent).split('-')[1])
  assert.deepEqual(
    sent,
    traces.map(({ traceId }) => traceId),
  )
})

test('whoever reads records lets a call that somebody waits for go first', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] })
  const page = { object: 'list', has_more: true, data: [{ id: 'tr_0', created: 0, reversals: { data: [] } }] }
  await using script = await startScript((call) =>
    ok(call.form.has('transfer_group') ? { object: 'list', data: [] } : { ...page, id: 'tr_new' }),
  )
  const client = createStripeClient({ secretKey: KEY, apiBase: script.apiBase, requestsPerSecond: 1 })
  const reading = createStripeRecords(client).transfers(0)[Symbol.asyncIterator]()
  await reading.next()
  const second = reading.next()
  // The next page stands in the queue before the look-up does.
  await new Promise((resolve) => setImmediate(resolve))
  const webhookSecrets = { platform: 'whsec_platform', connect: 'whsec_connect', thin: null }
  const { transfer } = createStripePayments(client, {
    webhookSecrets,
    paymentMethods: ['card'],
    shippingCountries: ['US'],
  })
  const looked = transfer(TRANSFER_REQUEST)
  t.mock.timers.tick(1_000)
  await Promise.race([looked, second])
  t.mock.timers.tick(1_000)
  await Promise.all([looked, second])
  const reads = script.calls.filter(({ method }) => method === 'GET')
  assert.deepEqual(
    reads.map(({ form }) => form.has('transfer_group')),
    [false, true, false],
  )
})

test('an event is believed only when its endpoint signed it and it is fresh', () => {
  const { parseEvent } = payments()
  const body = event({ object: 'checkout.session', client_reference_id: ORDER })
  const refused = { kind: 'refused', code: 'webhook_signature' }
  assert.equal(parseEvent(body, sign(body), 'platform').orderId, ORDER)
  assert.throws(() => parseEvent(`${body} `, sign(body), 'platform'), refused)
  assert.throws(() => parseEvent(body, undefined, 'platform'), refused)
  assert.throws(() => parseEvent(body, sign(body, 'whsec_of_somebody'), 'platform'), refused)
  const old = Math.floor(Date.now() / 1_000) - 600
  assert.throws(() => parseEvent(body, sign(body, 'whsec_platform', old), 'platform'), refused)
  const noEvent = { kind: 'refused', code: 'webhook_body' }
  for (const odd of ['{', '{}', 'null', '[]', '{"object":"charge"}']) {
    assert.throws(() => parseEvent(odd, sign(odd), 'platform'), noEvent, odd)
  }
})

test('an event at the wrong endpoint is refused with words that say which is the right one', () => {
  const { parseEvent, parseThinEvent } = payments()
  const body = event({})
  const wrong = (act: () => unknown, code: string, words: RegExp) =>
    assert.throws(act, (thrown) => {
      assert.ok(thrown instanceof PaymentsError)
      assert.deepEqual([thrown.kind, thrown.code], ['refused', code])
      assert.match(thrown.message, words)
      assert.doesNotMatch(thrown.message, /whsec/)
      return true
    })
  wrong(
    () => parseEvent(body, sign(body), 'connect'),
    'webhook_endpoint',
    /the connect endpoint.*signed for platform/,
  )
  wrong(
    () => parseEvent(THIN, sign(THIN), 'platform'),
    'webhook_kind',
    /platform endpoint takes snapshot events.*thin/,
  )
  wrong(
    () => parseThinEvent(body, sign(body, 'whsec_thin')),
    'webhook_kind',
    /thin endpoint takes thin events.*snapshot/,
  )
  wrong(() => parseThinEvent(THIN, sign(THIN)), 'webhook_endpoint', /the thin endpoint.*signed for platform/)
})

test('a thin event is reduced to the account to read again', () => {
  const { parseThinEvent } = payments()
  const read = (more: object) => {
    const body = JSON.stringify({ ...JSON.parse(THIN), ...more })
    return parseThinEvent(body, sign(body, 'whsec_thin'))
  }
  const hint = {
    eventId: 'evt_2',
    type: 'v2.core.account[requirements].updated',
    happenedAt: Date.UTC(2026, 10, 22, 9),
    orderId: null,
    chargeId: null,
    accountId: 'acct_1',
  }
  assert.deepEqual(read({}), hint)
  assert.equal(read({ created: 'once' }).happenedAt, null)
  assert.deepEqual(read({ livemode: true }), { ...hint, accountId: null })
  assert.deepEqual(read({ type: 'v1.account.updated', related_object: { id: 'acct_1', type: 'account' } }), {
    ...hint,
    type: 'v1.account.updated',
  })
  assert.equal(read({ related_object: null }).accountId, null)
  assert.equal(read({ related_object: { id: 'evt_9', type: 'v2.core.event' } }).accountId, null)
})

test('without a destination of thin events none is believed', () => {
  const client = createStripeClient({ secretKey: KEY })
  const webhookSecrets = { platform: 'whsec_platform', connect: 'whsec_connect', thin: null }
  const { parseThinEvent } = createStripePayments(client, {
    webhookSecrets,
    paymentMethods: ['card'],
    shippingCountries: ['US'],
  })
  assert.throws(() => parseThinEvent(THIN, sign(THIN, 'whsec_thin')), { code: 'webhook_signature' })
})

test('an event is reduced to which order, charge or account to read again', () => {
  const { parseEvent } = payments()
  const hint = (object: object, more: object = {}) => {
    const body = event(object, more)
    const { orderId, chargeId, accountId } = parseEvent(body, sign(body), 'platform')
    return { orderId, chargeId, accountId }
  }
  const nobody = { orderId: null, chargeId: null, accountId: null }
  const order = { ...nobody, orderId: ORDER }
  assert.deepEqual(hint({ metadata: { order_id: ORDER } }), order)
  assert.deepEqual(hint({ metadata: {}, transfer_group: `order_${ORDER}` }), order)
  assert.deepEqual(hint({ object: 'account', id: 'acct_1' }), { ...nobody, accountId: 'acct_1' })
  assert.deepEqual(hint({ object: 'capability' }, { account: 'acct_2' }), { ...nobody, accountId: 'acct_2' })

  const charge = { ...nobody, chargeId: 'ch_1' }
  assert.deepEqual(hint({ object: 'charge', id: 'ch_1' }), charge)
  assert.deepEqual(hint({ object: 'dispute', id: 'dp_1', charge: 'ch_1', metadata: {} }), charge)
  assert.deepEqual(hint({ object: 'refund', id: 're_1', charge: { id: 'ch_1' } }), charge)
  assert.deepEqual(
    hint({ object: 'transfer', source_transaction: 'ch_1', transfer_group: `order_${ORDER}` }),
    { ...order, chargeId: 'ch_1' },
  )
  assert.deepEqual(hint({ object: 'transfer', source_transaction: null }), nobody)
  assert.deepEqual(
    hint({ object: 'application_fee', charge: 'py_1', originating_transaction: 'ch_1' }),
    charge,
  )

  assert.deepEqual(hint({ metadata: { order_id: '../x' }, client_reference_id: 'shop-7', charge: 7 }), nobody)
  assert.deepEqual(hint({ metadata: null }), nobody)
  assert.deepEqual(hint({ metadata: { order_id: ORDER }, charge: 'ch_1' }, { livemode: true }), nobody)
})

const THIN = JSON.stringify({
  id: 'evt_2',
  object: 'v2.core.event',
  type: 'v2.core.account[requirements].updated',
  created: '2026-11-22T09:00:00.000Z',
  livemode: false,
  context: null,
  related_object: { id: 'acct_1', type: 'v2.core.account', url: '/v2/core/accounts/acct_1' },
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
