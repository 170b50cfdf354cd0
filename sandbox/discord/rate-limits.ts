import type { MiddlewareHandler } from 'hono'

interface Bucket {
  readonly name: string
  readonly limit: number
  readonly windowMs: number
}

const GLOBAL_LIMIT = 50

/**
 * Discord's limits: fixed windows per route and major resource, told in headers; beyond them 429 with Retry-After.
 * Real time, not the sandbox's clock: they protect throughput, and clients wait them out in real time.
 */
export function createRateLimits() {
  const windows = new Map<string, { used: number; endsAt: number }>()
  let global = { used: 0, endsAt: 0 }

  /** Counts one call: how many are left in its window (negative: too many), and seconds until the next. */
  function take(key: string, bucket: Bucket, now: number) {
    let window = windows.get(key)
    if (!window || window.endsAt <= now) {
      window = { used: 0, endsAt: now + bucket.windowMs }
      windows.set(key, window)
      if (windows.size > 2000) for (const [old, { endsAt }] of windows) if (endsAt <= now) windows.delete(old)
    }
    window.used += 1
    return { left: bucket.limit - window.used, seconds: (window.endsAt - now) / 1000 }
  }

  return {
    /** 50 calls a second for the bot as a whole. */
    global: (async (c, next) => {
      const now = performance.now()
      if (global.endsAt <= now) global = { used: 0, endsAt: now + 1000 }
      global.used += 1
      if (global.used <= GLOBAL_LIMIT) return next()
      const wait = (global.endsAt - now) / 1000
      c.header('X-RateLimit-Global', 'true')
      c.header('X-RateLimit-Scope', 'global')
      c.header('Retry-After', wait.toFixed(3))
      return c.json({ message: 'You are being rate limited.', retry_after: wait, global: true }, 429)
    }) satisfies MiddlewareHandler,

    /** `major`: the path parameter whose every value has a bucket of its own, as a channel. */
    route(bucket: Bucket, major?: string): MiddlewareHandler {
      return async (c, next) => {
        const now = performance.now()
        const { left, seconds } = take(`${bucket.name} ${major ? c.req.param(major) : ''}`, bucket, now)
        c.header('X-RateLimit-Limit', String(bucket.limit))
        c.header('X-RateLimit-Remaining', String(Math.max(0, left)))
        c.header('X-RateLimit-Reset', (Date.now() / 1000 + seconds).toFixed(3))
        c.header('X-RateLimit-Reset-After', seconds.toFixed(3))
        c.header('X-RateLimit-Bucket', Buffer.from(bucket.name).toString('hex').padEnd(32, '0'))
        if (left >= 0) return next()
        c.header('X-RateLimit-Scope', 'user')
        c.header('Retry-After', seconds.toFixed(3))
        return c.json({ message: 'You are being rate limited.', retry_after: seconds, global: false }, 429)
      }
    },
  }
}
