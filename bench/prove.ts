import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readFlags } from '../sandbox/read-flags.ts'
import { emptyProject, firestoreEmulator } from '../tests/firestore-emulator.ts'
import { createChance } from './prove-chance.ts'
import { proveOnce, type RunResult } from './prove-run.ts'
import type { Engine } from './prove-shop.ts'
import { note } from './run-bench.ts'

/** The bot is started beside core in the first run and in every so many after it; a double answers elsewhere. */
const REAL_BOT_EVERY = 25
const PROBLEMS_SHOWN = 20

interface Wish {
  readonly store: Engine['store']
  /** How many cores work on one store. */
  readonly instances: number
  readonly runs: number
  readonly buyers: number
  readonly units: number
  readonly seed: number
}

interface Totals {
  readonly results: readonly RunResult[]
  /** Seeds of runs that found something wrong or did not come to their end. */
  readonly failed: readonly number[]
}

/** Run after run; each has the next seed, so that one of them can be played again alone. */
async function prove(wish: Wish, compiledDir: string): Promise<Totals> {
  const { runs, buyers, units, seed: first } = wish
  const results: RunResult[] = []
  const failed: number[] = []
  for (let seed = first; seed < first + runs; seed++) {
    const label = `run ${seed - first + 1} of ${runs}, seed ${seed}`
    try {
      const result = await proveOnce({
        seed,
        engine: await emptyEngine(wish),
        buyers,
        units,
        realBot: seed % REAL_BOT_EVERY === 1,
        compiledDir,
      })
      results.push(result)
      note(`${label}: ${describe(result)}`)
      for (const problem of result.problems.slice(0, PROBLEMS_SHOWN)) note(`  ${problem}`)
      if (result.problems.length > 0) failed.push(seed)
    } catch (error) {
      failed.push(seed)
      note(`${label}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
    }
  }
  return { results, failed }
}

/** Each run has data of its own. Throws where Firestore's emulator is missing. */
async function emptyEngine({ store, instances }: Wish): Promise<Engine> {
  if (store === 'sqlite') return { store }
  const emulator = await firestoreEmulator()
  if ('missing' in emulator) throw new Error(emulator.missing)
  return { store, emulatorHost: emulator.host, projectId: emptyProject(), instances }
}

function describe(result: RunResult): string {
  const { sold, paid, refunded, released, kills, worstAnswerMs, refusedWhileDown, ms, problems } = result
  const verdict = problems.length === 0 ? 'right' : `${problems.length} PROBLEMS`
  return (
    `${verdict}; ${paid} paid, ${sold} sold, ${refunded} refunded, ${released} released; core killed ${kills} times, ` +
    `${refusedWhileDown} questions met it dead, slowest answer ${Math.round(worstAnswerMs)} ms; ${(ms / 1_000).toFixed(1)} s`
  )
}

function toJson({ store, instances, runs, buyers, units, seed }: Wish, { results, failed }: Totals) {
  const sum = (of: (result: RunResult) => number) => results.reduce((total, result) => total + of(result), 0)
  return {
    runs,
    sold: sum(({ sold }) => sold),
    oversold: sum(({ oversold }) => oversold),
    paid: sum(({ paid }) => paid),
    lost: sum(({ lost }) => lost),
    refunded: sum(({ refunded }) => refunded),
    drift_minor_units: sum(({ driftMinorUnits }) => driftMinorUnits),
    worst_answer_ms: Math.round(Math.max(0, ...results.map(({ worstAnswerMs }) => worstAnswerMs))),
    released: sum(({ released }) => released),
    kills: sum(({ kills }) => kills),
    refused_while_down: sum(({ refusedWhileDown }) => refusedWhileDown),
    problems: sum(({ problems }) => problems.length),
    failed_seeds: failed,
    store,
    instances,
    buyers,
    units,
    seed,
  }
}

const whole = (name: string, text: string | undefined, most: number): number => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > most) {
    throw new Error(`--${name} must be a whole number from 1 to ${most}.`)
  }
  return value
}

const USAGE =
  'npm run prove [-- --runs 20] [--buyers 1000] [--units 50] [--seed N] [--store sqlite|firestore] [--instances 1] [--json]'
const args = readFlags(USAGE, {
  runs: { type: 'string', default: '20' },
  buyers: { type: 'string', default: '1000' },
  units: { type: 'string', default: '50' },
  // One that starts with the real bot; the next ones follow from it.
  seed: { type: 'string', default: String(1 + REAL_BOT_EVERY * createChance(Date.now()).below(1_000_000)) },
  store: { type: 'string', default: 'sqlite' },
  instances: { type: 'string', default: '1' },
  json: { type: 'boolean', default: false },
})
const { store } = args
if (store !== 'sqlite' && store !== 'firestore') throw new Error('--store must be sqlite or firestore.')
if (store === 'sqlite' && args.instances !== '1') {
  throw new Error('--instances: a SQLite file belongs to one core; several need --store firestore.')
}
const wish: Wish = {
  store,
  instances: whole('instances', args.instances, 16),
  runs: whole('runs', args.runs, 10_000),
  buyers: whole('buyers', args.buyers, 10_000),
  units: whole('units', args.units, 1_000),
  seed: whole('seed', args.seed, 2 ** 31),
}
const compiledDir = mkdtempSync(join(tmpdir(), 'c500-compiled-'))
const totals = await prove(wish, compiledDir)
rmSync(compiledDir, { recursive: true, force: true })
const found = toJson(wish, totals)
process.stdout.write(args.json ? `${JSON.stringify(found)}\n` : `${JSON.stringify(found, null, 2)}\n`)
if (totals.failed.length > 0) {
  const engine = store === 'sqlite' ? '' : ` --store ${store} --instances ${wish.instances}`
  note(`To play one again: npm run prove -- --runs 1${engine} --seed ${totals.failed[0]}`)
  process.exitCode = 1
} else {
  note('Every unit and every cent is where it should be.')
}
