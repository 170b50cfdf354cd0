import type { MiddlewareHandler } from 'hono'
import { routePath } from 'hono/route'
import { REQUEST_ID_HEADER } from '#contract'
import { NO_STEP, type Step, type Telemetry } from './telemetry.ts'
import { currentTrace, resumeTrace, runInTrace } from './trace.ts'

const REQUEST_ID_SHAPE = /^[\w-]{1,100}$/

/**
 * Every request is one step of its trace, carries its request id in the answer, and leaves one line in the log.
 * `callers` says whether a request id is believed: our own services' are, the public's are not.
 */
export function observe(options: {
  readonly log: Readonly<Record<'info' | 'debug', (details: object, message: string) => void>>
  readonly level: 'info' | 'debug'
  readonly callers: 'ours' | 'public'
  readonly telemetry: Telemetry
}): MiddlewareHandler {
  const { log, telemetry } = options
  return async (c, next) => {
    const given = options.callers === 'ours' ? c.req.header(REQUEST_ID_HEADER) : undefined
    const trace = resumeTrace({
      traceparent: c.req.header('traceparent'),
      cloudTrace: c.req.header('x-cloud-trace-context'),
      requestId: given && REQUEST_ID_SHAPE.test(given) ? given : undefined,
    })
    const began = performance.now()
    async function serve(step: Step): Promise<void> {
      // Before there is an answer: a header that is added to one costs as much again as the answer itself.
      c.header(REQUEST_ID_HEADER, trace.requestId)
      await next()
      // The pattern, never the path: link tokens are part of some paths.
      const route = routePath(c, -1)
      const { method } = c.req
      const { status } = c.res
      const ms = Math.round((performance.now() - began) * 10) / 10
      log[isProbe(c.req.path) ? 'debug' : options.level]({ method, route, status, ms }, 'answered')
      step.rename(`${method} ${route}`)
      const facts = {
        'http.request.method': method,
        'http.route': route,
        'http.response.status_code': status,
      }
      step.note(facts)
      telemetry.time('http.server.request.duration', ms / 1_000, facts)
    }
    // Probes come every few seconds.
    if (isProbe(c.req.path)) return runInTrace(trace, () => serve(NO_STEP))
    return runInTrace(trace, () => telemetry.inStep(c.req.method, {}, serve, 'server'))
  }
}

const isProbe = (path: string) => path === '/livez' || path === '/readyz'

/** The id that the caller is told, for a person to quote. */
export const requestIdHere = (): string => currentTrace()?.requestId ?? crypto.randomUUID()
