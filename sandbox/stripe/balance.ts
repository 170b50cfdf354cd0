import type Stripe from 'stripe'
import { z } from 'zod'
import { noAccount, noSuch, refuse } from './errors.ts'
import { type Operation, operation, pageOf } from './operation.ts'
import { optionalText, paging } from './params.ts'
import { APPLICATION_ID, type Stand, seconds } from './stand.ts'
import { makeId } from './tables.ts'

const TWO_DAYS_S = 2 * 86_400
const FEE_NAMES = { stripe_fee: 'Stripe processing fees', application_fee: 'Application fee' } as const

interface Movement {
  /** Whose balance moves; null is the platform's. */
  readonly account: string | null
  readonly type: Stripe.BalanceTransaction['type']
  readonly category: string
  /** Minor units; negative when money leaves. */
  readonly amount: number
  /** What is kept of it, in minor units; negative when a fee comes back. */
  readonly fee: number
  /** Whose fee that is: Stripe's unless told. */
  readonly feeType?: 'stripe_fee' | 'application_fee'
  readonly feeDescription?: string
  readonly currency: string
  /** The object behind it. */
  readonly source: string
  /** Epoch seconds. */
  readonly availableOn: number
  /** The automatic payout that it is, or belongs to. */
  readonly payout?: string
}

/** When a charge's money can be spent: two days later, or at once for the test card that skips the wait. */
export function chargeAvailableOn(stand: Stand, paidWith: string): number {
  return seconds(stand) + (paidWith === '4000000000000077' ? 0 : TWO_DAYS_S)
}

/** Write one movement of a balance. Returns the balance transaction's id. */
export function moveBalance(stand: Stand, movement: Movement): string {
  const { account, type, category, amount, fee, currency, source, availableOn } = movement
  const feeType = movement.feeType ?? 'stripe_fee'
  const transaction: Stripe.BalanceTransaction = {
    id: makeId('txn_'),
    object: 'balance_transaction',
    amount,
    available_on: availableOn,
    balance_type: 'payments',
    created: seconds(stand),
    currency,
    description: null,
    exchange_rate: null,
    fee,
    fee_details:
      fee === 0
        ? []
        : [
            {
              amount: fee,
              application: feeType === 'application_fee' ? APPLICATION_ID : null,
              currency,
              description: movement.feeDescription ?? FEE_NAMES[feeType],
              type: feeType,
            },
          ],
    net: amount - fee,
    reporting_category: category,
    source,
    status: 'pending',
    type,
  }
  const { payout } = movement
  stand.tables.transactions.set(transaction.id, { account, transaction, ...(payout ? { payout } : {}) })
  return transaction.id
}

/** A balance transaction as of now: `pending` turns into `available` by the clock alone. */
export function viewTransaction(stand: Stand, id: string): Stripe.BalanceTransaction | undefined {
  const record = stand.tables.transactions.get(id)
  if (!record) return undefined
  const { transaction } = record
  return { ...transaction, status: transaction.available_on <= seconds(stand) ? 'available' : 'pending' }
}

interface Sum {
  available: number
  pending: number
}

/** Minor units by currency of one owner's transactions, `available` at the given second. */
function sumOf(stand: Stand, account: string | null, at: number): Map<string, Sum> {
  const sums = new Map<string, Sum>()
  for (const { account: owner, transaction } of stand.tables.transactions.values()) {
    if (owner !== account) continue
    const sum = sums.get(transaction.currency) ?? { available: 0, pending: 0 }
    sum[transaction.available_on <= at ? 'available' : 'pending'] += transaction.net
    sums.set(transaction.currency, sum)
  }
  return sums
}

/** What the platform must keep for connected accounts below zero, by currency. */
function reservedFor(stand: Stand): Map<string, number> {
  const owed = new Map<string, { readonly currency: string; net: number }>()
  for (const { account, transaction } of stand.tables.transactions.values()) {
    if (account === null) continue
    const key = `${account} ${transaction.currency}`
    const one = owed.get(key) ?? { currency: transaction.currency, net: 0 }
    one.net += transaction.net
    owed.set(key, one)
  }
  const reserved = new Map([['usd', 0]])
  for (const { currency, net } of owed.values())
    reserved.set(currency, (reserved.get(currency) ?? 0) + Math.max(0, -net))
  return reserved
}

/**
 * Balance of the platform (null) or of a connected account: exactly the sum of its balance transactions.
 * `connect_reserved` is told beside it and not taken off; it only cannot be spent.
 */
export function balanceOf(stand: Stand, account: string | null): Stripe.Balance {
  const sums = sumOf(stand, account, seconds(stand))
  if (!sums.has('usd')) sums.set('usd', { available: 0, pending: 0 })
  const entries = [...sums].sort(([a], [b]) => Number(b === 'usd') - Number(a === 'usd'))
  const list = (kind: keyof Sum) =>
    entries.map(([currency, sum]) => ({ amount: sum[kind], currency, source_types: { card: sum[kind] } }))
  return {
    object: 'balance',
    available: list('available'),
    ...(account === null
      ? {
          connect_reserved: [...reservedFor(stand)].map(([currency, amount]) => ({
            amount,
            currency,
            source_types: { card: amount },
          })),
        }
      : {}),
    livemode: false,
    pending: list('pending'),
  }
}

/** Minor units of one currency that can be spent, now or at a later second; the platform's reserve cannot. */
export function spendable(
  stand: Stand,
  account: string | null,
  currency: string,
  at = seconds(stand),
): number {
  const available = sumOf(stand, account, at).get(currency)?.available ?? 0
  return account === null ? available - (reservedFor(stand).get(currency) ?? 0) : available
}

/** Only an automatic payout knows what it paid out. */
function requireAutomatic(stand: Stand, id: string, account: string | null): void {
  const record = stand.tables.payouts.get(id)
  if (!record || record.account !== account) throw noSuch('payout', id, 'payout')
  if (!record.payout.automatic)
    throw refuse('Balance transaction history can only be filtered on automatic transfers, not manual.')
}

export const balanceOperations: readonly Operation[] = [
  operation({
    route: 'GET /v1/balance',
    actsFor: true,
    params: z.strictObject({}),
    run(stand, { account }) {
      if (account !== null && !stand.tables.accounts.get(account)) throw noAccount(account)
      return balanceOf(stand, account)
    },
  }),
  operation({
    route: 'GET /v1/balance_transactions',
    actsFor: true,
    params: z.strictObject({
      ...paging,
      source: optionalText,
      type: optionalText,
      currency: optionalText,
      payout: optionalText,
    }),
    run(stand, { params, account }) {
      if (params.payout) requireAutomatic(stand, params.payout, account)
      const found = stand.tables.transactions
        .values()
        .filter((record) => record.account === account)
        .filter((record) => params.payout === undefined || record.payout === params.payout)
        .map(({ transaction }) => viewTransaction(stand, transaction.id) ?? transaction)
        .filter((one) => params.source === undefined || one.source === params.source)
        .filter((one) => params.type === undefined || one.type === params.type)
        .filter((one) => params.currency === undefined || one.currency === params.currency)
      return pageOf('/v1/balance_transactions', found, params, (one) => one.created)
    },
  }),
  operation({
    route: 'GET /v1/balance_transactions/:id',
    actsFor: true,
    params: z.strictObject({}),
    run(stand, { id, account }) {
      const transaction = viewTransaction(stand, id)
      if (!transaction || stand.tables.transactions.get(id)?.account !== account)
        throw noSuch('balance transaction', id)
      return transaction
    },
  }),
]
