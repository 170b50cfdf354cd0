import type Stripe from 'stripe'
import { requireSession } from './checkout-sessions.ts'
import { refuse } from './errors.ts'
import { emit } from './events.ts'
import { idOf, type Stand, seconds } from './stand.ts'
import { type ChargeRecord, makeId, type SessionRecord } from './tables.ts'
import { checkDestination } from './transfer-money.ts'

/** Stripe's test cards that this stand-in knows. `decline` is the decline code; the rest of a card's character is
 * kept by number: 0077 skips the two days until available, 7726 makes refunds pend, 5126 makes them fail, 0259 is
 * disputed and 1976 asked about right after the payment. */
const CARDS: Readonly<Record<string, { readonly brand: string; readonly decline: string | null }>> = {
  '4242424242424242': { brand: 'visa', decline: null },
  '4000000000000077': { brand: 'visa', decline: null },
  '4000000000007726': { brand: 'visa', decline: null },
  '4000000000005126': { brand: 'visa', decline: null },
  '4000000000000259': { brand: 'visa', decline: null },
  '4000000000001976': { brand: 'visa', decline: null },
  '4000000000000002': { brand: 'visa', decline: 'generic_decline' },
  '4000000000009995': { brand: 'visa', decline: 'insufficient_funds' },
}

/** How long the bank of a delayed payment takes when nobody settles it by hand. */
const DELAYED_S = 4 * 86_400

export const PAYING_CARD = '4242424242424242'
export const DECLINED_CARD = '4000000000000002'

export interface Payer {
  /** A test card's number with or without spaces, or a delayed method of the session such as `us_bank_account`. */
  readonly paidWith: string
  readonly email: string
  readonly name: string
  readonly address: Stripe.Address
}

/** Somebody plausible, for the prefilled page and for payments without a browser. */
export function examplePayer(session: Stripe.Checkout.Session): Payer {
  const country = session.shipping_address_collection?.allowed_countries[0] ?? 'US'
  return {
    paidWith: PAYING_CARD,
    email: session.customer_email ?? 'poppy@example.com',
    name: 'Poppy Fielding',
    address: {
      line1: '12 Orchard Lane',
      line2: null,
      city: 'Portland',
      state: 'OR',
      postal_code: '97201',
      country,
    },
  }
}

export type PayResult =
  | { readonly result: 'paid' | 'processing'; readonly eventId: string }
  | { readonly result: 'declined'; readonly message: string }

/**
 * What happens when somebody presses Pay. `late` pays a session that has expired, as when the payment was on its
 * way while the session ended. Throws StripeError 400 when the session cannot be paid or the card is unknown.
 */
export function paySession(stand: Stand, sessionId: string, payer: Payer, late = false): PayResult {
  const record = requireSession(stand, sessionId)
  const { session } = record
  const payable = session.status === 'open' || (late && session.status === 'expired')
  if (!payable)
    throw refuse(`This Checkout Session has a status of \`${session.status}\` and cannot be paid.`)
  checkAddress(session, payer)
  const split = record.intentData.transfer_data
  if (split) checkDestination(stand, split.destination)
  const paidWith = payer.paidWith.replaceAll(/[\s-]/g, '')
  if (session.payment_method_types.includes(paidWith) && paidWith !== 'card')
    return startDelayed(stand, record, { ...payer, paidWith })
  const card = CARDS[paidWith]
  if (!card || !session.payment_method_types.includes('card'))
    throw refuse('Your card number is invalid.', 'incorrect_number', 'number')
  return card.decline
    ? decline(stand, record, { ...payer, paidWith }, card.decline)
    : payNow(stand, record, { ...payer, paidWith })
}

/** A delayed payment arrives or fails. Throws StripeError 400 when none is on its way. */
export function settleDelayed(stand: Stand, sessionId: string, outcome: 'succeeded' | 'failed'): void {
  const record = requireSession(stand, sessionId)
  const { session } = record
  const intent = stand.tables.intents.get(record.intentId ?? '')
  const charge = stand.tables.charges.get(idOf(intent?.latest_charge))
  if (intent?.status !== 'processing' || !charge)
    throw refuse('No delayed payment of this Checkout Session is on its way.')
  if (outcome === 'failed') {
    const message = 'The bank returned the payment.'
    const failedCharge = saveCharge(stand, charge, {
      status: 'failed',
      failure_code: 'payment_method_provider_decline',
      failure_message: message,
    })
    const failedIntent = saveIntent(stand, {
      ...intent,
      status: 'requires_payment_method',
      last_payment_error: { type: 'card_error', code: 'payment_intent_payment_attempt_failed', message },
    })
    emit(stand, 'charge.failed', failedCharge)
    emit(stand, 'payment_intent.payment_failed', failedIntent)
    emit(stand, 'checkout.session.async_payment_failed', session)
    return
  }
  const paidCharge = saveCharge(stand, charge, {
    status: 'succeeded',
    paid: true,
    amount_captured: charge.charge.amount,
  })
  const paidIntent = saveIntent(stand, { ...intent, status: 'succeeded', amount_received: intent.amount })
  const paid: SessionRecord = { ...record, session: { ...session, payment_status: 'paid' } }
  stand.tables.sessions.set(session.id, paid)
  emit(stand, 'charge.succeeded', paidCharge)
  emit(stand, 'payment_intent.succeeded', paidIntent)
  emit(stand, 'checkout.session.async_payment_succeeded', paid.session)
}

/** Delayed payments arrive by themselves after four days. */
export function advanceDelayed(stand: Stand): void {
  for (const { session, intentId } of stand.tables.sessions.values()) {
    if (session.status !== 'complete' || session.payment_status !== 'unpaid') continue
    const intent = stand.tables.intents.get(intentId ?? '')
    const begun = stand.tables.charges.get(idOf(intent?.latest_charge))?.charge.created
    if (intent?.status === 'processing' && begun !== undefined && begun + DELAYED_S <= seconds(stand))
      settleDelayed(stand, session.id, 'succeeded')
  }
}

function checkAddress(session: Stripe.Checkout.Session, payer: Payer): void {
  const allowed: readonly string[] | undefined = session.shipping_address_collection?.allowed_countries
  if (allowed && !allowed.includes(payer.address.country ?? ''))
    throw refuse(`The seller does not ship to ${payer.address.country}.`)
}

function payNow(stand: Stand, record: SessionRecord, payer: Payer): PayResult {
  const intent = openIntent(stand, record)
  const charge = saveCharge(stand, newCharge(stand, record, intent, payer), {
    status: 'succeeded',
    paid: true,
    amount_captured: intent.amount,
  })
  const paid = saveIntent(stand, {
    ...intent,
    status: 'succeeded',
    amount_received: intent.amount,
    last_payment_error: null,
    latest_charge: charge.id,
    payment_method: charge.payment_method,
    shipping: charge.shipping as Stripe.PaymentIntent.Shipping | null,
  })
  const completed = complete(stand, record, paid, payer, 'paid')
  emit(stand, 'charge.succeeded', charge)
  emit(stand, 'payment_intent.succeeded', paid)
  return { result: 'paid', eventId: emit(stand, 'checkout.session.completed', completed) }
}

function startDelayed(stand: Stand, record: SessionRecord, payer: Payer): PayResult {
  const intent = openIntent(stand, record)
  const charge = saveCharge(stand, newCharge(stand, record, intent, payer), { status: 'pending' })
  const processing = saveIntent(stand, {
    ...intent,
    status: 'processing',
    latest_charge: charge.id,
    payment_method: charge.payment_method,
    last_payment_error: null,
  })
  const completed = complete(stand, record, processing, payer, 'unpaid')
  emit(stand, 'charge.pending', charge)
  emit(stand, 'payment_intent.processing', processing)
  return { result: 'processing', eventId: emit(stand, 'checkout.session.completed', completed) }
}

function decline(stand: Stand, record: SessionRecord, payer: Payer, declineCode: string): PayResult {
  const intent = openIntent(stand, record)
  const message =
    declineCode === 'insufficient_funds' ? 'Your card has insufficient funds.' : 'Your card was declined.'
  const charge = saveCharge(stand, newCharge(stand, record, intent, payer), {
    status: 'failed',
    captured: false,
    failure_code: 'card_declined',
    failure_message: message,
  })
  const failed = saveIntent(stand, {
    ...intent,
    status: 'requires_payment_method',
    latest_charge: charge.id,
    last_payment_error: {
      type: 'card_error',
      code: 'card_declined',
      decline_code: declineCode,
      message,
      charge: charge.id,
    },
  })
  stand.tables.sessions.set(record.session.id, { ...record, intentId: intent.id })
  emit(stand, 'charge.failed', charge)
  emit(stand, 'payment_intent.payment_failed', failed)
  return { result: 'declined', message }
}

function complete(
  stand: Stand,
  record: SessionRecord,
  intent: Stripe.PaymentIntent,
  payer: Payer,
  payment_status: 'paid' | 'unpaid',
): Stripe.Checkout.Session {
  const { name, email, address } = payer
  const ships = record.session.shipping_address_collection !== null
  const session: Stripe.Checkout.Session = {
    ...record.session,
    status: 'complete',
    payment_status,
    payment_intent: intent.id,
    url: null,
    collected_information: {
      business_name: null,
      individual_name: null,
      shipping_details: ships ? { name, address } : null,
    },
    customer_details: {
      address,
      business_name: null,
      email,
      individual_name: null,
      name,
      phone: null,
      tax_exempt: 'none',
      tax_ids: [],
    },
  }
  stand.tables.sessions.set(session.id, { ...record, session, intentId: intent.id })
  return session
}

function saveIntent(stand: Stand, intent: Stripe.PaymentIntent): Stripe.PaymentIntent {
  stand.tables.intents.set(intent.id, intent)
  return intent
}

function saveCharge(stand: Stand, record: ChargeRecord, change: Partial<Stripe.Charge>): Stripe.Charge {
  const charge = { ...record.charge, ...change }
  stand.tables.charges.set(charge.id, { ...record, charge })
  return charge
}

/** The session's PaymentIntent: one for all attempts, made at the first. */
function openIntent(stand: Stand, record: SessionRecord): Stripe.PaymentIntent {
  const before = stand.tables.intents.get(record.intentId ?? '')
  if (before) return before
  const { session, intentData } = record
  const split = intentData.transfer_data ?? null
  const id = makeId('pi_3')
  const intent = saveIntent(stand, {
    id,
    object: 'payment_intent',
    allowed_payment_method_types: null,
    amount: session.amount_total ?? 0,
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: 0,
    application: null,
    application_fee_amount: intentData.application_fee_amount ?? null,
    automatic_payment_methods: null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: 'automatic_async',
    client_secret: `${id}_secret_${makeId('', 24)}`,
    confirmation_method: 'automatic',
    created: seconds(stand),
    currency: session.currency ?? 'usd',
    customer: null,
    customer_account: null,
    description: intentData.description,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata: intentData.metadata,
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: session.payment_method_types,
    payment_record: null,
    processing: null,
    receipt_email: intentData.receipt_email,
    review: null,
    setup_future_usage: null,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: intentData.statement_descriptor_suffix,
    status: 'requires_payment_method',
    transfer_data: split,
    // A destination charge without a group of its own gets one.
    transfer_group: intentData.transfer_group ?? (split ? `group_${id}` : null),
  })
  emit(stand, 'payment_intent.created', intent)
  return intent
}

function newCharge(
  stand: Stand,
  { session }: SessionRecord,
  intent: Stripe.PaymentIntent,
  payer: Payer,
): ChargeRecord {
  const ships = session.shipping_address_collection !== null
  const card = CARDS[payer.paidWith]
  const charge: Stripe.Charge = {
    id: makeId(card ? 'ch_3' : 'py_3'),
    object: 'charge',
    amount: intent.amount,
    amount_captured: 0,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: intent.application_fee_amount,
    balance_transaction: null,
    billing_details: {
      address: payer.address,
      email: payer.email,
      name: payer.name,
      phone: null,
      tax_id: null,
    },
    calculated_statement_descriptor: 'LOCAL STRIPE',
    captured: true,
    created: seconds(stand),
    currency: intent.currency,
    customer: null,
    description: intent.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: null,
    failure_message: null,
    fraud_details: {},
    livemode: false,
    metadata: intent.metadata,
    on_behalf_of: null,
    outcome: null,
    paid: false,
    payment_intent: intent.id,
    payment_method: makeId('pm_1'),
    payment_method_details: card ? cardDetails(stand, payer.paidWith, card.brand) : { type: payer.paidWith },
    receipt_email: intent.receipt_email,
    receipt_number: null,
    receipt_url: null,
    refunded: false,
    review: null,
    shipping: ships ? { name: payer.name, address: payer.address } : null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: intent.statement_descriptor_suffix,
    status: 'pending',
    transfer_data: intent.transfer_data as Stripe.Charge.TransferData | null,
    transfer_group: intent.transfer_group,
  }
  return { charge, paidWith: payer.paidWith }
}

function cardDetails(stand: Stand, number: string, brand: string): Stripe.Charge.PaymentMethodDetails {
  return {
    type: 'card',
    card: {
      amount_authorized: null,
      authorization_code: null,
      brand,
      checks: null,
      country: 'US',
      electronic_commerce_indicator: null,
      exp_month: 12,
      exp_year: new Date(stand.clock()).getUTCFullYear() + 3,
      funding: 'credit',
      installments: null,
      last4: number.slice(-4),
      mandate: null,
      network: brand,
      network_transaction_id: null,
      regulated_status: 'unregulated',
      three_d_secure: null,
      transaction_link_id: null,
      wallet: null,
    },
  }
}
