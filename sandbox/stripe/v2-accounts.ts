import type Stripe from 'stripe'
import { z } from 'zod'
import { changeAccount, makeAccount, makeLink, setTransfers } from './accounts.ts'
import { balanceOf } from './balance.ts'
import { noSuch, notBuilt, refuse } from './errors.ts'
import { type Operation, operation, pageOfV2 } from './operation.ts'
import { list, mergeMetadata, pagingV2, text, webUrl } from './params.ts'
import { type Stand, seconds } from './stand.ts'
import type { V2Record } from './tables.ts'
import { emitThin } from './thin-events.ts'

const LINK_LIVES_MS = 600_000
const INCLUDES = [
  'configuration.customer',
  'configuration.merchant',
  'configuration.recipient',
  'defaults',
  'future_requirements',
  'identity',
  'requirements',
] as const
type Include = (typeof INCLUDES)[number]

const include = list(z.enum(INCLUDES)).optional()
const name = z.string().min(1).max(500)
const requested = z.strictObject({ requested: z.boolean() }).optional()
const recipient = z
  .strictObject({
    applied: z.boolean().optional(),
    capabilities: z
      .strictObject({ stripe_balance: z.strictObject({ stripe_transfers: requested }).optional() })
      .optional(),
  })
  .optional()
const configuration = z.strictObject({ recipient }).optional()
const identity = z
  .strictObject({
    country: z
      .string()
      .regex(/^[a-zA-Z]{2}$/, 'Country must be a two-letter code')
      .transform((code) => code.toLowerCase())
      .optional(),
    entity_type: z.enum(['individual', 'company', 'non_profit', 'government_entity']).optional(),
  })
  .optional()
/** A key whose value is null is removed. */
const metadata = z
  .record(z.string().max(40), z.union([z.string().max(500), z.null().transform(() => '')]))
  .optional()

/** What v2 keeps beside the v1 account of the same id; an account made through v1 shows what is the same there. */
function recordOf(stand: Stand, account: Stripe.Account): V2Record {
  return (
    stand.tables.v2Accounts.get(account.id) ?? {
      id: account.id,
      display_name: account.business_profile?.name ?? null,
      identity: {
        country: (account.country ?? 'US').toLowerCase(),
        entity_type: account.business_type ?? null,
      },
      currency: account.default_currency ?? 'usd',
      closed: false,
    }
  )
}

type Status = 'active' | 'pending' | 'restricted'
type StatusDetail =
  Stripe.V2.Core.Account.Configuration.Recipient.Capabilities.StripeBalance.StripeTransfers.StatusDetail

function capability(status: Status): { status: Status; status_details: StatusDetail[] } {
  if (status === 'active') return { status, status_details: [] }
  return status === 'pending'
    ? { status, status_details: [{ code: 'requirements_pending_verification', resolution: 'no_resolution' }] }
    : { status, status_details: [{ code: 'requirements_past_due', resolution: 'provide_info' }] }
}

/** v1's names of what is asked for, as v2 calls them. Others keep their name. */
const V2_NAMES: Readonly<Record<string, string>> = {
  business_type: 'identity.entity_type',
  external_account: 'defaults.payout_methods',
  'individual.address.city': 'identity.individual.address.city',
  'individual.address.line1': 'identity.individual.address.line1',
  'individual.address.postal_code': 'identity.individual.address.postal_code',
  'individual.dob.day': 'identity.individual.date_of_birth.day',
  'individual.dob.month': 'identity.individual.date_of_birth.month',
  'individual.dob.year': 'identity.individual.date_of_birth.year',
  'individual.email': 'identity.individual.email',
  'individual.first_name': 'identity.individual.given_name',
  'individual.last_name': 'identity.individual.surname',
  'individual.phone': 'identity.individual.phone',
  'individual.verification.document': 'identity.individual.documents.primary_verification',
  'tos_acceptance.date': 'identity.attestations.terms_of_service.account.date',
  'tos_acceptance.ip': 'identity.attestations.terms_of_service.account.ip',
}

type Requirements = Stripe.V2.Core.Account.Requirements

function requirementsOf(account: Stripe.Account): Requirements {
  const asked = account.requirements
  const due = asked?.current_deadline == null ? ('past_due' as const) : ('currently_due' as const)
  const entry = (name: string, from: 'user' | 'stripe'): NonNullable<Requirements['entries']>[number] => ({
    awaiting_action_from: from,
    description: V2_NAMES[name] ?? name,
    errors: [],
    impact: {
      restricts_capabilities: [
        {
          capability: 'stripe_balance.stripe_transfers',
          configuration: 'recipient',
          deadline: { status: due },
        },
      ],
    },
    minimum_deadline: { status: due },
    requested_reasons: [{ code: account.details_submitted ? 'routine_verification' : 'routine_onboarding' }],
  })
  const entries = [
    ...(asked?.currently_due ?? []).map((one) => entry(one, 'user')),
    ...(asked?.pending_verification ?? []).map((one) => entry(one, 'stripe')),
  ]
  if (entries.length === 0) return { alternatives: [], entries, summary: {} }
  const deadline = asked?.current_deadline
  const time = deadline == null ? {} : { time: new Date(deadline * 1_000).toISOString() }
  return { alternatives: [], entries, summary: { minimum_deadline: { status: due, ...time } } }
}

/** The account as v2 shows it: what is not asked for with `include` is not there. */
function view(
  stand: Stand,
  account: Stripe.Account,
  wanted: readonly Include[] = [],
): Stripe.V2.Core.Account {
  const record = recordOf(stand, account)
  const transfers = account.capabilities?.transfers
  const status = transfers === 'active' ? 'active' : transfers === 'pending' ? 'pending' : 'restricted'
  const has = (one: Include) => wanted.includes(one)
  return {
    id: account.id,
    object: 'v2.core.account',
    applied_configurations: ['recipient'],
    closed: record.closed,
    ...(account.email ? { contact_email: account.email } : {}),
    created: new Date((account.created ?? 0) * 1_000).toISOString(),
    dashboard: 'express',
    ...(record.display_name ? { display_name: record.display_name } : {}),
    livemode: false,
    metadata: account.metadata ?? {},
    ...(has('configuration.recipient')
      ? {
          configuration: {
            recipient: {
              applied: true,
              capabilities: {
                stripe_balance: {
                  payouts: capability(account.payouts_enabled ? 'active' : 'restricted'),
                  stripe_transfers: capability(status),
                },
              },
            },
          },
        }
      : {}),
    ...(has('defaults')
      ? {
          defaults: {
            currency: record.currency,
            responsibilities: {
              fees_collector: 'application',
              losses_collector: 'application',
              requirements_collector: 'stripe',
            },
          },
        }
      : {}),
    ...(has('identity')
      ? {
          identity: {
            country: record.identity.country,
            ...(record.identity.entity_type ? { entity_type: record.identity.entity_type } : {}),
          },
        }
      : {}),
    ...(has('requirements') ? { requirements: requirementsOf(account) } : {}),
    ...(has('future_requirements') ? { future_requirements: { alternatives: [], entries: [] } } : {}),
  }
}

function requireHere(stand: Stand, id: string): Stripe.Account {
  const account = stand.tables.accounts.get(id)
  if (!account) throw noSuch('account', id)
  return account
}

function requireOpen(
  stand: Stand,
  id: string,
): { readonly account: Stripe.Account; readonly record: V2Record } {
  const account = requireHere(stand, id)
  const record = recordOf(stand, account)
  if (record.closed) throw refuse(`Account ${id} is closed.`, 'account_closed')
  return { account, record }
}

export const v2AccountOperations: readonly Operation[] = [
  operation({
    route: 'POST /v2/core/accounts',
    params: z.strictObject({
      contact_email: z.email().max(800).optional(),
      display_name: name.optional(),
      dashboard: z.enum(['express', 'full', 'none']).optional(),
      identity,
      configuration,
      defaults: z
        .strictObject({
          currency: z.string().length(3).optional(),
          responsibilities: z
            .strictObject({
              fees_collector: z.enum(['application', 'application_custom', 'application_express', 'stripe']),
              losses_collector: z.enum(['application', 'stripe']),
            })
            .optional(),
        })
        .optional(),
      include,
      metadata,
    }),
    later: ['account_token', 'contact_phone', 'configuration[merchant]', 'configuration[customer]'],
    run(stand, { params }) {
      const taken = params.defaults?.responsibilities
      if (params.dashboard !== 'express')
        throw notBuilt(`dashboard ${params.dashboard ?? 'none'} of v2 accounts`)
      if (taken?.fees_collector !== 'application' || taken.losses_collector !== 'application')
        throw refuse(
          'Accounts with the express dashboard need defaults.responsibilities with fees_collector and losses_collector set to application.',
          'invalid_fields',
          'defaults.responsibilities',
        )
      if (!params.configuration?.recipient?.capabilities?.stripe_balance?.stripe_transfers?.requested)
        throw notBuilt(
          'v2 accounts that do not request configuration.recipient stripe_balance.stripe_transfers',
        )
      const country = params.identity?.country
      if (!country)
        throw refuse('identity.country is required for a recipient.', 'invalid_fields', 'identity.country')
      const account = makeAccount(stand, {
        country: country.toUpperCase(),
        email: params.contact_email ?? null,
        businessType: params.identity?.entity_type ?? null,
        cardPayments: false,
        metadata: mergeMetadata(null, params.metadata),
      })
      stand.tables.v2Accounts.set(account.id, {
        id: account.id,
        display_name: params.display_name ?? null,
        identity: { country, entity_type: params.identity?.entity_type ?? null },
        currency: params.defaults?.currency ?? 'usd',
        closed: false,
      })
      emitThin(stand, 'v2.core.account.created', account.id)
      return view(stand, account, params.include)
    },
  }),
  operation({
    route: 'GET /v2/core/accounts',
    params: z.strictObject({
      ...pagingV2,
      applied_configurations: list(z.enum(['customer', 'merchant', 'recipient'])).optional(),
      closed: z.stringbool().optional(),
    }),
    run(stand, { params }) {
      const found = (params.applied_configurations ?? []).every((one) => one === 'recipient')
        ? stand.tables.accounts
            .values()
            .map((account) => view(stand, account))
            .filter((one) => one.closed === (params.closed ?? false))
        : []
      return pageOfV2('/v2/core/accounts', found, params)
    },
  }),
  operation({
    route: 'GET /v2/core/accounts/:id',
    actsFor: true,
    params: z.strictObject({ include }),
    run: (stand, { id, params }) => view(stand, requireHere(stand, id), params.include),
  }),
  operation({
    route: 'POST /v2/core/accounts/:id',
    params: z.strictObject({
      contact_email: z.email().max(800).optional(),
      display_name: name.optional(),
      identity,
      configuration,
      include,
      metadata,
    }),
    later: ['account_token', 'contact_phone', 'dashboard', 'defaults', 'configuration[merchant]'],
    run(stand, { id, params }) {
      const { account, record } = requireOpen(stand, id)
      if (account.details_submitted && params.identity)
        throw refuse(
          'Identity is collected by Stripe and can no longer be changed.',
          'invalid_fields',
          'identity',
        )
      stand.tables.v2Accounts.set(id, {
        ...record,
        display_name: params.display_name ?? record.display_name,
        identity: {
          country: params.identity?.country ?? record.identity.country,
          entity_type: params.identity?.entity_type ?? record.identity.entity_type,
        },
      })
      const after: Stripe.Account = {
        ...account,
        email: params.contact_email ?? account.email ?? null,
        metadata: mergeMetadata(account.metadata ?? null, params.metadata),
      }
      changeAccount(stand, account, after)
      if (params.identity) emitThin(stand, 'v2.core.account[identity].updated', id)
      if (params.configuration) emitThin(stand, 'v2.core.account[configuration.recipient].updated', id)
      emitThin(stand, 'v2.core.account.updated', id)
      return view(stand, after, params.include)
    },
  }),
  operation({
    route: 'POST /v2/core/accounts/:id/close',
    params: z.strictObject({
      applied_configurations: list(z.enum(['customer', 'merchant', 'recipient'])).optional(),
    }),
    run(stand, { id, params }) {
      const { account, record } = requireOpen(stand, id)
      if (!params.applied_configurations?.includes('recipient'))
        throw refuse(
          'All configurations of the account must be passed in applied_configurations: recipient.',
          'invalid_fields',
          'applied_configurations',
        )
      const { available, pending } = balanceOf(stand, id)
      if ([...available, ...pending].some((one) => one.amount !== 0))
        throw refuse(
          `Account ${id} still has a balance: it can be closed when all balances are zero.`,
          'nonzero_balance',
        )
      stand.tables.v2Accounts.set(id, { ...record, closed: true })
      const closed: Stripe.Account = { ...setTransfers(account, 'inactive'), payouts_enabled: false }
      changeAccount(stand, account, closed)
      emitThin(stand, 'v2.core.account.closed', id)
      return view(stand, closed)
    },
  }),
  operation({
    route: 'POST /v2/core/account_links',
    params: z.strictObject({
      account: text,
      use_case: z.strictObject({
        type: z.enum(['account_onboarding', 'account_update']),
        account_onboarding: z
          .strictObject({
            configurations: z.array(z.enum(['customer', 'merchant', 'recipient'])).optional(),
            refresh_url: webUrl,
            return_url: webUrl.optional(),
            collection_options: z
              .strictObject({
                fields: z.enum(['currently_due', 'eventually_due']).optional(),
                future_requirements: z.enum(['include', 'omit']).optional(),
              })
              .optional(),
          })
          .optional(),
      }),
    }),
    later: ['use_case[account_update]'],
    run(stand, { params }) {
      const { account } = requireOpen(stand, params.account)
      const asked = params.use_case.account_onboarding
      if (params.use_case.type !== 'account_onboarding' || !asked)
        throw refuse(
          'You cannot create `account_update` Account Links for this account.',
          'invalid_fields',
          'use_case.type',
        )
      if (asked.configurations)
        throw refuse('Received unknown parameter: configurations', 'invalid_fields', 'configurations')
      const link = makeLink(stand, {
        accountId: account.id,
        refreshUrl: asked.refresh_url,
        returnUrl: asked.return_url ?? asked.refresh_url,
        livesMs: LINK_LIVES_MS,
        tellReturn: true,
      })
      return {
        object: 'v2.core.account_link',
        account: account.id,
        created: new Date(seconds(stand) * 1_000).toISOString(),
        expires_at: new Date(link.expiresAt).toISOString(),
        livemode: false,
        url: link.url,
        use_case: params.use_case,
      }
    },
  }),
]
