import type { EffectKind } from '../domain/effect.ts'
import type { PaymentHint } from '../ports/payments.ts'
import type { Deps } from './deps.ts'
import { effectKey, wish } from './wish.ts'

/** What to look at again when Stripe says that something happened. What is not here is answered and forgotten. */
const LOOK_AT: Readonly<Record<string, EffectKind>> = {
  'checkout.session.completed': 'checkout',
  'checkout.session.async_payment_succeeded': 'checkout',
  'checkout.session.async_payment_failed': 'checkout',
  'checkout.session.expired': 'checkout',
  'charge.updated': 'stripe_fee',
  'refund.updated': 'refund',
  'refund.failed': 'refund',
  'charge.refunded': 'refund',
  'refund.created': 'refund',
  'charge.dispute.created': 'dispute',
  'charge.dispute.updated': 'dispute',
  'charge.dispute.funds_withdrawn': 'dispute',
  'charge.dispute.funds_reinstated': 'dispute',
  'charge.dispute.closed': 'dispute',
  'account.updated': 'account',
  'account.application.deauthorized': 'account',
  'capability.updated': 'account',
  'v2.core.account[requirements].updated': 'account',
  'v2.core.account[configuration.recipient].updated': 'account',
  'v2.core.account[configuration.recipient].capability_status_updated': 'account',
  'v2.core.account.updated': 'account',
  'v2.core.account.closed': 'account',
  'v2.core.account_link.returned': 'account',
}

/**
 * A verified event from Stripe: remember it and wish for a look at what it is about, in one commit. The event itself
 * changes nothing: it may come twice, late, early or never. A second delivery is a no-op.
 */
export async function takeHint(
  deps: Pick<Deps, 'store' | 'change' | 'clock'>,
  hint: PaymentHint,
): Promise<'taken' | 'known' | 'not_ours'> {
  const kind = LOOK_AT[hint.type]
  const subject = kind && (await subjectOf(deps, kind, hint))
  if (!kind || !subject) return 'not_ours'
  const inboxId = `stripe:${hint.eventId}`
  return deps.change({
    reads: [['inbox', inboxId], ['orders', subject], effectKey(kind, subject)],
    decide(sheet) {
      if (sheet.get('inbox', inboxId)) return 'known'
      if (kind !== 'account' && !sheet.get('orders', subject)) return 'not_ours'
      const now = deps.clock.now()
      sheet.put('inbox', inboxId, { type: hint.type, receivedAt: now, result: null })
      wish(sheet, kind, subject, now)
      return 'taken'
    },
  })
}

async function subjectOf(
  deps: Pick<Deps, 'store'>,
  kind: EffectKind,
  hint: PaymentHint,
): Promise<string | null> {
  if (kind === 'account') return builderOf(deps, hint.accountId)
  return hint.orderId ?? orderOf(deps, hint.chargeId)
}

/** Disputes carry nothing of ours: their charge does. */
async function orderOf(deps: Pick<Deps, 'store'>, chargeId: string | null): Promise<string | null> {
  if (!chargeId) return null
  const found = await deps.store.find('orders', {
    where: { chargeId },
    orderBy: 'createdAt',
    direction: 'asc',
    limit: 1,
  })
  return found.documents[0]?.id ?? null
}

async function builderOf(deps: Pick<Deps, 'store'>, accountId: string | null): Promise<string | null> {
  if (!accountId) return null
  const found = await deps.store.find('builders', {
    where: { accountId },
    orderBy: 'accountId',
    direction: 'asc',
    limit: 1,
  })
  return found.documents[0]?.id ?? null
}
