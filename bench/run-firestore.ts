import { mkdtempSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROUTES } from '#contract'
import { readFlags } from '../sandbox/read-flags.ts'
import { emptyProject, firestoreEmulator } from '../tests/firestore-emulator.ts'
import { joinBuilder, openDrop } from './builder.ts'
import { createLoadClient, type LoadClient, writeRequest } from './load.ts'
import { measureNaive, type NaivePace } from './naive.ts'
import { readStripe } from './prove-books.ts'
import { type ProvingShop, startProvingShop } from './prove-shop.ts'
import { note, runBench } from './run-bench.ts'
import { judgeRush, type Rush } from './rush.ts'
import { writeBuyRequest } from './scenario.ts'

const INSTANCES = 4
const BUYERS = 1_000
const RUSH_MS = 500
const DROPS = [50, 1_000] as const
const WARM_UP_UNITS = 400
const NAIVE_BUYERS = 100
const STRIPE_REQUESTS_PER_SECOND = 20
/** Stripe's default for one endpoint (docs.stripe.com/rate-limits). */
const STRIPE_ALLOWS_PER_SECOND = 25
const PRICE = 2_400
const LONGEST_MS = 180_000
const OPENING = writeRequest({ method: 'GET', path: '/livez', headers: {} })

interface Measured {
  readonly naive: NaivePace
  readonly rushes: readonly Rush[]
  /** Checkout Sessions made in the busiest second. */
  readonly sessionsInASecond: number
  readonly problems: readonly string[]
}

async function measure(compiledDir: string): Promise<Measured> {
  const emulator = await firestoreEmulator()
  if ('missing' in emulator) throw new Error(emulator.missing)
  const drops = await measureDrops(emulator.host, compiledDir)
  // Last, because what gave up there still keeps the emulator busy.
  note(`The plain way: ${NAIVE_BUYERS} buyers, a transaction each ...`)
  const naive = await measureNaive({
    emulatorHost: emulator.host,
    projectId: emptyProject(),
    buyers: NAIVE_BUYERS,
  })
  note(`${naive.perSecond.toFixed(1)} per second, ${Math.round(naive.aborted * 100)} % without a unit`)
  return { ...drops, naive }
}

async function measureDrops(emulatorHost: string, compiledDir: string): Promise<Omit<Measured, 'naive'>> {
  note(`Starting ${INSTANCES} cores ...`)
  await using shop = await startProvingShop({
    engine: {
      store: 'firestore',
      emulatorHost,
      projectId: emptyProject(),
      instances: INSTANCES,
    },
    coreEnv: {
      STRIPE_REQUESTS_PER_SECOND: String(STRIPE_REQUESTS_PER_SECOND),
      MAX_INSTANCES: String(INSTANCES),
    },
    realBot: false,
    compiledDir,
    unlucky: () => false,
  })
  await using load = createLoadClient()
  await joinBuilder(shop)
  let buyers = 0
  const nextBuyer = () => buyers++
  tell('warm-up', await rush(shop, load, WARM_UP_UNITS, nextBuyer))
  const rushes: Rush[] = []
  for (const units of DROPS) rushes.push(tell(`${units} units`, await rush(shop, load, units, nextBuyer)))

  const { sessions } = await readStripe(shop.stripeUrl, shop.stripeKey)
  const bySecond = Map.groupBy(sessions, ({ created }) => created)
  const sessionsInASecond = Math.max(0, ...[...bySecond.values()].map((some) => some.length))
  note(`Checkout Sessions made: ${sessions.length}, at most ${sessionsInASecond} in one second`)
  const problems = rushes.flatMap((one) => one.problems.map((problem) => `${one.units} units: ${problem}`))
  if (sessionsInASecond > STRIPE_ALLOWS_PER_SECOND)
    problems.push(`Stripe was asked for ${sessionsInASecond} Checkout Sessions in one second.`)
  return { rushes, sessionsInASecond, problems }
}

/** A fresh drop; everybody wants it within half a second, each at one of the cores in turn. */
async function rush(
  shop: ProvingShop,
  load: LoadClient,
  units: number,
  nextBuyer: () => number,
): Promise<Rush> {
  const dropId = await openDrop(shop, units, PRICE)
  const requests = Array.from({ length: BUYERS }, () =>
    writeBuyRequest({
      token: shop.botToken,
      number: nextBuyer(),
      dropId,
      path: ROUTES.createCheckout.path,
    }),
  )
  const result = await load.run({
    ports: shop.coreUrls.map((url) => Number(new URL(url).port)),
    connections: BUYERS,
    opening: OPENING,
    requests,
    overMs: RUSH_MS,
    keepBodies: true,
  })
  return judgeRush(await shop.bot.getDrop({ dropId }), result)
}

function tell(what: string, one: Rush): Rush {
  const waits = [one.p50Ms, one.p99Ms, one.maxMs].map((ms) => Math.round(ms)).join(' / ')
  note(`${what}: ${one.sold} of ${BUYERS} buyers, ${one.errors} errors; p50 / p99 / max ${waits} ms`)
  return one
}

function toJson({ naive, rushes, sessionsInASecond }: Measured): object {
  return {
    drops: rushes.map(({ units, sold, errors, p50Ms, p99Ms, maxMs }) => ({
      units,
      sold,
      errors,
      p50_ms: Math.round(p50Ms),
      p99_ms: Math.round(p99Ms),
      max_ms: Math.round(maxMs),
    })),
    naive_per_second: Math.round(naive.perSecond * 10) / 10,
    naive_aborted: Math.round(naive.aborted * 100) / 100,
    buyers: BUYERS,
    instances: INSTANCES,
    stripe_sessions_in_a_second: sessionsInASecond,
    machine: { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version },
  }
}

const args = readFlags('npm run bench:firestore [-- --json]', { json: { type: 'boolean', default: false } })
await runBench({
  folder: mkdtempSync(join(tmpdir(), 'c500-compiled-')),
  longestMs: LONGEST_MS,
  measure,
  show: (measured) => JSON.stringify(toJson(measured), null, args.json ? 0 : 2),
})
