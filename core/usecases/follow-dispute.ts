import { AppError, type Person } from '#contract'
import { type Evidence, prepareEvidence } from '../domain/evidence.ts'
import type { Order } from '../domain/order.ts'
import { advanceOrder, applyToOrder, orderKeys, orderScene } from './advance-order.ts'
import { AUDIT_KEY, audit, checkReason } from './audit.ts'
import type { Deps } from './deps.ts'

/** Disputes take weeks; a lost webhook is found within a day. */
const OPEN_MS = 24 * 60 * 60_000

/** Bring an order and the dispute of its charge into agreement. Answers when to look again (UTC ms), or null. */
export async function followDispute(
  deps: Pick<Deps, 'store' | 'change' | 'clock' | 'payments'>,
  orderId: string,
): Promise<number | null> {
  const order = (await deps.store.get('orders', orderId))?.value
  if (!order) throw new AppError('order_not_found')
  if (!order.chargeId) return null
  const dispute = await deps.payments.readDispute(order.chargeId)
  if (!dispute) return null
  // An inquiry has taken no money yet.
  if (dispute.status === 'warning') return deps.clock.now() + OPEN_MS
  const { status, laterFees, ...about } = dispute
  await advanceOrder(deps, orderId, (fresh) =>
    fresh.dispute ? null : { type: 'dispute_opened', dispute: about },
  )
  for (const fee of laterFees) {
    await advanceOrder(deps, orderId, ({ dispute: ours }) =>
      ours?.disputeId === dispute.disputeId && !ours.laterFees.includes(fee.transactionId)
        ? { type: 'dispute_fee_moved', ...fee }
        : null,
    )
  }
  if (status === 'open') return deps.clock.now() + OPEN_MS
  await advanceOrder(deps, orderId, (fresh) =>
    fresh.dispute?.status === 'open' ? { type: status === 'won' ? 'dispute_won' : 'dispute_lost' } : null,
  )
  return null
}

/** The evidence as it would be sent now, for an operator to read first. Throws order_not_found or conflict. */
export async function readEvidence(
  deps: Pick<Deps, 'store'>,
  orderId: string,
): Promise<{ readonly order: Order; readonly evidence: Evidence }> {
  const order = (await deps.store.get('orders', orderId))?.value
  if (!order) throw new AppError('order_not_found')
  if (!order.dispute) throw new AppError('conflict', 'No bank has asked about this order.')
  return { order, evidence: await evidenceOf(deps, order, order.dispute.evidence?.note ?? '') }
}

/**
 * An operator has the evidence sent, with a word of their own, once. Throws order_not_found, reason_missing, or conflict
 * when the dispute is over or was answered.
 */
export async function askForEvidence(
  deps: Pick<Deps, 'store' | 'change' | 'clock'>,
  input: { readonly operator: Person; readonly orderId: string; readonly reason: string },
): Promise<Order> {
  const note = checkReason(input.reason)
  const { operator, orderId } = input
  const known = (await deps.store.get('orders', orderId))?.value
  if (!known) throw new AppError('order_not_found')
  return deps.change({
    lane: known.dropId,
    reads: [...orderKeys(known), AUDIT_KEY],
    decide(sheet) {
      const now = deps.clock.now()
      const { order } = orderScene(sheet, orderId)
      if (order.dispute?.evidence?.note === note) return order
      audit(sheet, { by: operator, action: 'evidence', subject: orderId, reason: note }, now)
      return applyToOrder(sheet, orderId, { type: 'evidence_asked', note, by: operator }, now)
    },
  })
}

/** Carry it out. Throws PaymentsError: a refusal stays in the outbox with its reason until the dispute is over. */
export async function sendEvidence(
  deps: Pick<Deps, 'store' | 'change' | 'clock' | 'payments'>,
  orderId: string,
): Promise<null> {
  const order = (await deps.store.get('orders', orderId))?.value
  const asked = order?.dispute?.evidence
  if (!order?.dispute || !asked || asked.sentAt !== null || order.dispute.status !== 'open') return null
  await deps.payments.submitEvidence({
    disputeId: order.dispute.disputeId,
    evidence: await evidenceOf(deps, order, asked.note),
    // The story may grow between two tries: the same key is for the same words only.
    idempotencyKey: `${orderId}:evidence:${order.history.length}`,
  })
  await advanceOrder(deps, orderId, () => ({ type: 'evidence_sent' }))
  return null
}

async function evidenceOf(deps: Pick<Deps, 'store'>, order: Order, note: string): Promise<Evidence> {
  const cases = await deps.store.find('cases', {
    where: { orderId: order.orderId },
    orderBy: 'openedAt',
    direction: 'desc',
    limit: 1,
  })
  return prepareEvidence(order, cases.documents[0]?.value ?? null, note)
}
