import { AppError, type ChannelView, type Output, type Person } from '#contract'
import type { Builder } from '../domain/builder.ts'
import type { Channel } from '../domain/channel.ts'
import { readSession } from '../domain/link.ts'
import type { Key } from '../ports/store.ts'
import { type ProvenChannel, type Streams, StreamsError } from '../ports/streams.ts'
import type { Sheet } from './change.ts'
import type { Deps, TwitchSettings } from './deps.ts'
import { visitor } from './log-in.ts'
import { newToken, putTicket, readTicket, takeTicket, ticketKey } from './ticket.ts'
import { toChannelView } from './views.ts'
import { effectKey, wish } from './wish.ts'

type Needs = Pick<Deps, 'store' | 'change' | 'clock' | 'settings' | 'streams'>

/** Twitch and its rules. Throws twitch_off when this collective does without. */
export function useTwitch(deps: Pick<Deps, 'streams' | 'settings'>): {
  readonly streams: Streams
  readonly rules: TwitchSettings
} {
  if (!deps.streams || !deps.settings.twitch) throw new AppError('twitch_off')
  return { streams: deps.streams, rules: deps.settings.twitch }
}

/**
 * A private address, good once and for ten minutes, where a builder begins to link a channel.
 * Throws twitch_off or builder_not_found.
 */
export async function startTwitchLink(
  deps: Needs,
  input: { readonly person: Person },
): Promise<{ readonly url: string; readonly expiresAt: number }> {
  useTwitch(deps)
  const { userId } = input.person
  const token = newToken()
  const expiresAt = await deps.change({
    reads: [['builders', userId], ticketKey(token)],
    decide(sheet) {
      if (!sheet.get('builders', userId)) throw new AppError('builder_not_found')
      return putTicket(sheet, token, { purpose: 'twitch_link', userId, next: null }, deps.clock.now())
    },
  })
  return { url: `${deps.settings.webUrl}/link/twitch?t=${token}`, expiresAt }
}

/**
 * Whose link this is and whether the one who looks may use it. Changes nothing, so that whatever opens links to preview
 * them uses nothing up. Throws link_invalid or twitch_off.
 */
export async function readTwitchLink(
  deps: Pick<Deps, 'store' | 'clock' | 'settings' | 'streams'>,
  input: { readonly token: string; readonly session: string | null },
): Promise<Output<'readTwitchLink'>> {
  useTwitch(deps)
  const now = deps.clock.now()
  const ticket = await readTicket(deps, input.token, 'twitch_link', now)
  const builder = ticket.userId && (await deps.store.get('builders', ticket.userId))?.value
  if (!builder) throw new AppError('link_invalid')
  const visitorId = input.session && readSession(deps.settings.linkSecret, input.session, now)
  const { userId, name, twitch } = builder
  return {
    builder: { userId, name },
    visitor: visitorId ? (visitorId === userId ? 'owner' : 'other') : 'nobody',
    channel: toChannelView(twitch, deps.settings, now),
  }
}

/**
 * The builder goes on to Twitch. The browser must be logged in as the very person who asked for the link, so that a
 * link that was passed on links nobody's channel; and what comes back from Twitch is good for that login alone.
 * Throws link_invalid, login_needed, not_yours or twitch_off.
 */
export async function openTwitchLink(
  deps: Needs,
  input: { readonly token: string; readonly session: string },
): Promise<{ readonly url: string; readonly state: string }> {
  const { streams } = useTwitch(deps)
  const userId = visitor(deps, input.session)
  const state = newToken()
  await deps.change({
    reads: [ticketKey(input.token), ticketKey(state)],
    decide(sheet) {
      const now = deps.clock.now()
      const ticket = takeTicket(sheet, input.token, 'twitch_link', now)
      // Thrown, so the ticket is not used up: whoever asked for it can still come.
      if (ticket.userId !== userId) throw new AppError('not_yours')
      putTicket(sheet, state, { purpose: 'twitch_state', userId, next: null }, now)
    },
  })
  return { url: streams.authorizeUrl(state), state }
}

/**
 * The builder came back from Twitch with a code, or with a refusal (`code` null). The channel becomes theirs; one they
 * had before is let go. Throws link_invalid, login_needed, not_yours, twitch_refused, channel_taken, unavailable.
 */
export async function finishTwitchLink(
  deps: Needs,
  input: { readonly state: string; readonly code: string | null; readonly session: string },
): Promise<ChannelView> {
  const { streams } = useTwitch(deps)
  const userId = visitor(deps, input.session)
  await deps.change({
    reads: [ticketKey(input.state)],
    decide(sheet) {
      const ticket = takeTicket(sheet, input.state, 'twitch_state', deps.clock.now())
      if (ticket.userId !== userId) throw new AppError('not_yours')
    },
  })
  if (input.code === null) throw new AppError('twitch_refused')
  const channel = await proof(streams, input.code)
  const view = toChannelView(await link(deps, userId, channel), deps.settings, deps.clock.now())
  if (!view) throw new AppError('twitch_off')
  return view
}

/** A builder lets their channel go. Doing it again changes nothing. Throws builder_not_found. */
export async function unlinkTwitch(deps: Needs, input: { readonly userId: string }): Promise<Builder> {
  const builder = (await deps.store.get('builders', input.userId))?.value
  if (!builder) throw new AppError('builder_not_found')
  return builder.twitch ? letGo(deps, builder.userId, builder.twitch.channelId) : builder
}

/**
 * Builder and channel part, and what showed the channel is brought up to date. `also` runs in the same commit, before
 * anything else, and keeps them together by answering false. Throws builder_not_found.
 */
export async function letGo(
  deps: Pick<Needs, 'store' | 'change' | 'clock'>,
  builderId: string,
  channelId: string,
  also: {
    readonly reads: readonly Key[]
    readonly first: (sheet: Sheet, twitch: Channel, now: number) => boolean
  } = { reads: [], first: () => true },
): Promise<Builder> {
  const before = (await deps.store.get('builders', builderId))?.value.twitch
  const gone = await deps.change({
    reads: [
      ...also.reads,
      ['builders', builderId],
      ['channels', channelId],
      ...followKeys(builderId),
      ...shownKeys(before),
    ],
    decide(sheet) {
      const builder = sheet.get('builders', builderId)
      if (!builder) throw new AppError('builder_not_found')
      const { twitch } = builder
      if (!sameStream(twitch, before)) return null
      const now = deps.clock.now()
      if (twitch?.channelId !== channelId || !also.first(sheet, twitch, now)) return builder
      const alone = { ...builder, twitch: null }
      sheet.put('builders', builderId, alone)
      sheet.remove('channels', channelId)
      follow(sheet, builderId, now)
      endShown(sheet, twitch, now)
      return alone
    },
  })
  // Null: it went on or off air in between, so what shows it is something else now.
  return gone ?? letGo(deps, builderId, channelId, also)
}

export const followKeys = (builderId: string): Key[] => [
  effectKey('twitch', 'twitch'),
  effectKey('follow_live', builderId),
]

/** What tells people of the stream that is on air. */
const shownKeys = (twitch: Channel | null | undefined): Key[] =>
  twitch?.live ? [effectKey('draw_live', twitch.live.streamId)] : []

const sameStream = (a: Channel | null | undefined, b: Channel | null | undefined) =>
  a?.live?.streamId === b?.live?.streamId

/** A stream of a channel that is let go is over for everybody who reads of it here. */
function endShown(sheet: Sheet, twitch: Channel, now: number): void {
  if (twitch.live) wish(sheet, 'draw_live', twitch.live.streamId, now)
}

async function link(deps: Needs, userId: string, proven: ProvenChannel): Promise<Channel> {
  const before = (await deps.store.get('builders', userId))?.value.twitch
  const { channelId } = proven
  const linked = await deps.change({
    reads: [
      ['builders', userId],
      ['channels', channelId],
      ...(before && before.channelId !== channelId ? [['channels', before.channelId] as const] : []),
      ...followKeys(userId),
      ...shownKeys(before),
    ],
    decide(sheet) {
      const now = deps.clock.now()
      const builder = sheet.get('builders', userId)
      if (!builder) throw new AppError('builder_not_found')
      const taken = sheet.get('channels', channelId)
      if (taken && taken.builderId !== userId) throw new AppError('channel_taken')
      const known = builder.twitch
      if (known?.channelId !== before?.channelId || !sameStream(known, before)) return null
      if (known && known.channelId !== channelId) {
        sheet.remove('channels', known.channelId)
        endShown(sheet, known, now)
      }
      const twitch: Channel =
        known?.channelId === channelId
          ? { ...known, ...proven, linkedAt: now }
          : {
              ...proven,
              linkedAt: now,
              verifiedAt: null,
              live: null,
              lastStreamId: null,
              offlineAt: 0,
              missedAt: null,
            }
      sheet.put('builders', userId, { ...builder, twitch })
      sheet.put('channels', channelId, { ...taken, builderId: userId })
      follow(sheet, userId, now)
      return twitch
    },
  })
  // Null: another link or stream came in between, so what to let go of is another now.
  return linked ?? link(deps, userId, proven)
}

function follow(sheet: Sheet, builderId: string, now: number): void {
  wish(sheet, 'twitch', 'twitch', now)
  wish(sheet, 'follow_live', builderId, now)
}

async function proof(streams: Streams, code: string): Promise<ProvenChannel> {
  try {
    return await streams.identify(code)
  } catch (error) {
    if (!(error instanceof StreamsError)) throw error
    if (error.kind === 'refused') throw new AppError('twitch_refused', undefined, { cause: error })
    throw new AppError('unavailable', 'Twitch does not answer right now; please try again in a moment.', {
      cause: error,
    })
  }
}
