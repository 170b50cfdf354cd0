/** Counts what is in hand, so that stopping and tests can wait for it. */
export interface Work {
  /** Does `job` and counts it until it has ended, well or badly. */
  run<T>(job: () => Promise<T>): Promise<T>
  /** Resolves when nothing is in hand. */
  idle(): Promise<void>
}

export function createWork(): Work {
  let inHand = 0
  let waiting: (() => void)[] = []
  return {
    async run(job) {
      inHand += 1
      try {
        return await job()
      } finally {
        inHand -= 1
        if (inHand === 0) {
          for (const wake of waiting) wake()
          waiting = []
        }
      }
    },
    idle: () => (inHand === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  }
}
