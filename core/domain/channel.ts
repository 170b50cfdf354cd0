import type { CardPlace } from '#contract'

/** A builder's Twitch channel, as linked by the builder; kept with the builder. */
export interface Channel {
  /** Twitch's numeric user id as text: logins change, this never does. */
  readonly channelId: string
  readonly login: string
  readonly displayName: string
  /** When its owner last proved it to be theirs. */
  readonly linkedAt: number
  /** When Twitch last said that this channel was really live; null while it never did. */
  readonly verifiedAt: number | null
  readonly live: Live | null
  /** The newest stream we know of, live or not. */
  readonly lastStreamId: string | null
  /** The newest moment at which Twitch said that the channel went off air; older news of going live is late news. */
  readonly offlineAt: number
  /** When the list of live streams first left this channel out while we believe it live; null while it does not. */
  readonly missedAt: number | null
}

interface Live {
  readonly streamId: string
  /** UTC ms. */
  readonly since: number
  /** Null until Twitch's list knows them: it lags behind the event. */
  readonly title: string | null
  readonly game: string | null
}

/** One broadcast: announced once, whatever happens. Its id is Twitch's stream id. */
export interface Stream {
  readonly streamId: string
  readonly channelId: string
  readonly builderId: string
  readonly startedAt: number
  readonly endedAt: number | null
  readonly title: string | null
  readonly game: string | null
  /**
   * The stream whose announcement this one goes on with, after a short break; its own id when it has one of its own;
   * null when it is told to nobody.
   */
  readonly announcedAs: string | null
  /** Where the announcement stands, once the bot has posted it; only on the stream that has one of its own. */
  readonly announcement: CardPlace | null
}

/** What Twitch says about a channel, by a message or by its list of live streams. Times are UTC ms. */
export type Signal =
  | {
      readonly kind: 'online'
      readonly streamId: string
      readonly startedAt: number
      /** When Twitch said so; for what its list shows, which lingers after the end: when the stream began. */
      readonly at: number
      readonly title: string | null
      readonly game: string | null
    }
  | { readonly kind: 'offline'; readonly streamId: string | null; readonly at: number }

export interface StreamRules {
  /** How long a badge lasts after the channel was last live. */
  readonly badgeMs: number
  /** Off air for less than this and back is the same broadcast to everybody but Twitch. */
  readonly breakMs: number
  /** A stream that is found this long after it began is no news any more. */
  readonly newsMs: number
}

/** Two looks at Twitch's list must miss a stream, this far apart, before it counts as over: the list lags. */
export const MISSES_APART_MS = 2 * 60_000

export function isVerified(channel: Channel, now: number, rules: Pick<StreamRules, 'badgeMs'>): boolean {
  return channel.verifiedAt !== null && now < channel.verifiedAt + rules.badgeMs
}

export interface Heard {
  readonly channel: Channel
  /** Streams to write. */
  readonly streams: readonly Stream[]
  /** The channel went on air now, or off air, or neither. */
  readonly turned: 'on' | 'off' | null
}

/**
 * What a signal changes. Signals come twice, late and in any order: any order leads to the same badge and to at most one
 * announcement of a stream, and the newest one decides whether the channel is on air.
 * `known` is the stream the signal names, `previous` the channel's newest one before.
 */
export function hear(
  channel: Channel,
  builderId: string,
  signal: Signal,
  known: Stream | undefined,
  previous: Stream | undefined,
  now: number,
  rules: StreamRules,
): Heard {
  return signal.kind === 'online'
    ? hearOnline(channel, builderId, signal, known, previous, now, rules)
    : hearOffline(channel, signal, known)
}

function hearOnline(
  channel: Channel,
  builderId: string,
  signal: Extract<Signal, { kind: 'online' }>,
  known: Stream | undefined,
  previous: Stream | undefined,
  now: number,
  rules: StreamRules,
): Heard {
  const { streamId, startedAt, at, title, game } = signal
  const verifiedAt = Math.max(channel.verifiedAt ?? 0, at)
  const wasLive = channel.live?.streamId === streamId
  const older = at < channel.offlineAt || (channel.live !== null && channel.live.since > startedAt)
  const lateNews = older && !wasLive
  const told = { title: title ?? known?.title ?? null, game: game ?? known?.game ?? null }
  const stream: Stream = {
    ...known,
    streamId,
    channelId: channel.channelId,
    builderId,
    startedAt,
    announcement: known?.announcement ?? null,
    announcedAs: known ? known.announcedAs : announceAs(signal, previous, lateNews, now, rules),
    ...told,
    endedAt: lateNews ? (known?.endedAt ?? Math.max(channel.offlineAt, at)) : null,
  }
  if (lateNews) {
    const lastStreamId = channel.lastStreamId ?? streamId
    return { channel: { ...channel, verifiedAt, lastStreamId }, streams: [stream], turned: null }
  }
  const live = { ...(wasLive && channel.live), streamId, since: startedAt, ...told }
  return {
    channel: { ...channel, verifiedAt, live, lastStreamId: streamId, missedAt: null },
    streams: [stream],
    turned: wasLive ? null : 'on',
  }
}

/** A broadcast that goes on after a short break is not announced again; one that is over or old is not at all. */
function announceAs(
  signal: Extract<Signal, { kind: 'online' }>,
  previous: Stream | undefined,
  lateNews: boolean,
  now: number,
  rules: StreamRules,
): string | null {
  if (previous && previous.streamId !== signal.streamId && previous.announcedAs) {
    const pause = signal.startedAt - (previous.endedAt ?? signal.startedAt)
    if (pause < rules.breakMs) return previous.announcedAs
  }
  if (lateNews || now - signal.startedAt >= rules.newsMs) return null
  return signal.streamId
}

function hearOffline(
  channel: Channel,
  signal: Extract<Signal, { kind: 'offline' }>,
  known: Stream | undefined,
): Heard {
  const offlineAt = Math.max(channel.offlineAt, signal.at)
  const { live } = channel
  // Without a stream id (Twitch sends it since June 2026) the time decides which stream is meant.
  const meansLive =
    live !== null && (signal.streamId === null ? signal.at >= live.since : signal.streamId === live.streamId)
  const meansKnown = signal.streamId !== null || meansLive
  const ended = known && meansKnown && known.endedAt === null ? [{ ...known, endedAt: signal.at }] : []
  if (!meansLive) {
    // The end of another stream says nothing about the one that is on air.
    const next = live === null ? { ...channel, offlineAt } : channel
    return { channel: next, streams: ended, turned: null }
  }
  return { channel: { ...channel, live: null, offlineAt, missedAt: null }, streams: ended, turned: 'off' }
}

/** Twitch's list does not show a channel that we believe live: note it, or after a second time take it as the end. */
export function miss(channel: Channel, now: number): { readonly channel: Channel; readonly over: boolean } {
  if (!channel.live) return { channel, over: false }
  if (channel.missedAt === null) return { channel: { ...channel, missedAt: now }, over: false }
  return { channel, over: now - channel.missedAt >= MISSES_APART_MS }
}
