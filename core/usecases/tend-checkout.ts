import { AppError } from '#contract'
import { signLink } from '../domain/link.ts'
import { isHeld, type Order } from '../domain/order.ts'
import { type Checkout, type PaidCheckout, PaymentsError } from '../ports/payments.ts'
import { advanceOrder } from './advance-order.ts'
import type { Deps } from './deps.ts'

/** Stripe's shortest session, and slack for clocks that differ and calls that wait. */
const SHORTEST_SESSION_MS = 30 * 60_000
const SLACK_MS = 60_000
/** How soon to look again at a payment that takes the buyer's bank days: Stripe tells us, so this is for lost events. */
const UNDERWAY_MS = 60 * 60_000
/** How soon to look again at a payment of which Stripe has not told everything. */
const INCOMPLETE_MS = 2_000

type Needs = Pick<Deps, 'store' | 'change' | 'clock' | 'payments' | 'settings'>

/**
 * Bring an order and its Checkout Session into agreement: open the session of a fresh hold, shut the session of a
 * hold that ended, wait for a bank that takes days, and book a payment wherever one turns out to have happened. Safe to run at any time, any number
 * of times, after any crash: the outbox runs it when a hold begins and ends, a webhook or a return from Stripe runs
 * it as a hint. A unit goes back on the shelf only after Stripe has said that the session cannot be paid.
 * Answers when to run again (UTC ms), or null. Throws PaymentsError when Stripe could not be asked.
 */
export async function tendCheckout(deps: Needs, orderId: string): Promise<number | null> {
  const stored = await deps.store.get('orders', orderId)
  if (!stored) throw new AppError('order_not_found')
  let order = stored.value

  if (order.status === 'held') {
    if (deps.clock.now() >= order.holdUntil) order = await endHold(deps, order)
    if (order.status === 'held') {
      if (!order.checkout?.sessionId) return (await openCheckout(deps, order)).holdUntil
      const checkout = await deps.payments.readCheckout(order.checkout.sessionId)
      return lookAgain(deps, await settle(deps, order, checkout), checkout)
    }
  }
  if (order.status === 'closing') return shutCheckout(deps, order)
  // Clearing: has the bank decided? Expired: a payment may have raced the end of its hold, and Stripe is believed.
  if ((order.status === 'clearing' || order.status === 'expired') && order.checkout?.sessionId) {
    const checkout = await deps.payments.readCheckout(order.checkout.sessionId)
    return lookAgain(deps, await settle(deps, order, checkout), checkout)
  }
  return null
}

/** When to look at Stripe again after `checkout` was read and led to `order`; null when nothing more can come. */
function lookAgain(deps: Pick<Deps, 'clock'>, order: Order, checkout: Checkout): number | null {
  if (order.payment) return null
  if (checkout.paid || order.status === 'closing') return deps.clock.now() + INCOMPLETE_MS
  if (checkout.payment === 'underway') return deps.clock.now() + UNDERWAY_MS
  return order.status === 'held' ? order.holdUntil : null
}

function endHold(deps: Needs, order: Order): Promise<Order> {
  return advanceOrder(deps, order, (fresh) =>
    fresh.status === 'held' && deps.clock.now() >= fresh.holdUntil
      ? { type: 'hold_ended', by: 'clock' }
      : null,
  )
}

async function openCheckout(deps: Needs, order: Order): Promise<Order> {
  const asked = order.checkout ? order : await askAnew(deps, order)
  try {
    return await createSession(deps, asked)
  } catch (error) {
    if (!(error instanceof PaymentsError) || error.kind !== 'refused') throw error
    // The end asked for has come too near while Stripe could not be reached: no session was made, ask for a new one.
    return createSession(deps, await askAnew(deps, asked))
  }
}

/** Write down exactly what will be asked, so that a repeat after a crash asks the same and gets the same session. */
function askAnew(deps: Needs, order: Order): Promise<Order> {
  return advanceOrder(deps, order, (fresh) => {
    // Somebody else asked meanwhile: ask the same.
    if (fresh.status !== 'held' || fresh.checkout?.attempt !== order.checkout?.attempt) return null
    const earliest = deps.clock.now() + SHORTEST_SESSION_MS
    return { type: 'session_asked', expiresAt: Math.max(fresh.holdUntil, earliest) + SLACK_MS }
  })
}

async function createSession(deps: Needs, order: Order): Promise<Order> {
  if (!order.checkout) return order
  const { attempt, expiresAt } = order.checkout
  const token = signLink(deps.settings.linkSecret, 'order', order.orderId)
  const checkout = await deps.payments.createCheckout({
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
  return advanceOrder(deps, order, (fresh) =>
    fresh.checkout?.attempt === attempt &&
    fresh.checkout.sessionId === null &&
    (fresh.status === 'held' || fresh.status === 'closing')
      ? { type: 'session_opened', sessionId: checkout.sessionId, url: checkout.url }
      : null,
  )
}

/** Make sure nobody can pay any more, then put the unit back; or find that somebody did pay. */
async function shutCheckout(deps: Needs, order: Order): Promise<number | null> {
  // Nothing was ever asked of Stripe, so there is nothing to pay.
  if (!order.checkout) return putBack(deps, order)
  let known = order
  if (!order.checkout.sessionId) {
    try {
      // The answer was lost: the same question with the same key brings it again.
      known = await createSession(deps, order)
    } catch (error) {
      if (error instanceof PaymentsError && error.kind === 'refused') return putBack(deps, order)
      throw error
    }
  }
  const sessionId = known.checkout?.sessionId
  if (!sessionId) throw new AppError('conflict', `${order.orderId} changed while its checkout was being shut`)
  if ((await deps.payments.expireCheckout(sessionId)) === 'closed') return putBack(deps, order)
  const checkout = await deps.payments.readCheckout(sessionId)
  return lookAgain(deps, await settle(deps, known, checkout), checkout)
}

async function putBack(deps: Needs, order: Order): Promise<null> {
  await advanceOrder(deps, order, (fresh) => (fresh.status === 'closing' ? { type: 'session_shut' } : null))
  return null
}

/** Step the order to what Stripe says of its session. */
function settle(deps: Needs, order: Order, checkout: Checkout): Promise<Order> {
  return advanceOrder(deps, order, (fresh, { drop }) => {
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
