import type { APIEmbed } from 'discord-api-types/v10'
import {
  accent,
  type DashboardView,
  type DropView,
  formatCount,
  formatMoney,
  type OrderView,
} from '#contract'
import { isWaiting, opensWhen, shelfCount, shelfState } from './card.ts'
import { button, joinBlocks, link, type Message, rows, select } from './message.ts'
import { moneyTotals } from './money.ts'
import { wanted } from './opening.ts'
import { nextSteps, orderTitle, parcel } from './order.ts'
import { escapeText, relativeTime } from './text.ts'

const BUTTONS_AT_MOST = 4
/** One row of them. */
const WAITING_AT_MOST = 5
const STANDING = {
  applied: 'Your application is waiting for an operator.',
  paused: 'Your selling is paused.',
  suspended: 'You are suspended.',
} as const

/** A builder's workshop: money, what to ship and where to, what is on the way, and the drops. */
export function renderDashboard(view: DashboardView): Message {
  const { toShip, onTheWay, builder } = view
  const embeds: APIEmbed[] = [
    {
      title: 'Your workshop',
      description:
        (builder.status === 'approved' ? '' : `${STANDING[builder.status]} \`/c500 join\` says why.\n`) +
        (builder.payouts === 'ready'
          ? 'Your payment account is ready.'
          : 'Your payment account needs a little more before money can be sent to you.'),
      fields: [
        { name: 'Held', value: moneyTotals(view.moneyHeld), inline: true },
        { name: 'Released', value: moneyTotals(view.moneyReleased), inline: true },
        {
          name: 'Why held?',
          value:
            'A buyer pays before the parcel leaves; your share is sent to you when it arrived. `/c500 money` says for each order what frees it.',
        },
      ],
      color: accent('mint'),
    },
  ]
  if (toShip.length > 0) {
    embeds.push({
      title: `To ship (${toShip.length})`,
      description: joinBlocks(toShip.map(toShipBlock), 2_200),
      color: accent('strawberry'),
    })
  }
  if (onTheWay.length > 0) {
    embeds.push({
      title: `On the way (${onTheWay.length})`,
      description: joinBlocks(onTheWay.map(onTheWayBlock), 1_200),
      color: accent('sky'),
    })
  }
  embeds.push({
    title: 'Your drops',
    description: view.drops.length > 0 ? dropLines(view) : 'None yet. `/c500 drop` starts one.',
    color: accent('lavender'),
  })
  return {
    embeds,
    rows: [
      ...(toShip.length > BUTTONS_AT_MOST
        ? [select('Mark an order shipped', ['pickship'], toShip.map(shipChoice))]
        : rows(...toShip.flatMap((order) => nextSteps(order, 'builder', true)))),
      ...rows(
        ...view.drops
          .filter(isWaiting)
          .slice(-WAITING_AT_MOST)
          .toReversed()
          .map((drop) => button(`Before it opens: ${drop.title}`, ['opening', drop.dropId])),
      ),
      ...rows(
        button('Refresh', ['dashboard']),
        button('Your money', ['money']),
        link('Finish payment account', builder.onboardingUrl),
        link('Your Stripe dashboard', builder.dashboardUrl),
      ),
    ],
  }
}

function toShipBlock(order: OrderView): string {
  const address = order.shipTo ? `\n${escapeText(order.shipTo, 300, 'many')}` : ''
  return `**${orderTitle(order)}** for ${escapeText(order.buyer.name, 80)}, your share ${formatMoney(order.left.share)}${address}`
}

function onTheWayBlock(order: OrderView): string {
  const how = order.shipment ? ` · ${parcel(order.shipment)}` : ''
  return `**${orderTitle(order)}** for ${escapeText(order.buyer.name, 80)}${how}`
}

function dropLines(view: DashboardView): string {
  const lines = view.drops.map((drop) => {
    if (isWaiting(drop)) return waitingLine(drop)
    const state = shelfState(drop) ?? `closes ${relativeTime(drop.closesAt)}`
    return `**${escapeText(drop.title, 100)}** · ${shelfCount(drop)}, ${formatCount(drop.sold)} sold · ${state}`
  })
  return joinBlocks(lines, 1_600)
}

function waitingLine(drop: DropView): string {
  const when = drop.opensAt === null ? '' : opensWhen(drop, drop.opensAt)
  const paused = drop.status === 'paused' ? ' · paused, so it opens later' : ''
  return `**${escapeText(drop.title, 100)}** · ${formatCount(drop.quantity)} in all · opens ${when}${paused} · ${wanted(drop)}`
}

function shipChoice(order: OrderView) {
  return {
    label: order.drop.title,
    value: order.orderId,
    description: `for ${order.buyer.name}, your share ${formatMoney(order.left.share)}`,
  }
}
