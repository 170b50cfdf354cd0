import type { ChannelView } from '#contract'
import { isVerified, type Stream } from '../domain/channel.ts'
import type { Deps } from './deps.ts'
import { takeSignal } from './hear-twitch.ts'
import { useTwitch } from './link-twitch.ts'
import { toChannelView } from './views.ts'
import { effectKey, wish } from './wish.ts'

/** Twitch's list shows a new stream after up to a minute or so: ask this long after it began to be known. */
const LOOKS_MS = [15_000, 45_000, 90_000, 5 * 60_000]

/**
 * Bring everything that shows whether a builder is live to the truth: their roles in Discord and the cards of their
 * drops. Answers when the badge runs out (UTC ms), or null.
 */
export async function followLive(
  deps: Pick<Deps, 'store' | 'change' | 'clock' | 'settings' | 'streams' | 'messenger'>,
  builderId: string,
): Promise<number | null> {
  const { rules } = useTwitch(deps)
  const builder = (await deps.store.get('builders', builderId))?.value
  if (!builder) return null
  const { twitch } = builder
  const now = deps.clock.now()
  const verified = twitch !== null && isVerified(twitch, now, rules)
  await deps.messenger.push('setRoles', { userId: builderId, live: twitch?.live != null, verified })
  await redrawCards(deps, builderId)
  return verified && twitch.verifiedAt !== null ? twitch.verifiedAt + rules.badgeMs : null
}

async function redrawCards(deps: Pick<Deps, 'store' | 'change' | 'clock'>, builderId: string): Promise<void> {
  for (const status of ['scheduled', 'open', 'paused'] as const) {
    const page = await deps.store.find('inventory', {
      where: { builderId, status },
      orderBy: 'openedAt',
      direction: 'desc',
      limit: 100,
    })
    for (const { id: dropId } of page.documents) {
      await deps.change({
        lane: dropId,
        reads: [effectKey('draw_card', dropId)],
        decide: (sheet) => wish(sheet, 'draw_card', dropId, deps.clock.now()),
      })
    }
  }
}

/**
 * Learn title and game of a stream that has just begun, for its announcement: events carry neither. Answers when to
 * look again (UTC ms), or null. Throws StreamsError.
 */
export async function lookAtStream(
  deps: Pick<Deps, 'store' | 'change' | 'clock' | 'settings' | 'streams'>,
  streamId: string,
): Promise<number | null> {
  const { streams } = useTwitch(deps)
  const stream = (await deps.store.get('streams', streamId))?.value
  if (!stream || stream.endedAt !== null || stream.title !== null) return null
  const found = (await streams.findLive([stream.channelId])).get(stream.channelId)
  if (found) await takeSignal(deps, stream.channelId, found, null)
  if (found?.streamId === streamId) return null
  const age = deps.clock.now() - stream.startedAt
  const next = LOOKS_MS.find((after) => after > age)
  return next === undefined ? null : stream.startedAt + next
}

/** Have the bot post or mend the announcement of a stream, and remember where it stands. */
export async function drawLive(
  deps: Pick<Deps, 'store' | 'change' | 'clock' | 'settings' | 'streams' | 'messenger'>,
  streamId: string,
): Promise<null> {
  const stream = (await deps.store.get('streams', streamId))?.value
  const builder = stream && (await deps.store.get('builders', stream.builderId))?.value
  if (!stream?.announcedAs || !builder) return null
  // One announcement may carry several streams.
  if (stream.announcedAs !== streamId) return drawLive(deps, stream.announcedAs)
  const twitch = builder.twitch?.channelId === stream.channelId ? builder.twitch : null
  const newest = await newestOf(deps, stream, twitch?.lastStreamId ?? null)
  // Unlinked since: what was said stays, as something that is over.
  const channel: ChannelView | null = toChannelView(twitch, deps.settings, deps.clock.now())
  const place = await deps.messenger.push('drawLive', {
    streamId,
    builder: { userId: builder.userId, name: builder.name },
    channel,
    startedAt: stream.startedAt,
    endedAt: channel ? newest.endedAt : (newest.endedAt ?? deps.clock.now()),
    title: newest.title ?? stream.title,
    game: newest.game ?? stream.game,
    place: stream.announcement,
  })
  const { announcement } = stream
  if (announcement?.messageId === place.messageId && announcement.channelId === place.channelId) return null
  await deps.change({
    reads: [['streams', streamId]],
    decide(sheet) {
      const known = sheet.get('streams', streamId)
      if (known) sheet.put('streams', streamId, { ...known, announcement: place })
    },
  })
  return null
}

/** The last of the streams that one announcement carries. */
async function newestOf(
  deps: Pick<Deps, 'store'>,
  first: Stream,
  lastStreamId: string | null,
): Promise<Stream> {
  if (!lastStreamId || lastStreamId === first.streamId) return first
  const last = (await deps.store.get('streams', lastStreamId))?.value
  return last?.announcedAs === first.streamId ? last : first
}
