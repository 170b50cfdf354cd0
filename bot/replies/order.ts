import {
  accent,
  describeOrder,
  describeRefund,
  formatMoney,
  ORDER_WORDS,
  type OrderView,
  type PaletteColour,
  type Reader,
} from '#contract'
import { button, joinBlocks, link, type Message, rows } from './message.ts'
import { clockTime, dateTime, escapeText, relativeTime } from './text.ts'

const COLOUR: Record<OrderView['status'], PaletteColour> = {
  held: 'butter',
  clearing: 'butter',
  closing: 'cream',
  expired: 'cream',
  paid: 'mint',
  shipped: 'sky',
  arrived: 'lavender',
  released: 'lavender',
  release_blocked: 'butter',
  refunding: 'strawberry',
  refunded: 'strawberry',
}

/** Paid, and not all on its way back: something can still go wrong with it, or be given back. */
const GOING_ON = new Set<OrderView['status']>(['paid', 'shipped', 'arrived', 'released', 'release_blocked'])

export function readerOf(order: OrderView, userId: string): 'buyer' | 'builder' {
  return order.buyer.userId === userId ? 'buyer' : 'builder'
}

/** Where an order stands and what comes next, safe to show. */
export function orderWords(order: OrderView, reader: Reader) {
  return describeOrder(safe(order), ORDER_WORDS[reader], (at, precision) =>
    precision === 'clock' ? clockTime(at) : dateTime(at),
  )
}

export function orderTitle(order: OrderView, max = 100): string {
  return escapeText(order.drop.title, max)
}

/** The buttons for what this reader can do next with this order. `titled` tells several orders apart. */
export function nextSteps(order: OrderView, reader: 'buyer' | 'builder', titled = false) {
  const label = (text: string) => (titled ? `${text}: ${order.drop.title}` : text)
  if (reader === 'buyer' && order.status === 'held') {
    return [
      link(label('Pay'), order.payUrl),
      ...(titled ? [] : [button('Let it go', ['letgo', order.orderId])]),
    ]
  }
  const steps = []
  if (reader === 'buyer' && order.status === 'shipped' && order.frozenBy !== 'case') {
    steps.push(button(label('It arrived'), ['arrived', order.orderId], 'success'))
  }
  if (reader === 'builder' && order.status === 'paid') {
    // Two buyers of one drop must not look alike here: a parcel noted for the wrong one is hard to take back.
    const words = titled ? `Mark shipped to ${order.buyer.name}: ${order.drop.title}` : 'Mark shipped'
    steps.push(button(words, ['ship', order.orderId], 'primary'))
  }
  if (order.caseId && order.frozenBy === 'case') {
    const text = reader === 'builder' ? 'Answer' : 'Add to the case'
    steps.push(button(label(text), ['add', order.caseId], reader === 'builder' ? 'primary' : 'quiet'))
    if (!titled) steps.push(button('See the case', ['case', order.caseId]))
  }
  return steps
}

/** What this reader may also do with the order, though it is not what usually comes next. */
function otherSteps(order: OrderView, reader: 'buyer' | 'builder') {
  if (!GOING_ON.has(order.status)) return []
  return reader === 'buyer'
    ? [somethingIsWrong(order)]
    : [button('Give money back', ['giveback', order.orderId])]
}

/** Null when there is a case already. */
export function somethingIsWrong(order: OrderView) {
  if (!GOING_ON.has(order.status) || order.frozenBy === 'case') return null
  return button('Something is wrong', ['wrong', order.orderId])
}

/** The private answer to Buy now. */
export function renderHeld(order: OrderView, already: boolean): Message {
  const lead = already ? 'You already hold one. ' : ''
  return {
    embeds: [
      {
        title: orderTitle(order, 200),
        description:
          `${lead}**Held for you until ${clockTime(order.holdUntil)}** (${relativeTime(order.holdUntil)}).\n` +
          `Pay **${formatMoney(order.total)}** before then and it is yours. Your money is held until it arrives.`,
        color: accent('butter'),
      },
    ],
    rows: rows(...nextSteps(order, 'buyer')),
  }
}

/** One order with everything this reader may know and do. `lead` comes first when something was just done. */
export function renderOrder(
  order: OrderView,
  reader: 'buyer' | 'builder',
  lead: string | null = null,
): Message {
  return {
    embeds: [orderEmbed(order, reader, lead)],
    rows: rows(
      ...nextSteps(order, reader),
      ...otherSteps(order, reader),
      reader === 'buyer' ? link('Receipt', order.receiptUrl) : null,
      button('Refresh', ['order', order.orderId]),
    ),
  }
}

/** An order as this reader may see it. The address is for the builder alone. */
export function orderEmbed(order: OrderView, reader: Reader, lead: string | null = null) {
  const words = orderWords(order, reader)
  const field = (name: string, value: string, inline = true) => ({ name, value, inline })
  const fields = []
  if (reader === 'buyer') fields.push(field('Price', formatMoney(order.total)))
  else fields.push(field('Price, fee and share', moneyParts(order)))
  if (reader !== 'builder') fields.push(field('From', escapeText(order.builder.name, 80)))
  if (reader !== 'buyer') fields.push(field('For', escapeText(order.buyer.name, 80)))
  if (order.shipment) fields.push(field('Parcel', parcel(order.shipment)))
  if (reader === 'operator') {
    fields.push(
      field('Stripe kept', order.stripeFee ? formatMoney(order.stripeFee) : 'Not known yet'),
      field('Settlement', SETTLEMENT[order.settlement]),
      field('Order', `\`${order.orderId}\``),
    )
  }
  if (order.refunds.length > 0) {
    const safely = safe(order)
    const lines = safely.refunds.map((refund) => `${describeRefund(safely, refund)} ${dateTime(refund.at)}`)
    fields.push(field('Money back', joinBlocks(lines, 1_000, '\n'), false))
  }
  if (order.shipTo && reader === 'builder') {
    fields.push(field('Send it to', escapeText(order.shipTo, 500, 'many'), false))
  }
  return {
    title: orderTitle(order, 200),
    description: `${lead ? `${lead}\n\n` : ''}**${words.state}.** ${words.next}`,
    fields,
    color: accent(COLOUR[order.status]),
  }
}

/** What is meant by the ways money can be settled. */
export const SETTLEMENT: Record<OrderView['settlement'], string> = {
  on_arrival: 'Held until it arrives',
  at_payment: 'Split at payment',
}

/** `$24.00 − $5.00 back − $1.90 fee = **$17.10**`: what was paid, what went back, and how the rest is divided. */
export function moneyParts({ total, refunded, left }: OrderView): string {
  const back = refunded.amount > 0 ? ` − ${formatMoney(refunded)} back` : ''
  return `${formatMoney(total)}${back} − ${formatMoney(left.fee)} fee = **${formatMoney(left.share)}**`
}

/** `Royal Mail, AB123` */
export function parcel(shipment: NonNullable<OrderView['shipment']>): string {
  const tracking = escapeText(shipment.trackingNumber, 60)
  return escapeText(shipment.carrier, 60) + (tracking ? `, ${tracking}` : '')
}

/** The order with every text of a person escaped. */
function safe(order: OrderView): OrderView {
  const name = (person: OrderView['buyer']) => ({ ...person, name: escapeText(person.name, 80) })
  return {
    ...order,
    buyer: name(order.buyer),
    builder: name(order.builder),
    refunds: order.refunds.map((refund) => ({ ...refund, note: escapeText(refund.note, 200) })),
  }
}
