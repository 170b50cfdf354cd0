import type { Deps } from '../usecases/deps.ts'
import { effectKey, wish } from '../usecases/wish.ts'

/** Whoever was cut off first gets what waits for them. */
const SOON_MS = 30_000

/** From now on what never came from Stripe is looked for: soon, and then by its own rhythm for ever. */
export function beginReconciliation(deps: Pick<Deps, 'change' | 'clock'>): Promise<void> {
  return deps.change({
    reads: [effectKey('reconcile', 'stripe')],
    decide(sheet) {
      const now = deps.clock.now()
      wish(sheet, 'reconcile', 'stripe', now, { dueAt: now + SOON_MS })
    },
  })
}
