import type Stripe from 'stripe'
import { z } from 'zod'
import { noSuch, notBuilt, refuse } from './errors.ts'
import { emit } from './events.ts'
import { type Operation, operation, pageOf } from './operation.ts'
import {
  currency,
  flag,
  list,
  mergeMetadata,
  metadata,
  optionalText,
  paging,
  positive,
  text,
  webUrl,
  whole,
} from './params.ts'
import { modesOf, type Stand, seconds } from './stand.ts'
import { makeId, type SessionRecord, type WireLineItem } from './tables.ts'
import { checkDestination } from './transfer-money.ts'

const SHORTEST_S = 30 * 60
const LONGEST_S = 24 * 3_600
const MINIMUM = 50
const MAXIMUM = 99_999_999

/** Payment methods that the platform's dashboard has switched on; all but cards settle days later. */
function enabledMethods(wanted: string): readonly string[] {
  if (wanted === 'usd') return ['card', 'us_bank_account']
  return wanted === 'eur' ? ['card', 'sepa_debit'] : ['card']
}

const createParams = z.strictObject({
  mode: z.enum(['payment', 'setup', 'subscription']),
  line_items: list(
    z.strictObject({
      quantity: positive,
      price_data: z.strictObject({
        currency,
        unit_amount: whole.refine((value) => value >= 0, 'Invalid non-negative integer'),
        product_data: z.strictObject({
          name: text,
          description: optionalText,
          images: list(webUrl).optional(),
          metadata,
        }),
      }),
    }),
  ).refine((items) => items.length > 0, 'At least one line item is needed'),
  success_url: webUrl,
  cancel_url: webUrl.optional(),
  expires_at: whole.optional(),
  client_reference_id: z.string().min(1).max(200).optional(),
  customer_email: z.email().max(800).optional(),
  customer_creation: z.enum(['if_required']).optional(),
  metadata,
  payment_intent_data: z
    .strictObject({
      metadata,
      description: optionalText,
      transfer_group: optionalText,
      statement_descriptor_suffix: z.string().min(1).max(22).optional(),
      receipt_email: optionalText,
      application_fee_amount: positive.optional(),
      transfer_data: z.strictObject({ destination: text, amount: positive.optional() }).optional(),
    })
    .optional(),
  shipping_address_collection: z
    .strictObject({
      allowed_countries: list(
        z.string().regex(/^[A-Z]{2}$/, 'Country must be a two-letter code'),
      ) as z.ZodType<Stripe.Checkout.Session.ShippingAddressCollection['allowed_countries']>,
    })
    .optional(),
  allowed_payment_method_types: list(text).optional(),
  excluded_payment_method_types: list(text).optional(),
  adaptive_pricing: z.strictObject({ enabled: flag }).optional(),
  phone_number_collection: z.strictObject({ enabled: flag }).optional(),
  billing_address_collection: z.enum(['auto', 'required']).optional(),
  custom_text: z
    .strictObject({
      submit: z.strictObject({ message: z.string().min(1).max(1_200) }).optional(),
      shipping_address: z.strictObject({ message: z.string().min(1).max(1_200) }).optional(),
    })
    .optional(),
  integration_identifier: optionalText,
  locale: optionalText,
  submit_type: z.enum(['auto', 'pay', 'book', 'donate']).optional(),
  ui_mode: z.enum(['hosted_page']).optional(),
  payment_method_types: z.unknown().optional(),
})

const LATER = [
  'after_expiration',
  'allow_promotion_codes',
  'automatic_tax',
  'branding_settings',
  'consent_collection',
  'currency',
  'custom_fields',
  'customer',
  'customer_account',
  'customer_update',
  'discounts',
  'invoice_creation',
  'line_items[][adjustable_quantity]',
  'line_items[][metadata]',
  'line_items[][price]',
  'line_items[][price_data][product]',
  'line_items[][price_data][product_data][tax_code]',
  'line_items[][price_data][tax_behavior]',
  'line_items[][price_data][unit_amount_decimal]',
  'line_items[][tax_rates]',
  'managed_payments',
  'name_collection',
  'optional_items',
  'origin_context',
  'payment_intent_data[capture_method]',
  'payment_intent_data[on_behalf_of]',
  'payment_intent_data[setup_future_usage]',
  'payment_intent_data[shipping]',
  'payment_intent_data[statement_descriptor]',
  'payment_method_configuration',
  'payment_method_data',
  'payment_method_options',
  'permissions',
  'redirect_on_completion',
  'return_url',
  'saved_payment_method_options',
  'shipping_options',
  'tax_id_collection',
  'wallet_options',
]

/** Read a session by its id, expired first if the clock says so. Throws StripeError 404. */
export function requireSession(stand: Stand, id: string): SessionRecord {
  const record = stand.tables.sessions.get(id)
  if (!record) throw noSuch('checkout.session', id)
  return isOverdue(stand, record) ? expireSession(stand, record) : record
}

/** Its caller reckons in its own time: what the clock was moved by before the session was made does not count. */
function isOverdue(stand: Stand, { session, clockMovedBy }: SessionRecord): boolean {
  return session.status === 'open' && session.expires_at <= seconds(stand) - (clockMovedBy ?? 0) / 1000
}

function expireSession(stand: Stand, record: SessionRecord): SessionRecord {
  const expired: SessionRecord = { ...record, session: { ...record.session, status: 'expired', url: null } }
  stand.tables.sessions.set(record.session.id, expired)
  emit(stand, 'checkout.session.expired', expired.session)
  return expired
}

/** Expire every open session whose time has come. */
export function expireSessions(stand: Stand): void {
  for (const record of stand.tables.sessions.values())
    if (isOverdue(stand, record)) expireSession(stand, record)
}

function toLineItem(stand: Stand, given: z.output<typeof createParams>['line_items'][number]): WireLineItem {
  const { price_data: data, quantity } = given
  const total = data.unit_amount * quantity
  const price = {
    id: makeId('price_'),
    object: 'price',
    active: false,
    billing_scheme: 'per_unit',
    created: seconds(stand),
    currency: data.currency,
    custom_unit_amount: null,
    livemode: false,
    lookup_key: null,
    metadata: {},
    nickname: null,
    product: makeId('prod_', 14),
    recurring: null,
    tax_behavior: 'unspecified',
    tiers_mode: null,
    transform_quantity: null,
    type: 'one_time',
    unit_amount: data.unit_amount,
    unit_amount_decimal: String(data.unit_amount),
  } satisfies WireLineItem['price']
  return {
    id: makeId('li_'),
    object: 'item',
    adjustable_quantity: null,
    amount_discount: 0,
    amount_subtotal: total,
    amount_tax: 0,
    amount_total: total,
    currency: data.currency,
    description: data.product_data.name,
    metadata: {},
    price,
    quantity,
  }
}

function checkTotal(items: readonly WireLineItem[]): { readonly total: number; readonly currency: string } {
  const first = items[0]?.currency ?? 'usd'
  if (items.some((item) => item.currency !== first))
    throw refuse('All line items must be in the same currency.', undefined, 'line_items')
  const total = items.reduce((sum, item) => sum + item.amount_total, 0)
  if (total < MINIMUM)
    throw refuse(
      `The Checkout Session's total amount due must add up to at least ${MINIMUM} ${first} in the smallest unit.`,
      'amount_too_small',
    )
  if (total > MAXIMUM)
    throw refuse(
      `The Checkout Session's total amount due must be no more than ${MAXIMUM} ${first} in the smallest unit.`,
      'amount_too_large',
    )
  return { total, currency: first }
}

function checkExpiry(stand: Stand, expiresAt: number | undefined): number {
  const now = Math.floor((stand.clock() - modesOf(stand).movedByMs) / 1000)
  if (expiresAt === undefined) return now + LONGEST_S
  if (expiresAt < now + SHORTEST_S || expiresAt > now + LONGEST_S)
    throw refuse(
      'The `expires_at` timestamp must be at least 30 minutes and no more than 24 hours from Checkout Session creation.',
      undefined,
      'expires_at',
    )
  return expiresAt
}

/** A destination charge names an account that may receive, and takes its share in one way only. */
function checkSplit(stand: Stand, intent: z.output<typeof createParams>['payment_intent_data']): void {
  const split = intent?.transfer_data
  if (intent?.application_fee_amount !== undefined && !split)
    throw refuse(
      'Can only apply an application_fee_amount when the PaymentIntent is attempting a direct payment (using an OAuth key or Stripe-Account header) or destination payment (using `transfer_data[destination]`).',
      undefined,
      'payment_intent_data[application_fee_amount]',
    )
  if (!split) return
  if (intent.application_fee_amount !== undefined && split.amount !== undefined)
    throw refuse(
      'You may only specify one of these parameters: application_fee_amount, transfer_data[amount].',
      undefined,
      'payment_intent_data[transfer_data][amount]',
    )
  checkDestination(stand, split.destination, 'payment_intent_data[transfer_data][destination]')
}

export const checkoutSessionOperations: readonly Operation[] = [
  operation({
    route: 'POST /v1/checkout/sessions',
    params: createParams,
    later: LATER,
    run(stand, { params }) {
      if (params.payment_method_types !== undefined)
        throw refuse(
          `The payment_method_types parameter is no longer supported in this API version. Use allowed_payment_method_types or excluded_payment_method_types instead.`,
          'payment_method_types_no_longer_supported',
          'payment_method_types',
        )
      if (params.mode !== 'payment') throw notBuilt(`mode ${params.mode} of Checkout Sessions`)
      checkSplit(stand, params.payment_intent_data)
      const lineItems = params.line_items.map((item) => toLineItem(stand, item))
      const { total, currency: paidIn } = checkTotal(lineItems)
      const methods = enabledMethods(paidIn).filter(
        (method) =>
          (params.allowed_payment_method_types?.includes(method) ?? true) &&
          !params.excluded_payment_method_types?.includes(method),
      )
      if (methods.length === 0)
        throw refuse(
          'No valid payment method types for this Checkout Session.',
          undefined,
          'allowed_payment_method_types',
        )
      const id = makeId('cs_test_a1', 56)
      const session: Stripe.Checkout.Session = {
        id,
        object: 'checkout.session',
        adaptive_pricing: { enabled: params.adaptive_pricing?.enabled ?? false },
        after_expiration: null,
        allow_promotion_codes: null,
        allowed_payment_method_types: params.allowed_payment_method_types ?? null,
        amount_subtotal: total,
        amount_total: total,
        automatic_tax: { enabled: false, liability: null, provider: null, status: null },
        billing_address_collection: params.billing_address_collection ?? null,
        cancel_url: params.cancel_url ?? null,
        client_reference_id: params.client_reference_id ?? null,
        client_secret: null,
        collected_information: null,
        consent: null,
        consent_collection: null,
        created: seconds(stand),
        currency: paidIn,
        currency_conversion: null,
        custom_fields: [],
        custom_text: {
          after_submit: null,
          shipping_address: params.custom_text?.shipping_address ?? null,
          submit: params.custom_text?.submit ?? null,
          terms_of_service_acceptance: null,
        },
        customer: null,
        customer_account: null,
        customer_creation: 'if_required',
        customer_details: params.customer_email
          ? { ...NOBODY, email: params.customer_email, tax_exempt: 'none' }
          : null,
        customer_email: params.customer_email ?? null,
        discounts: [],
        excluded_payment_method_types: params.excluded_payment_method_types ?? [],
        expires_at: checkExpiry(stand, params.expires_at),
        integration_identifier: params.integration_identifier ?? null,
        invoice: null,
        invoice_creation: null,
        livemode: false,
        locale: params.locale ?? null,
        managed_payments: null,
        metadata: mergeMetadata(null, params.metadata),
        mode: 'payment',
        origin_context: null,
        payment_intent: null,
        payment_link: null,
        payment_method_collection: 'if_required',
        payment_method_configuration_details: null,
        payment_method_options: {},
        payment_method_types: methods,
        payment_status: 'unpaid',
        permissions: null,
        phone_number_collection: { enabled: params.phone_number_collection?.enabled ?? false },
        recovered_from: null,
        saved_payment_method_options: null,
        setup_intent: null,
        shipping_address_collection: params.shipping_address_collection ?? null,
        shipping_cost: null,
        shipping_options: [],
        status: 'open',
        submit_type: params.submit_type ?? null,
        subscription: null,
        success_url: params.success_url,
        total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
        ui_mode: 'hosted_page',
        url: `${stand.url()}/c/pay/${id}`,
        wallet_options: null,
      }
      const intent = params.payment_intent_data
      stand.tables.sessions.set(id, {
        session,
        lineItems,
        intentData: {
          metadata: mergeMetadata(null, intent?.metadata),
          description: intent?.description ?? null,
          transfer_group: intent?.transfer_group ?? null,
          statement_descriptor_suffix: intent?.statement_descriptor_suffix ?? null,
          receipt_email: intent?.receipt_email ?? null,
          application_fee_amount: intent?.application_fee_amount ?? null,
          transfer_data: toTransferData(intent?.transfer_data),
        },
        intentId: null,
        clockMovedBy: modesOf(stand).movedByMs,
      })
      return session
    },
  }),
  operation({
    route: 'GET /v1/checkout/sessions',
    params: z.strictObject({
      ...paging,
      status: z.enum(['open', 'complete', 'expired']).optional(),
      payment_intent: optionalText,
    }),
    later: ['customer', 'customer_account', 'customer_details', 'payment_link', 'subscription'],
    run(stand, { params }) {
      expireSessions(stand)
      const found = stand.tables.sessions
        .values()
        .map(({ session }) => session)
        .filter((one) => params.status === undefined || one.status === params.status)
        .filter((one) => params.payment_intent === undefined || one.payment_intent === params.payment_intent)
      return pageOf('/v1/checkout/sessions', found, params, (session) => session.created)
    },
  }),
  operation({
    route: 'GET /v1/checkout/sessions/:id',
    params: z.strictObject({}),
    run: (stand, { id }) => requireSession(stand, id).session,
  }),
  operation({
    route: 'POST /v1/checkout/sessions/:id',
    params: z.strictObject({ metadata }),
    later: ['collected_information', 'line_items', 'shipping_options'],
    run(stand, { id, params }) {
      const record = requireSession(stand, id)
      const session = {
        ...record.session,
        metadata: mergeMetadata(record.session.metadata, params.metadata),
      }
      stand.tables.sessions.set(id, { ...record, session })
      return session
    },
  }),
  operation({
    route: 'POST /v1/checkout/sessions/:id/expire',
    params: z.strictObject({}),
    run(stand, { id }) {
      const record = requireSession(stand, id)
      if (record.session.status !== 'open')
        throw refuse(
          `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of \`${record.session.status}\`.`,
        )
      return expireSession(stand, record).session
    },
  }),
  operation({
    route: 'GET /v1/checkout/sessions/:id/line_items',
    params: z.strictObject(paging),
    run(stand, { id, params }) {
      const { lineItems, session } = requireSession(stand, id)
      const url = `/v1/checkout/sessions/${id}/line_items`
      // Line items keep the order they were given in.
      return pageOf(url, lineItems.toReversed(), params, () => session.created)
    },
  }),
]

function toTransferData(
  given: { readonly destination: string; readonly amount?: number | undefined } | undefined,
): NonNullable<SessionRecord['intentData']['transfer_data']> | null {
  if (!given) return null
  const { destination, amount } = given
  return amount === undefined ? { destination } : { destination, amount }
}

/** What Checkout knows of a buyer before the buyer told anything. */
export const NOBODY = {
  address: null,
  business_name: null,
  email: null,
  individual_name: null,
  name: null,
  phone: null,
  tax_exempt: null,
  tax_ids: null,
} satisfies Stripe.Checkout.Session.CustomerDetails
