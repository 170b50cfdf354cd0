import PQueue from 'p-queue'
import type { Builder } from '../domain/builder.ts'
import { type Channel, miss } from '../domain/channel.ts'
import { planSubscriptions, topicsOf } from '../domain/subscription.ts'
import type { Page } from '../ports/store.ts'
import { type Streams, StreamsError } from '../ports/streams.ts'
import type { Deps } from './deps.ts'
import { takeSignal } from './hear-twitch.ts'
import { useTwitch } from './link-twitch.ts'
import { effectKey, wish } from './wish.ts'

type Needs = Pick<Deps, 'store' | 'change' | 'clock' | 'settings' | 'streams'>

/** Side by side, below what Twitch minds. */
const AT_ONCE = 5
const PAGE = 500
/** How long Twitch's "too many" is believed: its bucket is full again after a minute. */
const SHORTEST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 65_000

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
 * Throws StreamsError when Twitch is busy: what was done stays done, and the next round goes on from there.
 */
export async function tendTwitch(deps: Needs): Promise<number> {
  const { streams, rules } = useTwitch(deps)
  const owners = await linkedChannels(deps)
  try {
    if (rules.hears === 'webhook') await mendSubscriptions(streams, owners.keys(), deps.clock.now())
    await compareLive(deps, streams, owners)
  } catch (error) {
    if (!(error instanceof StreamsError) || error.retryAt === null) throw error
    const now = deps.clock.now()
    return Math.min(Math.max(error.retryAt, now + SHORTEST_WAIT_MS), now + LONGEST_WAIT_MS)
  }
  return deps.clock.now() + rules.tendEveryMs
}

/** Whose each linked channel is. */
async function linkedChannels(deps: Pick<Deps, 'store'>): Promise<ReadonlyMap<string, string>> {
  const owners = new Map<string, string>()
  let cursor: string | null = null
  do {
    const page: Page<'channels'> = await deps.store.scan('channels', { limit: PAGE, cursor })
    for (const { id, value } of page.documents) owners.set(id, value.builderId)
    cursor = page.cursor
  } while (cursor)
  return owners
}

async function mendSubscriptions(streams: Streams, channelIds: Iterable<string>, now: number): Promise<void> {
  const plan = planSubscriptions(topicsOf(channelIds), await streams.listSubscriptions(), now)
  const pool = new PQueue({ concurrency: AT_ONCE })
  const troubles: unknown[] = []
  let enough: StreamsError | null = null
  const attempt = (work: () => Promise<unknown>) =>
    pool.add(async () => {
      try {
        await work()
      } catch (error) {
        // A channel that is gone must not keep others from being heard.
        if (error instanceof StreamsError && error.kind === 'refused') return
        troubles.push(error)
        if (!(error instanceof StreamsError) || error.retryAt === null) return
        enough = error
        pool.clear()
      }
    })
  // First drop, so that a limit that strays have filled has room again.
  for (const id of plan.drop) attempt(() => streams.unsubscribe(id))
  await pool.onIdle()
  if (!enough) for (const topic of plan.make) attempt(() => streams.subscribe(topic))
  await pool.onIdle()
  if (troubles.length > 0) throw enough ?? troubles[0]
}

async function compareLive(
  deps: Needs,
  streams: Streams,
  owners: ReadonlyMap<string, string>,
): Promise<void> {
  const channelIds = [...owners.keys()]
  const live = await streams.findLive(channelIds)
  for (const [channelId, signal] of live) await takeSignal(deps, channelId, signal, null)
  const missing = channelIds.filter((channelId) => !live.has(channelId))
  for (let at = 0; at < missing.length; at += PAGE) {
    const keys = missing.slice(at, at + PAGE).map((id) => ['builders', owners.get(id) ?? ''] as const)
    for (const found of await deps.store.getAll(keys)) {
      const builder = found?.value as Builder | undefined
      if (builder?.twitch?.live && !live.has(builder.twitch.channelId))
        await noteMiss(deps, builder.userId, builder.twitch, builder.twitch.live)
    }
  }
}

async function noteMiss(
  deps: Needs,
  builderId: string,
  { channelId }: Channel,
  { streamId }: NonNullable<Channel['live']>,
): Promise<void> {
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
