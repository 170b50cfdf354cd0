import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isAppError, type Person } from '#contract'
import { createSqliteStore } from '../adapters/store-sqlite.ts'
import { effectId } from '../domain/effect.ts'
import type { Order, OrderEvent } from '../domain/order.ts'
import { JUNIPER, sampleBuilder, sampleDrop } from '../testing/samples.ts'
import { advanceOrder } from './advance-order.ts'
import { createChanges } from './change.ts'
import { createCheckout } from './create-checkout.ts'
import type { Settings } from './deps.ts'
import { endDrop } from './end-drop.ts'
import { followBuilder } from './follow-builder.ts'
import { pauseSelling } from './run-collective.ts'
import { endWaitlist, joinWaitlist, leaveWaitlist, offerUnits } from './waitlist.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DROP = 'drp_1'
const person = (n: number): Person => ({
  userId: String(300_000_000_000_000_000n + BigInt(n)),
  name: `Friend ${n}`,
})
const refused = (code: Parameters<typeof isAppError>[1]) => (error: unknown) => isAppError(error, code)

/** A drop on sale, and what people and time can do to it. */
async function setUp(over: Parameters<typeof sampleDrop>[0] = {}) {
  const store = createSqliteStore({ path: ':memory:' })
  const change = createChanges({ store, onCommit: () => {}, random: () => 0 })
  const time = { now: 0 }
  const settings = { holdMs: 30 * MINUTE } as Settings
  const deps = { store, change, clock: { now: () => time.now }, settings }
  const quantity = over.quantity ?? 1
  const drop = sampleDrop({ dropId: DROP, closesAt: 24 * HOUR, quantity, available: quantity, ...over })
  await store.commit([{ op: 'create', collection: 'inventory', id: DROP, value: drop }])
  let clicks = 0

  const dropNow = async () => (await store.get('inventory', DROP))?.value ?? assert.fail()
  async function orders(): Promise<Order[]> {
    const { documents } = await store.scan('orders', { limit: 1_000, cursor: null })
    return documents.map(({ value }) => value).toSorted((a, b) => (a.orderId < b.orderId ? -1 : 1))
  }
  async function liveOrderOf(n: number): Promise<Order | undefined> {
    return (await orders()).find(
      ({ buyerId, status }) => buyerId === person(n).userId && ['held', 'closing'].includes(status),
    )
  }
  async function step(n: number, ...events: readonly OrderEvent[]): Promise<boolean> {
    const order = await liveOrderOf(n)
    if (!order) return false
    for (const event of events) await advanceOrder(deps, order, () => event)
    return true
  }
  const payment = { paymentIntentId: 'pi', chargeId: 'ch', stripeFee: 1, shipTo: null, transferId: null }
  return {
    deps,
    time,
    dropNow,
    orders,
    liveOrderOf,
    buy: (n: number) =>
      createCheckout(deps, { buyer: person(n), dropId: DROP, idempotencyKey: `click ${++clicks}` }),
    join: (n: number) => joinWaitlist(deps, { person: person(n), dropId: DROP }),
    leave: (n: number) => leaveWaitlist(deps, { person: person(n), dropId: DROP }),
    letGo: (n: number) => step(n, { type: 'hold_ended', by: 'buyer' }, { type: 'session_shut' }),
    pay: (n: number) => step(n, { type: 'payment_succeeded', payment }),
    /** Ids of what was wished for and is not carried out, of these kinds. */
    async wished(...kinds: readonly string[]): Promise<string[]> {
      const { documents } = await store.scan('outbox', { limit: 1_000, cursor: null })
      return documents.filter(({ value }) => kinds.includes(value.kind)).map(({ id }) => id)
    },
    /** Who is in line, first in line first. */
    async line(): Promise<number[]> {
      const { documents } = await store.scan('waitlist', { limit: 1_000, cursor: null })
      return documents
        .map(({ value }) => value)
        .toSorted((a, b) => a.number - b.number)
        .map((place) => Number(BigInt(place.person.userId) - 300_000_000_000_000_000n))
    },
    /** What core's outbox does: carries the wish out, and forgets it. */
    async carryOut(kind: 'offer_unit' | 'end_waitlist'): Promise<number | null> {
      const id = effectId(kind, DROP)
      const wish = await store.get('outbox', id)
      if (!wish) return null
      const again = kind === 'offer_unit' ? await offerUnits(deps, DROP) : await endWaitlist(deps, DROP)
      if (again !== null) return again
      await store.commit([{ op: 'delete', collection: 'outbox', id, version: wish.version }])
      return null
    },
    [Symbol.asyncDispose]: () => store.close(),
  }
}

test('what comes back is held for whoever has waited longest, and nobody else can take it meanwhile', async () => {
  await using rig = await setUp()
  await rig.buy(0)
  await assert.rejects(rig.join(0), refused('hold_first'))
  assert.deepEqual(
    [(await rig.join(1)).place, (await rig.join(2)).place, (await rig.join(3)).place],
    [1, 2, 3],
  )
  assert.equal((await rig.join(2)).place, 2, 'again is the same place')
  assert.deepEqual(await rig.wished('offer_unit'), [])

  await rig.letGo(0)
  assert.deepEqual(await rig.wished('offer_unit'), [`offer_unit:${DROP}`])
  assert.equal((await rig.dropNow()).available, 1)
  for (const n of [0, 2, 9]) await assert.rejects(rig.buy(n), refused('all_held'))

  await Promise.all([offerUnits(rig.deps, DROP), offerUnits(rig.deps, DROP)])
  assert.equal(await rig.carryOut('offer_unit'), null)
  const held = (await rig.liveOrderOf(1)) ?? assert.fail('Friend 1 was next')
  assert.equal(held.holdUntil, 30 * MINUTE)
  const { available, waitlist } = await rig.dropNow()
  assert.deepEqual([available, waitlist, await rig.line()], [0, { waiting: 2, lastNumber: 3 }, [2, 3]])
  assert.deepEqual(await rig.wished('notify'), [`notify:${held.orderId}:buyer_offered:0`])
  assert.ok((await rig.wished('checkout')).includes(`checkout:${held.orderId}`), 'they can pay')
  assert.equal((await rig.join(3)).place, 2, 'who waits moves up')

  await rig.letGo(1)
  await rig.carryOut('offer_unit')
  assert.ok(await rig.liveOrderOf(2))
  await rig.pay(2)
  assert.deepEqual(await rig.wished('end_waitlist'), [`end_waitlist:${DROP}`])
  assert.equal(await rig.carryOut('end_waitlist'), rig.time.now, 'there may be more')
  assert.equal(await rig.carryOut('end_waitlist'), null)
  assert.deepEqual(await rig.wished('remind'), [`remind:${DROP}:waitlist:${person(3).userId}:0`])
  assert.deepEqual([await rig.line(), (await rig.dropNow()).waitlist.waiting], [[], 0])
  await assert.rejects(rig.join(4), refused('sold_out'))
})

test('who may not have one is not let in line, or loses the place', async () => {
  await using rig = await setUp({ quantity: 2, perPerson: 2 })
  assert.equal((await rig.join(1)).place, null, 'there is one to buy')
  await rig.buy(0)
  await rig.buy(8)
  await assert.rejects(joinWaitlist(rig.deps, { person: JUNIPER, dropId: DROP }), refused('own_drop'))
  await assert.rejects(rig.join(0), refused('hold_first'))
  await rig.pay(0)
  assert.equal((await rig.join(0)).place, 1, 'for a second one')
  await rig.join(2)
  await rig.join(1)
  // By the time their turn comes one has enough, and another is paying for one.
  const claims = [
    [0, { taken: 2, liveOrderId: null }],
    [2, { taken: 1, liveOrderId: 'ord_x' }],
  ] as const
  const { store } = rig.deps
  for (const [n, has] of claims) {
    const id = `${DROP}:${person(n).userId}`
    const claim = await store.get('claims', id)
    const value = { requests: [], ...claim?.value, ...has }
    await store.commit([
      claim
        ? { op: 'replace', collection: 'claims', id, value, version: claim.version }
        : { op: 'create', collection: 'claims', id, value },
    ])
  }
  await rig.letGo(8)
  await rig.carryOut('offer_unit')
  assert.deepEqual([await rig.liveOrderOf(0), await rig.liveOrderOf(2)], [undefined, undefined])
  assert.ok(await rig.liveOrderOf(1))
  assert.deepEqual(await rig.line(), [])
  await assert.rejects(rig.join(0), refused('limit_reached'))
})

test('who leaves is passed over, and a line of nobody leaves the unit to everybody', async () => {
  await using rig = await setUp()
  await rig.buy(0)
  await rig.join(1)
  await rig.join(2)
  assert.equal((await rig.leave(1)).place, null)
  assert.equal((await rig.leave(1)).drop.waitlist.waiting, 1, 'once')
  assert.equal((await rig.join(1)).place, 2, 'and is last when they come again')
  await rig.letGo(0)
  await rig.leave(2)
  await rig.leave(1)
  await rig.carryOut('offer_unit')
  assert.equal((await rig.orders()).length, 1)
  assert.equal((await rig.buy(9)).order.status, 'held')
})

test('while selling is paused the unit waits with its line; when the drop closes everybody is told', async () => {
  await using rig = await setUp()
  const { store } = rig.deps
  await rig.buy(0)
  for (let n = 1; n <= 150; n++) await rig.join(n)
  await rig.letGo(0)
  const pause = (paused: boolean) =>
    pauseSelling(rig.deps, {
      operator: JUNIPER,
      what: { kind: 'drop', dropId: DROP },
      paused,
      reason: 'so',
      idempotencyKey: '',
    })
  await pause(true)
  assert.equal(await rig.carryOut('offer_unit'), null)
  assert.equal(await rig.liveOrderOf(1), undefined)
  await assert.rejects(rig.join(900), refused('paused'))
  await pause(false)
  const selling = async (paused: boolean) => {
    const known = await store.get('switches', 'selling')
    const at = { collection: 'switches', id: 'selling', value: { paused } } as const
    await store.commit([known ? { ...at, op: 'replace', version: known.version } : { ...at, op: 'create' }])
  }
  await selling(true)
  assert.equal(await rig.carryOut('offer_unit'), rig.time.now + MINUTE)
  await selling(false)
  await rig.carryOut('offer_unit')
  assert.ok(await rig.liveOrderOf(1))
  assert.equal((await rig.join(150)).place, 101, 'more than a hundred are before them')

  rig.time.now = 24 * HOUR
  await endDrop(rig.deps, DROP)
  for (let runs = 0; (await rig.carryOut('end_waitlist')) !== null; runs++) assert.ok(runs < 5)
  assert.equal((await rig.wished('remind')).length, 149)
  await rig.letGo(1)
  assert.deepEqual(await rig.wished('offer_unit'), [])
  await assert.rejects(rig.join(1), refused('drop_closed'))
})

test('what came back while the builder could not be paid is offered as soon as they can', async () => {
  await using rig = await setUp()
  const { store } = rig.deps
  await rig.buy(0)
  await rig.join(1)
  const builder = sampleBuilder()
  const id = builder.userId
  await store.commit([{ op: 'create', collection: 'builders', id, value: { ...builder, transfers: false } }])
  await followBuilder(rig.deps, id)
  await rig.letGo(0)
  assert.deepEqual(await rig.wished('offer_unit'), [])
  const { version } = (await store.get('builders', id)) ?? assert.fail()
  await store.commit([{ op: 'replace', collection: 'builders', id, value: builder, version }])
  await followBuilder(rig.deps, id)
  await rig.carryOut('offer_unit')
  assert.ok(await rig.liveOrderOf(1))
})

test('a crowd gets into line once each, in one order', async () => {
  await using rig = await setUp()
  await rig.buy(0)
  const people = Array.from({ length: 300 }, (_, n) => n + 1)
  const places = await Promise.all([...people, ...people].map((n) => rig.join(n)))
  assert.equal((await rig.dropNow()).waitlist.waiting, 300)
  const line = await rig.line()
  assert.deepEqual(
    line.toSorted((a, b) => a - b),
    people,
  )
  const exact = places.slice(0, 300).flatMap(({ place }) => (place !== null && place <= 100 ? [place] : []))
  assert.equal(new Set(exact).size, exact.length, 'no place twice')
})

test('a unit that an older version put back and offered to nobody is offered when the next one gets in line', async () => {
  await using rig = await setUp()
  const { store } = rig.deps
  await rig.buy(0)
  await rig.join(1)
  await rig.letGo(0)
  const id = effectId('offer_unit', DROP)
  const wish = (await store.get('outbox', id)) ?? assert.fail()
  await store.commit([{ op: 'delete', collection: 'outbox', id, version: wish.version }])
  await rig.join(2)
  await rig.carryOut('offer_unit')
  assert.ok(await rig.liveOrderOf(1))
})

const deed = fc.record({
  what: fc.constantFrom('buy', 'join', 'join', 'join', 'leave', 'letGo', 'letGo', 'pay', 'offer'),
  who: fc.integer({ min: 1, max: 8 }),
})

test('whatever people do in whatever order: nobody is passed, no unit is lost, and none lies idle while somebody waits', () =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 2 }),
      fc.array(deed, { minLength: 5, maxLength: 60 }),
      async (quantity, perPerson, story) => {
        await using rig = await setUp({ quantity, perPerson })
        async function assertRight(): Promise<void> {
          const { available, held, sold, waitlist } = await rig.dropNow()
          assert.equal(available + held + sold, quantity)
          const line = await rig.line()
          assert.equal(waitlist.waiting, line.length)
        }
        async function offer(): Promise<void> {
          const before = {
            line: await rig.line(),
            orders: new Set((await rig.orders()).map((o) => o.orderId)),
          }
          const { available } = await rig.dropNow()
          await rig.carryOut('offer_unit')
          const offered = (await rig.orders()).filter(({ orderId }) => !before.orders.has(orderId))
          // Ids are ordered by time here. Who may not have one is passed over, everybody else is not.
          const gone = before.line.slice(0, before.line.length - (await rig.line()).length)
          const names = offered.map((order) => order.buyer.name)
          assert.deepEqual(
            names,
            gone.map((n) => person(n).name).filter((name) => names.includes(name)),
          )
          assert.ok(offered.length <= available)
          assert.deepEqual(await rig.line(), before.line.slice(gone.length), 'from the front')
          const after = await rig.dropNow()
          assert.ok(after.available === 0 || after.waitlist.waiting === 0)
        }
        for (const { what, who } of story) {
          const before = await rig.dropNow()
          if (what === 'buy') {
            const bought = await rig.buy(who).catch(() => null)
            assert.ok(!bought || bought.already || before.waitlist.waiting === 0, 'nobody is passed')
          }
          if (what === 'join') await rig.join(who).catch(() => null)
          if (what === 'leave') await rig.leave(who)
          if (what === 'letGo') await rig.letGo(who)
          if (what === 'pay') await rig.pay(who)
          if (what === 'offer') await offer()
          await assertRight()
        }
        await offer()
        while ((await rig.carryOut('end_waitlist')) !== null);
        await assertRight()
        const { sold, waitlist } = await rig.dropNow()
        assert.ok(sold < quantity || waitlist.waiting === 0, 'nobody waits for nothing')
      },
    ),
    { numRuns: 150 },
  ))
