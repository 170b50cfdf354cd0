import { setTimeout as wait } from 'node:timers/promises'
import PQueue from 'p-queue'
import { isAppError, type OrderView, type Person } from '#contract'
import type { Chance } from './prove-chance.ts'
import type { Promised } from './prove-judge.ts'
import type { ProvingShop } from './prove-shop.ts'

/** Requests on the way at once; whoever comes then waits, and the wait counts. */
const CONNECTIONS = 128
const PATIENCE_MS = 20_000
const LOOK_EVERY_MS = 100
const DECLINED_CARD = '4000000000000002'
/** Answers to a click that are no unit and no mistake; a drop is paused while its builder cannot be paid. */
const REFUSALS = ['all_held', 'sold_out', 'limit_reached', 'paused'] as const
/** The same of getting in line. */
const LINE_REFUSALS = ['sold_out', 'limit_reached', 'hold_first', 'paused'] as const

/** What somebody who holds a unit does with it. */
const STORIES = {
  pays: 50,
  is_declined_then_pays: 12,
  is_declined: 5,
  lets_go: 10,
  lets_go_then_pays: 10,
  lets_go_while_paying: 5,
  walks_away: 8,
} as const
type Story = keyof typeof STORIES

export interface Buyer extends Person {
  readonly chance: Chance
  /** How often each click is sent, at once. */
  readonly sends: number
  /** A second send repeats the first's key, or is a click of its own. */
  readonly sameKey: boolean
  readonly story: Story
  /** Does Stripe's page lead them back to the shop, or do they close it? */
  readonly returns: boolean
  /** How often they click again when everything is held. */
  readonly triesAgain: number
  /** Whether they get in line then, and whether they leave it again. */
  readonly waits: 'in_line' | 'leaves' | 'no'
}

/** What can be counted, and where something may be made to happen. */
export type Progress = 'answers' | 'payments' | 'arrivals'

export interface Buyers {
  /** One buyer from the first click to the last thing they do about it. */
  play(buyer: Buyer): Promise<void>
  /** Some of those who walked away from an open pay page pay on it after all. */
  afterHours(chance: Chance): Promise<void>
  /** Those in line who hold one by now do with it what they would have done. */
  offered(): Promise<void>
  /** The builder sends what is paid and the buyers say that it came: most of it. */
  parcels(chance: Chance): Promise<void>
  readonly promised: readonly Promised[]
  /** Who got in line, and had none then. */
  readonly waited: ReadonlySet<string>
  readonly worstAnswerMs: number
  /** Questions that met a dead core, or died with it. */
  readonly refusedWhileDown: number
  /** What nobody should have been answered. */
  readonly problems: readonly string[]
}

export function createBuyer(number: number, chance: Chance, sure = false): Buyer {
  return {
    userId: String(200_000_000_000_000_000n + BigInt(number) * 7_919n),
    name: `Buyer ${number}`,
    chance,
    sends: Number(chance.oneOf({ 1: 5, 2: 3, 3: 2 })),
    sameKey: chance.next() < 0.5,
    story: sure ? chance.oneOf({ pays: 4, lets_go: 1 }) : chance.oneOf(STORIES),
    returns: chance.next() < 0.5,
    triesAgain: chance.next() < 0.15 ? 2 : 0,
    waits: chance.oneOf({ in_line: 3, leaves: 1, no: 6 }),
  }
}

/** Everybody who wants something of this drop. `onProgress` hears of each thing that was reached. */
export function createBuyers(
  shop: ProvingShop,
  dropId: string,
  onProgress: (what: Progress) => void,
): Buyers {
  const promised: Promised[] = []
  const problems: string[] = []
  const orders = new Map<string, { readonly order: OrderView; readonly buyer: Person }>()
  /** Pages that were open when their buyer walked away. */
  const leftOpen: string[] = []
  const inLine = new Map<string, Buyer>()
  const waited = new Set<string>()
  const connections = new PQueue({ concurrency: CONNECTIONS })
  let keys = 0
  let worstAnswerMs = 0
  let refusedWhileDown = 0

  // Discord's ids grow with time.
  const newKey = () => String(1_400_000_000_000_000_000n + BigInt(++keys) * 4_096n)

  /**
   * Ask until core is there to answer, as a person presses again: sometimes the same request is repeated, sometimes
   * it is a new one. `onAnswer` hears how long an answer took while core was up.
   */
  async function insist<T>(
    chance: Chance,
    ask: (call: { readonly idempotencyKey: string }) => Promise<T>,
    options: { readonly key?: string; readonly onAnswer?: (ms: number) => void } = {},
  ): Promise<T> {
    let idempotencyKey = options.key ?? newKey()
    for (const until = performance.now() + PATIENCE_MS; ; ) {
      const life = shop.life()
      const askedAt = performance.now()
      const answered = () => {
        if (life !== null && life === shop.life()) options.onAnswer?.(performance.now() - askedAt)
      }
      try {
        const answer = await connections.add(() => ask({ idempotencyKey }))
        answered()
        return answer
      } catch (error) {
        if (!isAppError(error, 'unavailable')) {
          answered()
          throw error
        }
        if (life !== null && life === shop.life())
          problems.push(`Core was up and did not answer: ${error.message}`)
        refusedWhileDown++
        if (performance.now() > until) throw error
        await shop.up()
        await wait(chance.below(100))
        if (chance.next() < 0.5) idempotencyKey = newKey()
      }
    }
  }

  /** Sent as often as this buyer sends it. Answers the order they now hold, or null when there is no unit. */
  async function click(buyer: Buyer): Promise<OrderView | null> {
    const { chance, userId, name } = buyer
    const key = newKey()
    const answers = await Promise.all(
      Array.from({ length: buyer.sends }, async (_, send) => {
        try {
          const { order } = await insist(
            chance,
            (call) => shop.bot.createCheckout({ buyer: { userId, name }, dropId }, call),
            {
              ...((send === 0 || buyer.sameKey) && { key }),
              onAnswer: (ms) => {
                worstAnswerMs = Math.max(worstAnswerMs, ms)
              },
            },
          )
          promised.push({ orderId: order.orderId, buyerId: userId })
          return order
        } catch (error) {
          if (!isAppError(error) || !(REFUSALS as readonly string[]).includes(error.code))
            problems.push(`${name} was answered: ${error}`)
          return null
        } finally {
          onProgress('answers')
        }
      }),
    )
    const held = answers.filter((order) => order !== null)
    const order = held[0] ?? null
    if (order && held.some(({ orderId }) => orderId !== order.orderId))
      problems.push(`${name} clicked once and was given ${held.map(({ orderId }) => orderId)}.`)
    if (order) orders.set(order.orderId, { order, buyer })
    return order
  }

  /** Answers the order they hold when nobody had to wait after all. */
  async function getInLine(buyer: Buyer): Promise<OrderView | null> {
    const { chance, userId, name } = buyer
    const stand = (on: boolean) =>
      insist(chance, (call) => shop.bot.joinWaitlist({ person: { userId, name }, dropId, on }, call))
    try {
      const { place } = await stand(true)
      if (place === null) return await click(buyer)
      waited.add(userId)
      inLine.set(userId, buyer)
      if (buyer.waits === 'leaves') await stand(false)
    } catch (error) {
      if (!isAppError(error) || !(LINE_REFUSALS as readonly string[]).includes(error.code))
        problems.push(`${name} got in line and was answered: ${error}`)
    }
    return null
  }

  /** The id of the session behind our pay link, once it is made; null when the hold ended first. */
  async function payPage(chance: Chance, token: string): Promise<string | null> {
    for (const until = performance.now() + PATIENCE_MS; ; ) {
      const { order, url } = await insist(chance, () => shop.web.openPayment({ token }))
      if (url) return new URL(url).pathname.split('/').at(-1) ?? null
      if (order.status !== 'held') return null
      if (performance.now() > until) {
        problems.push(`${order.orderId} is held and has no page to pay on.`)
        return null
      }
      await wait(LOOK_EVERY_MS)
    }
  }

  /** Press Pay on Stripe's page. `late` is a payment that was on its way while the page was shut. */
  async function pay(
    sessionId: string,
    how: { readonly card?: string; readonly late?: true } = {},
  ): Promise<boolean> {
    const paid = await shop
      .stripeControl<{ result: string }>(`/sessions/${sessionId}/pay`, how)
      // The page is over, and says so.
      .catch(() => ({ result: 'over' }))
    if (paid.result === 'paid') onProgress('payments')
    return paid.result === 'paid'
  }

  async function comeBack(chance: Chance, token: string): Promise<void> {
    await insist(chance, () => shop.web.orderForReturn({ token }))
  }

  async function letGo({ chance, userId }: Buyer, orderId: string): Promise<void> {
    try {
      await insist(chance, (call) => shop.bot.cancelHold({ userId, orderId }, call))
    } catch (error) {
      if (!isAppError(error, 'hold_paid')) throw error
    }
  }

  async function liveWith(buyer: Buyer, { orderId, payUrl }: OrderView): Promise<void> {
    const { chance, story, userId, returns } = buyer
    const token = payUrl?.split('/').at(-1) ?? ''
    if (story === 'lets_go') {
      // At once, or with Stripe's page already open.
      if (returns) await payPage(chance, token)
      return letGo(buyer, orderId)
    }
    const page = await payPage(chance, token)
    if (page === null) return
    await wait(chance.below(200))
    switch (story) {
      case 'is_declined_then_pays':
        await pay(page, { card: DECLINED_CARD })
        await pay(page)
        break
      case 'pays':
        await pay(page)
        break
      case 'is_declined':
        await pay(page, { card: DECLINED_CARD })
        return
      case 'lets_go_while_paying':
        await Promise.all([pay(page), letGo(buyer, orderId)])
        break
      case 'walks_away':
        leftOpen.push(page)
        return
      case 'lets_go_then_pays': {
        await letGo(buyer, orderId)
        const isShut = async () =>
          (await insist(chance, () => shop.bot.getOrder({ userId, orderId }))).status === 'expired'
        while (!(await isShut())) await wait(LOOK_EVERY_MS)
        await wait(chance.below(600))
        await pay(page, { late: true })
        break
      }
      default:
        return story satisfies never
    }
    if (returns) await comeBack(chance, token)
  }

  async function deliver(chance: Chance, order: OrderView, buyer: Person): Promise<void> {
    const { orderId } = order
    const builderId = order.builder.userId
    const { status } = await insist(chance, () => shop.bot.getOrder({ userId: builderId, orderId }))
    if (status !== 'paid' || chance.next() < 0.1) return
    const parcel = { userId: builderId, orderId, carrier: 'Royal Mail', trackingNumber: orderId }
    await insist(chance, (call) => shop.bot.markShipped(parcel, call))
    if (chance.next() < 0.15) return
    const presses = Array.from({ length: 1 + chance.below(3) }, () =>
      insist(chance, (call) => shop.bot.confirmArrival({ userId: buyer.userId, orderId }, call)),
    )
    await Promise.all(presses)
    onProgress('arrivals')
  }

  return {
    async play(buyer) {
      let order = await click(buyer)
      for (let again = 0; !order && again < buyer.triesAgain; again++) {
        await wait(50 + buyer.chance.below(300))
        order = await click(buyer)
      }
      if (!order && buyer.waits !== 'no') order = await getInLine(buyer)
      if (order) await liveWith(buyer, order)
    },
    async offered() {
      const waiting = [...inLine.values()]
      inLine.clear()
      await Promise.all(
        waiting.map(async (buyer) => {
          const { chance, userId, name } = buyer
          const { orders: theirs } = await insist(chance, () =>
            shop.bot.profile({ person: { userId, name } }),
          )
          const order = theirs.find(({ drop, status }) => drop.dropId === dropId && status === 'held')
          if (!order) return
          promised.push({ orderId: order.orderId, buyerId: userId })
          orders.set(order.orderId, { order, buyer })
          await liveWith(buyer, order)
        }),
      )
    },
    async afterHours(chance) {
      await Promise.all(
        leftOpen.splice(0).map(async (page) => {
          if (chance.next() < 0.5) await pay(page, { late: true })
        }),
      )
    },
    async parcels(chance) {
      const all = [...orders.values()]
      await Promise.all(all.map(({ order, buyer }) => deliver(chance, order, buyer)))
    },
    promised,
    waited,
    problems,
    get worstAnswerMs() {
      return worstAnswerMs
    },
    get refusedWhileDown() {
      return refusedWhileDown
    },
  }
}
