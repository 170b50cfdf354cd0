import type Stripe from 'stripe'
import { z } from 'zod'
import { availableNow, moveBalance, viewTransaction } from './balance.ts'
import { settleCharge } from './charges.ts'
import { noSuch, refuse } from './errors.ts'
import { emit } from './events.ts'
import { type Operation, operation, pageOf } from './operation.ts'
import { currency, mergeMetadata, metadata, optionalText, paging, text, whole } from './params.ts'
import { idOf, type Stand, seconds } from './stand.ts'
import { makeId } from './tables.ts'

const positive = whole.refine((value) => value >= 1, 'Invalid positive integer')

function requireTransfer(stand: Stand, id: string): Stripe.Transfer {
  const transfer = stand.tables.transfers.get(id)
  if (!transfer) throw noSuch('transfer', id)
  return transfer
}

function reversalsOf(stand: Stand, transferId: string): Stripe.TransferReversal[] {
  return stand.tables.reversals.values().filter((one) => one.transfer === transferId)
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

function checkDestination(stand: Stand, accountId: string): void {
  const account = stand.tables.accounts.get(accountId)
  if (!account) throw noSuch('destination', accountId, 'destination')
  if (account.capabilities?.transfers !== 'active')
    throw refuse(
      'Your destination account needs to have at least one of the following capabilities enabled: transfers, crypto_transfers, legacy_payments',
      'insufficient_capabilities_for_transfer',
    )
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
      if (!source && availableNow(stand, null, params.currency) < amount)
        throw refuse(
          'You have insufficient available funds in your Stripe account. Try adding funds directly to your available balance by creating Charges using the 4000000000000077 test card. See: https://stripe.com/docs/testing#available-balance',
          'balance_insufficient',
        )
      const id = makeId('tr_')
      const paymentId = makeId('py_')
      const sourceGroup = source ? stand.tables.charges.get(source)?.charge.transfer_group : null
      const transfer: Stripe.Transfer = {
        id,
        object: 'transfer',
        amount,
        amount_reversed: 0,
        balance_transaction: moveBalance(stand, {
          account: null,
          type: 'transfer',
          category: 'transfer',
          amount: -amount,
          fee: 0,
          currency: params.currency,
          source: id,
          availableOn,
        }),
        created: seconds(stand),
        currency: params.currency,
        description: params.description ?? null,
        destination: params.destination,
        destination_payment: paymentId,
        livemode: false,
        metadata: mergeMetadata(null, params.metadata),
        reversals: { object: 'list', data: [], has_more: false, url: `/v1/transfers/${id}/reversals` },
        reversed: false,
        source_transaction: source ?? null,
        source_type: 'card',
        transfer_group: params.transfer_group ?? sourceGroup ?? null,
      }
      moveBalance(stand, {
        account: params.destination,
        type: 'payment',
        category: 'charge',
        amount,
        fee: 0,
        currency: params.currency,
        source: paymentId,
        availableOn,
      })
      stand.tables.transfers.set(id, transfer)
      emit(stand, 'transfer.created', transfer)
      return transfer
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
    route: 'POST /v1/transfers/:id/reversals',
    params: z.strictObject({ amount: positive.optional(), metadata }),
    later: ['refund_application_fee', 'description'],
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
      const reversalId = makeId('trr_')
      const refundId = makeId('pyr_')
      const shared = { fee: 0, currency: transfer.currency, availableOn: seconds(stand) }
      const reversal: Stripe.TransferReversal = {
        id: reversalId,
        object: 'transfer_reversal',
        amount,
        balance_transaction: moveBalance(stand, {
          ...shared,
          account: null,
          type: 'transfer_refund',
          category: 'transfer_reversal',
          amount,
          source: reversalId,
        }),
        created: seconds(stand),
        currency: transfer.currency,
        destination_payment_refund: refundId,
        metadata: mergeMetadata(null, params.metadata),
        source_refund: null,
        transfer: id,
      }
      moveBalance(stand, {
        ...shared,
        account: idOf(transfer.destination),
        type: 'payment_refund',
        category: 'refund',
        amount: -amount,
        source: refundId,
      })
      stand.tables.reversals.set(reversalId, reversal)
      const amount_reversed = transfer.amount_reversed + amount
      const all = reversalsOf(stand, id).toReversed()
      const changed: Stripe.Transfer = {
        ...transfer,
        amount_reversed,
        reversed: amount_reversed === transfer.amount,
        reversals: { ...transfer.reversals, data: all.slice(0, 10), has_more: all.length > 10 },
      }
      stand.tables.transfers.set(id, changed)
      emit(stand, 'transfer.reversed', changed, { previous: { amount_reversed: transfer.amount_reversed } })
      return reversal
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
]
