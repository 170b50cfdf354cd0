import assert from 'node:assert/strict'
import { test } from 'node:test'
import type Stripe from 'stripe'
import { openTestStripe } from './test-stand.ts'

test('refunds add up to the charge and then stop', async (t) => {
  const stripe = await openTestStripe(t)
  const { intent, charge } = await stripe.paidCharge()
  const part = await stripe.client.refunds.create({ payment_intent: intent.id, amount: 1_000 })
  assert.equal(part.status, 'succeeded')
  await assert.rejects(
    stripe.client.refunds.create({ charge: charge.id, amount: 1_501 }),
    /greater than unrefunded amount/,
  )
  await stripe.client.refunds.create({ charge: charge.id, reason: 'requested_by_customer' })
  await assert.rejects(stripe.client.refunds.create({ payment_intent: intent.id }), {
    code: 'charge_already_refunded',
    statusCode: 400,
  })
  const refunded = await stripe.client.charges.retrieve(charge.id, { expand: ['refunds'] })
  assert.deepEqual([refunded.refunded, refunded.amount_refunded], [true, 2_500])
  assert.deepEqual(
    refunded.refunds?.data.map(({ amount }) => amount),
    [1_500, 1_000],
  )
  assert.equal((await stripe.client.refunds.list({ payment_intent: intent.id })).data.length, 2)
  await stripe.local.idle()
  assert.equal(stripe.types().filter((type) => type === 'charge.refunded').length, 2)
})

test('an unpaid session has nothing to refund', async (t) => {
  const stripe = await openTestStripe(t)
  const session = await stripe.openSession()
  await stripe.control(`/sessions/${session.id}/pay`, { card: '4000000000000002' })
  const [intent] = (await stripe.client.paymentIntents.list()).data
  await assert.rejects(stripe.client.refunds.create({ payment_intent: intent?.id ?? '' }), {
    statusCode: 400,
  })
  await assert.rejects(stripe.client.refunds.create({ payment_intent: 'pi_none' }), {
    code: 'resource_missing',
  })
  await assert.rejects(stripe.client.refunds.create({}), /Exactly one/)
})

test('a refund may pend first, and one that succeeded may still fail', async (t) => {
  const stripe = await openTestStripe(t)
  const slow = await stripe.paidCharge('4000000000007726')
  const doomed = await stripe.paidCharge('4000000000005126')
  const pending = await stripe.client.refunds.create({ charge: slow.charge.id })
  assert.deepEqual([pending.status, pending.pending_reason], ['pending', 'processing'])
  const failing = await stripe.client.refunds.create({ charge: doomed.charge.id })
  stripe.local.tick()
  assert.equal((await stripe.client.refunds.retrieve(pending.id)).status, 'succeeded')
  assert.equal((await stripe.client.refunds.retrieve(failing.id)).status, 'failed')
  const charge: Stripe.Charge = await stripe.client.charges.retrieve(doomed.charge.id)
  assert.deepEqual([charge.refunded, charge.amount_refunded], [false, 0])
  await stripe.local.idle()
  assert.ok(stripe.types().includes('refund.updated'))
  assert.ok(stripe.types().includes('refund.failed'))
})

test('refunds can be held back and decided: succeeded, failed or canceled', async (t) => {
  const stripe = await openTestStripe(t)
  await stripe.control('/refunds', { hold: true })
  const { charge } = await stripe.paidCharge()
  const before = await stripe.total()
  const make = () => stripe.client.refunds.create({ charge: charge.id, amount: 500 })
  const [good, bad, gone] = [await make(), await make(), await make()]
  stripe.local.tick()
  for (const { id } of [good, bad, gone])
    assert.equal((await stripe.client.refunds.retrieve(id)).status, 'pending')
  await stripe.control(`/refunds/${good.id}`, { status: 'succeeded' })
  await stripe.control(`/refunds/${bad.id}`, { status: 'failed', failure_reason: 'lost_or_stolen_card' })
  await stripe.control(`/refunds/${gone.id}`, { status: 'canceled' })
  const failed = await stripe.client.refunds.retrieve(bad.id, { expand: ['failure_balance_transaction'] })
  assert.equal(failed.failure_reason, 'lost_or_stolen_card')
  const back = failed.failure_balance_transaction as Stripe.BalanceTransaction
  assert.deepEqual([back.type, back.net, back.source], ['refund_failure', 500, bad.id])
  assert.equal((await stripe.client.refunds.retrieve(gone.id)).status, 'canceled')
  assert.equal(await stripe.total(), before - 500)
  assert.equal((await stripe.client.charges.retrieve(charge.id)).amount_refunded, 500)
  assert.equal((await stripe.control(`/refunds/${gone.id}`, { status: 'failed' })).status, 400)
  await stripe.control(`/refunds/${good.id}`, { status: 'failed' })
  assert.equal(await stripe.total(), before, 'a refund that succeeded may still come back')
  await stripe.local.idle()
  assert.equal(stripe.types().filter((type) => type === 'refund.failed').length, 2)
  assert.equal(stripe.types().filter((type) => type === 'refund.updated').length, 4)
  await assert.rejects(stripe.client.refunds.cancel(good.id), { statusCode: 400 })
  assert.deepEqual((await stripe.client.refunds.update(good.id, { metadata: { a: 'b' } })).metadata, {
    a: 'b',
  })
})
