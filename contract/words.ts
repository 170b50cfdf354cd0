import { formatMoney, type Money } from './money.ts'
import { ORDER_WORDS, type OrderFacts, type OrderWords, REFUND_WORDS } from './order-words.ts'
import type { OrderView } from './views.ts'

/**
 * How a moment is written where the words are shown: `<t:…>` in Discord, `<time>` on the web. `clock` is soon enough
 * for the time of day alone.
 */
export type WriteTime = (at: number, precision: 'clock' | 'day') => string

/** The words of one reader and one language, and how times and amounts are written where they are shown. */
interface Pen {
  readonly words: OrderWords
  readonly time: WriteTime
  readonly money: (money: Money) => string
}

interface Told {
  readonly state: string
  readonly next: string
}

/**
 * Where an order stands and what happens next, in the same words in Discord and on the web: for held money the reason,
 * the end, and what frees it. `words` are those for whoever reads it, in their language (`ORDER_WORDS` in English).
 */
export function describeOrder(
  order: OrderView,
  words: OrderWords,
  time: WriteTime,
  money: Pen['money'] = formatMoney,
): Told {
  const facts = factsOf(order, money)
  const { state, next } = tell(order, { words, time, money }, facts)
  const goesBackInPart =
    order.refunded.amount > 0 && order.status !== 'refunding' && order.status !== 'refunded'
  if (!goesBackInPart) return { state, next }
  const done = order.refunds.every((refund) => refund.status === 'succeeded')
  const part = done ? words.refund.partWent : words.refund.partGoes
  return { state: words.states.inPart(state), next: join(next, part(facts)) }
}

/** One refund in one line: how much, how far it is, and why. */
export function describeRefund(order: OrderView, refund: OrderView['refunds'][number]): string {
  const why = ORDER_WORDS.operator.why[refund.reason](order.builder.name)
  const note = refund.note && ` (${refund.note})`
  return `${formatMoney(refund.amount)} ${REFUND_WORDS[refund.status]}. ${why}${note}`
}

function tell(order: OrderView, pen: Pen, facts: OrderFacts): Told {
  const { words, time } = pen
  const { states } = words
  switch (order.status) {
    case 'held':
      return { state: states.held(time(order.holdUntil, 'clock')), next: words.held }
    case 'clearing':
      return { state: states.clearing, next: words.clearing }
    case 'closing':
      return { state: states.closing, next: words.closing }
    case 'expired': {
      const endedBy = order.endedBy ?? 'clock'
      const next = endedBy === 'payment_failed' ? words.paymentFailed : words.ended
      return { state: states.ended[endedBy], next }
    }
    case 'paid':
      return { state: states.paid, next: frozen(order, pen, facts) ?? nextWhenPaid(order, pen, facts) }
    case 'shipped':
      return { state: states.shipped, next: frozen(order, pen, facts) ?? nextWhenShipped(order, pen, facts) }
    case 'arrived':
      return { state: states.arrived, next: frozen(order, pen, facts) ?? words.arrived.sending(facts) }
    case 'released':
      return { state: states.arrived, next: frozen(order, pen, facts) ?? words.arrived.sent(facts) }
    case 'release_blocked':
      return { state: states.notSent, next: frozen(order, pen, facts) ?? words.arrived.refused(facts) }
    case 'refunding':
      return { state: states.refunding, next: goesBack(order, pen, facts) }
    case 'refunded':
      return { state: states.refunded, next: join(words.refund.went(facts), whyBack(order, pen)) }
    default:
      return order.status satisfies never
  }
}

function nextWhenPaid(order: OrderView, { words, time }: Pen, facts: OrderFacts): string {
  const { paid } = words
  if (order.settlement === 'at_payment') return paid.passedOn(facts)
  const end = order.holdingEndsAt
  return join(paid.held(facts), end === null ? '' : paid.goesBackOn(time(end, 'day')))
}

function nextWhenShipped(order: OrderView, { words, time }: Pen, facts: OrderFacts): string {
  const { shipped } = words
  if (order.settlement === 'at_payment') return shipped.passedOn(facts)
  const { releasesAt, holdingEndsAt } = order
  const held = shipped.held(facts)
  if (releasesAt !== null && (holdingEndsAt === null || releasesAt <= holdingEndsAt)) {
    return join(held, shipped.releasedOn(facts, time(releasesAt, 'day')))
  }
  return join(held, holdingEndsAt === null ? '' : shipped.heldUntil(time(holdingEndsAt, 'day')))
}

/** What keeps the money where it is beyond the usual way; null when nothing does. */
function frozen(order: OrderView, { words }: Pen, facts: OrderFacts): string | null {
  if (order.frozenBy === null) return null
  return words.frozen[order.frozenBy][order.releasedAt === null ? 'held' : 'sent'](facts)
}

function goesBack(order: OrderView, pen: Pen, facts: OrderFacts): string {
  const { refund } = pen.words
  if (order.refunds.some(({ status }) => status === 'failed')) return refund.failed(facts)
  return join(whyBack(order, pen), refund.goes(facts))
}

function whyBack(order: OrderView, { words }: Pen): string {
  const reason = order.refunds.at(-1)?.reason
  return reason === undefined ? '' : words.why[reason](order.builder.name)
}

function factsOf(order: OrderView, money: Pen['money']): OrderFacts {
  const { total, refunded, left } = order
  return {
    buyer: order.buyer.name,
    builder: order.builder.name,
    total: money(total),
    refunded: money(refunded),
    left: money({ ...total, amount: left.fee.amount + left.share.amount }),
    share: money(left.share),
  }
}

function join(...sentences: string[]): string {
  return sentences.filter(Boolean).join(' ')
}
