import type { ConnectedAccount } from '../ports/accounts.ts'
import { PaymentsError } from '../ports/payments.ts'
import type { StripeClient } from './stripe-client.ts'

/** A single-use address of an account's Express dashboard; v1 and v2 accounts share this call. */
export async function openDashboard(
  { stripe, call }: Pick<StripeClient, 'stripe' | 'call'>,
  accountId: string,
): Promise<string> {
  const link = await call('POST /v1/accounts/:id/login_links', () =>
    stripe.accounts.createLoginLink(accountId),
  )
  return link.url
}

/**
 * What reading an account gave. An account that was deleted or disconnected cannot be read any more, for good: nothing
 * can be sent to it, and that is all there is to know.
 */
export async function unlessLost(
  accountId: string,
  reading: Promise<ConnectedAccount>,
): Promise<ConnectedAccount> {
  try {
    return await reading
  } catch (error) {
    if (!(error instanceof PaymentsError) || error.code !== 'account_invalid') throw error
    return {
      accountId,
      transfers: false,
      detailsSubmitted: false,
      currentlyDue: [],
      country: null,
      lost: true,
    }
  }
}
