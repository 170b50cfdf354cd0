import { isAppError } from '#contract'
import { touchEntry } from './touch-entry.ts'

export interface Kept<T> {
  readonly value: T
  /** When core gave this answer (UTC milliseconds), set only while core does not answer; else null. */
  readonly staleSince: number | null
  /** Core is not asked again before this moment (UTC milliseconds). */
  readonly until: number
}

export interface LastGood<T> {
  /**
   * The answer to a question: a fresh one from memory, a new one from `load`, or the last good one while core is
   * down. Refusals (not found and the like) pass through and are forgotten; so does an outage with nothing kept.
   */
  ask(question: string, load: () => Promise<T>): Promise<Kept<T>>
}

interface Entry<T> {
  answer: Kept<T> | null
  givenAt: number
  asking: Promise<Kept<T>> | null
}

/**
 * Keeps core's last good answers. Visitors who come together share one question, and the answer is the same object
 * until it is asked again, so that what is made of it can be kept beside it.
 */
export function createLastGood<T>(options: {
  /** An answer younger than this is given without asking core. Milliseconds. */
  readonly freshMs: number
  /** An answer older than this is never given. Milliseconds. */
  readonly keepMs: number
  readonly maxEntries: number
  readonly now: () => number
}): LastGood<T> {
  const { freshMs, keepMs, maxEntries, now } = options
  const entries = new Map<string, Entry<T>>()

  const touch = (question: string): Entry<T> =>
    touchEntry(entries, question, maxEntries, () => ({ answer: null, givenAt: 0, asking: null }))

  async function askNow(question: string, entry: Entry<T>, load: () => Promise<T>): Promise<Kept<T>> {
    try {
      const value = await load()
      entry.givenAt = now()
      entry.answer = { value, staleSince: null, until: entry.givenAt + freshMs }
      return entry.answer
    } catch (error) {
      const outage = isAppError(error, 'unavailable') || isAppError(error, 'internal')
      if (!outage || !entry.answer || now() - entry.givenAt > keepMs) {
        if (entries.get(question) === entry) entries.delete(question)
        throw error
      }
      const { value } = entry.answer
      entry.answer = { value, staleSince: entry.givenAt, until: now() + freshMs }
      return entry.answer
    } finally {
      entry.asking = null
    }
  }

  return {
    async ask(question, load) {
      const entry = touch(question)
      if (entry.answer && now() < entry.answer.until) return entry.answer
      entry.asking ??= askNow(question, entry, load)
      return entry.asking
    },
  }
}
