import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import Stripe from 'stripe'
import { openTestStripe } from './test-stand.ts'

const DAY = 86_400_000
const DISPUTE_FEE = 1_500

type Test = Awaited<ReturnType<typeof openTestStripe>>
type Sums = Record<string, number>

/** Several things that may happen; `pick` chooses among what is there, `part` how much of it, in thousandths. */
const step = fc.record({
  act: fc.constantFrom(
    'pay',
    'pay',
    'transfer',
    'transfer',
    'send from balance',
    'reverse',
    'refund',
    'refund',
    'decide refund',
    'dispute',
    'decide dispute',
    'refund fee',
    'refund fee',
    'payout',
    'payout',
    'decide payout',
    'decide payout',
    'clock',
    'clock',
  ),
  pick: fc.nat(1_000),
  part: fc.integer({ min: 1, max: 1_200 }),
  yes: fc.boolean(),
  also: fc.boolean(),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

const CARDS = [
  '4242424242424242',
  '4000000000000077',
  '4000000000007726',
  '4000000000005126',
  '4000000000000259',
]
const CURRENCIES = ['usd', 'usd', 'jpy']

test('the balance is the sum of its transactions, and both are what the objects say, whatever happens', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), async (steps) => {
      const cleanups: (() => unknown)[] = []
      const after = ((clean: () => unknown) => void cleanups.push(clean)) as TestContext['after']
      const stripe = await openTestStripe({ after })
      try {
        const accounts = [await stripe.activeAccount(), await stripe.activeAccount()]
        for (const one of steps) await play(stripe, accounts, one)
        await checkBooks(stripe, accounts)
      } finally {
        for (const clean of cleanups) await clean()
      }
    }),
    { numRuns: 30 },
  )
})

/** One thing happens, or is refused as Stripe refuses; anything else is an error of the stand-in. */
async function play(stripe: Test, accounts: readonly string[], step: Step): Promise<void> {
  try {
    await act(stripe, accounts, step)
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw error
  }
}

async function act(stripe: Test, accounts: readonly string[], { act, pick, part, yes, also }: Step) {
  const { client } = stripe
  const account = accounts[pick % accounts.length] ?? ''
  const choose = async <T>(listed: Promise<{ data: T[] }>) => {
    const { data } = await listed
    return data[pick % Math.max(1, data.length)]
  }
  const some = (amount: number) => Math.max(1, Math.floor((amount * part) / 1_000))
  switch (act) {
    case 'pay': {
      const currency = CURRENCIES[pick % CURRENCIES.length] ?? 'usd'
      const unit_amount = 50 + pick * 7
      const split = yes
        ? also
          ? { application_fee_amount: some(unit_amount), transfer_data: { destination: account } }
          : { transfer_data: { destination: account, amount: some(unit_amount) } }
        : {}
      const line = { quantity: 1, price_data: { currency, unit_amount, product_data: { name: 'Mug' } } }
      await stripe.paidCharge(CARDS[pick % CARDS.length], { line_items: [line], payment_intent_data: split })
      return
    }
    case 'transfer': {
      const charge = await choose(client.charges.list({ limit: 100 }))
      if (!charge) return
      const { id: source_transaction, currency, amount } = charge
      await client.transfers.create({
        amount: some(amount),
        currency,
        destination: account,
        source_transaction,
      })
      return
    }
    case 'send from balance':
      await client.transfers.create({
        amount: some(1_000),
        currency: yes ? 'usd' : 'jpy',
        destination: account,
      })
      return
    case 'reverse': {
      const transfer = await choose(client.transfers.list({ limit: 100 }))
      if (!transfer) return
      await stripe.control(`/accounts/${String(transfer.destination)}`, { negativeAllowed: also })
      const amount = yes ? {} : { amount: some(transfer.amount) }
      await client.transfers.createReversal(transfer.id, { ...amount, refund_application_fee: also })
      return
    }
    case 'refund': {
      await stripe.control('/refunds', { hold: also })
      const charge = await choose(client.charges.list({ limit: 100 }))
      if (!charge) return
      const amount = yes ? {} : { amount: some(charge.amount) }
      const split = { reverse_transfer: charge.transfer != null && also, refund_application_fee: yes && also }
      await client.refunds.create({ charge: charge.id, ...amount, ...split })
      return
    }
    case 'decide refund': {
      const refund = await choose(client.refunds.list({ limit: 100 }))
      const status = yes ? 'succeeded' : also ? 'failed' : 'canceled'
      if (refund) await stripe.control(`/refunds/${refund.id}`, { status })
      return
    }
    case 'dispute': {
      const charge = await choose(client.charges.list({ limit: 100 }))
      if (charge)
        await stripe.control(`/charges/${charge.id}/dispute`, { amount: some(charge.amount), inquiry: also })
      return
    }
    case 'decide dispute': {
      const dispute = await choose(client.disputes.list({ limit: 100 }))
      if (dispute) await stripe.control(`/disputes/${dispute.id}`, { status: yes ? 'won' : 'lost' })
      return
    }
    case 'refund fee': {
      const fee = await choose(client.applicationFees.list({ limit: 100 }))
      if (fee) await client.applicationFees.createRefund(fee.id, { amount: some(fee.amount) })
      return
    }
    case 'payout':
      await stripe.control('/payouts', { account: yes ? account : null, automatic: also })
      return
    case 'decide payout': {
      const payout = await choose(client.payouts.list({ limit: 100 }, yes ? { stripeAccount: account } : {}))
      if (payout) await stripe.control(`/payouts/${payout.id}`, { status: also ? 'paid' : 'failed' })
      return
    }
    case 'clock':
      await stripe.control('/clock', { advanceMs: part * (DAY / 400) })
      return
    default:
      act satisfies never
  }
}

async function checkBooks(stripe: Test, accounts: readonly string[]): Promise<void> {
  const { client } = stripe
  stripe.local.tick()
  const page = { limit: 100 }
  const charges = await client.charges.list(page).autoPagingToArray({ limit: 1_000 })
  const refunds = await client.refunds.list(page).autoPagingToArray({ limit: 1_000 })
  const transfers = await client.transfers.list(page).autoPagingToArray({ limit: 1_000 })
  const fees = await client.applicationFees.list(page).autoPagingToArray({ limit: 1_000 })
  const disputes = await client.disputes.list(page).autoPagingToArray({ limit: 1_000 })
  const left = (one: Stripe.Transfer) => one.amount - one.amount_reversed
  const kept = (one: Stripe.ApplicationFee) => one.amount - one.amount_refunded
  const isUnder = (one: Stripe.Transfer) => one.amount_reversed <= one.amount
  assert.ok(transfers.every(isUnder) && charges.every((one) => one.amount_refunded <= one.amount))

  const expected: Sums = {}
  const add = (currency: string, amount: number, sums = expected) => {
    sums[currency] = (sums[currency] ?? 0) + amount
  }
  for (const { amount, currency } of charges) add(currency, amount - Math.round((amount * 29) / 1_000) - 30)
  for (const { amount, currency, status } of refunds)
    if (status === 'pending' || status === 'succeeded') add(currency, -amount)
  for (const one of transfers) add(one.currency, -left(one))
  for (const one of fees) add(one.currency, kept(one))
  for (const { amount, currency, status } of disputes) {
    if (status.startsWith('warning')) continue
    add(currency, -DISPUTE_FEE - (status === 'won' ? 0 : amount))
  }
  await checkOwner(stripe, undefined, expected)

  for (const account of accounts) {
    const theirs: Sums = {}
    for (const one of transfers) if (one.destination === account) add(one.currency, left(one), theirs)
    for (const one of fees) if (one.account === account) add(one.currency, -kept(one), theirs)
    await checkOwner(stripe, account, theirs)
  }
}

/** `expected` is what the owner has before payouts, in minor units by currency. */
async function checkOwner(stripe: Test, account: string | undefined, expected: Sums): Promise<void> {
  const { client } = stripe
  const as = account ? { stripeAccount: account } : {}
  const page = { limit: 100 }
  const payouts = await client.payouts.list(page, as).autoPagingToArray({ limit: 1_000 })
  const balance = await client.balance.retrieve({}, as)
  const transactions = await client.balanceTransactions.list(page, as).autoPagingToArray({ limit: 5_000 })
  for (const currency of ['usd', 'jpy']) {
    const sum = (list: readonly { readonly currency: string; readonly amount: number }[]) =>
      list.filter((one) => one.currency === currency).reduce((total, { amount }) => total + amount, 0)
    const shown = sum(balance.available) + sum(balance.pending)
    const nets = sum(transactions.map((one) => ({ currency: one.currency, amount: one.net })))
    const gone = sum(payouts.filter(({ status }) => status !== 'failed' && status !== 'canceled'))
    const who = `${account ?? 'the platform'}, ${currency}`
    assert.equal(shown, nets, `balance and transactions of ${who}`)
    assert.equal(shown, (expected[currency] ?? 0) - gone, `balance and objects of ${who}`)
    const ready = transactions.filter(({ status }) => status === 'available')
    assert.equal(
      sum(balance.available),
      sum(ready.map((one) => ({ currency: one.currency, amount: one.net }))),
      `what is available of ${who}`,
    )
  }
  for (const { amount, fee, net, source } of transactions) {
    assert.equal(net, amount - fee)
    assert.ok(source)
  }
}

test('moving the clock makes pending money available, and leaves new pay pages their time', async (t) => {
  const stripe = await openTestStripe(t)
  const waiting = await stripe.openSession()
  await stripe.paidCharge()
  const moved = await stripe.control('/clock', { advanceMs: 2 * DAY })
  assert.deepEqual([moved.movedByMs, moved.now], [2 * DAY, stripe.now() + 2 * DAY])
  const { available, pending } = await stripe.client.balance.retrieve()
  assert.deepEqual([available[0]?.amount, pending[0]?.amount], [2_397, 0])
  assert.equal((await stripe.client.checkout.sessions.retrieve(waiting.id)).status, 'expired')
  const later = await stripe.openSession()
  assert.equal((await stripe.client.checkout.sessions.retrieve(later.id)).status, 'open')
  stripe.advance(32 * 60_000)
  assert.equal((await stripe.client.checkout.sessions.retrieve(later.id)).status, 'expired')
  assert.equal((await stripe.control('/clock', { advanceMs: -1 })).status, 400)
})

test('balance transactions are found by type, source, currency and moment', async (t) => {
  const stripe = await openTestStripe(t)
  const { charge } = await stripe.paidCharge()
  const { id } = await stripe.client.refunds.create({ charge: charge.id, amount: 100 })
  const { balanceTransactions } = stripe.client
  const [charged] = (await balanceTransactions.list({ type: 'charge' })).data
  assert.equal(charged?.source, charge.id)
  const [refunded] = (await balanceTransactions.list({ source: id, expand: ['data.source'] })).data
  assert.equal((refunded?.source as Stripe.Refund | undefined)?.amount, 100)
  assert.equal((await balanceTransactions.list({ currency: 'eur' })).data.length, 0)
  const now = Math.floor(stripe.now() / 1_000)
  assert.equal((await balanceTransactions.list({ created: { gte: now - 5 } })).data.length, 2)
  assert.equal((await balanceTransactions.list({ created: { lt: now - 5 } })).data.length, 0)
  await assert.rejects(balanceTransactions.list({ payout: 'po_none' }), { code: 'resource_missing' })
})
