import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { Topic } from '../domain/subscription.ts'
import { type StreamMessage, type Streams, StreamsError } from '../ports/streams.ts'

/** Older messages may be somebody's replay (dev.twitch.tv/docs/eventsub/handling-webhook-events). */
const MAX_AGE_MS = 10 * 60_000

/** Why Twitch ended a subscription that leave no channel to show; all other reasons are about the subscription. */
const OWNER_GONE: readonly string[] = ['user_removed', 'authorization_revoked']

const Body = z.object({
  challenge: z.string().max(1_000).optional(),
  subscription: z.object({
    status: z.string(),
    type: z.string(),
    version: z.string(),
    condition: z.record(z.string(), z.unknown()),
  }),
  event: z.unknown().optional(),
})
const Online = z.object({
  id: z.string().regex(/^\d{1,30}$/),
  broadcaster_user_id: z.string(),
  type: z.string(),
  started_at: z.string(),
})
/** Twitch sends the stream's id since June 2026. */
const Offline = z.object({
  id: z
    .string()
    .regex(/^\d{1,30}$/)
    .optional(),
  broadcaster_user_id: z.string(),
})
const Revoked = z.object({ client_id: z.string(), user_id: z.string() })

/**
 * Reads Twitch's messages: HMAC over id, timestamp and raw body, all three verbatim; then the age; then the content.
 * Several secrets are accepted while they are being rotated.
 */
export function createEventSubReader(options: {
  readonly secrets: readonly string[]
  readonly clientId: string
}): Streams['parseMessage'] {
  const { secrets, clientId } = options

  function isSigned(id: string, timestamp: string, rawBody: Uint8Array, signature: string): boolean {
    const given = Buffer.from(signature)
    let good = false
    for (const secret of secrets) {
      const digest = createHmac('sha256', secret).update(id).update(timestamp).update(rawBody).digest('hex')
      const expected = Buffer.from(`sha256=${digest}`)
      if (given.length === expected.length && timingSafeEqual(given, expected)) good = true
    }
    return good
  }

  return function parseMessage(headers, rawBody, now) {
    const header = (name: string) => headers.get(`twitch-eventsub-${name}`)
    const messageId = header('message-id')
    const timestamp = header('message-timestamp')
    const signature = header('message-signature')
    const type = header('message-type')
    // Said about the message and not signed with it; Twitch always sends them.
    const said = ['message-retry', 'subscription-type', 'subscription-version'].map(header)
    if (!messageId || !timestamp || !signature || !type || said.some((one) => !one)) return null
    if (!isSigned(messageId, timestamp, rawBody, signature)) return null
    const at = Date.parse(timestamp)
    if (!Number.isFinite(at)) throw unreadable('its timestamp')
    if (Math.abs(now - at) > MAX_AGE_MS) return { kind: 'stale', messageId }
    if (messageId.length > 200) throw unreadable('its id')
    const body = read(Body, parseJson(rawBody), 'the body')
    const { type: topic, version } = body.subscription
    if (!/^\d{1,9}$/.test(said[0] ?? '')) throw unreadable('how often it was sent')
    if (topic !== said[1] || version !== said[2]) throw unreadable('what it is about')
    return toMessage(type, messageId, at, body, clientId)
  }
}

function toMessage(
  type: string,
  messageId: string,
  at: number,
  { challenge, subscription, event }: z.infer<typeof Body>,
  clientId: string,
): StreamMessage {
  const topic = toTopic(subscription.type, subscription.version, subscription.condition, clientId)
  if (type === 'webhook_callback_verification') {
    if (challenge === undefined) throw unreadable('the challenge')
    return { kind: 'challenge', challenge, topic }
  }
  if (type === 'revocation') {
    const { status } = subscription
    if (status === 'enabled') throw unreadable('why it ended')
    return topic && 'channelId' in topic && OWNER_GONE.includes(status)
      ? { kind: 'disconnected', messageId, channelId: topic.channelId, at }
      : { kind: 'ended', messageId, topic, status }
  }
  if (type !== 'notification' || !topic) return { kind: 'other', messageId }
  switch (topic.type) {
    case 'stream.online': {
      const { id, broadcaster_user_id, type: kind, started_at } = read(Online, event, 'the event')
      // Reruns, playlists and the like are no proof that somebody is there.
      if (kind !== 'live') return { kind: 'other', messageId }
      const startedAt = Date.parse(started_at)
      if (!Number.isFinite(startedAt)) throw unreadable('the start of the stream')
      const signal = { kind: 'online', streamId: id, startedAt, at, title: null, game: null } as const
      return { kind: 'signal', messageId, channelId: broadcaster_user_id, signal }
    }
    case 'stream.offline': {
      const { id, broadcaster_user_id } = read(Offline, event, 'the event')
      const signal = { kind: 'offline', streamId: id ?? null, at } as const
      return { kind: 'signal', messageId, channelId: broadcaster_user_id, signal }
    }
    case 'user.authorization.revoke': {
      const { client_id, user_id } = read(Revoked, event, 'the event')
      return client_id === clientId
        ? { kind: 'disconnected', messageId, channelId: user_id, at }
        : { kind: 'other', messageId }
    }
    default:
      return topic satisfies never
  }
}

/** Null for what we never ask for: another type, a newer version, another application. */
export function toTopic(
  type: string,
  version: string,
  condition: Readonly<Record<string, unknown>>,
  clientId: string,
): Topic | null {
  if (version !== '1') return null
  if (type === 'user.authorization.revoke') return condition.client_id === clientId ? { type } : null
  const channelId = condition.broadcaster_user_id
  if (type !== 'stream.online' && type !== 'stream.offline') return null
  return typeof channelId === 'string' ? { type, channelId } : null
}

function read<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw unreadable(what)
  return parsed.data
}

const unreadable = (what: string) =>
  new StreamsError('refused', `Twitch's message is well signed, but we cannot read ${what}`)

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    return undefined
  }
}
