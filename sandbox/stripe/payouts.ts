import type Stripe from 'stripe'
import { z } from 'zod'
import { moveBalance, spendable } from './balance.ts'
import { noAccount, noSuch, refuse } from './errors.ts'
import { emit } from './events.ts'
import { isWithin, type Operation, operation, pageOf } from './operation.ts'
import { currency, mergeMetadata, metadata, optionalText, paging, positive } from './params.ts'
import { type Stand, seconds } from './stand.ts'
import { makeId, type PayoutRecord } from './tables.ts'

const ARRIVES_AFTER_S = 2 * 86_400
const FAILURES = {
  account_closed: 'The bank account has been closed.',
  could_not_process: 'The bank could not process this payout.',
} as const

function requirePayout(stand: Stand, id: string, account: string | null): PayoutRecord {
  const record = stand.tables.payouts.get(id)
  if (!record || record.account !== account) throw noSuch('payout', id)
  return record
}

function tell(
  stand: Stand,
  type: 'payout.created' | 'payout.updated' | 'payout.paid' | 'payout.failed' | 'payout.canceled',
  { account, payout }: PayoutRecord,
  previous?: object,
): void {
  emit(stand, type, payout, { ...(account ? { account } : {}), ...(previous ? { previous } : {}) })
}

function save(stand: Stand, record: PayoutRecord, change: Partial<Stripe.Payout>): PayoutRecord {
  const changed = { ...record, payout: { ...record.payout, ...change } }
  stand.tables.payouts.set(record.payout.id, changed)
  return changed
}

interface Asked {
  /** Minor units; everything available unless told. */
  readonly amount?: number | undefined
  readonly currency: string
  /** Made by a schedule: then it is known which balance transactions it paid out. */
  readonly automatic: boolean
  readonly description?: string | undefined
  readonly statementDescriptor?: string | undefined
  readonly metadata?: Record<string, string> | undefined
}

/**
 * Send money from the platform's balance (null) or a connected account's to its bank. Throws StripeError 400 when
 * the balance does not cover it, or payouts are not enabled.
 */
export function makePayout(stand: Stand, account: string | null, asked: Asked): Stripe.Payout {
  const owner = account === null ? null : stand.tables.accounts.get(account)
  if (owner === undefined) throw noAccount(account ?? '')
  if (owner?.payouts_enabled === false)
    throw refuse('Cannot create payouts: payouts are not enabled for this account.', 'payouts_not_allowed')
  const most = spendable(stand, account, asked.currency)
  const amount = asked.amount ?? most
  if (amount > most || amount < 1)
    throw refuse(
      'You have insufficient funds in your Stripe account for this payout. Only the available balance can be paid out, see: https://stripe.com/docs/payouts',
      'balance_insufficient',
    )
  const id = makeId('po_1')
  const now = seconds(stand)
  if (asked.automatic)
    for (const record of stand.tables.transactions.values()) {
      const { transaction } = record
      const theirs = record.account === account && transaction.currency === asked.currency
      if (theirs && !record.payout && transaction.available_on <= now)
        stand.tables.transactions.set(transaction.id, { ...record, payout: id })
    }
  const balance_transaction = moveBalance(stand, {
    account,
    type: 'payout',
    category: 'payout',
    amount: -amount,
    fee: 0,
    currency: asked.currency,
    source: id,
    availableOn: now,
    ...(asked.automatic ? { payout: id } : {}),
  })
  const payout: Stripe.Payout = {
    id,
    object: 'payout',
    amount,
    application_fee: null,
    application_fee_amount: null,
    arrival_date: now + ARRIVES_AFTER_S,
    automatic: asked.automatic,
    balance_transaction,
    created: now,
    currency: asked.currency,
    description: asked.description ?? (asked.automatic ? 'STRIPE PAYOUT' : null),
    destination: `ba_${(account ?? 'acct_platform').slice(5)}`,
    failure_balance_transaction: null,
    failure_code: null,
    failure_message: null,
    livemode: false,
    metadata: asked.metadata ?? {},
    method: 'standard',
    original_payout: null,
    payout_method: null,
    reconciliation_status: asked.automatic ? 'completed' : 'not_applicable',
    reversed_by: null,
    source_type: 'card',
    statement_descriptor: asked.statementDescriptor ?? null,
    status: 'pending',
    trace_id: null,
    type: 'bank_account',
  }
  const record = { account, payout }
  stand.tables.payouts.set(id, record)
  tell(stand, 'payout.created', record)
  return payout
}

/**
 * What the bank says. A payout that arrived may still come back: then it is failed, too, and the money is in the
 * balance again. Throws StripeError: 404, or 400 when it does not fit the payout's state.
 */
export function decidePayout(stand: Stand, id: string, status: 'paid' | 'failed'): Stripe.Payout {
  const record = stand.tables.payouts.get(id)
  if (!record) throw noSuch('payout', id)
  const before = record.payout
  const onItsWay = before.status === 'pending' || before.status === 'in_transit'
  if (!onItsWay && !(before.status === 'paid' && status === 'failed'))
    throw refuse(`Payout ${id} is ${before.status} and cannot become ${status}.`)
  const previous = { status: before.status }
  if (status === 'paid') {
    const paid = save(stand, record, { status: 'paid' })
    tell(stand, 'payout.paid', paid, previous)
    return paid.payout
  }
  const failure_code = onItsWay ? 'could_not_process' : 'account_closed'
  const failed = save(stand, record, {
    status: 'failed',
    failure_code,
    failure_message: FAILURES[failure_code],
    failure_balance_transaction: giveBack(stand, record, 'payout_failure'),
  })
  tell(stand, 'payout.failed', failed, previous)
  return failed.payout
}

function giveBack(
  stand: Stand,
  { account, payout }: PayoutRecord,
  type: 'payout_failure' | 'payout_cancel',
): string {
  return moveBalance(stand, {
    account,
    type,
    category: 'payout_reversal',
    amount: payout.amount,
    fee: 0,
    currency: payout.currency,
    source: payout.id,
    availableOn: seconds(stand),
  })
}

/** What the clock does: payouts arrive on their date, and daily schedules pay out what is above the minimum. */
export function advancePayouts(stand: Stand): void {
  const now = seconds(stand)
  for (const { payout } of stand.tables.payouts.values())
    if ((payout.status === 'pending' || payout.status === 'in_transit') && payout.arrival_date <= now)
      decidePayout(stand, payout.id, 'paid')
  const today = Math.floor(now / 86_400)
  for (const settings of stand.tables.settings.values()) {
    if (settings.interval !== 'daily' || (settings.paidOutDay ?? 0) >= today) continue
    stand.tables.settings.set(settings.id, { ...settings, paidOutDay: today })
    payOutAboveMinimum(stand, settings.account, settings.minimumByCurrency)
  }
}

function payOutAboveMinimum(
  stand: Stand,
  account: string | null,
  minimumByCurrency: Readonly<Record<string, number>>,
): void {
  if (account !== null && !stand.tables.accounts.get(account)?.payouts_enabled) return
  const currencies = new Set(
    stand.tables.transactions
      .values()
      .filter((one) => one.account === account)
      .map(({ transaction }) => transaction.currency),
  )
  for (const one of currencies) {
    const amount = spendable(stand, account, one) - (minimumByCurrency[one] ?? 0)
    if (amount > 0) makePayout(stand, account, { amount, currency: one, automatic: true })
  }
}

const moment = paging.created

export const payoutOperations: readonly Operation[] = [
  operation({
    route: 'POST /v1/payouts',
    actsFor: true,
    params: z.strictObject({
      amount: positive,
      currency,
      description: optionalText,
      statement_descriptor: z.string().min(1).max(22).optional(),
      method: z.enum(['standard']).optional(),
      metadata,
    }),
    later: ['destination', 'payout_method', 'source_type'],
    run: (stand, { params, account }) =>
      makePayout(stand, account, {
        amount: params.amount,
        currency: params.currency,
        automatic: false,
        description: params.description,
        statementDescriptor: params.statement_descriptor,
        metadata: mergeMetadata(null, params.metadata),
      }),
  }),
  operation({
    route: 'GET /v1/payouts',
    actsFor: true,
    params: z.strictObject({
      ...paging,
      status: optionalText,
      arrival_date: moment,
      destination: optionalText,
    }),
    run(stand, { params, account }) {
      const found = stand.tables.payouts
        .values()
        .filter((record) => record.account === account)
        .map(({ payout }) => payout)
        .filter((one) => params.status === undefined || one.status === params.status)
        .filter((one) => params.destination === undefined || one.destination === params.destination)
        .filter((one) => isWithin(one.arrival_date, params.arrival_date))
      return pageOf('/v1/payouts', found, params, (payout) => payout.created)
    },
  }),
  operation({
    route: 'GET /v1/payouts/:id',
    actsFor: true,
    params: z.strictObject({}),
    run: (stand, { id, account }) => requirePayout(stand, id, account).payout,
  }),
  operation({
    route: 'POST /v1/payouts/:id',
    actsFor: true,
    params: z.strictObject({ metadata }),
    run(stand, { id, account, params }) {
      const record = requirePayout(stand, id, account)
      const before = record.payout.metadata
      const changed = save(stand, record, { metadata: mergeMetadata(before, params.metadata) })
      tell(stand, 'payout.updated', changed, { metadata: before })
      return changed.payout
    },
  }),
  operation({
    route: 'POST /v1/payouts/:id/cancel',
    actsFor: true,
    params: z.strictObject({}),
    run(stand, { id, account }) {
      const record = requirePayout(stand, id, account)
      const { status } = record.payout
      if (status !== 'pending')
        throw refuse(`Payouts can only be canceled while they are pending; this one is ${status}.`)
      const canceled = save(stand, record, {
        status: 'canceled',
        failure_balance_transaction: giveBack(stand, record, 'payout_cancel'),
      })
      tell(stand, 'payout.canceled', canceled, { status })
      return canceled.payout
    },
  }),
]
