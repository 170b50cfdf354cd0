import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestStripe } from './test-stand.ts'

const DAY = 86_400_000
const FEE = 1_500

async function disputed(stripe: Awaited<ReturnType<typeof openTestStripe>>, body: object = {}) {
  const { charge } = await stripe.paidCharge()
  const before = await stripe.total()
  const { id } = await stripe.control(`/charges/${charge.id}/dispute`, body)
  return { charge, before, id: String(id) }
}

test('a dispute takes the money and a fee at once, and says until when to answer', async (t) => {
  const stripe = await openTestStripe(t)
  const { charge, before, id } = await disputed(stripe, { reason: 'product_not_received' })
  const dispute = await stripe.client.disputes.retrieve(id)
  assert.deepEqual(
    [dispute.status, dispute.reason, dispute.amount, dispute.charge, dispute.payment_intent],
    ['needs_response', 'product_not_received', 2_500, charge.id, charge.payment_intent],
  )
  assert.equal(dispute.is_charge_refundable, false)
  assert.equal(dispute.evidence_details.due_by, Math.floor(stripe.now() / 1000) + 9 * 86_400)
  const [taken] = dispute.balance_transactions
  assert.deepEqual([taken?.type, taken?.amount, taken?.fee, taken?.net], ['adjustment', -2_500, FEE, -4_000])
  assert.equal(await stripe.total(), before - 2_500 - FEE)
  assert.equal((await stripe.client.charges.retrieve(charge.id)).disputed, true)
  await assert.rejects(stripe.client.refunds.create({ charge: charge.id }), { code: 'charge_disputed' })
  assert.equal((await stripe.control(`/charges/${charge.id}/dispute`, {})).status, 400)
  assert.equal((await stripe.control('/charges/ch_none/dispute', {})).status, 404)
  await stripe.local.idle()
  const types = stripe.types().filter((type) => type.startsWith('charge.dispute'))
  assert.deepEqual(types.toSorted(), ['charge.dispute.created', 'charge.dispute.funds_withdrawn'])
})

test('evidence is staged, submitted once, and the dispute is won: the money comes back, the fee does not', async (t) => {
  const stripe = await openTestStripe(t)
  const { charge, before, id } = await disputed(stripe, { amount: 1_000 })
  const staged = await stripe.client.disputes.update(id, {
    evidence: { shipping_carrier: 'Royal Mail', shipping_tracking_number: 'RM 1' },
    submit: false,
    metadata: { order_id: 'ord_1' },
  })
  assert.deepEqual(
    [staged.status, staged.evidence_details.has_evidence, staged.evidence_details.submission_count],
    ['needs_response', true, 0],
  )
  const sent = await stripe.client.disputes.update(id, { evidence: { customer_name: 'Poppy' } })
  assert.deepEqual(
    [sent.status, sent.evidence.shipping_carrier, sent.evidence_details.submission_count, sent.metadata],
    ['under_review', 'Royal Mail', 1, { order_id: 'ord_1' }],
  )
  await assert.rejects(stripe.client.disputes.update(id, { evidence: { customer_name: 'W' } }), {
    statusCode: 400,
  })
  await stripe.control(`/disputes/${id}`, { status: 'won' })
  const won = await stripe.client.disputes.retrieve(id)
  assert.deepEqual([won.status, won.balance_transactions.length], ['won', 2])
  assert.equal(await stripe.total(), before - FEE)
  assert.equal((await stripe.client.refunds.create({ charge: charge.id, amount: 1 })).status, 'succeeded')
  assert.equal((await stripe.control(`/disputes/${id}`, { status: 'lost' })).status, 400)
  await stripe.local.idle()
  for (const type of ['updated', 'closed', 'funds_reinstated'])
    assert.ok(
      stripe.types().some((one) => one === `charge.dispute.${type}`),
      type,
    )
})

test('a win may bring the fee back as well', async (t) => {
  const stripe = await openTestStripe(t)
  const { before, id } = await disputed(stripe)
  await stripe.control(`/disputes/${id}`, { status: 'won', feeReturned: true })
  const { balance_transactions: moves } = await stripe.client.disputes.retrieve(id)
  assert.deepEqual([moves[1]?.amount, moves[1]?.fee, moves[1]?.net], [2_500, -FEE, 4_000])
  assert.equal(await stripe.total(), before)
})

test('a dispute is lost by closing it, by the clock, or by the evidence that Stripe’s tests call losing', async (t) => {
  const stripe = await openTestStripe(t)
  const closed = await disputed(stripe)
  assert.equal((await stripe.client.disputes.close(closed.id)).status, 'lost')
  const losing = await disputed(stripe)
  await stripe.client.disputes.update(losing.id, { evidence: { uncategorized_text: 'losing_evidence' } })
  stripe.local.tick()
  assert.equal((await stripe.client.disputes.retrieve(losing.id)).status, 'lost')
  const winning = await disputed(stripe)
  await stripe.client.disputes.update(winning.id, { evidence: { uncategorized_text: 'winning_evidence' } })
  const ignored = await disputed(stripe)
  stripe.advance(9 * DAY)
  assert.equal((await stripe.client.disputes.retrieve(winning.id)).status, 'won')
  const late = await stripe.client.disputes.retrieve(ignored.id)
  assert.deepEqual([late.status, late.evidence_details.past_due], ['lost', true])
  await assert.rejects(stripe.client.refunds.create({ charge: ignored.charge.id }), {
    code: 'charge_disputed',
  })
})

test('cards dispute by themselves, and an inquiry takes nothing and ends with a refund', async (t) => {
  const stripe = await openTestStripe(t)
  const { charge } = await stripe.paidCharge('4000 0000 0000 0259')
  const { charge: asked, intent } = await stripe.paidCharge('4000 0000 0000 1976')
  const all = await stripe.client.disputes.list()
  assert.deepEqual(
    all.data.map((one) => [one.charge, one.status]),
    [
      [asked.id, 'warning_needs_response'],
      [charge.id, 'needs_response'],
    ],
  )
  assert.equal(all.data[0]?.balance_transactions.length, 0)
  const [inquiry] = (await stripe.client.disputes.list({ payment_intent: intent.id })).data
  assert.equal((await stripe.client.disputes.list({ charge: charge.id })).data[0]?.charge, charge.id)
  const later = { created: { gt: Math.floor(stripe.now() / 1000) } }
  assert.equal((await stripe.client.disputes.list(later)).data.length, 0)
  assert.equal((await stripe.control(`/disputes/${inquiry?.id}`, { status: 'won' })).status, 400)
  await stripe.client.refunds.create({ charge: asked.id })
  stripe.local.tick()
  assert.equal((await stripe.client.disputes.retrieve(inquiry?.id ?? '')).status, 'warning_closed')
  stripe.local.tick()
  assert.equal((await stripe.client.disputes.list()).data.length, 2, 'a card disputes once')
  await assert.rejects(stripe.client.disputes.retrieve('dp_none'), { code: 'resource_missing' })
})
