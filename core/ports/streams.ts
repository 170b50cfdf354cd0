import type { Signal } from '../domain/channel.ts'
import type { Subscription, Topic } from '../domain/subscription.ts'

/**
 * Why Twitch did not do it.
 * refused: the request itself is wrong; the same call will not succeed.
 * busy: rate limit, 5xx, lost connection; try again later.
 * full: the limit of subscriptions, for this topic or in all, is reached.
 */
export class StreamsError extends Error {
  readonly kind: 'refused' | 'busy' | 'full'
  /** From when on Twitch answers again, UTC ms, where it says so: until then every call is in vain. */
  readonly retryAt: number | null
  constructor(kind: StreamsError['kind'], message: string, retryAt: number | null = null) {
    super(message)
    this.name = 'StreamsError'
    this.kind = kind
    this.retryAt = retryAt
  }
}

/** A channel as its owner just proved it to be theirs. */
export interface ProvenChannel {
  readonly channelId: string
  readonly login: string
  readonly displayName: string
}

/** One of Twitch's messages, signature and age seen to. */
export type StreamMessage =
  /** Twitch asks whether we want this subscription. */
  | { readonly kind: 'challenge'; readonly challenge: string; readonly topic: Topic | null }
  | {
      readonly kind: 'signal'
      readonly messageId: string
      readonly channelId: string
      readonly signal: Signal
    }
  /** The owner of a channel took their permission back, or the account is gone; `at` is when Twitch said so, UTC ms. */
  | {
      readonly kind: 'disconnected'
      readonly messageId: string
      readonly channelId: string
      readonly at: number
    }
  /** Twitch ended a subscription; `status` is its reason. */
  | {
      readonly kind: 'ended'
      readonly messageId: string
      readonly topic: Topic | null
      readonly status: string
    }
  /** Well signed and of no interest: a rerun, a type we never asked for. */
  | { readonly kind: 'other'; readonly messageId: string }
  /** Well signed and older than ten minutes: answered, so that it does not count as failed, and dropped. */
  | { readonly kind: 'stale'; readonly messageId: string }

/** Twitch, as far as a marketplace needs it. Every call may throw StreamsError. */
export interface Streams {
  /** Where a person lets us know which channel is theirs; comes back to web with `state`. */
  authorizeUrl(state: string): string
  /** Exchange the code of that visit. Nothing of Twitch's tokens is kept. Refused for a code that is not good. */
  identify(code: string): Promise<ProvenChannel>
  /** Those of these channels that are really live now, each with its signal. Any number. */
  findLive(channelIds: readonly string[]): Promise<ReadonlyMap<string, Extract<Signal, { kind: 'online' }>>>
  /** Every subscription of ours at Twitch, whatever its callback. */
  listSubscriptions(): Promise<readonly Subscription[]>
  /** `exists`: Twitch has it already. */
  subscribe(topic: Topic): Promise<'made' | 'exists'>
  /** One that is gone already is fine. */
  unsubscribe(subscriptionId: string): Promise<void>
  /**
   * A delivery at our callback. Null when a header is missing or the signature is not Twitch's. `now` is UTC ms.
   * Throws StreamsError refused for a body that is well signed and no message at all.
   */
  parseMessage(
    headers: { get(name: string): string | null },
    rawBody: Uint8Array,
    now: number,
  ): StreamMessage | null
}
