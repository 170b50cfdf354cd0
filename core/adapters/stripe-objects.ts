import type Stripe from 'stripe'
import type { Checkout, Dispute, Refund } from '../ports/payments.ts'

/** Stripe groups what belongs together by this; transfers Stripe makes itself carry it and no metadata of ours. */
export function transferGroup(orderId: string): string {
  return `order_${orderId}`
}

/** The id of what Stripe gives as an id or, expanded, as the object itself. */
export function idOf(reference: string | { readonly id: string }): string
export function idOf(reference: string | { readonly id: string } | null | undefined): string | null
export function idOf(reference: string | { readonly id: string } | null | undefined): string | null {
  return typeof reference === 'string' ? reference : (reference?.id ?? null)
}

export function checkoutStatus(status: Stripe.Checkout.Session['status']): Checkout['status'] {
  switch (status) {
    case 'complete':
      return 'complete'
    case 'expired':
      return 'expired'
    default:
      return 'open'
  }
}

export function toRefund(refund: Stripe.Refund): Refund {
  const failure = refund.failure_reason ?? null
  switch (refund.status) {
    case 'succeeded':
      return { refundId: refund.id, status: 'succeeded', failure }
    case 'failed':
      return { refundId: refund.id, status: 'failed', failure }
    case 'canceled':
      return { refundId: refund.id, status: 'failed', failure: failure ?? 'canceled' }
    default:
      return { refundId: refund.id, status: 'pending', failure }
  }
}

/**
 * A dispute by what it did to our balance, because Stripe's status does not tell that: a fully refunded payment can be
 * disputed without a withdrawal, an inquiry can take money, and `prevented` says nothing of it. While nothing was
 * taken it is a `warning`; one that is over and never took anything counts as none. `amount` is what was taken.
 */
export function toDispute(dispute: Stripe.Dispute): Dispute | null {
  const moves = dispute.balance_transactions
  const taken = moves.reduce((sum, { amount }) => sum - Math.min(amount, 0), 0)
  const left = moves.reduce((sum, { amount }) => sum - amount, 0)
  const status = disputeStatus(dispute.status, taken, left)
  if (!status) return null
  const first = moves.find(({ amount }) => amount < 0)
  const { due_by } = dispute.evidence_details
  return {
    disputeId: dispute.id,
    amount: taken || dispute.amount,
    fee: first?.fee ?? 0,
    laterFees: moves
      .filter((move) => move !== first && move.fee !== 0)
      .map(({ id, fee }) => ({ transactionId: id, amount: fee })),
    reason: dispute.reason,
    status,
    dueBy: due_by ? due_by * 1_000 : null,
  }
}

function disputeStatus(
  status: Stripe.Dispute['status'],
  taken: number,
  left: number,
): Dispute['status'] | null {
  switch (status) {
    case 'won':
      return taken > 0 ? 'won' : null
    case 'lost':
      return taken > 0 ? 'lost' : null
    case 'prevented':
    case 'warning_closed':
      if (taken === 0) return null
      return left > 0 ? 'lost' : 'won'
    default:
      return taken > 0 ? 'open' : 'warning'
  }
}
