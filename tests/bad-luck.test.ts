import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, test } from 'node:test'
import { ButtonStyle } from 'discord-api-types/v10'
import Stripe from 'stripe'
import { isAppError } from '#contract'
import { createBotPushes } from '../core/adapters/bot-pushes.ts'
import { noticeId } from '../core/domain/effect.ts'
import { signature } from '../runtime/caller-auth.ts'
import { CHANNELS } from '../sandbox/cast.ts'
import { buttonsOf, linkOf, type Player, payInBrowser, textOf } from '../sandbox/player.ts'
import { buy, joinAsBuilder, openDrop, seeCard, seePrivate } from '../sandbox/scenes.ts'
import { assertInvariants, readAll, readStripe } from './invariants.ts'
import { openShop, orderOf, ordersIn, testInWorld } from './shop.ts'
import { createWorld, minutes, PUSH_SECRET, WEBHOOK_SECRETS, type World } from './world.ts'

const HOLD = minutes(30)

/** Pay at Stripe and never come back to the shop. `late`: the payment was on its way while the session ended. */
async function payAtStripe(
  world: World,
  person: Player,
  how: { readonly card?: string; readonly late?: boolean } = {},
): Promise<void> {
  const sessionId = (await orderOf(world, person)).checkout?.sessionId
  await world.stripeControl(`/local/sessions/${sessionId}/pay`, how)
}

function webhooks(world: World, mode: 'normal' | 'double' | 'lose' | 'hold', shuffle = false) {
  return world.stripeControl('/local/webhooks', { mode, shuffle })
}

function fault(world: World, route: string, kind: string, times: number, delayMs?: number) {
  return world.stripeControl('/local/faults', { route, kind, times, ...(delayMs ? { delayMs } : {}) })
}

/** Every trouble that was asked for did happen. */
async function assertMet(world: World): Promise<void> {
  // The list of what is still to go wrong is told by asking for one thing more.
  const left = await fault(world, 'nothing', '500', 1)
  assert.deepEqual(left, { faults: [{ route: 'nothing', kind: '500', times: 1 }] })
}

async function clearFaults(world: World): Promise<void> {
  await fetch(`${world.stripeUrl}/local/faults`, { method: 'DELETE' })
}

/** How often a person was told something privately. */
async function told(person: Player, what: RegExp): Promise<number> {
  return (await person.privateMessages()).filter((message) => what.test(message.content)).length
}

async function statusOf(world: World, person: Player): Promise<string> {
  return (await orderOf(world, person)).status
}

/** Poppy held the only unit for too long, and Wren has bought it. */
async function loseTheOnlyUnit(world: World): Promise<Record<'poppy' | 'wren', Player>> {
  const { card } = await openShop(world, { quantity: '1' })
  const [poppy, wren] = [world.player('poppy'), world.player('wren')]
  await buy(poppy, card)
  await world.advance(HOLD)
  await buy(wren, card)
  await payAtStripe(world, wren)
  await world.settle()
  return { poppy, wren }
}

/** Mark shipped, say it arrived. */
async function deliver(world: World, builder: Player, buyer: Player): Promise<void> {
  const { orderId } = await orderOf(world, buyer)
  const parcel = { carrier: 'Royal Mail', trackingNumber: 'RM 1' }
  await world.client.markShipped({ userId: builder.id, orderId, ...parcel })
  await world.client.confirmArrival({ userId: buyer.id, orderId })
  await world.settle()
}

describe('clicks', () => {
  testInWorld('the same click five times at once holds one unit with one order', async (world) => {
    const { card } = await openShop(world)
    const poppy = world.player('poppy')
    await Promise.all(Array.from({ length: 5 }, () => poppy.press(card, /^Buy now/)))
    await world.settle()
    assert.equal((await ordersIn(world)).length, 1)
    const own = (await poppy.messages(card.channel_id)).filter((seen) => seen.onlyFor === poppy.id)
    assert.equal(own.length, 5, 'every click is answered')
    for (const answer of own) assert.match(textOf(answer), /Held for you until/)
    await seeCard(poppy, card, /2 of 3 left/)
  })

  testInWorld('one repeated request is one order, whatever became of it', async (world) => {
    const { dropId } = await openShop(world)
    const buyer = { userId: world.player('poppy').id, name: 'Poppy' }
    const ask = () => world.client.createCheckout({ buyer, dropId }, { idempotencyKey: 'the-same-click' })
    const [first] = await Promise.all([ask(), ask(), ask()])
    await world.client.cancelHold({ userId: buyer.userId, orderId: first.order.orderId })
    await world.settle()
    const again = await ask()
    assert.equal(again.order.orderId, first.order.orderId)
    assert.equal(again.order.status, 'expired')
  })

  testInWorld('a hundred buyers of three units: three hold one, everybody else is told', async (world) => {
    const { dropId } = await openShop(world)
    const answers = await Promise.allSettled(
      Array.from({ length: 100 }, (_, n) =>
        world.client.createCheckout({
          buyer: { userId: String(300_000_000_000_000_000n + BigInt(n)), name: `Buyer ${n}` },
          dropId,
        }),
      ),
    )
    assert.equal(answers.filter(({ status }) => status === 'fulfilled').length, 3)
    const refusals = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []))
    assert.equal(refusals.length, 97)
    for (const reason of refusals) assert.ok(isAppError(reason, 'all_held'), String(reason))
    assert.equal((await ordersIn(world)).length, 3)
  })

  testInWorld('four people press three times each for two units: two hold one', async (world) => {
    const { card } = await openShop(world, { quantity: '2' })
    const people = (['moss', 'poppy', 'wren', 'olive'] as const).map((name) => world.player(name))
    await Promise.all(people.flatMap((one) => [1, 2, 3].map(() => one.press(card, /^Buy now/))))
    await world.settle()
    const orders = await ordersIn(world)
    assert.equal(orders.length, 2)
    for (const person of people) {
      const own = (await person.messages(card.channel_id)).filter((seen) => seen.onlyFor === person.id)
      const holds = orders.some(({ buyerId }) => buyerId === person.id)
      assert.equal(own.length, 3)
      for (const seen of own) assert.match(textOf(seen), holds ? /Held for you until/ : /All held right now/)
    }
  })
})

describe('webhooks', () => {
  testInWorld(
    'what Stripe did not sign, or signed long ago, is refused and changes nothing',
    async (world) => {
      const { card } = await openShop(world)
      const poppy = world.player('poppy')
      await buy(poppy, card)
      const { orderId, checkout } = await orderOf(world, poppy)

      const event = eventOf('checkout.session.completed', {
        id: checkout?.sessionId,
        object: 'checkout.session',
        client_reference_id: orderId,
        payment_status: 'paid',
        status: 'complete',
      })
      const now = Math.floor(Date.now() / 1_000)
      const sent = async (header: string | null, body = event, path = '/webhooks/stripe') =>
        (
          await fetch(world.core.url + path, {
            method: 'POST',
            body,
            headers: header === null ? {} : { 'stripe-signature': header },
          })
        ).status
      assert.equal(await sent(null), 400)
      assert.equal(await sent('nonsense'), 400)
      assert.equal(await sent(signed('whsec_somebody_else', event, now)), 400)
      assert.equal(await sent(signed(WEBHOOK_SECRETS.platform, event, now - 301)), 400)
      assert.equal(await sent(signed(WEBHOOK_SECRETS.connect, event, now)), 400)
      assert.equal(await sent(signed(WEBHOOK_SECRETS.platform, event, now), `${event} `), 400)
      assert.equal(await sent(signed(WEBHOOK_SECRETS.platform, 'no event', now), 'no event'), 400)
      const huge = `"${'x'.repeat(2 * 1024 * 1024)}"`
      assert.equal(await sent(signed(WEBHOOK_SECRETS.platform, huge, now), huge), 413)
      assert.equal(await wasTaken(world, event), false)

      // Rightly signed and still not true: an event is a hint, and Stripe is asked.
      assert.equal(await sent(signed(WEBHOOK_SECRETS.platform, event, now)), 200)
      assert.equal(await wasTaken(world, event), true)
      await world.settle()
      assert.equal(await statusOf(world, poppy), 'held')
    },
  )

  testInWorld(
    'an event of an unknown order, or of an unknown type, is taken and forgotten',
    async (world) => {
      const { card } = await openShop(world)
      const poppy = world.player('poppy')
      await buy(poppy, card)
      const { orderId } = await orderOf(world, poppy)
      const now = Math.floor(Date.now() / 1_000)
      const events = [
        eventOf('checkout.session.completed', {
          object: 'checkout.session',
          client_reference_id: `ord_${'0'.repeat(26)}`,
        }),
        eventOf('checkout.session.completed', {
          object: 'checkout.session',
          client_reference_id: 'shop-2/17',
        }),
        eventOf('checkout.session.completed', { object: 'checkout.session' }),
        eventOf('invoice.paid', { object: 'invoice', metadata: { order_id: orderId } }),
        eventOf('account.updated', { object: 'account', id: 'acct_of_somebody_else' }),
      ]
      for (const body of events) {
        const headers = { 'stripe-signature': signed(WEBHOOK_SECRETS.platform, body, now) }
        const answer = await fetch(`${world.core.url}/webhooks/stripe`, { method: 'POST', body, headers })
        assert.equal(answer.status, 200, body)
        assert.equal(await wasTaken(world, body), false, body)
      }
      await world.settle()
      assert.equal(await statusOf(world, poppy), 'held')
    },
  )

  testInWorld('every event three times and in the wrong order is one sale', async (world) => {
    await webhooks(world, 'double', true)
    const { juniper, card } = await openShop(world)
    const poppy = world.player('poppy')
    const held = await buy(poppy, card)
    await payInBrowser(linkOf(held, /Pay/))
    await world.settle()
    await sendEverythingAgain(world)
    assert.equal(await statusOf(world, poppy), 'paid')
    await deliver(world, juniper, poppy)
    await sendEverythingAgain(world)
    assert.equal(await statusOf(world, poppy), 'released')
    assert.equal(await told(poppy, /is yours/), 1)
    assert.equal(await told(juniper, /You sold/), 1)
    assert.equal(await told(juniper, /was sent to you/), 1)
  })

  testInWorld(
    'without any webhook, the return page or the end of the hold finds the payment',
    async (world) => {
      await webhooks(world, 'lose')
      const { card } = await openShop(world)
      const [poppy, wren, olive] = [world.player('poppy'), world.player('wren'), world.player('olive')]
      const returns = await buy(poppy, card)
      await buy(wren, card)
      await buy(olive, card)
      await fault(world, 'GET /v1/charges/:id', '429', 2)
      const page = await payInBrowser(linkOf(returns, /Pay/))
      assert.match(page.text, /Paid/)
      assert.equal(await statusOf(world, poppy), 'paid')
      await payAtStripe(world, wren)
      await world.settle()
      assert.equal(await statusOf(world, wren), 'held')
      await world.advance(HOLD)
      assert.equal(await statusOf(world, wren), 'paid')
      assert.equal(await statusOf(world, olive), 'expired')
      // Nobody comes to tell what Stripe kept either: core asks by itself until it is told.
      await world.advance(minutes(2))
      await world.advance(minutes(2))
      for (const { payment } of await ordersIn(world)) if (payment) assert.notEqual(payment.stripeFee, null)
      await assertMet(world)
    },
  )

  testInWorld('webhooks that come after the hold has ended tell nothing new', async (world) => {
    const { card } = await openShop(world)
    const [poppy, wren] = [world.player('poppy'), world.player('wren')]
    await buy(poppy, card)
    await buy(wren, card)
    await webhooks(world, 'hold')
    await payAtStripe(world, poppy)
    await world.advance(HOLD + minutes(5))
    assert.equal(await statusOf(world, poppy), 'paid')
    assert.equal(await statusOf(world, wren), 'expired')
    await webhooks(world, 'normal', true)
    await world.settle()
    assert.equal(await statusOf(world, poppy), 'paid')
    assert.equal(await told(poppy, /is yours/), 1)
    assert.equal(await told(wren, /is over/), 1)
    await seeCard(poppy, card, /2 of 3 left/)
  })
})

describe('Stripe has trouble', { concurrency: 5 }, () => {
  const ROUTES = [
    'POST /v1/accounts',
    'POST /v1/account_links',
    'GET /v1/accounts/:id',
    'POST /v1/checkout/sessions',
    'GET /v1/checkout/sessions/:id',
    'POST /v1/checkout/sessions/:id/expire',
    'POST /v1/transfers',
    'POST /v1/refunds',
  ]
  const TROUBLES = {
    429: 'says 429',
    500: 'says 500',
    reset_before: 'resets the connection before the work',
    reset_after: 'resets the connection after the work',
    timeout: 'does the work and never answers',
  }
  for (const [kind, words] of Object.entries(TROUBLES)) {
    testInWorld(
      `when Stripe ${words} at first, every sale, refund and transfer still comes out the same`,
      async (world) => {
        // Twice each: once for the call and once for the client's own repeat, so that our outbox must ask again.
        for (const route of ROUTES) await fault(world, route, kind, 2)
        const shelf = await playEverySort(world)
        assert.deepEqual(shelf, { available: 0, held: 0, sold: 2 })
        await assertMet(world)
      },
      { stripeTimeoutMs: 400 },
    )
  }

  /** One sale that is released, one hold let go, one payment too late and refunded, one sale: on a drop of two. */
  async function playEverySort(world: World) {
    const [poppy, wren, olive, moss] = (['poppy', 'wren', 'olive', 'moss'] as const).map((name) =>
      world.player(name),
    ) as [Player, Player, Player, Player]
    const juniper = world.player('juniper')
    await joinPatiently(world, juniper)
    const card = await openDrop(juniper, { title: 'Moss-green mug', quantity: '2' })

    await buy(poppy, card)
    await calm(world)
    const paid = await payInBrowser(linkOf(await buy(poppy, card), /Pay/))
    assert.ok(paid.status === 200, `the return page answered ${paid.status}`)
    const letGo = await buy(wren, card)
    await calm(world)
    await wren.press(letGo, /Let it go/)
    await calm(world)
    assert.equal(await statusOf(world, wren), 'expired')

    await buy(olive, card)
    await calm(world)
    await world.advance(HOLD)
    await calm(world)
    assert.equal(await statusOf(world, olive), 'expired')
    await buy(moss, card)
    await calm(world)
    await payAtStripe(world, moss)
    await payAtStripe(world, olive, { late: true })
    await calm(world)
    assert.equal(await statusOf(world, moss), 'paid')
    assert.equal(await statusOf(world, olive), 'refunded')

    await deliver(world, juniper, poppy)
    await calm(world)
    assert.equal(await statusOf(world, poppy), 'released')
    assert.equal(await told(poppy, /is yours/), 1)
    assert.equal(await told(juniper, /was sent to you/), 1)
    assert.equal(await told(olive, /went back the way you paid/), 1)

    const { sessions } = await readStripe(world.stripeUrl)
    assert.equal(sessions.length, 4, 'each order asked for one session and got one')
    const stripe = new Stripe('sk_test_world', {
      host: '127.0.0.1',
      port: new URL(world.stripeUrl).port,
      protocol: 'http',
    })
    assert.equal((await stripe.transfers.list({ limit: 100 })).data.length, 1)
    assert.equal((await stripe.refunds.list({ limit: 100 })).data.length, 1)
    assert.equal((await stripe.accounts.list({ limit: 100 })).data.length, 1)
    const [drop] = await readAll(world.core.store, 'inventory', 'openedAt')
    return drop && { available: drop.value.available, held: drop.value.held, sold: drop.value.sold }
  }

  /** Press again whenever a page says that Stripe does not answer. */
  async function joinPatiently(world: World, builder: Player): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await joinAsBuilder(builder)
        break
      } catch (error) {
        if (tries === 8) throw error
      }
      await world.advance(2_000)
      const account = (await readAll(world.core.store, 'builders', 'accountId'))[0]?.value
      if (account?.transfers) break
    }
    await calm(world)
  }

  /** Time enough for every repeat. */
  async function calm(world: World): Promise<void> {
    for (const wait of [1_000, 2_000, 4_000]) await world.advance(wait)
  }
})

describe('Stripe is down', () => {
  testInWorld('for the whole hold: the unit stays off the shelf until Stripe answers', async (world) => {
    const { card, dropId } = await openShop(world, { quantity: '1' })
    const [poppy, wren] = [world.player('poppy'), world.player('wren')]
    await buy(poppy, card)
    await fault(world, '* /v1/checkout/sessions*', '429', 10_000)
    await world.advance(HOLD)
    assert.equal(await statusOf(world, poppy), 'closing')
    assert.match(textOf(await seeCard(wren, card, /All held right now/)), /0 of 1 left/)
    const buyer = { userId: wren.id, name: 'Wren' }
    await assert.rejects(world.client.createCheckout({ buyer, dropId }), (error) =>
      isAppError(error, 'all_held'),
    )
    await world.advance(minutes(20))
    assert.equal(await statusOf(world, poppy), 'closing')
    await clearFaults(world)
    await world.advance(minutes(10))
    assert.equal(await statusOf(world, poppy), 'expired')
    await seeCard(wren, card, /1 of 1 left/)
    assert.match(textOf(await buy(wren, card)), /Held for you until/)
  })

  testInWorld(
    'from before the session was made: nothing is ever charged, the unit comes back',
    async (world) => {
      const { card } = await openShop(world, { quantity: '1' })
      await fault(world, '* /v1/checkout/sessions*', 'reset_before', 10_000)
      const poppy = world.player('poppy')
      const held = await buy(poppy, card)
      const waiting = await fetch(linkOf(held, /Pay/))
      assert.equal(waiting.status, 200, 'the pay page says that it is being made')
      await world.advance(HOLD)
      assert.equal(await statusOf(world, poppy), 'closing')
      await clearFaults(world)
      await world.advance(minutes(10))
      assert.equal(await statusOf(world, poppy), 'expired')
      const { sessions } = await readStripe(world.stripeUrl)
      assert.ok(sessions.every(({ status }) => status === 'expired'))
      await seeCard(poppy, card, /1 of 1 left/)
    },
  )
})

describe('races for a unit', () => {
  testInWorld('a payment that is quicker than the end of its hold wins', async (world) => {
    const { card } = await openShop(world, { quantity: '1' })
    const poppy = world.player('poppy')
    const held = await buy(poppy, card)
    // The call that shuts the session waits at Stripe's door while the buyer presses Pay.
    await fault(world, 'POST /v1/checkout/sessions/:id/expire', 'slow', 1, 300)
    const { checkout } = await orderOf(world, poppy)
    const letGo = poppy.press(held, /Let it go/)
    await poppy.see('the hold to be ending', async () =>
      (await statusOf(world, poppy)) === 'closing' ? true : undefined,
    )
    await world.stripeControl(`/local/sessions/${checkout?.sessionId}/pay`, {})
    await letGo
    await world.settle()
    const { status, history } = await orderOf(world, poppy)
    assert.equal(status, 'paid')
    assert.ok(!history.some(({ event }) => event === 'session_shut'), 'the unit was never back on the shelf')
    assert.equal(await told(poppy, /is yours/), 1)
    await seeCard(poppy, card, /Sold out/)
  })

  testInWorld('a late payment buys a spare unit, also when the buyer holds another', async (world) => {
    const { card } = await openShop(world, { options: { per_person: 2 } })
    const poppy = world.player('poppy')
    await buy(poppy, card)
    const first = await orderOf(world, poppy)
    await world.advance(HOLD)
    await buy(poppy, card)
    await world.stripeControl(`/local/sessions/${first.checkout?.sessionId}/pay`, { late: true })
    await world.settle()
    const [late, live] = await ordersIn(world)
    assert.deepEqual([late?.status, live?.status], ['paid', 'held'])
    await payAtStripe(world, poppy)
    await world.settle()
    assert.deepEqual(
      (await ordersIn(world)).map(({ status }) => status),
      ['paid', 'paid'],
    )
  })

  testInWorld('a late payment without a unit is refunded, and refunded is said when it is', async (world) => {
    const { poppy, wren } = await loseTheOnlyUnit(world)
    await payAtStripe(world, poppy, { late: true, card: '4000 0000 0000 7726' })
    await world.settle()
    const { status, history } = await orderOf(world, poppy)
    assert.equal(status, 'refunded')
    assert.deepEqual(
      history.slice(-3).map(({ event }) => event),
      ['paid_too_late', 'refund_made', 'refund_succeeded'],
    )
    assert.equal(await told(poppy, /came too late/), 1)
    assert.equal(await told(poppy, /went back the way you paid/), 1)
    assert.equal(await told(poppy, /is yours/), 0)
    assert.equal(await statusOf(world, wren), 'paid')
  })

  testInWorld('a refund that the bank sends back is not called refunded', async (world) => {
    const { poppy } = await loseTheOnlyUnit(world)
    await payAtStripe(world, poppy, { late: true, card: '4000 0000 0000 5126' })
    await world.settle()
    assert.equal(await statusOf(world, poppy), 'refunding')
  })

  testInWorld('a pending refund waits for Stripe to say succeeded, told or not', async (world) => {
    const { poppy } = await loseTheOnlyUnit(world)
    await webhooks(world, 'lose')
    const { orderId, checkout } = await orderOf(world, poppy)
    await world.stripeControl(`/local/sessions/${checkout?.sessionId}/pay`, {
      late: true,
      card: '4000 0000 0000 7726',
    })
    // No webhook tells of the payment; the buyer comes back to the shop's page.
    const token = linkTokenOf(await readSuccessUrl(world, checkout?.sessionId ?? ''))
    await fetch(`${world.web.url}/success?order=${token}`)
    await world.core.runDue()
    assert.equal((await orderOf(world, poppy)).status, 'refunding')
    const profile = await poppy.answer(poppy.c500('profile'))
    assert.match(textOf(profile), /Refund on its way/)
    await world.advance(minutes(61))
    assert.equal((await orderOf(world, poppy)).orderId, orderId)
    assert.equal(await statusOf(world, poppy), 'refunded')
  })

  testInWorld('letting go twice is once, and buying again after it is a new order', async (world) => {
    const { card } = await openShop(world, { quantity: '1' })
    const poppy = world.player('poppy')
    const held = await buy(poppy, card)
    const { orderId } = await orderOf(world, poppy)
    const gone = () => world.client.cancelHold({ userId: poppy.id, orderId })
    await Promise.all([poppy.press(held, /Let it go/), gone(), gone()])
    await world.settle()
    assert.equal((await gone()).status, 'expired')
    const again = await buy(poppy, await seeCard(poppy, card, /1 of 1 left/))
    assert.match(textOf(again), /Held for you until/)
    assert.doesNotMatch(textOf(again), /already/)
    const orders = await ordersIn(world)
    assert.deepEqual(
      orders.map(({ status }) => status),
      ['expired', 'held'],
    )
    await payInBrowser(linkOf(again, /Pay/))
    await world.settle()
    assert.equal(await statusOf(world, poppy), 'paid')
    assert.equal((await fetch(linkOf(held, /Pay/))).status, 200, 'the old link says how the old order ended')
  })

  testInWorld('a paid order cannot be let go', async (world) => {
    const { card } = await openShop(world)
    const poppy = world.player('poppy')
    const held = await buy(poppy, card)
    await payInBrowser(linkOf(held, /Pay/))
    await world.settle()
    const answer = await poppy.answer(poppy.press(held, /Let it go/))
    assert.match(textOf(answer), /already paid/)
    assert.equal(await statusOf(world, poppy), 'paid')
  })

  testInWorld('a drop closes at its time, and a hold that began before may still pay', async (world) => {
    const { card, dropId } = await openShop(world, { options: { closes_in_hours: 1 } })
    const [poppy, wren] = [world.player('poppy'), world.player('wren')]
    await world.advance(minutes(50))
    const held = await buy(poppy, card)
    await world.advance(minutes(10))
    const closed = await seeCard(wren, card, /Closed/)
    assert.ok(buttonsOf(closed).every((button) => button.style === ButtonStyle.Link || button.disabled))
    const buyer = { userId: wren.id, name: 'Wren' }
    await assert.rejects(world.client.createCheckout({ buyer, dropId }), (error) =>
      isAppError(error, 'drop_closed'),
    )
    await payInBrowser(linkOf(held, /Pay/))
    await world.settle()
    assert.equal(await statusOf(world, poppy), 'paid')
  })
})

describe('the builder cannot be paid', () => {
  testInWorld(
    'a refused transfer is told once and follows by itself when the account is mended',
    async (world) => {
      const { juniper, card } = await openShop(world)
      const poppy = world.player('poppy')
      await payInBrowser(linkOf(await buy(poppy, card), /Pay/))
      await world.settle()
      const { accounts } = await readStripe(world.stripeUrl)
      const account = `/local/accounts/${accounts[0]?.id}`
      await world.stripeControl(account, { transfers: 'inactive' })
      await world.settle()
      await deliver(world, juniper, poppy)
      assert.equal(await statusOf(world, poppy), 'release_blocked')
      await world.advance(minutes(7 * 60))
      await world.advance(minutes(7 * 60))
      assert.equal(await statusOf(world, poppy), 'release_blocked')
      assert.equal(await told(juniper, /could not take your/), 1)
      assert.equal(await told(juniper, /was sent to you/), 0)
      await world.stripeControl(account, { transfers: 'active' })
      await world.settle()
      assert.equal(await statusOf(world, poppy), 'released')
      assert.equal(await told(juniper, /was sent to you/), 1)
    },
  )

  testInWorld('also when nobody tells that the account is mended', async (world) => {
    const { juniper, card } = await openShop(world)
    const poppy = world.player('poppy')
    await payInBrowser(linkOf(await buy(poppy, card), /Pay/))
    await world.settle()
    const { accounts } = await readStripe(world.stripeUrl)
    await webhooks(world, 'lose')
    await world.stripeControl(`/local/accounts/${accounts[0]?.id}`, { transfers: 'inactive' })
    await deliver(world, juniper, poppy)
    assert.equal(await statusOf(world, poppy), 'release_blocked')
    await world.stripeControl(`/local/accounts/${accounts[0]?.id}`, { transfers: 'active' })
    await world.advance(minutes(7 * 60))
    assert.equal(await statusOf(world, poppy), 'released')
  })
})

describe('Discord and the bot', () => {
  testInWorld('what happens while the bot is down is told when it is back, and once', async (world) => {
    const { juniper, card, dropId } = await openShop(world)
    const poppy = world.player('poppy')
    await world.bot.close()
    const buyer = { userId: poppy.id, name: 'Poppy' }
    const { order } = await world.client.createCheckout({ buyer, dropId })
    await world.settle()
    await payInBrowser(order.payUrl ?? '')
    await world.settle()
    assert.equal(await statusOf(world, poppy), 'paid', 'the sale needs no bot')
    await world.advance(minutes(2))
    await world.restartBot()
    await world.advance(minutes(10))
    await world.advance(minutes(10))
    await seeCard(poppy, card, /2 of 3 left/)
    assert.equal(await told(poppy, /is yours/), 1)
    assert.equal(await told(juniper, /You sold/), 1)
    const cards = (await poppy.messages(CHANNELS.drops.id)).filter((seen) => /Moss-green/.test(textOf(seen)))
    assert.equal(cards.length, 1)
  })

  testInWorld('with direct messages closed, the news comes in a private thread', async (world) => {
    const { juniper, card } = await openShop(world)
    const poppy = world.player('poppy')
    await poppy.closeDms(true)
    await juniper.closeDms(true)
    await payInBrowser(linkOf(await buy(poppy, card), /Pay/))
    await world.settle()
    assert.equal(await told(poppy, /is yours/), 1)
    assert.equal(await told(juniper, /You sold/), 1)
    const thread = await seePrivate(juniper, /You sold/)
    assert.doesNotMatch(textOf(thread), /Orchard Lane/, 'the address is not for those who read along')
    const others = await world.player('wren').privateMessages()
    assert.equal(others.length, 0)
  })

  testInWorld('the same news pushed again is told once, also by a bot that was restarted', async (world) => {
    const { card } = await openShop(world)
    const poppy = world.player('poppy')
    await payInBrowser(linkOf(await buy(poppy, card), /Pay/))
    await world.settle()
    const { orders } = await world.client.profile({ person: { userId: poppy.id, name: 'Poppy' } })
    const [order] = orders
    assert.ok(order)
    const push = createBotPushes({ botUrl: world.bot.url, credentials: signature(PUSH_SECRET, world.now) })
    const { history } = await orderOf(world, poppy)
    const occasion = history.findIndex(({ event }) => event === 'payment_succeeded')
    const paid = { about: 'order', userId: poppy.id, kind: 'buyer_paid' } as const
    const notice = {
      noticeId: noticeId(order.orderId, { ...paid, occasion }),
      ...paid,
      order,
      at: world.now(),
    } as const
    await push.push('notify', notice)
    await world.restartBot()
    assert.deepEqual(await push.push('notify', notice), { delivery: 'dm' })
    assert.equal(await told(poppy, /is yours/), 1)
  })

  testInWorld('a card that somebody deleted is drawn again', async (world) => {
    const { card } = await openShop(world)
    const discord = world.sandbox.discord?.url
    const path = `${discord}/v10/channels/${card.channel_id}/messages/${card.id}`
    const deleted = await fetch(path, { method: 'DELETE', headers: { authorization: 'Bot operator' } })
    assert.equal(deleted.status, 204)
    const poppy = world.player('poppy')
    const { dropId } = (await readAll(world.core.store, 'inventory', 'openedAt'))[0]?.value ?? {}
    const buyer = { userId: poppy.id, name: 'Poppy' }
    await world.client.createCheckout({ buyer, dropId: dropId ?? '' })
    await world.settle()
    const cards = (await poppy.messages(CHANNELS.drops.id)).filter((seen) => /Moss-green/.test(textOf(seen)))
    assert.equal(cards.length, 1)
    assert.notEqual(cards[0]?.id, card.id)
    assert.match(cards.map(textOf).join(), /2 of 3 left/)
  })
})

test('a payment that nobody knows of does not pass for order', async () => {
  await using world = await createWorld()
  const { card } = await openShop(world)
  const poppy = world.player('poppy')
  await buy(poppy, card)
  await webhooks(world, 'lose')
  await payAtStripe(world, poppy)
  await assert.rejects(
    assertInvariants({ store: world.core.store, stripeUrl: world.stripeUrl, now: world.now() }),
    /was paid/,
  )
})

function signed(secret: string, body: string, at: number): string {
  return `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`
}

function eventOf(type: string, object: object): string {
  const id = `evt_${crypto.randomUUID().replaceAll('-', '')}`
  return JSON.stringify({ id, object: 'event', type, livemode: false, created: 1, data: { object } })
}

/** Every event so far once more, newest first, each to all its endpoints. */
async function sendEverythingAgain(world: World): Promise<void> {
  const answer = await fetch(`${world.stripeUrl}/local/deliveries`)
  const { deliveries } = (await answer.json()) as { deliveries: { eventId: string }[] }
  for (const { eventId } of deliveries) {
    await world.stripeControl(`/local/deliveries/${eventId}/send-again`, {})
  }
  await world.settle()
}

/** Whether core kept this event to look at what it is about. */
async function wasTaken(world: World, event: string): Promise<boolean> {
  const { id } = JSON.parse(event) as { id: string }
  return (await world.core.store.get('inbox', `stripe:${id}`)) !== undefined
}

async function readSuccessUrl(world: World, sessionId: string): Promise<string> {
  const answer = await fetch(`${world.stripeUrl}/v1/checkout/sessions/${sessionId}`, {
    headers: { authorization: 'Bearer sk_test_world' },
  })
  return ((await answer.json()) as { success_url: string }).success_url
}

function linkTokenOf(url: string): string {
  return new URL(url).searchParams.get('order') ?? ''
}
