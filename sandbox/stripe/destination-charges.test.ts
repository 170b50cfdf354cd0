import assert from 'node:assert/strict'
import { test } from 'node:test'
import type Stripe from 'stripe'
import { ACCOUNT, openTestStripe } from './test-stand.ts'

const STRIPE_FEE = 103
const AMOUNT = 2_500

type Data = Stripe.Checkout.SessionCreateParams['payment_intent_data']
const split = (destination: string, change: Data = {}): { payment_intent_data: NonNullable<Data> } => ({
  payment_intent_data: { application_fee_amount: 375, transfer_data: { destination }, ...change },
})

test('a destination charge pays the builder at payment and keeps the fee', async (t) => {
  const stripe = await openTestStripe(t)
  const destination = await stripe.activeAccount()
  const { charge, intent } = await stripe.paidCharge(undefined, split(destination))
  assert.equal(intent.application_fee_amount, 375)
  assert.deepEqual(intent.transfer_data, { destination })
  assert.equal(charge.application_fee_amount, 375)
  assert.equal(charge.transfer_group, `group_${intent.id}`)
  const transfer = await stripe.client.transfers.retrieve(String(charge.transfer))
  assert.deepEqual(
    [transfer.amount, transfer.source_transaction, transfer.destination],
    [AMOUNT, charge.id, destination],
  )
  assert.match(String(transfer.destination_payment), /^py_/)
  const fee = await stripe.client.applicationFees.retrieve(String(charge.application_fee))
  assert.deepEqual(
    [fee.amount, fee.account, fee.originating_transaction, fee.charge],
    [375, destination, charge.id, transfer.destination_payment],
  )
  assert.equal((await stripe.client.applicationFees.list({ charge: charge.id })).data.length, 1)
  assert.equal(await stripe.total(), 375 - STRIPE_FEE)
  assert.equal(await stripe.total(destination), AMOUNT - 375)
  const theirs = await stripe.client.balanceTransactions.list({}, { stripeAccount: destination })
  const [payment] = theirs.data
  assert.deepEqual([payment?.amount, payment?.fee, payment?.net], [AMOUNT, 375, AMOUNT - 375])
  assert.equal(payment?.fee_details[0]?.type, 'application_fee')
  const expanded = await stripe.client.charges.retrieve(charge.id, {
    expand: ['transfer', 'application_fee.balance_transaction'],
  })
  assert.equal((expanded.transfer as Stripe.Transfer).id, transfer.id)
  await stripe.local.idle()
  for (const type of ['transfer.created', 'application_fee.created', 'charge.updated'])
    assert.ok(
      stripe.received.some(({ event }) => event.type === type),
      type,
    )
  const succeeded = stripe.received.find(({ event }) => event.type === 'charge.succeeded')?.event
  assert.ok(succeeded?.type === 'charge.succeeded')
  assert.equal(succeeded.data.object.transfer, undefined, 'the transfer comes with charge.updated')
})

test('transfer_data.amount sends a fixed share without a fee object', async (t) => {
  const stripe = await openTestStripe(t)
  const destination = await stripe.activeAccount()
  const { charge } = await stripe.paidCharge(undefined, {
    payment_intent_data: { transfer_data: { destination, amount: 2_000 }, transfer_group: 'order_1' },
  })
  assert.equal(charge.application_fee, null)
  assert.equal(await stripe.total(destination), 2_000)
  assert.equal(await stripe.total(), 500 - STRIPE_FEE)
  const [transfer] = (await stripe.client.transfers.list({ transfer_group: 'order_1' })).data
  assert.equal(transfer?.id, charge.transfer)
})

test('what a destination charge may not be is refused before anybody pays', async (t) => {
  const stripe = await openTestStripe(t)
  const destination = await stripe.activeAccount()
  const { id: inactive } = await stripe.client.accounts.create(ACCOUNT)
  const refusals: readonly (readonly [Data, object])[] = [
    [{ application_fee_amount: 5 }, { statusCode: 400, message: /Can only apply an application_fee_amount/ }],
    [
      { transfer_data: { destination: 'acct_none' } },
      { code: 'resource_missing', param: 'payment_intent_data[transfer_data][destination]' },
    ],
    [{ transfer_data: { destination: inactive } }, { code: 'insufficient_capabilities_for_transfer' }],
    [{ application_fee_amount: 5, transfer_data: { destination, amount: 5 } }, { statusCode: 400 }],
    [{ transfer_data: { destination, amount: 0 } }, { statusCode: 400 }],
  ]
  for (const [payment_intent_data, expected] of refusals)
    await assert.rejects(stripe.openSession({ payment_intent_data: payment_intent_data ?? {} }), expected)
  const open = await stripe.openSession(split(destination))
  await stripe.control(`/accounts/${destination}`, { transfers: 'inactive' })
  assert.equal((await stripe.control(`/sessions/${open.id}/pay`, {})).status, 400)
})

test('refunds claw back transfer and fee in proportion, to the cent at the end', async (t) => {
  const stripe = await openTestStripe(t)
  const destination = await stripe.activeAccount()
  const { charge } = await stripe.paidCharge(undefined, split(destination))
  const whole = { reverse_transfer: true, refund_application_fee: true }
  const part = await stripe.client.refunds.create({ charge: charge.id, amount: 833, ...whole })
  const reversal = await stripe.client.transfers.retrieveReversal(
    String(charge.transfer),
    String(part.transfer_reversal),
  )
  assert.deepEqual([reversal.amount, reversal.source_refund], [833, part.id])
  assert.equal(await stripe.total(destination), 2_125 - 833 + 125)
  await stripe.client.refunds.create({ charge: charge.id, ...whole })
  assert.equal(await stripe.total(destination), 0)
  assert.equal(await stripe.total(), -STRIPE_FEE)
  const transfer = await stripe.client.transfers.retrieve(String(charge.transfer))
  assert.deepEqual([transfer.reversed, transfer.amount_reversed], [true, AMOUNT])
  const fee = await stripe.client.applicationFees.retrieve(String(charge.application_fee))
  assert.deepEqual([fee.refunded, fee.amount_refunded, fee.refunds.data.length], [true, 375, 2])
  await stripe.local.idle()
  assert.equal(stripe.types().filter((type) => type === 'application_fee.refunded').length, 2)
  assert.equal(stripe.types().filter((type) => type === 'transfer.reversed').length, 2)
})

test('a refund without claw-back leaves the loss with the platform, and a plain charge has nothing to claw', async (t) => {
  const stripe = await openTestStripe(t)
  const destination = await stripe.activeAccount()
  const { charge } = await stripe.paidCharge(undefined, split(destination))
  await stripe.client.refunds.create({ charge: charge.id })
  assert.equal(await stripe.total(destination), 2_125)
  assert.equal(await stripe.total(), 375 - STRIPE_FEE - AMOUNT)
  const { charge: plain } = await stripe.paidCharge()
  for (const wrong of [{ reverse_transfer: true }, { refund_application_fee: true }])
    await assert.rejects(stripe.client.refunds.create({ charge: plain.id, ...wrong }), { statusCode: 400 })
})

test('an application fee can be given back by itself, and with a reversal', async (t) => {
  const stripe = await openTestStripe(t)
  const destination = await stripe.activeAccount()
  const { charge } = await stripe.paidCharge(undefined, split(destination))
  const fee = String(charge.application_fee)
  await stripe.client.applicationFees.createRefund(fee, { amount: 75 })
  assert.equal(await stripe.total(destination), 2_125 + 75)
  await assert.rejects(stripe.client.applicationFees.createRefund(fee, { amount: 301 }), /greater than/)
  await stripe.client.transfers.createReversal(String(charge.transfer), { refund_application_fee: true })
  assert.equal(await stripe.total(destination), 0)
  assert.equal((await stripe.client.applicationFees.listRefunds(fee)).data.length, 2)
})
