import type Stripe from 'stripe'
import {
  type Checkout,
  type CheckoutRequest,
  type PaidCheckout,
  type Payments,
  PaymentsError,
  type Refund,
} from '../ports/payments.ts'
import type { StripeClient } from './stripe-client.ts'
import { createHintParsers, type WebhookSecrets } from './stripe-hints.ts'
import { checkoutStatus, idOf, toDispute, toRefund, transferGroup } from './stripe-objects.ts'

const PAID_DETAILS = 'payment_intent.latest_charge.balance_transaction'

/**
 * Payments on Stripe: separate charges and transfers, or destination charges where a payment is to be split at once;
 * hosted Checkout. Every call that moves money carries our own idempotency key.
 */
export function createStripePayments(
  client: StripeClient,
  options: {
    readonly webhookSecrets: WebhookSecrets
    /** Stripe's names of the ways to pay, such as `card`; delayed ones settle days later. */
    readonly paymentMethods: readonly string[]
    /** Two letters each: where a buyer may have things sent. */
    readonly shippingCountries: readonly string[]
  },
): Payments {
  const { stripe, call } = client

  async function readCheckout(sessionId: string): Promise<Checkout> {
    const session = await call('GET /v1/checkout/sessions/:id', () =>
      stripe.checkout.sessions.retrieve(sessionId, { expand: [PAID_DETAILS] }),
    )
    return toCheckout(session)
  }

  /** What was made before. A look that is refused leaves open whether anything was. */
  async function* earlier<T>(list: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
    try {
      yield* list
    } catch (error) {
      if (!(error instanceof PaymentsError)) throw error
      throw new PaymentsError('busy', error.message, error.code)
    }
  }

  async function findTransfer(request: Parameters<Payments['transfer']>[0]): Promise<string | null> {
    const group = client.list('GET /v1/transfers', (page) =>
      stripe.transfers.list({ transfer_group: transferGroup(request.orderId), ...page }),
    )
    for await (const found of earlier(group)) {
      if (found.metadata.order_id !== request.orderId || found.reversed) continue
      const same = found.amount === request.amount && idOf(found.destination) === request.accountId
      if (same) return found.id
      // Another transfer on top could pay twice: a person has to look.
      throw new PaymentsError('refused', `${found.id} of this order is different`, 'transfer_differs')
    }
    return null
  }

  async function findRefund(request: Parameters<Payments['refund']>[0]): Promise<Refund | null> {
    const refunds = client.list('GET /v1/refunds', (page) =>
      stripe.refunds.list({ payment_intent: request.paymentIntentId, ...page }),
    )
    // A failed one is found as well: a new try of the same refund is a part of its own.
    for await (const found of earlier(refunds)) {
      if (!isPart(request, found.metadata)) continue
      if (found.amount === request.amount) return toRefund(found)
      throw new PaymentsError('refused', `${found.id} of this order is different`, 'refund_differs')
    }
    return null
  }

  async function isReversed(request: Parameters<Payments['reverseTransfer']>[0]): Promise<boolean> {
    const reversals = client.list('GET /v1/transfers/:id/reversals', (page) =>
      stripe.transfers.listReversals(request.transferId, page),
    )
    for await (const found of earlier(reversals)) {
      if (!isPart(request, found.metadata)) continue
      if (found.amount === request.amount) return true
      throw new PaymentsError('refused', `${found.id} of this order is different`, 'reversal_differs')
    }
    return false
  }

  return {
    async createCheckout(request) {
      const session = await call('POST /v1/checkout/sessions', () =>
        stripe.checkout.sessions.create(checkoutParams(request, options), {
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
      const found = await findTransfer(request)
      if (found) return { transferId: found }
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
      const found = await findRefund(request)
      if (found) return found
      const refund = await call('POST /v1/refunds', () =>
        stripe.refunds.create(
          {
            payment_intent: request.paymentIntentId,
            amount: request.amount,
            metadata: { order_id: request.orderId, part: request.part },
          },
          { idempotencyKey: request.idempotencyKey },
        ),
      )
      return toRefund(refund)
    },

    async readRefund(refundId) {
      return toRefund(await call('GET /v1/refunds/:id', () => stripe.refunds.retrieve(refundId)))
    },

    async reverseTransfer(request) {
      if (await isReversed(request)) return
      await call('POST /v1/transfers/:id/reversals', () =>
        stripe.transfers.createReversal(
          request.transferId,
          {
            amount: request.amount,
            metadata: { order_id: request.orderId, part: request.part },
          },
          { idempotencyKey: request.idempotencyKey },
        ),
      )
    },

    async uploadEvidence({ jpeg, idempotencyKey }) {
      const file = { data: jpeg, name: 'case-pictures.jpg', type: 'image/jpeg' }
      const { id } = await call('POST /v1/files', () =>
        stripe.files.create({ purpose: 'dispute_evidence', file }, { idempotencyKey }),
      )
      return { fileId: id }
    },

    async submitEvidence({ disputeId, evidence, fileId, idempotencyKey }) {
      const shown = { ...evidence, ...(fileId !== null && { uncategorized_file: fileId }) }
      await call('POST /v1/disputes/:id', () =>
        stripe.disputes.update(disputeId, { evidence: shown, submit: true }, { idempotencyKey }),
      )
    },

    async readDispute(chargeId) {
      const disputes = client.list('GET /v1/disputes', (page) =>
        stripe.disputes.list({ charge: chargeId, ...page }),
      )
      for await (const dispute of disputes) {
        const found = toDispute(dispute)
        if (found) return found
      }
      return null
    },

    ...createHintParsers(client, options.webhookSecrets),
  }
}

function isPart(
  request: { readonly orderId: string; readonly part: string },
  metadata: Stripe.Metadata | null,
): boolean {
  return metadata?.order_id === request.orderId && metadata.part === request.part
}

function checkoutParams(
  request: CheckoutRequest,
  checkout: { readonly paymentMethods: readonly string[]; readonly shippingCountries: readonly string[] },
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
    payment_intent_data: {
      metadata,
      transfer_group: transferGroup(request.orderId),
      ...(request.split && splitParams(request.split)),
    },
    // A filter over what the dashboard allows; the types that Stripe knows are configuration here, and Stripe checks them.
    allowed_payment_method_types:
      checkout.paymentMethods as Stripe.Checkout.SessionCreateParams.AllowedPaymentMethodType[],
    shipping_address_collection: {
      // Stripe's list of countries is a closed type; configuration is text and Stripe checks it.
      allowed_countries:
        checkout.shippingCountries as Stripe.Checkout.SessionCreateParams.ShippingAddressCollection.AllowedCountry[],
    },
    // The ledger counts what the drop costs, in the drop's currency.
    adaptive_pricing: { enabled: false },
    expires_at: Math.floor(request.expiresAt / 1_000),
    success_url: request.successUrl,
    cancel_url: request.cancelUrl,
  }
}

function splitParams(
  split: NonNullable<CheckoutRequest['split']>,
): Stripe.Checkout.SessionCreateParams.PaymentIntentData {
  return {
    transfer_data: { destination: split.accountId },
    // Stripe knows no fee of nothing.
    ...(split.fee > 0 && { application_fee_amount: split.fee }),
  }
}

function toCheckout(session: Stripe.Checkout.Session): Checkout {
  return {
    sessionId: session.id,
    orderId: session.client_reference_id,
    status: checkoutStatus(session.status),
    payment: paymentState(session),
    url: session.url,
    paid: toPaid(session),
  }
}

/**
 * A complete session stays `unpaid` while a delayed payment is on its way, and for ever when it fails; its payment intent
 * tells which.
 */
function paymentState(session: Stripe.Checkout.Session): Checkout['payment'] {
  if (session.payment_status !== 'unpaid') return 'paid'
  if (session.status !== 'complete') return 'none'
  const intent = session.payment_intent
  const status = typeof intent === 'string' ? undefined : intent?.status
  return status === 'requires_payment_method' || status === 'canceled' ? 'failed' : 'underway'
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
    transferId: typeof charge === 'string' ? null : idOf(charge.transfer),
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
