import http from 'node:http'
import https from 'node:https'
import PQueue from 'p-queue'
import type { Logger } from 'pino'
import Stripe from 'stripe'
import { z } from 'zod'
import { OrderId } from '#contract'
import {
  type Checkout,
  type CheckoutRequest,
  type ConnectedAccount,
  type PaidCheckout,
  type PaymentHint,
  type Payments,
  PaymentsError,
  type Refund,
} from '../ports/payments.ts'

const TIMEOUT_MS = 30_000
const MAX_SOCKETS = 20
const PAID_DETAILS = 'payment_intent.latest_charge.balance_transaction'

/**
 * Payments on Stripe: separate charges and transfers, hosted Checkout, v1 controller accounts with the Express
 * dashboard. Every call passes its endpoint's budget, every call that moves money carries our own idempotency key.
 */
export function createStripePayments(options: {
  /** `sk_…` or `rk_…`. */
  readonly secretKey: string
  readonly webhookSecret: string
  readonly connectWebhookSecret: string
  /** Where a Stripe that is not Stripe's own answers, e.g. `http://127.0.0.1:8511`. */
  readonly apiBase?: string
  /** Per endpoint and process; Stripe allows 25 by default (docs.stripe.com/rate-limits). */
  readonly requestsPerSecond?: number
  /** How long one call may take; 30 seconds unless told. */
  readonly timeoutMs?: number
  /** Two letters, the country in which builders' accounts are opened. */
  readonly accountCountry: string
  /** Two letters each: where a buyer may have things sent. */
  readonly shippingCountries: readonly string[]
  readonly log?: Pick<Logger, 'warn'>
}): Payments {
  const stripe = createClient(options.secretKey, options.apiBase, options.timeoutMs ?? TIMEOUT_MS)
  const live = /^[sr]k_live_/.test(options.secretKey)
  const inBudget = createBudgets(options.requestsPerSecond ?? 20)
  stripe.on('response', ({ method, path, status, request_id, elapsed }: Stripe.ResponseEvent) => {
    // The path without its query: lists carry ids there.
    if (status >= 400) {
      options.log?.warn(
        { method, path: path.split('?')[0], status, requestId: request_id, ms: elapsed },
        'Stripe refused a call',
      )
    }
  })

  /** One request inside its endpoint's budget; whatever goes wrong becomes a PaymentsError. */
  async function call<T extends object>(endpoint: string, request: () => Promise<T>): Promise<T> {
    const answer = await inBudget(endpoint, request).catch((error: unknown) => {
      throw toPaymentsError(endpoint, error)
    })
    // The SDK takes any body without an `error` key for a success, a proxy's 404 included.
    if (!('object' in answer)) throw new PaymentsError('busy', `${endpoint}: not an answer of Stripe's`, null)
    return answer
  }

  async function readCheckout(sessionId: string): Promise<Checkout> {
    const session = await call('GET /v1/checkout/sessions/:id', () =>
      stripe.checkout.sessions.retrieve(sessionId, { expand: [PAID_DETAILS] }),
    )
    return toCheckout(session)
  }

  async function findTransfer(request: Parameters<Payments['transfer']>[0]): Promise<string | null> {
    const list = await call('GET /v1/transfers', () =>
      stripe.transfers.list({ transfer_group: transferGroup(request.orderId), limit: 100 }),
    )
    const earlier = list.data.find(
      (transfer) => transfer.metadata.order_id === request.orderId && !transfer.reversed,
    )
    if (!earlier) return null
    if (earlier.amount !== request.amount || idOf(earlier.destination) !== request.accountId) {
      // Another transfer on top could pay twice: a person has to look.
      throw new PaymentsError('refused', `${earlier.id} of this order is different`, 'transfer_differs')
    }
    return earlier.id
  }

  async function findRefund(request: Parameters<Payments['refund']>[0]): Promise<Refund | null> {
    const list = await call('GET /v1/refunds', () =>
      stripe.refunds.list({ payment_intent: request.paymentIntentId, limit: 100 }),
    )
    const earlier = list.data.find(
      (refund) =>
        refund.metadata?.order_id === request.orderId &&
        refund.amount === request.amount &&
        toRefund(refund).status !== 'failed',
    )
    return earlier ? toRefund(earlier) : null
  }

  return {
    async createCheckout(request) {
      const session = await call('POST /v1/checkout/sessions', () =>
        stripe.checkout.sessions.create(checkoutParams(request, options.shippingCountries), {
          idempotencyKey: request.idempotencyKey,
        }),
      )
      return toCheckout(session)
    },

    readCheckout,

    async expireCheckout(sessionId) {
      try {
        await call('POST /v1/checkout/sessions/:id/expire', () => stripe.checkout.sessions.expire(sessionId))
        return 'closed'
      } catch (error) {
        // Only an open session can be expired. The refusal has no documented code, so the session itself is asked.
        if (!(error instanceof PaymentsError) || error.kind !== 'refused') throw error
        const { status } = await readCheckout(sessionId)
        if (status === 'open') throw error
        return 'not_open'
      }
    },

    async readFee(chargeId) {
      const charge = await call('GET /v1/charges/:id', () =>
        stripe.charges.retrieve(chargeId, { expand: ['balance_transaction'] }),
      )
      return feeOf(charge)
    },

    async transfer(request) {
      const earlier = request.lookFirst ? await findTransfer(request) : null
      if (earlier) return { transferId: earlier }
      const transfer = await call('POST /v1/transfers', () =>
        stripe.transfers.create(
          {
            amount: request.amount,
            currency: request.currency,
            destination: request.accountId,
            source_transaction: request.chargeId,
            transfer_group: transferGroup(request.orderId),
            metadata: { order_id: request.orderId },
          },
          { idempotencyKey: request.idempotencyKey },
        ),
      )
      return { transferId: transfer.id }
    },

    async refund(request) {
      const earlier = request.lookFirst ? await findRefund(request) : null
      if (earlier) return earlier
      const refund = await call('POST /v1/refunds', () =>
        stripe.refunds.create(
          {
            payment_intent: request.paymentIntentId,
            amount: request.amount,
            metadata: { order_id: request.orderId },
          },
          { idempotencyKey: request.idempotencyKey },
        ),
      )
      return toRefund(refund)
    },

    async readRefund(refundId) {
      return toRefund(await call('GET /v1/refunds/:id', () => stripe.refunds.retrieve(refundId)))
    },

    async createAccount(request) {
      const account = await call('POST /v1/accounts', () =>
        stripe.accounts.create(
          {
            country: options.accountCountry,
            controller: {
              fees: { payer: 'application' },
              losses: { payments: 'application' },
              stripe_dashboard: { type: 'express' },
            },
            capabilities: { transfers: { requested: true } },
            metadata: { builder_id: request.builderId },
          },
          { idempotencyKey: request.idempotencyKey },
        ),
      )
      return toConnectedAccount(account)
    },

    async readAccount(accountId) {
      return toConnectedAccount(await call('GET /v1/accounts/:id', () => stripe.accounts.retrieve(accountId)))
    },

    async createAccountLink(request) {
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

    parseEvent(rawBody, signature, endpoint) {
      const secret = endpoint === 'connect' ? options.connectWebhookSecret : options.webhookSecret
      let event: unknown
      try {
        event = stripe.webhooks.constructEvent(rawBody, signature ?? '', secret)
      } catch {
        // Without a cause: the SDK's error carries the header and the whole body.
        throw new PaymentsError('refused', 'the webhook is not signed as it should be', 'webhook_signature')
      }
      const parsed = HintedEvent.safeParse(event)
      if (!parsed.success) throw new PaymentsError('refused', 'the webhook is no event', 'webhook_body')
      return toHint(parsed.data, live)
    },
  }
}

function createClient(secretKey: string, apiBase: string | undefined, timeoutMs: number): Stripe {
  const base = apiBase === undefined ? null : new URL(apiBase)
  const plain = base?.protocol === 'http:'
  const agentOptions = { keepAlive: true, maxSockets: MAX_SOCKETS }
  return new Stripe(secretKey, {
    ...(base && {
      host: base.hostname,
      port: base.port || (plain ? 80 : 443),
      protocol: plain ? 'http' : 'https',
    }),
    httpAgent: plain ? new http.Agent(agentOptions) : new https.Agent(agentOptions),
    // Once, for a lost connection or a 5xx; it repeats our idempotency key. Whatever needs longer is the outbox's.
    maxNetworkRetries: 1,
    timeout: timeoutMs,
    telemetry: false,
  })
}

/** A queue per endpoint that never starts more calls than the budget in any one second. */
function createBudgets(requestsPerSecond: number) {
  const queues = new Map<string, PQueue>()
  return <T>(endpoint: string, request: () => Promise<T>): Promise<T> => {
    let queue = queues.get(endpoint)
    if (!queue) {
      queue = new PQueue({ interval: 1_000, intervalCap: requestsPerSecond, strict: true })
      queues.set(endpoint, queue)
    }
    return queue.add(request)
  }
}

function checkoutParams(
  request: CheckoutRequest,
  shippingCountries: readonly string[],
): Stripe.Checkout.SessionCreateParams {
  const metadata = { order_id: request.orderId }
  return {
    mode: 'payment',
    line_items: [
      {
        quantity: 1,
        price_data: {
          currency: request.currency,
          unit_amount: request.amount,
          product_data: {
            name: request.title,
            ...(request.description && { description: request.description }),
          },
        },
      },
    ],
    client_reference_id: request.orderId,
    metadata,
    // A session's metadata is not copied to its payment intent.
    payment_intent_data: { metadata, transfer_group: transferGroup(request.orderId) },
    // Cards settle at once; a delayed method would outlive the hold.
    allowed_payment_method_types: ['card'],
    shipping_address_collection: {
      // Stripe's list of countries is a closed type; configuration is text and Stripe checks it.
      allowed_countries:
        shippingCountries as Stripe.Checkout.SessionCreateParams.ShippingAddressCollection.AllowedCountry[],
    },
    // The ledger counts what the drop costs, in the drop's currency.
    adaptive_pricing: { enabled: false },
    expires_at: Math.floor(request.expiresAt / 1_000),
    success_url: request.successUrl,
    cancel_url: request.cancelUrl,
  }
}

function transferGroup(orderId: string): string {
  return `order_${orderId}`
}

function toCheckout(session: Stripe.Checkout.Session): Checkout {
  return {
    sessionId: session.id,
    orderId: session.client_reference_id,
    status: checkoutStatus(session.status),
    payment: session.payment_status === 'unpaid' ? 'unpaid' : 'paid',
    url: session.url,
    paid: toPaid(session),
  }
}

function checkoutStatus(status: Stripe.Checkout.Session['status']): Checkout['status'] {
  switch (status) {
    case 'complete':
      return 'complete'
    case 'expired':
      return 'expired'
    default:
      return 'open'
  }
}

function toPaid(session: Stripe.Checkout.Session): PaidCheckout | null {
  const intent = session.payment_intent
  if (session.payment_status !== 'paid' || !intent || typeof intent === 'string') return null
  const charge = intent.latest_charge
  if (!charge || session.amount_total === null || session.currency === null) return null
  return {
    paymentIntentId: intent.id,
    chargeId: idOf(charge),
    amount: session.amount_total,
    currency: session.currency,
    shipTo: shipTo(session.collected_information?.shipping_details),
    stripeFee: typeof charge === 'string' ? null : feeOf(charge),
  }
}

function shipTo(
  details: Stripe.Checkout.Session.CollectedInformation.ShippingDetails | null | undefined,
): string | null {
  if (!details) return null
  const { line1, line2, city, state, postal_code, country } = details.address
  const town = [city, [state, postal_code].filter(Boolean).join(' ')].filter(Boolean).join(', ')
  return [details.name, line1, line2, town, country].filter(Boolean).join('\n')
}

function feeOf(charge: Stripe.Charge): number | null {
  const transaction = charge.balance_transaction
  return transaction && typeof transaction !== 'string' ? transaction.fee : null
}

function toRefund(refund: Stripe.Refund): Refund {
  switch (refund.status) {
    case 'succeeded':
      return { refundId: refund.id, status: 'succeeded' }
    case 'failed':
    case 'canceled':
      return { refundId: refund.id, status: 'failed' }
    default:
      return { refundId: refund.id, status: 'pending' }
  }
}

function toConnectedAccount(account: Stripe.Account): ConnectedAccount {
  return {
    accountId: account.id,
    transfers: account.capabilities?.transfers === 'active',
    detailsSubmitted: account.details_submitted,
  }
}

function idOf(reference: string | { readonly id: string } | null): string {
  return typeof reference === 'string' ? reference : (reference?.id ?? '')
}

/** The little of an event that is believed; which names its object carries depends on the event's type. */
const HintedEvent = z.object({
  id: z.string(),
  type: z.string(),
  livemode: z.boolean(),
  account: z.string().optional(),
  data: z.object({
    object: z.object({
      object: z.string(),
      id: z.string().optional(),
      metadata: z.record(z.string(), z.unknown()).nullish(),
      client_reference_id: z.string().nullish(),
      transfer_group: z.string().nullish(),
    }),
  }),
})

function toHint(event: z.infer<typeof HintedEvent>, live: boolean): PaymentHint {
  const { object } = event.data
  // A live Connect endpoint also receives the events of test accounts: they name nobody of ours.
  const ours = event.livemode === live
  const orderId = [
    object.metadata?.order_id,
    object.client_reference_id,
    object.transfer_group?.replace(/^order_/, ''),
  ]
    .map((name) => OrderId.safeParse(name).data)
    .find((name) => name !== undefined)
  const accountId = event.account ?? (object.object === 'account' ? object.id : undefined)
  return {
    eventId: event.id,
    type: event.type,
    orderId: (ours && orderId) || null,
    accountId: (ours && accountId) || null,
  }
}

/**
 * The SDK's error as ours. 401 counts as busy: a wrong key is mended by the operator and the same call then
 * succeeds, while a refusal would end an order's payment for good.
 */
function toPaymentsError(endpoint: string, error: unknown): unknown {
  if (!(error instanceof Stripe.errors.StripeError)) return error
  const status = error.statusCode
  const refused = status !== undefined && status >= 400 && status < 500 && ![401, 409, 429].includes(status)
  const parts = [`${endpoint}: ${withoutKeys(error.message)}`, error.requestId && `(${error.requestId})`]
  // Without a cause: the SDK's error keeps the answer as it came, and Stripe repeats keys in some of them.
  return new PaymentsError(
    refused ? 'refused' : 'busy',
    parts.filter(Boolean).join(' '),
    error.code ?? (error instanceof Stripe.errors.StripeIdempotencyError ? 'idempotency_error' : null),
  )
}

function withoutKeys(text: string): string {
  return text.replace(/\b(?:sk|rk|whsec)_\w+/g, '[key]')
}
