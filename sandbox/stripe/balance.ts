import type Stripe from 'stripe'
import { z } from 'zod'
import { noAccount, noSuch } from './errors.ts'
import { type Operation, operation, pageOf } from './operation.ts'
import { optionalText, paging } from './params.ts'
import { type Stand, seconds } from './stand.ts'
import { makeId } from './tables.ts'

const TWO_DAYS_S = 2 * 86_400

interface Movement {
  /** Whose balance moves; null is the platform's. */
  readonly account: string | null
  readonly type: Stripe.BalanceTransaction['type']
  readonly category: string
  /** Minor units; negative when money leaves. */
  readonly amount: number
  /** Stripe's fee in minor units. */
  readonly fee: number
  readonly currency: string
  /** The object behind it. */
  readonly source: string
  /** Epoch seconds. */
  readonly availableOn: number
}

/** When a charge's money can be spent: two days later, or at once for the test card that skips the wait. */
export function chargeAvailableOn(stand: Stand, paidWith: string): number {
  return seconds(stand) + (paidWith === '4000000000000077' ? 0 : TWO_DAYS_S)
}

/** Write one movement of a balance. Returns the balance transaction's id. */
export function moveBalance(stand: Stand, movement: Movement): string {
  const { account, type, category, amount, fee, currency, source, availableOn } = movement
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
              application: null,
              currency,
              description: 'Stripe processing fees',
              type: 'stripe_fee',
            },
          ],
    net: amount - fee,
    reporting_category: category,
    source,
    status: 'pending',
    type,
  }
  stand.tables.transactions.set(transaction.id, { account, transaction })
  return transaction.id
}

/** A balance transaction as of now: `pending` turns into `available` by the clock alone. */
export function viewTransaction(stand: Stand, id: string): Stripe.BalanceTransaction | undefined {
  const record = stand.tables.transactions.get(id)
  if (!record) return undefined
  const { transaction } = record
  return { ...transaction, status: transaction.available_on <= seconds(stand) ? 'available' : 'pending' }
}

/** Balance of the platform (null) or of a connected account, derived from its transactions. */
export function balanceOf(stand: Stand, account: string | null): Stripe.Balance {
  const now = seconds(stand)
  const sums = new Map([['usd', { available: 0, pending: 0 }]])
  let reserved = 0
  const owed = new Map<string, number>()
  for (const { account: owner, transaction } of stand.tables.transactions.values()) {
    if (owner !== null) owed.set(owner, (owed.get(owner) ?? 0) + transaction.net)
    if (owner !== account) continue
    const sum = sums.get(transaction.currency) ?? { available: 0, pending: 0 }
    sum[transaction.available_on <= now ? 'available' : 'pending'] += transaction.net
    sums.set(transaction.currency, sum)
  }
  for (const amount of owed.values()) reserved += Math.max(0, -amount)
  const entries = [...sums]
  return {
    object: 'balance',
    available: entries.map(([currency, { available: amount }]) => ({
      amount,
      currency,
      source_types: { card: amount },
    })),
    ...(account === null ? { connect_reserved: [{ amount: reserved, currency: 'usd' }] } : {}),
    livemode: false,
    pending: entries.map(([currency, { pending: amount }]) => ({
      amount,
      currency,
      source_types: { card: amount },
    })),
  }
}

/** Minor units of one currency that can be spent now. */
export function availableNow(stand: Stand, account: string | null, currency: string): number {
  return balanceOf(stand, account).available.find((one) => one.currency === currency)?.amount ?? 0
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
    }),
    later: ['payout'],
    run(stand, { params, account }) {
      const found = stand.tables.transactions
        .values()
        .filter((record) => record.account === account)
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
