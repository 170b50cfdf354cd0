import { type APIApplicationCommandOptionChoice, InteractionResponseType } from 'discord-api-types/v10'
import { isAppError, OrderId, type OrderView } from '#contract'
import { say } from '../replies/message.ts'
import { readerOf, renderOrder } from '../replies/order.ts'
import { plainText } from '../replies/text.ts'
import { answerWithin, type Place, sayPrivately } from './answer.ts'
import type { Reply, Visit } from './visit.ts'

/** One order, for its buyer or its builder. */
export async function showOrder(visit: Visit, typedId: string, place: Place): Promise<Reply> {
  const orderId = OrderId.safeParse(typedId)
  if (!orderId.success) return sayPrivately(say('Please pick one of your orders from the list.'))
  return answerWithin(visit, place, async () => {
    const { userId } = visit.person
    const order = await visit.core.getOrder({ userId, orderId: orderId.data }, visit.call)
    return renderOrder(order, readerOf(order, userId))
  })
}

/** What `/c500 order` offers while somebody types: their own orders, bought and sold. Never fails, only offers less. */
export async function suggestOrders(visit: Visit, typed: string): Promise<Reply> {
  const call = { ...visit.call, timeoutMs: visit.budgetMs }
  const [bought, sold] = await Promise.allSettled([
    visit.core.profile({ person: visit.person }, call),
    visit.core.dashboard({ userId: visit.person.userId }, call),
  ])
  if (bought.status === 'rejected') visit.log.warn({ err: bought.reason }, 'no orders to suggest')
  if (sold.status === 'rejected' && !isAppError(sold.reason, 'builder_not_found')) {
    visit.log.warn({ err: sold.reason }, 'no sales to suggest')
  }
  const orders: readonly OrderView[] = [
    ...(sold.status === 'fulfilled' ? [...sold.value.toShip, ...sold.value.onTheWay] : []),
    ...(bought.status === 'fulfilled' ? bought.value.orders : []),
  ]
  const wanted = typed.trim().toLowerCase()
  const choices: APIApplicationCommandOptionChoice[] = orders
    .map((order) => ({ name: choiceName(order, visit.person.userId), value: order.orderId }))
    .filter((choice) => choice.name.toLowerCase().includes(wanted))
    .slice(0, 25)
  return { first: { type: InteractionResponseType.ApplicationCommandAutocompleteResult, data: { choices } } }
}

/** Plain text: choices show neither markdown nor Discord's timestamps. */
function choiceName(order: OrderView, userId: string): string {
  const who =
    readerOf(order, userId) === 'buyer'
      ? `from ${plainText(order.builder.name, 30)}`
      : `for ${plainText(order.buyer.name, 30)}`
  const tail = ` · ${who} · ${STATE[order.status]}`
  return plainText(order.drop.title, 100 - tail.length) + tail
}

const STATE: Record<OrderView['status'], string> = {
  held: 'held',
  clearing: 'waiting for the bank',
  closing: 'hold ended',
  expired: 'hold ended',
  paid: 'paid',
  shipped: 'on its way',
  arrived: 'arrived',
  released: 'arrived',
  release_blocked: 'arrived',
  refunding: 'refund on its way',
  refunded: 'refunded',
}
