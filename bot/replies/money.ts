import { accent, formatMoney, type Money, type MoneyView, type OrderView } from '#contract'
import { button, joinBlocks, link, type Message, rows, select } from './message.ts'
import { moneyParts, orderTitle, orderWords } from './order.ts'
import { plainDay, relativeTime } from './text.ts'

/** A builder's money: one block per order with what is held, why, until when, and what frees it. */
export function renderMoney(view: MoneyView): Message {
  const { lines, debt, builder } = view
  const next = view.cursor === null ? null : olderPage(view.cursor)
  return {
    embeds: [
      {
        title: 'Your money',
        fields: [
          { name: 'Held', value: moneyTotals(view.held), inline: true },
          { name: 'Released', value: moneyTotals(view.released), inline: true },
          { name: 'You owe', value: debt.amount > 0 ? `**${formatMoney(debt)}**` : 'Nothing', inline: true },
          ...(debt.amount > 0 ? [{ name: 'Why do I owe?', value: DEBT }] : []),
        ],
        color: accent(debt.amount > 0 ? 'strawberry' : 'mint'),
      },
      {
        title: 'Order by order',
        description: lines.length > 0 ? joinBlocks(lines.map(moneyLine), 4_000) : 'No paid orders here.',
        color: accent('cream'),
      },
    ],
    rows: [
      ...(lines.length > 0 ? [select('Open one order', ['pickorder'], lines.map(choice))] : []),
      ...rows(
        button('Newest', ['money']),
        next && button('Older', next),
        link('Statement', builder.statementUrl),
        builder.payouts === 'ready' ? null : button('Payment account', ['join']),
      ),
    ],
  }
}

const DEBT =
  'Money went back to a buyer after your share had been sent, and Stripe could not take it back from you. It is taken from your next releases.'

/** A button carries core's cursor when it fits; null when it does not. */
function olderPage(cursor: string): ['money', string] | null {
  const page = Buffer.from(cursor).toString('base64url')
  return page.length <= 88 ? ['money', page] : null
}

export function moneyTotals(list: readonly Money[]): string {
  return list.length > 0 ? list.map((money) => `**${formatMoney(money)}**`).join('\n') : 'Nothing yet'
}

function moneyLine(order: OrderView): string {
  const words = orderWords(order, 'builder')
  const when = relativeTime(order.paidAt ?? order.createdAt)
  return `**${orderTitle(order, 60)}** · ${moneyParts(order)} · paid ${when}\n**${words.state}.** ${words.next}`
}

function choice(order: OrderView) {
  return {
    label: order.drop.title,
    value: order.orderId,
    description: `${formatMoney(order.total)} from ${order.buyer.name}, ${plainDay(order.paidAt ?? order.createdAt)}`,
  }
}
