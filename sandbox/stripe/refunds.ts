import type Stripe from 'stripe'
import { z } from 'zod'
import { giveFeeBack } from './application-fees.ts'
import { moveBalance, viewTransaction } from './balance.ts'
import { settleCharge } from './charges.ts'
import { noSuch, refuse } from './errors.ts'
import { emit } from './events.ts'
import { type Operation, operation, pageOf } from './operation.ts'
import { flag, mergeMetadata, metadata, optionalText, paging, whole } from './params.ts'
import { idOf, modesOf, type Stand, seconds } from './stand.ts'
import { type ChargeRecord, makeId } from './tables.ts'
import { checkCover, takeBack } from './transfer-money.ts'

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

/** True while a bank holds the charge's money for a dispute, and after it was lost. An inquiry takes nothing. */
function isChargedBack(stand: Stand, chargeId: string): boolean {
  return stand.tables.disputes
    .values()
    .some((one) => one.charge === chargeId && !one.is_charge_refundable && one.status !== 'won')
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
    if (stand.tables.heldRefunds.get(refund.id)) continue
    if (refund.status === 'pending') decideRefund(stand, refund.id, 'succeeded')
    else if (refund.status === 'succeeded') {
      const record = stand.tables.charges.get(idOf(refund.charge))
      if (record?.paidWith === REFUND_FAILS)
        decideRefund(stand, refund.id, 'failed', 'expired_or_canceled_card')
    }
  }
}

/**
 * Say how a refund ends. A pending one succeeds, fails or is canceled; one that succeeded may still fail. What did
 * not reach the buyer comes back to the platform's balance. A reversed transfer stays reversed, as at Stripe.
 * Throws StripeError: 404, or 400 when the refund's state forbids it.
 */
export function decideRefund(
  stand: Stand,
  id: string,
  status: 'succeeded' | 'failed' | 'canceled',
  reason = 'unknown',
): Stripe.Refund {
  const before = requireRefund(stand, id)
  const possible = before.status === 'pending' || (before.status === 'succeeded' && status === 'failed')
  if (!possible) throw refuse(`Refund ${id} is ${before.status} and cannot become ${status}.`)
  const { pending_reason, ...rest } = before
  const backed = status !== 'succeeded'
  const after: Stripe.Refund = {
    ...rest,
    status,
    ...(status === 'failed' ? { failure_reason: reason } : {}),
    ...(backed ? { failure_balance_transaction: moneyBack(stand, before) } : {}),
  }
  stand.tables.refunds.set(id, after)
  stand.tables.heldRefunds.delete(id)
  const record = stand.tables.charges.get(idOf(before.charge))
  if (backed && record) changeRefunded(stand, record, -before.amount)
  emit(stand, 'refund.updated', after, { previous: { status: before.status } })
  if (status === 'failed') emit(stand, 'refund.failed', after)
  return after
}

function moneyBack(stand: Stand, refund: Stripe.Refund): string {
  const taken = viewTransaction(stand, idOf(refund.balance_transaction))
  return moveBalance(stand, {
    account: null,
    type: 'refund_failure',
    category: 'refund_failure',
    amount: refund.amount,
    fee: 0,
    currency: refund.currency,
    source: refund.id,
    availableOn: Math.max(seconds(stand), taken?.available_on ?? 0),
  })
}

function requireRefund(stand: Stand, id: string): Stripe.Refund {
  const refund = stand.tables.refunds.get(id)
  if (!refund) throw noSuch('refund', id)
  return refund
}

interface ClawBack {
  readonly transfer: Stripe.Transfer | null
  /** Minor units to reverse. */
  readonly reversal: number
  readonly fee: Stripe.ApplicationFee | null
  /** Minor units of the application fee to give back. */
  readonly feeBack: number
}

/**
 * What a refund takes from the connected account of a destination charge and gives it back of the application fee:
 * in proportion to the refund, so that refunds of the whole charge add up to the whole transfer and the whole fee.
 */
function planClawBack(
  stand: Stand,
  charge: Stripe.Charge,
  amount: number,
  wanted: { readonly transfer: boolean; readonly fee: boolean },
): ClawBack {
  const transfer = wanted.transfer ? stand.tables.transfers.get(idOf(charge.transfer)) : undefined
  if (wanted.transfer && !transfer)
    throw refuse(
      `Cannot reverse transfer on charge ${charge.id} because it does not have an associated transfer.`,
      undefined,
      'reverse_transfer',
    )
  const fee = wanted.fee ? stand.tables.fees.get(idOf(charge.application_fee)) : undefined
  if (wanted.fee && !fee)
    throw refuse(
      `Cannot refund application fee on charge ${charge.id} because it does not have one.`,
      undefined,
      'refund_application_fee',
    )
  const share = (whole: number) => {
    const upTo = (refunded: number) => Math.round((whole * refunded) / charge.amount)
    return upTo(charge.amount_refunded + amount) - upTo(charge.amount_refunded)
  }
  const reversal = transfer ? Math.min(share(transfer.amount), transfer.amount - transfer.amount_reversed) : 0
  const feeBack = fee ? Math.min(share(fee.amount), fee.amount - fee.amount_refunded) : 0
  if (transfer && reversal > 0) checkCover(stand, transfer, reversal - feeBack)
  return { transfer: transfer ?? null, reversal, fee: fee ?? null, feeBack }
}

/** Carry the plan out. Returns the reversal's id, or null when nothing was reversed. */
function clawBack(stand: Stand, plan: ClawBack, refundId: string): string | null {
  const { transfer, reversal, fee, feeBack } = plan
  const returned = fee && feeBack > 0 ? giveFeeBack(stand, fee, feeBack) : null
  if (transfer && reversal > 0) {
    const taking = { amount: reversal, metadata: {}, sourceRefund: refundId, feeBack }
    return takeBack(stand, transfer, taking).id
  }
  if (returned && fee)
    moveBalance(stand, {
      account: idOf(fee.account),
      type: 'adjustment',
      category: 'fee',
      amount: feeBack,
      fee: 0,
      currency: fee.currency,
      source: returned.id,
      availableOn: seconds(stand),
    })
  return null
}

export const refundOperations: readonly Operation[] = [
  operation({
    route: 'POST /v1/refunds',
    params: z.strictObject({
      charge: optionalText,
      payment_intent: optionalText,
      amount: whole.optional(),
      reason: z.enum(['duplicate', 'fraudulent', 'requested_by_customer']).optional(),
      reverse_transfer: flag.optional(),
      refund_application_fee: flag.optional(),
      metadata,
    }),
    later: ['instructions_email', 'origin', 'customer', 'currency'],
    run(stand, { params }) {
      const found = findCharge(stand, params)
      const { charge, paidWith } = found
      if (charge.status !== 'succeeded')
        throw refuse(`Charge ${charge.id} has not succeeded, so it cannot be refunded.`)
      if (charge.refunded)
        throw refuse(`Charge ${charge.id} has already been refunded.`, 'charge_already_refunded')
      if (isChargedBack(stand, charge.id))
        throw refuse(`Charge ${charge.id} has been charged back; cannot issue a refund.`, 'charge_disputed')
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
      const plan = planClawBack(stand, settled.charge, amount, {
        transfer: params.reverse_transfer ?? false,
        fee: params.refund_application_fee ?? false,
      })
      const id = makeId('re_')
      const held = modesOf(stand).holdRefunds
      if (held) stand.tables.heldRefunds.set(id, { id })
      const pending = held || paidWith === REFUND_PENDS
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
        transfer_reversal: clawBack(stand, plan, id),
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
    run: (stand, { id }) => requireRefund(stand, id),
  }),
  operation({
    route: 'POST /v1/refunds/:id',
    params: z.strictObject({ metadata }),
    run(stand, { id, params }) {
      const before = requireRefund(stand, id)
      const after = { ...before, metadata: mergeMetadata(before.metadata, params.metadata) }
      stand.tables.refunds.set(id, after)
      emit(stand, 'refund.updated', after, { previous: { metadata: before.metadata } })
      return after
    },
  }),
  operation({
    route: 'POST /v1/refunds/:id/cancel',
    params: z.strictObject({}),
    run(stand, { id }) {
      const { status } = requireRefund(stand, id)
      throw refuse(`Only refunds that require action can be canceled. Refund ${id} is ${status}.`)
    },
  }),
]
