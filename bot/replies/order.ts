import { accent, describeOrder, formatMoney, type OrderView, type PaletteColour } from '#contract'
import { button, link, type Message, rows } from './message.ts'
import { clockTime, escapeText, relativeTime } from './text.ts'

type Reader = 'buyer' | 'builder'

const COLOUR: Record<OrderView['status'], PaletteColour> = {
  held: 'butter',
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

export function readerOf(order: OrderView, userId: string): Reader {
  return order.buyer.userId === userId ? 'buyer' : 'builder'
}

/** Where an order stands and what comes next, safe to show. */
export function orderWords(order: OrderView, reader: Reader) {
  const name = (person: OrderView['buyer']) => ({ ...person, name: escapeText(person.name, 80) })
  return describeOrder(
    { ...order, buyer: name(order.buyer), builder: name(order.builder) },
    reader,
    clockTime,
  )
}

export function orderTitle(order: OrderView, max = 100): string {
  return escapeText(order.drop.title, max)
}

/** The buttons for what this reader can do next with this order. `titled` tells several orders apart. */
export function nextSteps(order: OrderView, reader: Reader, titled = false) {
  const label = (text: string) => (titled ? `${text}: ${order.drop.title}` : text)
  if (reader === 'buyer' && order.status === 'held') {
    return [
      link(label('Pay'), order.payUrl),
      ...(titled ? [] : [button('Let it go', ['letgo', order.orderId])]),
    ]
  }
  if (reader === 'buyer' && order.status === 'shipped') {
    return [button(label('It arrived'), ['arrived', order.orderId], 'success')]
  }
  if (reader === 'builder' && order.status === 'paid') {
    // Two buyers of one drop must not look alike here: a parcel noted for the wrong one is hard to take back.
    const words = titled ? `Mark shipped to ${order.buyer.name}: ${order.drop.title}` : 'Mark shipped'
    return [button(words, ['ship', order.orderId], 'primary')]
  }
  return []
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
export function renderOrder(order: OrderView, reader: Reader, lead: string | null = null): Message {
  const words = orderWords(order, reader)
  const fields = [
    reader === 'buyer'
      ? { name: 'Price', value: formatMoney(order.total), inline: true }
      : {
          name: 'Your share',
          value: `${formatMoney(order.share)} of ${formatMoney(order.total)}`,
          inline: true,
        },
    reader === 'buyer'
      ? { name: 'From', value: escapeText(order.builder.name, 80), inline: true }
      : { name: 'For', value: escapeText(order.buyer.name, 80), inline: true },
  ]
  if (order.shipment) fields.push({ name: 'Parcel', value: parcel(order.shipment), inline: true })
  if (order.shipTo && reader === 'builder') fields.push(shipToField(order.shipTo))
  return {
    embeds: [
      {
        title: orderTitle(order, 200),
        description: `${lead ? `${lead}\n\n` : ''}**${words.state}.** ${words.next}`,
        fields,
        color: accent(COLOUR[order.status]),
      },
    ],
    rows: rows(...nextSteps(order, reader), button('Refresh', ['order', order.orderId])),
  }
}

/** `Royal Mail, AB123` */
export function parcel(shipment: NonNullable<OrderView['shipment']>): string {
  const tracking = escapeText(shipment.trackingNumber, 60)
  return escapeText(shipment.carrier, 60) + (tracking ? `, ${tracking}` : '')
}

function shipToField(shipTo: string) {
  return { name: 'Send it to', value: escapeText(shipTo, 500, 'many'), inline: false }
}
