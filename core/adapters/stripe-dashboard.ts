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
