import type Stripe from 'stripe'
import { z } from 'zod'
import { moveBalance, viewTransaction } from './balance.ts'
import { settleCharge } from './charges.ts'
import { noSuch, refuse } from './errors.ts'
import { emit } from './events.ts'
import { type Operation, operation, pageOf } from './operation.ts'
import { mergeMetadata, metadata, optionalText, paging, whole } from './params.ts'
import { idOf, type Stand, seconds } from './stand.ts'
import { type ChargeRecord, makeId } from './tables.ts'

/** Stripe's test cards whose refunds do not end at once. */
const REFUND_PENDS = '4000000000007726'
const REFUND_FAILS = '4000000000005126'

function findCharge(
  stand: Stand,
  params: { charge?: string | undefined; payment_intent?: string | undefined },
) {
  if ((params.charge === undefined) === (params.payment_intent === undefined))
    throw refuse('Exactly one of the following params must be specified: charge, payment_intent.')
  const intent = params.payment_intent ? stand.tables.intents.get(params.payment_intent) : undefined
  if (params.payment_intent && !intent)
    throw noSuch('payment_intent', params.payment_intent, 'payment_intent')
  const chargeId = params.charge ?? idOf(intent?.latest_charge)
  const record = stand.tables.charges.get(chargeId)
  if (record) return record
  if (params.charge) throw noSuch('charge', params.charge, 'charge')
  throw refuse(
    `This PaymentIntent (${params.payment_intent}) does not have a successful charge to refund.`,
    'payment_intent_unexpected_state',
  )
}

/** Take `amount` off (or, negative, put it back on) what was refunded of a charge. */
function changeRefunded(stand: Stand, record: ChargeRecord, amount: number): Stripe.Charge {
  const amount_refunded = record.charge.amount_refunded + amount
  const charge = { ...record.charge, amount_refunded, refunded: amount_refunded === record.charge.amount }
  stand.tables.charges.set(charge.id, { ...record, charge })
  return charge
}

/** Let pending refunds succeed and doomed ones fail: what a bank does some time after the refund was made. */
export function advanceRefunds(stand: Stand): void {
  for (const refund of stand.tables.refunds.values()) {
    const record = stand.tables.charges.get(idOf(refund.charge))
    if (!record) continue
    if (refund.status === 'pending') {
      const { pending_reason, ...rest } = refund
      stand.tables.refunds.set(refund.id, { ...rest, status: 'succeeded' })
      emit(stand, 'refund.updated', { ...rest, status: 'succeeded' }, { previous: { status: 'pending' } })
    } else if (refund.status === 'succeeded' && record.paidWith === REFUND_FAILS) {
      const failed: Stripe.Refund = {
        ...refund,
        status: 'failed',
        failure_reason: 'expired_or_canceled_card',
        failure_balance_transaction: moveBalance(stand, {
          account: null,
          type: 'refund_failure',
          category: 'refund_failure',
          amount: refund.amount,
          fee: 0,
          currency: refund.currency,
          source: refund.id,
          availableOn: seconds(stand),
        }),
      }
      stand.tables.refunds.set(refund.id, failed)
      changeRefunded(stand, record, -refund.amount)
      emit(stand, 'refund.updated', failed, { previous: { status: 'succeeded' } })
      emit(stand, 'refund.failed', failed)
    }
  }
}

export const refundOperations: readonly Operation[] = [
  operation({
    route: 'POST /v1/refunds',
    params: z.strictObject({
      charge: optionalText,
      payment_intent: optionalText,
      amount: whole.optional(),
      reason: z.enum(['duplicate', 'fraudulent', 'requested_by_customer']).optional(),
      metadata,
    }),
    later: [
      'reverse_transfer',
      'refund_application_fee',
      'instructions_email',
      'origin',
      'customer',
      'currency',
    ],
    run(stand, { params }) {
      const found = findCharge(stand, params)
      const { charge, paidWith } = found
      if (charge.status !== 'succeeded')
        throw refuse(`Charge ${charge.id} has not succeeded, so it cannot be refunded.`)
      if (charge.refunded)
        throw refuse(`Charge ${charge.id} has already been refunded.`, 'charge_already_refunded')
      const left = charge.amount - charge.amount_refunded
      const amount = params.amount ?? left
      if (amount < 1) throw refuse('Invalid positive integer', 'parameter_invalid_integer', 'amount')
      if (amount > left)
        throw refuse(
          `Refund amount (${amount}) is greater than unrefunded amount on charge (${left}).`,
          undefined,
          'amount',
        )
      const settled = settleCharge(stand, found)
      const paid = viewTransaction(stand, idOf(settled.charge.balance_transaction))
      const id = makeId('re_')
      const pending = paidWith === REFUND_PENDS
      const refund: Stripe.Refund = {
        id,
        object: 'refund',
        amount,
        balance_transaction: moveBalance(stand, {
          account: null,
          type: 'refund',
          category: 'refund',
          amount: -amount,
          fee: 0,
          currency: charge.currency,
          source: id,
          availableOn: Math.max(seconds(stand), paid?.available_on ?? 0),
        }),
        charge: charge.id,
        created: seconds(stand),
        currency: charge.currency,
        customer: null,
        customer_account: null,
        destination_details: {
          type: 'card',
          card: { reference_status: 'pending', reference_type: 'acquirer_reference_number', type: 'refund' },
        },
        metadata: mergeMetadata(null, params.metadata),
        payment_intent: charge.payment_intent,
        payment_method: charge.payment_method,
        ...(pending ? { pending_reason: 'processing' as const } : {}),
        reason: params.reason ?? null,
        receipt_number: null,
        source_transfer_reversal: null,
        status: pending ? 'pending' : 'succeeded',
        transfer_reversal: null,
      }
      stand.tables.refunds.set(id, refund)
      const changed = changeRefunded(stand, settled, amount)
      emit(stand, 'refund.created', refund)
      emit(stand, 'charge.refunded', changed, { previous: { amount_refunded: charge.amount_refunded } })
      return refund
    },
  }),
  operation({
    route: 'GET /v1/refunds',
    params: z.strictObject({ ...paging, charge: optionalText, payment_intent: optionalText }),
    run(stand, { params }) {
      const found = stand.tables.refunds
        .values()
        .filter((one) => params.charge === undefined || one.charge === params.charge)
        .filter((one) => params.payment_intent === undefined || one.payment_intent === params.payment_intent)
      return pageOf('/v1/refunds', found, params, (refund) => refund.created)
    },
  }),
  operation({
    route: 'GET /v1/refunds/:id',
    params: z.strictObject({}),
    run(stand, { id }) {
      const refund = stand.tables.refunds.get(id)
      if (!refund) throw noSuch('refund', id)
      return refund
    },
  }),
]
