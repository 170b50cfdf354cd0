import assert from 'node:assert/strict'
import { test } from 'node:test'
import type Stripe from 'stripe'
import { openTestStripe } from './test-stand.ts'

const MINUTE = 60_000

test('a session is open, unpaid and without a payment intent until somebody pays', async (t) => {
  const stripe = await openTestStripe(t)
  const session = await stripe.openSession()
  assert.equal(session.status, 'open')
  assert.equal(session.payment_status, 'unpaid')
  assert.equal(session.payment_intent, null)
  assert.equal(session.amount_total, 2_500)
  assert.equal(session.client_reference_id, 'ord_1')
  assert.deepEqual(session.metadata, { order_id: 'ord_1' })
  assert.equal(session.url, `${stripe.local.url}/c/pay/${session.id}`)
  assert.ok(session.id.startsWith('cs_test_') && session.id.length > 60)
  const items = await stripe.client.checkout.sessions.listLineItems(session.id)
  assert.equal(items.data[0]?.description, 'Moon mug [blue] & saucer = 50% off + more')
  assert.equal(items.data[0]?.price?.unit_amount_decimal?.toString(), '2500')
})

test('a payment copies metadata and group on to intent and charge, and its fee comes with charge.updated', async (t) => {
  const stripe = await openTestStripe(t)
  const { session, intent, charge } = await stripe.paidCharge()
  assert.equal(session.status, 'complete')
  assert.equal(session.payment_status, 'paid')
  assert.equal(session.url, null)
  assert.equal(session.collected_information?.shipping_details?.address.country, 'US')
  assert.equal(session.customer_details?.email, 'poppy@example.com')
  assert.equal(intent.status, 'succeeded')
  assert.deepEqual(intent.metadata, { order_id: 'ord_1' })
  assert.deepEqual(charge.metadata, { order_id: 'ord_1' })
  assert.equal(charge.transfer_group, 'order_1')
  const settled = charge.balance_transaction as Stripe.BalanceTransaction
  assert.equal(settled.fee, 103)
  assert.equal(settled.net, 2_397)
  assert.equal(settled.status, 'pending')
  assert.equal(settled.available_on, Math.floor(stripe.now() / 1000) + 2 * 86_400)
  await stripe.local.idle()
  assert.deepEqual(stripe.types().toSorted(), [
    'charge.succeeded',
    'charge.updated',
    'checkout.session.completed',
    'payment_intent.created',
    'payment_intent.succeeded',
  ])
  const succeeded = stripe.received.find(({ event }) => event.type === 'charge.succeeded')
  assert.ok(succeeded?.event.type === 'charge.succeeded')
  assert.equal(succeeded.event.data.object.balance_transaction, null)
})

test('the clock expires an open session at its hour, and tells so', async (t) => {
  const stripe = await openTestStripe(t)
  const session = await stripe.openSession()
  stripe.advance(31 * MINUTE - 1_000)
  assert.equal((await stripe.client.checkout.sessions.retrieve(session.id)).status, 'open')
  stripe.advance(1_000)
  const expired = await stripe.client.checkout.sessions.retrieve(session.id)
  assert.equal(expired.status, 'expired')
  assert.equal(expired.url, null)
  await stripe.local.idle()
  assert.deepEqual(stripe.types(), ['checkout.session.expired'])
})

test('only an open session can be expired', async (t) => {
  const stripe = await openTestStripe(t)
  const open = await stripe.openSession()
  assert.equal((await stripe.client.checkout.sessions.expire(open.id)).status, 'expired')
  const { session } = await stripe.paidCharge()
  await assert.rejects(stripe.client.checkout.sessions.expire(session.id), {
    type: 'StripeInvalidRequestError',
    statusCode: 400,
    message:
      'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of `complete`.',
  })
  await assert.rejects(stripe.client.checkout.sessions.expire(open.id), /status of `expired`/)
})

test('a late payment completes a session that had expired', async (t) => {
  const stripe = await openTestStripe(t)
  const session = await stripe.openSession()
  await stripe.client.checkout.sessions.expire(session.id)
  assert.equal((await stripe.control(`/sessions/${session.id}/pay`, {})).status, 400)
  assert.equal((await stripe.control(`/sessions/${session.id}/pay`, { late: true })).result, 'paid')
  const paid = await stripe.client.checkout.sessions.retrieve(session.id)
  assert.deepEqual([paid.status, paid.payment_status], ['complete', 'paid'])
  assert.equal((await stripe.control(`/sessions/${session.id}/pay`, { late: true })).status, 400)
})

test('a declined card leaves the session open, and the next try uses the same payment intent', async (t) => {
  const stripe = await openTestStripe(t)
  const session = await stripe.openSession()
  const declined = await stripe.control(`/sessions/${session.id}/pay`, { card: '4000 0000 0000 0002' })
  assert.deepEqual(declined, { status: 200, result: 'declined', message: 'Your card was declined.' })
  const [intent] = (await stripe.client.paymentIntents.list()).data
  assert.equal(intent?.status, 'requires_payment_method')
  assert.equal(intent?.last_payment_error?.decline_code, 'generic_decline')
  await stripe.control(`/sessions/${session.id}/pay`, {})
  const paid = await stripe.client.checkout.sessions.retrieve(session.id)
  assert.equal(paid.payment_intent, intent?.id)
  await stripe.local.idle()
  assert.ok(stripe.types().includes('payment_intent.payment_failed'))
})

test('a delayed payment completes the session unpaid, then arrives or fails', async (t) => {
  const stripe = await openTestStripe(t)
  for (const outcome of ['succeeded', 'failed'] as const) {
    const session = await stripe.openSession()
    await stripe.control(`/sessions/${session.id}/pay`, { card: 'us_bank_account' })
    const waiting = await stripe.client.checkout.sessions.retrieve(session.id)
    assert.deepEqual([waiting.status, waiting.payment_status], ['complete', 'unpaid'])
    await stripe.control(`/sessions/${session.id}/settle`, { outcome })
    const settled = await stripe.client.checkout.sessions.retrieve(session.id)
    assert.equal(settled.payment_status, outcome === 'succeeded' ? 'paid' : 'unpaid')
  }
  await stripe.local.idle()
  assert.ok(stripe.types().includes('checkout.session.async_payment_succeeded'))
  assert.ok(stripe.types().includes('checkout.session.async_payment_failed'))
  const patient = await stripe.openSession()
  await stripe.control(`/sessions/${patient.id}/pay`, { card: 'us_bank_account' })
  await stripe.control('/clock', { advanceMs: 4 * 86_400_000 })
  assert.equal((await stripe.client.checkout.sessions.retrieve(patient.id)).payment_status, 'paid')
  const cardOnly = await stripe.openSession({ allowed_payment_method_types: ['card'] })
  assert.deepEqual(cardOnly.payment_method_types, ['card'])
  const refused = await stripe.control(`/sessions/${cardOnly.id}/pay`, { card: 'us_bank_account' })
  assert.equal(refused.status, 400)
})

test('sessions Stripe would refuse are refused', async (t) => {
  const stripe = await openTestStripe(t)
  const soon = Math.floor(stripe.now() / 1000)
  const priced = (unit_amount: number) => ({
    line_items: [
      { quantity: 1, price_data: { currency: 'usd', unit_amount, product_data: { name: 'Mug' } } },
    ],
  })
  const refusals: readonly (readonly [object, object])[] = [
    [{ expires_at: soon + 1_790 }, { param: 'expires_at', statusCode: 400 }],
    [{ expires_at: soon + 86_500 }, { param: 'expires_at' }],
    [priced(49), { code: 'amount_too_small' }],
    [priced(100_000_000), { code: 'amount_too_large' }],
    [{ success_url: undefined }, { code: 'parameter_missing', param: 'success_url' }],
    [{ line_items: undefined }, { code: 'parameter_missing', param: 'line_items' }],
    [{ success_url: 'mailto:x' }, { code: 'url_invalid' }],
    [{ surprise: 1 }, { code: 'parameter_unknown', param: 'surprise' }],
    [{ payment_method_types: ['card'] }, { code: 'payment_method_types_no_longer_supported' }],
    [{ metadata: { long: 'x'.repeat(501) } }, { statusCode: 400 }],
    [
      { payment_intent_data: { on_behalf_of: 'acct_1' } },
      { statusCode: 501, message: /payment_intent_data\[on_behalf_of\]/ },
    ],
  ]
  for (const [change, expected] of refusals) await assert.rejects(stripe.openSession(change), expected)
  assert.equal((await stripe.client.checkout.sessions.list()).data.length, 0)
})
