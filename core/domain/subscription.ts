/** What Twitch can tell us about. One topic is subscribed to once. */
export type Topic =
  | { readonly type: 'stream.online' | 'stream.offline'; readonly channelId: string }
  /** Of all channels: their owners take their permission back. */
  | { readonly type: 'user.authorization.revoke' }

/** One of our subscriptions at Twitch. */
export interface Subscription {
  readonly subscriptionId: string
  /** Null for something we never ask for. */
  readonly topic: Topic | null
  /** Twitch's word: `enabled`, `webhook_callback_verification_pending`, or why it is dead. */
  readonly status: string
  /** It calls the address that we listen at now. */
  readonly isOurCallback: boolean
  /** Which of the secrets that are configured now signs its messages; with one that is not they are not believed. */
  readonly signedWith: 'newest' | 'older' | 'unknown'
  readonly createdAt: number
}

export interface SubscriptionPlan {
  readonly make: readonly Topic[]
  /** Ids of those that are dead, double, replaced, or no longer wanted. */
  readonly drop: readonly string[]
}

/** A challenge that was not answered by then never will be. */
const PENDING_MAX_MS = 10 * 60_000

export const topicKey = (topic: Topic): string =>
  'channelId' in topic ? `${topic.type}:${topic.channelId}` : topic.type

/** What we want to hear about these channels. */
export function topicsOf(channelIds: Iterable<string>): Topic[] {
  const topics: Topic[] = [{ type: 'user.authorization.revoke' }]
  for (const channelId of channelIds) {
    topics.push({ type: 'stream.online', channelId }, { type: 'stream.offline', channelId })
  }
  return topics
}

/**
 * How to get from what Twitch has to what we want. Subscriptions to other addresses are another deployment's and are
 * left alone. One that an older secret signs stays until its successor is enabled, so that a stream that begins in between
 * is heard.
 */
export function planSubscriptions(
  wanted: readonly Topic[],
  actual: readonly Subscription[],
  now: number,
): SubscriptionPlan {
  const missing = new Map(wanted.map((topic) => [topicKey(topic), topic]))
  const drop: string[] = []
  // The enabled one of two stays, whichever came first.
  const worth = ({ status, signedWith }: Subscription) =>
    (status === 'enabled' ? 2 : 0) + (signedWith === 'newest' ? 1 : 0)
  for (const one of actual.toSorted((a, b) => worth(b) - worth(a))) {
    const { subscriptionId, topic, status, signedWith, createdAt } = one
    if (!one.isOurCallback) continue
    const pending = status === 'webhook_callback_verification_pending' && now - createdAt < PENDING_MAX_MS
    if (topic !== null && (status === 'enabled' || pending)) {
      if (signedWith === 'newest' && missing.delete(topicKey(topic))) continue
      if (signedWith === 'older' && missing.has(topicKey(topic))) continue
    }
    drop.push(subscriptionId)
  }
  return { make: [...missing.values()], drop }
}
