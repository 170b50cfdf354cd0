import type { Builder } from '../core/domain/builder.ts'
import type { Store, Write } from '../core/ports/store.ts'
import { sampleBuilder } from '../core/testing/samples.ts'

/** Builders with a linked channel each, written as linking would leave them. `channelIds` are Twitch's user ids. */
export async function linkBuilders(
  store: Pick<Store, 'commit'>,
  channelIds: readonly string[],
  now: number,
): Promise<void> {
  for (let at = 0; at < channelIds.length; at += 100) {
    const writes = channelIds.slice(at, at + 100).flatMap((channelId, index): Write[] => {
      const builder = makeBuilder(String(300_000_000_000_000_000n + BigInt(at + index)), channelId, now)
      return [
        { op: 'create', collection: 'builders', id: builder.userId, value: builder },
        { op: 'create', collection: 'channels', id: channelId, value: { builderId: builder.userId } },
      ]
    })
    await store.commit(writes)
  }
}

function makeBuilder(userId: string, channelId: string, now: number): Builder {
  return sampleBuilder({
    userId,
    name: `Builder ${userId.slice(-4)}`,
    accountId: null,
    transfers: false,
    detailsSubmitted: false,
    twitch: {
      channelId,
      login: `channel_${channelId}`,
      displayName: `Channel ${channelId}`,
      linkedAt: now,
      verifiedAt: null,
      live: null,
      lastStreamId: null,
      offlineAt: 0,
      missedAt: null,
    },
    joinedAt: now,
  })
}
