import { accent, type BuilderView, formatMoney, type Notice, type ProfileView, shortAddress } from '#contract'
import { channelEmbed } from './channel.ts'
import { button, joinBlocks, link, type Message, rows, select } from './message.ts'
import { noticeHeadline } from './notice.ts'
import { nextSteps, orderTitle, orderWords } from './order.ts'
import { escapeText, plainDay, plainText } from './text.ts'

/**
 * A person's own orders: where each stands, what happens next, and what they could not be told; of a builder also what
 * everybody reads of them on the web at `webUrl`.
 */
export function renderProfile(profile: ProfileView, webUrl: string): Message {
  const { orders, missed, builder } = profile
  const blocks = orders.map((order) => {
    const words = orderWords(order, 'buyer')
    return `**${orderTitle(order)}** · ${formatMoney(order.total)}\n**${words.state}.** ${words.next}`
  })
  const steps = orders.flatMap((order) => nextSteps(order, 'buyer', true)).filter((step) => step !== null)
  const embeds = [
    ...(missed.length > 0 ? [missedEmbed(missed)] : []),
    ...(builder ? [aboutEmbed(builder)] : []),
    ...(builder?.channel ? [channelEmbed(builder.channel)] : []),
    {
      title: 'Your orders',
      description:
        blocks.length > 0 ? joinBlocks(blocks, 3_600) : 'Nothing yet. The next drop may be the one for you.',
      color: accent('lavender'),
    },
  ]
  const choices = orders.map((order) => ({
    label: plainText(order.drop.title, 100),
    value: order.orderId,
    description: `${formatMoney(order.total)}, ordered ${plainDay(order.createdAt)}`,
  }))
  return {
    embeds,
    rows: [
      ...rows(...steps.slice(0, 5)),
      ...(choices.length > 0 ? [select('Look at one order', ['pickorder'], choices)] : []),
      ...rows(button('Refresh', ['profile']), ...(builder ? aboutSteps(builder, webUrl) : [])),
    ],
  }
}

function aboutEmbed({ about }: BuilderView) {
  const description = about
    ? escapeText(about, 1_500, 'many')
    : 'Nothing yet. Who are you, and how do you make what you make? People like to know before they buy.'
  return { title: 'Your story', description, color: accent('sky') }
}

function aboutSteps({ builder, status, link: address }: BuilderView, webUrl: string) {
  // Who has applied has no page yet.
  const page = status === 'applied' ? null : `${webUrl}/builders/${builder.userId}`
  return [
    button('Your story', ['about']),
    link('Your page', page),
    address === null ? null : link(shortAddress(address), address),
  ]
}

function missedEmbed(missed: readonly Notice[]) {
  const lines = missed.map((notice) => `• ${noticeHeadline(notice)} (<t:${Math.floor(notice.at / 1000)}:R>)`)
  return {
    title: 'While I could not reach you',
    description: `${joinBlocks(lines, 1_500)}\n\nOpen your direct messages for this server and I can tell you at once.`,
    color: accent('strawberry'),
  }
}
