import type { Hono } from 'hono'
import { helixError } from './errors.ts'
import type { Env, Stand } from './stand.ts'

interface Bucket {
  readonly points: number
  /** UTC ms */
  readonly at: number
}

export interface RateLimit {
  /** From now on the bucket of every client has so many points. */
  setRemaining(points: number): void
}

/** What holds for every Helix route: a bucket of points per client id, then a token that belongs to the client id. */
export function mountHelixRules(hono: Hono<Env>, { tables, clock, app }: Stand): RateLimit {
  const buckets = new Map<string, Bucket>()

  hono.use('/helix/*', async (c, next) => {
    const clientId = c.req.header('client-id') ?? ''
    const { pointsPerMinute: limit } = tables.settings()
    const before = buckets.get(clientId) ?? { points: limit, at: clock() }
    const refilled = before.points + ((clock() - before.at) / 60_000) * limit
    const points = Math.min(limit, refilled) - 1
    const left = Math.max(0, Math.floor(points))
    c.header('ratelimit-limit', String(limit))
    c.header('ratelimit-remaining', String(left))
    c.header('ratelimit-reset', String(Math.ceil(clock() / 1000 + ((limit - left) / limit) * 60)))
    // A refused request costs nothing.
    buckets.set(clientId, { points: points < 0 ? points + 1 : points, at: clock() })
    if (points < 0) return helixError(c, 429, 'too many requests')

    const bearer = /^Bearer (\S+)$/.exec(c.req.header('authorization') ?? '')?.[1]
    if (bearer === undefined) return helixError(c, 401, 'OAuth token is missing')
    const token = tables.tokens.get(bearer)
    if (!token || (token.expiresAt ?? 0) <= clock()) return helixError(c, 401, 'Invalid OAuth token')
    if (clientId !== app.clientId) return helixError(c, 401, 'Client ID and OAuth token do not match')
    c.set('token', token)
    return next()
  })

  return {
    setRemaining(points) {
      buckets.clear()
      buckets.set(app.clientId, { points, at: clock() })
    },
  }
}
