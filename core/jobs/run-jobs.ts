import type { Output } from '#contract'
import type { Outbox } from './outbox.ts'

interface Log {
  info(details: object, message: string): void
}

/** Far below the three minutes that Cloud Scheduler waits, and half of what a run's lease lasts. */
const LIMITS = { atMost: 1_000, startForMs: 25_000, endAfterMs: 55_000 } as const

/**
 * One round of due work for a scheduler: effects, and with them reconciliation and every look that has its time. Any
 * number of rounds may run at once, here and elsewhere: each effect is claimed by one. Leaves a line in the log, by which
 * it is seen when work piles up.
 */
export async function runJobs(
  outbox: Pick<Outbox, 'runRound' | 'countDue'>,
  log: Log,
): Promise<Output<'runJobs'>> {
  const { ran, failed } = await outbox.runRound(LIMITS)
  const due = await outbox.countDue()
  const round = { ran, failed, left: Object.values(due).reduce((sum, count) => sum + count, 0) }
  log.info(round, 'a round of work is done')
  return round
}
