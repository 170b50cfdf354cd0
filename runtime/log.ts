import { type Logger, pino } from 'pino'
import { currentTrace } from './trace.ts'

export interface LogConfig {
  readonly level: string
  /** `cloud` has the field names that Google Cloud Logging knows. */
  readonly format: 'json' | 'cloud'
  /** The Google Cloud project that traces belong to; without one a line carries the bare trace id. */
  readonly project?: string
}

/** Out of the environment, under the names that all services share. */
export function logConfig(env: {
  readonly LOG_LEVEL: string
  readonly LOG_FORMAT: LogConfig['format']
  readonly GOOGLE_CLOUD_PROJECT?: string | undefined
}): LogConfig {
  const project = env.GOOGLE_CLOUD_PROJECT
  return { level: env.LOG_LEVEL, format: env.LOG_FORMAT, ...(project ? { project } : {}) }
}

const SEVERITY: Readonly<Record<string, string>> = {
  trace: 'DEBUG',
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARNING',
  error: 'ERROR',
  fatal: 'CRITICAL',
}

/**
 * One service's log: JSON lines on stdout, each with the request and the trace it belongs to. `describeError` may
 * shorten an error whose own words hold secrets; undefined leaves it as it is.
 */
export function createLog(
  name: 'core' | 'bot' | 'web',
  config: LogConfig,
  options: {
    readonly describeError?: (error: unknown) => object | undefined
    readonly to?: { write(line: string): void }
  } = {},
): Logger {
  const cloud = config.format === 'cloud'
  const describe = (error: unknown): object =>
    options.describeError?.(error) ?? describeError(error, describe)
  return pino(
    {
      name,
      level: config.level,
      serializers: { err: describe },
      mixin: cloud ? () => cloudFields(config.project) : plainFields,
      ...(cloud && {
        messageKey: 'message',
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: {
          level: (label: string) => ({ severity: SEVERITY[label] ?? 'DEFAULT' }),
          log: withHttpRequest,
        },
      }),
    },
    options.to ?? pino.destination({ fd: 1, sync: true }),
  )
}

function plainFields(): object {
  const trace = currentTrace()
  return trace ? { requestId: trace.requestId, traceId: trace.traceId } : {}
}

/** The special fields of a structured line (cloud.google.com/logging/docs/structured-logging). */
function cloudFields(project: string | undefined): object {
  const trace = currentTrace()
  if (!trace) return {}
  return {
    requestId: trace.requestId,
    'logging.googleapis.com/trace': project ? `projects/${project}/traces/${trace.traceId}` : trace.traceId,
    ...(trace.spanId === null ? {} : { 'logging.googleapis.com/spanId': trace.spanId }),
    'logging.googleapis.com/trace_sampled': trace.sampled,
  }
}

/** Cloud Logging draws a line of `observe` as a request when it has this field. */
function withHttpRequest(fields: Record<string, unknown>): Record<string, unknown> {
  const { method, route, status, ms, ...others } = fields
  if (typeof status !== 'number' || typeof ms !== 'number' || route === undefined) return fields
  const httpRequest = { requestMethod: method, requestUrl: route, status, latency: `${ms / 1_000}s` }
  return { ...others, httpRequest }
}

function describeError(error: unknown, describe: (error: unknown) => object): object {
  if (!(error instanceof Error)) return { message: String(error) }
  const { name, message, stack } = error
  return {
    name,
    message,
    stack,
    ...('code' in error ? { code: error.code } : {}),
    ...(error.cause === undefined ? {} : { cause: describe(error.cause) }),
  }
}
