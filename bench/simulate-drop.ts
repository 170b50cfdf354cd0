import { readFlags } from '../sandbox/read-flags.ts'
import { createChance } from './prove-chance.ts'

// What a drop would be like that no machine here can play: buyers arrive, cores decide them in lanes, commits to one
// document beat each other, Stripe and Discord have their limits. Latencies are assumptions, printed with the result.

interface Assumed {
  readonly buyers: number
  readonly units: number
  readonly instances: number
  /** Buyers come over this long, most of them at the beginning. */
  readonly overMs: number
  /** A commit: so long, and so much more for each document. */
  readonly commitMs: number
  readonly perDocumentMs: number
  readonly readMs: number
  /** Requests that one core answers in a second without a store: what one thread can do. */
  readonly answersPerSecond: number
  readonly together: number
  readonly stripePerSecond: number
  /** First answers to interactions do not count towards Discord's global limit; private messages do. */
  readonly messagesPerSecond: number
}

const ASSUMED: Assumed = {
  buyers: 100_000,
  units: 10_000,
  instances: 20,
  overMs: 10_000,
  commitMs: 60,
  perDocumentMs: 0.15,
  readMs: 25,
  answersPerSecond: 1_500,
  together: 200,
  stripePerSecond: 20,
  messagesPerSecond: 50,
}
const DOCUMENTS_PER_ORDER = 3
const SHARED_DOCUMENTS = 2
/** Between two looks at the line, in looks (core/usecases/turn.ts). */
const PAUSE_QUESTIONS = 3

interface Outcome {
  readonly sold: number
  readonly commits: number
  readonly conflicts: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /** From the first buyer until the last unit is held. */
  readonly soldOutMs: number
}

/**
 * One drop, step by step through time: whose commit is the next to stand, and who was beaten by it. Whoever was beaten
 * stands in line from then on, as in core/usecases/turn.ts.
 */
function simulate(a: Assumed, seed: number): Outcome {
  const chance = createChance(seed)
  const waits: number[] = []
  /** Each core's buyers by the moment at which its thread has read them. */
  const cores = Array.from({ length: a.instances }, () => ({
    arrivals: [] as number[],
    next: 0,
    readyAt: 0,
    isInLine: false,
  }))
  for (let n = 0; n < a.buyers; n++) {
    // Squared: half of them come in the first quarter of the time.
    cores[n % a.instances]?.arrivals.push(chance.next() ** 2 * a.overMs)
  }
  for (const core of cores) {
    core.arrivals.sort((x, y) => x - y)
    core.readyAt = core.arrivals[0] ?? Number.POSITIVE_INFINITY
  }
  let left = a.units
  let stoodAt = Number.NEGATIVE_INFINITY
  let commits = 0
  let conflicts = 0
  let soldOutMs = 0
  let threads = cores.map(() => 0)

  for (;;) {
    const which = cores.reduce(
      (best, core, at) => (core.readyAt < (cores[best]?.readyAt ?? 0) ? at : best),
      0,
    )
    const core = cores[which]
    if (!core || core.readyAt === Number.POSITIVE_INFINITY) break
    // A place in line is taken while others write; then the first has to be found gone.
    const placedAt = core.readyAt + 2 * a.readMs + a.commitMs
    const foundAt = stoodAt + (1 + chance.next() * PAUSE_QUESTIONS) * a.readMs
    const startedAt = core.isInLine && left > 0 ? Math.max(placedAt, foundAt) : core.readyAt
    const waiting = core.arrivals.slice(core.next, core.next + a.together).filter((at) => at <= startedAt)
    const readAt = startedAt + a.readMs
    const wins = Math.min(left, waiting.length)
    const documents = wins === 0 ? 0 : wins * DOCUMENTS_PER_ORDER + SHARED_DOCUMENTS
    const doneAt = readAt + (wins === 0 ? 0 : a.commitMs + documents * a.perDocumentMs)
    if (wins > 0 && stoodAt > startedAt) {
      // Somebody wrote after we had begun to read: refused as soon as that is seen.
      conflicts++
      core.isInLine = true
      core.readyAt = Math.max(doneAt, stoodAt)
      continue
    }
    if (wins > 0) {
      left -= wins
      stoodAt = doneAt
      commits++
      if (left === 0) soldOutMs = doneAt
    }
    core.next += waiting.length
    // One thread writes all these answers.
    const answeredAt = Math.max(doneAt, threads[which] ?? 0) + (waiting.length / a.answersPerSecond) * 1_000
    threads = threads.with(which, answeredAt)
    for (const at of waiting) waits.push(answeredAt - at)
    core.readyAt = Math.max(answeredAt, core.arrivals[core.next] ?? Number.POSITIVE_INFINITY)
  }
  waits.sort((x, y) => x - y)
  const quantile = (part: number) => Math.round(waits[Math.floor((waits.length - 1) * part)] ?? 0)
  return {
    sold: a.units - left,
    commits,
    conflicts,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    maxMs: quantile(1),
    soldOutMs: Math.round(soldOutMs),
  }
}

const NAMES = Object.keys(ASSUMED) as (keyof Assumed)[]
const usage = `npm run simulate -- ${NAMES.map((name) => `[--${name} ${ASSUMED[name]}]`).join(' ')}`
const args = readFlags(usage, Object.fromEntries(NAMES.map((name) => [name, { type: 'string' as const }])))
const assumed = Object.fromEntries(
  NAMES.map((name) => {
    const value = args[name] === undefined ? ASSUMED[name] : Number(args[name])
    if (!(value > 0)) throw new Error(`--${name} must be a number above 0.`)
    return [name, value]
  }),
) as unknown as Assumed

const lines = [
  `assumed: ${JSON.stringify(assumed)}`,
  '',
  'instances  sold   commits  conflicts  p50 ms  p99 ms  max ms  sold out after ms',
]
for (const instances of new Set([1, 4, 10, assumed.instances, 50])) {
  const { sold, commits, conflicts, p50Ms, p99Ms, maxMs, soldOutMs } = simulate({ ...assumed, instances }, 1)
  const cells = [sold, commits, conflicts, p50Ms, p99Ms, maxMs, soldOutMs]
  lines.push(`${String(instances).padStart(9)}  ${cells.map((cell) => String(cell).padStart(7)).join('  ')}`)
}
const seconds = (count: number, perSecond: number) => `${Math.ceil(count / perSecond)} s`
lines.push(
  '',
  `pay pages: ${assumed.units} Checkout Sessions at ${assumed.stripePerSecond} a second: ${seconds(assumed.units, assumed.stripePerSecond)}`,
  `private messages: one for each unit sold at ${assumed.messagesPerSecond} a second: ${seconds(assumed.units, assumed.messagesPerSecond)}`,
)
process.stdout.write(`${lines.join('\n')}\n`)
