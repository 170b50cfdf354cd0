import assert from 'node:assert/strict'
import { test } from 'node:test'
import type Stripe from 'stripe'
import { ACCOUNT, openTestStripe } from './test-stand.ts'

const DAY = 86_400_000

test('a transfer with a source works at once, adds up on both sides, and is told', async (t) => {
  const stripe = await openTestStripe(t)
  const destination = await stripe.activeAccount()
  const { charge } = await stripe.paidCharge()
  const transfer = await stripe.client.transfers.create({
    amount: 2_250,
    currency: 'usd',
    destination,
    source_transaction: charge.id,
    metadata: { order_id: 'ord_1' },
  })
  assert.equal(transfer.transfer_group, 'order_1')
  assert.equal(transfer.reversed, false)
  const ours = await stripe.client.balance.retrieve()
  const theirs = await stripe.client.balance.retrieve({}, { stripeAccount: destination })
  assert.equal(ours.pending[0]?.amount, 2_500 - 103 - 2_250)
  assert.equal(theirs.pending[0]?.amount, 2_250)
  stripe.advance(2 * DAY)
  const later = await stripe.client.balance.retrieve({}, { stripeAccount: destination })
  assert.deepEqual([later.available[0]?.amount, later.pending[0]?.amount], [2_250, 0])
  const found = await stripe.client.transfers.list({ transfer_group: 'order_1' })
  assert.deepEqual(
    found.data.map(({ id }) => id),
    [transfer.id],
  )
  await stripe.local.idle()
  assert.ok(stripe.types().includes('transfer.created'))
})

test('transfers Stripe would refuse are refused, and move nothing', async (t) => {
  const stripe = await openTestStripe(t)
  const active = await stripe.activeAccount()
  const { id: inactive } = await stripe.client.accounts.create(ACCOUNT)
  const { charge, intent } = await stripe.paidCharge()
  const good = { amount: 1_500, currency: 'usd', destination: active, source_transaction: charge.id }
  await stripe.client.transfers.create(good)
  const before = await stripe.client.balance.retrieve()
  const refusals: readonly (readonly [Partial<Stripe.TransferCreateParams>, object])[] = [
    [{ amount: 1_001 }, { message: /must not exceed the source amount/ }],
    [{ destination: inactive }, { code: 'insufficient_capabilities_for_transfer' }],
    [{ destination: 'acct_nobody' }, { code: 'resource_missing', param: 'destination' }],
    [{ source_transaction: intent.id }, { code: 'resource_missing', param: 'source_transaction' }],
    [{ currency: 'eur', amount: 100 }, { message: /balance transaction \(usd\) must be the same/ }],
    [{ amount: 0 }, { statusCode: 400 }],
  ]
  for (const [change, expected] of refusals)
    await assert.rejects(stripe.client.transfers.create({ ...good, ...change }), expected)
  const withoutSource = { amount: 800, currency: 'usd', destination: active }
  await assert.rejects(stripe.client.transfers.create(withoutSource), { code: 'balance_insufficient' })
  assert.deepEqual(await stripe.client.balance.retrieve(), before)
  stripe.advance(2 * DAY)
  assert.equal((await stripe.client.transfers.create(withoutSource)).source_transaction, null)
})

test('an account that loses its capability receives nothing more', async (t) => {
  const stripe = await openTestStripe(t)
  const destination = await stripe.activeAccount()
  await stripe.control(`/accounts/${destination}`, { transfers: 'inactive' })
  const { charge } = await stripe.paidCharge()
  await assert.rejects(
    stripe.client.transfers.create({
      amount: 100,
      currency: 'usd',
      destination,
      source_transaction: charge.id,
    }),
    { code: 'insufficient_capabilities_for_transfer' },
  )
})

test('a transfer is reversed up to its amount and no further', async (t) => {
  const stripe = await openTestStripe(t)
  const destination = await stripe.activeAccount()
  const { charge } = await stripe.paidCharge()
  const { id } = await stripe.client.transfers.create({
    amount: 2_000,
    currency: 'usd',
    destination,
    source_transaction: charge.id,
  })
  await stripe.client.transfers.createReversal(id, { amount: 500 })
  await assert.rejects(
    stripe.client.transfers.createReversal(id, { amount: 1_501 }),
    /greater than unreversed/,
  )
  await stripe.client.transfers.createReversal(id)
  const transfer = await stripe.client.transfers.retrieve(id)
  assert.deepEqual([transfer.reversed, transfer.amount_reversed], [true, 2_000])
  assert.deepEqual(
    (await stripe.client.transfers.listReversals(id)).data.map(({ amount }) => amount),
    [1_500, 500],
  )
  await assert.rejects(stripe.client.transfers.createReversal(id), /fully reversed/)
})

test('a reversal is idempotent, found again and can be annotated', async (t) => {
  const stripe = await openTestStripe(t)
  const destination = await stripe.activeAccount()
  const { charge } = await stripe.paidCharge()
  const params = { amount: 2_000, currency: 'usd', destination, source_transaction: charge.id }
  const { id } = await stripe.client.transfers.create(params)
  const reverse = () =>
    stripe.client.transfers.createReversal(
      id,
      { amount: 500, metadata: { order_id: 'ord_1' } },
      { idempotencyKey: 'ord_1:reverse:1' },
    )
  const [first, second] = [await reverse(), await reverse()]
  assert.equal(first.id, second.id)
  const found = await stripe.client.transfers.retrieveReversal(id, first.id)
  assert.deepEqual(found.metadata, { order_id: 'ord_1' })
  const noted = await stripe.client.transfers.updateReversal(id, first.id, { metadata: { why: 'returned' } })
  assert.deepEqual(noted.metadata, { order_id: 'ord_1', why: 'returned' })
  const emptied = await stripe.client.transfers.update(id, { metadata: '' })
  assert.deepEqual(emptied.metadata, {})
  await assert.rejects(stripe.client.transfers.retrieveReversal('tr_other', first.id), { statusCode: 404 })
  await stripe.local.idle()
  assert.ok(stripe.types().includes('transfer.updated'))
})

test('a reversal takes a connected account below zero, or is refused when that is not allowed', async (t) => {
  const stripe = await openTestStripe(t)
  const destination = await stripe.activeAccount()
  const { charge } = await stripe.paidCharge()
  const params = { amount: 2_000, currency: 'usd', destination, source_transaction: charge.id }
  const { id } = await stripe.client.transfers.create(params)
  await stripe.control(`/accounts/${destination}`, { negativeAllowed: false })
  await stripe.client.transfers.createReversal(id, { amount: 200 })
  stripe.advance(2 * DAY)
  assert.equal((await stripe.control('/payouts', { account: destination })).amount, 1_800)
  await assert.rejects(stripe.client.transfers.createReversal(id, { amount: 1 }), {
    code: 'balance_insufficient',
    statusCode: 400,
  })
  await stripe.control(`/accounts/${destination}`, { negativeAllowed: true })
  await stripe.client.transfers.createReversal(id)
  assert.equal(await stripe.total(destination), -1_800)
  const ours = await stripe.client.balance.retrieve()
  assert.deepEqual(
    ours.connect_reserved?.map(({ amount, currency }) => [amount, currency]),
    [[1_800, 'usd']],
  )
  const unsourced = { amount: 1_000, currency: 'usd', destination }
  await assert.rejects(stripe.client.transfers.create(unsourced), { code: 'balance_insufficient' })
})
