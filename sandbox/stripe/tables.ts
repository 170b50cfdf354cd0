import { randomInt } from 'node:crypto'
import type Stripe from 'stripe'
import type { State, Table } from '../state.ts'

/** A price as it goes over the wire: the client turns the decimal text into its own type. */
export type WireLineItem = Omit<Stripe.LineItem, 'price'> & {
  readonly price: Omit<Stripe.Price, 'unit_amount_decimal'> & { readonly unit_amount_decimal: string }
}

export interface SessionRecord {
  readonly session: Stripe.Checkout.Session
  readonly lineItems: readonly WireLineItem[]
  /** What payment_intent_data asked for; the PaymentIntent itself is made at the first attempt to pay. */
  readonly intentData: {
    readonly metadata: Record<string, string>
    readonly description: string | null
    readonly transfer_group: string | null
    readonly statement_descriptor_suffix: string | null
    readonly receipt_email: string | null
    /** A destination charge: what the connected account gets. Absent in sessions of an older version. */
    readonly application_fee_amount?: number | null
    readonly transfer_data?: { readonly destination: string; readonly amount?: number } | null
  }
  readonly intentId: string | null
  /** How far the clock had been moved when it was made, in ms: its caller knows nothing of that. */
  readonly clockMovedBy?: number
}

export interface ChargeRecord {
  readonly charge: Stripe.Charge
  /** The full test card number, or the name of a delayed method: decides what happens later. */
  readonly paidWith: string
}

export interface TransactionRecord {
  /** Whose balance it moves; null is the platform's. */
  readonly account: string | null
  readonly transaction: Stripe.BalanceTransaction
  /** The automatic payout that took it to the bank. */
  readonly payout?: string
}

/** What was switched by hand and outlives a restart. */
export interface Modes {
  /** How far the clock was moved, in ms. */
  readonly movedByMs: number
  /** New refunds stay pending until somebody decides. */
  readonly holdRefunds: boolean
}

/** How one balance behaves. */
export interface OwnerSettings {
  /** The account's id; the platform's own for the platform. */
  readonly id: string
  /** Null for the platform. */
  readonly account: string | null
  /** False: a reversal that the connected account's balance does not cover is refused. */
  readonly negativeAllowed: boolean
  /** `daily` pays out once a UTC day what is above the minimum. */
  readonly interval: 'manual' | 'daily'
  /** Minor units that stay in the balance, by currency. */
  readonly minimumByCurrency: Readonly<Record<string, number>>
  /** The last UTC day (since 1970) with a scheduled payout. */
  readonly paidOutDay: number | null
}

export interface PayoutRecord {
  /** Whose balance it came from; null is the platform's. */
  readonly account: string | null
  readonly payout: Stripe.Payout
}

export interface LocalEvent {
  readonly id: string
  readonly object: 'event'
  readonly account?: string
  readonly api_version: string
  /** Epoch seconds. */
  readonly created: number
  readonly data: { readonly object: object; readonly previous_attributes?: object }
  readonly livemode: false
  readonly pending_webhooks: number
  readonly request: { readonly id: string | null; readonly idempotency_key: string | null }
  readonly type: Stripe.Event['type']
}

/** What happened to which object, and no more; `data` is not delivered, only read. */
export interface ThinEvent {
  readonly id: string
  readonly object: 'v2.core.event'
  readonly type: string
  /** ISO */
  readonly created: string
  readonly livemode: false
  /** The account it happened in. */
  readonly context: string
  readonly related_object: { readonly id: string; readonly type: string; readonly url: string } | null
  readonly reason: {
    readonly type: 'request'
    readonly request: { readonly id: string; readonly idempotency_key: string }
  } | null
  readonly data?: object
}

export interface EventRecord {
  readonly event: LocalEvent | ThinEvent
  readonly endpointIds: readonly string[]
}

export interface EndpointRecord {
  readonly endpoint: Stripe.WebhookEndpoint
  readonly secret: string
  readonly connect: boolean
  /** Gets thin events only, where others get snapshots only. */
  readonly thin?: boolean
  /** An event destination's. */
  readonly name?: string
  /** Given at start, so it is renewed at every start. */
  readonly fixed: boolean
}

export interface DeliveryTry {
  /** UTC ms */
  readonly at: number
  /** HTTP status, or null when there was no answer. */
  readonly status: number | null
  readonly problem: string | null
}

export interface DeliveryRecord {
  readonly eventId: string
  readonly endpointId: string
  readonly type: string
  readonly url: string
  readonly state: 'due' | 'delivered' | 'given_up' | 'lost'
  /** UTC ms of the next try while due. */
  readonly nextAt: number
  readonly tries: readonly DeliveryTry[]
  /** How often the next try is sent at once; once unless told. */
  readonly copies?: number
}

export interface LinkRecord {
  readonly id: string
  readonly accountId: string
  readonly refreshUrl: string
  readonly returnUrl: string
  /** UTC ms */
  readonly expiresAt: number
  /** Set when the address was opened; buttons on the opened page still work. */
  readonly opened: boolean
  readonly finished: boolean
  /** Made through v2: its end is told by v2.core.account_link.returned. */
  readonly tellReturn?: boolean
}

/** What v2 knows of an account beside what v1 knows. */
export interface V2Record {
  readonly id: string
  readonly display_name: string | null
  readonly identity: {
    /** Lower case. */
    readonly country: string
    readonly entity_type: Stripe.V2.Core.Account.Identity.EntityType | null
  }
  readonly currency: string
  readonly closed: boolean
}

export interface SavedAnswer {
  readonly key: string
  readonly fingerprint: string
  readonly requestId: string
  readonly status: number
  readonly body: string
  /** UTC ms */
  readonly at: number
}

export interface Tables {
  readonly sessions: Table<SessionRecord>
  readonly intents: Table<Stripe.PaymentIntent>
  readonly charges: Table<ChargeRecord>
  readonly transactions: Table<TransactionRecord>
  readonly refunds: Table<Stripe.Refund>
  readonly transfers: Table<Stripe.Transfer>
  readonly reversals: Table<Stripe.TransferReversal>
  readonly disputes: Table<Stripe.Dispute>
  /** What is known of an upload; its bytes are not kept. */
  readonly files: Table<Stripe.File>
  readonly fees: Table<Stripe.ApplicationFee>
  readonly feeRefunds: Table<Stripe.FeeRefund>
  readonly payouts: Table<PayoutRecord>
  readonly accounts: Table<Stripe.Account>
  /** Refunds that stay pending until somebody decides. */
  readonly heldRefunds: Table<{ readonly id: string }>
  /** One document, `now`. */
  readonly modes: Table<Modes>
  /** By account id; the platform's under its own. An owner without an entry has the usual settings. */
  readonly settings: Table<OwnerSettings>
  /** Accounts made through v2, or changed there. */
  readonly v2Accounts: Table<V2Record>
  readonly links: Table<LinkRecord>
  readonly events: Table<EventRecord>
  readonly endpoints: Table<EndpointRecord>
  readonly deliveries: Table<DeliveryRecord>
  readonly answers: Table<SavedAnswer>
}

/** Everything the local Stripe remembers. Open once per state: two openings would not see each other's writes. */
export function openTables(state: State): Tables {
  return {
    sessions: state.table('stripe.sessions'),
    intents: state.table('stripe.intents'),
    charges: state.table('stripe.charges'),
    transactions: state.table('stripe.transactions'),
    refunds: state.table('stripe.refunds'),
    transfers: state.table('stripe.transfers'),
    reversals: state.table('stripe.reversals'),
    disputes: state.table('stripe.disputes'),
    files: state.table('stripe.files'),
    fees: state.table('stripe.fees'),
    feeRefunds: state.table('stripe.feeRefunds'),
    payouts: state.table('stripe.payouts'),
    accounts: state.table('stripe.accounts'),
    heldRefunds: state.table('stripe.heldRefunds'),
    modes: state.table('stripe.modes'),
    settings: state.table('stripe.settings'),
    v2Accounts: state.table('stripe.v2Accounts'),
    links: state.table('stripe.links'),
    events: state.table('stripe.events'),
    endpoints: state.table('stripe.endpoints'),
    deliveries: state.table('stripe.deliveries'),
    answers: state.table('stripe.answers'),
  }
}

const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** `makeId('pi_')` -> `pi_3fK...`: Stripe's prefixes, random letters. */
export function makeId(prefix: string, length = 24): string {
  let id = prefix
  for (let i = 0; i < length; i++) id += LETTERS[randomInt(LETTERS.length)]
  return id
}
