import http from 'node:http'
import https from 'node:https'
import PQueue from 'p-queue'
import type { Logger } from 'pino'
import Stripe from 'stripe'
import { NO_TELEMETRY, type Telemetry } from '../../runtime/telemetry.ts'
import { keepTrace, markTrace } from '../../runtime/trace.ts'
import { PaymentsError } from '../ports/payments.ts'

const TIMEOUT_MS = 30_000
const MAX_SOCKETS = 20
/** The longest page that Stripe's lists give. */
const PAGE = 100

/** What the Stripe adapters share: one client, one set of budgets, one way to fail. */
export interface StripeClient {
  readonly stripe: Stripe
  /** Whether the key moves real money. */
  readonly live: boolean
  /** One request inside its endpoint's budget; whatever goes wrong becomes a PaymentsError. */
  call<T extends object>(endpoint: string, request: () => Promise<T>, urgency?: Urgency): Promise<T>
  /** Everything of a v1 list, newest first, page by page as it is read. */
  list<T extends { id: string }>(
    endpoint: string,
    page: (params: { limit: number; starting_after?: string }) => Promise<Stripe.ApiList<T>>,
    urgency?: Urgency,
  ): AsyncGenerator<T, void, undefined>
}

/** A call that may wait lets every other call to its endpoint go first. */
type Urgency = 'now' | 'may_wait'

/** The connection to Stripe that all its adapters share. Keys never appear in its errors or its log. */
export function createStripeClient(options: {
  /** `sk_…` or `rk_…`. */
  readonly secretKey: string
  /** Where a Stripe that is not Stripe's own answers, e.g. `http://127.0.0.1:8511`. */
  readonly apiBase?: string
  /** Per endpoint and process, may be less than one; Stripe allows 25 in all by default (docs.stripe.com/rate-limits). */
  readonly requestsPerSecond?: number
  /** How long one call may take; 30 seconds unless told. */
  readonly timeoutMs?: number
  readonly log?: Pick<Logger, 'warn'>
  readonly telemetry?: Telemetry
}): StripeClient {
  const stripe = connect(options.secretKey, options.apiBase, options.timeoutMs ?? TIMEOUT_MS)
  const { telemetry = NO_TELEMETRY } = options
  const inBudget = createBudgets(options.requestsPerSecond ?? 20)
  stripe.on('response', ({ method, path, status, request_id, elapsed }: Stripe.ResponseEvent) => {
    // The path without its query: lists carry ids there.
    if (status >= 400) {
      options.log?.warn(
        { method, path: path.split('?')[0], status, requestId: request_id, ms: elapsed },
        'Stripe refused a call',
      )
    }
  })

  async function call<T extends object>(
    endpoint: string,
    request: () => Promise<T>,
    urgency: Urgency = 'now',
  ): Promise<T> {
    const attributes = { 'server.address': 'stripe' }
    const ask = () => inBudget(endpoint, keepTrace(request), urgency)
    const answer = await telemetry.inStep(`Stripe ${endpoint}`, attributes, ask, 'client').catch((error) => {
      throw toPaymentsError(endpoint, error)
    })
    // The SDK takes any body without an `error` key for a success, a proxy's 404 included.
    if (!('object' in answer)) throw new PaymentsError('busy', `${endpoint}: not an answer of Stripe's`, null)
    return answer
  }

  return {
    stripe,
    live: /^[sr]k_live_/.test(options.secretKey),
    call,
    async *list(endpoint, page, urgency) {
      let after: string | undefined
      do {
        const params = { limit: PAGE, ...(after !== undefined && { starting_after: after }) }
        const answer = await call(endpoint, () => page(params), urgency)
        yield* answer.data
        after = answer.has_more ? answer.data.at(-1)?.id : undefined
      } while (after !== undefined)
    },
  }
}

function connect(secretKey: string, apiBase: string | undefined, timeoutMs: number): Stripe {
  const base = apiBase === undefined ? null : new URL(apiBase)
  const plain = base?.protocol === 'http:'
  const agentOptions = { keepAlive: true, maxSockets: MAX_SOCKETS }
  return new Stripe(secretKey, {
    ...(base && {
      host: base.hostname,
      port: base.port || (plain ? 80 : 443),
      protocol: plain ? 'http' : 'https',
    }),
    httpClient: tracedHttp(plain ? new http.Agent(agentOptions) : new https.Agent(agentOptions)),
    // Once, for a lost connection or a 5xx; it repeats our idempotency key. Whatever needs longer is the outbox's.
    maxNetworkRetries: 1,
    timeout: timeoutMs,
    telemetry: false,
  })
}

/** Stripe makes nothing of a traceparent, but a proxy between us may, and a stand-in shows it. */
function tracedHttp(agent: http.Agent) {
  const client = Stripe.createNodeHttpClient(agent)
  const send = client.makeRequest.bind(client)
  client.makeRequest = (host, port, path, method, headers, ...others) => {
    const mark = markTrace()
    return send(
      host,
      port,
      path,
      method,
      { ...headers, ...(mark && { traceparent: mark.traceparent }) },
      ...others,
    )
  }
  return client
}

/** A queue per endpoint that never starts more calls than the budget allows. */
function createBudgets(requestsPerSecond: number) {
  const queues = new Map<string, PQueue>()
  return <T>(endpoint: string, request: () => Promise<T>, urgency: Urgency): Promise<T> => {
    let queue = queues.get(endpoint)
    if (!queue) {
      queue = new PQueue({ ...spread(requestsPerSecond), strict: true })
      queues.set(endpoint, queue)
    }
    return queue.add(request, { priority: urgency === 'now' ? 1 : 0 })
  }
}

/** Whole calls in whole milliseconds, never more than asked for. */
function spread(perSecond: number): { readonly interval: number; readonly intervalCap: number } {
  const intervalCap = Math.max(1, Math.floor(perSecond))
  return { intervalCap, interval: Math.ceil((1_000 * intervalCap) / perSecond) }
}

/**
 * The SDK's error as ours. 401 counts as busy: a wrong key is mended by the operator and the same call then
 * succeeds, while a refusal would end an order's payment for good.
 */
function toPaymentsError(endpoint: string, error: unknown): unknown {
  if (!(error instanceof Stripe.errors.StripeError)) return error
  const status = error.statusCode
  const refused = status !== undefined && status >= 400 && status < 500 && ![401, 409, 429].includes(status)
  const parts = [`${endpoint}: ${withoutKeys(error.message)}`, error.requestId && `(${error.requestId})`]
  // Without a cause: the SDK's error keeps the answer as it came, and Stripe repeats keys in some of them.
  return new PaymentsError(
    refused ? 'refused' : 'busy',
    parts.filter(Boolean).join(' '),
    error.code ?? (error instanceof Stripe.errors.StripeIdempotencyError ? 'idempotency_error' : null),
  )
}

function withoutKeys(text: string): string {
  return text.replace(/\b(?:sk|rk|whsec)_\w+/g, '[key]')
}
