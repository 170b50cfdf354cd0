import { setTimeout as wait } from 'node:timers/promises'
import { joinBuilder, openDrop } from './builder.ts'
import { isAtRest, openBooks, readStripe, type WishSeen } from './prove-books.ts'
import { createBuyer, createBuyers, type Progress } from './prove-buyers.ts'
import { type Chance, createChance } from './prove-chance.ts'
import { judge, missingNews, type Verdict } from './prove-judge.ts'
import { type Engine, type ProvingShop, startProvingShop } from './prove-shop.ts'

/** Every further core is three more starts of a process. */
const LONGEST_RUN_MS = { first: 90_000, further: 45_000 } as const
const REST_WITHIN_MS = { sqlite: 20_000, firestore: 60_000 } as const
const RUSH_MS = 500
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** The holds are over and Stripe's pages are still open, or have ended, too. */
const SHORT_NAPS_MS = [30.5 * MINUTE_MS, 36 * MINUTE_MS] as const
/** A refused transfer is tried again after six hours; after fourteen days money is released without a word. */
const LONG_NAPS_MS = [7 * HOUR_MS, 15 * 24 * HOUR_MS] as const
const NAPS = 2
const ROUTES = [
  'POST /v1/checkout/sessions',
  'GET /v1/checkout/sessions/:id',
  'POST /v1/checkout/sessions/:id/expire',
  'POST /v1/transfers',
  'POST /v1/refunds',
  'GET /v1/charges/:id',
] as const
const FAULTS = { 429: 1, 500: 1, reset_before: 1, reset_after: 1, slow: 1 } as const

export interface RunResult extends Verdict {
  readonly seed: number
  /** How often core was ended by kill -9. */
  readonly kills: number
  /** The slowest answer to a click on Buy now, while core was up all the time. */
  readonly worstAnswerMs: number
  readonly refusedWhileDown: number
  readonly ms: number
}

/**
 * One drop from the rush to rest: everybody wants it, Stripe and core fail at moments that `seed` chooses, and at the
 * end every unit and every cent is looked for. The seed decides who does what and what goes wrong after how much;
 * how processes take turns is the machine's.
 */
export async function proveOnce(options: {
  readonly seed: number
  readonly engine: Engine
  readonly buyers: number
  readonly units: number
  readonly realBot: boolean
  readonly compiledDir: string
}): Promise<RunResult> {
  const startedAt = performance.now()
  const chance = createChance(options.seed)
  const longestMs = LONGEST_RUN_MS.first + (instancesOf(options.engine) - 1) * LONGEST_RUN_MS.further
  await using shop = await startProvingShop({
    engine: options.engine,
    realBot: options.realBot,
    compiledDir: options.compiledDir,
    unlucky: () => chance.next() < 0.02,
  })
  const overdue = wait(longestMs, null, { ref: false }).then((): never => {
    throw new Error(`The run is not over after ${longestMs / 1_000} s.`)
  })
  const result = await Promise.race([play(shop, chance, options), shop.broken, overdue])
  return { ...result, seed: options.seed, ms: performance.now() - startedAt }
}

async function play(
  shop: ProvingShop,
  chance: Chance,
  {
    seed,
    engine,
    buyers: count,
    units,
    realBot,
  }: {
    readonly seed: number
    readonly engine: Engine
    readonly buyers: number
    readonly units: number
    readonly realBot: boolean
  },
): Promise<Omit<RunResult, 'seed' | 'ms'>> {
  await joinBuilder(shop)
  const dropId = await openDrop(shop, units, 1_000 + chance.below(9_000))
  const accountId = await readAccountId(shop)
  /** Discord takes about one private message a second, and the builder alone has hundreds to read. */
  const matters = ({ kind }: WishSeen) => !realBot || (kind !== 'notify' && kind !== 'remind')
  const kills = planKills(shop, chance, instancesOf(engine), {
    answers: count * 1.5,
    payments: units * 0.4,
    arrivals: units * 0.4,
  })
  const people = createBuyers(shop, dropId, kills.onProgress)
  const buyerOf = (number: number, sure?: boolean) =>
    createBuyer(number, createChance(seed * 100_003 + number), sure)

  // The rush: clicks, payments, second thoughts.
  await breakStripe(shop, chance, 'POST /v1/checkout/sessions')
  await disturbed(shop, chance, async () => {
    await Promise.all(
      Array.from({ length: count }, async (_, number) => {
        const buyer = buyerOf(number)
        await wait(buyer.chance.below(RUSH_MS))
        await people.play(buyer)
      }),
    )
    await kills.finish('answers', 'payments')
  })

  // Every hold is over, and whatever failed is due again.
  await shop.sleepThrough(SHORT_NAPS_MS[chance.below(SHORT_NAPS_MS.length)] ?? SHORT_NAPS_MS[0])
  await comeToRest(shop, matters, REST_WITHIN_MS[engine.store])

  // What came back is sold again while some pay after hours; parcels arrive; much is told once more.
  const closed = chance.next() < 0.3
  if (closed) await shop.stripeControl(`/accounts/${accountId}`, { transfers: 'inactive' })
  await breakStripe(shop, chance, 'POST /v1/transfers')
  await disturbed(shop, chance, async () => {
    await Promise.all([
      repeatEvents(shop, chance),
      people.afterHours(chance),
      people.offered(),
      people.parcels(chance),
      ...Array.from({ length: units }, (_, number) => people.play(buyerOf(count + number, true))),
    ])
    await kills.finish('arrivals')
  })
  if (closed && chance.next() < 0.7)
    await shop.stripeControl(`/accounts/${accountId}`, { transfers: 'active' })

  // The last parcels arrive, Stripe does what it is asked and cannot say so, and core falls asleep over it until long
  // after: keys are forgotten by then, and whatever never came from Stripe must have been looked for.
  await shop.stripeControl('/faults', { route: 'POST /v1/transfers', kind: 'reset_after', times: 10_000 })
  await people.parcels(chance)
  await shop.sleepThrough(LONG_NAPS_MS[chance.below(LONG_NAPS_MS.length)] ?? LONG_NAPS_MS[0], () =>
    shop.stripeControl('/faults/clear', {}),
  )
  await comeToRest(shop, matters, REST_WITHIN_MS[engine.store])
  await shop.stopCores()
  using reader = openBooks(shop.books)
  const books = await reader.read()
  const verdict = judge(
    { ...books, wishes: books.wishes.filter(matters) },
    await readStripe(shop.stripeUrl, shop.stripeKey),
    people.promised,
    shop.now(),
  )
  const untold = shop.told ? missingNews(books, shop.told, people.waited) : []
  return {
    ...verdict,
    problems: [...people.problems, ...verdict.problems, ...untold],
    kills: kills.count() + NAPS * instancesOf(engine),
    worstAnswerMs: people.worstAnswerMs,
    refusedWhileDown: people.refusedWhileDown,
  }
}

function instancesOf(engine: Engine): number {
  return engine.store === 'sqlite' ? 1 : engine.instances
}

async function readAccountId(shop: ProvingShop): Promise<string> {
  const { accounts } = await shop.stripeControl<{ accounts: { id: string }[] }>('/summary')
  if (!accounts[0]) throw new Error('The builder has no account at Stripe.')
  return accounts[0].id
}

/**
 * One to three ends of core, or as many more as there are cores beside the first, of any of them: the first in the
 * rush, each when a random part of the answers, payments or arrivals has been reached, and some milliseconds later.
 * `most` says how many of each are to be expected.
 */
function planKills(
  shop: ProvingShop,
  chance: Chance,
  instances: number,
  most: Readonly<Record<Progress, number>>,
) {
  const reached: Record<Progress, number> = { answers: 0, payments: 0, arrivals: 0 }
  const kinds: Progress[] = ['answers']
  for (let more = chance.below(3) + instances - 1; more > 0; more--) {
    kinds.push(chance.oneOf({ answers: 1, payments: 2, arrivals: 2 }))
  }
  let planned = kinds.map((what) => ({
    what,
    which: instances === 1 ? 0 : chance.below(instances),
    after: 1 + chance.below(most[what]),
    waitMs: chance.below(40),
    downMs: chance.below(150),
  }))
  const { length: count } = planned
  let trouble = Promise.resolve()

  /** One after the other: only what runs can be killed. */
  function carryOut(isDue: (kill: (typeof planned)[number]) => boolean): void {
    for (const kill of planned.filter(isDue)) {
      trouble = trouble.then(async () => {
        await wait(kill.waitMs)
        await shop.crash(kill.downMs, kill.which)
      })
    }
    trouble.catch(() => {})
    planned = planned.filter((kill) => !isDue(kill))
  }

  return {
    count: () => count,
    onProgress(what: Progress): void {
      reached[what]++
      carryOut((kill) => kill.what === what && kill.after <= reached[what])
    },
    /** Whatever has not come to pass by now comes now. */
    async finish(...over: readonly Progress[]): Promise<void> {
      carryOut(({ what }) => over.includes(what))
      await trouble
    },
  }
}

/**
 * Some calls will be refused, lost before or after the work, or slow. Of `surely` so many answers are lost in a row
 * that Stripe's client gives up on some, although the work was done: that is where money is moved twice.
 */
async function breakStripe(
  shop: ProvingShop,
  chance: Chance,
  surely: (typeof ROUTES)[number],
): Promise<void> {
  const fault = (route: string | undefined, kind: string, times: number) =>
    shop.stripeControl('/faults', { route, kind, times, delayMs: chance.below(300) })
  await fault(surely, 'reset_after', 13 + chance.below(4))
  for (let more = 2 + chance.below(5); more > 0; more--) {
    await fault(ROUTES[chance.below(ROUTES.length)], chance.oneOf(FAULTS), 1 + chance.below(3))
  }
}

/** While `play` runs, webhooks come in disorder, late, twice, and for moments at a time never. */
async function disturbed(shop: ProvingShop, chance: Chance, play: () => Promise<void>): Promise<void> {
  let over = false
  async function disturb(): Promise<void> {
    while (!over) {
      const mode = chance.oneOf({ normal: 3, double: 3, lose: 1 })
      await shop.stripeControl('/webhooks', { mode, delayMs: chance.below(400), shuffle: true })
      await wait(50 + chance.below(200))
    }
    await shop.stripeControl('/webhooks', { mode: 'normal', delayMs: 0, shuffle: true })
  }
  const played = play().finally(() => {
    over = true
  })
  await Promise.all([played, disturb()])
}

interface DeliveryAtStripe {
  readonly eventId: string
  readonly state: 'due' | 'delivered' | 'lost' | 'given_up'
  readonly nextAt: number
}

async function readDeliveries(shop: ProvingShop): Promise<DeliveryAtStripe[]> {
  return (await shop.stripeControl<{ deliveries: DeliveryAtStripe[] }>('/deliveries')).deliveries
}

/** Of the events that were not lost, a third comes a second time and a third also a third time, in any order. */
async function repeatEvents(shop: ProvingShop, chance: Chance): Promise<void> {
  const events = new Set(
    (await readDeliveries(shop)).filter(({ state }) => state !== 'lost').map(({ eventId }) => eventId),
  )
  for (const eventId of chance.shuffled([...events])) {
    const how = chance.oneOf({ leave: 1, 'send-again': 1, 'send-twice': 1 })
    if (how !== 'leave') await shop.stripeControl(`/deliveries/${eventId}/${how}`, {})
  }
}

/** Until Stripe has nothing to deliver and core nothing to do that matters, twice in a row: the work of one wakes the other. */
async function comeToRest(
  shop: ProvingShop,
  matters: (wish: WishSeen) => boolean,
  withinMs: number,
): Promise<void> {
  using books = openBooks(shop.books)
  const until = performance.now() + withinMs
  for (let quiet = 0; quiet < 2 && performance.now() < until; ) {
    const due = (await readDeliveries(shop)).filter(({ state }) => state === 'due')
    if (due.length > 0) {
      // Stripe waits longer and longer between tries: its clock goes on to the next one.
      const { now } = await shop.stripeControl<{ now: number }>('/clock', { advanceMs: 0 })
      const next = Math.max(...due.map(({ nextAt }) => nextAt))
      if (next > now) await shop.stripeControl('/clock', { advanceMs: next - now })
    }
    const wishes = (await books.wishes()).filter(matters)
    quiet = due.length === 0 && isAtRest(wishes, shop.now()) ? quiet + 1 : 0
    // The local Stripe looks four times a second for what its clock has made due.
    await wait(quiet === 1 ? 300 : 100)
  }
}
