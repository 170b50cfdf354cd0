import type { DropView } from '#contract'
import { type LoadResult, quantileOf } from './load.ts'

/** Answers that say there is no unit, and are no mistake. */
const REFUSALS: ReadonlySet<string | undefined> = new Set(['all_held', 'sold_out'])

/** What became of a drop that everybody wanted at once. Times are milliseconds over all answers, refusals too. */
export interface Rush {
  readonly units: number
  /** Buyers who were given a unit. */
  readonly sold: number
  /** Answers that were neither a unit nor the news that there is none. */
  readonly errors: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /** Sentences about what must not happen at any speed. */
  readonly problems: readonly string[]
}

/** Does what the buyers were told (`result`, with bodies) agree with what core has written down (`after`)? */
export function judgeRush(
  after: Pick<DropView, 'quantity' | 'available' | 'held' | 'sold'>,
  result: LoadResult,
): Rush {
  const { quantity: units, available, held, sold: paid } = after
  const orders = new Set<string>()
  const mistakes: Record<string, number> = {}
  const waits: number[] = []
  let sold = 0
  result.statuses.forEach((status, index) => {
    waits.push((result.answeredMs[index] ?? 0) - (result.sentMs[index] ?? 0))
    const body = result.bodies[index] ?? ''
    const code = /"code":"(\w+)"/.exec(body)?.[1]
    const orderId = /"orderId":"(ord_\w{26})"/.exec(body)?.[1]
    if (status === 200 && orderId) {
      sold++
      orders.add(orderId)
    } else if (status !== 409 || !REFUSALS.has(code)) {
      const what = `${status} ${code ?? ''}`.trim()
      mistakes[what] = (mistakes[what] ?? 0) + 1
    }
  })
  const wanted = Math.min(units, result.statuses.length)
  const problems = Object.entries(mistakes).map(([what, times]) => `${what} was answered ${times} times.`)
  if (sold !== wanted || orders.size !== sold)
    problems.push(`${sold} buyers were given ${orders.size} of ${wanted} units.`)
  if (held + paid !== sold || available !== units - sold)
    problems.push(`Of ${units} units core has ${available} on the shelf, ${held} held and ${paid} sold.`)
  waits.sort((a, b) => a - b)
  return {
    units,
    sold,
    errors: Object.values(mistakes).reduce((sum, times) => sum + times, 0),
    p50Ms: quantileOf(waits, 0.5),
    p99Ms: quantileOf(waits, 0.99),
    maxMs: quantileOf(waits, 1),
    problems,
  }
}
