import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { JUNIPER, POPPY, sampleDrop, sampleOrder } from '../testing/samples.ts'
import type { Builder } from './builder.ts'
import { claimId, type Drop } from './drop.ts'
import { type Effect, type EffectKind, queueOf } from './effect.ts'
import { type LedgerEntry, ledgerId } from './ledger.ts'
import { type LedgerReading, readWholeLedger } from './ledger-reading.ts'
import { type Order, type OrderEvent, stepOrder } from './order.ts'
import { diagnose } from './reconcile.ts'
import type { Diagnosis, MismatchCode, Ours, Repair, Theirs, TheirTransaction } from './reconcile-mismatch.ts'
import { EVERYBODY, type Totals } from './totals.ts'

const NOW = 1_000_000_000
const ORDER = 'ord_00000000000000000000000001'
const DROP = 'drp_00000000000000000000000001'
const BUILDER = JUNIPER.userId
const BUYER = POPPY.userId

const HELD = sampleOrder(
  {
    orderId: ORDER,
    createdAt: 1,
    holdUntil: NOW,
    checkout: { attempt: 1, expiresAt: NOW, sessionId: 'cs_1', url: null },
  },
  sampleDrop({ dropId: DROP }),
)

const paid: OrderEvent = {
  type: 'payment_succeeded',
  payment: { paymentIntentId: 'pi_1', chargeId: 'ch_1', stripeFee: 100, shipTo: null, transferId: 'tr_1' },
}
const asked = (amount: number): OrderEvent => ({
  type: 'refund_asked',
  amount,
  reason: 'operator',
  note: '',
  by: null,
})
const refunded = (amount: number): OrderEvent[] => [
  asked(amount),
  { type: 'refund_succeeded', n: 1, refundId: 're_1' },
]
const releaseAsked: OrderEvent[] = [{ type: 'arrived' }, { type: 'release_asked', netted: 0 }]
const released: OrderEvent[] = [paid, ...releaseAsked, { type: 'transfer_made', transferId: 'tr_1' }]
const disputed: OrderEvent = {
  type: 'dispute_opened',
  dispute: { disputeId: 'dp_1', amount: 2_400, fee: 1_500, reason: 'fraudulent', dueBy: null },
}

function move(
  sourceId: string,
  type: string,
  amount: number,
  about: Partial<TheirTransaction> = {},
): TheirTransaction {
  const fee = about.fee ?? 0
  return {
    transactionId: `txn_${sourceId}`,
    type,
    amount,
    fee,
    net: amount - fee,
    currency: 'usd',
    sourceId,
    orderId: null,
    chargeId: null,
    ...about,
  }
}
const CHARGE = { chargeId: 'ch_1', orderId: ORDER, amount: 2_400, currency: 'usd', paid: true }
const CHARGED = move('ch_1', 'charge', 2_400, { fee: 100, orderId: ORDER, chargeId: 'ch_1' })
const TRANSFER = {
  transferId: 'tr_1',
  orderId: ORDER,
  accountId: 'acct_1',
  chargeId: 'ch_1',
  amount: 2_280,
  reversals: [],
}
const SENT = move('tr_1', 'transfer', -2_280, { orderId: ORDER })
const REFUND = {
  refundId: 're_1',
  orderId: ORDER,
  part: '1:1',
  chargeId: 'ch_1',
  amount: 1_000,
  status: 'succeeded',
} as const
const RETURNED = move('re_1', 'refund', -1_000)
const REVERSAL = { reversalId: 'trr_1', amount: 950, part: '1' }
const TAKEN_BACK = move('trr_1', 'transfer_refund', 950)
const DISPUTE = {
  disputeId: 'dp_1',
  chargeId: 'ch_1',
  dispute: { amount: 2_400, fee: 1_500, laterFees: [], status: 'open' },
} as const
const FEE_BACK = { transactionId: 'txn_back', amount: -1_500 }
const WITHDRAWN = move('dp_1', 'adjustment', -2_400, { fee: 1_500 })

const NOTHING: Theirs = {
  transactions: [],
  charges: [],
  transfers: [],
  refunds: [],
  disputes: [],
  balance: [],
}
const AFTER_PAYMENT: Theirs = { ...NOTHING, charges: [CHARGE], transactions: [CHARGED] }
const AFTER_RELEASE: Theirs = { ...AFTER_PAYMENT, transfers: [TRANSFER], transactions: [CHARGED, SENT] }
const AFTER_REFUND: Theirs = { ...AFTER_PAYMENT, refunds: [REFUND], transactions: [CHARGED, RETURNED] }
const AFTER_REVERSAL: Theirs = {
  ...AFTER_RELEASE,
  refunds: [REFUND],
  transfers: [{ ...TRANSFER, reversals: [REVERSAL] }],
  transactions: [CHARGED, SENT, RETURNED, TAKEN_BACK],
}
const AFTER_DISPUTE: Theirs = {
  ...AFTER_PAYMENT,
  disputes: [DISPUTE],
  transactions: [CHARGED, WITHDRAWN],
}

const effectOf = (kind: EffectKind, patch: Partial<Effect> = {}): Effect => ({
  kind,
  queue: queueOf(kind),
  subject: ORDER,
  notice: null,
  dueAt: NOW + 60_000,
  leaseUntil: 0,
  revision: 1,
  runs: 0,
  attempts: 0,
  lastError: null,
  createdAt: 1,
  ...patch,
})

/** Our books after these events of one order, all in agreement. */
function booksAfter(events: readonly OrderEvent[], start: Order = HELD): Ours {
  let order = start
  let debt = 0
  const entries: LedgerEntry[] = []
  const effects = new Set<EffectKind>(['checkout'])
  for (const event of events) {
    const step = stepOrder(order, event, 5)
    assert.ok(step.ok, `${event.type} is refused`)
    order = step.order
    debt += step.debt
    for (const posting of step.postings)
      entries.push({ ...posting, orderId: ORDER, builderId: BUILDER, currency: 'usd', at: 5 })
    for (const kind of [...step.effects, ...(event.type === 'dispute_opened' ? (['dispute'] as const) : [])])
      effects.add(kind)
  }
  const sold = order.payment ? 1 : 0
  return {
    now: NOW,
    orders: [order],
    ledger: ledgerOf(entries, { orders: [order] }),
    builders: [{ userId: BUILDER, name: 'Juniper', accountId: 'acct_1', debt } as Builder],
    drops: [
      { dropId: DROP, title: 'Mug', quantity: 2, available: 1, held: 1 - sold, sold, openedAt: 1 } as Drop,
    ],
    claims: new Map([[claimId(DROP, BUYER), { taken: 1, liveOrderId: null, requests: [] }]]),
    effects: [...effects].map((kind) => effectOf(kind)),
    auditIntact: true,
    moving: new Set(),
    outside: new Set(),
  }
}

/** All these rows, read in one page. */
function ledgerOf(
  entries: readonly LedgerEntry[],
  about: { readonly orders: readonly Order[]; readonly totals?: ReadonlyMap<string, Totals> },
): LedgerReading {
  const orders = new Map(about.orders.map((order) => [order.orderId, order]))
  const reading = readWholeLedger({ since: 0, totals: about.totals ?? new Map(), orders })
  const rows = entries.map((value) => ({ id: ledgerId(value.orderId, value.movement), value }))
  reading.add(rows.toSorted((a, b) => a.value.at - b.value.at || (a.id < b.id ? -1 : 1)))
  return reading.result()
}

/** With these totals kept of the ledger. */
function keeping(ours: Ours, totals: ReadonlyMap<string, Totals>): Ours {
  return { ...ours, ledger: ledgerOf(ours.ledger.entries, { orders: ours.orders, totals }) }
}

/** The first row in dollars. */
const addedUp = (last: string, held: number): Totals => ({
  rows: 1,
  last,
  until: 5,
  cursor: '',
  sums: [{ currency: 'usd', held, released: 0 }],
})

/** With the balance that Stripe's own movements sum to. */
function compare(ours: Ours, theirs: Theirs): Diagnosis {
  const pending = theirs.transactions.reduce((sum, { net }) => sum + net, 0)
  return diagnose(ours, { ...theirs, balance: [{ currency: 'usd', available: 0, pending }] })
}
const codes = ({ mismatches }: Diagnosis) => mismatches.map(({ code }) => code)

describe('books that agree', () => {
  const pending: OrderEvent[] = [asked(1_000), { type: 'refund_made', n: 1, refundId: 're_1' }]
  const stories: readonly (readonly [string, Ours, Theirs])[] = [
    ['nothing paid', booksAfter([]), NOTHING],
    ['paid', booksAfter([paid]), AFTER_PAYMENT],
    ['released', booksAfter(released), AFTER_RELEASE],
    ['refunded before release', booksAfter([paid, ...refunded(1_000)]), AFTER_REFUND],
    [
      'refunded after release',
      booksAfter([...released, ...refunded(1_000), { type: 'reversal_made', n: 1 }]),
      AFTER_REVERSAL,
    ],
    [
      'owed after release',
      booksAfter([...released, ...refunded(1_000), { type: 'reversal_refused', n: 1 }]),
      { ...AFTER_RELEASE, refunds: [REFUND], transactions: [CHARGED, SENT, RETURNED] },
    ],
    [
      'a refund on its way',
      booksAfter([paid, ...pending]),
      { ...AFTER_REFUND, refunds: [{ ...REFUND, status: 'pending' }] },
    ],
    [
      'a charge that Stripe has not captured yet',
      booksAfter([{ ...paid, payment: { ...paid.payment, stripeFee: null } }]),
      { ...AFTER_PAYMENT, transactions: [] },
    ],
    ['disputed', booksAfter([paid, disputed]), AFTER_DISPUTE],
    [
      'lost to the bank',
      booksAfter([paid, disputed, { type: 'dispute_lost' }]),
      {
        ...AFTER_DISPUTE,
        disputes: [{ ...DISPUTE, dispute: { ...DISPUTE.dispute, status: 'lost' } }],
      },
    ],
    [
      'won from the bank',
      booksAfter([paid, disputed, { type: 'dispute_won' }]),
      {
        ...AFTER_DISPUTE,
        disputes: [{ ...DISPUTE, dispute: { ...DISPUTE.dispute, status: 'won' } }],
        transactions: [
          CHARGED,
          WITHDRAWN,
          move('dp_1', 'adjustment', 2_400, { transactionId: 'txn_dp_1_back' }),
        ],
      },
    ],
    [
      'split at payment',
      booksAfter([paid], { ...HELD, settlement: 'at_payment', destination: 'acct_1' }),
      {
        ...AFTER_PAYMENT,
        transfers: [{ ...TRANSFER, amount: 2_400 }],
        transactions: [
          CHARGED,
          move('tr_1', 'transfer', -2_400, { orderId: ORDER }),
          move('fee_1', 'application_fee', 120, { chargeId: 'ch_1' }),
        ],
      },
    ],
  ]
  for (const [title, ours, theirs] of stories) {
    test(`have no mismatch: ${title}`, () => {
      const { mismatches, drift, balances } = compare(ours, theirs)
      assert.deepEqual(mismatches, [])
      assert.equal(drift, 0)
      assert.equal((balances[0]?.ours ?? 0) + (balances[0]?.onTheWay ?? 0), balances[0]?.stripe)
    })
  }
})

describe('a mismatch is named', () => {
  /** What is planted, and what is to be said of it: code, order or null, kind of repair. */
  const planted: readonly (readonly [string, Ours, Theirs, MismatchCode, Repair['kind']])[] = [
    ['a payment whose webhook never came', booksAfter([]), AFTER_PAYMENT, 'payment_not_here', 'wish'],
    ['a payment that Stripe does not know', booksAfter([paid]), NOTHING, 'payment_not_there', 'person'],
    [
      'a payment of another amount',
      booksAfter([]),
      { ...AFTER_PAYMENT, charges: [{ ...CHARGE, amount: 2_000 }] },
      'payment_differs',
      'person',
    ],
    [
      'a second payment',
      booksAfter([paid]),
      {
        ...AFTER_PAYMENT,
        charges: [{ ...CHARGE, chargeId: 'ch_2' }, CHARGE],
        transactions: [CHARGED, move('ch_2', 'charge', 2_400, { orderId: ORDER })],
      },
      'paid_twice',
      'person',
    ],
    [
      'a fee we never learned',
      booksAfter([{ ...paid, payment: { ...paid.payment, stripeFee: null } }]),
      AFTER_PAYMENT,
      'fee_unknown',
      'wish',
    ],
    [
      'a fee that changed',
      booksAfter([paid]),
      { ...AFTER_PAYMENT, transactions: [{ ...CHARGED, fee: 90, net: 2_310 }] },
      'fee_differs',
      'person',
    ],
    [
      'a transfer whose answer was lost',
      booksAfter([paid, ...releaseAsked]),
      AFTER_RELEASE,
      'transfer_not_here',
      'wish',
    ],
    ['a transfer Stripe does not know', booksAfter(released), AFTER_PAYMENT, 'transfer_not_there', 'person'],
    [
      'a transfer that nobody released',
      booksAfter([paid]),
      AFTER_RELEASE,
      'transfer_without_release',
      'person',
    ],
    [
      'a second transfer',
      booksAfter(released),
      {
        ...AFTER_RELEASE,
        transfers: [{ ...TRANSFER, transferId: 'tr_2' }, TRANSFER],
        transactions: [CHARGED, SENT, move('tr_2', 'transfer', -2_280)],
      },
      'transfer_twice',
      'person',
    ],
    [
      'a transfer of another amount',
      booksAfter(released),
      {
        ...AFTER_RELEASE,
        transfers: [{ ...TRANSFER, amount: 2_281 }],
        transactions: [CHARGED, { ...SENT, amount: -2_281, net: -2_281 }],
      },
      'transfer_differs',
      'person',
    ],
    [
      'a reversal whose answer was lost',
      booksAfter([...released, ...refunded(1_000)]),
      AFTER_REVERSAL,
      'reversal_not_here',
      'wish',
    ],
    [
      'a reversal Stripe does not know',
      booksAfter([...released, ...refunded(1_000), { type: 'reversal_made', n: 1 }]),
      { ...AFTER_RELEASE, refunds: [REFUND], transactions: [CHARGED, SENT, RETURNED] },
      'reversal_not_there',
      'person',
    ],
    [
      'a reversal of another amount',
      booksAfter([...released, ...refunded(1_000), { type: 'reversal_made', n: 1 }]),
      { ...AFTER_REVERSAL, transfers: [{ ...TRANSFER, reversals: [{ ...REVERSAL, amount: 900 }] }] },
      'reversal_differs',
      'person',
    ],
    [
      'a reversal made at Stripe itself',
      booksAfter(released),
      {
        ...AFTER_RELEASE,
        transfers: [{ ...TRANSFER, reversals: [{ ...REVERSAL, part: null }] }],
        transactions: [CHARGED, SENT, TAKEN_BACK],
      },
      'reversal_elsewhere',
      'person',
    ],
    [
      'a refund Stripe does not know',
      booksAfter([paid, ...refunded(1_000)]),
      AFTER_PAYMENT,
      'refund_not_there',
      'person',
    ],
    [
      'a refund that a bank sent back',
      booksAfter([paid, ...refunded(1_000)]),
      {
        ...AFTER_REFUND,
        refunds: [{ ...REFUND, status: 'failed' }],
        transactions: [CHARGED, RETURNED, move('re_1', 'refund_failure', 1_000)],
      },
      'refund_state_differs',
      'wish',
    ],
    [
      'a refund of another amount',
      booksAfter([paid, ...refunded(1_000)]),
      { ...AFTER_REFUND, refunds: [{ ...REFUND, amount: 900 }] },
      'refund_differs',
      'person',
    ],
    [
      'a refund made twice',
      booksAfter([paid, ...refunded(1_000)]),
      {
        ...AFTER_REFUND,
        refunds: [REFUND, { ...REFUND, refundId: 're_2' }],
        transactions: [CHARGED, RETURNED, move('re_2', 'refund', -1_000)],
      },
      'refund_twice',
      'person',
    ],
    [
      'a refund in the Stripe dashboard',
      booksAfter([paid]),
      { ...AFTER_REFUND, refunds: [{ ...REFUND, orderId: null, part: null }] },
      'refund_elsewhere',
      'book',
    ],
    [
      'a refund in the dashboard of more than is left',
      booksAfter([...released, ...refunded(1_000), { type: 'reversal_made', n: 1 }]),
      {
        ...AFTER_REVERSAL,
        refunds: [REFUND, { ...REFUND, refundId: 're_2', part: null, amount: 1_401 }],
        transactions: [...AFTER_REVERSAL.transactions, move('re_2', 'refund', -1_401)],
      },
      'refund_elsewhere',
      'person',
    ],
    ['a dispute we never heard of', booksAfter([paid]), AFTER_DISPUTE, 'dispute_not_here', 'wish'],
    [
      'a dispute that was decided',
      booksAfter([paid, disputed]),
      { ...AFTER_DISPUTE, disputes: [{ ...DISPUTE, dispute: { ...DISPUTE.dispute, status: 'lost' } }] },
      'dispute_state_differs',
      'wish',
    ],
    [
      'a dispute fee that came back',
      booksAfter([paid, disputed]),
      {
        ...AFTER_DISPUTE,
        disputes: [{ ...DISPUTE, dispute: { ...DISPUTE.dispute, laterFees: [FEE_BACK] } }],
        transactions: [
          CHARGED,
          WITHDRAWN,
          move('dp_1', 'adjustment', 0, { fee: -1_500, transactionId: 'txn_back' }),
        ],
      },
      'dispute_differs',
      'wish',
    ],
    [
      'a dispute fee that Stripe changed without a trace',
      booksAfter([paid, disputed]),
      { ...AFTER_DISPUTE, disputes: [{ ...DISPUTE, dispute: { ...DISPUTE.dispute, fee: 0 } }] },
      'dispute_differs',
      'person',
    ],
    [
      'a dispute that Stripe does not know',
      booksAfter([paid, disputed]),
      AFTER_PAYMENT,
      'dispute_differs',
      'person',
    ],
    [
      'a correction of Stripe',
      booksAfter([paid]),
      { ...AFTER_PAYMENT, transactions: [CHARGED, move('adj_1', 'adjustment', -7, { orderId: ORDER })] },
      'money_differs',
      'person',
    ],
    [
      'a payout to the bank',
      booksAfter(released),
      { ...AFTER_RELEASE, transactions: [CHARGED, SENT, move('po_1', 'payout', -20)] },
      'payout_unbooked',
      'book',
    ],
    [
      'what Stripe bills',
      booksAfter([paid]),
      { ...AFTER_PAYMENT, transactions: [CHARGED, move('bill_1', 'stripe_fee', -200)] },
      'bill_unbooked',
      'book',
    ],
    [
      'money of another business',
      booksAfter([paid]),
      { ...AFTER_PAYMENT, transactions: [CHARGED, move('ch_9', 'charge', 500, { chargeId: 'ch_9' })] },
      'moved_elsewhere',
      'person',
    ],
    [
      'a payment for an order that is not here',
      { ...booksAfter([]), orders: [], drops: [], effects: [] },
      AFTER_PAYMENT,
      'moved_elsewhere',
      'person',
    ],
    [
      'work that fails',
      { ...booksAfter([paid]), effects: [effectOf('watch', { attempts: 9, lastError: 'no answer' })] },
      AFTER_PAYMENT,
      'effect_failing',
      'person',
    ],
    [
      'work that nobody does',
      { ...booksAfter([paid]), effects: [effectOf('watch', { dueAt: NOW - 600_000 })] },
      AFTER_PAYMENT,
      'effect_waiting',
      'person',
    ],
    ['work that is gone', { ...booksAfter([paid]), effects: [] }, AFTER_PAYMENT, 'effect_missing', 'wish'],
    [
      'a changed audit log',
      { ...booksAfter([paid]), auditIntact: false },
      AFTER_PAYMENT,
      'audit_broken',
      'person',
    ],
    ...(
      [
        ['wrong', BUILDER, `${ORDER}:payment`, 2_281],
        ['wrong for everybody', EVERYBODY, `${ORDER}:payment`, 2_281],
        ['before a row came that is older', BUILDER, `${ORDER}:stripe_fee`, 2_280],
        ['with a row that is gone', BUILDER, `${ORDER}:arrival`, 2_280],
      ] as const
    ).map(
      ([how, id, last, held]) =>
        [
          `what was added up ${how}`,
          keeping(booksAfter([paid]), new Map([[id, addedUp(last, held)]])),
          AFTER_PAYMENT,
          'totals_differ',
          'recount',
        ] as const,
    ),
    [
      'a drop that counts wrong',
      { ...booksAfter([paid]), drops: [{ ...(booksAfter([paid]).drops[0] as Drop), available: 2 }] },
      AFTER_PAYMENT,
      'drop_differs',
      'person',
    ],
    [
      'a claim that counts wrong',
      { ...booksAfter([paid]), claims: new Map() },
      AFTER_PAYMENT,
      'claim_differs',
      'person',
    ],
    [
      'a debt that is not in the ledger',
      { ...booksAfter([paid]), builders: [{ ...(booksAfter([paid]).builders[0] as Builder), debt: 1 }] },
      AFTER_PAYMENT,
      'debt_differs',
      'person',
    ],
    [
      'a ledger row of no order',
      { ...booksAfter([paid]), orders: [], drops: [], effects: [], outside: new Set(['ch_1']) },
      { ...AFTER_PAYMENT, charges: [] },
      'ledger_without_order',
      'person',
    ],
  ]
  for (const [title, ours, theirs, code, repair] of planted) {
    test(title, () => {
      const { mismatches } = compare(ours, theirs)
      const found = mismatches.find((mismatch) => mismatch.code === code)
      assert.ok(found, `${code} is not among ${JSON.stringify(mismatches, null, 1)}`)
      assert.equal(found.repair.kind, repair)
      assert.ok(found.sentence.endsWith('.') || found.sentence.includes(':'), found.sentence)
    })
  }

  test('a ledger row that does not sum to nothing, and one that says something else', () => {
    const ours = booksAfter(released)
    const tamper = (change: (entry: LedgerEntry) => LedgerEntry) => ({
      ...ours,
      ledger: ledgerOf(
        ours.ledger.entries.map((entry) => (entry.movement === 'transfer' ? change(entry) : entry)),
        ours,
      ),
    })
    const unbalanced = tamper((entry) => ({
      ...entry,
      lines: entry.lines.map((line) => (line.account === 'stripe' ? { ...line, amount: -1 } : line)),
    }))
    assert.deepEqual(codes(compare(unbalanced, AFTER_RELEASE)), [
      'entry_unbalanced',
      'ledger_differs',
      'money_differs',
    ])
    const halved = tamper((entry) => ({
      ...entry,
      lines: entry.lines.map((line) => ({ ...line, amount: line.amount / 2 })),
    }))
    const diagnosis = compare(halved, AFTER_RELEASE)
    assert.deepEqual(codes(diagnosis), ['ledger_differs', 'money_differs'])
    assert.match(diagnosis.mismatches[0]?.sentence ?? '', /stripe \$11\.60 instead of \$0\.20/)
    assert.equal(diagnosis.drift, 1_140)
  })

  test('a balance that its own movements do not explain', () => {
    const theirs = { ...AFTER_PAYMENT, balance: [{ currency: 'usd', available: 1, pending: 2_300 }] }
    const { mismatches, drift } = diagnose(booksAfter([paid]), theirs)
    assert.deepEqual([mismatches.map(({ code }) => code), drift], [['balance_differs'], 1])
  })

  test('money that is held for others and was paid out', () => {
    const ours = booksAfter([paid])
    const transactions = [CHARGED, move('po_1', 'payout', -2_300)]
    const found = compare(ours, { ...AFTER_PAYMENT, transactions }).mismatches
    assert.deepEqual(
      found.map(({ code }) => code),
      ['payout_unbooked', 'held_money_paid_out'],
    )
    assert.match(found[1]?.sentence ?? '', /\$22\.80 of the money held/)
  })
})

test('what was added up rightly is no finding, nor what is older than the comparison', () => {
  const [mine, everybody] = [addedUp(`${ORDER}:payment`, 2_280), addedUp(`${ORDER}:payment`, 2_400)]
  const totals = new Map([
    [BUILDER, mine],
    [EVERYBODY, everybody],
  ])
  assert.deepEqual(compare(keeping(booksAfter([paid]), totals), AFTER_PAYMENT).mismatches, [])
  const late = { ...booksAfter([paid]), orders: [], drops: [], effects: [] }
  const wrong = new Map([[BUILDER, { ...mine, sums: [] }]])
  const { mismatches } = compare(keeping(late, wrong), AFTER_PAYMENT)
  assert.ok(!mismatches.some(({ code }) => code === 'totals_differ'))
})

test('an order that moves is left out, and so is what it touches', () => {
  const ours = {
    ...booksAfter([]),
    moving: new Set([ORDER]),
    claims: new Map(),
    drops: booksAfter([paid]).drops,
  }
  assert.deepEqual(compare(ours, AFTER_PAYMENT).mismatches, [])
})

test('what is older than the comparison is neither compared nor strange', () => {
  const ours = { ...booksAfter([]), outside: new Set(['ord_old', 'ch_old']) }
  const transactions = [
    move('ch_old', 'charge', 500, { chargeId: 'ch_old' }),
    move('tr_old', 'transfer', -5, { orderId: 'ord_old' }),
  ]
  const { mismatches } = diagnose(ours, { ...NOTHING, transactions })
  assert.deepEqual(mismatches, [])
})

test('a payout that is booked is booked once', () => {
  const theirs = { ...AFTER_RELEASE, transactions: [CHARGED, SENT, move('po_1', 'payout', -19, { fee: 1 })] }
  const [found] = compare(booksAfter(released), theirs).mismatches
  assert.ok(found?.repair.kind === 'book' && found.repair.booking.what === 'posting')
  const { posting } = found.repair.booking
  assert.deepEqual(
    posting.lines.toSorted((a, b) => a.amount - b.amount),
    [
      { account: 'stripe', amount: -20 },
      { account: 'stripe_fees', amount: 1 },
      { account: 'bank', amount: 19 },
    ],
  )
  const ours = booksAfter(released)
  const booked = { ...posting, orderId: null, builderId: null, currency: 'usd', at: 6 }
  assert.deepEqual(
    compare({ ...ours, ledger: ledgerOf([...ours.ledger.entries, booked], ours) }, theirs).mismatches,
    [],
  )
})
