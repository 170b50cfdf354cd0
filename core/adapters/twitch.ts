import { createHmac } from 'node:crypto'
import { z } from 'zod'
import type { Signal } from '../domain/channel.ts'
import type { Subscription } from '../domain/subscription.ts'
import { type Streams, StreamsError } from '../ports/streams.ts'
import { createEventSubReader, toTopic } from './twitch-messages.ts'

const TIMEOUT_MS = 10_000
/** Most that one question may be about, and the page size that shows them all: the default of 20 would cut. */
const CHANNELS_PER_CALL = 100

/** Fields we do not know are Twitch's business: they come without notice, so nothing here is strict. */
const Token = z.object({ access_token: z.string(), expires_in: z.number() })
const Validated = z.object({ client_id: z.string(), user_id: z.string(), login: z.string() })
const Users = z.object({
  data: z.array(z.object({ id: z.string(), login: z.string(), display_name: z.string() })),
})
const LiveStreams = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      user_id: z.string(),
      type: z.string(),
      title: z.string(),
      game_name: z.string(),
      started_at: z.string(),
    }),
  ),
})
const Subscriptions = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      status: z.string(),
      type: z.string(),
      version: z.string(),
      condition: z.record(z.string(), z.unknown()),
      created_at: z.string(),
      transport: z.object({ method: z.string(), callback: z.string().optional() }),
    }),
  ),
  pagination: z.object({ cursor: z.string().optional() }).optional(),
})

export interface TwitchOptions {
  readonly clientId: string
  readonly clientSecret: string
  /** What Twitch signs its messages with; the newest first, the others are accepted until all is signed with it. */
  readonly eventSubSecrets: readonly string[]
  /** Where Twitch's messages arrive, below it too: `https://…/webhooks/twitch`. */
  readonly callback: string
  /** Where people come back to after they chose a channel. */
  readonly redirectUrl: string
  /** `https://id.twitch.tv` and `https://api.twitch.tv`, or a local Twitch's. */
  readonly idBase: string
  readonly apiBase: string
}

/** Twitch over its own wire: OAuth, Helix and EventSub. Tokens and secrets never appear in its errors. */
export function createTwitch(options: TwitchOptions): Streams {
  const { clientId, clientSecret, callback, redirectUrl, idBase, apiBase } = options
  const readMessage = createEventSubReader({ secrets: options.eventSubSecrets, clientId })
  const callbacks = options.eventSubSecrets.map((secret) => `${callback}/${markOf(secret, clientSecret)}`)
  let appToken: Promise<string> | undefined

  function getAppToken(): Promise<string> {
    appToken ??= requestToken({ grant_type: 'client_credentials' }).catch((error: unknown) => {
      appToken = undefined
      throw error
    })
    return appToken
  }

  async function requestToken(fields: Record<string, string>): Promise<string> {
    // In the body, never in the address: addresses end up in logs.
    const body = new URLSearchParams({ client_id: clientId, client_secret: clientSecret, ...fields })
    const response = await send(`${idBase}/oauth2/token`, { method: 'POST', body })
    return parse(Token, await expectOk(response, 'token')).access_token
  }

  /** A call to Helix with the app's own token: renewed once when Twitch does not know it. */
  async function helix(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<Response> {
    for (let tries = 1; ; tries++) {
      const token = await getAppToken()
      const response = await send(`${apiBase}/helix/${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          'client-id': clientId,
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
      })
      if (response.status === 429 && response.headers.get('ratelimit-remaining') === '0') {
        const reset = Number(response.headers.get('ratelimit-reset')) * 1_000
        throw new StreamsError('busy', `Twitch asks us to wait with ${path.split('?')[0]}`, reset || null)
      }
      if (response.status !== 401 || tries === 2) return response
      await response.body?.cancel()
      appToken = undefined
    }
  }

  return {
    authorizeUrl(state) {
      const query = new URLSearchParams({
        response_type: 'code',
        client_id: clientId,
        redirect_uri: redirectUrl,
        scope: '',
        state,
        force_verify: 'true',
      })
      return `${idBase}/oauth2/authorize?${query}`
    },

    async identify(code) {
      const token = await requestToken({
        grant_type: 'authorization_code',
        code,
        redirect_uri: redirectUrl,
      })
      const validated = await send(`${idBase}/oauth2/validate`, {
        headers: { authorization: `OAuth ${token}` },
      })
      const { client_id, user_id } = parse(Validated, await expectOk(validated, 'validate'))
      if (client_id !== clientId) throw new StreamsError('refused', 'Twitch: a token of another application')
      const users = await send(`${apiBase}/helix/users`, {
        headers: { authorization: `Bearer ${token}`, 'client-id': clientId },
      })
      const self = parse(Users, await expectOk(users, 'users')).data.find(({ id }) => id === user_id)
      if (!self) throw new StreamsError('refused', 'Twitch: the token is for nobody')
      // The token is let go here. Revoking it might take back the permission that makes subscriptions free.
      return { channelId: self.id, login: self.login, displayName: self.display_name }
    },

    async findLive(channelIds) {
      const live = new Map<string, Extract<Signal, { kind: 'online' }>>()
      for (let at = 0; at < channelIds.length; at += CHANNELS_PER_CALL) {
        const query = new URLSearchParams({ type: 'live', first: String(CHANNELS_PER_CALL) })
        for (const id of channelIds.slice(at, at + CHANNELS_PER_CALL)) query.append('user_id', id)
        const response = await helix('GET', `streams?${query}`)
        for (const stream of parse(LiveStreams, await expectOk(response, 'streams')).data) {
          if (stream.type !== 'live') continue
          const startedAt = Date.parse(stream.started_at)
          live.set(stream.user_id, {
            kind: 'online',
            streamId: stream.id,
            startedAt,
            // The list lingers after the end, so being in it proves no more than the beginning.
            at: startedAt,
            title: stream.title || null,
            game: stream.game_name || null,
          })
        }
      }
      return live
    },

    async listSubscriptions() {
      const found: Subscription[] = []
      let cursor: string | undefined
      do {
        const query = new URLSearchParams(cursor === undefined ? {} : { after: cursor })
        const response = await helix('GET', `eventsub/subscriptions?${query}`)
        const page = parse(Subscriptions, await expectOk(response, 'subscriptions'))
        for (const one of page.data) {
          const { method, callback: called = '' } = one.transport
          if (method !== 'webhook') continue
          found.push({
            subscriptionId: one.id,
            topic: toTopic(one.type, one.version, one.condition, clientId),
            status: one.status,
            isOurCallback: called === callback || called.startsWith(`${callback}/`),
            signedWith: called === callbacks[0] ? 'newest' : callbacks.includes(called) ? 'older' : 'unknown',
            createdAt: Date.parse(one.created_at),
          })
        }
        cursor = page.pagination?.cursor
      } while (cursor)
      return found
    },

    async subscribe(topic) {
      const response = await helix('POST', 'eventsub/subscriptions', {
        type: topic.type,
        version: '1',
        condition: 'channelId' in topic ? { broadcaster_user_id: topic.channelId } : { client_id: clientId },
        transport: { method: 'webhook', callback: callbacks[0], secret: options.eventSubSecrets[0] },
      })
      if (response.status === 409) return 'exists'
      if (response.status === 429) {
        throw new StreamsError('full', `Twitch allows no more subscriptions of ${topic.type}`)
      }
      await expectOk(response, 'subscribe')
      return 'made'
    },

    async unsubscribe(subscriptionId) {
      const query = new URLSearchParams({ id: subscriptionId })
      const response = await helix('DELETE', `eventsub/subscriptions?${query}`)
      if (response.status !== 404) await expectOk(response, 'unsubscribe')
    },

    parseMessage: readMessage,
  }
}

/**
 * Tells one secret from another and nothing about either. Twitch never says which secret a subscription was made with, but
 * always which address it calls.
 */
function markOf(secret: string, key: string): string {
  return createHmac('sha256', key).update(secret).digest('hex').slice(0, 12)
}

async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) })
  } catch {
    // Without a cause: what went wrong on the wire may show what was sent.
    throw new StreamsError('busy', `Twitch does not answer at ${new URL(url).pathname}`)
  }
}

async function expectOk(response: Response, what: string): Promise<unknown> {
  if (response.ok) return response.status === 204 ? null : response.json().catch(() => null)
  await response.body?.cancel()
  const refused = response.status >= 400 && response.status < 500 && ![401, 429].includes(response.status)
  throw new StreamsError(refused ? 'refused' : 'busy', `Twitch answered ${response.status} to ${what}`)
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body)
  // Not the body itself: it may hold a token.
  if (!parsed.success) throw new StreamsError('busy', 'Twitch answered in a shape that we do not know')
  return parsed.data
}
