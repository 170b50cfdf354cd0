import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Logger } from 'pino'
import {
  AppError,
  type ErrorBody,
  type ErrorCode,
  isAppError,
  PUSHES,
  type PushInput,
  type PushName,
  type PushOutput,
  type Recognise,
} from '#contract'
import { observe, requestIdHere } from '../runtime/observe.ts'
import type { Telemetry } from '../runtime/telemetry.ts'

const BODY_AT_MOST = 64 * 1024

/** How each push is carried out; it is answered when the promise is kept. */
export type PushHandlers = { readonly [N in PushName]: (input: PushInput<N>) => Promise<PushOutput<N>> }

/**
 * The bot's own small server: core's pushes, and health. A push that was not done is answered with an
 * error status, and core sends it again.
 */
export function createPushServer(deps: {
  readonly recognise: Recognise<'core'>
  readonly handlers: PushHandlers
  /** Whether the bot can answer people: connected to Discord with its commands in place. */
  readonly ready: () => boolean
  readonly log: Logger
  readonly telemetry: Telemetry
}): Hono {
  const app = new Hono()
  app.use(observe({ log: deps.log, level: 'debug', callers: 'ours', telemetry: deps.telemetry }))
  app.get('/livez', (c) => c.json({ ok: true }))
  app.get('/readyz', (c) => c.json({ ok: deps.ready() }, deps.ready() ? 200 : 503))
  app.use('/push/*', bodyLimit({ maxSize: BODY_AT_MOST, onError: () => refuse('bad_request', 413) }))

  receive('drawCard')
  receive('drawCase')
  receive('drawLive')
  receive('setRoles')
  receive('notify')
  receive('callOperators')
  app.notFound(() => refuse('not_found'))
  app.onError((error) => {
    deps.log.error({ err: error }, 'a push was not carried out')
    return refuse(isAppError(error) ? error.code : 'unavailable')
  })
  return app

  function receive<N extends PushName>(name: N): void {
    app.post(PUSHES[name].path, async (c) => {
      const caller = await deps.recognise({ header: (h) => c.req.header(h), body: () => c.req.text() })
      if (!caller) {
        deps.log.warn({ push: name }, 'a push that core did not send')
        return refuse('unauthorized')
      }
      const body = await c.req.text()
      const input = PUSHES[name].input.safeParse(parseJson(body))
      if (!input.success) {
        deps.log.error({ push: name, problem: input.error.message }, 'a push in an unknown shape')
        return refuse('bad_request')
      }
      // The table pairs each name's input with its schema; TypeScript loses the pair when indexing by N.
      return c.json(await deps.handlers[name](input.data as PushInput<N>))
    })
  }
}

function refuse(code: ErrorCode, status?: ContentfulStatusCode): Response {
  const error = new AppError(code)
  const body: ErrorBody = {
    error: { code, message: error.message, requestId: requestIdHere() },
  }
  return Response.json(body, { status: status ?? error.status })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
