import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import { NO_TELEMETRY } from '../../runtime/telemetry.ts'
import { createSqliteStore } from '../adapters/store-sqlite.ts'
import { effectId } from '../domain/effect.ts'
import { createOutbox, type EffectHandler } from '../jobs/outbox.ts'
import { type CheckoutRequest, type Payments, PaymentsError } from '../ports/payments.ts'
import type { Write } from '../ports/store.ts'
import { POPPY, sampleDrop } from '../testing/samples.ts'
import { cancelHold } from './cancel-hold.ts'
import { createChanges } from './change.ts'
import { createCheckout } from './create-checkout.ts'
import type { Settings } from './deps.ts'
import { tendCheckout } from './tend-checkout.ts'

const NOW = Date.UTC(2026, 10, 30, 18)
const MINUTE = 60_000
const drop = sampleDrop({ closesAt: NOW + 24 * 60 * MINUTE })

/** A Stripe that refuses what ends too soon, knows keys again, and notes what it was asked. */
function countingStripe(now: () => number) {
  const asked: CheckoutRequest[] = []
  const shut: string[] = []
  const answer = { lost: false }
  const sessions = new Map<string, string>()
  const payments: Pick<Payments, 'createCheckout' | 'expireCheckout'> = {
    async createCheckout(request) {
      asked.push(request)
      const { idempotencyKey: key, expiresAt } = request
      if (!sessions.has(key) && expiresAt < now() + 30 * MINUTE)
        throw new PaymentsError('refused', 'expires_at must be at least 30 minutes from now', null)
      const sessionId = sessions.get(key) ?? `cs_${sessions.size + 1}`
      sessions.set(key, sessionId)
      if (answer.lost) throw new PaymentsError('busy', 'connection reset', null)
      return { sessionId, orderId: request.orderId, status: 'open', payment: 'none', url: null, paid: null }
    },
    async expireCheckout(sessionId) {
      shut.push(sessionId)
      return 'closed'
    },
  }
  return { asked, shut, answer, payments }
}

async function setUp() {
  const store = createSqliteStore({ path: ':memory:' })
  const time = { now: NOW }
  const clock = { now: () => time.now }
  const commits: (readonly Write[])[] = []
  const change = createChanges({ store, onCommit: (writes) => commits.push(writes), random: () => 0 })
  await store.commit([{ op: 'create', collection: 'inventory', id: drop.dropId, value: drop }])
  const stripe = countingStripe(clock.now)
  const settings = {
    holdMs: 30 * MINUTE,
    webUrl: 'http://shop',
    linkSecret: createSecretKey(Buffer.from('secret')),
  } as Settings
  const deps = { store, change, clock, settings, payments: stripe.payments as Payments }
  const tend: EffectHandler = (effect) => tendCheckout(deps, effect.subject, effect)
  // Only checkouts are played here.
  const handlers = new Proxy({} as Parameters<typeof createOutbox>[1], {
    get: (_, kind) => (kind === 'checkout' ? tend : async () => null),
  })
  const outbox = createOutbox(deps, handlers, {
    random: () => 0,
    pace: { kind: 'by_hand' },
    telemetry: NO_TELEMETRY,
    onFailure: () => {},
  })
  const press = { buyer: POPPY, dropId: drop.dropId, idempotencyKey: 'press' }
  const { order } = await createCheckout(deps, press)
  commits.length = 0
  return {
    ...{ ...deps, stripe, time, commits, outbox },
    orderId: order.orderId,
    read: async () => (await store.get('orders', order.orderId))?.value ?? assert.fail(),
    available: async () => (await store.get('inventory', drop.dropId))?.value.available,
    effect: async () => (await store.get('outbox', effectId('checkout', order.orderId)))?.value,
  }
}

test('a session takes two commits, and the run’s end stands in the one with the session', async () => {
  const shop = await setUp()
  await shop.outbox.runDue()
  const sessions = shop.commits.filter((writes) => writes.some(({ id }) => id.endsWith(shop.orderId)))
  assert.equal(sessions.length, 2, 'claimed, and done')
  assert.deepEqual(
    sessions[1]?.map(({ collection }) => collection),
    ['orders', 'outbox'],
  )
  const order = await shop.read()
  assert.equal(order.checkout?.sessionId, 'cs_1')
  const effect = await shop.effect()
  assert.deepEqual([effect?.dueAt, effect?.leaseUntil, effect?.runs], [order.holdUntil, 0, 1])
  assert.equal(shop.stripe.asked[0]?.expiresAt, order.holdUntil + MINUTE)
})

test('a hold that is let go before Stripe was asked costs Stripe nothing', async () => {
  const shop = await setUp()
  await cancelHold(shop, { userId: POPPY.userId, orderId: shop.orderId })
  await shop.outbox.runDue()
  assert.deepEqual([shop.stripe.asked.length, shop.stripe.shut.length], [0, 0])
  assert.deepEqual([(await shop.read()).status, await shop.available()], ['expired', 3])
})

test('a hold whose session may have been made is put back only after that session is shut', async () => {
  const shop = await setUp()
  shop.stripe.answer.lost = true
  await shop.outbox.runDue()
  assert.equal((await shop.read()).checkout?.sessionId, null)
  await cancelHold(shop, { userId: POPPY.userId, orderId: shop.orderId })
  shop.stripe.answer.lost = false
  shop.time.now += 10_000
  await shop.outbox.runDue()
  assert.deepEqual(shop.stripe.shut, ['cs_1'])
  assert.deepEqual(
    shop.stripe.asked.map(({ idempotencyKey }) => idempotencyKey),
    Array(2).fill(`${shop.orderId}:checkout:1`),
  )
  assert.deepEqual([(await shop.read()).status, await shop.available()], ['expired', 3])
})

test('whoever waited long for the first question is asked for with a later end, and not refused first', async () => {
  const shop = await setUp()
  shop.time.now += 5 * MINUTE
  await shop.outbox.runDue()
  const [asked, ...more] = shop.stripe.asked
  assert.deepEqual([asked?.expiresAt, more.length], [shop.time.now + 31 * MINUTE, 0])
  assert.equal((await shop.read()).checkout?.sessionId, 'cs_1')
})

test('after a lost answer the same question comes first, however late: the session may be there', async () => {
  const shop = await setUp()
  shop.stripe.answer.lost = true
  await shop.outbox.runDue()
  shop.stripe.answer.lost = false
  shop.time.now += 5 * MINUTE
  await shop.outbox.runDue()
  assert.equal((await shop.read()).checkout?.sessionId, 'cs_1')
  const keys = new Set(shop.stripe.asked.map(({ idempotencyKey }) => idempotencyKey))
  assert.deepEqual([...keys], [`${shop.orderId}:checkout:1`])
})

test('a buyer who lets go while Stripe is being asked is looked at again at once', async () => {
  const shop = await setUp()
  const { createCheckout: create } = shop.stripe.payments
  shop.payments.createCheckout = async (request) => {
    await cancelHold(shop, { userId: POPPY.userId, orderId: shop.orderId })
    return create(request)
  }
  await shop.outbox.runDue()
  assert.deepEqual(shop.stripe.shut, ['cs_1'])
  assert.deepEqual([(await shop.read()).status, await shop.available()], ['expired', 3])
  assert.equal(await shop.effect(), undefined)
})

test('a session that another core opened meanwhile is not forgotten for a second one', async () => {
  const shop = await setUp()
  const { createCheckout: create } = shop.stripe.payments
  // The old version and the new one ask the same with other words: Stripe refuses whoever comes second.
  const theirs = { ...shop, payments: { ...shop.payments, createCheckout: create } }
  shop.payments.createCheckout = async () => {
    shop.payments.createCheckout = create
    await tendCheckout(theirs, shop.orderId)
    throw new PaymentsError('refused', 'the same key with other parameters', 'idempotency_error')
  }
  await shop.outbox.runDue()
  assert.equal(shop.stripe.asked.length, 1)
  const { checkout } = await shop.read()
  assert.deepEqual([checkout?.sessionId, checkout?.attempt], ['cs_1', 1])
})
