import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isAppError } from '#contract'
import { createSqliteStore } from '../adapters/store-sqlite.ts'
import type { Order, OrderRefund } from '../domain/order.ts'
import type { Store } from '../ports/store.ts'
import { JUNIPER, sampleOrder } from '../testing/samples.ts'
import { createChanges, type MakeChange } from './change.ts'
import { numberReceipts } from './receipts.ts'

function paidOrder(orderId: string): Order {
  const ids = { paymentIntentId: 'pi_1', chargeId: 'ch_1', transferId: null }
  return sampleOrder({
    orderId,
    status: 'paid',
    payment: { ...ids, at: 5, stripeFee: 99, shipTo: null },
    chargeId: 'ch_1',
  })
}

function refundThatWent(n: number): OrderRefund {
  return {
    n,
    amount: 100,
    fromFee: 5,
    fromShare: 95,
    reason: 'builder',
    note: '',
    by: JUNIPER,
    at: 6,
    status: 'succeeded',
    attempt: 1,
    refundId: `re_${n}`,
    failure: null,
    reversal: 'none',
    creditNote: null,
  }
}

/** Every number that stands on an order, by what it is on. */
async function papersIn(store: Store): Promise<Map<string, number>> {
  const page = await store.find('orders', { where: {}, orderBy: 'createdAt', direction: 'asc', limit: 500 })
  return new Map(
    page.documents.flatMap(({ value }) => [
      ...(value.receipt ? [[value.orderId, value.receipt.number] as const] : []),
      ...value.refunds.flatMap(({ n, creditNote }) =>
        creditNote ? [[`${value.orderId} ${n}`, creditNote.number] as const] : [],
      ),
    ]),
  )
}

/** A refund of the order that went, as another part of core would write it. */
function addRefund(change: MakeChange, orderId: string): Promise<void> {
  return change({
    lane: 'a drop',
    reads: [['orders', orderId]],
    decide(sheet) {
      const order = sheet.get('orders', orderId)
      if (!order) throw new Error('no order')
      const refunds = [...order.refunds, refundThatWent(order.refunds.length + 1)]
      sheet.put('orders', orderId, { ...order, refunds })
    },
  })
}

test('numbers are unique, without a gap, and stay, whoever asks for them how often and in which order', async () => {
  const ids = Array.from({ length: 6 }, (_, i) => `ord_${String(i).padStart(26, '0')}`)
  const act = fc.record({
    what: fc.constantFrom('number', 'number', 'refund'),
    on: fc.constantFrom(...ids),
    // Two processes on one store: what they decide at once is settled by the store alone.
    by: fc.constantFrom(0, 1),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(act, { minLength: 1, maxLength: 8 }), { maxLength: 6 }),
      async (rounds) => {
        const store = createSqliteStore({ path: ':memory:' })
        const options = { store, onCommit: () => {}, random: Math.random }
        const processes = [createChanges(options), createChanges(options)] as const
        await store.commit(
          ids.map((id) => ({ op: 'create', collection: 'orders', id, value: paidOrder(id) }) as const),
        )
        const run = ({ what, on, by }: { what: string; on: string; by: number }) => {
          const change = processes[by === 0 ? 0 : 1]
          if (what === 'refund') return addRefund(change, on)
          return numberReceipts({ change, clock: { now: () => 7 } }, on)
        }
        let before = new Map<string, number>()
        for (const round of rounds) {
          await Promise.all(round.map(run))
          const now = await papersIn(store)
          for (const [paper, number] of before)
            assert.equal(now.get(paper), number, `${paper} was numbered anew`)
          assert.deepEqual(
            [...now.values()].toSorted((a, b) => a - b),
            Array.from(now, (_, i) => i + 1),
          )
          assert.equal((await store.get('counters', 'receipts'))?.value.last ?? 0, now.size)
          before = now
        }
        await Promise.all(
          ids.map((id) => numberReceipts({ change: processes[0], clock: { now: () => 8 } }, id)),
        )
        const refunds = rounds.flat().filter(({ what }) => what === 'refund').length
        assert.equal((await papersIn(store)).size, ids.length + refunds)
        await store.close()
      },
    ),
    { numRuns: 40 },
  )
})

test('an order that is not there gets no number', async () => {
  const store = createSqliteStore({ path: ':memory:' })
  const change = createChanges({ store, onCommit: () => {}, random: () => 0 })
  const asked = numberReceipts({ change, clock: { now: () => 7 } }, 'ord_nowhere')
  await assert.rejects(asked, (error) => isAppError(error, 'order_not_found'))
  assert.equal(await store.get('counters', 'receipts'), undefined)
  await store.close()
})
