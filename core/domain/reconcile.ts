import { compareBooks } from './reconcile-books.ts'
import type { Diagnosis, Ours, Theirs } from './reconcile-mismatch.ts'
import { compareStripe } from './reconcile-stripe.ts'

/**
 * Compare our books among themselves and with Stripe's, to the cent. Pure. Orders that are moving are left out, and
 * the whole balance is compared only when none is.
 */
export function diagnose(ours: Ours, theirs: Theirs): Diagnosis {
  const inside = compareBooks(ours)
  const { mismatches, drift, balances } = compareStripe(ours, theirs)
  return { mismatches: [...inside, ...mismatches], drift, balances }
}
