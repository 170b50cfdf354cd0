import { REQUEST_ID_HEADER } from '#contract'
import { markTrace } from './trace.ts'

/** What is measured; times in seconds. */
export const METRICS = {
  'http.server.request.duration': { kind: 'histogram', about: 'How long a request took to answer' },
  'c500.reservations': { kind: 'counter', about: 'Attempts to take a unit off the shelf, by outcome' },
  'c500.commit.conflicts': { kind: 'counter', about: 'Commits that somebody else was quicker than' },
  'c500.outbox.lag': { kind: 'histogram', about: 'How long an effect had been due when it was begun' },
  'c500.outbox.due': {
    kind: 'gauge',
    about: 'Effects that are due and in nobody’s hands, up to 500 of a queue',
  },
  'c500.webhook.lag': { kind: 'histogram', about: 'From an event at Stripe until its webhook reached us' },
} as const
type MetricOf<K> = {
  [N in keyof typeof METRICS]: (typeof METRICS)[N]['kind'] extends K ? N : never
}[keyof typeof METRICS]

/** Never a secret, never a person's name or address. */
export type Attributes = Readonly<Record<string, string | number | boolean>>

/** One step of a trace while it is being done. */
export interface Step {
  rename(name: string): void
  note(attributes: Attributes): void
}

export interface Telemetry {
  /** Do `work` as one step of the present trace; a trace of its own where there is none. */
  inStep<T>(
    name: string,
    attributes: Attributes,
    work: (step: Step) => Promise<T>,
    side?: 'client' | 'server',
  ): Promise<T>
  count(metric: MetricOf<'counter'>, attributes?: Attributes): void
  /** `value` in seconds. */
  time(metric: MetricOf<'histogram'>, value: number, attributes?: Attributes): void
  /** `read` is asked whenever figures are sent. */
  gauge(metric: MetricOf<'gauge'>, read: () => Promise<readonly (readonly [number, Attributes])[]>): void
  /** Send what is kept, and no more; waits a second at most. */
  close(): Promise<void>
}

export const NO_STEP: Step = { rename() {}, note() {} }

export const NO_TELEMETRY: Telemetry = {
  inStep: (_name, _attributes, work) => work(NO_STEP),
  count() {},
  time() {},
  gauge() {},
  close: async () => {},
}

/** `fetch` as a step of the trace, which the other side may go on with. For addresses without secrets in their path. */
export function tracedFetch(telemetry: Telemetry): typeof fetch {
  return (input, init) => {
    const request = new URL(typeof input === 'string' || input instanceof URL ? input : input.url)
    const method = init?.method ?? 'GET'
    const send = () => {
      const headers = new Headers(init?.headers)
      const mark = markTrace()
      if (mark) {
        headers.set('traceparent', mark.traceparent)
        if (!headers.has(REQUEST_ID_HEADER)) headers.set(REQUEST_ID_HEADER, mark.requestId)
      }
      return fetch(input, { ...init, headers })
    }
    return telemetry.inStep(
      `${method} ${request.pathname}`,
      { 'server.address': request.host },
      send,
      'client',
    )
  }
}
