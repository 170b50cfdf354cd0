import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Context, Hono } from 'hono'
import type { Fault, Faults } from '../faults.ts'
import { accountOperations } from './accounts.ts'
import { applicationFeeOperations } from './application-fees.ts'
import { balanceOperations } from './balance.ts'
import { chargeOperations } from './charges.ts'
import { checkoutSessionOperations } from './checkout-sessions.ts'
import { disputeOperations } from './disputes.ts'
import { noAccount, notBuilt, refuse, StripeError, toEnvelope, toEnvelopeV2 } from './errors.ts'
import { eventDestinationOperations } from './event-destinations.ts'
import { eventOperations } from './events.ts'
import { expand } from './expand.ts'
import { fileOperations, readUpload } from './files.ts'
import { decodeForm } from './form.ts'
import type { Idempotency } from './idempotency.ts'
import type { Operation } from './operation.ts'
import { paymentIntentOperations } from './payment-intents.ts'
import { payoutOperations } from './payouts.ts'
import { refundOperations } from './refunds.ts'
import { settingsOperations } from './settings.ts'
import { API_VERSION, type Stand } from './stand.ts'
import { makeId } from './tables.ts'
import { thinEventOperations } from './thin-events.ts'
import { transferOperations } from './transfers.ts'
import { v2AccountOperations } from './v2-accounts.ts'
import { webhookEndpointOperations } from './webhook-endpoints.ts'

export type Env = { Bindings: HttpBindings }
type Ctx = Context<Env>

const OPERATIONS: readonly Operation[] = [
  ...checkoutSessionOperations,
  ...paymentIntentOperations,
  ...chargeOperations,
  ...refundOperations,
  ...transferOperations,
  ...applicationFeeOperations,
  ...balanceOperations,
  ...payoutOperations,
  ...settingsOperations,
  ...accountOperations,
  ...eventOperations,
  ...webhookEndpointOperations,
  ...disputeOperations,
  ...fileOperations,
  ...v2AccountOperations,
  ...thinEventOperations,
  ...eventDestinationOperations,
]

const MAX_BODY = 256 * 1024
const MAX_UPLOAD = 8 * 1024 * 1024
const UPLOADS = '/v1/files'

interface Answer {
  readonly status: number
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Serve /v1 and /v2, in Stripe's manners; every route that is not built answers 501 with its name. */
export function mountApi(app: Hono<Env>, stand: Stand, faults: Faults, idempotency: Idempotency): void {
  for (const operation of OPERATIONS)
    app.on(operation.method, operation.path, (c) =>
      serve(c, operation.route, (id, fault) => work(c, operation, id, fault)),
    )
  app.all('/v1/*', notHere)
  app.all('/v2/*', notHere)

  function notHere(c: Ctx): Promise<Response> {
    const route = `${c.req.method} ${c.req.path}`
    return serve(c, route, () => {
      authenticate(c)
      throw notBuilt(route)
    })
  }

  async function serve(
    c: Ctx,
    route: string,
    act: (requestId: string, fault: Fault | undefined) => Answer | Promise<Answer>,
  ): Promise<Response> {
    const requestId = makeId('req_', 14)
    const { outgoing } = c.env
    stand.deliveries.waitFor(requestId)
    outgoing.once('close', () => stand.deliveries.answered(requestId))
    const fault = faults.take(route, `${c.req.method} ${c.req.path}`)
    if (fault) stand.log(`fault on purpose: ${fault.kind} for ${c.req.method} ${c.req.path}`)
    if (fault?.kind === 'reset_before') {
      c.env.incoming.socket.destroy()
      return RESPONSE_ALREADY_SENT
    }
    const answer = await settle(c, requestId, () => act(requestId, fault), fault)
    if (fault?.kind === 'reset_after') {
      c.env.incoming.socket.destroy()
      return RESPONSE_ALREADY_SENT
    }
    if (fault?.kind === 'timeout') {
      stand.deliveries.answered(requestId)
      await once(outgoing, 'close')
      return RESPONSE_ALREADY_SENT
    }
    const key = c.req.header('idempotency-key')
    const account = actingFor(c)
    return new Response(answer.body, {
      status: answer.status,
      headers: {
        'content-type': 'application/json',
        'cache-control': 'no-cache, no-store',
        'request-id': requestId,
        'stripe-version': API_VERSION,
        ...(key ? { 'idempotency-key': key } : {}),
        ...(account ? { 'stripe-account': account } : {}),
        ...answer.headers,
      },
    })
  }

  async function settle(
    c: Ctx,
    requestId: string,
    act: () => Answer | Promise<Answer>,
    fault: Fault | undefined,
  ): Promise<Answer> {
    try {
      if (fault?.kind === '429')
        throw new StripeError(429, {
          type: 'invalid_request_error',
          code: 'rate_limit',
          message:
            'Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.',
        })
      if (fault?.kind === '500')
        throw new StripeError(500, {
          type: 'api_error',
          message: 'An unknown error occurred on our side (on purpose).',
        })
      return await act()
    } catch (error) {
      return failed(c, error, requestId)
    }
  }

  function failed(c: Ctx, error: unknown, requestId: string): Answer {
    const known =
      error instanceof StripeError
        ? error
        : new StripeError(500, { type: 'api_error', message: 'local Stripe broke: see its log' })
    if (known !== error) stand.log(`local Stripe broke: ${error instanceof Error ? error.stack : error}`)
    if (known.status === 501) stand.log(`NOT BUILT: ${known.message}`)
    return {
      status: known.status,
      body: JSON.stringify(isV2(c) ? toEnvelopeV2(known) : toEnvelope(known, requestId), null, 2),
      headers: {
        // 501 will not change by asking again, and the client would ask again.
        ...(known.status === 501 ? { 'stripe-should-retry': 'false' } : {}),
        ...(known.status === 429 ? { 'stripe-rate-limited-reason': 'endpoint-rate' } : {}),
      },
    }
  }

  async function work(
    c: Ctx,
    operation: Operation,
    requestId: string,
    fault: Fault | undefined,
  ): Promise<Answer> {
    authenticate(c)
    const account = actingFor(c)
    if (account !== null && !stand.tables.accounts.get(account)) throw noAccount(account)
    if (account !== null && !operation.actsFor)
      throw notBuilt(`${operation.route} on behalf of a connected account`)
    const fields = await readFields(c)
    const { expand: wanted, ...rest } = fields
    const paths = expandPaths(wanted)
    const target = { id: c.req.param('id') ?? '', part: c.req.param('part') ?? '', account }
    const given = c.req.method === 'POST' ? c.req.header('idempotency-key') : undefined
    if (given !== undefined && given.length > 255)
      throw refuse('Idempotency keys can be at most 255 characters long.')
    const perform = (saveAs: string | null): Answer => {
      const prepared = operation.prepare(rest, target)
      const here = { ...stand, cause: { id: requestId, idempotency_key: given ?? null } }
      let answer: Answer
      try {
        answer = { status: 200, body: JSON.stringify(expand(here, prepared(here), paths), null, 2) }
      } catch (error) {
        answer = failed(c, error, requestId)
        // What v2 could not do is tried again with the same key, not replayed.
        if (answer.status === 501 || isV2(c)) return answer
      }
      if (saveAs !== null) idempotency.save({ key: saveAs, fingerprint, requestId, ...answer })
      return answer
    }
    const fingerprint = `${c.req.method} ${c.req.path} ${JSON.stringify(sorted(fields))}`
    const pause = () => (fault?.kind === 'slow' ? sleep(fault.delayMs ?? 1_000) : undefined)
    if (given === undefined) {
      await pause()
      return perform(null)
    }
    const key = `${isV2(c) ? 'v2/' : ''}${account ?? 'platform'}/${given}`
    const saved = idempotency.take(key, fingerprint)
    if (saved)
      return {
        status: saved.status,
        body: saved.body,
        headers: { 'idempotent-replayed': 'true', 'original-request': saved.requestId },
      }
    try {
      await pause()
      return perform(key)
    } finally {
      idempotency.release(key)
    }
  }
}

function authenticate(c: Ctx): void {
  const key = /^Bearer (\S+)$/.exec(c.req.header('authorization') ?? '')?.[1]
  if (key === undefined)
    throw new StripeError(401, {
      type: 'invalid_request_error',
      message:
        'You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. "Authorization: Bearer YOUR_SECRET_KEY").',
    })
  if (/^[sr]k_live_/.test(key))
    throw new StripeError(401, {
      type: 'invalid_request_error',
      message: 'This is the local Stripe: a live key does not belong here. Use any sk_test_ or rk_test_ key.',
    })
  if (!/^[sr]k_test_\w+$/.test(key))
    throw new StripeError(401, {
      type: 'invalid_request_error',
      message: `Invalid API Key provided: ${key.slice(0, 7)}****`,
    })
  const version = c.req.header('stripe-version')
  if (version !== undefined && version !== API_VERSION)
    throw refuse(`Invalid Stripe API version: ${version}. This local Stripe speaks ${API_VERSION} only.`)
}

function actingFor(c: Ctx): string | null {
  return c.req.header('stripe-account') ?? c.req.header('stripe-context') ?? null
}

function isV2(c: Ctx): boolean {
  return c.req.path.startsWith('/v2/')
}

/** Decoded parameters; in v1 and in addresses every leaf is text. */
type Fields = Record<string, unknown>

async function readFields(c: Ctx): Promise<Fields> {
  const query = c.req.url.split('?')[1]?.split('#')[0] ?? ''
  if (c.req.method !== 'POST') return decodeForm(query)
  if (query !== '') throw refuse('Parameters of a POST request belong in its body.')
  const most = c.req.path === UPLOADS ? MAX_UPLOAD : MAX_BODY
  if (Number(c.req.header('content-length') ?? 0) > most)
    throw new StripeError(413, { type: 'invalid_request_error', message: 'The request body is too large.' })
  if (c.req.path === UPLOADS) return readUpload(c.req.raw)
  const body = await c.req.text()
  const type = c.req.header('content-type') ?? ''
  if (isV2(c)) return readJson(body, type)
  if (body !== '' && !type.startsWith('application/x-www-form-urlencoded'))
    throw refuse(`Invalid request: v1 takes application/x-www-form-urlencoded, not ${type || 'nothing'}.`)
  return decodeForm(body)
}

function readJson(body: string, type: string): Fields {
  if (body === '') return {}
  if (!type.startsWith('application/json'))
    throw refuse(`Invalid request: v2 takes application/json, not ${type || 'nothing'}.`)
  try {
    const parsed: unknown = JSON.parse(body)
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed }
  } catch {
    // Told below: it is not JSON at all.
  }
  throw refuse('Invalid request: the body must be a JSON object.')
}

function expandPaths(wanted: unknown): string[] {
  if (wanted === undefined) return []
  const paths: unknown[] = typeof wanted === 'object' && wanted !== null ? Object.values(wanted) : [wanted]
  return paths.map((path) => {
    if (typeof path !== 'string' || path === '') throw refuse('Invalid array', undefined, 'expand')
    return path
  })
}

/** Keys in a fixed order: the same parameters in another order are the same request. */
function sorted(fields: object): object {
  return Object.fromEntries(
    Object.entries(fields)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => [name, typeof value === 'object' && value !== null ? sorted(value) : value]),
  )
}
