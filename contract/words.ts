import { formatMoney } from './money.ts'
import type { OrderView } from './views.ts'

/** How a moment is written where the words are shown: `<t:…:t>` in Discord, `<time>` on the web. */
export type WriteTime = (at: number) => string

/**
 * Where an order stands and what happens next, in the same words in Discord and on the web.
 * `reader` is the person looking: the buyer and the builder have different next steps.
 */
export function describeOrder(
  order: OrderView,
  reader: 'buyer' | 'builder',
  time: WriteTime,
): { readonly state: string; readonly next: string } {
  const buyer = reader === 'buyer'
  const total = formatMoney(order.total)
  const share = formatMoney(order.share)
  switch (order.status) {
    case 'held':
      return {
        state: `Held until ${time(order.holdUntil)}`,
        next: buyer ? 'Pay before then and it is yours.' : 'The buyer is paying.',
      }
    case 'closing':
      return {
        state: 'Hold ended',
        next: 'The pay page is being closed; then the unit goes back on the shelf.',
      }
    case 'expired':
      return {
        state: order.endedBy === 'buyer' ? 'Let go' : 'Hold ended',
        next: 'The unit is back on the shelf. Nothing was charged.',
      }
    case 'paid':
      return {
        state: 'Paid',
        next: buyer
          ? `Your ${total} is held until it arrives. ${order.builder.name} ships next.`
          : `Ship it. Your ${share} is held until it arrives.`,
      }
    case 'shipped':
      return {
        state: 'On its way',
        next: buyer
          ? 'Press It arrived when you have it in your hands.'
          : `Your ${share} is released when the buyer says it arrived.`,
      }
    case 'arrived':
      return { state: 'Arrived', next: buyer ? 'All done. Enjoy it!' : `Your ${share} is being sent to you.` }
    case 'released':
      return { state: 'Arrived', next: buyer ? 'All done. Enjoy it!' : `Your ${share} was sent to you.` }
    case 'release_blocked':
      return {
        state: 'Arrived',
        next: buyer
          ? 'All done. Enjoy it!'
          : `Stripe could not take your ${share} yet. Finish your payment account and it follows by itself.`,
      }
    case 'refunding':
      return {
        state: 'Refund on its way',
        next: buyer
          ? `The hold had ended and the unit was gone when the payment came. Your ${total} goes back to you.`
          : 'Paid too late; the buyer gets everything back.',
      }
    case 'refunded':
      return {
        state: 'Refunded',
        next: buyer ? `${total} went back to you.` : `${total} went back to the buyer.`,
      }
    default:
      return order.status satisfies never
  }
}
