import type { Logger } from 'pino'
import type { Telemetry } from '../runtime/telemetry.ts'

export interface EarlyLog {
  note(method: string, status: number, ms: number): void
  /** Writes what is not written yet. */
  flush(): void
}

const EVERY_MS = 1_000

/**
 * The log of answers from memory: one line a second with how many there were, because on the evening of an opening
 * a line for each would cost more than the answer.
 */
export function createEarlyLog(log: Pick<Logger, 'info'>, telemetry: Pick<Telemetry, 'time'>): EarlyLog {
  let count = 0
  let slowestMs = 0
  let timer: NodeJS.Timeout | undefined

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    if (count === 0) return
    log.info({ count, slowestMs: Math.round(slowestMs * 100) / 100 }, 'answered from memory')
    count = 0
    slowestMs = 0
  }

  return {
    note(method, status, ms) {
      count += 1
      if (ms > slowestMs) slowestMs = ms
      timer ??= setTimeout(flush, EVERY_MS).unref()
      telemetry.time('http.server.request.duration', ms / 1_000, {
        'http.request.method': method,
        'http.route': 'memory',
        'http.response.status_code': status,
      })
    },
    flush,
  }
}
