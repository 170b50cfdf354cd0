import type { Credentials } from './credentials.ts'
import { AppError, type ErrorCode, STATUS } from './errors.ts'
import {
  ErrorBody,
  IDEMPOTENCY_KEY_HEADER,
  type Input,
  type Output,
  PATIENCE_HEADER,
  REQUEST_ID_HEADER,
  ROUTES,
  type RouteName,
} from './routes.ts'

export interface CallOptions {
  /** The same key makes a repeated write answer as the first did. Use the Discord interaction's id. */
  readonly idempotencyKey?: string
  readonly requestId?: string
  /** Milliseconds until the call gives up with `unavailable`; 10,000 unless told. */
  readonly timeoutMs?: number
}

export type CoreClient = {
  readonly [N in RouteName]: (input: Input<N>, options?: CallOptions) => Promise<Output<N>>
}

/**
 * A typed client of core. Validates what it sends and what it receives against the route table.
 * Throws AppError: core's own code, or `unavailable` when core cannot be reached or answers in time.
 */
export function createCoreClient(options: {
  /** e.g. `http://127.0.0.1:8502`, without a trailing slash. */
  readonly baseUrl: string
  /** The calling service's own. */
  readonly credentials: Credentials
  readonly fetch?: typeof fetch
}): CoreClient {
  const send = options.fetch ?? fetch

  async function call(name: RouteName, input: unknown, callOptions: CallOptions = {}): Promise<unknown> {
    const route = ROUTES[name]
    const parsed = route.input.safeParse(input)
    if (!parsed.success) throw new AppError('bad_request', `${name}: ${parsed.error.message}`)
    const content = JSON.stringify(parsed.data)
    const timeoutMs = callOptions.timeoutMs ?? 10_000
    const headers: Record<string, string> = {
      'content-type': 'application/json',
      [PATIENCE_HEADER]: String(timeoutMs),
      ...(callOptions.requestId === undefined ? {} : { [REQUEST_ID_HEADER]: callOptions.requestId }),
    }
    if (route.kind === 'write') {
      headers[IDEMPOTENCY_KEY_HEADER] = callOptions.idempotencyKey ?? crypto.randomUUID()
    }
    let response: Response
    let body: unknown
    try {
      response = await send(options.baseUrl + route.path, {
        method: 'POST',
        headers: { ...headers, ...(await options.credentials(content)) },
        body: content,
        signal: AbortSignal.timeout(timeoutMs),
      })
      body = await response.json()
    } catch (cause) {
      throw new AppError('unavailable', `core did not answer ${name}`, { cause })
    }
    if (!response.ok) throw toAppError(response.status, body)
    const output = route.output.safeParse(body)
    if (!output.success) throw new AppError('internal', `core answered ${name} in an unknown shape`)
    return output.data
  }

  const names = Object.keys(ROUTES) as RouteName[]
  const entries = names.map((name) => [name, (input: unknown, o?: CallOptions) => call(name, input, o)])
  // The table becomes the client here: each entry has its route's types because `call` validates both ways.
  return Object.fromEntries(entries) as CoreClient
}

function toAppError(status: number, body: unknown): AppError {
  const parsed = ErrorBody.safeParse(body)
  if (!parsed.success) return new AppError('unavailable', `core answered ${status}`)
  const { code, message } = parsed.data.error
  return new AppError(Object.hasOwn(STATUS, code) ? (code as ErrorCode) : 'internal', message)
}
