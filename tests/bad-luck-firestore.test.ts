import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import Stripe from 'stripe'
import { type CoreClient, isAppError } from '#contract'
import { claimId } from '../core/domain/drop.ts'
import type { CollectionName, Collections } from '../core/ports/store.ts'
import { BROADCASTERS, CHANNELS, PEOPLE } from '../sandbox/cast.ts'
import { createPlayer, linkOf, payInBrowser, textOf } from '../sandbox/player.ts'
import { buy, joinAsBuilder, linkChannel } from '../sandbox/scenes.ts'
import { type EventSubMessage, messageHeaders, toTimestamp } from '../sandbox/twitch/signature.ts'
import { firestoreEmulator } from './firestore-emulator.ts'
import { createFirestoreProxy, type FirestoreProxy, GRPC } from './firestore-proxy.ts'
import { assertInvariants, readStripe } from './invariants.ts'
import { openShop, orderOf, ordersIn } from './shop.ts'
import {
  createWorld,
  EVENTSUB_SECRET,
  minutes,
  WEBHOOK_SECRETS,
  type World,
  type WorldOptions,
} from './world.ts'

const emulator = await firestoreEmulator()
const skip = 'missing' in emulator && emulator.missing
const SKEW = 30_000
const HOLD = minutes(30)

/** A marketplace on Firestore. At its end everything is settled and in order. */
function testOnFirestore(
  title: string,
  play: (world: World, proxy: FirestoreProxy) => Promise<void>,
  options: WorldOptions = {},
): void {
  test(title, { skip }, async () => {
    if ('missing' in emulator) return
    await using proxy = await createFirestoreProxy(emulator.host)
    await using world = await createWorld({
      ...options,
      store: 'firestore',
      coreEnv: { FIRESTORE_EMULATOR_HOST: proxy.host },
    })
    await play(world, proxy)
    await world.settle()
    await assertInvariants({ store: world.core.store, stripeUrl: world.stripeUrl, now: world.now() })
  })
}

/** So many people press Buy now at once, each at one of the cores in turn. Answers what each was told. */
function rush(clients: readonly CoreClient[], dropId: string, buyers: number): Promise<readonly string[]> {
  const told = async (number: number): Promise<string> => {
    const client = clients[number % clients.length]
    const buyer = { userId: String(300_000_000_000_000_000n + BigInt(number)), name: `Buyer ${number}` }
    try {
      // A press again is another click.
      await client?.createCheckout({ buyer, dropId }, { idempotencyKey: crypto.randomUUID() })
      return 'held'
    } catch (error) {
      if (!isAppError(error)) throw error
      // What the caller says when it gives up waiting is not core's word.
      return error.message.startsWith('core did not answer') ? 'nothing' : error.code
    }
  }
  return Promise.all(Array.from({ length: buyers }, (_, number) => told(number)))
}

const count = (told: readonly string[], what: string) => told.filter((one) => one === what).length

/** Nothing but a unit, or the news that there is none. */
function assertFair(told: readonly string[], units: number): void {
  assert.equal(count(told, 'held'), units, told.join(' '))
  assert.equal(count(told, 'all_held'), told.length - units, told.join(' '))
}

describe('Firestore says no for a while', () => {
  for (const name of ['aborted', 'resourceExhausted', 'unavailable'] as const) {
    testOnFirestore(`${name}, before the work: nobody in the drop hears of it`, async (world, proxy) => {
      const { dropId } = await openShop(world, { quantity: '5' })
      proxy.fail('Commit', GRPC[name], 3, 'before')
      const told = await rush([world.client], dropId, 20)
      assert.equal(proxy.left(), 0)
      assertFair(told, 5)
      assert.equal((await ordersIn(world)).length, 5)
    })
  }

  testOnFirestore(
    'deadlineExceeded, before the work: people are told, and press again',
    async (world, proxy) => {
      const { dropId } = await openShop(world, { quantity: '5' })
      proxy.fail('Commit', GRPC.deadlineExceeded, 1, 'before')
      const told = await rush([world.client], dropId, 20)
      assert.equal(proxy.left(), 0)
      assert.ok(
        told.every((one) => ['held', 'all_held', 'unavailable'].includes(one)),
        told.join(' '),
      )
      // Whoever holds a unit is given the same again.
      assertFair(await rush([world.client], dropId, 20), 5)
      assert.equal((await ordersIn(world)).length, 5)
    },
  )

  testOnFirestore(
    'deadlineExceeded, after the work: whoever holds a unit is told so',
    async (world, proxy) => {
      const { dropId } = await openShop(world, { quantity: '5' })
      proxy.fail('Commit', GRPC.deadlineExceeded, 1, 'after')
      proxy.fail('Commit', GRPC.unavailable, 1, 'after')
      const told = await rush([world.client], dropId, 20)
      assert.equal(proxy.left(), 0)
      assertFair(told, 5)
      assert.equal((await ordersIn(world)).length, 5)
    },
  )
})

describe('Firestore is out', () => {
  const options = { storePatienceMs: 2_000 }
  const outages: Readonly<Record<string, (proxy: FirestoreProxy) => void>> = {
    'answers nothing': (proxy) => proxy.freeze(),
    'answers no commit': (proxy) => proxy.freeze('/Commit'),
    'is not there': (proxy) => proxy.refuse(),
  }
  for (const [what, befall] of Object.entries(outages)) {
    testOnFirestore(
      `it ${what}: core says so before its callers give up, and people press again`,
      async (world, proxy) => {
        const { dropId } = await openShop(world, { quantity: '5' })
        befall(proxy)
        const inVain = await rush([world.client], dropId, 20)
        assert.equal(count(inVain, 'unavailable'), 20, inVain.join(' '))
        // What was on its way may be written now, long after nobody waits for it any more.
        proxy.heal()
        let told: readonly string[]
        do told = await rush([world.client], dropId, 20)
        while (told.includes('unavailable'))
        assertFair(told, 5)
        assert.equal((await ordersIn(world)).length, 5)
      },
      options,
    )
  }

  testOnFirestore(
    'it answers nothing for half a minute in the middle of a drop: people are told, and press again',
    async (world, proxy) => {
      const { dropId } = await openShop(world, { quantity: '5' })
      proxy.freeze()
      const silentFrom = performance.now()
      let inVain: readonly string[]
      do inVain = await rush([world.client], dropId, 20)
      while (performance.now() - silentFrom < 30_000)
      proxy.heal()
      assert.equal(count(inVain, 'unavailable'), 20, inVain.join(' '))
      assertFair(await rush([world.client], dropId, 20), 5)
      assert.equal((await ordersIn(world)).length, 5)
    },
  )

  testOnFirestore(
    'a buyer is told in Discord, and finds the unit that was written after all',
    async (world, proxy) => {
      const { card } = await openShop(world)
      // Core's other work would only meet the same silence.
      const poppy = createPlayer({
        pageUrl: world.sandbox.page?.url ?? '',
        personId: PEOPLE.poppy.id,
        channelId: CHANNELS.lounge.id,
      })
      proxy.freeze('/Commit')
      assert.match(textOf(await buy(poppy, card)), /catching its breath/)
      assert.equal((await ordersIn(world)).length, 0)
      proxy.heal()
      await until(async () => (await ordersIn(world)).length === 1)
      assert.match(textOf(await buy(poppy, card)), /Held for you|already/)
      assert.equal((await ordersIn(world)).length, 1)
    },
    options,
  )
})

describe('clocks thirty seconds apart', () => {
  testOnFirestore(
    'what one core has in hand is left alone by the other, whichever is ahead',
    async (world) => {
      const { dropId } = await openShop(world)
      const fast = await world.anotherCore(SKEW)
      await world.stripeControl('/local/faults', {
        route: 'POST /v1/checkout/sessions',
        kind: 'slow',
        times: 2,
        // Longer than the other core takes to see all there is to do, on a slow machine as well.
        delayMs: 5_000,
      })
      for (const [first, second, person] of [
        [world.core, fast.core, world.player('poppy')],
        [fast.core, world.core, world.player('wren')],
      ] as const) {
        await world.client.createCheckout({ buyer: { userId: person.id, name: 'Somebody' }, dropId })
        const running = first.runDue()
        const { orderId } = await orderOf(world, person)
        const wish = async () => (await world.core.store.get('outbox', `checkout:${orderId}`))?.value
        await until(async () => ((await wish())?.leaseUntil ?? 0) > 0)
        await second.runDue()
        assert.equal((await wish())?.attempts, 1, 'nobody else began it')
        await running
        assert.ok((await orderOf(world, person)).checkout?.sessionId)
      }
      assert.equal((await readStripe(world.stripeUrl)).sessions.length, 2, 'one page to pay on for each')
    },
  )

  testOnFirestore('a hold that ends half a minute early harms nobody who has paid', async (world) => {
    const { card } = await openShop(world, { quantity: '2' })
    const fast = await world.anotherCore(SKEW)
    const poppy = world.player('poppy')
    const wren = world.player('wren')
    const link = linkOf(await buy(poppy, card), /^Pay/)
    await buy(wren, card)
    await world.settle()
    await world.advance(HOLD - 20_000)
    await world.stripeControl('/local/webhooks', { mode: 'lose' })
    await payInBrowser(link)
    // By its clock both holds are over.
    await fast.core.runDue()
    await world.stripeControl('/local/webhooks', { mode: 'normal' })
    await world.settle()
    assert.equal((await orderOf(world, poppy)).status, 'paid')
    assert.equal((await orderOf(world, wren)).status, 'expired')
  })
})

describe('a webhook comes to any core', () => {
  testOnFirestore('Stripe tells one core of a purchase that another one made', async (world) => {
    const { card } = await openShop(world)
    const poppy = world.player('poppy')
    await buy(poppy, card)
    const { orderId, checkout } = await orderOf(world, poppy)
    const another = await world.anotherCore()
    await world.stripeControl('/local/webhooks', { mode: 'lose' })
    await world.stripeControl(`/local/sessions/${checkout?.sessionId}/pay`, {})
    const object = { object: 'checkout.session', id: checkout?.sessionId, client_reference_id: orderId }
    const type = 'checkout.session.completed'
    const event = {
      id: 'evt_elsewhere',
      object: 'event',
      type,
      livemode: false,
      created: 1,
      data: { object },
    }
    const payload = JSON.stringify(event)
    const secret = WEBHOOK_SECRETS.platform
    const sent = await fetch(`${another.core.url}/webhooks/stripe`, {
      method: 'POST',
      headers: { 'stripe-signature': Stripe.webhooks.generateTestHeaderString({ payload, secret }) },
      body: payload,
    })
    assert.equal(sent.status, 200)
    await another.core.runDue()
    assert.equal((await orderOf(world, poppy)).status, 'paid')
  })

  testOnFirestore(
    'Twitch tells one core of a stream, and again another, and it is one stream',
    async (world) => {
      const juniper = world.player('juniper')
      await joinAsBuilder(juniper)
      const { id } = BROADCASTERS.juniper
      assert.equal((await linkChannel(juniper, id)).status, 200)
      await world.settle()
      const another = await world.anotherCore()
      const subscription = { type: 'stream.online', version: '1' }
      const whole = { ...subscription, id: 's', status: 'enabled', condition: { broadcaster_user_id: id } }
      const started = new Date(world.now()).toISOString()
      const event = { id: '9001', broadcaster_user_id: id, type: 'live', started_at: started }
      const message: EventSubMessage = {
        id: crypto.randomUUID(),
        timestamp: toTimestamp(world.now()),
        type: 'notification',
        subscription,
        body: JSON.stringify({ subscription: whole, event }),
      }
      const headers = messageHeaders(EVENTSUB_SECRET, message)
      for (const { url } of [another.core, world.core]) {
        const sent = await fetch(`${url}/webhooks/twitch`, { method: 'POST', headers, body: message.body })
        assert.equal(sent.status, 204, url)
      }
      await world.settle()
      const builder = (await world.core.store.get('builders', juniper.id))?.value
      assert.equal(builder?.twitch?.live?.streamId, '9001')
      assert.equal((await juniper.messages(CHANNELS.live.id)).length, 1, 'announced once')
    },
  )
})

describe('an old and a new core together', () => {
  testOnFirestore('a deploy in the middle of a drop loses no answer', async (world) => {
    const { dropId } = await openShop(world, { quantity: '10' })
    const old = await world.anotherCore()
    const before = rush([old.client, world.client], dropId, 20)
    await until(async () => (await ordersIn(world)).length > 0)
    await old.core.close()
    const told = [...(await before), ...(await rush([world.client], dropId, 40)).slice(20)]
    assertFair(told, 10)
    assert.equal((await ordersIn(world)).length, 10)
    await world.settle()
    for (const { checkout } of await ordersIn(world)) assert.ok(checkout?.sessionId)
  })

  testOnFirestore('what a newer version wrote into a document is kept', async (world) => {
    const { card, dropId, juniper } = await openShop(world)
    const poppy = world.player('poppy')
    const held = await buy(poppy, card)
    await world.settle()
    const { orderId } = await orderOf(world, poppy)
    const written = [
      ['orders', orderId],
      ['inventory', dropId],
      ['claims', claimId(dropId, poppy.id)],
      ['builders', juniper.id],
      ['outbox', `checkout:${orderId}`],
    ] as const
    for (const [collection, id] of written) await addField(world, collection, id)
    await payInBrowser(linkOf(held, /^Pay/))
    await world.settle()
    await world.client.markShipped({
      userId: juniper.id,
      orderId,
      carrier: 'Royal Mail',
      trackingNumber: 'RM 1',
    })
    await world.client.confirmArrival({ userId: poppy.id, orderId })
    await world.settle()
    assert.equal((await orderOf(world, poppy)).status, 'released')
    for (const [collection, id] of written.slice(0, 4)) {
      const value = (await world.core.store.get(collection, id))?.value
      assert.equal((value as { ribbon?: string } | undefined)?.ribbon, 'mint', collection)
    }
  })
})

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setImmediate(resolve))
}

async function addField<C extends CollectionName>(world: World, collection: C, id: string): Promise<void> {
  const stored = await world.core.store.get(collection, id)
  assert.ok(stored, `${collection}/${id}`)
  const value = { ...stored.value, ribbon: 'mint' } as Collections[C]
  const { version } = stored
  // The union of writes is by collection; this collection's value goes to this collection.
  await world.core.store.commit([{ op: 'replace', collection, id, value, version } as never])
}
