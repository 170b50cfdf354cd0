import type { OrderStatus } from '#contract'
import type { AtStripe, Books, OrderSeen } from './prove-books.ts'

/** The unit is off the shelf for a buyer who may still pay. */
const HOLDS: readonly OrderStatus[] = ['held', 'clearing', 'closing']
/** The unit is the buyer's and the payment is kept. */
const KEEPS: readonly OrderStatus[] = ['paid', 'shipped', 'arrived', 'released', 'release_blocked']
/** The payment is given back. */
const RETURNS: readonly OrderStatus[] = ['refunding', 'refunded']
/** Ends of a paid order: done, or in the hands of a person who can be named (builder, buyer, builder). */
const COMES_TO_REST: readonly OrderStatus[] = ['released', 'refunded', 'paid', 'shipped', 'release_blocked']

/** A buyer was answered with this order. */
export interface Promised {
  readonly orderId: string
  readonly buyerId: string
}

export interface Verdict {
  /** Units whose payment is kept. */
  readonly sold: number
  /** Units given away beyond those there were. */
  readonly oversold: number
  /** Payments at Stripe. */
  readonly paid: number
  /** Payments at Stripe that no order keeps or gives back. */
  readonly lost: number
  /** Payments that went back. */
  readonly refunded: number
  readonly released: number
  /** How far the ledger and Stripe are apart, order by order, minor units. */
  readonly driftMinorUnits: number
  /** All that is wrong, a sentence each; includes what the numbers above say. */
  readonly problems: readonly string[]
}

/** Is everything right once all holds are over and core has come to rest? `now` is UTC milliseconds, as core has it. */
export function judge(books: Books, stripe: AtStripe, promised: readonly Promised[], now: number): Verdict {
  const problems: string[] = []
  const orders = new Map(books.orders.map((order) => [order.orderId, order]))
  const count = (statuses: readonly OrderStatus[]) =>
    books.orders.filter(({ status }) => statuses.includes(status)).length

  const oversold = judgeShelves(books, problems)
  const { paid, lost } = judgePayments(orders, stripe, problems)
  const driftMinorUnits = judgeMoney(books, stripe, problems)
  judgeLines(books, problems)
  for (const order of books.orders) judgeOrder(order, books, stripe, now, problems)

  for (const { orderId, buyerId } of promised) {
    if (orders.get(orderId)?.buyerId !== buyerId)
      problems.push(`${buyerId} was given ${orderId}, which is gone.`)
  }
  for (const { id, dueAt, leaseUntil, lastError } of books.wishes) {
    if (lastError !== null) problems.push(`${id} fails: ${lastError}`)
    else if (dueAt <= now || leaseUntil > now) problems.push(`${id} was due and is not done.`)
  }
  return {
    sold: count(KEEPS),
    oversold,
    paid,
    lost,
    refunded: count(['refunded']),
    released: count(['released']),
    driftMinorUnits,
    problems,
  }
}

/**
 * Whoever paid was told what became of it, and whoever was offered one from the line that they were. `told` has every
 * `person kind` that reached the bot, `waited` everybody who got in line without having one.
 */
export function missingNews(
  { orders }: Pick<Books, 'orders'>,
  told: ReadonlySet<string>,
  waited: ReadonlySet<string>,
): string[] {
  return orders.flatMap(({ orderId, buyerId, status }) => {
    const kinds = [
      ...(KEEPS.includes(status) ? ['buyer_paid'] : []),
      ...(status === 'refunded' ? ['buyer_refunded'] : []),
      ...(waited.has(buyerId) ? ['buyer_offered'] : []),
    ]
    return kinds
      .filter((kind) => !told.has(`${buyerId} ${kind}`))
      .map((kind) => `Nobody told ${buyerId} of ${orderId}: ${kind}.`)
  })
}

/** Every unit is in one place, and shelf and orders say the same. Answers how many units there never were. */
function judgeShelves({ drops, orders }: Books, problems: string[]): number {
  let oversold = 0
  for (const { dropId, quantity, available, held, sold } of drops) {
    const mine = orders.filter((order) => order.dropId === dropId)
    const has = (statuses: readonly OrderStatus[]) => mine.filter(({ status }) => statuses.includes(status))
    const taken = [...has(HOLDS), ...has(KEEPS)]
    const beyond = Math.max(0, taken.length - quantity)
    oversold += beyond
    if (beyond > 0) problems.push(`${dropId} has ${quantity} units and gave away ${taken.length}.`)
    if (held !== has(HOLDS).length || sold !== has(KEEPS).length || available !== quantity - taken.length) {
      problems.push(
        `${dropId} counts ${available} on the shelf, ${held} held, ${sold} sold of ${quantity}; its orders say ` +
          `${has(HOLDS).length} held and ${has(KEEPS).length} sold.`,
      )
    }
    const buyers = taken.map(({ buyerId }) => buyerId)
    const twice = buyers.filter((buyerId, at) => buyers.indexOf(buyerId) !== at)
    for (const buyerId of new Set(twice)) problems.push(`${buyerId} has more than one unit of ${dropId}.`)
  }
  return oversold
}

/** Whoever waits in line is counted, may still get one, and none lies there for somebody else meanwhile. */
function judgeLines({ drops, line }: Books, problems: string[]): void {
  for (const { dropId, quantity, available, sold, status, waitlist } of drops) {
    const inLine = line.filter((place) => place.dropId === dropId).length
    if (waitlist.waiting !== inLine)
      problems.push(`${dropId} counts ${waitlist.waiting} in line, and there are ${inLine}.`)
    if (inLine === 0) continue
    if (status === 'closed' || sold === quantity)
      problems.push(`${inLine} wait in line for ${dropId}, of which nothing can come back.`)
    if (status === 'open' && available > 0)
      problems.push(`${available} of ${dropId} lie there while ${inLine} wait in line.`)
  }
}

/** Nobody paid and was forgotten, and nobody paid twice. */
function judgePayments(
  orders: ReadonlyMap<string, OrderSeen>,
  stripe: AtStripe,
  problems: string[],
): { readonly paid: number; readonly lost: number } {
  const payments = stripe.sessions.filter(({ payment_status }) => payment_status === 'paid')
  let lost = 0
  for (const { id, client_reference_id: orderId, payment_intent: intent } of payments) {
    const order = orders.get(orderId ?? '')
    const known = order && order.payment?.paymentIntentId === intent
    if (known && [...KEEPS, ...RETURNS].includes(order.status)) continue
    lost++
    problems.push(`${id} of ${orderId} was paid, and the order is ${order?.status ?? 'unknown'}.`)
  }
  for (const [orderId, some] of Map.groupBy(payments, (session) => session.client_reference_id)) {
    if (some.length > 1) problems.push(`${orderId} was paid ${some.length} times.`)
  }
  return { paid: payments.length, lost }
}

/** Our ledger against every movement of Stripe's balance, order by order, so that two mistakes cannot cancel out. */
function judgeMoney(books: Books, stripe: AtStripe, problems: string[]): number {
  const ordersByIntent = new Map(
    stripe.sessions.map((session) => [session.payment_intent, session.client_reference_id]),
  )
  const orderBySource = new Map<string, string | null | undefined>([
    ...stripe.charges.map(({ id, payment_intent }) => [id, ordersByIntent.get(payment_intent)] as const),
    ...stripe.refunds.map(({ id, payment_intent }) => [id, ordersByIntent.get(payment_intent)] as const),
    ...stripe.transfers.map(({ id, metadata }) => [id, metadata.order_id] as const),
  ])
  const apart = new Map<string, number>()
  const add = (orderId: string, amount: number) => apart.set(orderId, (apart.get(orderId) ?? 0) + amount)

  const waitsForFee = new Set(
    books.wishes.filter(({ kind }) => kind === 'stripe_fee').map(({ subject }) => subject),
  )
  const orders = new Map(books.orders.map((order) => [order.orderId, order]))
  for (const { source, net, fee } of stripe.movements) {
    const orderId = orderBySource.get(source) ?? `nobody's ${source}`
    const untold = orders.get(orderId)?.payment?.stripeFee === null && waitsForFee.has(orderId)
    // A fee that Stripe has not told yet is the only thing that may stand between, while core means to ask again.
    add(orderId, -(untold ? net + fee : net))
  }
  for (const { orderId, lines } of books.ledger) {
    const sum = lines.reduce((total, { amount }) => total + amount, 0)
    if (sum !== 0) problems.push(`An entry of ${orderId} does not balance: ${sum}.`)
    for (const { account, amount } of lines) if (account === 'stripe') add(orderId, amount)
  }
  let drift = 0
  for (const [orderId, amount] of apart) {
    if (amount === 0) continue
    drift += Math.abs(amount)
    problems.push(`The ledger has ${amount} more than Stripe for ${orderId}.`)
  }
  const moved = stripe.movements.reduce((sum, { net }) => sum + net, 0)
  if (moved !== stripe.balance)
    problems.push(`Stripe's balance is ${stripe.balance}, its movements are ${moved}.`)
  return drift
}

/** One order at rest: its state has an end or a person to wait for, and Stripe did what the state says, once. */
function judgeOrder(
  order: OrderSeen,
  { wishes }: Books,
  stripe: AtStripe,
  now: number,
  problems: string[],
): void {
  const { orderId, status, payment, holdUntil } = order
  const isPaid = KEEPS.includes(status) || RETURNS.includes(status)
  if (isPaid && !COMES_TO_REST.includes(status)) problems.push(`${orderId} rests while ${status}.`)
  if (isPaid !== (payment !== null))
    problems.push(`${orderId} is ${status} with ${payment ? 'a' : 'no'} payment.`)
  // The next in line may hold one since a moment ago.
  if (HOLDS.includes(status) && holdUntil <= now) problems.push(`${orderId} is ${status} beyond its time.`)
  if (order.drift) problems.push(`${orderId} is frozen: ${order.drift.sentence}`)
  const means = (kind: string) => wishes.some((wish) => wish.kind === kind && wish.subject === orderId)
  if (status === 'release_blocked' && (order.blocked === null || !means('transfer')))
    problems.push(`${orderId} is blocked without a reason or a next try.`)

  const transfers = stripe.transfers.filter(({ metadata }) => metadata.order_id === orderId)
  const wanted = status === 'released' ? 1 : 0
  if (transfers.length !== wanted)
    problems.push(`${orderId} is ${status} with ${transfers.length} transfers.`)
  for (const { id, amount } of transfers) {
    if (id !== order.transferId || amount !== order.share)
      problems.push(
        `${orderId} knows of ${order.transferId} over ${order.share}; Stripe has ${id} over ${amount}.`,
      )
  }
  const refunds = stripe.refunds.filter(
    ({ payment_intent, status: state }) =>
      payment_intent !== null && payment_intent === payment?.paymentIntentId && state !== 'failed',
  )
  const back = refunds.reduce((sum, { amount }) => sum + amount, 0)
  if (back !== (status === 'refunded' ? order.total : 0))
    problems.push(`${orderId} is ${status} and ${back} of ${order.total} went back.`)

  const sessions = stripe.sessions.filter((session) => session.client_reference_id === orderId)
  // Asked again after a nap so long that Stripe has forgotten the key, the local one makes a page whose end has passed already:
  // a page's end is in its caller's time there, which slept as well. Stripe refuses it; nobody could ever pay on it.
  const pages = sessions.filter(({ created, expires_at }) => expires_at > created)
  if (pages.length > 1) problems.push(`${orderId} has ${pages.length} pages to pay on.`)
  for (const { id, status: state } of sessions) {
    if (state === 'open' && !HOLDS.includes(status))
      problems.push(`${id} of ${orderId}, ${status}, can still be paid.`)
  }
}
