/** So many changes that wait at once are people who press, not work that goes on by itself. */
const MANY = 25

/** Knows whether many wait for an answer just now, so that work which nobody waits for lets them go first. */
export interface Crowd {
  /** Somebody waits until `answer` settles. */
  join(answer: Promise<unknown>): void
  /** Resolves when hardly anybody waits any more, and after `withinMs` at the latest. */
  calm(withinMs: number): Promise<void>
}

export function createCrowd(): Crowd {
  let size = 0
  let calmed = Promise.withResolvers<void>()
  function leave(): void {
    size--
    if (size === MANY - 1) {
      calmed.resolve()
      calmed = Promise.withResolvers()
    }
  }
  return {
    join(answer) {
      size++
      answer.then(leave, leave)
    },
    async calm(withinMs) {
      const late = Promise.withResolvers<void>()
      const timer = size >= MANY ? setTimeout(late.resolve, withinMs) : undefined
      if (timer) await Promise.race([calmed.promise, late.promise])
      clearTimeout(timer)
    },
  }
}
