import { createHmac, randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { pino } from 'pino'
import { z } from 'zod'
import type { State } from '../state.ts'

const POINTS_PER_MINUTE = 800
const TOKEN_LIVES_S = 5_000_000
/** Small, so that a client meets cursors. */
const PAGE = 5
const SAME_CONDITION_LIMIT = 3

export interface LocalTwitch {
  readonly url: string
  readonly port: number
  /** Resolves when no message is on its way to a callback. */
  idle(): Promise<void>
  close(): Promise<void>
}

interface User {
  readonly id: string
  readonly login: string
  readonly display_name: string
  readonly created_at: string
}

interface Stream {
  readonly id: string
  readonly user_id: string
  readonly title: string
  readonly started_at: string
}

interface Subscription {
  readonly id: string
  readonly status: string
  readonly type: string
  readonly version: string
  readonly condition: Readonly<Record<string, string>>
  readonly created_at: string
  readonly transport: { readonly method: 'webhook'; readonly callback: string }
  readonly cost: number
}

interface Token {
  readonly clientId: string
  /** UTC ms */
  readonly expiresAt: number
}

/** The builders' channels; the logins are their names in the local Discord. */
const USERS: readonly User[] = [
  { id: '501', login: 'juniper_makes', display_name: 'Juniper_Makes', created_at: '2021-03-04T10:00:00Z' },
  { id: '502', login: 'mossworks', display_name: 'Mossworks', created_at: '2022-08-19T17:30:00Z' },
]

const SubscriptionBody = z.object({
  type: z.enum(['stream.online', 'stream.offline', 'user.authorization.revoke']),
  version: z.literal('1'),
  condition: z.record(z.string(), z.string()),
  transport: z.object({
    method: z.literal('webhook'),
    callback: z.url({ protocol: /^https?$/ }),
    secret: z.string().regex(/^[\x20-\x7e]{10,100}$/),
  }),
})

/**
 * A Twitch of one's own: app tokens, users, streams, and EventSub subscriptions over webhooks with their signed
 * challenge. Unlike Twitch's, a callback may be plain http on any port. `clock` answers UTC ms. Rejects when the
 * port is taken.
 */
export async function startLocalTwitch(options: {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly state: State
  readonly clock: () => number
  readonly log?: (message: string) => void
}): Promise<LocalTwitch> {
  const { clock, state } = options
  const logger = options.log ? null : pino({ name: 'local-twitch' })
  const log = options.log ?? ((message: string) => logger?.warn(message))
  const tokens = state.table<Token>('twitch.tokens')
  const users = state.table<User>('twitch.users')
  const streams = state.table<Stream>('twitch.streams')
  const subscriptions = state.table<Subscription>('twitch.subscriptions')
  for (const user of USERS) if (!users.get(user.id)) users.set(user.id, user)
  const stop = new AbortController()
  const challenges = new Set<Promise<void>>()

  const app = new Hono()

  app.post('/oauth2/token', async (c) => {
    const form = await c.req.parseBody()
    const { client_id: clientId, client_secret: secret, grant_type: grant } = form
    if (typeof clientId !== 'string' || clientId === '') return idError(c, 400, 'missing client id')
    if (typeof secret !== 'string' || secret === '') return idError(c, 403, 'invalid client secret')
    if (grant !== 'client_credentials') {
      const what = `grant_type ${String(grant)} at POST /oauth2/token`
      log(`NOT BUILT: local Twitch has no ${what}`)
      return idError(c, 501, `local Twitch has no ${what}`)
    }
    const token = randomBytes(15).toString('hex')
    tokens.set(token, { clientId, expiresAt: clock() + TOKEN_LIVES_S * 1000 })
    return c.json({ access_token: token, expires_in: TOKEN_LIVES_S, token_type: 'bearer' })
  })

  app.use('/helix/*', async (c, next) => {
    c.header('ratelimit-limit', String(POINTS_PER_MINUTE))
    c.header('ratelimit-remaining', String(POINTS_PER_MINUTE - 1))
    c.header('ratelimit-reset', String(Math.ceil(clock() / 1000) + 1))
    const bearer = /^Bearer (\S+)$/.exec(c.req.header('authorization') ?? '')?.[1]
    if (bearer === undefined) return helixError(c, 401, 'OAuth token is missing')
    const token = tokens.get(bearer)
    if (!token || token.expiresAt <= clock()) return helixError(c, 401, 'Invalid OAuth token')
    if (token.clientId !== c.req.header('client-id'))
      return helixError(c, 401, 'Client ID and OAuth token do not match')
    return next()
  })

  app.get('/helix/users', (c) => {
    const ids = c.req.queries('id') ?? []
    const logins = c.req.queries('login') ?? []
    if (ids.length + logins.length === 0)
      return helixError(c, 400, 'Must provide an ID, Login or OAuth Token.')
    if (ids.length + logins.length > 100) return helixError(c, 400, 'The maximum number of users is 100.')
    const data = users
      .values()
      .filter((user) => ids.includes(user.id) || logins.includes(user.login))
      .map((user) => ({
        ...user,
        type: '',
        broadcaster_type: '',
        description: '',
        profile_image_url: '',
        offline_image_url: '',
        view_count: 0,
      }))
    return c.json({ data })
  })

  app.get('/helix/streams', (c) => {
    const ids = c.req.queries('user_id') ?? []
    const logins = c.req.queries('user_login') ?? []
    if (ids.length > 100 || logins.length > 100)
      return helixError(c, 400, 'The maximum number of users is 100.')
    const first = Number(c.req.query('first') ?? 20)
    if (!Number.isInteger(first) || first < 1 || first > 100)
      return helixError(c, 400, 'The parameter "first" must be between 1 and 100.')
    const all = ids.length + logins.length === 0
    const live = streams.values().flatMap((stream) => {
      const user = users.get(stream.user_id)
      if (!user || !(all || ids.includes(user.id) || logins.includes(user.login))) return []
      return [toStream(stream, user)]
    })
    const at = Number(c.req.query('after') ?? 0)
    const more = at + first < live.length
    return c.json({
      data: live.slice(at, at + first),
      pagination: more ? { cursor: String(at + first) } : {},
    })
  })

  app.post('/helix/eventsub/subscriptions', async (c) => {
    const body: unknown = await c.req.json().catch(() => undefined)
    const parsed = SubscriptionBody.safeParse(body)
    if (!parsed.success) return helixError(c, 400, `invalid subscription: ${z.prettifyError(parsed.error)}`)
    const { type, version, condition, transport } = parsed.data
    const problem = conditionProblem(type, condition, c.req.header('client-id') ?? '')
    if (problem) return helixError(c, 400, problem)
    const same = subscriptions
      .values()
      .filter((one) => isAlive(one) && one.type === type && equal(one.condition, condition))
    if (same.some((one) => one.transport.callback === transport.callback))
      return helixError(c, 409, 'subscription already exists')
    if (same.length >= SAME_CONDITION_LIMIT)
      return helixError(c, 429, 'maximum subscriptions with type and condition exceeded')
    const subscription: Subscription = {
      id: randomUUID(),
      status: 'webhook_callback_verification_pending',
      type,
      version,
      condition,
      created_at: new Date(clock()).toISOString(),
      transport: { method: 'webhook', callback: transport.callback },
      cost: type === 'user.authorization.revoke' ? 1 : 0,
    }
    subscriptions.set(subscription.id, subscription)
    const work = challenge(subscription, transport.secret).finally(() => challenges.delete(work))
    challenges.add(work)
    return c.json({ data: [subscription], ...totals() }, 202)
  })

  app.get('/helix/eventsub/subscriptions', (c) => {
    const filters = ['status', 'type', 'user_id', 'subscription_id'].filter((name) => c.req.query(name))
    if (filters.length > 1)
      return helixError(c, 400, 'You may specify only one filter: status, type, user_id or subscription_id.')
    const { status, type, user_id: userId, subscription_id: id } = c.req.query()
    const found = subscriptions
      .values()
      .filter(
        (one) =>
          (status === undefined || one.status === status) &&
          (type === undefined || one.type === type) &&
          (userId === undefined || Object.values(one.condition).includes(userId)) &&
          (id === undefined || one.id === id),
      )
    const at = Number(c.req.query('after') ?? 0)
    if (!Number.isInteger(at) || at < 0) return helixError(c, 400, 'The cursor is invalid.')
    return c.json({
      data: found.slice(at, at + PAGE),
      ...totals(),
      pagination: at + PAGE < found.length ? { cursor: String(at + PAGE) } : {},
    })
  })

  app.delete('/helix/eventsub/subscriptions', (c) => {
    const id = c.req.query('id')
    if (!id) return helixError(c, 400, 'The id query parameter is required.')
    if (!subscriptions.get(id)) return helixError(c, 404, 'The subscription was not found.')
    subscriptions.delete(id)
    return c.body(null, 204)
  })

  app.notFound((c) => {
    const message = `local Twitch has no ${c.req.method} ${c.req.path}`
    log(`NOT BUILT: ${message}`)
    return c.json({ error: 'Not Implemented', status: 501, message }, 501)
  })
  app.onError((error, c) => {
    log(`local Twitch broke: ${error.stack ?? error.message}`)
    return helixError(c, 500, 'local Twitch broke: see its log')
  })

  function totals() {
    const cost = subscriptions.values().reduce((sum, one) => sum + (isAlive(one) ? one.cost : 0), 0)
    return { total: subscriptions.values().length, total_cost: cost, max_total_cost: 10_000 }
  }

  function conditionProblem(type: string, condition: Readonly<Record<string, string>>, clientId: string) {
    const wanted = type === 'user.authorization.revoke' ? 'client_id' : 'broadcaster_user_id'
    const value = condition[wanted]
    if (value === undefined || Object.keys(condition).length !== 1)
      return `the condition of ${type} is ${wanted}`
    if (wanted === 'client_id') return value === clientId ? null : 'client_id must be that of the token'
    return users.get(value) ? null : 'the user in the condition does not exist'
  }

  /** Ask the callback to prove itself: it must answer 2xx with the challenge as plain text. */
  async function challenge(subscription: Subscription, secret: string): Promise<void> {
    const proof = randomUUID()
    const body = JSON.stringify({ challenge: proof, subscription })
    const messageId = randomUUID()
    const timestamp = new Date(clock()).toISOString()
    const hmac = createHmac('sha256', secret).update(messageId + timestamp + body)
    let proven = false
    try {
      const response = await fetch(subscription.transport.callback, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'twitch-eventsub-message-id': messageId,
          'twitch-eventsub-message-retry': '0',
          'twitch-eventsub-message-type': 'webhook_callback_verification',
          'twitch-eventsub-message-signature': `sha256=${hmac.digest('hex')}`,
          'twitch-eventsub-message-timestamp': timestamp,
          'twitch-eventsub-subscription-type': subscription.type,
          'twitch-eventsub-subscription-version': subscription.version,
        },
        body,
        redirect: 'manual',
        signal: AbortSignal.any([stop.signal, AbortSignal.timeout(10_000)]),
      })
      const plain = response.headers.get('content-type')?.startsWith('text/plain') ?? false
      proven = (await response.text()) === proof && response.status === 200 && plain
    } catch (error) {
      log(`no answer from ${subscription.transport.callback}: ${error instanceof Error ? error.message : ''}`)
    }
    if (stop.signal.aborted || !subscriptions.get(subscription.id)) return
    const status = proven ? 'enabled' : 'webhook_callback_verification_failed'
    subscriptions.set(subscription.id, { ...subscription, status })
  }

  const server = createServer(getRequestListener(app.fetch))
  server.listen(options.port, options.host)
  // Rejects with the system's error when the port is taken.
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  return {
    url: `http://${options.host}:${port}`,
    port,
    async idle() {
      while (challenges.size > 0) await Promise.all(challenges)
    },
    async close() {
      stop.abort()
      await Promise.all(challenges)
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

function toStream(stream: Stream, user: User) {
  return {
    id: stream.id,
    user_id: user.id,
    user_login: user.login,
    user_name: user.display_name,
    game_id: '509660',
    game_name: 'Art',
    type: 'live',
    title: stream.title,
    viewer_count: 12,
    started_at: stream.started_at,
    language: 'en',
    thumbnail_url: '',
    tag_ids: [],
    tags: [],
    is_mature: false,
  }
}

/** Failed subscriptions stay listed, but no longer count. */
function isAlive(subscription: Subscription): boolean {
  return ['enabled', 'webhook_callback_verification_pending'].includes(subscription.status)
}

function equal(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  return Object.keys(a).length === Object.keys(b).length && Object.keys(a).every((key) => a[key] === b[key])
}

/** The envelope of api.twitch.tv. */
function helixError(c: Context, status: ContentfulStatusCode, message: string): Response {
  const names: Readonly<Record<number, string>> = {
    400: 'Bad Request',
    401: 'Unauthorized',
    404: 'Not Found',
    409: 'Conflict',
    429: 'Too Many Requests',
  }
  return c.json({ error: names[status] ?? 'Internal Server Error', status, message }, status)
}

/** id.twitch.tv leaves the name of the error out. */
function idError(c: Context, status: ContentfulStatusCode, message: string): Response {
  return c.json({ status, message }, status)
}
