import type Stripe from 'stripe'
import { z } from 'zod'
import { giveFeeBack } from './application-fees.ts'
import { spendable, viewTransaction } from './balance.ts'
import { settleCharge } from './charges.ts'
import { noSuch, refuse } from './errors.ts'
import { emit } from './events.ts'
import { type Operation, operation, pageOf } from './operation.ts'
import { currency, flag, mergeMetadata, metadata, optionalText, paging, positive, text } from './params.ts'
import { idOf, type Stand, seconds } from './stand.ts'
import { checkCover, checkDestination, reversalsOf, sendTransfer, takeBack } from './transfer-money.ts'

function requireTransfer(stand: Stand, id: string): Stripe.Transfer {
  const transfer = stand.tables.transfers.get(id)
  if (!transfer) throw noSuch('transfer', id)
  return transfer
}

function requireReversal(stand: Stand, transferId: string, id: string): Stripe.TransferReversal {
  const reversal = stand.tables.reversals.get(id)
  if (reversal?.transfer !== transferId) throw noSuch('transfer reversal', id)
  return reversal
}

/** The application fee that belongs to a reversal of this size; rounding adds up to the whole fee at the end. */
function feeShare(stand: Stand, transfer: Stripe.Transfer, amount: number) {
  const charge = stand.tables.charges.get(idOf(transfer.source_transaction))?.charge
  const fee = stand.tables.fees.get(idOf(charge?.application_fee))
  if (!fee || charge?.transfer !== transfer.id)
    throw refuse(
      `Transfer ${transfer.id} has no application fee to refund.`,
      undefined,
      'refund_application_fee',
    )
  const share = (of: number) => Math.round((fee.amount * of) / transfer.amount)
  const due = share(transfer.amount_reversed + amount) - share(transfer.amount_reversed)
  return { fee, amount: Math.min(due, fee.amount - fee.amount_refunded) }
}

/** The charge must have succeeded, settled in the transfer's currency, and have room left. Returns available_on. */
function checkSource(stand: Stand, chargeId: string, amount: number, wanted: string): number {
  const found = stand.tables.charges.get(chargeId)
  if (!found) throw noSuch('charge', chargeId, 'source_transaction')
  const { charge } = settleCharge(stand, found)
  const paid = viewTransaction(stand, idOf(charge.balance_transaction))
  if (!paid)
    throw refuse(
      `Charge ${chargeId} has not succeeded, so it cannot be the source of a transfer.`,
      undefined,
      'source_transaction',
    )
  if (paid.currency !== wanted)
    throw refuse(
      `The currency of source_transaction's balance transaction (${paid.currency}) must be the same as the transfer currency (${wanted})`,
      undefined,
      'currency',
    )
  const used = stand.tables.transfers
    .values()
    .filter((one) => one.source_transaction === chargeId)
    .reduce((sum, one) => sum + one.amount - one.amount_reversed, 0)
  if (used + amount > charge.amount)
    throw refuse(
      `Transfers using this transaction as a source must not exceed the source amount of ${charge.amount}. (There is already ${used} transferred and ${amount} was asked for.)`,
      undefined,
      'amount',
    )
  return paid.available_on
}

export const transferOperations: readonly Operation[] = [
  operation({
    route: 'POST /v1/transfers',
    params: z.strictObject({
      amount: positive,
      currency,
      destination: text,
      source_transaction: optionalText,
      transfer_group: optionalText,
      description: optionalText,
      metadata,
    }),
    later: ['source_type'],
    run(stand, { params }) {
      const { amount } = params
      checkDestination(stand, params.destination)
      const source = params.source_transaction
      const availableOn = source ? checkSource(stand, source, amount, params.currency) : seconds(stand)
      if (!source && spendable(stand, null, params.currency) < amount)
        throw refuse(
          'You have insufficient available funds in your Stripe account. Try adding funds directly to your available balance by creating Charges using the 4000000000000077 test card. See: https://stripe.com/docs/testing#available-balance',
          'balance_insufficient',
        )
      const sourceGroup = source ? stand.tables.charges.get(source)?.charge.transfer_group : null
      return sendTransfer(stand, {
        amount,
        currency: params.currency,
        destination: params.destination,
        sourceCharge: source ?? null,
        group: params.transfer_group ?? sourceGroup ?? null,
        description: params.description ?? null,
        metadata: mergeMetadata(null, params.metadata),
        availableOn,
        applicationFee: 0,
      })
    },
  }),
  operation({
    route: 'GET /v1/transfers',
    params: z.strictObject({ ...paging, destination: optionalText, transfer_group: optionalText }),
    run(stand, { params }) {
      const found = stand.tables.transfers
        .values()
        .filter((one) => params.destination === undefined || one.destination === params.destination)
        .filter((one) => params.transfer_group === undefined || one.transfer_group === params.transfer_group)
      return pageOf('/v1/transfers', found, params, (transfer) => transfer.created)
    },
  }),
  operation({
    route: 'GET /v1/transfers/:id',
    params: z.strictObject({}),
    run: (stand, { id }) => requireTransfer(stand, id),
  }),
  operation({
    route: 'POST /v1/transfers/:id',
    params: z.strictObject({ metadata, description: optionalText }),
    run(stand, { id, params }) {
      const before = requireTransfer(stand, id)
      const after: Stripe.Transfer = {
        ...before,
        description: params.description ?? before.description,
        metadata: mergeMetadata(before.metadata, params.metadata),
      }
      stand.tables.transfers.set(id, after)
      const { description, metadata: previous } = before
      emit(stand, 'transfer.updated', after, { previous: { description, metadata: previous } })
      return after
    },
  }),
  operation({
    route: 'POST /v1/transfers/:id/reversals',
    params: z.strictObject({
      amount: positive.optional(),
      metadata,
      refund_application_fee: flag.optional(),
    }),
    later: ['description'],
    run(stand, { id, params }) {
      const transfer = requireTransfer(stand, id)
      const left = transfer.amount - transfer.amount_reversed
      if (left === 0) throw refuse(`Transfer ${id} has already been fully reversed.`)
      const amount = params.amount ?? left
      if (amount > left)
        throw refuse(
          `Reversal amount (${amount}) is greater than unreversed amount on transfer (${left}).`,
          undefined,
          'amount',
        )
      const share = params.refund_application_fee ? feeShare(stand, transfer, amount) : null
      const feeBack = share?.amount ?? 0
      checkCover(stand, transfer, amount - feeBack)
      if (share && feeBack > 0) giveFeeBack(stand, share.fee, feeBack)
      return takeBack(stand, transfer, {
        amount,
        metadata: mergeMetadata(null, params.metadata),
        sourceRefund: null,
        feeBack,
      })
    },
  }),
  operation({
    route: 'GET /v1/transfers/:id/reversals',
    params: z.strictObject(paging),
    run(stand, { id, params }) {
      requireTransfer(stand, id)
      return pageOf(`/v1/transfers/${id}/reversals`, reversalsOf(stand, id), params, (one) => one.created)
    },
  }),
  operation({
    route: 'GET /v1/transfers/:id/reversals/:part',
    params: z.strictObject({}),
    run: (stand, { id, part }) => requireReversal(stand, id, part),
  }),
  operation({
    route: 'POST /v1/transfers/:id/reversals/:part',
    params: z.strictObject({ metadata }),
    run(stand, { id, part, params }) {
      const before = requireReversal(stand, id, part)
      const after = { ...before, metadata: mergeMetadata(before.metadata, params.metadata) }
      stand.tables.reversals.set(part, after)
      return after
    },
  }),
]
