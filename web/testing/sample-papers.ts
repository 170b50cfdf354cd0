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

function line(n: number, over: Partial<StatementLine>): StatementLine {
  return {
    orderId: makeId('ord', n),
    receipt: `C500-0000${40 + n}`,
    paidAt: NOW - (30 - n) * DAY,
    title: 'Speckled stoneware mug',
    status: 'shipped',
    gross: usd(4200),
    refunded: usd(0),
    fee: usd(210),
    net: usd(3990),
    releasedAt: null,
    releasesAt: null,
    ...over,
  }
}

/** November with an order in many states; some owed to the collective. */
export function makeStatement(over: Partial<StatementView> = {}): StatementView {
  const sum = { orders: 1, gross: usd(4200), refunded: usd(0), fee: usd(210), net: usd(3990) }
  return {
    number: 'S-RCLQ1Z7PVX1H-2026-11',
    builder: { userId: '100000000000000101', name: 'Juniper' },
    month: '2026-11',
    asOf: NOW,
    complete: true,
    earlier: '2026-10',
    later: '2026-12',
    lines: [
      line(1, { status: 'released', releasedAt: NOW - 3 * DAY }),
      line(2, {
        status: 'shipped',
        title: 'Wool blanket in the colours of an October hedge, woven on a floor loom',
        releasesAt: NOW + 9 * DAY,
        gross: usd(18_000),
        refunded: usd(2_000),
        fee: usd(800),
        net: usd(15_200),
      }),
      line(3, { status: 'paid', receipt: null }),
      line(4, { status: 'release_blocked' }),
      line(5, { status: 'refunded', refunded: usd(4200), fee: usd(0), net: usd(0) }),
    ],
    byStatus: [
      { status: 'paid', ...sum },
      {
        status: 'shipped',
        orders: 1,
        gross: usd(18_000),
        refunded: usd(2_000),
        fee: usd(800),
        net: usd(15_200),
      },
      { status: 'release_blocked', ...sum },
      { status: 'released', ...sum },
      { status: 'refunded', orders: 1, gross: usd(4200), refunded: usd(4200), fee: usd(0), net: usd(0) },
    ],
    totals: [{ orders: 5, gross: usd(34_800), refunded: usd(6_200), fee: usd(1_430), net: usd(27_170) }],
    debt: [usd(1_290)],
    ...over,
  }
}
