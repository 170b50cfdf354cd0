import {
  accent,
  type DropNotice,
  formatMoney,
  type Notice,
  type OrderNotice,
  type OrderView,
} from '#contract'
import { builderEmbed, standingWords, termsDecided, termsWords } from './builder.ts'
import { cardEmbed, lineButton, shelfState } from './card.ts'
import { button, type Message, rows } from './message.ts'
import { nextSteps, orderTitle, orderWords, parcel, somethingIsWrong } from './order.ts'
import { clockTime, dateTime, escapeText } from './text.ts'

/** The news in a sentence or two. */
export function noticeHeadline(notice: Notice): string {
  switch (notice.about) {
    case 'order':
      return orderHeadline(notice)
    case 'drop':
      return dropHeadline(notice)
    case 'standing':
      return `News about your standing. ${standingWords(notice.change, notice.builder.builder)}`
    case 'terms':
      return `Your terms change for orders to come; those that began before keep theirs. ${termsWords(notice.change)}${termsDecided(notice.change)}`
    case 'channel':
      return `Your Twitch channel ${escapeText(notice.channelName, 60)} is no longer linked: Twitch told us that you took your permission back there, or that the account is gone. The badge went with it. \`/c500 link-twitch\` links a channel again.`
    default:
      return notice satisfies never
  }
}

/** A drop may be over by the time its news can be told. */
function dropHeadline({ kind, drop }: DropNotice): string {
  const title = `**${escapeText(drop.title, 200)}**`
  if (kind === 'drop_called_off') {
    return `${escapeText(drop.builder.name, 80)} called off ${title}, so it does not open. You asked me to tell you.`
  }
  if (kind === 'waitlist_over') {
    return shelfState(drop) === 'Sold out'
      ? `Every one of ${title} has found a home now, so the line for it is over. Thank you for waiting.`
      : `${title} has closed, and none came back in time for you. Thank you for waiting.`
  }
  const where = drop.card ? ` in <#${drop.card.channelId}>` : ''
  const state = shelfState(drop)
  return state === null
    ? `${title} is open${where}. You asked me to tell you.`
    : `${title} opened${where}. By now: ${state.toLowerCase()}.`
}

function orderHeadline(notice: OrderNotice): string {
  const { order } = notice
  const title = `**${orderTitle(order)}**`
  const share = formatMoney(order.left.share)
  const total = formatMoney(order.total)
  const buyer = escapeText(order.buyer.name, 80)
  const builder = escapeText(order.builder.name, 80)
  switch (notice.kind) {
    case 'buyer_offered':
      return order.status === 'held'
        ? `${title} came back, and you were next in line: one is held for you until ${clockTime(order.holdUntil)}.`
        : `${title} came back while you were next in line.`
    case 'buyer_paid':
      return order.settlement === 'at_payment'
        ? `${title} is yours. ${builder} ships next.`
        : `${title} is yours. Your ${total} is held until it arrives.`
    case 'buyer_shipped':
      return `${title} is on its way to you.`
    case 'buyer_released':
      return `All done with ${title}: ${builder} has been paid.`
    case 'buyer_refunding': {
      const { amount, reason } = lastRefund(order)
      return reason === 'paid_too_late'
        ? `Your payment for ${title} came too late, so ${amount} is on its way back to you.`
        : `${amount} for ${title} is on its way back to you.`
    }
    case 'buyer_refunded':
      return `Your ${lastRefund(order, 'succeeded').amount} for ${title} went back the way you paid.`
    case 'buyer_hold_over':
      return `Your hold on ${title} is over. Nothing was charged.`
    case 'buyer_clearing':
      return `Your bank is sending ${total} for ${title}. It is kept for you, and yours when the money is there.`
    case 'buyer_payment_failed':
      return `Your bank did not send the money for ${title}, so it is no longer kept for you. While one is on sale, you can buy it again.`
    case 'builder_sold':
      return `You sold ${title} to ${buyer}.`
    case 'builder_arrived':
      return order.settlement === 'at_payment' || order.releasedAt !== null
        ? `${title} arrived.`
        : `${title} arrived. Your ${share} is being sent to you.`
    case 'builder_released':
      return `Your ${share} for ${title} was sent to you.`
    case 'builder_release_blocked':
      return `Stripe could not take your ${share} for ${title} yet. Finish your payment account and it follows by itself.`
    case 'builder_refunded':
      return `${lastRefund(order).amount} for ${title} goes back to ${buyer}.`
    case 'builder_debt':
      return `Money for ${title} went back to ${buyer}, and Stripe could not take your part of it back from you. It is taken from your next releases.`
    case 'builder_holding_warned':
      return order.holdingEndsAt === null
        ? `The money for ${title} cannot be held much longer.`
        : `The money for ${title} can be held until ${dateTime(order.holdingEndsAt)}, no longer.`
    case 'builder_dispute_opened':
      return `The buyer's bank asks about the payment for ${title}. An operator answers it; please keep your proof of shipping at hand.`
    case 'builder_dispute_won':
      return `The bank decided for you: the payment for ${title} stays.`
    case 'builder_dispute_lost':
      return `The bank decided for the buyer: the payment for ${title} was taken back.`
    case 'buyer_case_silent':
      return `${builder} did not answer in time about ${title}, which counts for you. An operator decides; if nobody does within days, everything goes back to you.`
    case 'builder_case_silent':
      return `Your time to answer ${buyer} about ${title} is over, which counts for ${buyer}. An operator decides; if nobody does within days, everything goes back to them.`
    case 'buyer_case_decided':
    case 'builder_case_decided':
      return `The case about ${title} is decided. The messages about the case say how, and why.`
    default:
      return notice.kind satisfies never
  }
}

/**
 * A notice as a private message. In a thread the moderators of the channel can read along, so there the buyer's
 * address is left out, and a builder's own links are nowhere but in their answers.
 */
export function renderNotice(notice: Notice, place: 'dm' | 'thread'): Message {
  const called = place === 'thread' ? `<@${notice.userId}> ` : ''
  const mentions = place === 'thread' ? { mentions: [notice.userId] } : {}
  const content = called + noticeHeadline(notice)
  if (notice.about === 'order') return { content, ...orderNews(notice, place), ...mentions }
  if (notice.about === 'drop') return { content, ...dropNews(notice), ...mentions }
  return {
    content,
    embeds: [builderEmbed(notice.builder)],
    rows: rows(button('Where you stand', ['join'], 'primary'), button('Your money', ['money'])),
    ...mentions,
  }
}

function orderNews(notice: OrderNotice, place: 'dm' | 'thread'): Message {
  const { order } = notice
  const reader = notice.kind.startsWith('buyer_') ? 'buyer' : 'builder'
  const words = orderWords(order, reader)
  const fields = []
  if (order.shipment) fields.push({ name: 'Parcel', value: parcel(order.shipment) })
  if (reader === 'builder' && order.status === 'paid') {
    const address = place === 'dm' && order.shipTo ? escapeText(order.shipTo, 500, 'many') : null
    fields.push({ name: 'Send it to', value: address ?? 'You find the address under `/c500 dashboard`.' })
  }
  return {
    embeds: [
      {
        title: orderTitle(order, 200),
        description: `**${words.state}.** ${words.next}`,
        fields,
        color: accent(reader === 'buyer' ? 'lavender' : 'mint'),
      },
    ],
    rows: rows(...nextSteps(order, reader), ...ownSteps(notice)),
  }
}

/** The card's own button comes along, so that nobody is late for having been told elsewhere. */
function dropNews({ kind, drop }: DropNotice): Pick<Message, 'embeds' | 'rows'> {
  const state = shelfState(drop)
  return {
    embeds: [cardEmbed(drop, state, false)],
    rows: rows(kind === 'drop_opened' ? wayToOne(drop, state) : null),
  }
}

function wayToOne(drop: DropNotice['drop'], state: string | null) {
  if (state === 'All held right now') return lineButton(drop)
  return state === null ? button('Buy now', ['buy', drop.dropId], 'primary') : null
}

/** What this news asks for beyond the order's own next step. */
function ownSteps({ kind, order }: OrderNotice) {
  const money = button('Your money', ['money'])
  const seeOrder = button('See the order', ['order', order.orderId])
  switch (kind) {
    case 'buyer_shipped':
    case 'buyer_released':
      return [somethingIsWrong(order)]
    case 'builder_release_blocked':
      return [button('Payment account', ['join'], 'primary'), money]
    case 'builder_released':
    case 'builder_debt':
      return [money]
    case 'buyer_refunding':
    case 'builder_refunded':
    case 'builder_holding_warned':
    case 'builder_dispute_opened':
    case 'builder_dispute_won':
    case 'builder_dispute_lost':
    case 'buyer_case_silent':
    case 'builder_case_silent':
    case 'buyer_case_decided':
    case 'builder_case_decided':
      return [seeOrder]
    case 'buyer_offered':
    case 'buyer_paid':
    case 'buyer_refunded':
    case 'buyer_hold_over':
    case 'buyer_clearing':
    case 'buyer_payment_failed':
    case 'builder_sold':
    case 'builder_arrived':
      return []
    default:
      return kind satisfies never
  }
}

/** The newest refund that is this far; an order without one is talked about as a whole. */
function lastRefund(order: OrderView, status?: OrderView['refunds'][number]['status']) {
  const found = order.refunds.findLast((refund) => status === undefined || refund.status === status)
  return { amount: formatMoney(found?.amount ?? order.total), reason: found?.reason ?? null }
}
