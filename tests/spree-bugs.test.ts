import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { balances } from '../core/domain/ledger.ts'
import { PEOPLE } from '../sandbox/cast.ts'
import { linkOf, payInBrowser, textOf } from '../sandbox/player.ts'
import { buy, seePrivate } from '../sandbox/scenes.ts'
import { readAll } from './invariants.ts'
import { openShop, orderOf, testInWorld } from './shop.ts'
import { minutes, type World } from './world.ts'

/**
 * Money bugs that another marketplace found in itself only by playing everything end to end
 * (github.com/spree/spree/pull/14622), each as a fact about this one.
 */

const DAY = 24 * 60 * 60_000
const poppy = PEOPLE.poppy.id
const juniper = PEOPLE.juniper.id
const olive = { userId: PEOPLE.olive.id, name: 'Olive' }

const order = (world: World) => orderOf(world, world.player('poppy'))

async function payForMug(world: World): Promise<string> {
  const shop = await openShop(world, { options: { closes_in_hours: 720 } })
  const held = await buy(world.player('poppy'), shop.card)
  assert.equal((await payInBrowser(linkOf(held, /Pay/))).status, 200)
  await world.settle()
  return (await order(world)).orderId
}

async function release(world: World, orderId: string): Promise<void> {
  await world.client.markShipped({ userId: juniper, orderId, carrier: 'Post', trackingNumber: '1' })
  await world.client.confirmArrival({ userId: poppy, orderId })
  await world.settle()
}

const refund = (world: World, orderId: string, amount: string) =>
  world.client.refundAsOperator({ operator: olive, orderId, amount, reason: 'it came broken' })

async function books(world: World): Promise<Record<string, number>> {
  const entries = await readAll(world.core.store, 'ledger', 'at')
  return balances(entries.map(({ value }) => value))
}

async function askStripe<T>(
  world: World,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  form?: readonly (readonly [string, string])[],
): Promise<T> {
  const response = await fetch(world.stripeUrl + path, {
    method,
    headers: { authorization: 'Bearer sk_test_somebody' },
    ...(form && { body: new URLSearchParams(form.map(([name, value]) => [name, value])) }),
  })
  assert.equal(response.status, 200, await response.clone().text())
  return (await response.json()) as T
}

interface Endpoint {
  readonly id: string
  readonly url: string
}

/** Somebody adds core's address to Stripe once more: events are now signed by a second secret as well. */
async function registerAgain(world: World): Promise<Endpoint> {
  const { data } = await askStripe<{ data: Endpoint[] }>(world, 'GET', '/v1/webhook_endpoints')
  const first = data.find(({ url }) => url.endsWith('/webhooks/stripe'))
  assert.ok(first)
  const form = [
    ['url', first.url],
    ['enabled_events[0]', '*'],
  ] as const
  await askStripe(world, 'POST', '/v1/webhook_endpoints', form)
  return first
}

describe('a webhook registered twice', () => {
  testInWorld('goes on with the secret that core has, and counts a payment once', async (world) => {
    await registerAgain(world)
    await payForMug(world)
    assert.equal((await order(world)).status, 'paid')
    assert.equal((await books(world)).buyer_money, -2_400)
    const { deliveries } = await askStripe<{
      deliveries: { type: string; attempts: { status: number }[] }[]
    }>(world, 'GET', '/local/deliveries')
    const answers = deliveries
      .filter(({ type }) => type === 'checkout.session.completed')
      .map(({ attempts }) => attempts[0]?.status)
    assert.deepEqual(answers.toSorted(), [200, 400], 'what the other secret signed is refused')
  })

  testInWorld('loses no payment when only the unknown secret is left', async (world) => {
    const first = await registerAgain(world)
    const shop = await openShop(world)
    await buy(world.player('poppy'), shop.card)
    await askStripe(world, 'DELETE', `/v1/webhook_endpoints/${first.id}`)
    const { data } = await askStripe<{ data: { id: string }[] }>(world, 'GET', '/v1/checkout/sessions')
    await world.stripeControl(`/local/sessions/${data[0]?.id}/pay`, {})
    await world.settle()
    assert.equal((await order(world)).status, 'held')
    await world.advance(minutes(16))
    assert.equal((await order(world)).status, 'paid', 'the reconciliation found it')
  })
})

describe('an order that is refunded in full', () => {
  testInWorld('reads refunded everywhere, also when it went back in parts', async (world) => {
    const orderId = await payForMug(world)
    await refund(world, orderId, '10')
    await world.settle()
    assert.equal((await order(world)).status, 'paid', 'part of it is still held')
    await refund(world, orderId, '14')
    await world.settle()
    for (const userId of [poppy, juniper]) {
      const view = await world.client.getOrder({ userId, orderId })
      assert.deepEqual([view.status, view.refunded.amount], ['refunded', 2_400])
    }
    const profile = await world.player('poppy').answer(world.player('poppy').c500('profile'))
    assert.match(textOf(profile), /Refunded/)
    assert.doesNotMatch(textOf(profile), /Paid|held until/i)
    assert.ok(await seePrivate(world.player('poppy'), /went back/i))
    const { held } = await world.client.money({ userId: juniper, cursor: null })
    assert.deepEqual(
      held.filter(({ amount }) => amount !== 0),
      [],
    )
  })

  testInWorld('reads refunded only when Stripe says so', async (world) => {
    const orderId = await payForMug(world)
    await world.stripeControl('/local/refunds', { hold: true })
    await refund(world, orderId, '')
    await world.settle()
    const { refunds, status } = await order(world)
    assert.deepEqual([status, refunds[0]?.status], ['refunding', 'pending'])
    await world.stripeControl(`/local/refunds/${refunds[0]?.refundId}`, { status: 'succeeded' })
    await world.settle()
    assert.equal((await order(world)).status, 'refunded')
  })
})

describe('a payout', () => {
  const accountOf = async (world: World) =>
    (await world.core.store.get('builders', juniper))?.value.accountId ?? ''

  testInWorld('that came back is no settled money: the share can be taken back again', async (world) => {
    const orderId = await payForMug(world)
    await release(world, orderId)
    const account = await accountOf(world)
    await world.stripeControl(`/local/accounts/${account}`, { negativeAllowed: false })
    await world.advance(3 * DAY)
    const payout = (await world.stripeControl('/local/payouts', { account })) as { id: string }
    await world.stripeControl(`/local/payouts/${payout.id}`, { status: 'paid' })
    await world.stripeControl(`/local/payouts/${payout.id}`, { status: 'failed' })
    await world.settle()
    await refund(world, orderId, '')
    await world.settle()
    const { status, refunds } = await order(world)
    assert.deepEqual([status, refunds[0]?.reversal], ['refunded', 'made'])
    assert.equal((await world.client.money({ userId: juniper, cursor: null })).debt.amount, 0)
  })

  testInWorld('that the bank has makes a debt of what cannot be taken back, never a loss', async (world) => {
    const orderId = await payForMug(world)
    await release(world, orderId)
    const account = await accountOf(world)
    await world.stripeControl(`/local/accounts/${account}`, { negativeAllowed: false })
    await world.advance(3 * DAY)
    await world.stripeControl('/local/payouts', { account })
    await refund(world, orderId, '')
    await world.settle()
    assert.deepEqual((await order(world)).refunds[0]?.reversal, 'owed')
    assert.equal((await books(world)).builder_debt, 2_280)
  })

  testInWorld('is never larger than what is left of the payment', async (world) => {
    const orderId = await payForMug(world)
    await refund(world, orderId, '23.50')
    await world.settle()
    await release(world, orderId)
    const { release: sent, status } = await order(world)
    assert.deepEqual([status, sent?.amount], ['released', 48], '50 cents less the fee of 5 %')
    const { data } = await askStripe<{ data: { amount: number }[] }>(world, 'GET', '/v1/transfers')
    assert.deepEqual(
      data.map(({ amount }) => amount),
      [48],
    )
  })
})
