import { StripeError } from './errors.ts'
import type { Stand } from './stand.ts'
import type { SavedAnswer } from './tables.ts'

const KEPT_MS = 86_400_000
const KEPT_V2_MS = 30 * KEPT_MS

export interface Idempotency {
  /**
   * Take a key for one request. Gives the answer saved before, if any. Throws StripeError: 400 when the key belongs
   * to another request, 409 while the first one is still being worked on.
   */
  take(key: string, fingerprint: string): SavedAnswer | undefined
  save(answer: Omit<SavedAnswer, 'at'>): void
  /** The key is free to be used again unless an answer was saved. */
  release(key: string): void
  /** Forget what is older than it is kept. */
  prune(): void
}

/** Keys of POST requests, kept for 24 hours of the stand-in's clock; those that begin with `v2/` for 30 days. */
export function createIdempotency(stand: Stand): Idempotency {
  const busy = new Map<string, string>()
  const { answers } = stand.tables
  const isOld = ({ key, at }: SavedAnswer) =>
    at + (key.startsWith('v2/') ? KEPT_V2_MS : KEPT_MS) <= stand.clock()

  return {
    take(key, fingerprint) {
      const saved = answers.get(key)
      const first = busy.get(key) ?? (saved && !isOld(saved) ? saved.fingerprint : undefined)
      if (first !== undefined && first !== fingerprint)
        throw new StripeError(400, {
          type: 'idempotency_error',
          message: `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key.slice(key.indexOf('/') + 1)}' if you meant to execute a different request.`,
        })
      if (busy.has(key))
        throw new StripeError(409, {
          type: 'idempotency_error',
          code: 'idempotency_key_in_use',
          message: 'There is currently another in-progress request using this Idempotent Key.',
        })
      if (saved && !isOld(saved)) return saved
      busy.set(key, fingerprint)
      return undefined
    },
    save: (answer) => answers.set(answer.key, { ...answer, at: stand.clock() }),
    release: (key) => void busy.delete(key),
    prune() {
      for (const answer of answers.values()) if (isOld(answer)) answers.delete(answer.key)
    },
  }
}
