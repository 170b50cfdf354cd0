import type { Currency } from '#contract'
import { type Account, balances, type LedgerEntry, type Movement, post } from './ledger.ts'
import { givenBack, type Order, type OrderDispute, type OrderRefund, remaining } from './order.ts'
import { still } from './reconcile-books.ts'
import {
  type BalancePair,
  type Diagnosis,
  groupBy,
  type Mismatch,
  money,
  type Ours,
  sumOf,
  type Theirs,
  type TheirTransaction,
} from './reconcile-mismatch.ts'

const LOST_HINT = 'A webhook never came, or core was down when it did.'
const TWO_HANDS = 'Somebody did this at Stripe itself, in its dashboard or by its API.'
const LOST_DATA =
  'Data was lost or restored from an older backup, or the key belongs to another Stripe account.'
const LOOK: Mismatch['repair'] = {
  kind: 'person',
  sentence: 'Look at both in the Stripe dashboard, and settle it there or with the operator commands.',
}

/** Stripe's records by what they belong to. Attribution goes by our ids first, then by the charge or the source. */
interface Sorted {
  readonly theirs: Theirs
  readonly chargesOf: ReadonlyMap<string | null, Theirs['charges'][number][]>
  readonly transfersOf: ReadonlyMap<string | null, Theirs['transfers'][number][]>
  readonly refundsOf: ReadonlyMap<string | null, Theirs['refunds'][number][]>
  readonly disputesOf: ReadonlyMap<string, Theirs['disputes'][number][]>
  readonly transactionsOf: ReadonlyMap<string, TheirTransaction[]>
  readonly strays: readonly TheirTransaction[]
  readonly entriesOf: ReadonlyMap<string | null, LedgerEntry[]>
}

/** Our books against Stripe's: order by order, then what belongs to none, then the whole balance. */
export function compareStripe(ours: Ours, theirs: Theirs): Diagnosis {
  const sorted = sort(ours, theirs)
  const orders = still(ours).map((order) => compareOrder(order, sorted))
  const strays = sorted.strays.flatMap((one) => describeStray(one))
  const whole = ours.moving.size === 0 ? compareBalances(ours, sorted, orders) : null
  return {
    mismatches: [...orders.flatMap(({ mismatches }) => mismatches), ...strays, ...(whole?.mismatches ?? [])],
    drift:
      sumOf(orders, ({ off }) => Math.abs(off)) +
      sumOf(sorted.strays, ({ net }) => Math.abs(net)) +
      (whole?.off ?? 0),
    balances: whole?.balances ?? [],
  }
}

function sort(ours: Ours, theirs: Theirs): Sorted {
  const known = new Map(ours.orders.map((order) => [order.orderId, order]))
  const byCharge = new Map<string, string>()
  for (const { chargeId, orderId } of theirs.charges) if (orderId) byCharge.set(chargeId, orderId)
  for (const { chargeId, orderId } of ours.orders) if (chargeId) byCharge.set(chargeId, orderId)
  const orderOf = (orderId: string | null, chargeId: string | null) =>
    orderId ?? (chargeId === null ? null : (byCharge.get(chargeId) ?? null))

  const bySource = new Map<string, string>()
  const name = (id: string, orderId: string | null) => orderId && bySource.set(id, orderId)
  for (const { refundId, orderId, chargeId } of theirs.refunds) name(refundId, orderOf(orderId, chargeId))
  for (const { disputeId, chargeId } of theirs.disputes) name(disputeId, orderOf(null, chargeId))
  for (const { transferId, orderId, chargeId, reversals } of theirs.transfers) {
    const order = orderOf(orderId, chargeId)
    name(transferId, order)
    for (const { reversalId } of reversals) name(reversalId, order)
  }

  const booked = new Set(ours.ledger.entries.map(({ movement }) => movement))
  const transactionsOf = new Map<string, TheirTransaction[]>()
  const strays: TheirTransaction[] = []
  for (const transaction of theirs.transactions) {
    const { orderId, chargeId, sourceId, transactionId } = transaction
    const found = orderOf(orderId, chargeId) ?? (sourceId === null ? null : bySource.get(sourceId))
    if (found && known.has(found)) {
      const list = transactionsOf.get(found)
      if (list) list.push(transaction)
      else transactionsOf.set(found, [transaction])
      continue
    }
    const elsewhere = [found, chargeId].some((id) => id && ours.outside.has(id))
    const isBooked = booked.has(`bank:${transactionId}`) || booked.has(`bill:${transactionId}`)
    if (!elsewhere && !isBooked && transaction.net !== 0) strays.push(transaction)
  }
  return {
    theirs,
    chargesOf: groupBy(
      theirs.charges.filter(({ paid }) => paid),
      ({ orderId, chargeId }) => orderOf(orderId, chargeId),
    ),
    transfersOf: groupBy(theirs.transfers, ({ orderId, chargeId }) => orderOf(orderId, chargeId)),
    refundsOf: groupBy(theirs.refunds, ({ orderId, chargeId }) => orderOf(orderId, chargeId)),
    disputesOf: groupBy(theirs.disputes, ({ chargeId }) => chargeId),
    transactionsOf,
    strays,
    entriesOf: groupBy(ours.ledger.entries, ({ orderId }) => orderId),
  }
}

interface ComparedOrder {
  readonly mismatches: readonly Mismatch[]
  readonly currency: Currency
  /** Minor units that Stripe moved for this order and our books do not have. */
  readonly off: number
  /** Minor units that have left Stripe's balance and are not final in our books, as agreed. */
  readonly onTheWay: number
}

function compareOrder(order: Order, sorted: Sorted): ComparedOrder {
  const { orderId, currency } = order
  const transactions = sorted.transactionsOf.get(orderId) ?? []
  const booked = stripeIn(sorted.entriesOf.get(orderId) ?? [])
  const onTheWay = waiting(order, sorted, transactions)
  const off = sumOf(transactions, ({ net }) => net) - booked - onTheWay
  const named = [
    ...comparePayment(order, sorted, transactions),
    ...compareTransfers(order, sorted),
    ...compareRefunds(order, sorted),
    ...compareDisputes(order, sorted),
  ]
  // The net below all of the above: whatever moved, the sums must agree.
  const rest: Mismatch = {
    code: 'money_differs',
    orderId,
    subject: orderId,
    sentence: `For this order Stripe moved ${money(booked + onTheWay + off, currency)} in all, and our books say ${money(booked + onTheWay, currency)}: ${money(off, currency)} off.`,
    likelyCause: `Stripe corrected something, or: ${TWO_HANDS}`,
    repair: LOOK,
  }
  return { mismatches: off !== 0 && named.length === 0 ? [rest] : named, currency, off, onTheWay }
}

function stripeIn(entries: readonly LedgerEntry[]): number {
  return sumOf(entries, ({ lines }) =>
    sumOf(lines, ({ account, amount }) => (account === 'stripe' ? amount : 0)),
  )
}

/** What Stripe's balance shows later or earlier than our books by agreement. */
function waiting(order: Order, sorted: Sorted, transactions: readonly TheirTransaction[]): number {
  const refunds = sorted.refundsOf.get(order.orderId) ?? []
  // Stripe takes a refund from the balance when it begins; we book it when the buyer has it.
  const begun = refunds.filter(({ refundId, status }) => {
    const ours = order.refunds.find((refund) => refund.refundId === refundId)
    return status === 'pending' && ours?.status === 'pending'
  })
  const taken = sumOf(
    transactions.filter(({ sourceId }) => begun.some(({ refundId }) => refundId === sourceId)),
    ({ net }) => net,
  )
  // With asynchronous capture the charge comes first and moves the balance later.
  const captured = transactions.some(({ sourceId }) => sourceId === order.payment?.chargeId)
  const uncaptured = order.payment && order.payment.stripeFee === null && !captured ? -order.total : 0
  return taken + uncaptured
}

/** A mismatch of one order. */
type Name = (
  code: Mismatch['code'],
  subject: string,
  sentence: string,
  likelyCause: string,
  repair: Mismatch['repair'],
) => Mismatch
const namer =
  ({ orderId }: Order): Name =>
  (code, subject, sentence, likelyCause, repair) => ({
    code,
    orderId,
    subject,
    sentence,
    likelyCause,
    repair,
  })

function comparePayment(order: Order, sorted: Sorted, transactions: readonly TheirTransaction[]): Mismatch[] {
  const { orderId, payment, total, currency } = order
  const name = namer(order)
  const charges = sorted.chargesOf.get(orderId) ?? []
  const found: Mismatch[] = []
  if (charges.length > 1) {
    const sum = money(
      sumOf(charges, ({ amount }) => amount),
      currency,
    )
    found.push(
      name(
        'paid_twice',
        orderId,
        `The buyer paid ${charges.length} times for this order, ${sum} in all instead of ${money(total, currency)}.`,
        'Two pay pages were open at once.',
        { kind: 'person', sentence: 'Refund the payment that is not on the order in the Stripe dashboard.' },
      ),
    )
  }
  const [charge] = charges
  if (!payment) {
    if (!charge) return found
    const agreed = charge.amount === total && charge.currency === currency
    const took = money(charge.amount, charge.currency)
    if (agreed && order.checkout?.sessionId) {
      const sentence = `The buyer paid ${took} at Stripe, and our books know nothing of it.`
      return [
        ...found,
        name('payment_not_here', charge.chargeId, sentence, LOST_HINT, wish('checkout', orderId)),
      ]
    }
    const sentence = `Stripe took ${took} for this order, which costs ${money(total, currency)}.`
    return [...found, name('payment_differs', charge.chargeId, sentence, TWO_HANDS, LOOK)]
  }
  const ours = charges.find(({ chargeId }) => chargeId === payment.chargeId)
  if (!ours) {
    const sentence = `Our books say the buyer paid ${money(total, currency)} with ${payment.chargeId}, and Stripe knows no such payment.`
    found.push(name('payment_not_there', payment.chargeId, sentence, LOST_DATA, LOOK))
  } else if (ours.amount !== total || ours.currency !== currency) {
    const sentence = `The buyer paid ${money(ours.amount, ours.currency)} at Stripe and ${money(total, currency)} by our books.`
    found.push(name('payment_differs', payment.chargeId, sentence, TWO_HANDS, LOOK))
  }
  const capture = transactions.find(({ sourceId }) => sourceId === payment.chargeId)
  if (!capture || capture.fee === payment.stripeFee) return found
  const kept = money(capture.fee, currency)
  if (payment.stripeFee === null) {
    const sentence = `Stripe kept ${kept} of this payment, and our books do not know it yet.`
    return [...found, name('fee_unknown', payment.chargeId, sentence, LOST_HINT, wish('stripe_fee', orderId))]
  }
  const sentence = `Stripe kept ${kept} of this payment, and our books say ${money(payment.stripeFee, currency)}.`
  return [...found, name('fee_differs', payment.chargeId, sentence, 'Stripe corrected its fee.', LOOK)]
}

function compareTransfers(order: Order, sorted: Sorted): Mismatch[] {
  const { orderId, currency, transferId, release } = order
  const name = namer(order)
  const transfers = sorted.transfersOf.get(orderId) ?? []
  const found: Mismatch[] = []
  if (transfers.length > 1) {
    const sum = money(
      sumOf(transfers, ({ amount }) => amount),
      currency,
    )
    found.push(
      name(
        'transfer_twice',
        orderId,
        `The builder was sent ${transfers.length} transfers for this order, ${sum} in all.`,
        TWO_HANDS,
        { kind: 'person', sentence: 'Reverse the one that is not on the order in the Stripe dashboard.' },
      ),
    )
  }
  const ours = transfers.find((transfer) => transfer.transferId === transferId)
  if (transferId !== null && !ours) {
    const sentence = `Our books say that ${transferId} was sent to the builder, and Stripe knows no such transfer.`
    found.push(name('transfer_not_there', transferId, sentence, LOST_DATA, LOOK))
  }
  if (transferId === null && transfers[0]) {
    const [transfer] = transfers
    const sent = `${money(transfer.amount, currency)} was sent to the builder (${transfer.transferId})`
    const asked = release?.open && release.amount === transfer.amount
    found.push(
      asked
        ? name(
            'transfer_not_here',
            transfer.transferId,
            `${sent}, and our books do not know it yet.`,
            'Core stopped between asking Stripe and writing the answer down.',
            wish('transfer', orderId),
          )
        : name(
            'transfer_without_release',
            transfer.transferId,
            `${sent} without our having released it.`,
            TWO_HANDS,
            LOOK,
          ),
    )
  }
  if (!ours) return found
  // Of a split payment Stripe transfers the whole and takes the fee back.
  const amount = order.settlement === 'at_payment' ? order.total : release?.amount
  if (ours.amount !== amount) {
    const sentence = `The builder was sent ${money(ours.amount, currency)} and not ${money(amount ?? 0, currency)}.`
    found.push(name('transfer_differs', ours.transferId, sentence, TWO_HANDS, LOOK))
  }
  return [...found, ...compareReversals(order, ours)]
}

function compareReversals(order: Order, transfer: Theirs['transfers'][number]): Mismatch[] {
  const { orderId, currency } = order
  const name = namer(order)
  const found: Mismatch[] = []
  const seen = new Set<number>()
  for (const { reversalId, amount, part } of transfer.reversals) {
    const shown = money(amount, currency)
    const refund = part === null ? undefined : order.refunds.find(({ n }) => String(n) === part)
    if (!refund || seen.has(refund.n)) {
      const sentence = `${shown} was taken back from the builder (${reversalId}) without our asking.`
      found.push(name('reversal_elsewhere', reversalId, sentence, TWO_HANDS, LOOK))
      continue
    }
    seen.add(refund.n)
    if (amount !== refund.fromShare || refund.reversal === 'owed' || refund.reversal === 'none') {
      const sentence = `${shown} was taken back from the builder for refund ${refund.n}; our books say ${money(refund.fromShare, currency)}, ${refund.reversal}.`
      found.push(name('reversal_differs', reversalId, sentence, TWO_HANDS, LOOK))
    } else if (refund.reversal === 'asked') {
      const sentence = `${shown} was taken back from the builder, and our books do not know it yet.`
      const cause = 'Core stopped between asking Stripe and writing the answer down.'
      found.push(name('reversal_not_here', reversalId, sentence, cause, wish('refund', orderId)))
    }
  }
  for (const refund of order.refunds) {
    if (refund.reversal !== 'made' || seen.has(refund.n)) continue
    const sentence = `Our books say that ${money(refund.fromShare, currency)} was taken back from the builder for refund ${refund.n}, and Stripe did not.`
    found.push(name('reversal_not_there', transfer.transferId, sentence, LOST_DATA, LOOK))
  }
  return found
}

/** Refunds that never became one at Stripe: the bank took the money itself. */
const isBanks = ({ reason }: OrderRefund) => reason === 'dispute_lost'

function compareRefunds(order: Order, sorted: Sorted): Mismatch[] {
  const { orderId, currency } = order
  const name = namer(order)
  const theirs = sorted.refundsOf.get(orderId) ?? []
  const found: Mismatch[] = []
  const matched = new Set<string>()
  for (const refund of order.refunds.filter((one) => !isBanks(one))) {
    const { n, amount, attempt, refundId, status } = refund
    const shown = money(amount, currency)
    const same = theirs.filter(
      (one) => one.refundId === refundId || (one.part === `${n}:${attempt}` && one.orderId === orderId),
    )
    for (const one of same) matched.add(one.refundId)
    const paidOut = same.filter((one) => one.status !== 'failed')
    if (paidOut.length > 1) {
      const sentence = `Refund ${n} of ${shown} was made ${paidOut.length} times at Stripe.`
      found.push(name('refund_twice', orderId, sentence, TWO_HANDS, LOOK))
      continue
    }
    const [there] = paidOut.length > 0 ? paidOut : same
    if (!there) {
      if (refundId === null) continue
      const sentence = `Our books say that ${shown} went back with ${refundId}, and Stripe knows no such refund.`
      found.push(name('refund_not_there', refundId, sentence, LOST_DATA, LOOK))
    } else if (there.amount !== amount) {
      const sentence = `${money(there.amount, currency)} went back to the buyer and not ${shown}.`
      found.push(name('refund_differs', there.refundId, sentence, TWO_HANDS, LOOK))
    } else if (there.status !== status) {
      const sentence = `The refund of ${shown} is ${there.status} at Stripe and ${status} in our books.`
      found.push(name('refund_state_differs', there.refundId, sentence, LOST_HINT, wish('refund', orderId)))
    }
  }
  for (const refund of theirs) {
    if (matched.has(refund.refundId) || refund.status === 'failed') continue
    // An earlier try that failed was counted when it failed.
    found.push(refundElsewhere(order, refund))
  }
  return found
}

function refundElsewhere(order: Order, refund: Theirs['refunds'][number]): Mismatch {
  const { orderId, currency } = order
  const { refundId, amount } = refund
  const fits = order.payment !== null && amount <= order.total - givenBack(order) && !order.release?.open
  const shown = money(amount, currency)
  return {
    code: 'refund_elsewhere',
    orderId,
    subject: refundId,
    sentence: `${shown} went back to the buyer at Stripe (${refundId}) without our asking.`,
    likelyCause: 'Somebody refunded it in the Stripe dashboard.',
    repair: fits
      ? { kind: 'book', booking: { what: 'refund', orderId, refundId, amount } }
      : { kind: 'person', sentence: 'It is more than is left of this order. Settle it with the builder.' },
  }
}

function compareDisputes(order: Order, sorted: Sorted): Mismatch[] {
  const { orderId, chargeId, currency, dispute: ours } = order
  const name = namer(order)
  const taken = (chargeId === null ? [] : (sorted.disputesOf.get(chargeId) ?? [])).flatMap(
    ({ disputeId, dispute }) =>
      dispute && dispute.status !== 'warning' ? [{ disputeId, ...dispute, warning: false as const }] : [],
  )
  const found: Mismatch[] = []
  const there = taken.find(({ disputeId }) => disputeId === ours?.disputeId)
  for (const dispute of taken) {
    if (dispute === there) continue
    const sentence = `The buyer's bank took ${money(dispute.amount, currency)} back (${dispute.disputeId}), and our books do not know it.`
    found.push(
      ours
        ? name(
            'dispute_differs',
            dispute.disputeId,
            sentence,
            'The bank disputed the payment a second time.',
            LOOK,
          )
        : name('dispute_not_here', dispute.disputeId, sentence, LOST_HINT, wish('dispute', orderId)),
    )
  }
  if (!ours) return found
  if (!there) {
    const sentence = `Our books have the dispute ${ours.disputeId}, and Stripe does not.`
    return [...found, name('dispute_differs', ours.disputeId, sentence, LOST_DATA, LOOK)]
  }
  if (there.status !== ours.status) {
    const sentence = `The dispute is ${there.status} at Stripe and ${ours.status} in our books.`
    found.push(name('dispute_state_differs', ours.disputeId, sentence, LOST_HINT, wish('dispute', orderId)))
  }
  if (there.amount !== ours.amount) {
    const sentence = `The bank took ${money(there.amount, currency)} for the dispute and not ${money(ours.amount, currency)}.`
    found.push(name('dispute_differs', ours.disputeId, sentence, 'The bank changed the dispute.', LOOK))
  }
  return [...found, ...disputeFee(order, ours, there)]
}

/** Stripe may charge more for a dispute, or give its fee back, after it was booked. */
function disputeFee(
  order: Order,
  ours: OrderDispute,
  there: NonNullable<Theirs['disputes'][number]['dispute']>,
): Mismatch[] {
  const { orderId, currency } = order
  const fee = there.fee + sumOf(there.laterFees, ({ amount }) => amount)
  if (fee === ours.fee) return []
  const unseen = there.laterFees.some(({ transactionId }) => !ours.laterFees.includes(transactionId))
  const sentence = `Stripe charges ${money(fee, currency)} for the dispute, and our books say ${money(ours.fee, currency)}.`
  const cause = 'Stripe gives the fee of a dispute back when it is won, or charges for another step of it.'
  const repair = unseen ? wish('dispute', orderId) : LOOK
  return [namer(order)('dispute_differs', ours.disputeId, sentence, cause, repair)]
}

const BANK_TYPES = [
  'payout',
  'payout_cancel',
  'payout_failure',
  'payout_reversal',
  'payout_minimum_balance_hold',
  'payout_minimum_balance_release',
  'topup',
  'topup_reversal',
]
const BILL_TYPES = ['stripe_fee', 'stripe_fx_fee', 'tax_fee', 'network_cost']

/** Money of the platform's balance that belongs to no order of ours. */
function describeStray(transaction: TheirTransaction): Mismatch[] {
  const { transactionId, type, amount, fee, net, currency, sourceId, orderId } = transaction
  const shown = money(Math.abs(net), currency)
  const about = { orderId: null, subject: transactionId }
  if (BANK_TYPES.includes(type)) {
    const out = net < 0
    return [
      {
        ...about,
        code: 'payout_unbooked',
        sentence: out
          ? `${shown} left Stripe's balance for the bank (${sourceId ?? type}), and our books do not know it.`
          : `${shown} came into Stripe's balance from the bank (${sourceId ?? type}, ${type}), and our books do not know it.`,
        likelyCause:
          type === 'payout_failure' || type === 'payout_cancel' || type === 'payout_reversal'
            ? 'A payout of the collective came back: the money is at Stripe again, not at the bank.'
            : "A payout or a top-up of the collective's own, by schedule or by hand.",
        repair: book(null, null, currency, `bank:${transactionId}`, {
          bank: -amount,
          stripe: net,
          ...(fee !== 0 && { stripe_fees: fee }),
        }),
      },
    ]
  }
  if (BILL_TYPES.includes(type)) {
    return [
      {
        ...about,
        code: 'bill_unbooked',
        sentence: `Stripe charged the collective ${money(-net, currency)} (${type}), and our books do not know it.`,
        likelyCause: 'What Stripe asks for accounts and payouts of builders.',
        repair: book(null, null, currency, `bill:${transactionId}`, { stripe_fees: -net, stripe: net }),
      },
    ]
  }
  return [
    {
      ...about,
      code: 'moved_elsewhere',
      sentence: `${money(net, currency)} moved at Stripe (${transactionId}, ${type}${sourceId ? ` ${sourceId}` : ''}) for ${orderId ?? 'no order of ours'}.`,
      likelyCause: orderId ? LOST_DATA : `Another business uses this Stripe account, or: ${TWO_HANDS}`,
      repair: LOOK,
    },
  ]
}

/** The whole balance, per currency: what is off beyond the orders and the strays, and whether what is held is there. */
function compareBalances(
  ours: Ours,
  sorted: Sorted,
  orders: readonly ComparedOrder[],
): { readonly mismatches: Mismatch[]; readonly off: number; readonly balances: BalancePair[] } {
  const { balance } = sorted.theirs
  const { accounts } = ours.ledger.books
  const currencies = [
    ...new Set([...balance.map(({ currency }) => currency), ...Object.keys(accounts)]),
  ].toSorted()
  const compared = currencies.map((currency) => {
    const of = <T extends { readonly currency: Currency }>(list: readonly T[]) =>
      list.filter((one) => one.currency === currency)
    const own = balances([], accounts[currency])
    const pair: BalancePair = {
      currency,
      ours: own.stripe,
      onTheWay: sumOf(of(orders), ({ onTheWay }) => onTheWay),
      stripe: sumOf(of(balance), ({ available, pending }) => available + pending),
    }
    const strays = of(sorted.strays)
    const explained = sumOf(of(orders), ({ off }) => off) + sumOf(strays, ({ net }) => net)
    const off = pair.stripe - pair.ours - pair.onTheWay - explained
    const rest: Mismatch = {
      code: 'balance_differs',
      orderId: null,
      subject: currency,
      sentence: `Stripe's balance is ${money(pair.stripe, currency)}, and ${money(off, currency)} of it is not explained by our books.`,
      likelyCause: 'Something older than this comparison, or Stripe was still writing.',
      repair: {
        kind: 'person',
        sentence: 'Run npm run money-doctor, which looks at the whole history; then ask Stripe.',
      },
    }
    return {
      pair,
      off,
      mismatches: [...(off === 0 ? [] : [rest]), ...heldMoney(ours, of(ours.orders), own, strays, pair)],
    }
  })
  return {
    mismatches: compared.flatMap(({ mismatches }) => mismatches),
    off: sumOf(compared, ({ off }) => Math.abs(off)),
    balances: compared.map(({ pair }) => pair),
  }
}

/** Money that belongs to buyers and builders must be there, whatever was paid out to the collective's bank. */
function heldMoney(
  ours: Ours,
  orders: readonly Order[],
  own: Readonly<Record<Account, number>>,
  strays: readonly TheirTransaction[],
  { currency, stripe }: BalancePair,
): Mismatch[] {
  const undivided = orders.filter(
    ({ payment, arrivedAt, settlement }) => payment && arrivedAt === null && settlement === 'on_arrival',
  )
  const fees = sumOf(undivided, (order) => remaining(order).fee)
  const owed = -(own.buyer_money + own.builder_due + own.refund_due) - fees
  const paidOut = own.bank - sumOf(strays, ({ type, net }) => (BANK_TYPES.includes(type) ? net : 0))
  const short = Math.min(owed - stripe, paidOut)
  if (short <= 0 || ours.moving.size > 0) return []
  return [
    {
      code: 'held_money_paid_out',
      orderId: null,
      subject: currency,
      sentence: `${money(short, currency)} of the money held for buyers and builders was paid out to the bank: ${money(owed, currency)} is owed, and ${money(stripe, currency)} is there.`,
      likelyCause: "Stripe pays the collective's balance out by a schedule that does not know what is held.",
      repair: {
        kind: 'person',
        sentence: `Set the collective's payouts to manual at Stripe, and add ${money(short, currency)} to its balance.`,
      },
    },
  ]
}

function wish(effect: 'checkout' | 'stripe_fee' | 'transfer' | 'refund' | 'dispute', subject: string) {
  return { kind: 'wish', effect, subject } as const
}

function book(
  orderId: string | null,
  builderId: string | null,
  currency: Currency,
  movement: Movement,
  lines: Partial<Record<Account, number>>,
): Mismatch['repair'] {
  return {
    kind: 'book',
    booking: { what: 'posting', orderId, builderId, currency, posting: post(movement, lines) },
  }
}
