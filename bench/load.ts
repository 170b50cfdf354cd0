import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

export interface LoadJob {
  /** On 127.0.0.1; connections take turns among them. */
  readonly ports: readonly number[]
  readonly connections: number
  /** Complete HTTP/1.1 requests. Each is sent once, in this order, by whichever connection is free. */
  readonly requests: readonly string[]
  /** The requests come one after another over this long; 0 lets each come as soon as a connection is free. */
  readonly overMs: number
  /** Asked once on each connection before the clock starts, so that all are taken; null for none. */
  readonly opening: string | null
  readonly keepBodies: boolean
}

/**
 * By request, in the order of the job. Times are milliseconds since the first request could be sent; a request that had
 * its moment counts as sent then.
 */
export interface LoadResult {
  /** 0 is a lost connection. */
  readonly statuses: Uint16Array
  readonly sentMs: Float64Array
  readonly answeredMs: Float64Array
  /** Latin-1; empty unless `keepBodies`. */
  readonly bodies: string[]
}

export interface LoadClient extends AsyncDisposable {
  /** One job at a time. Rejects after `LONGEST_MS`, and when an answer is no HTTP/1.1 that this client reads. */
  run(job: Pick<LoadJob, 'ports' | 'connections' | 'requests'> & Partial<LoadJob>): Promise<LoadResult>
}

const LONGEST_MS = 30_000

/** Keep-alive connections to 127.0.0.1 that always have one request on the way, on a thread of their own. */
export function createLoadClient(): LoadClient {
  const worker = new Worker(new URL('./load-worker.ts', import.meta.url))
  return {
    async run(job) {
      worker.postMessage({ opening: null, overMs: 0, keepBodies: false, ...job } satisfies LoadJob)
      const [answer] = (await once(worker, 'message', { signal: AbortSignal.timeout(LONGEST_MS) })) as [
        { readonly result: LoadResult } | { readonly problem: string },
      ]
      if ('problem' in answer) throw new Error(answer.problem)
      return answer.result
    },
    async [Symbol.asyncDispose]() {
      await worker.terminate()
    },
  }
}

interface Request {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** The bytes of a request, as text. */
export function writeRequest({ method, path, headers, body }: Request): string {
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  const lines = Object.entries({ host: '127.0.0.1', ...headers, ...length }).map(([k, v]) => `${k}: ${v}\r\n`)
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body ?? ''}`
}

export interface Pace {
  /** Answers of the wanted status per second, until the last of them. */
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  readonly count: number
  /** How often each other status came. */
  readonly others: Readonly<Record<number, number>>
}

/** Only answers of the `wanted` status count: for them the client waited. */
export function paceOf(result: LoadResult, wanted: number): Pace {
  const waits: number[] = []
  const others: Record<number, number> = {}
  let lastMs = 0
  result.statuses.forEach((status, index) => {
    const answered = result.answeredMs[index] ?? 0
    if (status === wanted) {
      waits.push(answered - (result.sentMs[index] ?? 0))
      lastMs = Math.max(lastMs, answered)
    } else {
      others[status] = (others[status] ?? 0) + 1
    }
  })
  waits.sort((a, b) => a - b)
  const quantile = (part: number) => quantileOf(waits, part)
  return {
    perSecond: waits.length === 0 ? 0 : (waits.length / lastMs) * 1_000,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    maxMs: quantile(1),
    count: waits.length,
    others,
  }
}

/** Of sorted values; `part` from 0 to 1. */
export function quantileOf(sorted: readonly number[], part: number): number {
  return sorted[Math.floor((sorted.length - 1) * part)] ?? 0
}

/** The round in the middle by speed; of an even number the slower one. */
export function medianRound<T extends { readonly perSecond: number }>(rounds: readonly T[]): T {
  const sorted = rounds.toSorted((a, b) => a.perSecond - b.perSecond)
  const middle = sorted[(sorted.length - 1) >> 1]
  if (!middle) throw new Error('no rounds were played')
  return middle
}
