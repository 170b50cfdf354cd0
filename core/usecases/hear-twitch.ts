import { hear, type Signal, type Stream } from '../domain/channel.ts'
import type { StreamMessage } from '../ports/streams.ts'
import type { Sheet } from './change.ts'
import type { Deps } from './deps.ts'
import { followKeys, letGo, useTwitch } from './link-twitch.ts'
import { effectKey, wish, wishNotice } from './wish.ts'

type Needs = Pick<Deps, 'store' | 'change' | 'clock' | 'settings' | 'streams'>

/** A stream that ends and comes back within this was a hiccup: what people see waits that long before it says so. */
const HICCUP_MS = 2 * 60_000

type Heard = Exclude<StreamMessage, { kind: 'challenge' | 'stale' }>

/**
 * One of Twitch's messages: remembered by its id and taken, in one commit. A second delivery changes nothing.
 * Throws twitch_off.
 */
export async function takeMessage(deps: Needs, message: Heard): Promise<void> {
  useTwitch(deps)
  const inbox = `twitch:${message.messageId}`
  const isNew = (sheet: Sheet, now: number) => {
    if (sheet.get('inbox', inbox)) return false
    sheet.put('inbox', inbox, { type: message.kind, receivedAt: now, result: null })
    return true
  }
  switch (message.kind) {
    case 'signal':
      await takeSignal(deps, message.channelId, message.signal, inbox)
      return
    case 'disconnected':
      await disconnect(deps, message, inbox, isNew)
      return
    case 'ended':
      // Twitch gave up on us, or on the channel: what is still wanted is subscribed to again.
      await deps.change({
        reads: [['inbox', inbox], effectKey('twitch', 'twitch')],
        decide(sheet) {
          const now = deps.clock.now()
          if (isNew(sheet, now)) wish(sheet, 'twitch', 'twitch', now)
        },
      })
      return
    case 'other':
      return
    default:
      message satisfies never
  }
}

/** Whether a subscription that Twitch asks about is one we want. */
export async function isWanted(
  deps: Needs,
  topic: Extract<StreamMessage, { kind: 'challenge' }>['topic'],
): Promise<boolean> {
  if (!topic || !deps.settings.twitch) return false
  return !('channelId' in topic) || (await ownerOf(deps, topic.channelId)) !== null
}

/** What Twitch says about a channel changes its builder's badge, its stream, and wishes for what people see of it. */
export async function takeSignal(
  deps: Needs,
  channelId: string,
  signal: Signal,
  inbox: string | null,
): Promise<void> {
  const { rules } = useTwitch(deps)
  const builderId = await ownerOf(deps, channelId)
  if (!builderId) return
  for (;;) {
    const channel = (await deps.store.get('builders', builderId))?.value.twitch
    if (channel?.channelId !== channelId) return
    const previousId = channel.lastStreamId
    const streamId = signal.streamId ?? channel.live?.streamId ?? null
    const ids = [...new Set([streamId, previousId])].filter((id) => id !== null)
    const announced = (await deps.store.getAll(ids.map((id) => ['streams', id]))).map(
      (found) => (found?.value as Stream | undefined)?.announcedAs,
    )
    const taken = await deps.change({
      reads: [
        ...(inbox ? [['inbox', inbox] as const] : []),
        ['builders', builderId],
        ...ids.map((id) => ['streams', id] as const),
        ...ids.map((id) => effectKey('look_at_stream', id)),
        ...[...ids, ...announced].filter((id) => id != null).map((id) => effectKey('draw_live', id)),
        ...followKeys(builderId),
        effectKey('open_with_stream', builderId),
      ],
      decide(sheet) {
        if (inbox && sheet.get('inbox', inbox)) return true
        const builder = sheet.get('builders', builderId)
        if (builder?.twitch?.channelId !== channelId) return true
        const now = deps.clock.now()
        const { twitch } = builder
        const meant = signal.streamId ?? twitch.live?.streamId ?? null
        // Another signal came in between and changed which streams this one is about: read those.
        if (meant !== streamId || twitch.lastStreamId !== previousId) return false
        const known = meant ? sheet.get('streams', meant) : undefined
        const previous = previousId ? sheet.get('streams', previousId) : undefined
        const heard = hear(twitch, builderId, signal, known, previous, now, rules)
        if (inbox) sheet.put('inbox', inbox, { type: signal.kind, receivedAt: now, result: null })
        if (!same(heard.channel, twitch))
          sheet.put('builders', builderId, { ...builder, twitch: heard.channel })
        const changed = heard.streams.filter((stream) => !same(stream, sheet.get('streams', stream.streamId)))
        for (const stream of changed) sheet.put('streams', stream.streamId, stream)
        show(sheet, builderId, heard.turned, changed, now)
        return true
      },
    })
    if (taken) return
  }
}

const same = (a: object, b: object | undefined) => JSON.stringify(a) === JSON.stringify(b)

function show(
  sheet: Sheet,
  builderId: string,
  turned: 'on' | 'off' | null,
  streams: readonly Stream[],
  now: number,
): void {
  const dueAt = turned === 'off' ? now + HICCUP_MS : now
  if (turned) wish(sheet, 'follow_live', builderId, now, { dueAt })
  // Apart from what the bot shows: drops open whether it can be reached or not.
  if (turned === 'on') wish(sheet, 'open_with_stream', builderId, now)
  for (const stream of streams) {
    if (turned === 'on') wish(sheet, 'look_at_stream', stream.streamId, now)
    // One announcement may carry several streams: it is drawn as a whole.
    if (stream.announcedAs) wish(sheet, 'draw_live', stream.announcedAs, now, { dueAt })
  }
}

/** The channel is let go, and its builder is told, since they did not do it here. */
async function disconnect(
  deps: Needs,
  { channelId, at }: Extract<Heard, { kind: 'disconnected' }>,
  inbox: string,
  isNew: (sheet: Sheet, now: number) => boolean,
): Promise<void> {
  const builderId = await ownerOf(deps, channelId)
  if (!builderId) return
  await letGo(deps, builderId, channelId, {
    reads: [['inbox', inbox]],
    first(sheet, { linkedAt, displayName: channelName }, now) {
      if (!isNew(sheet, now)) return false
      // Linked anew since: the news is of the time before.
      if (at < linkedAt) return false
      wishNotice(sheet, builderId, { about: 'channel', userId: builderId, occasion: now, channelName }, now)
      return true
    },
  })
}

/** Whose channel this is; null when nobody linked it. */
async function ownerOf(deps: Pick<Deps, 'store'>, channelId: string): Promise<string | null> {
  return (await deps.store.get('channels', channelId))?.value.builderId ?? null
}
