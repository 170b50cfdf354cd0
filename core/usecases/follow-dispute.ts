import { createHash } from 'node:crypto'
import { AppError, type Person } from '#contract'
import type { Case } from '../domain/case.ts'
import { type Evidence, evidencePictures, prepareEvidence } from '../domain/evidence.ts'
import type { Order } from '../domain/order.ts'
import { advanceOrder, applyToOrder, orderKeys, orderScene } from './advance-order.ts'
import { AUDIT_KEY, audit, checkReason } from './audit.ts'
import type { Deps } from './deps.ts'
import { callKey, wishCall } from './wish.ts'

/** Disputes take weeks; a lost webhook is found within a day. */
const OPEN_MS = 24 * 60 * 60_000
/** Two looks before the deadline of an answer. */
const WARN_MS = 2 * OPEN_MS

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
  if (status === 'open') {
    await warnOfDeadline(deps, orderId)
    return deps.clock.now() + OPEN_MS
  }
  await advanceOrder(deps, orderId, (fresh) =>
    fresh.dispute?.status === 'open' ? { type: status === 'won' ? 'dispute_won' : 'dispute_lost' } : null,
  )
  return null
}

/** With every look in the last days before Stripe takes no answer any more, the operators are told again. */
async function warnOfDeadline(deps: Pick<Deps, 'change' | 'clock'>, orderId: string): Promise<void> {
  await deps.change({
    reads: [['orders', orderId], callKey(orderId, 'deadline')],
    decide(sheet) {
      const now = deps.clock.now()
      const dispute = sheet.get('orders', orderId)?.dispute
      if (!dispute?.dueBy || dispute.evidence || dispute.dueBy < now || dispute.dueBy - now > WARN_MS) return
      wishCall(sheet, orderId, 'deadline', now)
    },
  })
}

/** The evidence as it would be sent now, for an operator to read first. Throws order_not_found or conflict. */
export async function readEvidence(
  deps: Pick<Deps, 'store'>,
  orderId: string,
): Promise<{ readonly order: Order; readonly evidence: Evidence; readonly pictures: number }> {
  const order = (await deps.store.get('orders', orderId))?.value
  if (!order) throw new AppError('order_not_found')
  if (!order.dispute) throw new AppError('conflict', 'No bank has asked about this order.')
  const found = await newestCase(deps, orderId)
  const evidence = prepareEvidence(order, found, order.dispute.evidence?.note ?? '')
  return { order, evidence, pictures: evidencePictures(found).length }
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

/**
 * Carry it out: first the pictures of the case, kept at Stripe once, then all of it. Throws PaymentsError: a refusal stays
 * in the outbox with its reason until the dispute is over.
 */
export async function sendEvidence(
  deps: Pick<Deps, 'store' | 'change' | 'clock' | 'payments' | 'media'>,
  orderId: string,
): Promise<null> {
  const known = (await deps.store.get('orders', orderId))?.value
  if (!known || !isOnItsWay(known)) return null
  const found = await newestCase(deps, orderId)
  const order = await uploadPictures(deps, known, evidencePictures(found))
  const { dispute } = order
  if (!dispute?.evidence || !isOnItsWay(order)) return null
  await deps.payments.submitEvidence({
    disputeId: dispute.disputeId,
    evidence: prepareEvidence(order, found, dispute.evidence.note),
    fileId: dispute.evidence.fileId,
    // The story may grow between two tries: the same key is for the same words only.
    idempotencyKey: `${orderId}:evidence:${order.history.length}`,
  })
  await advanceOrder(deps, orderId, () => ({ type: 'evidence_sent' }))
  return null
}

function isOnItsWay({ dispute }: Order): boolean {
  return dispute?.status === 'open' && dispute.evidence?.sentAt === null
}

/** The file's id is written down before it is used: a repeat submits the same file. */
async function uploadPictures(
  deps: Pick<Deps, 'store' | 'change' | 'clock' | 'payments' | 'media'>,
  order: Order,
  pictureIds: readonly string[],
): Promise<Order> {
  if (order.dispute?.evidence?.fileId || pictureIds.length === 0) return order
  const jpeg = await deps.media.sheet(pictureIds)
  if (!jpeg) return order
  const hash = createHash('sha256').update(jpeg).digest('hex').slice(0, 16)
  const { fileId } = await deps.payments.uploadEvidence({
    jpeg,
    idempotencyKey: `${order.orderId}:pictures:${hash}`,
  })
  return advanceOrder(deps, order.orderId, () => ({ type: 'evidence_uploaded', fileId }))
}

async function newestCase(deps: Pick<Deps, 'store'>, orderId: string): Promise<Case | null> {
  const cases = await deps.store.find('cases', {
    where: { orderId },
    orderBy: 'openedAt',
    direction: 'desc',
    limit: 1,
  })
  return cases.documents[0]?.value ?? null
}
