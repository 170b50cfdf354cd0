import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'

/** What a piece of work belongs to, over every service it passes: the ids of W3C Trace Context, and the request. */
export interface Trace {
  /** 32 hex digits, the same in every service. */
  readonly traceId: string
  /** 16 hex digits: the step at hand; null before the first. */
  readonly spanId: string | null
  readonly sampled: boolean
  /** Short enough for a person to quote. */
  readonly requestId: string
}

/** A trace on its way: in headers, or with an effect in the outbox. */
export interface TraceMark {
  /** `00-<trace id>-<span id>-<flags>` */
  readonly traceparent: string
  readonly requestId: string
}

const here = new AsyncLocalStorage<Trace>()

/** The trace that the running code belongs to, if any. */
export const currentTrace = (): Trace | undefined => here.getStore()

export const runInTrace = <T>(trace: Trace, work: () => T): T => here.run(trace, work)

/** The same work, which will belong to the present trace whenever somebody else starts it. */
export const keepTrace = <T>(work: () => T): (() => T) => AsyncLocalStorage.bind(work)

export function newTrace(requestId: string = randomUUID()): Trace {
  return { traceId: hex(16), spanId: null, sampled: true, requestId }
}

/** For whoever goes on with the present trace elsewhere; null outside of any. */
export function markTrace(): TraceMark | null {
  const trace = currentTrace()
  if (!trace) return null
  const flags = trace.sampled ? '01' : '00'
  const traceparent = `00-${trace.traceId}-${trace.spanId ?? hex(8)}-${flags}`
  return { traceparent, requestId: trace.requestId }
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
  const w3c = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-|$)/.exec(given.traceparent ?? '')
  if (w3c) {
    const [, version, traceId = '', spanId = '', flags = ''] = w3c
    const sampled = (Number.parseInt(flags, 16) & 1) === 1
    if (version !== 'ff' && !isZero(traceId) && !isZero(spanId))
      return { traceId, spanId, sampled, requestId }
  }
  const google = /^([\da-f]{32})(?:\/(\d{1,20}))?(?:;o=(\d))?$/.exec(given.cloudTrace ?? '')
  if (google) {
    const [, traceId = '', span = '0', options] = google
    const spanId = BigInt.asUintN(64, BigInt(span)).toString(16).padStart(16, '0')
    if (!isZero(traceId)) {
      return { traceId, spanId: isZero(spanId) ? null : spanId, sampled: options !== '0', requestId }
    }
  }
  return newTrace(requestId)
}

const isZero = (id: string) => /^0+$/.test(id)
/** Of a UUID, because Node draws those from a pool: bytes of their own are a call to the kernel each. */
const hex = (bytes: 8 | 16) =>
  randomUUID()
    .replaceAll('-', '')
    .slice(0, 2 * bytes)
