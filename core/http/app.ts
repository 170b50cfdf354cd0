import { type Context, Hono } from 'hono'
import {
  AppError,
  type Caller,
  IDEMPOTENCY_KEY_HEADER,
  PATIENCE_HEADER,
  type Recognise,
  ROUTES,
  type RouteName,
  STATUS,
} from '#contract'
import { observe, requestIdHere } from '../../runtime/observe.ts'
import type { Telemetry } from '../../runtime/telemetry.ts'
import { PaymentsError } from '../ports/payments.ts'
import type { Deps } from '../usecases/deps.ts'
import { createHandlers, type Handlers } from './handlers.ts'
import type { Log } from './log.ts'
import { stripeWebhook } from './stripe-webhook.ts'
import { twitchWebhook } from './twitch-webhook.ts'

/** Our own services never send more; whoever does is told so before the body is read. */
const BODY_MAX_BYTES = 256 * 1024
const KEY_SHAPE = /^[\w:.-]{1,200}$/
/** Of the time that a caller waits: the answer must come before that, or its sentence is never read. */
const PART_FOR_US = 0.9
const PATIENCE_MAX_MS = 120_000
const TOO_LONG = 'This takes longer than it should right now; please try again in a moment.'
/** When to ask again, seconds. */
const RETRY_AFTER = '5'
/** A store that takes longer cannot serve a buyer either. */
const READY_WITHIN_MS = 2_000

/**
 * Everything core answers: the contract's routes for its own services, vendors' webhooks, and health. Nothing here is
 * for a browser.
 */
export function createApp(
  deps: Deps,
  options: {
    readonly recognise: Recognise<Caller>
    readonly log: Log
    readonly telemetry: Telemetry
    readonly jobs: Pick<Handlers, 'runJobs'>
    /** False while it is about to stop. */
    readonly ready: () => boolean
  },
): Hono {
  const app = new Hono()
  app.use(observe({ log: options.log, level: 'debug', callers: 'ours', telemetry: options.telemetry }))
  const handlers = countReservations(createHandlers(deps, options.jobs), options.telemetry)

  for (const name of Object.keys(ROUTES) as RouteName[]) {
    const route = ROUTES[name]
    // The table is typed per route; here the handler is called by name, after its own schema has admitted the input.
    const handler = handlers[name] as (input: unknown, call: { idempotencyKey: string }) => Promise<unknown>
    const answer = async (c: Context): Promise<object> => {
      const caller = await options.recognise({ header: (h) => c.req.header(h), body: () => c.req.text() })
      if (!caller) throw new AppError('unauthorized', 'This is for our own services.')
      if (!(route.callers as readonly Caller[]).includes(caller)) {
        throw new AppError('forbidden', `${caller} may not call ${name}.`)
      }
      const idempotencyKey = route.kind === 'write' ? readKey(c) : ''
      const input = route.input.safeParse(await readJson(c))
      if (!input.success) throw new AppError('bad_request', `${name}: ${input.error.message}`)
      // Every handler answers with an object; see the table.
      return (await handler(input.data, { idempotencyKey })) as object
    }
    app.post(route.path, async (c) => c.json(await within(patienceOf(c), answer(c))))
  }

  stripeWebhook(app, deps, options, 'platform', '/webhooks/stripe')
  stripeWebhook(app, deps, options, 'connect', '/webhooks/stripe-connect')
  stripeWebhook(app, deps, options, 'thin', '/webhooks/stripe-thin')

  twitchWebhook(app, deps, options.log)

  app.get('/livez', (c) => c.json({ ok: true }))
  app.get('/readyz', async (c) => {
    const answers = within(READY_WITHIN_MS, deps.store.get('users', 'readyz')).then(
      () => true,
      () => false,
    )
    const ok = options.ready() && (await answers)
    return c.json({ ok }, ok ? 200 : 503)
  })

  app.notFound((c) => answerError(c, new AppError('not_found', 'There is nothing at this address.')))
  app.onError((error, c) => {
    const known = toAppError(error)
    if (known.status >= 500) {
      options.log.error({ err: error, path: c.req.path }, 'request failed')
    }
    return answerError(c, known)
  })
  return app
}

function countReservations(handlers: Handlers, telemetry: Telemetry): Handlers {
  const count = (outcome: string) => telemetry.count('c500.reservations', { outcome })
  return {
    ...handlers,
    async createCheckout(input, call) {
      try {
        const answer = await handlers.createCheckout(input, call)
        count(answer.already ? 'already' : 'held')
        return answer
      } catch (error) {
        count(error instanceof AppError ? error.code : 'internal')
        throw error
      }
    },
  }
}

function answerError(c: Context, error: AppError): Response {
  const requestId = requestIdHere()
  // What went wrong inside is for the log; the caller gets a reference to it.
  const message = error.code === 'internal' ? 'Something unexpected happened.' : error.message
  if (error.code === 'unavailable') c.header('retry-after', RETRY_AFTER)
  return c.json({ error: { code: error.code, message, requestId } }, STATUS[error.code])
}

function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error
  if (error instanceof PaymentsError && error.kind === 'busy') {
    return new AppError('unavailable', 'Stripe does not answer right now; please try again in a moment.')
  }
  return new AppError('internal')
}

/**
 * Throws `unavailable` when `work` has not come to its end in time. It goes on and may still do what it was asked:
 * asking again must be harmless.
 */
async function within<T>(ms: number | null, work: Promise<T>): Promise<T> {
  if (ms === null) return work
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new AppError('unavailable', TOO_LONG)), ms)
  return Promise.race([work, late.promise]).finally(() => clearTimeout(timer))
}

/** How long this answer may take; null for a caller that does not say how long it waits. */
function patienceOf(c: Context): number | null {
  const ms = Number(c.req.header(PATIENCE_HEADER))
  return ms > 0 && ms <= PATIENCE_MAX_MS ? ms * PART_FOR_US : null
}

function readKey(c: Context): string {
  const key = c.req.header(IDEMPOTENCY_KEY_HEADER)
  if (!key || !KEY_SHAPE.test(key)) {
    throw new AppError(
      'bad_request',
      `A write needs an ${IDEMPOTENCY_KEY_HEADER} of 1 to 200 plain characters.`,
    )
  }
  return key
}

async function readJson(c: Context): Promise<unknown> {
  const length = Number(c.req.header('content-length'))
  if (!Number.isInteger(length) || length > BODY_MAX_BYTES) {
    throw new AppError(
      'bad_request',
      `Send a JSON body of at most ${BODY_MAX_BYTES} bytes with its content-length.`,
    )
  }
  try {
    return parseText(await c.req.text())
  } catch {
    throw new AppError('bad_request', 'The body is not JSON.')
  }
}

/** JSON can carry half a letter, as an escape; Firestore and Stripe's library cannot, and neither should anything else. */
function parseText(json: string): unknown {
  if (!/\\u[dD][89a-fA-F]/.test(json)) return JSON.parse(json)
  return JSON.parse(json, (_, value) => (typeof value === 'string' ? value.toWellFormed() : value))
}
