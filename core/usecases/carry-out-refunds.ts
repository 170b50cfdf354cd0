import { AppError } from '#contract'
import type { Order, OrderPayment, OrderRefund } from '../domain/order.ts'
import { PaymentsError, type Refund } from '../ports/payments.ts'
import { advanceOrder } from './advance-order.ts'
import type { Deps } from './deps.ts'

/** How soon to look again at a refund that Stripe has not finished. */
const PENDING_MS = 60 * 60_000

type Needs = Pick<Deps, 'store' | 'change' | 'clock' | 'payments'>

/**
 * Carry out every refund of an order that is not done: first the buyer's money, then the builder's part, each a step
 * of its own that is written down. `succeeded` only when Stripe says so. What cannot be taken back becomes the
 * builder's debt. Stripe is asked first whether it was done before: no run can know, since a store may have been restored
 * from a backup. Safe to repeat. Answers when to run again (UTC ms), or null.
 * Throws PaymentsError: 'busy' when it is unknown whether something was done, 'refused' when Stripe does not let us read a
 * refund, after all others were seen to.
 */
export async function carryOutRefunds(deps: Needs, orderId: string): Promise<number | null> {
  let order = (await deps.store.get('orders', orderId))?.value
  if (!order) throw new AppError('order_not_found')
  let unread: PaymentsError | undefined
  for (const { n } of order.refunds) {
    try {
      order = await refundBuyer(deps, order, n)
    } catch (error) {
      if (!(error instanceof PaymentsError) || error.kind !== 'refused') throw error
      unread = error
    }
    order = await takeBack(deps, order, n)
  }
  if (unread) throw unread
  const pending = order.refunds.some(({ status }) => status === 'pending')
  return pending ? deps.clock.now() + PENDING_MS : null
}

async function refundBuyer(deps: Needs, order: Order, n: number): Promise<Order> {
  const refund = find(order, n)
  // A succeeded refund is looked at again as well: a bank may send it back days later. A lost dispute has none.
  const over = refund.status === 'failed' || refund.reason === 'dispute_lost'
  if (over || !order.payment) return order
  const { payment } = order
  let answer: Refund
  if (refund.refundId) {
    // Refused, this says nothing about where the money is.
    answer = await deps.payments.readRefund(refund.refundId)
  } else {
    try {
      answer = await askFor(deps, order.orderId, refund, payment)
    } catch (error) {
      if (!(error instanceof PaymentsError) || error.kind !== 'refused') throw error
      const why = error.message
      return advanceOrder(deps, order, (fresh) => {
        // Somebody else may have got an answer meanwhile, or tried again: this one is to an older question.
        const isAsked = find(fresh, n).attempt === refund.attempt && find(fresh, n).refundId === null
        return isAsked ? { type: 'refund_failed', n, refundId: null, why } : null
      })
    }
  }
  const { refundId, status, failure } = answer
  return advanceOrder(deps, order, (fresh) => {
    if (find(fresh, n).attempt !== refund.attempt) return null
    if (status === 'succeeded') return { type: 'refund_succeeded', n, refundId }
    if (status === 'failed') return { type: 'refund_failed', n, refundId, why: failure ?? 'unknown' }
    return find(fresh, n).refundId === refundId ? null : { type: 'refund_made', n, refundId }
  })
}

function askFor(
  { payments }: Pick<Deps, 'payments'>,
  orderId: string,
  { n, attempt, amount }: OrderRefund,
  { paymentIntentId }: OrderPayment,
): Promise<Refund> {
  const part = `${n}:${attempt}`
  const idempotencyKey = `${orderId}:refund:${part}`
  return payments.refund({ orderId, part, paymentIntentId, amount, idempotencyKey })
}

async function takeBack(deps: Needs, order: Order, n: number): Promise<Order> {
  const refund = find(order, n)
  if (refund.reversal !== 'asked') return order
  const { orderId, transferId } = order
  if (!transferId || refund.fromShare > stillWith(order)) {
    return advanceOrder(deps, order, () => ({ type: 'reversal_refused', n }))
  }
  try {
    await deps.payments.reverseTransfer({
      orderId,
      part: String(n),
      transferId,
      amount: refund.fromShare,
      idempotencyKey: `${orderId}:reversal:${n}`,
    })
  } catch (error) {
    if (!(error instanceof PaymentsError) || error.kind !== 'refused') throw error
    return advanceOrder(deps, order, () => ({ type: 'reversal_refused', n }))
  }
  return advanceOrder(deps, order, () => ({ type: 'reversal_made', n }))
}

/** What of the transfer has not been taken back, in minor units: no more can be. */
function stillWith(order: Order): number {
  const sent = order.settlement === 'at_payment' ? order.share : (order.release?.amount ?? 0)
  return order.refunds.reduce(
    (left, { reversal, fromShare }) => left - (reversal === 'made' ? fromShare : 0),
    sent,
  )
}

function find(order: Order, n: number): OrderRefund {
  const refund = order.refunds.find((one) => one.n === n)
  if (!refund) throw new AppError('internal', `${order.orderId} has no refund ${n}`)
  return refund
}
