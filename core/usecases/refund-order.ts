import { AppError, formatMoney, type Person } from '#contract'
import { parseAmount } from '../domain/money.ts'
import { givenBack, type Order, type OrderEvent, remaining } from '../domain/order.ts'
import { applyToOrder, orderKeys, orderScene } from './advance-order.ts'
import { AUDIT_KEY, audit, checkReason } from './audit.ts'
import type { Deps } from './deps.ts'
import { wish } from './wish.ts'

/**
 * An order is one document, and an engine takes 1 MiB at most: a builder who gives back cent by cent must not fill it until
 * nothing else can be written on it. What operators decide is not counted.
 */
const PARTS_OF_BUILDER = 20

type Needs = Pick<Deps, 'store' | 'change' | 'clock'>

/** What a person typed as an amount of this order; nothing means all that is left. Throws amount_invalid. */
export function amountOf(order: Order, typed: string): number {
  if (typed.trim() === '') return order.total - givenBack(order)
  const parsed = parseAmount(typed, order.currency)
  if (!parsed.ok) throw new AppError('amount_invalid', parsed.sentence)
  return parsed.amount
}

/**
 * A builder gives money back. A click that comes twice is two refunds of which the second is refused only when
 * nothing is left, so the caller's key decides: the same key is the same refund. The last of many parts must be all the
 * rest.
 * Throws order_not_found, not_yours, amount_invalid, reason_missing, refund_too_large, too_many_refunds,
 * nothing_to_refund, not_paid or release_in_progress.
 */
export async function refundOrder(
  deps: Needs,
  input: {
    readonly userId: string
    readonly orderId: string
    readonly amount: string
    readonly reason: string
    readonly idempotencyKey: string
  },
): Promise<Order> {
  const note = checkReason(input.reason)
  const known = (await deps.store.get('orders', input.orderId))?.value
  if (!known) throw new AppError('order_not_found')
  const requestId = `refund-order:${input.idempotencyKey}`
  return deps.change({
    lane: known.dropId,
    reads: [...orderKeys(known), ['inbox', requestId]],
    decide(sheet) {
      const now = deps.clock.now()
      const { order } = orderScene(sheet, input.orderId)
      if (order.builderId !== input.userId) throw new AppError('not_yours')
      if (sheet.get('inbox', requestId)) return order
      sheet.put('inbox', requestId, { type: 'refund-order', receivedAt: now, result: order.orderId })
      const amount = amountOf(order, input.amount)
      const by = order.builder
      const parts = order.refunds.filter(({ reason }) => reason === 'builder').length
      if (parts >= PARTS_OF_BUILDER && amount < order.total - givenBack(order)) {
        throw new AppError('too_many_refunds')
      }
      return applyToOrder(
        sheet,
        order.orderId,
        { type: 'refund_asked', amount, reason: 'builder', note, by },
        now,
      )
    },
  })
}

/**
 * An operator gives money back: a failed refund once more, or of what is left when none has failed, or when another amount
 * was typed than went back in vain.
 */
export function refundAsOperator(
  deps: Needs,
  input: {
    readonly operator: Person
    readonly orderId: string
    readonly amount: string
    readonly reason: string
    readonly idempotencyKey: string
  },
): Promise<Order> {
  const { operator } = input
  return actAsOperator(deps, { ...input, action: 'refund' }, (order, note) => {
    const inVain = order.refunds.filter(({ status }) => status === 'failed')
    const amount = amountOf(order, input.amount)
    const isOpen = input.amount.trim() === '' || givenBack(order) === order.total
    const again = inVain.find((refund) => refund.amount === amount) ?? (isOpen ? inVain[0] : undefined)
    if (again) return { type: 'refund_retried', n: again.n }
    return { type: 'refund_asked', amount, reason: 'operator', note, by: operator }
  })
}

/** An operator releases the share without waiting for the buyer; a blocked one is tried again at once. */
export async function releaseAsOperator(
  deps: Needs,
  input: {
    readonly operator: Person
    readonly orderId: string
    readonly reason: string
    readonly idempotencyKey: string
  },
): Promise<Order> {
  return actAsOperator(deps, { ...input, action: 'release' }, (order) => {
    if (order.caseId) throw new AppError('case_exists', 'This order has an open case: decide the case.')
    if (order.status === 'release_blocked') return null
    const isHeld = order.status === 'paid' || order.status === 'shipped'
    if (order.payment && !isHeld) throw new AppError('order_moved_on')
    return { type: 'arrived' }
  })
}

/** One audited event of one order. Null changes nothing but wishes for the transfer to be tried again. */
async function actAsOperator(
  deps: Needs,
  input: {
    readonly operator: Person
    readonly orderId: string
    readonly reason: string
    readonly action: string
    readonly idempotencyKey: string
  },
  choose: (order: Order, note: string) => OrderEvent | null,
): Promise<Order> {
  const { operator, orderId, action } = input
  const reason = checkReason(input.reason)
  const known = (await deps.store.get('orders', orderId))?.value
  if (!known) throw new AppError('order_not_found')
  const requestId = `${action}-as-operator:${input.idempotencyKey}`
  return deps.change({
    lane: known.dropId,
    reads: [...orderKeys(known), AUDIT_KEY, ['inbox', requestId]],
    decide(sheet) {
      const now = deps.clock.now()
      const { order } = orderScene(sheet, orderId)
      if (sheet.get('inbox', requestId)) return order
      const event = choose(order, reason)
      sheet.put('inbox', requestId, { type: `${action}-as-operator`, receivedAt: now, result: orderId })
      audit(sheet, { by: operator, action: auditWords(action, order, event), subject: orderId, reason }, now)
      if (event) return applyToOrder(sheet, orderId, event, now)
      wish(sheet, 'transfer', orderId, now)
      return order
    },
  })
}

/** What was done with how much: the money as it was decided, not as it turned out. */
function auditWords(action: string, order: Order, event: OrderEvent | null): string {
  const of = (amount: number) => `${action} of ${formatMoney({ amount, currency: order.currency })}`
  switch (event?.type) {
    case 'refund_asked':
      return of(event.amount)
    case 'refund_retried':
      return `${of(order.refunds.find(({ n }) => n === event.n)?.amount ?? 0)} again`
    case 'arrived':
      return of(remaining(order).share)
    default:
      return `${action} again`
  }
}
