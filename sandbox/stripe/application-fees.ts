import type Stripe from 'stripe'
import { z } from 'zod'
import { moveBalance } from './balance.ts'
import { noSuch, refuse } from './errors.ts'
import { emit } from './events.ts'
import { type Operation, operation, pageOf } from './operation.ts'
import { mergeMetadata, metadata, optionalText, paging, positive } from './params.ts'
import { APPLICATION_ID, idOf, type Stand, seconds } from './stand.ts'
import { makeId } from './tables.ts'

/** Book what the platform keeps of a destination charge. The connected account's side is in its payment. */
export function takeFee(
  stand: Stand,
  taking: {
    /** Minor units. */
    readonly amount: number
    readonly currency: string
    readonly account: string
    /** The payment on the connected account, and the platform's charge behind it. */
    readonly payment: string
    readonly charge: string
    /** Epoch seconds. */
    readonly availableOn: number
  },
): Stripe.ApplicationFee {
  const id = makeId('fee_')
  const fee: Stripe.ApplicationFee = {
    id,
    object: 'application_fee',
    account: taking.account,
    amount: taking.amount,
    amount_refunded: 0,
    application: APPLICATION_ID,
    balance_transaction: moveBalance(stand, {
      account: null,
      type: 'application_fee',
      category: 'platform_earning',
      amount: taking.amount,
      fee: 0,
      currency: taking.currency,
      source: id,
      availableOn: taking.availableOn,
    }),
    charge: taking.payment,
    created: seconds(stand),
    currency: taking.currency,
    fee_source: { charge: taking.payment, type: 'charge' },
    livemode: false,
    originating_transaction: taking.charge,
    refunded: false,
    refunds: { object: 'list', data: [], has_more: false, url: `/v1/application_fees/${id}/refunds` },
  }
  stand.tables.fees.set(id, fee)
  emit(stand, 'application_fee.created', fee)
  return fee
}

/** Give part of a fee back; the connected account's side is the caller's. At most what is left of it. */
export function giveFeeBack(
  stand: Stand,
  fee: Stripe.ApplicationFee,
  amount: number,
  given: Record<string, string> = {},
): Stripe.FeeRefund {
  const id = makeId('fr_')
  const refund: Stripe.FeeRefund = {
    id,
    object: 'fee_refund',
    amount,
    balance_transaction: moveBalance(stand, {
      account: null,
      type: 'application_fee_refund',
      category: 'platform_earning_refund',
      amount: -amount,
      fee: 0,
      currency: fee.currency,
      source: id,
      availableOn: seconds(stand),
    }),
    created: seconds(stand),
    currency: fee.currency,
    fee: fee.id,
    metadata: given,
  }
  stand.tables.feeRefunds.set(id, refund)
  const amount_refunded = fee.amount_refunded + amount
  const all = refundsOf(stand, fee.id).toReversed()
  const changed: Stripe.ApplicationFee = {
    ...fee,
    amount_refunded,
    refunded: amount_refunded === fee.amount,
    refunds: { ...fee.refunds, data: all.slice(0, 10), has_more: all.length > 10 },
  }
  stand.tables.fees.set(fee.id, changed)
  emit(stand, 'application_fee.refunded', changed, { previous: { amount_refunded: fee.amount_refunded } })
  return refund
}

function refundsOf(stand: Stand, feeId: string): Stripe.FeeRefund[] {
  return stand.tables.feeRefunds.values().filter((one) => one.fee === feeId)
}

function requireFee(stand: Stand, id: string): Stripe.ApplicationFee {
  const fee = stand.tables.fees.get(id)
  if (!fee) throw noSuch('application_fee', id)
  return fee
}

export const applicationFeeOperations: readonly Operation[] = [
  operation({
    route: 'GET /v1/application_fees',
    params: z.strictObject({ ...paging, charge: optionalText }),
    run(stand, { params }) {
      const found = stand.tables.fees
        .values()
        .filter(({ charge, originating_transaction }) =>
          [undefined, charge, originating_transaction].includes(params.charge),
        )
      return pageOf('/v1/application_fees', found, params, (fee) => fee.created)
    },
  }),
  operation({
    route: 'GET /v1/application_fees/:id',
    params: z.strictObject({}),
    run: (stand, { id }) => requireFee(stand, id),
  }),
  operation({
    route: 'POST /v1/application_fees/:id/refunds',
    params: z.strictObject({ amount: positive.optional(), metadata }),
    run(stand, { id, params }) {
      const fee = requireFee(stand, id)
      const left = fee.amount - fee.amount_refunded
      if (left === 0) throw refuse(`Application fee ${id} has already been refunded.`)
      const amount = params.amount ?? left
      if (amount > left)
        throw refuse(
          `Refund amount (${amount}) is greater than unrefunded amount on fee (${left}).`,
          undefined,
          'amount',
        )
      const refund = giveFeeBack(stand, fee, amount, mergeMetadata(null, params.metadata))
      moveBalance(stand, {
        account: idOf(fee.account),
        type: 'adjustment',
        category: 'fee',
        amount,
        fee: 0,
        currency: fee.currency,
        source: refund.id,
        availableOn: seconds(stand),
      })
      return refund
    },
  }),
  operation({
    route: 'GET /v1/application_fees/:id/refunds',
    params: z.strictObject(paging),
    run(stand, { id, params }) {
      requireFee(stand, id)
      const url = `/v1/application_fees/${id}/refunds`
      return pageOf(url, refundsOf(stand, id), params, (one) => one.created)
    },
  }),
]
