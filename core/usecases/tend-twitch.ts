import PQueue from 'p-queue'
import type { Builder } from '../domain/builder.ts'
import { miss } from '../domain/channel.ts'
import { planSubscriptions, topicsOf } from '../domain/subscription.ts'
import { type Streams, StreamsError } from '../ports/streams.ts'
import type { Deps } from './deps.ts'
import { takeSignal } from './hear-twitch.ts'
import { useTwitch } from './link-twitch.ts'
import { effectKey, wish } from './wish.ts'

type Needs = Pick<Deps, 'store' | 'change' | 'clock' | 'settings' | 'streams'>

/** Side by side, below what Twitch minds. */
const AT_ONCE = 5
const PAGE = 500

/** From now on our subscriptions and what we believe live are compared with Twitch's, at once and for ever. */
export function beginTendingTwitch(deps: Pick<Deps, 'change' | 'clock'>): Promise<void> {
  return deps.change({
    reads: [effectKey('twitch', 'twitch')],
    decide: (sheet) => wish(sheet, 'twitch', 'twitch', deps.clock.now()),
  })
}

/**
 * Make Twitch tell us what we want to hear and nothing else, and repair what we did not hear: start and end of streams
 * by Twitch's list. Where Twitch cannot reach us the list is all there is. Answers when to run again (UTC ms).
 * Throws StreamsError when Twitch is busy: what was done stays done.
 */
export async function tendTwitch(deps: Needs): Promise<number> {
  const { streams, rules } = useTwitch(deps)
  const channelIds = await linkedChannels(deps)
  if (rules.hears === 'webhook') await mendSubscriptions(streams, channelIds, deps.clock.now())
  await compareLive(deps, streams, channelIds)
  return deps.clock.now() + rules.tendEveryMs
}

async function linkedChannels(deps: Pick<Deps, 'store'>): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<typeof deps.store.scan<'channels'>>> = await deps.store.scan('channels', {
      limit: PAGE,
      cursor,
    })
    ids.push(...page.documents.map(({ id }) => id))
    cursor = page.cursor
  } while (cursor)
  return ids
}

async function mendSubscriptions(
  streams: Streams,
  channelIds: readonly string[],
  now: number,
): Promise<void> {
  const plan = planSubscriptions(topicsOf(channelIds), await streams.listSubscriptions(), now)
  const pool = new PQueue({ concurrency: AT_ONCE })
  const troubles: unknown[] = []
  const attempt = (work: () => Promise<unknown>) =>
    pool.add(async () => {
      try {
        await work()
      } catch (error) {
        // A channel that is gone must not keep others from being heard.
        if (!(error instanceof StreamsError)) throw error
        if (error.kind !== 'refused') troubles.push(error)
      }
    })
  // First drop, so that a limit that strays have filled has room again.
  await Promise.all(plan.drop.map((id) => attempt(() => streams.unsubscribe(id))))
  await Promise.all(plan.make.map((topic) => attempt(() => streams.subscribe(topic))))
  if (troubles.length > 0) throw troubles[0]
}

async function compareLive(deps: Needs, streams: Streams, channelIds: readonly string[]): Promise<void> {
  const live = await streams.findLive(channelIds)
  for (const [channelId, signal] of live) await takeSignal(deps, channelId, signal, null)
  for (const channelId of channelIds) {
    if (!live.has(channelId)) await noteMiss(deps, channelId)
  }
}

async function noteMiss(deps: Needs, channelId: string): Promise<void> {
  const builderId = (await deps.store.get('channels', channelId))?.value.builderId
  if (!builderId) return
  const known = (await deps.store.get('builders', builderId))?.value.twitch
  if (!known?.live) return
  const { streamId } = known.live
  const over = await deps.change({
    reads: [['builders', builderId]],
    decide(sheet) {
      const builder: Builder | undefined = sheet.get('builders', builderId)
      const twitch = builder?.twitch
      if (!builder || twitch?.live?.streamId !== streamId) return false
      const missed = miss(twitch, deps.clock.now())
      if (missed.channel !== twitch) sheet.put('builders', builderId, { ...builder, twitch: missed.channel })
      return missed.over
    },
  })
  if (over) await takeSignal(deps, channelId, { kind: 'offline', streamId, at: deps.clock.now() }, null)
}
