import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestStripe } from './test-stand.ts'

const DAY = 86_400_000

async function funded(stripe: Awaited<ReturnType<typeof openTestStripe>>) {
  const destination = await stripe.activeAccount()
  const { charge } = await stripe.paidCharge()
  await stripe.client.transfers.create({
    amount: 2_000,
    currency: 'usd',
    destination,
    source_transaction: charge.id,
  })
  return { destination, as: { stripeAccount: destination } }
}

test('only what is available can be paid out, and it arrives two days later', async (t) => {
  const stripe = await openTestStripe(t)
  const { as, destination } = await funded(stripe)
  const usd = { currency: 'usd' }
  await assert.rejects(stripe.client.payouts.create({ amount: 1, ...usd }, as), {
    code: 'balance_insufficient',
  })
  stripe.advance(2 * DAY)
  await assert.rejects(stripe.client.payouts.create({ amount: 2_001, ...usd }, as), {
    code: 'balance_insufficient',
    statusCode: 400,
  })
  const payout = await stripe.client.payouts.create({ amount: 1_500, ...usd }, as)
  assert.deepEqual([payout.status, payout.automatic], ['pending', false])
  assert.equal(await stripe.total(destination), 500)
  assert.deepEqual((await stripe.client.payouts.list()).data, [])
  await assert.rejects(stripe.client.payouts.retrieve(payout.id), { statusCode: 404 })
  stripe.advance(2 * DAY)
  assert.equal((await stripe.client.payouts.retrieve(payout.id, {}, as)).status, 'paid')
  assert.equal((await stripe.client.payouts.list({ status: 'paid' }, as)).data.length, 1)
  await stripe.local.idle()
  const told = stripe.received.filter(({ event }) => event.type.startsWith('payout.'))
  assert.deepEqual(
    told.map(({ event, path }) => [event.type, event.account, path]),
    [
      ['payout.created', destination, '/connect'],
      ['payout.paid', destination, '/connect'],
    ],
  )
})

test('a payout fails on its way or comes back after it arrived, and the money with it', async (t) => {
  const stripe = await openTestStripe(t)
  const { destination, as } = await funded(stripe)
  stripe.advance(2 * DAY)
  const first = await stripe.client.payouts.create({ amount: 500, currency: 'usd' }, as)
  await stripe.control(`/payouts/${first.id}`, { status: 'failed' })
  assert.equal((await stripe.client.payouts.retrieve(first.id, {}, as)).failure_code, 'could_not_process')
  const second = await stripe.control('/payouts', { account: destination })
  assert.equal(second.amount, 2_000)
  await stripe.control(`/payouts/${second.id}`, { status: 'paid' })
  assert.equal(await stripe.total(destination), 0)
  await stripe.control(`/payouts/${second.id}`, { status: 'failed' })
  const returned = await stripe.client.payouts.retrieve(String(second.id), {}, as)
  assert.deepEqual([returned.status, returned.failure_code], ['failed', 'account_closed'])
  assert.equal(await stripe.total(destination), 2_000)
  assert.equal((await stripe.control(`/payouts/${second.id}`, { status: 'paid' })).status, 400)
  const third = await stripe.client.payouts.create({ amount: 100, currency: 'usd' }, as)
  assert.equal((await stripe.client.payouts.cancel(third.id, {}, as)).status, 'canceled')
  await assert.rejects(stripe.client.payouts.cancel(third.id, {}, as), { statusCode: 400 })
  assert.equal(await stripe.total(destination), 2_000)
})

test('an automatic payout knows what it paid out, a manual one does not', async (t) => {
  const stripe = await openTestStripe(t)
  const { destination, as } = await funded(stripe)
  stripe.advance(2 * DAY)
  const manual = await stripe.client.payouts.create({ amount: 100, currency: 'usd' }, as)
  await assert.rejects(stripe.client.balanceTransactions.list({ payout: manual.id }, as), /only be filtered/)
  const made = await stripe.control('/payouts', { account: destination, automatic: true })
  const inside = await stripe.client.balanceTransactions.list({ payout: String(made.id) }, as)
  assert.deepEqual(
    inside.data.map(({ type, net }) => [type, net]),
    [
      ['payout', -1_900],
      ['payout', -100],
      ['payment', 2_000],
    ],
  )
})

test('a daily schedule pays out what is above the minimum, and not twice a day', async (t) => {
  const stripe = await openTestStripe(t)
  await stripe.paidCharge()
  assert.equal(
    (await stripe.client.balanceSettings.retrieve()).payments.payouts?.schedule?.interval,
    'manual',
  )
  stripe.advance(2 * DAY)
  assert.equal((await stripe.client.payouts.list()).data.length, 0)
  const settings = await stripe.client.balanceSettings.update({
    payments: { payouts: { schedule: { interval: 'daily' }, minimum_balance_by_currency: { usd: 2_000 } } },
  })
  assert.deepEqual(settings.payments.payouts?.minimum_balance_by_currency, { usd: 2_000 })
  stripe.local.tick()
  stripe.local.tick()
  const made = await stripe.client.payouts.list()
  assert.deepEqual(
    made.data.map(({ amount, automatic }) => [amount, automatic]),
    [[397, true]],
  )
  assert.equal(await stripe.total(), 2_000)
})

test('an account that may not pay out is refused', async (t) => {
  const stripe = await openTestStripe(t)
  const { destination, as } = await funded(stripe)
  stripe.advance(2 * DAY)
  await stripe.control(`/accounts/${destination}`, { transfers: 'inactive' })
  await assert.rejects(stripe.client.payouts.create({ amount: 1, currency: 'usd' }, as), {
    code: 'payouts_not_allowed',
  })
})
