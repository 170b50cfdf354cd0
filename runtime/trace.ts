import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes, randomUUID } from 'node:crypto'

/** What a piece of work belongs to, over every service it passes: the ids of W3C Trace Context, and the request. */
export interface Trace {
  /** 32 hex digits, the same in every service. */
  readonly traceId: string
  /** 16 hex digits: the step at hand. */
  readonly spanId: string
  readonly sampled: boolean
  /** Short enough for a person to quote. */
  readonly requestId: string
}

const here = new AsyncLocalStorage<Trace>()

/** The trace that the running code belongs to, if any. */
export const currentTrace = (): Trace | undefined => here.getStore()

export const runInTrace = <T>(trace: Trace, work: () => T): T => here.run(trace, work)

export function newTrace(requestId: string = randomUUID()): Trace {
  return { traceId: hex(16), spanId: hex(8), sampled: true, requestId }
}

/**
 * Go on with the trace that a caller, or Google's front end, has begun; a new one when there is none or it makes no
 * sense. `traceparent` is W3C's (w3.org/TR/trace-context), `cloudTrace` Google's older X-Cloud-Trace-Context
 * (`TRACE_ID/SPAN_ID;o=OPTIONS`, the span a decimal number).
 */
export function resumeTrace(given: {
  readonly traceparent?: string | undefined
  readonly cloudTrace?: string | undefined
  readonly requestId?: string | undefined
}): Trace {
  const requestId = given.requestId ?? randomUUID()
  const w3c = /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-|$)/.exec(given.traceparent ?? '')
  if (w3c?.[1] && w3c[2] && !/^ff/.test(w3c[0]) && !isZero(w3c[1]) && !isZero(w3c[2])) {
    const sampled = (Number.parseInt(w3c[3] ?? '', 16) & 1) === 1
    return { traceId: w3c[1], spanId: w3c[2], sampled, requestId }
  }
  const google = /^([\da-f]{32})(?:\/(\d{1,20}))?(?:;o=(\d))?$/.exec(given.cloudTrace ?? '')
  if (google?.[1] && !isZero(google[1])) {
    const spanId = BigInt.asUintN(64, BigInt(google[2] ?? 0))
      .toString(16)
      .padStart(16, '0')
    return {
      traceId: google[1],
      spanId: isZero(spanId) ? hex(8) : spanId,
      sampled: google[3] !== '0',
      requestId,
    }
  }
  return newTrace(requestId)
}

const isZero = (id: string) => /^0+$/.test(id)
const hex = (bytes: number) => randomBytes(bytes).toString('hex')
