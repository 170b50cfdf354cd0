import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { isAppError } from '#contract'
import { linkOf, type Player, payInBrowser, textOf } from '../sandbox/player.ts'
import { buy, seeCard, seePrivate } from '../sandbox/scenes.ts'
import { openShop, orderOf, ordersIn, testInWorld } from './shop.ts'
import { minutes, type World } from './world.ts'

const HOUR = minutes(60)
const DAY = 24 * HOUR
const BANK = 'us_bank_account'
const options = { coreEnv: { PAYMENT_METHODS: `card,${BANK}` } }

/** A drop of one unit, and Poppy has just paid for it from her bank account. */
async function payByBank(world: World, payWith: (payUrl: string, poppy: Player) => Promise<unknown>) {
  const { card, dropId } = await openShop(world, { quantity: '1', options: { closes_in_hours: 24 } })
  const poppy = world.player('poppy')
  const held = await buy(poppy, card)
  const order = () => orderOf(world, poppy)
  const drop = () => world.client.getDrop({ dropId })
  await payWith(linkOf(held, /^Pay/), poppy)
  await world.settle()
  return { card, poppy, held, order, drop }
}

const inBrowser = (payUrl: string) => payInBrowser(payUrl, '', { method: BANK })

/** She pays and closes the page, so that only Stripe can tell us. */
const andLeave = (world: World) => async (_payUrl: string, poppy: Player) => {
  const sessionId = (await orderOf(world, poppy)).checkout?.sessionId
  await world.stripeControl(`/local/sessions/${sessionId}/pay`, { card: BANK })
}

async function bankSays(world: World, outcome: 'succeeded' | 'failed'): Promise<void> {
  const [order] = await ordersIn(world)
  await world.stripeControl(`/local/sessions/${order?.checkout?.sessionId}/settle`, { outcome })
  await world.settle()
}

const webhooks = (world: World, mode: 'normal' | 'double' | 'lose' | 'hold', shuffle = false) =>
  world.stripeControl('/local/webhooks', { mode, shuffle })

const timesTold = async (person: Player, what: RegExp) =>
  (await person.privateMessages()).filter(({ content }) => what.test(content)).length

describe('a payment that takes the bank days', () => {
  testInWorld(
    'keeps its unit beyond the end of the hold and of the drop, and is paid when Stripe says so',
    async (world) => {
      let page = ''
      const { poppy, order, drop, card } = await payByBank(world, async (payUrl) => {
        page = (await inBrowser(payUrl)).text
      })
      assert.match(page, /Your bank is sending the money/)
      assert.match(page, /still sending the money, which can take some days/)
      await world.advance(2 * DAY)
      assert.equal((await order()).status, 'clearing')
      assert.deepEqual([(await drop()).held, (await drop()).status], [1, 'closed'])
      await seeCard(poppy, card, /0 of 1 left/)
      await bankSays(world, 'succeeded')
      assert.equal((await order()).status, 'paid')
      assert.deepEqual([(await drop()).held, (await drop()).sold], [0, 1])
      assert.equal(await timesTold(poppy, /^Your bank is sending \$24\.00/), 1)
      assert.equal(await timesTold(poppy, /is yours\. Your \$24\.00 is held/), 1)
    },
    options,
  )

  testInWorld(
    'arrives by itself some days later',
    async (world) => {
      const { order } = await payByBank(world, inBrowser)
      await world.advance(3 * DAY)
      assert.equal((await order()).status, 'clearing')
      await world.advance(DAY)
      assert.equal((await order()).status, 'paid')
    },
    options,
  )

  testInWorld(
    'cannot be let go, and pressing Buy now again tells how it stands',
    async (world) => {
      const { poppy, held, card, order, drop } = await payByBank(world, inBrowser)
      const letGo = await poppy.answer(poppy.press(held, /^Let it go/))
      assert.match(textOf(letGo), /already sending the money/)
      await seeCard(poppy, card, /All held right now/)
      const { orderId, buyerId } = await order()
      await assert.rejects(world.client.cancelHold({ userId: buyerId, orderId }), (error) =>
        isAppError(error, 'payment_underway'),
      )
      const { dropId } = await drop()
      const buyer = { userId: buyerId, name: 'Poppy' }
      const again = await world.client.createCheckout({ buyer, dropId })
      assert.deepEqual([again.already, again.order.status, again.order.payUrl], [true, 'clearing', null])
    },
    options,
  )

  testInWorld(
    'that fails puts the unit back on the shelf; the buyer hears why and can buy again',
    async (world) => {
      const { poppy, card, order, drop } = await payByBank(world, inBrowser)
      await world.advance(HOUR)
      await bankSays(world, 'failed')
      const { status, endedBy, payment } = await order()
      assert.deepEqual([status, endedBy, payment], ['expired', 'payment_failed', null])
      assert.equal((await drop()).available, 1)
      const news = await seePrivate(poppy, /bank did not send the money for/)
      assert.match(textOf(news), /Nothing was charged/)
      const again = await buy(poppy, await seeCard(poppy, card, /1 of 1 left/))
      await payInBrowser(linkOf(again, /^Pay/))
      await world.settle()
      assert.equal((await order()).status, 'paid')
    },
    options,
  )

  for (const outcome of ['succeeded', 'failed'] as const) {
    const ending = outcome === 'succeeded' ? 'paid' : 'expired'
    const news = outcome === 'succeeded' ? /is yours/ : /did not send the money/

    testInWorld(
      `whose events come twice and in any order ends once: ${outcome}`,
      async (world) => {
        await webhooks(world, 'double', true)
        const { poppy, order } = await payByBank(world, andLeave(world))
        assert.equal((await order()).status, 'clearing')
        await bankSays(world, outcome)
        // Everything Stripe ever said, once more.
        const { deliveries } = (await (await fetch(`${world.stripeUrl}/local/deliveries`)).json()) as {
          deliveries: { eventId: string }[]
        }
        for (const { eventId } of deliveries)
          await world.stripeControl(`/local/deliveries/${eventId}/send-again`, {})
        await world.settle()
        assert.equal((await order()).status, ending)
        assert.deepEqual([await timesTold(poppy, /is sending/), await timesTold(poppy, news)], [1, 1])
      },
      options,
    )

    testInWorld(
      `that is decided before we heard of its beginning: ${outcome}`,
      async (world) => {
        await webhooks(world, 'hold')
        const { poppy, order } = await payByBank(world, andLeave(world))
        await bankSays(world, outcome)
        assert.equal((await order()).status, 'held')
        await webhooks(world, 'normal', true)
        await world.settle()
        assert.equal((await order()).status, ending)
        assert.deepEqual([await timesTold(poppy, /is sending/), await timesTold(poppy, news)], [0, 1])
      },
      options,
    )

    for (const [finder, env, waits] of [
      ['reconciliation', {}, minutes(15)],
      ['our own look', { RECONCILE_MINUTES: '1440' }, HOUR],
    ] as const) {
      testInWorld(
        `of which no event ever comes is found by ${finder}: ${outcome}`,
        async (world) => {
          await webhooks(world, 'lose')
          const { poppy, order, drop } = await payByBank(world, andLeave(world))
          assert.equal((await order()).status, 'held')
          await world.advance(minutes(30))
          assert.equal((await order()).status, 'clearing')
          assert.equal((await drop()).held, 1)
          await bankSays(world, outcome)
          assert.equal((await order()).status, 'clearing')
          await world.advance(waits)
          assert.equal((await order()).status, ending)
          assert.equal(await timesTold(poppy, news), 1)
        },
        { coreEnv: { ...options.coreEnv, ...env } },
      )
    }
  }

  testInWorld(
    'that began when the unit was let go already keeps it all the same',
    async (world) => {
      await webhooks(world, 'hold')
      const { poppy, held, order } = await payByBank(world, andLeave(world))
      await poppy.press(held, /^Let it go/)
      await world.settle()
      assert.deepEqual([(await order()).status, (await order()).endedBy], ['clearing', null])
      await webhooks(world, 'normal')
      await bankSays(world, 'succeeded')
      assert.equal((await order()).status, 'paid')
    },
    options,
  )

  testInWorld(
    'that comes days after its hold ended and somebody else bought goes back whole',
    async (world) => {
      const { card } = await openShop(world, { quantity: '1', options: { closes_in_hours: 24 } })
      const [poppy, wren] = [world.player('poppy'), world.player('wren')]
      await buy(poppy, card)
      await world.advance(minutes(31))
      const { checkout } = await orderOf(world, poppy)
      await world.stripeControl(`/local/sessions/${checkout?.sessionId}/pay`, { card: BANK, late: true })
      await world.settle()
      await payInBrowser(linkOf(await buy(wren, await seeCard(wren, card, /1 of 1 left/)), /^Pay/))
      await webhooks(world, 'lose')
      await bankSays(world, 'succeeded')
      await world.advance(HOUR)
      assert.equal((await orderOf(world, wren)).status, 'paid')
      const late = await orderOf(world, poppy)
      assert.deepEqual([late.status, late.refunds[0]?.reason], ['refunded', 'paid_too_late'])
    },
    options,
  )

  testInWorld(
    'survives the death of core between any two of its steps',
    async (world) => {
      const { order } = await payByBank(world, inBrowser)
      await world.restartCore()
      await world.advance(HOUR)
      assert.equal((await order()).status, 'clearing')
      await world.restartCore()
      await bankSays(world, 'succeeded')
      assert.equal((await order()).status, 'paid')
    },
    options,
  )
})

testInWorld('where only cards are taken, no other way to pay is offered', async (world) => {
  const { card } = await openShop(world)
  const held = await buy(world.player('poppy'), card)
  const page = await (await fetch(linkOf(held, /^Pay/))).text()
  assert.match(page, /Card number/)
  assert.doesNotMatch(page, /bank account/)
})
