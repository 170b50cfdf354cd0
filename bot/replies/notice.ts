import { accent, formatMoney, type Notice } from '#contract'
import { type Message, rows } from './message.ts'
import { nextSteps, orderTitle, orderWords, parcel } from './order.ts'
import { escapeText } from './text.ts'

/** The news in one sentence. */
export function noticeHeadline(notice: Notice): string {
  const { order } = notice
  const title = `**${orderTitle(order)}**`
  const share = formatMoney(order.share)
  const total = formatMoney(order.total)
  switch (notice.kind) {
    case 'buyer_paid':
      return `${title} is yours. Your ${total} is held until it arrives.`
    case 'buyer_shipped':
      return `${title} is on its way to you.`
    case 'buyer_released':
      return `All done with ${title}: ${escapeText(order.builder.name, 80)} has been paid.`
    case 'buyer_refunding':
      return `Your payment for ${title} came too late, so ${total} is on its way back to you.`
    case 'buyer_refunded':
      return `Your ${total} for ${title} is back on your card.`
    case 'buyer_hold_over':
      return `Your hold on ${title} is over. Nothing was charged.`
    case 'builder_sold':
      return `You sold ${title} to ${escapeText(order.buyer.name, 80)}.`
    case 'builder_arrived':
      return `${title} arrived. Your ${share} is being sent to you.`
    case 'builder_released':
      return `Your ${share} for ${title} was sent to you.`
    case 'builder_release_blocked':
      return `Stripe could not take your ${share} for ${title} yet. \`/c500 join\` has the link to finish your payment account.`
    default:
      return notice.kind satisfies never
  }
}

/**
 * A notice as a private message. In a thread the moderators of the channel can read along, so there the buyer's
 * address is left out.
 */
export function renderNotice(notice: Notice, place: 'dm' | 'thread'): Message {
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
    content: (place === 'thread' ? `<@${notice.userId}> ` : '') + noticeHeadline(notice),
    embeds: [
      {
        title: orderTitle(order, 200),
        description: `**${words.state}.** ${words.next}`,
        fields,
        color: accent(reader === 'buyer' ? 'lavender' : 'mint'),
      },
    ],
    rows: rows(...nextSteps(order, reader)),
    ...(place === 'thread' ? { mention: notice.userId } : {}),
  }
}
