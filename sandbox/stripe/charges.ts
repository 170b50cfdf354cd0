import type Stripe from 'stripe'
import { z } from 'zod'
import { takeFee } from './application-fees.ts'
import { chargeAvailableOn, moveBalance } from './balance.ts'
import { noSuch } from './errors.ts'
import { emit } from './events.ts'
import { type Operation, operation, pageOf } from './operation.ts'
import { optionalText, paging } from './params.ts'
import { idOf, type Stand } from './stand.ts'
import type { ChargeRecord } from './tables.ts'
import { sendTransfer } from './transfer-money.ts'

/** 2.9% and 30 minor units, rounded to the nearest unit. */
function stripeFee(amount: number): number {
  return Math.round((amount * 29) / 1000) + 30
}

/**
 * Write a succeeded charge's balance transaction if it has none yet. Capture is asynchronous at Stripe: the
 * transaction is missing in charge.succeeded and comes a moment later, told by charge.updated.
 */
export function settleCharge(stand: Stand, record: ChargeRecord): ChargeRecord {
  const { charge } = record
  if (charge.balance_transaction !== null || charge.status !== 'succeeded') return record
  const availableOn = chargeAvailableOn(stand, record.paidWith)
  const balance_transaction = moveBalance(stand, {
    account: null,
    type: 'charge',
    category: 'charge',
    amount: charge.amount,
    fee: stripeFee(charge.amount),
    currency: charge.currency,
    source: charge.id,
    availableOn,
  })
  const passedOn = passOn(stand, charge, availableOn)
  const settled = { ...record, charge: { ...charge, ...passedOn, balance_transaction } }
  stand.tables.charges.set(charge.id, settled)
  const previous = { balance_transaction: null, ...(passedOn.transfer ? { transfer: null } : {}) }
  emit(stand, 'charge.updated', settled.charge, { previous })
  return settled
}

/** The second half of a destination charge: the connected account's share, and what the platform keeps of it. */
function passOn(stand: Stand, charge: Stripe.Charge, availableOn: number): Partial<Stripe.Charge> {
  const { transfer_data: split, currency } = charge
  if (!split) return {}
  const applicationFee = Math.min(charge.application_fee_amount ?? 0, charge.amount)
  const account = idOf(split.destination)
  const transfer = sendTransfer(stand, {
    amount: Math.min(split.amount ?? charge.amount, charge.amount),
    currency,
    destination: account,
    sourceCharge: charge.id,
    group: charge.transfer_group,
    description: null,
    metadata: {},
    availableOn,
    applicationFee,
  })
  if (applicationFee === 0) return { transfer: transfer.id }
  const payment = idOf(transfer.destination_payment)
  const fee = takeFee(stand, {
    amount: applicationFee,
    currency,
    account,
    payment,
    charge: charge.id,
    availableOn,
  })
  return { transfer: transfer.id, application_fee: fee.id }
}

/** Settle every charge that waits for its balance transaction. */
export function settleCharges(stand: Stand): void {
  for (const record of stand.tables.charges.values()) settleCharge(stand, record)
}

export const chargeOperations: readonly Operation[] = [
  operation({
    route: 'GET /v1/charges',
    params: z.strictObject({ ...paging, payment_intent: optionalText, transfer_group: optionalText }),
    later: ['customer'],
    run(stand, { params }) {
      const found = stand.tables.charges
        .values()
        .map(({ charge }) => charge)
        .filter((one) => params.payment_intent === undefined || one.payment_intent === params.payment_intent)
        .filter((one) => params.transfer_group === undefined || one.transfer_group === params.transfer_group)
      return pageOf('/v1/charges', found, params, (charge) => charge.created)
    },
  }),
  operation({
    route: 'GET /v1/charges/:id',
    params: z.strictObject({}),
    run(stand, { id }) {
      const record = stand.tables.charges.get(id)
      if (!record) throw noSuch('charge', id)
      return record.charge
    },
  }),
]
