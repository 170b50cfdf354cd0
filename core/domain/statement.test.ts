import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Drop } from './drop.ts'
import type { LedgerEntry } from './ledger.ts'
import { givenBack, newOrder, type Order, type OrderEvent, remaining, stepOrder } from './order.ts'
import { ordersOnStatement, statementNumber, writeStatement } from './statement.ts'

const BUILDER = '100000000000000101'
/** A month is a hundred moments long here. */
const MONTH = 100

const payment = { paymentIntentId: 'pi', chargeId: 'ch', stripeFee: 99, shipTo: null, transferId: 'tr' }
const PAID: OrderEvent = { type: 'payment_succeeded', payment }
const ARRIVED: OrderEvent = { type: 'arrived' }
const back = (amount: number): OrderEvent => ({
  type: 'refund_asked',
  amount,
  reason: 'builder',
  note: '',
  by: null,
})

/** What a builder's orders and books are, and what they owe, as events come. */
interface Shop {
  readonly orders: Map<string, Order>
  readonly ledger: LedgerEntry[]
  debt: number
}

function heldOrder(orderId: string, price: number, feeBps: number, settlement: Order['settlement']): Order {
  const drop = {
    builderId: BUILDER,
    builder: { userId: BUILDER, name: 'Juniper' },
    title: orderId,
    picture: null,
    price,
    feeBps,
    terms: [{ from: 0, settlement, feeBps: null }] as const,
    destination: 'acct',
    currency: 'usd',
  } as Partial<Drop> as Drop
  const buyer = { userId: '100000000000000103', name: 'Poppy' }
  return newOrder({ drop, buyer, orderId, holdUntil: 1 }, 0)
}

/** Plays one event at a moment; one that is refused changes nothing. Answers whether it was taken. */
function play(shop: Shop, orderId: string, event: OrderEvent, at: number): boolean {
  const order = shop.orders.get(orderId)
  if (!order) return false
  const step = stepOrder(order, event, at)
  if (!step.ok) return false
  shop.orders.set(orderId, step.order)
  shop.debt += step.debt
  for (const posting of step.postings) {
    shop.ledger.push({ ...posting, orderId, builderId: BUILDER, currency: order.currency, at })
  }
  return true
}

function statementOf(shop: Shop, month: number) {
  const span = { from: month * MONTH, to: (month + 1) * MONTH }
  const entries = shop.ledger.filter(({ at }) => at < span.to)
  const wanted = ordersOnStatement(entries, span.from)
  // Only what it asked for: a month must not lean on orders that have nothing to do with it.
  const orders = new Map(wanted.flatMap((id) => [...shop.orders].filter(([orderId]) => orderId === id)))
  return writeStatement(entries, orders, span)
}

const shopOf = (...orders: Order[]): Shop => ({
  orders: new Map(orders.map((order) => [order.orderId, order])),
  ledger: [],
  debt: 0,
})
const usd = (amount: number) => ({ amount, currency: 'usd' })

test('a sale and its later refund stand in the months they were booked in', () => {
  const shop = shopOf(heldOrder('mug', 2_400, 500, 'on_arrival'))
  play(shop, 'mug', PAID, 10)
  const first = statementOf(shop, 0)
  assert.deepEqual(
    first.lines.map(({ kind, at, gross, fee, net }) => [kind, at, gross, fee, net]),
    [['sale', 10, usd(2_400), usd(120), usd(2_280)]],
  )
  play(shop, 'mug', back(1_000), 110)
  assert.deepEqual(statementOf(shop, 0), first)
  const second = statementOf(shop, 1)
  assert.deepEqual(
    second.lines.map(({ kind, refunded, fee, net }) => [kind, refunded, fee, net]),
    [['refund', usd(1_000), usd(-50), usd(-950)]],
  )
  assert.deepEqual([second.totals[0]?.before, second.totals[0]?.after], [usd(2_280), usd(1_330)])
  const third = statementOf(shop, 2)
  assert.deepEqual(
    [third.lines, third.totals[0]?.before, third.totals[0]?.after],
    [[], usd(1_330), usd(1_330)],
  )
})

test('a share that was sent and could not be taken back is owed, and paid off by what is not sent', () => {
  const shop = shopOf(heldOrder('mug', 2_400, 500, 'on_arrival'), heldOrder('bowl', 2_400, 500, 'on_arrival'))
  for (const [at, event] of [PAID, ARRIVED].entries()) play(shop, 'mug', event, at)
  play(shop, 'mug', { type: 'release_asked', netted: 0 }, 2)
  play(shop, 'mug', { type: 'transfer_made', transferId: 'tr_1' }, 3)
  play(shop, 'mug', back(2_400), 101)
  play(shop, 'mug', { type: 'reversal_refused', n: 1 }, 102)
  const second = statementOf(shop, 1)
  assert.deepEqual([second.debt, second.totals[0]?.after], [[usd(2_280)], usd(-2_280)])
  for (const [at, event] of [PAID, ARRIVED].entries()) play(shop, 'bowl', event, 200 + at)
  play(shop, 'bowl', { type: 'release_asked', netted: 2_280 }, 202)
  play(shop, 'bowl', { type: 'transfer_made', transferId: null }, 203)
  const third = statementOf(shop, 2)
  assert.deepEqual([third.debt, third.transfers, third.totals[0]?.after], [[], [], usd(0)])
  assert.deepEqual(statementOf(shop, 1), second)
})

test('numbers given after the month are no part of it', () => {
  const shop = shopOf(heldOrder('mug', 2_400, 500, 'on_arrival'))
  play(shop, 'mug', PAID, 99)
  const order = shop.orders.get('mug') ?? assert.fail()
  shop.orders.set('mug', { ...order, receipt: { number: 7, at: 99 } })
  assert.equal(statementOf(shop, 0).lines[0]?.paper, 'C500-000007')
  shop.orders.set('mug', { ...order, receipt: { number: 7, at: 100 } })
  assert.equal(statementOf(shop, 0).lines[0]?.paper, null)
})

test('whatever happens later, a month that is over reads as it did, comes out even, and ends where the next begins', () => {
  const ids = ['a', 'b', 'c'] as const
  const event = fc.oneof(
    fc.constant(PAID),
    fc.constant(ARRIVED),
    fc.integer({ min: 1, max: 3_000 }).map(back),
    fc.constant('release' as const),
    fc.constant<OrderEvent>({ type: 'transfer_made', transferId: 'tr' }),
    fc.constant<OrderEvent>({ type: 'transfer_refused', code: null, message: 'no' }),
    fc
      .integer({ min: 1, max: 3 })
      .chain((n) =>
        fc.constantFrom<OrderEvent>(
          { type: 'refund_succeeded', n, refundId: `re_${n}` },
          { type: 'refund_failed', n, refundId: `re_${n}`, why: 'closed' },
          { type: 'refund_retried', n },
          { type: 'reversal_made', n },
          { type: 'reversal_refused', n },
        ),
      ),
    fc.constant<OrderEvent>({
      type: 'dispute_opened',
      dispute: { disputeId: 'dp', amount: 500, fee: 1_500, reason: 'fraudulent', dueBy: null },
    }),
    fc.constantFrom<OrderEvent>({ type: 'dispute_lost' }, { type: 'dispute_won' }),
  )
  const life = fc.array(
    fc.record({ on: fc.constantFrom(...ids), what: event, after: fc.integer({ min: 0, max: 40 }) }),
    { maxLength: 60 },
  )
  const rates = fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 3, maxLength: 3 })
  fc.assert(
    fc.property(life, rates, fc.boolean(), (acts, feeBps, split) => {
      const shop = shopOf(
        ...ids.map((id, at) =>
          heldOrder(id, 1_000 + at * 777, feeBps[at] ?? 0, split && at === 0 ? 'at_payment' : 'on_arrival'),
        ),
      )
      const closed: ReturnType<typeof statementOf>[] = []
      let now = 0
      for (const { on, what, after } of acts) {
        now += after
        while (now >= (closed.length + 1) * MONTH) closed.push(statementOf(shop, closed.length))
        const next: OrderEvent =
          what === 'release' ? { type: 'release_asked', netted: Math.max(0, shop.debt) } : what
        play(shop, on, next, now)
      }
      const months = Math.floor(now / MONTH) + 1
      for (const [month, statement] of closed.entries()) {
        assert.deepEqual(statementOf(shop, month), statement, `month ${month} was changed`)
      }
      let before = 0
      for (let month = 0; month < months; month++) {
        const { lines, totals } = statementOf(shop, month)
        for (const { gross, refunded, fee, net } of [...lines, ...totals]) {
          assert.equal(gross.amount - refunded.amount - fee.amount, net.amount)
        }
        const [total] = totals
        assert.equal(total?.before.amount ?? 0, before, `month ${month} begins where the one before ended`)
        before = total?.after.amount ?? before
      }
      // What the last month ends with is what the orders and the books say today.
      let held = 0
      for (const order of shop.orders.values()) {
        if (order.payment && order.arrivedAt === null && order.settlement === 'on_arrival') {
          held += remaining(order).share
        }
        assert.ok(givenBack(order) <= order.total)
      }
      for (const { lines } of shop.ledger) {
        for (const { account, amount } of lines) {
          if (account === 'builder_due' || account === 'builder_debt') held -= amount
        }
      }
      assert.equal(before, held)
    }),
    { numRuns: 300 },
  )
})

test('two builders never share the number of a statement', () => {
  assert.notEqual(
    statementNumber('100000000000000101', '2026-11'),
    statementNumber('100000000000000102', '2026-11'),
  )
})
