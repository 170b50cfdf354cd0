import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Hono } from 'hono'
import type { Faults } from '../faults.ts'
import { helixError, idError } from './errors.ts'
import type { Env, Stand } from './stand.ts'

const DEFAULT_DELAY_MS = 1_000

/** Let the faults that were asked for happen to requests of the app: Helix, and id.twitch.tv without its page. */
export function mountFaults(
  hono: Hono<Env>,
  faults: Faults,
  { log, clock }: Pick<Stand, 'log' | 'clock'>,
): void {
  hono.use('*', async (c, next) => {
    const isHelix = c.req.path.startsWith('/helix/')
    if (!isHelix && !(c.req.path.startsWith('/oauth2/') && c.req.path !== '/oauth2/authorize')) return next()
    const route = `${c.req.method} ${c.req.path}`
    const fault = faults.take(route, route)
    if (!fault) return next()
    log(`fault on purpose: ${fault.kind} for ${route}`)
    const answer = isHelix ? helixError : idError
    switch (fault.kind) {
      case '429':
        c.header('ratelimit-remaining', '0')
        c.header('ratelimit-reset', String(Math.ceil(clock() / 1000) + 1))
        return answer(c, 429, 'too many requests (on purpose)')
      case '500':
        return answer(c, 500, 'internal error (on purpose)')
      case 'reset_before':
        c.env.incoming.socket.destroy()
        return RESPONSE_ALREADY_SENT
      case 'slow':
        await sleep(fault.delayMs ?? DEFAULT_DELAY_MS)
        return next()
      case 'reset_after':
        await next()
        c.env.incoming.socket.destroy()
        c.res = RESPONSE_ALREADY_SENT
        return
      case 'timeout':
        await next()
        await once(c.env.outgoing, 'close')
        c.res = RESPONSE_ALREADY_SENT
        return
      default:
        return fault.kind satisfies never
    }
  })
}
