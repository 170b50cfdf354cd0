import { AppError } from '#contract'
import { type Effect, effectId, isFirstRun, queueOf } from '../domain/effect.ts'
import { signLink } from '../domain/link.ts'
import { isHeld, isTooLateFor, type Order, type OrderEvent } from '../domain/order.ts'
import { type Checkout, type PaidCheckout, PaymentsError } from '../ports/payments.ts'
import { advanceOrder, applyToOrder, type OrderScene } from './advance-order.ts'
import type { Sheet } from './change.ts'
import type { Deps } from './deps.ts'
import { endRun } from './end-run.ts'
import { effectKey } from './wish.ts'

/** How soon to look again at a payment that takes the buyer's bank days: Stripe tells us, so this is for lost events. */
const UNDERWAY_MS = 60 * 60_000
/** How soon to look again at a payment of which Stripe has not told everything. */
const INCOMPLETE_MS = 2_000

type Needs = Pick<Deps, 'store' | 'change' | 'clock' | 'payments' | 'settings'>
type Choose = (order: Order, scene: OrderScene) => OrderEvent | null
/** When to look again, UTC ms; null when nothing more can come; `ended` when the run has written that itself. */
type Again = number | null | 'ended'

/**
 * Bring an order and its Checkout Session into agreement: open the session of a fresh hold, shut the session of a
 * hold that ended, wait for a bank that takes days, and book a payment wherever one turns out to have happened. Safe to
 * run at any time, any number of times, after any crash: the outbox runs it when a hold begins and ends (`run` is the
 * effect as it has it), a webhook or a return from Stripe runs it as a hint. A unit goes back on the shelf only after
 * Stripe has said that the session cannot be paid.
 * Answers when to run again. Throws PaymentsError when Stripe could not be asked.
 */
export async function tendCheckout(deps: Needs, orderId: string, run?: Effect): Promise<Again> {
  const stored = await deps.store.get('orders', orderId)
  if (!stored) throw new AppError('order_not_found')
  let order = stored.value

  if (order.status === 'held') {
    if (deps.clock.now() >= order.holdUntil) order = await endHold(deps, order)
    if (order.status === 'held') {
      if (!order.checkout?.sessionId) return openCheckout(deps, order, run)
      return settle(deps, order, await deps.payments.readCheckout(order.checkout.sessionId), run)
    }
  }
  if (order.status === 'closing') return shutCheckout(deps, order, run)
  // Clearing: has the bank decided? Expired: a payment may have raced the end of its hold, and Stripe is believed.
  if ((order.status === 'clearing' || order.status === 'expired') && order.checkout?.sessionId) {
    return settle(deps, order, await deps.payments.readCheckout(order.checkout.sessionId), run)
  }
  return null
}

/** The last step of a run: what it leads to and the run's end stand in one commit. */
async function finish(
  deps: Needs,
  run: Effect | undefined,
  order: Order,
  choose: Choose,
  again: (after: Order) => number | null,
): Promise<Again> {
  const after = await advanceOrder(deps, order, choose, (sheet, stands) =>
    endWith(deps, sheet, run, again(stands)),
  )
  return run ? 'ended' : again(after)
}

function endWith(deps: Needs, sheet: Sheet, run: Effect | undefined, again: number | null): void {
  if (run) endRun(sheet, effectId(run.kind, run.subject), run, { again }, deps.clock.now())
}

/**
 * What an order knows of its session touches nothing else: it stays out of the drop's lane, where buyers wait, and shares
 * its commits with the claims of other checkouts.
 */
function noteSession(
  deps: Needs,
  { orderId }: Order,
  choose: (fresh: Order) => Extract<OrderEvent, { type: `session_${'asked' | 'opened'}` }> | null,
  also?: (sheet: Sheet, after: Order) => void,
): Promise<Order> {
  return deps.change({
    lane: queueOf('checkout'),
    reads: [['orders', orderId], effectKey('checkout', orderId)],
    decide(sheet) {
      const fresh = sheet.get('orders', orderId)
      if (!fresh) throw new AppError('order_not_found')
      const event = choose(fresh)
      const after = event ? applyToOrder(sheet, orderId, event, deps.clock.now()) : fresh
      also?.(sheet, after)
      return after
    },
  })
}

function endHold(deps: Needs, order: Order): Promise<Order> {
  return advanceOrder(deps, order, (fresh) =>
    fresh.status === 'held' && deps.clock.now() >= fresh.holdUntil
      ? { type: 'hold_ended', by: 'clock' }
      : null,
  )
}

/** Nobody can have asked Stripe for a session of this order. */
function isUnasked(order: Order, run: Effect | undefined): boolean {
  if (!order.checkout) return true
  return order.checkout.sessionId === null && run !== undefined && isFirstRun(run)
}

async function openCheckout(deps: Needs, order: Order, run: Effect | undefined): Promise<Again> {
  // Asking for the first time, there is no need to be refused first.
  const late = order.checkout && isUnasked(order, run) && isTooLateFor(order.checkout, deps.clock.now())
  let asked = late || !order.checkout ? await askAnew(deps, order) : order
  let session = await askForSession(deps, asked).catch((error: unknown) => {
    if (error instanceof PaymentsError && error.kind === 'refused') return null
    throw error
  })
  if (!session) {
    // The end asked for has come too near while Stripe could not be reached: no session was made, ask for a new one.
    asked = await askAnew(deps, asked)
    session = await askForSession(deps, asked)
  }
  const { holdUntil } = await noteSession(deps, asked, opened(session), (sheet, after) =>
    endWith(deps, sheet, run, after.holdUntil),
  )
  return run ? 'ended' : holdUntil
}

/** Plan another session: one that is asked for with another key. */
function askAnew(deps: Needs, order: Order): Promise<Order> {
  return noteSession(deps, order, (fresh) => {
    // Somebody else asked meanwhile: ask the same. What they were given is never forgotten: a buyer may have it before them.
    const { attempt, sessionId } = fresh.checkout ?? {}
    if (fresh.status !== 'held' || attempt !== order.checkout?.attempt || sessionId) return null
    return { type: 'session_asked' }
  })
}

interface OpenedSession {
  readonly attempt: number
  readonly sessionId: string
  readonly url: string | null
}

/** Ask for exactly what was written down before; what is there already is not asked for. */
async function askForSession(deps: Needs, order: Order): Promise<OpenedSession> {
  if (!order.checkout) throw new AppError('conflict', `${order.orderId} has no session planned`)
  const { attempt, expiresAt } = order.checkout
  if (order.checkout.sessionId) return { ...order.checkout, sessionId: order.checkout.sessionId }
  const token = signLink(deps.settings.linkSecret, 'order', order.orderId)
  const { sessionId, url } = await deps.payments.createCheckout({
    orderId: order.orderId,
    title: order.title,
    description: `By ${order.builder.name}`,
    amount: order.total,
    currency: order.currency,
    split: order.destination ? { accountId: order.destination, fee: order.fee } : null,
    expiresAt,
    successUrl: `${deps.settings.webUrl}/success?order=${token}`,
    cancelUrl: `${deps.settings.webUrl}/cancel?order=${token}`,
    idempotencyKey: `${order.orderId}:checkout:${attempt}`,
  })
  return { attempt, sessionId, url }
}

const opened =
  ({ attempt, sessionId, url }: OpenedSession) =>
  ({ checkout, status }: Order) =>
    checkout?.attempt === attempt &&
    checkout.sessionId === null &&
    (status === 'held' || status === 'closing')
      ? ({ type: 'session_opened', sessionId, url } as const)
      : null

/** Make sure nobody can pay any more, then put the unit back; or find that somebody did pay. */
async function shutCheckout(deps: Needs, order: Order, run: Effect | undefined): Promise<Again> {
  if (isUnasked(order, run)) return putBack(deps, order, run)
  let known = order
  if (!order.checkout?.sessionId) {
    try {
      // The answer was lost: the same question with the same key brings it again.
      known = await noteSession(deps, order, opened(await askForSession(deps, order)))
    } catch (error) {
      if (error instanceof PaymentsError && error.kind === 'refused') return putBack(deps, order, run)
      throw error
    }
  }
  const sessionId = known.checkout?.sessionId
  if (!sessionId) throw new AppError('conflict', `${order.orderId} changed while its checkout was being shut`)
  if ((await deps.payments.expireCheckout(sessionId)) === 'closed') return putBack(deps, order, run)
  return settle(deps, known, await deps.payments.readCheckout(sessionId), run)
}

function putBack(deps: Needs, order: Order, run: Effect | undefined): Promise<Again> {
  const shut: Choose = ({ status }) => (status === 'closing' ? { type: 'session_shut' } : null)
  return finish(deps, run, order, shut, () => null)
}

/** Step the order to what Stripe says of its session. */
function settle(deps: Needs, order: Order, checkout: Checkout, run: Effect | undefined): Promise<Again> {
  const step: Choose = (fresh, { drop }) => {
    if (!isHeld(fresh) && fresh.status !== 'expired') return null
    // Stripe makes the transfer of a split payment a moment later: until then not all is known.
    if (checkout.paid && fresh.destination && !checkout.paid.transferId) return null
    if (checkout.paid) {
      const payment = toPayment(fresh, checkout.paid)
      const late = fresh.status === 'expired' && drop.available === 0
      return { type: late ? 'paid_too_late' : 'payment_succeeded', payment }
    }
    if (fresh.status === 'expired') return null
    if (checkout.payment === 'failed') return { type: 'payment_failed' }
    if (fresh.status === 'clearing') return null
    if (checkout.payment === 'underway') return { type: 'payment_started' }
    return checkout.status === 'expired' ? { type: 'session_shut' } : null
  }
  return finish(deps, run, order, step, (after) => {
    if (after.payment) return null
    if (checkout.paid || after.status === 'closing') return deps.clock.now() + INCOMPLETE_MS
    if (checkout.payment === 'underway') return deps.clock.now() + UNDERWAY_MS
    return after.status === 'held' ? after.holdUntil : null
  })
}

function toPayment(order: Order, paid: PaidCheckout) {
  if (paid.amount !== order.total || paid.currency !== order.currency) {
    // Never book what was not agreed. The effect stays in the outbox with this sentence until a person looks.
    throw new AppError(
      'internal',
      `${order.orderId} cost ${order.total} ${order.currency} but Stripe took ${paid.amount} ${paid.currency}`,
    )
  }
  const { paymentIntentId, chargeId, stripeFee, shipTo, transferId } = paid
  return { paymentIntentId, chargeId, stripeFee, shipTo, transferId }
}
