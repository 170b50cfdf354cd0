import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AtStripe, Books, DropSeen, OrderSeen, WishSeen } from './prove-books.ts'
import { judge, missingNews } from './prove-judge.ts'

const NOW = 1_800_000_000_000

function order(n: number, change: Partial<OrderSeen>): OrderSeen {
  return {
    orderId: `ord_${n}`,
    dropId: 'drp_1',
    buyerId: `buyer ${n}`,
    status: 'released',
    holdUntil: NOW,
    total: 2_400,
    share: 2_280,
    payment: { paymentIntentId: `pi_${n}`, stripeFee: 100 },
    transferId: `tr_${n}`,
    blocked: null,
    drift: null,
    ...change,
  }
}

function drop(change: Partial<DropSeen>): DropSeen {
  const shelf = { quantity: 2, available: 1, held: 0, sold: 1 }
  return { dropId: 'drp_1', ...shelf, status: 'open', waitlist: { waiting: 0 }, ...change }
}
const PLACE = { dropId: 'drp_1' }

/** One unit was sold and its money released, one payment came too late and went back, one hold ended. */
const BOOKS: Books = {
  orders: [
    order(1, {}),
    order(2, { status: 'refunded', transferId: null }),
    order(3, { status: 'expired', payment: null, transferId: null }),
  ],
  drops: [drop({})],
  line: [],
  ledger: [
    entry(1, { stripe: 2_400, buyer_money: -2_400 }),
    entry(1, { stripe: -100, stripe_fees: 100 }),
    entry(1, { stripe: -2_280, builder_due: 2_280 }),
    entry(2, { stripe: 2_400, refund_due: -2_400 }),
    entry(2, { stripe: -100, stripe_fees: 100 }),
    entry(2, { stripe: -2_400, refund_due: 2_400 }),
  ],
  wishes: [],
}
const STRIPE: AtStripe = {
  sessions: [session(1, 'complete'), session(2, 'complete'), session(3, 'expired')],
  charges: [
    { id: 'ch_1', payment_intent: 'pi_1' },
    { id: 'ch_2', payment_intent: 'pi_2' },
  ],
  transfers: [{ id: 'tr_1', amount: 2_280, metadata: { order_id: 'ord_1' } }],
  refunds: [{ id: 're_2', amount: 2_400, status: 'succeeded', payment_intent: 'pi_2' }],
  movements: [
    { id: 'txn_1', source: 'ch_1', net: 2_300, fee: 100 },
    { id: 'txn_2', source: 'tr_1', net: -2_280, fee: 0 },
    { id: 'txn_3', source: 'ch_2', net: 2_300, fee: 100 },
    { id: 'txn_4', source: 're_2', net: -2_400, fee: 0 },
  ],
  balance: -80,
}

function entry(n: number, lines: Readonly<Record<string, number>>): Books['ledger'][number] {
  return {
    orderId: `ord_${n}`,
    lines: Object.entries(lines).map(([account, amount]) => ({ account, amount })),
  }
}

function session(n: number, status: 'open' | 'complete' | 'expired'): AtStripe['sessions'][number] {
  const paid = status === 'complete'
  return {
    id: `cs_${n}`,
    client_reference_id: `ord_${n}`,
    status,
    payment_status: paid ? 'paid' : 'unpaid',
    created: 1_700_000_000,
    expires_at: 1_700_001_800,
    payment_intent: paid ? `pi_${n}` : null,
  }
}

const wish = (change: Partial<WishSeen>): WishSeen => ({
  id: 'transfer:ord_1',
  kind: 'transfer',
  subject: 'ord_1',
  dueAt: NOW + 1,
  leaseUntil: 0,
  lastError: null,
  ...change,
})

test('a drop that came out right has nothing to say', () => {
  const promised = [{ orderId: 'ord_3', buyerId: 'buyer 3' }]
  assert.deepEqual(judge(BOOKS, STRIPE, promised, NOW), {
    sold: 1,
    oversold: 0,
    paid: 2,
    lost: 0,
    refunded: 1,
    released: 1,
    driftMinorUnits: 0,
    problems: [],
  })
})

const again = STRIPE.transfers.map((transfer) => ({ ...transfer, id: 'tr_again' }))
const WRONG: readonly {
  readonly title: string
  readonly books?: Partial<Books>
  readonly stripe?: Partial<AtStripe>
  readonly promised?: string
  readonly says: RegExp
  readonly counts?: { readonly oversold?: number; readonly lost?: number; readonly driftMinorUnits?: number }
}[] = [
  {
    title: 'more units given away than there are',
    books: { drops: [drop({ quantity: 0, available: -1 })] },
    says: /has 0 units and gave away 1/,
    counts: { oversold: 1 },
  },
  {
    title: 'a shelf that counts differently',
    books: { drops: [drop({ available: 2, sold: 0 })] },
    says: /counts 2 on the shelf, 0 held, 0 sold of 2; its orders say 0 held and 1 sold/,
  },
  {
    title: 'a line that counts differently',
    books: { drops: [drop({ waitlist: { waiting: 2 } })], line: [PLACE] },
    says: /counts 2 in line, and there are 1/,
  },
  {
    title: 'a unit that lies there while somebody waits',
    books: { drops: [drop({ waitlist: { waiting: 1 } })], line: [PLACE] },
    says: /1 of drp_1 lie there while 1 wait in line/,
  },
  {
    title: 'somebody who waits for what cannot come',
    books: { drops: [drop({ status: 'closed', waitlist: { waiting: 1 } })], line: [PLACE] },
    says: /1 wait in line for drp_1, of which nothing can come back/,
  },
  {
    title: 'a payment whose order ended without it',
    stripe: { sessions: [...STRIPE.sessions, { ...session(3, 'complete'), id: 'cs_3b' }] },
    says: /cs_3b of ord_3 was paid, and the order is expired/,
    counts: { lost: 1 },
  },
  {
    title: 'an order that was paid twice',
    stripe: { sessions: [...STRIPE.sessions, { ...session(1, 'complete'), payment_intent: 'pi_1b' }] },
    says: /ord_1 was paid 2 times/,
    counts: { lost: 1 },
  },
  {
    title: 'a page that can still be paid',
    stripe: { sessions: [session(1, 'complete'), session(2, 'complete'), session(3, 'open')] },
    says: /cs_3 of ord_3, expired, can still be paid/,
  },
  {
    title: 'a second page to pay on',
    stripe: { sessions: [...STRIPE.sessions, { ...session(3, 'expired'), id: 'cs_3b' }] },
    says: /ord_3 has 2 pages to pay on/,
  },
  {
    title: 'a second transfer',
    stripe: {
      transfers: [...STRIPE.transfers, ...again],
      movements: [...STRIPE.movements, { id: 'txn_5', source: 'tr_again', net: -2_280, fee: 0 }],
      balance: -2_360,
    },
    says: /ord_1 is released with 2 transfers/,
    counts: { driftMinorUnits: 2_280 },
  },
  {
    title: 'two mistakes of the ledger that cancel each other out',
    books: {
      ledger: [...BOOKS.ledger, entry(1, { stripe: 1, fees: -1 }), entry(2, { stripe: -1, fees: 1 })],
    },
    says: /The ledger has 1 more than Stripe for ord_1/,
    counts: { driftMinorUnits: 2 },
  },
  {
    title: 'an entry that does not balance',
    books: { ledger: [...BOOKS.ledger, entry(1, { builder_due: 5 })] },
    says: /An entry of ord_1 does not balance: 5/,
  },
  {
    title: 'money of nobody',
    stripe: {
      movements: [...STRIPE.movements, { id: 'txn_5', source: 'ch_9', net: 10, fee: 0 }],
      balance: -70,
    },
    says: /nobody's ch_9/,
    counts: { driftMinorUnits: 10 },
  },
  {
    title: 'a refund that Stripe does not know',
    stripe: { refunds: [{ id: 're_2', amount: 2_400, status: 'failed', payment_intent: 'pi_2' }] },
    says: /ord_2 is refunded and 0 of 2400 went back/,
  },
  {
    title: 'a hold that never ends',
    books: { orders: [...BOOKS.orders, order(4, { status: 'held', payment: null, transferId: null })] },
    says: /ord_4 is held beyond its time/,
  },
  {
    title: 'a release that is neither done nor waiting for anybody',
    books: { orders: [...BOOKS.orders, order(4, { status: 'arrived' })] },
    says: /ord_4 rests while arrived/,
  },
  {
    title: 'a release that is blocked for no reason',
    books: { orders: [...BOOKS.orders, order(4, { status: 'release_blocked' })] },
    says: /ord_4 is blocked without a reason or a next try/,
  },
  {
    title: 'an order that core itself froze',
    books: { orders: [...BOOKS.orders, order(4, { drift: { sentence: 'Two cents are missing.' } })] },
    says: /ord_4 is frozen: Two cents are missing/,
  },
  {
    title: 'a unit that was promised and is gone',
    promised: 'ord_9',
    says: /was given ord_9, which is gone/,
  },
  {
    title: 'work that was due and is not done',
    books: { wishes: [wish({ dueAt: NOW })] },
    says: /transfer:ord_1 was due and is not done/,
  },
  {
    title: 'work that fails',
    books: { wishes: [wish({ lastError: 'No such account' })] },
    says: /transfer:ord_1 fails: No such account/,
  },
]

for (const { title, books, stripe, promised, says, counts } of WRONG) {
  test(`${title} is seen`, () => {
    const given = promised ? [{ orderId: promised, buyerId: 'buyer 1' }] : []
    const verdict = judge({ ...BOOKS, ...books }, { ...STRIPE, ...stripe }, given, NOW)
    assert.match(verdict.problems.join('\n'), says)
    assert.partialDeepStrictEqual(verdict, counts ?? {})
  })
}

test('a page whose end had passed before it was made is none', () => {
  const dead = { ...session(3, 'expired'), id: 'cs_3b', created: 1_700_009_000 }
  assert.deepEqual(judge(BOOKS, { ...STRIPE, sessions: [...STRIPE.sessions, dead] }, [], NOW).problems, [])
})

test('whoever paid and was not told is named', () => {
  const told = new Set(['buyer 1 buyer_paid', 'buyer 2 buyer_paid', 'buyer 3 buyer_offered'])
  assert.deepEqual(missingNews(BOOKS, told, new Set(['buyer 1', 'buyer 3'])), [
    'Nobody told buyer 1 of ord_1: buyer_offered.',
    'Nobody told buyer 2 of ord_2: buyer_refunded.',
  ])
})
