import { createHmac, randomInt } from 'node:crypto'

/** One EventSub message as it travels; `body` is exactly what is sent. */
export interface EventSubMessage {
  readonly id: string
  /** RFC 3339 in UTC with up to nine fractional digits; signed as it is written. */
  readonly timestamp: string
  readonly body: string
  readonly type: 'webhook_callback_verification' | 'notification' | 'revocation'
  readonly subscription: { readonly type: string; readonly version: string }
  /** How often it was sent before. */
  readonly retry?: number
}

/**
 * `sha256=` and the lowercase hex HMAC-SHA256 over id, timestamp and body with nothing between them: EventSub's own
 * signature. `secret` is the one given when subscribing, taken as UTF-8.
 */
export function signMessage(
  secret: string,
  message: Pick<EventSubMessage, 'id' | 'timestamp' | 'body'>,
): string {
  const { id, timestamp, body } = message
  const hmac = createHmac('sha256', secret)
    .update(id + timestamp)
    .update(body)
  return `sha256=${hmac.digest('hex')}`
}

/** All headers of a message, signed. Tests send these to a receiver themselves, changed or left out as they like. */
export function messageHeaders(secret: string, message: EventSubMessage): Record<string, string> {
  return {
    'content-type': 'application/json',
    'twitch-eventsub-message-id': message.id,
    'twitch-eventsub-message-retry': String(message.retry ?? 0),
    'twitch-eventsub-message-type': message.type,
    'twitch-eventsub-message-signature': signMessage(secret, message),
    'twitch-eventsub-message-timestamp': message.timestamp,
    'twitch-eventsub-subscription-type': message.subscription.type,
    'twitch-eventsub-subscription-version': message.subscription.version,
  }
}

/** UTC ms as Twitch writes it: to the nanosecond, and without trailing zeros, so the number of digits varies. */
export function toTimestamp(ms: number): string {
  const nanoseconds = String(randomInt(1_000_000)).padStart(6, '0')
  return `${`${new Date(ms).toISOString().slice(0, -1)}${nanoseconds}`.replace(/\.?0+$/, '')}Z`
}
