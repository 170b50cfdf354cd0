import type { APIEmbed } from 'discord-api-types/v10'
import { accent, type BuilderView, type ChannelView, type IdentityView, type Output } from '#contract'
import { button, link, type Message, rows } from './message.ts'
import { clockTime, dateTime, escapeText, relativeTime } from './text.ts'

/** The line above a card: by whom, whether Twitch has seen them live, and whether they are on air. */
export function ribbon(by: string, channel: ChannelView | null): NonNullable<APIEmbed['author']> {
  const name = [channel?.live && '● LIVE', by, channel?.verified && '✔ verified live']
    .filter(Boolean)
    .join(' · ')
  return { name, ...(channel ? { url: channel.url } : {}) }
}

/** A linked channel with its badge and what is on air, for whoever asks. */
function channelWords(channel: ChannelView): string {
  const { displayName, url, verified, live } = channel
  const title = live?.title ? `: ${escapeText(live.title, 200)}` : ''
  return [
    `[${escapeText(displayName, 60)}](${url})`,
    live && `● **LIVE**, started ${relativeTime(live.since)}${title}`,
    verified
      ? `✔ **Verified live**: Twitch saw this channel live ${relativeTime(verified.at)}. Good until ${dateTime(verified.until)}.`
      : 'Not verified yet: Twitch has not told us of a stream lately.',
  ]
    .filter(Boolean)
    .join('\n')
}

export function channelEmbed(channel: ChannelView): APIEmbed {
  return {
    title: 'Your Twitch channel',
    description: channelWords(channel),
    color: accent(channel.live ? 'strawberry' : 'lavender'),
  }
}

export function channelFields(channel: ChannelView | null) {
  return channel ? [{ name: 'Twitch', value: channelWords(channel) }] : []
}

/** What a builder can do about a channel; nothing where the collective does without Twitch. */
export function channelSteps({ checklist, channel }: BuilderView) {
  if (channel) return [button('Let the channel go', ['unlink'])]
  return checklist.some(({ step }) => step === 'twitch')
    ? [button('Link your Twitch channel', ['linktwitch'])]
    : []
}

/** The private link to begin with, and what it leads to. */
export function renderLinkStart({ url, expiresAt }: Output<'startTwitchLink'>): Message {
  return {
    embeds: [
      {
        title: 'Link your Twitch channel',
        description: [
          `Press the button, log in as yourself, and choose your channel at Twitch. The link is only for you, good once, and until ${clockTime(expiresAt)} (ten minutes).`,
          '',
          'From then on, going live gives you the badge **verified live** for the time written on it, and a ribbon on your cards while you are on air.',
          'A stream in bandwidth test mode does not count: Twitch tells nobody of it. Reruns do not count either.',
        ].join('\n'),
        color: accent('lavender'),
      },
    ],
    rows: rows(link('Link my channel', url)),
  }
}

/** Asks once, since the badge goes with the channel. */
export function renderUnlinkQuestion(channel: ChannelView): Message {
  return {
    embeds: [
      {
        title: 'Let the channel go?',
        description: `${channelWords(channel)}\n\nThe badge goes with it, and going live is no longer told here. You can link a channel again at any time; the badge then begins anew.`,
        color: accent('butter'),
      },
    ],
    rows: rows(button('Yes, let it go', ['unlinkyes'], 'danger'), button('No, keep it', ['join'])),
  }
}

/** Anybody may begin to join: the word of the collective is for those whom Stripe knows. */
const NOT_YET =
  '**Not yet**: they have begun to join and cannot sell here so far. Nothing of theirs is sold through us, and nothing is held for you.'

const STANDING = {
  approved: '**Yes**, a builder of this collective',
  paused: 'A builder of this collective whose selling is **paused**',
  suspended: '**Suspended** by an operator: please buy nothing from them.',
} as const

/** `is this really them?` `userId` is the member asked about, `page` the same answer on the web. */
export function renderIdentity(userId: string, { builder, channel }: IdentityView, page: string): Message {
  // Who has applied is nobody's business yet.
  if (!builder || builder.status === 'applied') {
    return {
      embeds: [
        {
          title: 'Not a builder',
          description: `<@${userId}> is not a builder of this collective. Whatever they offer, it is not sold through us and nothing is held for you.`,
          color: accent('strawberry'),
        },
      ],
    }
  }
  const { status, joinedAt, isSetUp, person } = builder
  const trusted = status !== 'suspended' && isSetUp
  const since = trusted ? `, since ${dateTime(joinedAt)}.` : ''
  const standing = status === 'suspended' || isSetUp ? STANDING[status] : NOT_YET
  return {
    embeds: [
      {
        title: escapeText(person.name, 100),
        description: [
          `<@${userId}>: ${standing}${since}`,
          '',
          channel ? `**On Twitch:** ${channelWords(channel)}` : 'No Twitch channel is linked.',
          '',
          'Buy with the **Buy now** button under a card only: nobody of us asks for money in a message.',
        ].join('\n'),
        color: accent(trusted ? 'mint' : 'butter'),
      },
    ],
    rows: rows(link('The same on our website', page)),
  }
}
