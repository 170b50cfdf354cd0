import type { ReceiptView, StatementLine, StatementView } from '#contract'
import { makeId, makeOrder, NOW } from './fake-core.ts'

const DAY = 24 * 60 * 60_000
const usd = (amount: number) => ({ amount, currency: 'usd' })

/** A receipt for a mug that is on its way, with one refund that went and one that is going. */
export function makeReceipt(over: Partial<ReceiptView> = {}): ReceiptView {
  return {
    number: 'C500-000041',
    at: NOW - 9 * DAY,
    order: makeOrder({
      status: 'shipped',
      paidAt: NOW - 9 * DAY,
      shipment: { carrier: 'Royal Mail', trackingNumber: 'AB 1234', shippedAt: NOW - DAY },
      releasesAt: NOW + 13 * DAY,
      holdingEndsAt: NOW + 66 * DAY,
      refunded: usd(1500),
      refunds: [
        { amount: usd(1000), reason: 'builder', note: '', status: 'succeeded', at: NOW - 2 * DAY },
        { amount: usd(500), reason: 'case', note: '', status: 'pending', at: NOW },
      ],
    }),
    paymentReference: 'pi_3QxyzLocal0000000041',
    held: { amount: usd(4200), since: NOW - 9 * DAY, until: null, endsAt: NOW + 66 * DAY },
    refunds: [
      {
        creditNote: { number: 'C500-000044', at: NOW - 2 * DAY },
        amount: usd(1000),
        reason: 'builder',
        status: 'succeeded',
        at: NOW - 2 * DAY,
      },
      { creditNote: null, amount: usd(500), reason: 'case', status: 'pending', at: NOW },
    ],
    ...over,
  }
}

function sale(n: number, over: Partial<StatementLine> = {}): StatementLine {
  return {
    kind: 'sale',
    orderId: makeId('ord', n),
    at: NOW - (30 - n) * DAY,
    title: 'Speckled stoneware mug',
    paper: `C500-0000${40 + n}`,
    gross: usd(4_200),
    refunded: usd(0),
    fee: usd(210),
    net: usd(3_990),
    ...over,
  }
}

const BLANKET = 'Wool blanket in the colours of an October hedge, woven on a floor loom'

/** November with sales, refunds and money sent; some owed to the collective. */
export function makeStatement(over: Partial<StatementView> = {}): StatementView {
  return {
    number: 'S-RCLQ1Z7PVX1H-2026-11',
    builder: { userId: '100000000000000101', name: 'Juniper' },
    month: '2026-11',
    asOf: NOW,
    complete: true,
    earlier: '2026-10',
    later: '2026-12',
    lines: [
      sale(1),
      sale(2, { title: BLANKET, gross: usd(18_000), fee: usd(900), net: usd(17_100) }),
      sale(3, { paper: null }),
      sale(4, {
        kind: 'refund',
        title: BLANKET,
        gross: usd(0),
        refunded: usd(2_000),
        fee: usd(-100),
        net: usd(-1_900),
      }),
    ],
    transfers: [
      { kind: 'sent', orderId: makeId('ord', 1), at: NOW - 3 * DAY, title: BLANKET, amount: usd(3_990) },
      { kind: 'taken_back', orderId: makeId('ord', 9), at: NOW - DAY, title: 'Ash bowl', amount: usd(1_290) },
    ],
    totals: [
      {
        sales: 3,
        gross: usd(26_400),
        refunded: usd(2_000),
        fee: usd(1_220),
        net: usd(23_180),
        sent: usd(2_700),
        before: usd(-1_290),
        after: usd(19_190),
      },
    ],
    debt: [usd(1_290)],
    ...over,
  }
}
