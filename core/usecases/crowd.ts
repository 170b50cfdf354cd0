/** So many changes that wait at once are people who press, not work that goes on by itself. */
const MANY = 25
/** A drop's rush is over by then. One that lasts longer has work beside it, because that is waited for as well. */
const GOES_FIRST_MS = 5_000

/** Knows whether many wait for an answer just now, so that work which nobody waits for lets them go first. */
export interface Crowd {
  /** Somebody waits until `answer` settles. */
  join(answer: Promise<unknown>): void
  /** Whether many wait, and have not done so for long. */
  goesFirst(): boolean
  /** Resolves when no crowd goes first any more. */
  calm(): Promise<void>
}

export function createCrowd(): Crowd {
  let size = 0
  /** By the monotonic clock. */
  let gatheredAt = 0
  let calmed = Promise.withResolvers<void>()

  const leftMs = () => (size < MANY ? 0 : Math.max(0, gatheredAt + GOES_FIRST_MS - performance.now()))

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
      if (size === MANY) gatheredAt = performance.now()
      answer.then(leave, leave)
    },
    goesFirst: () => leftMs() > 0,
    async calm() {
      const withinMs = leftMs()
      if (withinMs === 0) return
      const late = Promise.withResolvers<void>()
      const timer = setTimeout(late.resolve, withinMs)
      await Promise.race([calmed.promise, late.promise])
      clearTimeout(timer)
    },
  }
}
