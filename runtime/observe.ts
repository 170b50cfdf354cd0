import type { MiddlewareHandler } from 'hono'
import { routePath } from 'hono/route'
import { REQUEST_ID_HEADER } from '#contract'
import { currentTrace, resumeTrace, runInTrace } from './trace.ts'

const REQUEST_ID_SHAPE = /^[\w-]{1,100}$/

/**
 * Every request runs in its trace, carries its request id in the answer, and leaves one line in the log. `callers`
 * says whether a request id is believed: our own services' are, the public's are not.
 */
export function observe(options: {
  readonly log: Readonly<Record<'info' | 'debug', (details: object, message: string) => void>>
  readonly level: 'info' | 'debug'
  readonly callers: 'ours' | 'public'
}): MiddlewareHandler {
  return async (c, next) => {
    const given = options.callers === 'ours' ? c.req.header(REQUEST_ID_HEADER) : undefined
    const trace = resumeTrace({
      traceparent: c.req.header('traceparent'),
      cloudTrace: c.req.header('x-cloud-trace-context'),
      requestId: given && REQUEST_ID_SHAPE.test(given) ? given : undefined,
    })
    const began = performance.now()
    await runInTrace(trace, async () => {
      await next()
      c.header(REQUEST_ID_HEADER, trace.requestId)
      // The pattern, never the path: link tokens are part of some paths.
      const route = routePath(c, -1)
      const ms = Math.round((performance.now() - began) * 10) / 10
      // Probes come every few seconds.
      const level = /^\/(livez|readyz)$/.test(route) ? 'debug' : options.level
      options.log[level]({ method: c.req.method, route, status: c.res.status, ms }, 'answered')
    })
  }
}

/** The id that the caller is told, for a person to quote. */
export const requestIdHere = (): string => currentTrace()?.requestId ?? crypto.randomUUID()
