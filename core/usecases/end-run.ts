import type { Effect } from '../domain/effect.ts'
import type { Sheet } from './change.ts'

/**
 * Write the end of one run on the sheet, which has read the effect: `claimed` as this run has it, `again` when to run
 * next (UTC ms) or null when nothing is left to do, `failure` in words. A wish that came meanwhile is due at once, but
 * not at the price of hammering a vendor that just failed. Changes nothing when the run took too long: then somebody
 * else has the effect, or has done it, and what stands there now is a wish of its own.
 */
export function endRun(
  sheet: Sheet,
  id: string,
  claimed: Effect,
  outcome: { readonly again: number | null; readonly failure?: string },
  now: number,
): void {
  const effect = sheet.get('outbox', id)
  if (effect?.leaseUntil !== claimed.leaseUntil) return
  const { again, failure: lastError = null } = outcome
  const newerWish = effect.revision !== claimed.revision
  if (again === null && !newerWish) {
    sheet.remove('outbox', id)
    return
  }
  const attempts = lastError === null || newerWish ? 0 : claimed.attempts
  const dueAt = newerWish && lastError === null ? now : (again ?? now)
  const next = { ...effect, dueAt, leaseUntil: 0, attempts, lastError }
  if (lastError !== null || newerWish) {
    sheet.put('outbox', id, next)
    return
  }
  // The next look has its own time and its own trace.
  const { trace: _, ...onItsOwn } = next
  sheet.put('outbox', id, onItsOwn)
}
