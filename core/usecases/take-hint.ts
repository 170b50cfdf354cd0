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
  'account.updated': 'account',
  'capability.updated': 'account',
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
  const subject = kind && (kind === 'account' ? await builderOf(deps, hint.accountId) : hint.orderId)
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
