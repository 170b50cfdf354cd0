import type { CsvFile, ExportKind, Month } from '#contract'
import type { Builder } from '../domain/builder.ts'
import { type Cell, decimal, toCsv } from '../domain/csv.ts'
import { givenBack, remaining } from '../domain/order.ts'
import { paperNumber, spanOf } from '../domain/receipt.ts'
import { PaymentsError } from '../ports/payments.ts'
import type { Page } from '../ports/store.ts'
import type { Deps } from './deps.ts'
import { builderByLink, entriesBetween, ordersPaid, type Span } from './receipts.ts'

type Needs = Pick<Deps, 'store' | 'records' | 'settings'>
type Table = readonly (readonly Cell[])[]

/** From the first payment on. */
const ALWAYS: Span = { from: 0, to: Number.MAX_SAFE_INTEGER }

const COLUMNS = {
  orders: [
    'order',
    'receipt',
    'credit_notes',
    'paid_at',
    'title',
    'builder_id',
    'builder',
    'buyer',
    'state',
    'settlement',
    'currency',
    'gross',
    'refunded',
    'fee',
    'net',
    'stripe_fee',
    'shipped_at',
    'released_at',
    'payment',
    'transfer',
  ],
  ledger: ['at', 'order', 'builder_id', 'movement', 'account', 'currency', 'amount'],
  payouts: [
    'payout',
    'created_at',
    'arrives_at',
    'builder_id',
    'builder',
    'account',
    'state',
    'currency',
    'amount',
    'failure',
  ],
} as const satisfies Record<ExportKind, readonly string[]>

/**
 * What a builder's link opens as a table: their orders by the month of payment as they stand now, the books about them by
 * the day of booking, or what Stripe
 * sent to their bank; one month or everything. Throws link_invalid or builder_not_found, and PaymentsError 'busy'.
 */
export async function exportAsBuilder(
  deps: Needs,
  input: { readonly token: string; readonly kind: ExportKind; readonly month: Month | null },
): Promise<CsvFile> {
  const builder = await builderByLink(deps, input.token)
  return toFile(input, await tableOf(deps, input, builder))
}

/** The same about everybody, and the collective's own payouts. Throws PaymentsError 'busy'. */
export async function exportAsOperator(
  deps: Needs,
  input: { readonly kind: ExportKind; readonly month: Month | null },
): Promise<CsvFile> {
  return toFile(input, await tableOf(deps, input, null))
}

function toFile({ kind, month }: { kind: ExportKind; month: Month | null }, table: Table): CsvFile {
  const filename = month ? `c500-${kind}-${month}.csv` : `c500-${kind}.csv`
  return { filename, csv: toCsv(COLUMNS[kind], table) }
}

function tableOf(
  deps: Needs,
  { kind, month }: { readonly kind: ExportKind; readonly month: Month | null },
  builder: Builder | null,
): Promise<Table> {
  const span = month ? spanOf(month) : ALWAYS
  switch (kind) {
    case 'orders':
      return orderRows(deps, builder, span)
    case 'ledger':
      return ledgerRows(deps, builder, span)
    case 'payouts':
      return payoutRows(deps, builder, span)
    default:
      return kind satisfies never
  }
}

async function orderRows(deps: Needs, builder: Builder | null, span: Span): Promise<Table> {
  const orders = await ordersPaid(deps, await entriesBetween(deps, builder?.userId ?? null, span))
  return orders.flatMap((order) => {
    const { payment, shipment, currency, receipt } = order
    if (!payment) return []
    const { fee, share } = remaining(order)
    const amount = (minor: number) => decimal(minor, currency)
    return [
      [
        order.orderId,
        receipt && paperNumber(receipt.number),
        order.refunds
          .flatMap(({ creditNote }) => (creditNote ? paperNumber(creditNote.number) : []))
          .join(' '),
        time(payment.at),
        order.title,
        order.builderId,
        order.builder.name,
        order.buyer.name,
        order.status,
        order.settlement,
        currency,
        amount(order.total),
        amount(givenBack(order)),
        amount(fee),
        amount(share),
        payment.stripeFee === null ? null : amount(payment.stripeFee),
        time(shipment?.shippedAt ?? null),
        time(order.releasedAt),
        payment.paymentIntentId,
        order.transferId,
      ],
    ]
  })
}

async function ledgerRows(deps: Needs, builder: Builder | null, span: Span): Promise<Table> {
  const entries = await entriesBetween(deps, builder?.userId ?? null, span)
  return entries.flatMap(({ at, orderId, builderId, movement, currency, lines }) =>
    lines.map(({ account, amount }) => [
      time(at),
      orderId,
      builderId,
      movement,
      account,
      currency,
      decimal(amount, currency),
    ]),
  )
}

async function payoutRows(deps: Needs, builder: Builder | null, span: Span): Promise<Table> {
  const owners = builder ? [builder] : [null, ...(await everyBuilder(deps))]
  return (await Promise.all(owners.map((owner) => payoutsOf(deps, owner, span)))).flat()
}

/** The payouts of one builder, or the collective's own for null; oldest first. */
async function payoutsOf(deps: Needs, owner: Builder | null, { from, to }: Span): Promise<Table> {
  if (owner && !owner.accountId) return []
  const whose = [owner?.userId ?? null, owner?.name ?? null, owner?.accountId ?? null]
  const rows: Cell[][] = []
  try {
    for await (const payout of deps.records.payouts(from, owner?.accountId ?? null)) {
      const { payoutId, createdAt, arrivesAt, status, currency, failure } = payout
      if (createdAt < from || createdAt >= to) continue
      const amount = decimal(payout.amount, currency)
      rows.push([payoutId, time(createdAt), time(arrivesAt), ...whose, status, currency, amount, failure])
    }
  } catch (error) {
    if (!(error instanceof PaymentsError) || error.kind !== 'refused') throw error
    // An account that left the collective can no longer be read: that is said instead of left out.
    rows.push([null, null, null, ...whose, 'unreadable', null, null, error.message])
  }
  return rows.toReversed()
}

async function everyBuilder(deps: Pick<Deps, 'store'>): Promise<Builder[]> {
  const builders: Builder[] = []
  let cursor: string | null = null
  do {
    const page: Page<'builders'> = await deps.store.find('builders', {
      where: {},
      orderBy: 'joinedAt',
      direction: 'asc',
      limit: 500,
      cursor,
    })
    for (const { value } of page.documents) builders.push(value)
    cursor = page.cursor
  } while (cursor)
  return builders
}

function time(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}
