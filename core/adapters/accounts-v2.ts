import type Stripe from 'stripe'
import type { ConnectAccounts, ConnectedAccount } from '../ports/accounts.ts'
import { openDashboard, unlessLost } from './connected-account.ts'
import type { StripeClient } from './stripe-client.ts'

/** Left out of every answer that does not ask for them. */
const INCLUDE = [
  'configuration.recipient',
  'identity',
  'requirements',
] as const satisfies Stripe.V2.Core.AccountRetrieveParams.Include[]

/**
 * Builders' accounts as recipients of Accounts v2, which Stripe asks of new platforms. The ids are those of v1, so
 * transfers, dashboard and payouts are the same calls.
 */
export function createAccountsV2(
  { stripe, call }: StripeClient,
  options: {
    /** Two letters, the country in which accounts are opened. */
    readonly country: string
    /** What the accounts hold. */
    readonly currency: string
    /** Sent as every account's address until the builder tells Stripe their own, where Stripe insists on one. */
    readonly contactEmail: string | null
  },
): ConnectAccounts {
  return {
    async create(request) {
      const account = await call('POST /v2/core/accounts', () =>
        stripe.v2.core.accounts.create(
          {
            ...(options.contactEmail && { contact_email: options.contactEmail }),
            dashboard: 'express',
            identity: { country: options.country.toLowerCase() },
            configuration: {
              recipient: { capabilities: { stripe_balance: { stripe_transfers: { requested: true } } } },
            },
            defaults: {
              currency: options.currency,
              // The Express dashboard wants both with the platform.
              responsibilities: { fees_collector: 'application', losses_collector: 'application' },
            },
            metadata: { builder_id: request.builderId },
            include: [...INCLUDE],
          },
          { idempotencyKey: request.idempotencyKey },
        ),
      )
      return toConnectedAccount(account)
    },

    read: (accountId) =>
      unlessLost(
        accountId,
        call('GET /v2/core/accounts/:id', () =>
          stripe.v2.core.accounts.retrieve(accountId, { include: [...INCLUDE] }),
        ).then(toConnectedAccount),
      ),

    async createOnboardingLink(request) {
      const link = await call('POST /v2/core/account_links', () =>
        stripe.v2.core.accountLinks.create({
          account: request.accountId,
          use_case: {
            type: 'account_onboarding',
            account_onboarding: { refresh_url: request.refreshUrl, return_url: request.returnUrl },
          },
        }),
      )
      return link.url
    },

    createDashboardLink: (accountId) => openDashboard({ stripe, call }, accountId),
  }
}

function toConnectedAccount(account: Stripe.V2.Core.Account): ConnectedAccount {
  const capabilities = account.configuration?.recipient?.capabilities
  const transfers =
    account.closed !== true && capabilities?.stripe_balance?.stripe_transfers?.status === 'active'
  const due = (account.requirements?.entries ?? []).filter(
    ({ awaiting_action_from, minimum_deadline }) =>
      awaiting_action_from === 'user' && minimum_deadline.status !== 'eventually_due',
  )
  return {
    accountId: account.id,
    transfers,
    // v2 keeps no such mark: onboarding is over when it has worked, or nothing is asked of the builder any more.
    detailsSubmitted: transfers || due.length === 0,
    currentlyDue: [...new Set(due.map(({ description }) => description))],
    country: account.identity?.country?.toUpperCase() ?? null,
    lost: account.closed === true,
  }
}
