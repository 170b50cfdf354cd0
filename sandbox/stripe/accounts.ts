import type Stripe from 'stripe'
import { z } from 'zod'
import { balanceOf } from './balance.ts'
import { noAccount, notBuilt, refuse } from './errors.ts'
import { emit } from './events.ts'
import { type Operation, operation, pageOf } from './operation.ts'
import { flag, mergeMetadata, metadata, optionalText, paging, text, webUrl } from './params.ts'
import { PLATFORM_ID, type Stand, seconds } from './stand.ts'
import { type LinkRecord, makeId } from './tables.ts'
import { emitThin } from './thin-events.ts'

/** What Stripe asks a person who only wants to receive transfers. */
const ASKED = [
  'business_type',
  'external_account',
  'individual.address.city',
  'individual.address.line1',
  'individual.address.postal_code',
  'individual.dob.day',
  'individual.dob.month',
  'individual.dob.year',
  'individual.email',
  'individual.first_name',
  'individual.last_name',
  'individual.phone',
  'tos_acceptance.date',
  'tos_acceptance.ip',
]
/** What Stripe asks for when it wants to look at an account again. */
const DOCUMENT = 'individual.verification.document'
const ANSWER_WITHIN_S = 14 * 86_400
const LINK_LIVES_MS = 300_000

type TransfersCapability = 'active' | 'inactive' | 'pending'

const capabilities = z
  .strictObject({
    transfers: z.strictObject({ requested: flag }).optional(),
    card_payments: z.strictObject({ requested: flag }).optional(),
  })
  .optional()
const businessProfile = z
  .strictObject({
    name: optionalText,
    url: webUrl.optional(),
    mcc: optionalText,
    product_description: optionalText,
    support_email: optionalText,
  })
  .optional()
const changeable = { email: optionalText, business_profile: businessProfile, metadata }
const LATER = [
  'account_token',
  'company',
  'default_currency',
  'documents',
  'external_account',
  'groups',
  'individual',
  'settings',
  'tos_acceptance',
]

function requireAccount(stand: Stand, id: string): Stripe.Account {
  const account = stand.tables.accounts.get(id)
  if (!account) throw noAccount(id)
  return account
}

interface Owed {
  readonly due: readonly string[]
  readonly pending?: readonly string[]
  /** Epoch seconds until when it must be handed in; null when that time is over or nothing is due. */
  readonly deadline?: number | null
  readonly errors?: Stripe.Account.Requirements.Error[]
}

function asked({ due, pending = [], deadline = null, errors = [] }: Owed): Stripe.Account.Requirements {
  const past_due = deadline === null ? [...due] : []
  return {
    alternatives: [],
    current_deadline: deadline,
    currently_due: [...due],
    disabled_reason:
      past_due.length > 0
        ? 'requirements.past_due'
        : pending.length > 0
          ? 'requirements.pending_verification'
          : null,
    errors,
    eventually_due: [...due],
    past_due,
    pending_verification: [...pending],
  }
}

/** Keep the account as it is now and tell it: v1 accounts by account.updated, v2 accounts by thin events. */
export function changeAccount(stand: Stand, before: Stripe.Account, after: Stripe.Account): void {
  stand.tables.accounts.set(after.id, after)
  if (stand.tables.v2Accounts.get(after.id)) tellThin(stand, before, after)
  else
    emit(stand, 'account.updated', after, {
      account: after.id,
      previous: {
        details_submitted: before.details_submitted,
        payouts_enabled: before.payouts_enabled,
        capabilities: before.capabilities,
        requirements: before.requirements,
      },
    })
}

function tellThin(stand: Stand, before: Stripe.Account, after: Stripe.Account): void {
  const status = 'v2.core.account[configuration.recipient].capability_status_updated'
  if (before.capabilities?.transfers !== after.capabilities?.transfers)
    emitThin(stand, status, after.id, { updated_capability: 'stripe_balance.stripe_transfers' })
  if (before.payouts_enabled !== after.payouts_enabled)
    emitThin(stand, status, after.id, { updated_capability: 'stripe_balance.payouts' })
  if (JSON.stringify(before.requirements) !== JSON.stringify(after.requirements))
    emitThin(stand, 'v2.core.account[requirements].updated', after.id)
}

/** The same account with its right to receive transfers changed. */
export function setTransfers(account: Stripe.Account, transfers: TransfersCapability): Stripe.Account {
  return { ...account, capabilities: { ...account.capabilities, transfers } }
}

function tellCapability(stand: Stand, account: Stripe.Account): void {
  if (stand.tables.v2Accounts.get(account.id)) return
  const capability = {
    id: 'transfers',
    object: 'capability',
    account: account.id,
    requested: true,
    requested_at: account.created ?? seconds(stand),
    status: account.capabilities?.transfers ?? 'inactive',
  } satisfies Partial<Stripe.Capability>
  emit(stand, 'capability.updated', capability, { account: account.id })
}

/** The builder answered everything. Told in two steps, as Stripe does: handed in first, then checked. */
export function finishOnboarding(stand: Stand, accountId: string): void {
  const before = requireAccount(stand, accountId)
  if (before.details_submitted && before.requirements?.currently_due?.length === 0) return
  const handedIn: Stripe.Account = {
    ...setTransfers(before, 'pending'),
    business_type: before.business_type ?? 'individual',
    details_submitted: true,
    requirements: asked({ due: [], pending: [DOCUMENT] }),
  }
  changeAccount(stand, before, handedIn)
  const checked: Stripe.Account = {
    ...setTransfers(handedIn, 'active'),
    payouts_enabled: true,
    requirements: asked({ due: [] }),
  }
  changeAccount(stand, handedIn, checked)
  tellCapability(stand, checked)
}

/** The builder handed everything in, and Stripe asks again: the photo of the document cannot be read. */
export function askAgain(stand: Stand, accountId: string): void {
  const before = requireAccount(stand, accountId)
  const after: Stripe.Account = {
    ...setTransfers(before, 'inactive'),
    business_type: before.business_type ?? 'individual',
    details_submitted: true,
    payouts_enabled: false,
    requirements: asked({
      due: [DOCUMENT],
      errors: [
        {
          code: 'verification_document_not_readable',
          reason: 'The document could not be read. Upload a clear photo of it.',
          requirement: DOCUMENT,
        },
      ],
    }),
  }
  changeAccount(stand, before, after)
  tellCapability(stand, after)
}

/**
 * Give or take the right to receive transfers, as Stripe may at any time. `due` alone asks for something within two
 * weeks; with transfers inactive it is what is missing. Throws StripeError 403.
 */
export function controlAccount(
  stand: Stand,
  accountId: string,
  change: {
    readonly transfers?: 'active' | 'inactive' | undefined
    readonly due?: readonly string[] | undefined
  },
): Stripe.Account {
  const before = requireAccount(stand, accountId)
  const { transfers } = change
  if (transfers === undefined && change.due === undefined) return before
  const active =
    transfers === undefined ? before.capabilities?.transfers === 'active' : transfers === 'active'
  const due = change.due ?? (active ? [] : [DOCUMENT])
  const deadline = active && due.length > 0 ? seconds(stand) + ANSWER_WITHIN_S : null
  const after: Stripe.Account = {
    ...(transfers === undefined ? before : setTransfers(before, transfers)),
    details_submitted: before.details_submitted || active,
    payouts_enabled: active,
    requirements: asked({ due, deadline }),
  }
  changeAccount(stand, before, after)
  tellCapability(stand, after)
  return after
}

/** Whoever did not hand in in time may receive nothing more. */
export function advanceAccounts(stand: Stand): void {
  for (const { id, requirements } of stand.tables.accounts.values()) {
    const deadline = requirements?.current_deadline ?? null
    if (deadline !== null && deadline <= seconds(stand))
      controlAccount(stand, id, { transfers: 'inactive', due: requirements?.currently_due ?? [] })
  }
}

/** A connected account with the express dashboard, that has answered nothing yet. */
export function makeAccount(
  stand: Stand,
  given: {
    /** Upper case. */
    readonly country: string
    readonly email: string | null
    readonly businessType: Stripe.Account.BusinessType | null
    readonly cardPayments: boolean
    readonly metadata: Record<string, string>
    readonly businessProfile?: z.output<typeof businessProfile>
  },
): Stripe.Account {
  const account: Stripe.Account = {
    id: makeId('acct_1', 15),
    object: 'account',
    business_profile: profileOf(null, given.businessProfile),
    business_type: given.businessType,
    capabilities: {
      transfers: 'inactive',
      ...(given.cardPayments ? { card_payments: 'inactive' as const } : {}),
    },
    charges_enabled: false,
    controller: {
      fees: { payer: 'application' },
      is_controller: true,
      losses: { payments: 'application' },
      requirement_collection: 'stripe',
      stripe_dashboard: { type: 'express' },
      type: 'application',
    },
    country: given.country,
    created: seconds(stand),
    default_currency: 'usd',
    details_submitted: false,
    email: given.email,
    metadata: given.metadata,
    payouts_enabled: false,
    requirements: asked({ due: ASKED }),
    // With a controller Stripe says `none`, whatever the dashboard is.
    type: 'none',
  }
  stand.tables.accounts.set(account.id, account)
  return account
}

/** A single-use address of the onboarding page. */
export function makeLink(
  stand: Stand,
  given: Pick<LinkRecord, 'accountId' | 'refreshUrl' | 'returnUrl'> & {
    readonly livesMs: number
    readonly tellReturn: boolean
  },
): { readonly url: string /** UTC ms */; readonly expiresAt: number } {
  const { livesMs, ...link } = given
  const id = makeId('', 32)
  const expiresAt = stand.clock() + livesMs
  stand.tables.links.set(id, { ...link, id, expiresAt, opened: false, finished: false })
  return { url: `${stand.url()}/connect/onboard/${id}`, expiresAt }
}

export const accountOperations: readonly Operation[] = [
  operation({
    route: 'GET /v1/account',
    params: z.strictObject({}),
    run: () =>
      ({
        id: PLATFORM_ID,
        object: 'account',
        charges_enabled: true,
        country: 'US',
        default_currency: 'usd',
        details_submitted: true,
        email: 'platform@example.com',
        payouts_enabled: true,
        type: 'standard',
      }) satisfies Stripe.Account,
  }),
  operation({
    route: 'POST /v1/accounts',
    params: z.strictObject({
      ...changeable,
      capabilities,
      controller: z.strictObject({
        fees: z.strictObject({ payer: z.enum(['application', 'account']) }),
        losses: z.strictObject({ payments: z.enum(['application', 'stripe']) }),
        stripe_dashboard: z.strictObject({ type: z.enum(['express', 'full', 'none']) }),
        requirement_collection: z.enum(['stripe', 'application']).optional(),
      }),
      country: z
        .string()
        .regex(/^[A-Z]{2}$/, 'Country must be a two-letter code')
        .optional(),
      business_type: z.enum(['individual', 'company', 'non_profit', 'government_entity']).optional(),
    }),
    later: [...LATER, 'type'],
    run(stand, { params }) {
      const { controller } = params
      if (
        controller.stripe_dashboard.type !== 'express' ||
        controller.fees.payer !== 'application' ||
        controller.losses.payments !== 'application' ||
        controller.requirement_collection === 'application'
      )
        throw notBuilt(
          'connected accounts other than: express dashboard, fees and losses borne by the application',
        )
      if (!params.capabilities?.transfers?.requested)
        throw refuse(
          'Accounts with the express dashboard need the transfers capability to be requested.',
          undefined,
          'capabilities',
        )
      const account = makeAccount(stand, {
        country: params.country ?? 'US',
        email: params.email ?? null,
        businessType: params.business_type ?? null,
        cardPayments: params.capabilities.card_payments?.requested ?? false,
        metadata: mergeMetadata(null, params.metadata),
        businessProfile: params.business_profile,
      })
      return account
    },
  }),
  operation({
    route: 'GET /v1/accounts',
    params: z.strictObject(paging),
    run: (stand, { params }) =>
      pageOf('/v1/accounts', stand.tables.accounts.values(), params, (account) => account.created ?? 0),
  }),
  operation({
    route: 'GET /v1/accounts/:id',
    params: z.strictObject({}),
    run: (stand, { id }) => requireAccount(stand, id),
  }),
  operation({
    route: 'POST /v1/accounts/:id',
    params: z.strictObject(changeable),
    later: [...LATER, 'business_type', 'capabilities'],
    run(stand, { id, params }) {
      const before = requireAccount(stand, id)
      const after: Stripe.Account = {
        ...before,
        email: params.email ?? before.email,
        business_profile: profileOf(before.business_profile ?? null, params.business_profile),
        metadata: mergeMetadata(before.metadata ?? null, params.metadata),
      }
      changeAccount(stand, before, after)
      return after
    },
  }),
  operation({
    route: 'DELETE /v1/accounts/:id',
    params: z.strictObject({}),
    run(stand, { id }) {
      requireAccount(stand, id)
      const { available, pending } = balanceOf(stand, id)
      if ([...available, ...pending].some((one) => one.amount !== 0))
        throw refuse(`Account ${id} still has a balance: it can be deleted when all balances are zero.`)
      stand.tables.accounts.delete(id)
      return { id, object: 'account', deleted: true }
    },
  }),
  operation({
    route: 'POST /v1/account_links',
    params: z.strictObject({
      account: text,
      type: z.enum(['account_onboarding', 'account_update']),
      refresh_url: webUrl,
      return_url: webUrl,
      collection_options: z
        .strictObject({
          fields: z.enum(['currently_due', 'eventually_due']).optional(),
          future_requirements: z.enum(['omit', 'include']).optional(),
        })
        .optional(),
    }),
    later: ['collect'],
    run(stand, { params }) {
      const account = requireAccount(stand, params.account)
      if (params.type === 'account_update')
        throw refuse(
          'You cannot create `account_update` type Account Links for this account.',
          undefined,
          'type',
        )
      const { url, expiresAt } = makeLink(stand, {
        accountId: account.id,
        refreshUrl: params.refresh_url,
        returnUrl: params.return_url,
        livesMs: LINK_LIVES_MS,
        tellReturn: false,
      })
      return {
        object: 'account_link',
        created: seconds(stand),
        expires_at: Math.floor(expiresAt / 1000),
        url,
      } satisfies Stripe.AccountLink
    },
  }),
  operation({
    route: 'POST /v1/accounts/:id/login_links',
    params: z.strictObject({}),
    run(stand, { id }) {
      const account = requireAccount(stand, id)
      if (!account.details_submitted)
        throw refuse('Cannot create a login link for an account that has not completed onboarding.')
      return {
        object: 'login_link',
        created: seconds(stand),
        url: `${stand.url()}/express/${id}`,
      } satisfies Stripe.LoginLink
    },
  }),
]

function profileOf(
  before: Stripe.Account.BusinessProfile | null,
  given: z.output<typeof businessProfile>,
): Stripe.Account.BusinessProfile {
  return {
    minority_owned_business_designation: null,
    specified_commercial_transactions_act_url: null,
    mcc: given?.mcc ?? before?.mcc ?? null,
    name: given?.name ?? before?.name ?? null,
    product_description: given?.product_description ?? before?.product_description ?? null,
    support_address: null,
    support_email: given?.support_email ?? before?.support_email ?? null,
    support_phone: null,
    support_url: null,
    url: given?.url ?? before?.url ?? null,
  }
}
