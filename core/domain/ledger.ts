import type { Currency } from '#contract'

/**
 * stripe: what lies in the platform's Stripe balance. buyer_money: paid by buyers and not decided yet.
 * builder_due: decided for a builder, not transferred yet. builder_debt: what builders owe after refunds that could
 * not be taken back. refund_due: decided for a buyer, not refunded yet. disputed: taken by banks, not decided yet.
 * bank: paid out by Stripe to the collective's bank, less what came back from there.
 * platform_fee: the collective's income. stripe_fees, dispute_fees: what Stripe kept.
 */
export const ACCOUNTS = [
  'stripe',
  'buyer_money',
  'builder_due',
  'builder_debt',
  'refund_due',
  'disputed',
  'bank',
  'platform_fee',
  'stripe_fees',
  'dispute_fees',
] as const
export type Account = (typeof ACCOUNTS)[number]

/** What was booked; where an order can have several, with a refund's number or the id of Stripe's balance transaction. */
export type Movement =
  | 'payment'
  | 'stripe_fee'
  | 'arrival'
  | 'transfer'
  | 'dispute'
  | 'dispute_won'
  | 'dispute_lost'
  | `dispute_fee:${string}`
  | `${'give_back' | 'reversal' | 'debt'}:${number}`
  | `${'refund' | 'refund_back'}:${number}:${number}`
  | FoundMovement

/**
 * What moved at Stripe without us and was booked afterwards, by the id of Stripe's balance transaction.
 * bank: a payout of the collective's own. bill: what Stripe charged the collective.
 */
export const FOUND_MOVEMENTS = ['bank', 'bill'] as const
type FoundMovement = `${(typeof FOUND_MOVEMENTS)[number]}:${string}`

/** Debits are positive, credits negative, in minor units; the lines of one posting sum to zero. */
export interface Posting {
  readonly movement: Movement
  readonly lines: readonly { readonly account: Account; readonly amount: number }[]
}

/** One append-only row. Its id is the order's id and the movement, so a movement can be booked once only. */
export interface LedgerEntry extends Posting {
  /** Null for what belongs to no order. */
  readonly orderId: string | null
  readonly builderId: string | null
  readonly currency: Currency
  readonly at: number
}

/** By then whatever was decided is surely written: far longer than any commit takes, or clocks differ. No row comes later. */
export const SETTLED_AFTER_MS = 10 * 60_000

export const ledgerId = (orderId: string | null, movement: Movement) =>
  `${orderId ?? 'collective'}:${movement}`

/** Whether the lines sum to zero, in whole minor units. */
export function isBalanced({ lines }: Pick<Posting, 'lines'>): boolean {
  const sum = lines.reduce((total, { amount }) => total + amount, 0)
  return sum === 0 && lines.every(({ amount }) => Number.isSafeInteger(amount))
}

/** A balanced posting. Throws when the lines do not sum to zero: that is a bug, and nothing may be written. */
export function post(movement: Movement, lines: Partial<Record<Account, number>>): Posting {
  const posting = {
    movement,
    lines: Object.entries(lines).map(([account, amount]) => ({ account: account as Account, amount })),
  }
  if (!isBalanced(posting)) throw new Error(`${movement} does not balance: ${JSON.stringify(lines)}`)
  return posting
}

/** Balance per account, derived from entries of one currency; added to what was there `before` them. */
export function balances(
  entries: readonly LedgerEntry[],
  before: Partial<Record<Account, number>> = {},
): Record<Account, number> {
  const none = Object.fromEntries(ACCOUNTS.map((account) => [account, 0])) as Record<Account, number>
  const totals = { ...none, ...before }
  for (const entry of entries) for (const line of entry.lines) totals[line.account] += line.amount
  return totals
}
