import { accent, type PushInput } from '#contract'
import { link, type Message, rows } from './message.ts'
import { clockTime, escapeText, relativeTime } from './text.ts'

/** The announcement of a stream: on air with title and game as far as they are known, or over. */
export function renderLive(news: PushInput<'drawLive'>): Message {
  const { builder, channel, startedAt, endedAt, title, game } = news
  const name = escapeText(builder.name, 100)
  const over = endedAt !== null
  const lines = [
    title && `**${escapeText(title, 300)}**`,
    game && escapeText(game, 100),
    over
      ? `Was live from ${clockTime(startedAt)} to ${clockTime(endedAt)}`
      : `On air, started ${relativeTime(startedAt)}`,
  ].filter(Boolean)
  return {
    embeds: [
      {
        title: over ? `${name} was live` : `● ${name} is live`,
        description: lines.join('\n'),
        color: accent(over ? 'cream' : 'strawberry'),
        ...(channel ? { url: channel.url } : {}),
      },
    ],
    rows: over || !channel ? [] : rows(link('Watch on Twitch', channel.url)),
  }
}
