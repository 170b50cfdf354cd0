import { formatMoney, type Money } from './money.ts'
import type { OrderView } from './views.ts'

/**
 * How a moment is written where the words are shown: `<t:…>` in Discord, `<time>` on the web. `clock` is soon enough
 * for the time of day alone.
 */
export type WriteTime = (at: number, precision: 'clock' | 'day') => string

/** How times and amounts are written where the words are shown. */
interface Pen {
  readonly time: WriteTime
  readonly money: (money: Money) => string
}

/** Who is looking: each has different next steps. */
export type Reader = 'buyer' | 'builder' | 'operator'

interface Words {
  readonly state: string
  readonly next: string
}

/**
 * Where an order stands and what happens next, in the same words in Discord and on the web: for held money the reason,
 * the end, and what frees it.
 */
export function describeOrder(
  order: OrderView,
  reader: Reader,
  time: WriteTime,
  money: Pen['money'] = formatMoney,
): Words {
  const { state, next } = wordsOf(order, reader, { time, money })
  const goesBackInPart =
    order.refunded.amount > 0 && order.status !== 'refunding' && order.status !== 'refunded'
  if (!goesBackInPart) return { state, next }
  const done = order.refunds.every((refund) => refund.status === 'succeeded')
  const whom = reader === 'buyer' ? 'you' : 'the buyer'
  return {
    state: `${state}, refunded in part`,
    next: `${next} ${money(order.refunded)} ${done ? 'went' : 'goes'} back to ${whom}.`,
  }
}

/** One refund in one line: how much, how far it is, and why. */
export function describeRefund(order: OrderView, refund: OrderView['refunds'][number]): string {
  const how = {
    asked: 'on its way back',
    pending: 'on its way back',
    succeeded: 'went back',
    failed: 'did not reach the bank; an operator finds another way',
  }[refund.status]
  const note = refund.note ? ` (${refund.note})` : ''
  return `${formatMoney(refund.amount)} ${how}. ${whyBack(order, 'operator', refund.reason)}${note}`
}

function wordsOf(order: OrderView, reader: Reader, pen: Pen): Words {
  const { time, money } = pen
  const buyer = reader === 'buyer'
  const builder = reader === 'builder'
  const toYou = builder ? ' to you' : ''
  switch (order.status) {
    case 'held':
      return {
        state: `Held until ${time(order.holdUntil, 'clock')}`,
        next: buyer ? 'Pay before then and it is yours.' : 'The buyer is paying.',
      }
    case 'clearing':
      return buyer
        ? {
            state: 'Waiting for your bank',
            next: 'Your bank is still sending the money, which can take some days. One is kept for you until then, and we write to you either way.',
          }
        : {
            state: "Waiting for the buyer's bank",
            next: "The buyer's bank is still sending the money, which can take some days. Nothing is to be shipped yet.",
          }
    case 'closing':
      return {
        state: 'Hold ended',
        next: 'The pay page is being closed; then the unit goes back on the shelf.',
      }
    case 'expired':
      if (order.endedBy === 'payment_failed') {
        const whose = buyer ? 'Your' : "The buyer's"
        return {
          state: 'Payment failed',
          next: `${whose} bank did not send the money, so the unit is back on the shelf. Nothing was charged.`,
        }
      }
      return {
        state: order.endedBy === 'buyer' ? 'Let go' : 'Hold ended',
        next: 'The unit is back on the shelf. Nothing was charged.',
      }
    case 'paid':
      return { state: 'Paid', next: frozen(order, reader, pen) ?? nextWhenPaid(order, reader, pen) }
    case 'shipped':
      return { state: 'On its way', next: frozen(order, reader, pen) ?? nextWhenShipped(order, reader, pen) }
    case 'arrived':
      return {
        state: 'Arrived',
        next:
          frozen(order, reader, pen) ??
          (buyer ? 'All done. Enjoy it!' : `${capital(shareOf(order, reader, pen))} is being sent${toYou}.`),
      }
    case 'released':
      return {
        state: 'Arrived',
        next:
          frozen(order, reader, pen) ??
          (buyer ? 'All done. Enjoy it!' : `${capital(shareOf(order, reader, pen))} was sent${toYou}.`),
      }
    case 'release_blocked': {
      const refused = `Stripe could not take ${shareOf(order, reader, pen)} yet.`
      const fix = builder
        ? 'Finish your payment account and it follows by itself.'
        : 'It follows by itself when the payment account is ready again.'
      return {
        state: buyer ? 'Arrived' : 'Arrived, not sent yet',
        next: frozen(order, reader, pen) ?? (buyer ? 'All done. Enjoy it!' : `${refused} ${fix}`),
      }
    }
    case 'refunding':
      return { state: 'Refund on its way', next: goesBack(order, reader, pen) }
    case 'refunded': {
      const whom = buyer ? 'you' : 'the buyer'
      return {
        state: 'Refunded',
        next: `${money(order.total)} went back to ${whom}. ${whyBack(order, reader)}`.trimEnd(),
      }
    }
    default:
      return order.status satisfies never
  }
}

function nextWhenPaid(order: OrderView, reader: Reader, pen: Pen): string {
  const { time } = pen
  const split = order.settlement === 'at_payment'
  const end = order.holdingEndsAt
  const late =
    end === null
      ? ''
      : ` If it is not on its way by ${time(end, 'day')}, the money goes back to ${reader === 'buyer' ? 'you' : 'the buyer'}.`
  if (reader === 'buyer') {
    const ships = `${order.builder.name} ships next.`
    if (split) return `${ships} Your payment was passed on when you paid.`
    return `Your ${leftOf(order, pen)} is held until it arrives. ${ships}${late}`
  }
  const share = capital(shareOf(order, reader, pen))
  const ship = reader === 'builder' ? 'Ship it. ' : ''
  return split ? `${ship}${share} was sent at payment.` : `${ship}${share} is held until it arrives.${late}`
}

function nextWhenShipped(order: OrderView, reader: Reader, pen: Pen): string {
  const { time } = pen
  const buyer = reader === 'buyer'
  const press = 'Press It arrived when you have it in your hands.'
  const says = buyer ? 'you say' : reader === 'builder' ? 'they say' : 'the buyer says'
  if (order.settlement === 'at_payment') {
    return buyer ? press : `${capital(shareOf(order, reader, pen))} was sent at payment.`
  }
  const { releasesAt, holdingEndsAt } = order
  let itself = ''
  if (releasesAt !== null && (holdingEndsAt === null || releasesAt <= holdingEndsAt)) {
    const when = time(releasesAt, 'day')
    itself = buyer
      ? ` Your ${leftOf(order, pen)} is released by itself on ${when} unless you say something is wrong.`
      : ` It is released by itself on ${when} unless ${says} something is wrong.`
  } else if (holdingEndsAt !== null) {
    itself = ` The money can be held until ${time(holdingEndsAt, 'day')}, no longer.`
  }
  const arrives = buyer
    ? press
    : `${capital(shareOf(order, reader, pen))} is released when the buyer says it arrived.`
  return arrives + itself
}

/** What keeps the money where it is beyond the usual way; null when nothing does. */
function frozen(order: OrderView, reader: Reader, pen: Pen): string | null {
  const buyer = reader === 'buyer'
  const sent = order.releasedAt !== null
  const stays = `${buyer ? `Your ${leftOf(order, pen)}` : capital(shareOf(order, reader, pen))} stays held until`
  switch (order.frozenBy) {
    case null:
      return null
    case 'case': {
      const told = `${buyer ? 'You' : order.buyer.name} said that something is wrong.`
      const todo = {
        buyer: '',
        builder: ' Its case says whose turn it is.',
        operator: ' There is a case to decide.',
      }[reader]
      if (!sent) return `${told}${todo} ${stays} that is settled.`
      return buyer ? `${told} It is being settled.` : told + todo
    }
    case 'dispute': {
      const told = `${buyer ? 'Your' : "The buyer's"} bank is looking into this payment.`
      const todo = reader === 'operator' ? ' Answer it at Stripe in time.' : ''
      if (buyer) return `${told} Nothing moves until it has decided.`
      return `${told}${todo} ${sent ? 'The bank decides.' : `${stays} the bank has decided.`}`
    }
    case 'drift': {
      const told = buyer
        ? 'We are checking the payment of this order.'
        : 'Our books and Stripe do not agree about this order.'
      const todo = reader === 'operator' ? ' Please run the money doctor.' : ''
      return sent ? told + todo : `${told}${todo} ${stays} that is cleared up.`
    }
    default:
      return order.frozenBy satisfies never
  }
}

function goesBack(order: OrderView, reader: Reader, pen: Pen): string {
  const total = pen.money(order.total)
  const whom = reader === 'buyer' ? 'you' : 'the buyer'
  if (order.refunds.some((refund) => refund.status === 'failed')) {
    return `The bank could not take ${total} back. An operator finds another way to ${whom}.`
  }
  const money = reader === 'buyer' ? `Your ${total}` : total
  return `${whyBack(order, reader)} ${money} goes back to ${whom}.`.trimStart()
}

function whyBack(order: OrderView, reader: Reader, reason = order.refunds.at(-1)?.reason): string {
  switch (reason) {
    case 'paid_too_late':
      return 'The hold had ended and the unit was gone when the payment came.'
    case 'builder':
      return reader === 'builder' ? 'You gave it back.' : `${order.builder.name} gave it back.`
    case 'operator':
      return 'An operator decided so.'
    case 'case':
      return 'The case was decided so.'
    case 'holding_limit':
      return 'It did not arrive in the time that money can be held.'
    case 'dispute_lost':
      return reader === 'buyer'
        ? 'Your bank took the payment back.'
        : 'The bank took the payment back for the buyer.'
    case undefined:
      return ''
    default:
      return reason satisfies never
  }
}

/** What the buyer paid and did not get back. */
function leftOf(order: OrderView, { money }: Pen): string {
  return money({ ...order.total, amount: order.left.fee.amount + order.left.share.amount })
}

/** The builder's share as this reader calls it. After a refund it is smaller than what was agreed. */
function shareOf(order: OrderView, reader: Reader, { money }: Pen): string {
  return `${reader === 'builder' ? 'your' : `${order.builder.name}'s`} ${money(order.left.share)}`
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
