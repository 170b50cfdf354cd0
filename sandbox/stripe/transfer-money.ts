import type Stripe from 'stripe'
import { moveBalance, spendable, viewTransaction } from './balance.ts'
import { noSuch, refuse } from './errors.ts'
import { emit } from './events.ts'
import { settingsOf } from './settings.ts'
import { idOf, type Stand, seconds } from './stand.ts'
import { makeId } from './tables.ts'

/** Throws StripeError 400 unless this connected account may receive transfers. */
export function checkDestination(stand: Stand, accountId: string, param = 'destination'): void {
  const account = stand.tables.accounts.get(accountId)
  if (!account) throw noSuch('destination', accountId, param)
  if (account.capabilities?.transfers !== 'active')
    throw refuse(
      'Your destination account needs to have at least one of the following capabilities enabled: transfers, crypto_transfers, legacy_payments',
      'insufficient_capabilities_for_transfer',
    )
}

interface Sending {
  /** Minor units. */
  readonly amount: number
  readonly currency: string
  readonly destination: string
  /** The charge it is made from, or null. */
  readonly sourceCharge: string | null
  readonly group: string | null
  readonly description: string | null
  readonly metadata: Record<string, string>
  /** Epoch seconds. */
  readonly availableOn: number
  /** What the platform keeps of a destination charge, in minor units. */
  readonly applicationFee: number
}

/** Move money from the platform to a connected account. Whether it may move was checked before. */
export function sendTransfer(stand: Stand, sending: Sending): Stripe.Transfer {
  const { amount, currency, destination, availableOn, applicationFee } = sending
  const id = makeId('tr_')
  const paymentId = makeId('py_')
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
      currency,
      source: id,
      availableOn,
    }),
    created: seconds(stand),
    currency,
    description: sending.description,
    destination,
    destination_payment: paymentId,
    livemode: false,
    metadata: sending.metadata,
    reversals: { object: 'list', data: [], has_more: false, url: `/v1/transfers/${id}/reversals` },
    reversed: false,
    source_transaction: sending.sourceCharge,
    source_type: 'card',
    transfer_group: sending.group,
  }
  moveBalance(stand, {
    account: destination,
    type: 'payment',
    category: 'charge',
    amount,
    fee: applicationFee,
    feeType: 'application_fee',
    currency,
    source: paymentId,
    availableOn,
  })
  stand.tables.transfers.set(id, transfer)
  emit(stand, 'transfer.created', transfer)
  return transfer
}

/** Reversals of one transfer, oldest first. */
export function reversalsOf(stand: Stand, transferId: string): Stripe.TransferReversal[] {
  return stand.tables.reversals.values().filter((one) => one.transfer === transferId)
}

interface TakingBack {
  /** Minor units, at most what is left of the transfer. */
  readonly amount: number
  readonly metadata: Record<string, string>
  /** The refund that asked for it, or null. */
  readonly sourceRefund: string | null
  /** Application fee given back to the connected account in the same breath, in minor units. */
  readonly feeBack: number
}

/**
 * Throws StripeError 400 `balance_insufficient` when the account may not go below zero and its balance does not
 * cover what is to be taken. Money that is still pending may be taken from a transfer that is pending itself.
 */
export function checkCover(stand: Stand, transfer: Stripe.Transfer, amount: number): void {
  const account = idOf(transfer.destination)
  if (settingsOf(stand, account).negativeAllowed) return
  if (spendable(stand, account, transfer.currency, takenOn(stand, transfer)) < amount)
    throw refuse(
      `Insufficient funds in the connected account ${account} to reverse this transfer.`,
      'balance_insufficient',
    )
}

/** When reversed money counts on both sides: now, or together with the transfer itself. Epoch seconds. */
function takenOn(stand: Stand, transfer: Stripe.Transfer): number {
  const sent = viewTransaction(stand, idOf(transfer.balance_transaction))
  return Math.max(seconds(stand), sent?.available_on ?? 0)
}

/** Reverse part of a transfer or all of it. Amount and cover were checked before. */
export function takeBack(
  stand: Stand,
  transfer: Stripe.Transfer,
  taking: TakingBack,
): Stripe.TransferReversal {
  const { amount } = taking
  const id = makeId('trr_')
  const refundId = makeId('pyr_')
  const shared = { currency: transfer.currency, availableOn: takenOn(stand, transfer) }
  const reversal: Stripe.TransferReversal = {
    id,
    object: 'transfer_reversal',
    amount,
    balance_transaction: moveBalance(stand, {
      ...shared,
      account: null,
      type: 'transfer_refund',
      category: 'transfer_reversal',
      amount,
      fee: 0,
      source: id,
    }),
    created: seconds(stand),
    currency: transfer.currency,
    destination_payment_refund: refundId,
    metadata: taking.metadata,
    source_refund: taking.sourceRefund,
    transfer: transfer.id,
  }
  moveBalance(stand, {
    ...shared,
    account: idOf(transfer.destination),
    type: 'payment_refund',
    category: 'refund',
    amount: -amount,
    fee: 0 - taking.feeBack,
    feeType: 'application_fee',
    source: refundId,
  })
  stand.tables.reversals.set(id, reversal)
  const amount_reversed = transfer.amount_reversed + amount
  const all = reversalsOf(stand, transfer.id).toReversed()
  const changed: Stripe.Transfer = {
    ...transfer,
    amount_reversed,
    reversed: amount_reversed === transfer.amount,
    reversals: { ...transfer.reversals, data: all.slice(0, 10), has_more: all.length > 10 },
  }
  stand.tables.transfers.set(transfer.id, changed)
  const previous = { amount_reversed: transfer.amount_reversed, reversed: transfer.reversed }
  emit(stand, 'transfer.reversed', changed, { previous })
  return reversal
}
