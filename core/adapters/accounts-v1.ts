import type Stripe from 'stripe'
import type { ConnectAccounts, ConnectedAccount } from '../ports/accounts.ts'
import { openDashboard, unlessLost } from './connected-account.ts'
import type { StripeClient } from './stripe-client.ts'

/**
 * Builders' accounts as v1 `controller` accounts: Stripe asks the builder, the platform pays Stripe's fees and bears
 * losses, as the Express dashboard wants it. For platforms whose Stripe account has v1 enabled.
 */
export function createAccountsV1(
  { stripe, call }: StripeClient,
  options: {
    /** Two letters, the country in which accounts are opened. */
    readonly country: string
    /** Some platforms may not have transfers without card payments; costs builders a longer onboarding. */
    readonly cardPayments: boolean
  },
): ConnectAccounts {
  return {
    async create(request) {
      const account = await call('POST /v1/accounts', () =>
        stripe.accounts.create(
          {
            country: options.country,
            controller: {
              fees: { payer: 'application' },
              losses: { payments: 'application' },
              stripe_dashboard: { type: 'express' },
            },
            capabilities: {
              transfers: { requested: true },
              ...(options.cardPayments && { card_payments: { requested: true } }),
            },
            metadata: { builder_id: request.builderId },
          },
          { idempotencyKey: request.idempotencyKey },
        ),
      )
      return toConnectedAccount(account)
    },

    read: (accountId) =>
      unlessLost(
        accountId,
        call('GET /v1/accounts/:id', () => stripe.accounts.retrieve(accountId)).then(toConnectedAccount),
      ),

    async createOnboardingLink(request) {
      const link = await call('POST /v1/account_links', () =>
        stripe.accountLinks.create({
          account: request.accountId,
          type: 'account_onboarding',
          refresh_url: request.refreshUrl,
          return_url: request.returnUrl,
        }),
      )
      return link.url
    },

    createDashboardLink: (accountId) => openDashboard({ stripe, call }, accountId),
  }
}

function toConnectedAccount(account: Stripe.Account): ConnectedAccount {
  const { currently_due, past_due } = account.requirements ?? {}
  return {
    accountId: account.id,
    transfers: account.capabilities?.transfers === 'active',
    detailsSubmitted: account.details_submitted,
    currentlyDue: [...new Set([...(past_due ?? []), ...(currently_due ?? [])])],
    country: account.country?.toUpperCase() ?? null,
    lost: false,
  }
}
