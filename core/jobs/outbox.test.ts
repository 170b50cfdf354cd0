import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { NO_TELEMETRY } from '../../runtime/telemetry.ts'
import { createSqliteStore } from '../adapters/store-sqlite.ts'
import { type Effect, type EffectKind, effectId } from '../domain/effect.ts'
import { createChanges } from '../usecases/change.ts'
import { type Crowd, createCrowd } from '../usecases/crowd.ts'
import { wish, wishNotice } from '../usecases/wish.ts'
import { longerPause, type Pace } from './lookout.ts'
import { createOutbox, type EffectHandler, type Outbox } from './outbox.ts'

const BUILDER = '100000000000000101'
const BUYER = '100000000000000103'

/** An outbox that is driven by hand, on a clock that is set. Every kind of effect is carried out by `handle`. */
function setUp(handle: EffectHandler) {
  const store = createSqliteStore({ path: ':memory:' })
  /** Those that hear what is committed here; the others live in another process. */
  const hearing: Outbox[] = []
  const change = createChanges({
    store,
    onCommit: (writes) => {
      for (const outbox of hearing) outbox.hear(writes)
    },
    random: () => 0,
  })
  const time = { now: 1_000_000 }
  const clock = { now: () => time.now }
  const handlers = new Proxy({}, { get: () => handle }) as Readonly<Record<EffectKind, EffectHandler>>
  const failures: unknown[] = []
  const start = (pace: Pace = { kind: 'by_hand' }, crowd = createCrowd()) =>
    createOutbox({ store, change, clock }, handlers, {
      crowd,
      random: () => 0,
      pace,
      telemetry: NO_TELEMETRY,
      onFailure: (_, error) => void failures.push(error),
    })
  const startHearing = (pace: Pace, crowd?: Crowd) => {
    const outbox = start(pace, crowd)
    hearing.push(outbox)
    return outbox
  }
  return { store, change, time, failures, start, startHearing, outbox: start() }
}

type Rig = ReturnType<typeof setUp>

const wishFor = (rig: Rig, kind: EffectKind, subject: string, dueAt?: number) =>
  rig.change({
    reads: [['outbox', effectId(kind, subject)]],
    decide: (sheet) => wish(sheet, kind, subject, rig.time.now, dueAt === undefined ? {} : { dueAt }),
  })

const left = async ({ store }: Rig, kind: EffectKind, subject: string): Promise<Effect | undefined> =>
  (await store.get('outbox', effectId(kind, subject)))?.value

test('what is due is carried out once and forgotten; what is not due waits', async () => {
  const ran: string[] = []
  const rig = setUp(async ({ subject }) => {
    ran.push(subject)
    return null
  })
  await wishFor(rig, 'transfer', 'now')
  await wishFor(rig, 'transfer', 'later', rig.time.now + 1)
  await rig.outbox.runDue()
  await rig.outbox.runDue()
  assert.deepEqual(ran, ['now'])
  rig.time.now += 1
  await rig.outbox.runDue()
  assert.deepEqual(ran, ['now', 'later'])
  assert.equal(await left(rig, 'transfer', 'later'), undefined)
})

test('a failure is tried again after a growing pause, and its reason is kept', async () => {
  let runs = 0
  const rig = setUp(async () => {
    runs++
    throw new Error('Stripe is busy')
  })
  await wishFor(rig, 'refund', 'o')
  const pauses: number[] = []
  for (let i = 0; i < 4; i++) {
    await rig.outbox.runDue()
    const effect = await left(rig, 'refund', 'o')
    pauses.push((effect?.dueAt ?? 0) - rig.time.now)
    rig.time.now = effect?.dueAt ?? 0
  }
  assert.deepEqual(pauses, [250, 500, 1_000, 2_000])
  assert.deepEqual([runs, (await left(rig, 'refund', 'o'))?.lastError], [4, 'Stripe is busy'])
})

test('a wish made while it is carried out is carried out again', async () => {
  let runs = 0
  const rig = setUp(async ({ subject }) => {
    if (++runs === 1) await wishFor(rig, 'draw_card', subject)
    return null
  })
  await wishFor(rig, 'draw_card', 'drop')
  await rig.outbox.runDue()
  assert.equal(runs, 2)
  assert.equal(await left(rig, 'draw_card', 'drop'), undefined)
})

test('two outboxes on one store carry an effect out once, and a dead one is followed after its lease', async () => {
  let runs = 0
  const { promise: stuck, resolve: letGo } = Promise.withResolvers<null>()
  const rig = setUp(async () => (++runs === 1 ? stuck : null))
  await wishFor(rig, 'transfer', 'o')
  const first = rig.outbox.runDue()
  while (runs === 0) await new Promise((resolve) => setImmediate(resolve))
  const second = rig.start()
  assert.equal(await second.runDue(), 0)
  rig.time.now += 60_000
  await second.runDue()
  assert.equal(runs, 2)
  letGo(null)
  await first
})

test('what a killed process held is due at once where no other process can hold it', async () => {
  const rig = setUp(async () => null)
  await wishFor(rig, 'transfer', 'o')
  const held = await left(rig, 'transfer', 'o')
  assert.ok(held)
  const leaseUntil = rig.time.now + 60_000
  const version = (await rig.store.get('outbox', effectId('transfer', 'o')))?.version ?? 0
  const value = { ...held, leaseUntil, dueAt: leaseUntil }
  await rig.store.commit([
    { op: 'replace', collection: 'outbox', id: effectId('transfer', 'o'), value, version },
  ])
  assert.equal(await rig.outbox.runDue(), 0)
  await rig.outbox.takeOver()
  assert.equal(await rig.outbox.runDue(), 1)
})

test('fifty sales to tell one builder, one after another, do not keep a buyer waiting', async () => {
  const told: string[] = []
  let together = 0
  let most = 0
  const rig = setUp(async ({ notice }) => {
    if (notice?.userId === BUILDER) most = Math.max(most, ++together)
    await new Promise((resolve) => setImmediate(resolve))
    if (notice?.userId === BUILDER) together--
    told.push(notice?.userId === BUYER ? 'buyer' : 'builder')
    return null
  })
  for (let i = 0; i < 50; i++) {
    const notice = { about: 'order', userId: BUILDER, kind: 'builder_sold', occasion: 1 } as const
    await rig.change({ reads: [], decide: (sheet) => wishNotice(sheet, `o${i}`, notice, rig.time.now) })
  }
  const notice = { about: 'order', userId: BUYER, kind: 'buyer_paid', occasion: 1 } as const
  await rig.change({ reads: [], decide: (sheet) => wishNotice(sheet, 'o9', notice, rig.time.now) })
  await rig.outbox.runDue()
  assert.equal(told.length, 51)
  assert.equal(most, 1)
  assert.ok(told.indexOf('buyer') <= 1, `the buyer was told after ${told.indexOf('buyer')} of the builder's`)
})

/** Far longer than a test: nothing is found by looking now and then. */
const RARELY = { kind: 'timer', everyMs: 60_000, idleMs: 60_000 } as const

const LIMITS = { atMost: 100, startForMs: 30_000, endAfterMs: 30_000 }

test('a round tells what it did: runs by kind, failures, and what they made due', async () => {
  const rig = setUp(async ({ kind, subject }) => {
    if (kind === 'refund') throw new Error('Stripe is busy')
    if (kind === 'transfer') await wishFor(rig, 'draw_card', subject)
    return null
  })
  await wishFor(rig, 'transfer', 'a')
  await wishFor(rig, 'transfer', 'b')
  await wishFor(rig, 'refund', 'a')
  await wishFor(rig, 'account', 'later', rig.time.now + 1)
  assert.deepEqual(await rig.outbox.runRound(LIMITS), {
    ran: { transfer: 2, refund: 1, draw_card: 2 },
    failed: 1,
  })
  assert.deepEqual(await rig.outbox.runRound(LIMITS), { ran: {}, failed: 0 })
})

test('rounds of two processes at once carry each effect out once, and count only their own', async () => {
  const ran: string[] = []
  const rig = setUp(async ({ subject }) => {
    await new Promise((resolve) => setImmediate(resolve))
    ran.push(subject)
    return null
  })
  const subjects = Array.from({ length: 60 }, (_, i) => `o${i}`)
  for (const subject of subjects) await wishFor(rig, 'transfer', subject)
  const other = rig.start()
  const rounds = await Promise.all([rig.outbox, rig.outbox, other].map((outbox) => outbox.runRound(LIMITS)))
  assert.deepEqual(ran.toSorted(), subjects.toSorted())
  const counted = rounds.map((round) => round.ran.transfer ?? 0)
  assert.equal(
    counted.reduce((a, b) => a + b),
    60,
  )
})

test('a round starts no more than it may and waits no longer than it may', async () => {
  const { promise: stuck, resolve: letGo } = Promise.withResolvers<null>()
  const rig = setUp(async ({ kind }) => (kind === 'refund' ? stuck : null))
  for (let i = 0; i < 5; i++) await wishFor(rig, 'transfer', `o${i}`)
  assert.deepEqual(await rig.outbox.runRound({ ...LIMITS, atMost: 3 }), { ran: { transfer: 3 }, failed: 0 })
  assert.equal((await rig.outbox.countDue()).money, 2)
  assert.deepEqual(await rig.outbox.runRound({ ...LIMITS, startForMs: 0 }), { ran: {}, failed: 0 })
  await wishFor(rig, 'refund', 'slow')
  const round = await rig.outbox.runRound({ ...LIMITS, startForMs: 50, endAfterMs: 60 })
  assert.deepEqual(round, { ran: { transfer: 2 }, failed: 0 })
  letGo(null)
  await rig.outbox.close()
})

test('what is wished for here is carried out without a question to the store, with a scheduler or without', async () => {
  for (const pace of [RARELY, { kind: 'request' }] as const) {
    const done = Promise.withResolvers<string>()
    const rig = setUp(async ({ subject }) => {
      done.resolve(subject)
      return null
    })
    const find = mock.method(rig.store, 'find')
    const outbox = rig.startHearing(pace)
    await wishFor(rig, 'transfer', 'now')
    assert.equal(await done.promise, 'now')
    await outbox.close()
    assert.equal(find.mock.callCount(), 0)
    assert.equal(await left(rig, 'transfer', 'now'), undefined)
  }
})

test('a thousand wishes of one commit are all carried out once, looked for only where too many wait', async () => {
  const ran: string[] = []
  const all = Promise.withResolvers<void>()
  const rig = setUp(async ({ subject }) => {
    if (ran.push(subject) === 1_000) all.resolve()
    return null
  })
  const find = mock.method(rig.store, 'find')
  const outbox = rig.startHearing(RARELY)
  const subjects = Array.from({ length: 1_000 }, (_, i) => `o${i}`)
  await rig.change({
    reads: [],
    decide(sheet) {
      for (const subject of subjects) wish(sheet, 'checkout', subject, rig.time.now)
    },
  })
  await all.promise
  await outbox.close()
  assert.deepEqual(ran.toSorted(), subjects.toSorted())
  assert.ok(find.mock.callCount() < 150, `${find.mock.callCount()} looks`)
})

test('what is wished for again while it is carried out runs again; what waits for its turn is not forgotten', async () => {
  const ran: string[] = []
  const all = Promise.withResolvers<void>()
  const rig = setUp(async ({ kind, subject }) => {
    if (ran.push(subject) === 1) {
      await wishFor(rig, 'draw_card', 'drop')
      await wishFor(rig, 'draw_card', 'drop')
    }
    if (kind === 'notify') await new Promise((resolve) => setImmediate(resolve))
    if (ran.length === 5) all.resolve()
    return null
  })
  const find = mock.method(rig.store, 'find')
  const outbox = rig.startHearing(RARELY)
  await wishFor(rig, 'draw_card', 'drop')
  for (const subject of ['o1', 'o2', 'o3']) {
    const notice = { about: 'order', userId: BUILDER, kind: 'builder_sold', occasion: 1 } as const
    await rig.change({ reads: [], decide: (sheet) => wishNotice(sheet, subject, notice, rig.time.now) })
  }
  await all.promise
  await outbox.close()
  assert.deepEqual(
    ran.filter((subject) => subject !== 'drop'),
    ['o1', 'o2', 'o3'],
  )
  assert.equal(ran.length, 5)
  assert.equal(find.mock.callCount(), 0)
})

test('who closes finishes what is in hand and leaves what waits to others', async () => {
  const { promise: slow, resolve: letGo } = Promise.withResolvers<null>()
  const begun = Promise.withResolvers<void>()
  let runs = 0
  const rig = setUp(async () => {
    if (++runs === 12) begun.resolve()
    return runs > 12 ? null : slow
  })
  const outbox = rig.startHearing(RARELY)
  await rig.change({
    reads: [],
    decide(sheet) {
      for (let i = 0; i < 40; i++) wish(sheet, 'checkout', `o${i}`, rig.time.now)
    },
  })
  await begun.promise
  const closed = outbox.close()
  letGo(null)
  await closed
  assert.equal(runs, 12)
  assert.equal(await rig.start().runDue(), 28)
})

test('a store that could not say what is due is asked again', async () => {
  const done = Promise.withResolvers<string>()
  const rig = setUp(async ({ subject }) => {
    done.resolve(subject)
    return null
  })
  await wishFor(rig, 'transfer', 'theirs')
  mock.method(rig.store, 'find').mock.mockImplementationOnce(() => Promise.reject(new Error('no answer')))
  const outbox = rig.start({ kind: 'timer', everyMs: 2, idleMs: 2 })
  outbox.wake()
  while (rig.failures.length === 0) await new Promise((resolve) => setImmediate(resolve))
  rig.time.now += 500
  assert.equal(await done.promise, 'theirs')
  await outbox.close()
})

test('however many are to be reminded, whoever has news of their own, or a drop to open, waits for none of them', {
  timeout: 20_000,
}, async () => {
  const ran: string[] = []
  const { promise: never, resolve: end } = Promise.withResolvers<null>()
  const both = Promise.withResolvers<void>()
  const rig = setUp(async ({ kind, notice }) => {
    // Discord takes its time for every one of them.
    if (notice?.about === 'drop') return never
    ran.push(kind)
    if (ran.length === 2) both.resolve()
    return null
  })
  await rig.change({
    reads: [],
    decide(sheet) {
      for (let n = 0; n < 300; n++) {
        const notice = { about: 'drop', userId: String(n), name: 'Friend', occasion: 0 } as const
        wishNotice(sheet, 'drp_1', notice, rig.time.now - 1_000)
      }
    },
  })
  await rig.change({
    reads: [],
    decide(sheet) {
      const notice = { about: 'order', userId: BUYER, kind: 'buyer_paid', occasion: 1 } as const
      wishNotice(sheet, 'ord_1', notice, rig.time.now)
      wish(sheet, 'open_drop', 'drp_2', rig.time.now)
    },
  })
  const round = rig.outbox.runDue()
  await both.promise
  assert.deepEqual(ran.toSorted(), ['notify', 'open_drop'])
  end(null)
  await round
  await rig.outbox.close()
})

test('a run that was taken over leaves alone what was wished for since', async () => {
  const held = [Promise.withResolvers<null>(), Promise.withResolvers<null>()] as const
  let runs = 0
  const rig = setUp(async () => held[runs++]?.promise ?? null)
  const begun = async (count: number) => {
    while (runs < count) await new Promise((resolve) => setImmediate(resolve))
  }
  await wishFor(rig, 'draw_card', 'd')
  const first = rig.outbox.runDue()
  await begun(1)
  rig.time.now += 60_000
  const second = rig.start().runDue()
  await begun(2)
  held[1].resolve(null)
  await second
  assert.equal(await left(rig, 'draw_card', 'd'), undefined)
  await wishFor(rig, 'draw_card', 'd', rig.time.now + 1)
  held[0].resolve(null)
  await first
  assert.ok(await left(rig, 'draw_card', 'd'), 'the new wish is not what the first run did')
})

test('what has its time is found without a wish, again and again', async () => {
  let done = Promise.withResolvers<string>()
  const rig = setUp(async ({ subject }) => {
    done.resolve(subject)
    return null
  })
  const outbox = rig.start({ kind: 'timer', everyMs: 2, idleMs: 16 })
  for (const subject of ['first', 'second']) {
    done = Promise.withResolvers()
    await wishFor(rig, 'close_drop', subject, rig.time.now + 5_000)
    rig.time.now += 5_000
    assert.equal(await done.promise, subject)
  }
  await outbox.close()
})

test('pauses grow while nothing is due, up to a bound', () => {
  const pace = { everyMs: 500, idleMs: 10_000 }
  const pauses = [500, 1_000, 8_000, 10_000].map((pauseMs) => longerPause(pace, pauseMs))
  assert.deepEqual(pauses, [1_000, 2_000, 10_000, 10_000])
})

test('work in a queue of a newer version is left to it, and harms nobody who wishes for it', async () => {
  const rig = setUp(async () => null)
  // A newer core has given this kind a queue of its own, and runs beside this one, or did before a way back.
  await wishFor(rig, 'watch', 'o', rig.time.now + 1)
  const found = await rig.store.get('outbox', effectId('watch', 'o'))
  assert.ok(found)
  const value = { ...found.value, queue: 'watching' } as unknown as Effect
  await rig.store.commit([
    { op: 'replace', collection: 'outbox', id: found.id, value, version: found.version },
  ])
  const outbox = rig.startHearing({ kind: 'request' })
  await wishFor(rig, 'watch', 'o')
  await outbox.close()
})

test('a comparison that takes minutes is not begun anew by every other core meanwhile', async () => {
  let begun = 0
  const { promise: slow, resolve: end } = Promise.withResolvers<null>()
  const rig = setUp(async () => {
    begun++
    return slow
  })
  await wishFor(rig, 'reconcile', 'stripe')
  const first = rig.outbox.runDue()
  while (begun === 0) await new Promise((resolve) => setImmediate(resolve))
  const other = rig.start()
  for (let minute = 1; minute < 10; minute++) {
    rig.time.now += 60_000
    assert.equal(await other.runDue(), 0)
  }
  end(null)
  await first
  assert.equal(begun, 1)
  assert.equal(await left(rig, 'reconcile', 'stripe'), undefined)
})

test('while a crowd waits, only what opens a drop is carried out, and nobody asks what others left', async (t) => {
  const ran: string[] = []
  const rig = setUp(async ({ kind }) => {
    ran.push(kind)
    return null
  })
  const find = mock.method(rig.store, 'find')
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>()
  const crowd = createCrowd()
  for (let n = 0; n < 25; n++) crowd.join(answered)
  const outbox = rig.startHearing({ kind: 'timer', everyMs: 5, idleMs: 5 }, crowd)
  t.after(() => outbox.close())
  await wishFor(rig, 'checkout', 'order')
  await wishFor(rig, 'open_drop', 'drop')
  await new Promise((resolve) => setTimeout(resolve, 100))
  assert.deepEqual([ran, find.mock.callCount()], [['open_drop'], 0])
  answer()
  while (ran.length < 2 || find.mock.callCount() === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.deepEqual(ran, ['open_drop', 'checkout'])
})
