import { randomUUID } from 'node:crypto'
import type { Context, Hono } from 'hono'
import { z } from 'zod'
import { fromCursor, toCursor } from './cursor.ts'
import { helixError } from './errors.ts'
import { toTimestamp } from './signature.ts'
import type { Env, Stand } from './stand.ts'
import type { SubscriptionRecord } from './tables.ts'

interface EventType {
  readonly version: string
  readonly condition: string
  /** What the channel's owner must have granted to the app. */
  readonly scope?: string
}

/** The types that can be subscribed to here. The last one never fires: it is there to be refused. */
const TYPES: Readonly<Record<string, EventType>> = {
  'stream.online': { version: '1', condition: 'broadcaster_user_id' },
  'stream.offline': { version: '1', condition: 'broadcaster_user_id' },
  'user.authorization.revoke': { version: '1', condition: 'client_id' },
  'channel.subscribe': {
    version: '1',
    condition: 'broadcaster_user_id',
    scope: 'channel:read:subscriptions',
  },
}
/** Families of types that the real Twitch has. */
const KNOWN_FAMILY = /^(automod|channel|conduit|drop|extension|stream|user)\.[a-z_.]+$/
/** Subscriptions of one type and condition, differing by callback. */
const SAME_CONDITION_LIMIT = 3

const SubscriptionBody = z.object({
  type: z.string().min(1),
  version: z.string().min(1),
  condition: z.record(z.string(), z.string()),
  transport: z.object({
    method: z.literal('webhook'),
    callback: z.url({ protocol: /^https?$/ }),
    secret: z.string().regex(/^[\x20-\x7e]{10,100}$/, 'must be 10 to 100 characters of ASCII'),
  }),
})

/**
 * EventSub over webhooks: create with a challenge, list in pages, delete. Unlike at Twitch a callback may be plain http
 * on any port, unless `strictCallbacks` is set.
 */
export function mountSubscriptions(hono: Hono<Env>, stand: Stand): void {
  const { tables, app, messages, clock, log } = stand
  const path = '/helix/eventsub/subscriptions'

  hono.use(path, (c, next) =>
    c.get('token').userId === null
      ? next()
      : Promise.resolve(helixError(c, 400, 'invalid transport and auth combination')),
  )

  hono.post(path, async (c) => {
    const parsed = SubscriptionBody.safeParse(await c.req.json().catch(() => undefined))
    if (!parsed.success) return helixError(c, 400, `invalid subscription: ${z.prettifyError(parsed.error)}`)
    const { type, version, condition, transport } = parsed.data
    const refused = refuse(c, parsed.data)
    if (refused) return refused
    const broadcaster = condition.broadcaster_user_id
    const subscription: SubscriptionRecord = {
      id: randomUUID(),
      position: tables.next('subscription'),
      status: 'webhook_callback_verification_pending',
      type,
      version,
      condition,
      callback: transport.callback,
      secret: transport.secret,
      created_at: toTimestamp(clock()),
      // Free when the channel's owner has authorised the app.
      cost: broadcaster !== undefined && tables.grants.get(broadcaster) ? 0 : 1,
      endedAt: null,
    }
    const { totalCost } = totals(stand)
    if (totalCost + subscription.cost > tables.settings().maxTotalCost)
      return helixError(c, 429, 'the total cost of subscriptions is at its maximum')
    tables.subscriptions.set(subscription.id, subscription)
    const seen = toWire(subscription)
    messages.send('webhook_callback_verification', subscription, {
      challenge: randomUUID(),
      subscription: seen,
    })
    if (tables.settings().challengeFirst) await messages.settled(subscription.id)
    return c.json({ data: [seen], ...toEnvelope(stand) }, 202)
  })

  hono.get(path, (c) => {
    const filters = ['status', 'type', 'user_id', 'subscription_id'].filter((name) => c.req.query(name))
    if (filters.length > 1)
      return helixError(c, 400, 'specify only one filter: status, type, user_id or subscription_id')
    const { status, type, user_id: userId, subscription_id: id } = c.req.query()
    const after = fromCursor(c.req.query('after'))
    if (after === null) return helixError(c, 400, 'the cursor is not valid')
    const found = tables.subscriptions
      .values()
      .filter(
        (one) =>
          one.position > after &&
          (!status || one.status === status) &&
          (!type || one.type === type) &&
          (!userId || Object.values(one.condition).includes(userId)) &&
          (!id || one.id === id),
      )
    const page = found.slice(0, tables.settings().pageSize)
    const last = page.at(-1)
    return c.json({
      ...toEnvelope(stand),
      data: page.map(toWire),
      pagination: last && found.length > page.length ? { cursor: toCursor(last.position) } : {},
    })
  })

  hono.delete(path, (c) => {
    const id = c.req.query('id')
    if (!id) return helixError(c, 400, 'the id query parameter is required')
    if (!tables.subscriptions.get(id)) return helixError(c, 404, 'subscription not found')
    messages.drop(id)
    tables.subscriptions.delete(id)
    return c.body(null, 204)
  })

  function refuse(c: Context<Env>, asked: z.output<typeof SubscriptionBody>): Response | null {
    const { type, version, condition, transport } = asked
    const known = TYPES[type]
    if (!known && KNOWN_FAMILY.test(type)) {
      const message = `local Twitch has no EventSub type ${type}`
      log(`NOT BUILT: ${message}`)
      return helixError(c, 501, message)
    }
    if (!known || known.version !== version)
      return helixError(c, 400, 'invalid subscription type and version')
    const value = condition[known.condition]
    if (value === undefined || Object.keys(condition).length !== 1)
      return helixError(c, 400, `the condition of ${type} is ${known.condition}`)
    if (known.condition === 'client_id' && value !== app.clientId)
      return helixError(c, 400, 'the client id in the condition must be that of the token')
    if (known.condition !== 'client_id' && !tables.users.get(value))
      return helixError(c, 400, 'the user in the condition does not exist')
    const { protocol, port } = new URL(transport.callback)
    // URL leaves the port of the protocol itself out.
    if (tables.settings().strictCallbacks && (protocol !== 'https:' || port !== ''))
      return helixError(c, 400, 'the callback must be https on port 443')
    if (known.scope && !tables.grants.get(value)?.scope.includes(known.scope))
      return helixError(c, 403, 'subscription missing proper authorization')
    const same = tables.subscriptions
      .values()
      .filter((one) => isAlive(one) && one.type === type && one.condition[known.condition] === value)
    if (same.some((one) => one.callback === transport.callback))
      return helixError(c, 409, 'subscription already exists')
    if (same.length >= SAME_CONDITION_LIMIT)
      return helixError(c, 429, 'maximum subscriptions with type and condition exceeded')
    return null
  }
}

/** The challenge came back, or it did not. */
export function concludeChallenge(stand: Pick<Stand, 'tables' | 'clock'>, id: string, proven: boolean): void {
  const subscription = stand.tables.subscriptions.get(id)
  if (subscription?.status !== 'webhook_callback_verification_pending') return
  const status = proven ? 'enabled' : 'webhook_callback_verification_failed'
  stand.tables.subscriptions.set(id, { ...subscription, status, endedAt: proven ? null : stand.clock() })
}

/** Twitch takes a subscription away: nothing more goes out but the news of it. False when it is dead already. */
export function endSubscription(stand: Stand, id: string, status: string): boolean {
  const subscription = stand.tables.subscriptions.get(id)
  if (!subscription || !isAlive(subscription)) return false
  const ended = { ...subscription, status, endedAt: stand.clock() }
  stand.tables.subscriptions.set(id, ended)
  stand.messages.drop(id)
  stand.messages.send('revocation', ended, { subscription: toWire(ended) })
  return true
}

/** Tell every enabled subscription of this type about `event`; `about` is the value of its condition. */
export function notify(stand: Stand, type: string, about: string, event: object): void {
  for (const subscription of stand.tables.subscriptions.values())
    if (
      subscription.type === type &&
      subscription.status === 'enabled' &&
      Object.values(subscription.condition).includes(about)
    )
      stand.messages.send('notification', subscription, { subscription: toWire(subscription), event })
}

/** Failed subscriptions stay listed for a while, but no longer count. */
export function isAlive({ endedAt }: SubscriptionRecord): boolean {
  return endedAt === null
}

/** Forget subscriptions that died before `before`, UTC ms. */
export function pruneSubscriptions({ tables }: Pick<Stand, 'tables'>, before: number): void {
  for (const { id, endedAt } of tables.subscriptions.values())
    if (endedAt !== null && endedAt < before) tables.subscriptions.delete(id)
}

/** How many there are, dead ones included, and what the living ones cost. */
export function totals({ tables }: Pick<Stand, 'tables'>): { total: number; totalCost: number } {
  const all = tables.subscriptions.values()
  return {
    total: all.length,
    totalCost: all.filter(isAlive).reduce((sum, { cost }) => sum + cost, 0),
  }
}

function toEnvelope(stand: Stand): object {
  const { total, totalCost } = totals(stand)
  return { total, total_cost: totalCost, max_total_cost: stand.tables.settings().maxTotalCost }
}

/** The fields in the order in which Twitch writes them. */
function toWire(subscription: SubscriptionRecord): object {
  const { id, status, type, version, condition, callback, created_at, cost } = subscription
  return {
    id,
    status,
    type,
    version,
    condition,
    transport: { method: 'webhook', callback },
    created_at,
    cost,
  }
}
