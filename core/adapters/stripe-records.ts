import type Stripe from 'stripe'
import type {
  BalanceTransactionRecord,
  PaymentRecords,
  PayoutRecord,
  ReversalRecord,
  TransferRecord,
} from '../ports/payment-records.ts'
import type { StripeClient } from './stripe-client.ts'
import { namesIn, readHint } from './stripe-hints.ts'
import { checkoutStatus, idOf, toDispute, toRefund } from './stripe-objects.ts'

/** Stripe's own memory as plain records. Its reads let everything that a person waits for go first. */
export function createStripeRecords(client: StripeClient): PaymentRecords {
  const { stripe, live } = client

  /** A whole list, each object made into a record. */
  async function* read<T extends { id: string }, R>(
    endpoint: string,
    page: (params: { limit: number; starting_after?: string }) => Promise<Stripe.ApiList<T>>,
    toRecord: (object: T) => R | Promise<R>,
  ): AsyncGenerator<R, void, undefined> {
    for await (const object of client.list(endpoint, page, 'may_wait')) yield await toRecord(object)
  }

  async function toTransfer(transfer: Stripe.Transfer): Promise<TransferRecord> {
    const { orderId, chargeId } = namesIn(transfer)
    return {
      transferId: transfer.id,
      orderId,
      accountId: idOf(transfer.destination) ?? '',
      chargeId,
      amount: transfer.amount,
      currency: transfer.currency,
      createdAt: toMillis(transfer.created),
      reversals: await reversalsOf(transfer),
    }
  }

  async function reversalsOf(transfer: Stripe.Transfer): Promise<readonly ReversalRecord[]> {
    // A transfer carries its ten newest reversals.
    if (!transfer.reversals.has_more) return transfer.reversals.data.map(toReversal)
    return Array.fromAsync(
      read(
        'GET /v1/transfers/:id/reversals',
        (page) => stripe.transfers.listReversals(transfer.id, page),
        toReversal,
      ),
    )
  }

  return {
    events: (since) =>
      read(
        'GET /v1/events',
        (page) => stripe.events.list({ created: from(since), ...page }),
        (event) => readHint(event, live),
      ),

    balanceTransactions: (since) =>
      read(
        'GET /v1/balance_transactions',
        (page) => stripe.balanceTransactions.list({ created: from(since), expand: ['data.source'], ...page }),
        toBalanceTransaction,
      ),

    charges: (since) =>
      read(
        'GET /v1/charges',
        (page) => stripe.charges.list({ created: from(since), ...page }),
        (charge) => ({
          chargeId: charge.id,
          orderId: namesIn(charge).orderId,
          paymentIntentId: idOf(charge.payment_intent),
          amount: charge.amount,
          refunded: charge.amount_refunded,
          currency: charge.currency,
          paid: charge.paid,
          disputed: charge.disputed,
          transferId: idOf(charge.transfer),
          createdAt: toMillis(charge.created),
        }),
      ),

    sessions: (since) =>
      read(
        'GET /v1/checkout/sessions',
        (page) => stripe.checkout.sessions.list({ created: from(since), ...page }),
        (session) => ({
          sessionId: session.id,
          orderId: namesIn(session).orderId,
          status: checkoutStatus(session.status),
          payment: session.payment_status === 'unpaid' ? ('unpaid' as const) : ('paid' as const),
          paymentIntentId: idOf(session.payment_intent),
          amount: session.amount_total ?? 0,
          currency: session.currency ?? '',
          createdAt: toMillis(session.created),
        }),
      ),

    transfers: (since) =>
      read(
        'GET /v1/transfers',
        (page) => stripe.transfers.list({ created: from(since), ...page }),
        toTransfer,
      ),

    refunds: (since) =>
      read(
        'GET /v1/refunds',
        (page) => stripe.refunds.list({ created: from(since), ...page }),
        (refund) => ({
          ...toRefund(refund),
          ...namesIn(refund),
          part: refund.metadata?.part ?? null,
          paymentIntentId: idOf(refund.payment_intent),
          amount: refund.amount,
          currency: refund.currency,
          createdAt: toMillis(refund.created),
        }),
      ),

    disputes: (since) =>
      read(
        'GET /v1/disputes',
        (page) => stripe.disputes.list({ created: from(since), ...page }),
        (dispute) => ({
          disputeId: dispute.id,
          chargeId: idOf(dispute.charge),
          currency: dispute.currency,
          dispute: toDispute(dispute),
          createdAt: toMillis(dispute.created),
        }),
      ),

    payouts: (since, accountId) =>
      read(
        'GET /v1/payouts',
        (page) => stripe.payouts.list({ created: from(since), ...page }, onBehalfOf(accountId)),
        (payout) => ({
          payoutId: payout.id,
          amount: payout.amount,
          currency: payout.currency,
          status: payoutStatus(payout.status),
          failure: payout.failure_code,
          arrivesAt: toMillis(payout.arrival_date),
          createdAt: toMillis(payout.created),
        }),
      ),

    async balance(accountId) {
      const balance = await client.call(
        'GET /v1/balance',
        () => stripe.balance.retrieve({}, onBehalfOf(accountId)),
        'may_wait',
      )
      const { available, pending, connect_reserved: reserved = [] } = balance
      const currencies = new Set([...available, ...pending, ...reserved].map(({ currency }) => currency))
      return [...currencies].toSorted().map((currency) => ({
        currency,
        available: amountIn(available, currency),
        pending: amountIn(pending, currency),
        reserved: amountIn(reserved, currency),
      }))
    },
  }
}

function onBehalfOf(accountId: string | null): Stripe.RequestOptions {
  return accountId === null ? {} : { stripeAccount: accountId }
}

function from(since: number): Stripe.RangeQueryParam {
  return { gte: Math.floor(since / 1_000) }
}

function toMillis(seconds: number): number {
  return seconds * 1_000
}

function amountIn(
  amounts: readonly { readonly currency: string; readonly amount: number }[],
  currency: string,
): number {
  return amounts.reduce((sum, one) => sum + (one.currency === currency ? one.amount : 0), 0)
}

function toBalanceTransaction(transaction: Stripe.BalanceTransaction): BalanceTransactionRecord {
  return {
    transactionId: transaction.id,
    type: transaction.type,
    amount: transaction.amount,
    fee: transaction.fee,
    net: transaction.net,
    currency: transaction.currency,
    status: transaction.status === 'available' ? 'available' : 'pending',
    availableAt: toMillis(transaction.available_on),
    sourceId: idOf(transaction.source),
    ...namesIn(transaction.source),
    createdAt: toMillis(transaction.created),
  }
}

function toReversal(reversal: Stripe.TransferReversal): ReversalRecord {
  return {
    reversalId: reversal.id,
    amount: reversal.amount,
    part: reversal.metadata?.part ?? null,
    createdAt: toMillis(reversal.created),
  }
}

function payoutStatus(status: string): PayoutRecord['status'] {
  switch (status) {
    case 'paid':
    case 'in_transit':
    case 'failed':
    case 'canceled':
      return status
    default:
      return 'pending'
  }
}
