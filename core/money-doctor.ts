import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { createStripeClient } from './adapters/stripe-client.ts'
import { createStripeRecords } from './adapters/stripe-records.ts'
import { type Config, parseConfig } from './config.ts'
import { isInHand, isMoneyEffect } from './domain/reconcile-books.ts'
import { describeRepair, type Mismatch, money } from './domain/reconcile-mismatch.ts'
import { openStore } from './open-store.ts'
import { createChanges } from './usecases/change.ts'
import { type Exam, examineMoney } from './usecases/reconcile-exam.ts'
import { followDrift, MONEY_DOCTOR, repairMoney } from './usecases/reconcile-repair.ts'

const USAGE = `npm run money-doctor [-- --fix] [-- --json]

Compares the shop's books with Stripe's, to the cent, over the whole history. Changes nothing unless told.
  --fix    mend what is safe to mend: look at Stripe again, and book what is so at Stripe
  --json   one JSON object per line and mismatch, and one last object with the sums
It ends with 0 only when nothing remains.
`
/** A busy shop is looked at again until it holds still. */
const LOOKS = 4
const BETWEEN_LOOKS_MS = 1_500
/** How often mending and looking again take turns: what is mended may show something else. */
const ROUNDS = 3
/** How long a running core may take for what it was asked to do. */
const PATIENCE_MS = 20_000

const say = (line: string) => process.stderr.write(`${line}\n`)
const count = (n: number, one: string, many = `${one}s`) => `${n} ${n === 1 ? one : many}`
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function run(config: Config, options: { readonly fix: boolean }): Promise<Result> {
  if (config.store.driver === 'sqlite' && !existsSync(config.store.path)) {
    throw new Error(`There is no shop at ${config.store.path}. Has core ever run with this DATA_DIR?`)
  }
  const store = await openStore(config.store)
  try {
    const clock = { now: () => Date.now() }
    const stripe = createStripeClient({
      secretKey: config.secrets.stripeKey,
      ...(config.stripe.apiBase ? { apiBase: config.stripe.apiBase } : {}),
      requestsPerSecond: config.stripe.requestsPerSecond,
      timeoutMs: config.stripe.timeoutMs,
    })
    const change = createChanges({ store, random: Math.random, onCommit: () => {} })
    const deps = { store, clock, change, records: createStripeRecords(stripe) }

    const onProgress = (what: string, count: number) => say(`  ${String(count).padStart(8)}  ${what}`)
    say(`Reading the shop's books and ${config.stripe.apiBase ?? "Stripe's"} …`)
    let exam = await lookUntilStill(() => examineMoney(deps, { since: 0, whole: true, onProgress }))
    const found = exam.mismatches.length
    let fixed = 0
    for (let round = 0; options.fix && round < ROUNDS; round++) {
      const begun = await repairMoney(deps, exam.mismatches, MONEY_DOCTOR)
      if (begun === 0) break
      fixed += begun
      say(`Began ${count(begun, 'repair')}; core carries out the rest …`)
      await waitForCore(async () => {
        const { documents } = await store.find('outbox', {
          where: {},
          orderBy: 'dueAt',
          direction: 'asc',
          atMost: clock.now(),
          limit: 500,
        })
        return documents.some(({ value }) => isMoneyEffect(value) && isInHand(value, clock.now()))
      })
      exam = await lookUntilStill(() => examineMoney(deps, { since: 0, whole: true }))
    }
    if (options.fix) await followDrift(deps, exam)
    return { exam, found, fixed }
  } finally {
    await store.close()
  }
}

async function lookUntilStill(look: () => Promise<Exam>): Promise<Exam> {
  for (let looks = 1; ; looks++) {
    const exam = await look()
    if (exam.moving.length === 0 || looks === LOOKS) return exam
    say(`${count(exam.moving.length, 'order')} moving; looking again …`)
    await pause(BETWEEN_LOOKS_MS)
  }
}

async function waitForCore(isBusy: () => Promise<boolean>): Promise<void> {
  const until = performance.now() + PATIENCE_MS
  while (performance.now() < until) {
    if (!(await isBusy())) return
    await pause(200)
  }
  say('Core has not carried them out. Is it running?')
}

interface Result {
  readonly exam: Exam
  /** Mismatches before anything was mended. */
  readonly found: number
  readonly fixed: number
}

function renderMismatch({ code, orderId, sentence, likelyCause, repair }: Mismatch): string {
  const about = orderId ? `${code}  ${orderId}` : code
  const mend = `${describeRepair(repair)}${repair.kind === 'person' ? '' : ' (--fix)'}`
  return `${about}\n  What    ${sentence}\n  Why     ${likelyCause}\n  Repair  ${mend}\n`
}

function render({ exam, fixed }: Result): string {
  const rows = exam.balances.map(
    ({ currency, ours, onTheWay, stripe }) =>
      `  ${currency.toUpperCase()}  Stripe has ${money(stripe, currency)}; our books say ${money(ours + onTheWay, currency)}` +
      (onTheWay === 0 ? '' : ` (${money(-onTheWay, currency)} of it on its way back to buyers)`),
  )
  const remaining = exam.mismatches.length
  const { orders, entries, stripe_transactions: movements } = exam.checked
  const last =
    remaining > 0
      ? `${count(remaining, 'mismatch', 'mismatches')}, ${count(exam.drift, 'minor unit')} off.`
      : `Everything agrees, to the cent: ${count(orders, 'order')}, ${count(entries, 'ledger row')}, ${count(movements, 'movement')} at Stripe.`
  return [
    ...exam.mismatches.map(renderMismatch),
    ...rows,
    ...(exam.moving.length > 0 ? [`${count(exam.moving.length, 'order')} moving, and not compared.`] : []),
    ...(fixed > 0 ? [`${count(fixed, 'repair')} begun.`] : []),
    last,
    '',
  ].join('\n')
}

function renderJson({ exam, found, fixed }: Result): string {
  const remaining = exam.mismatches.length
  const summary = {
    ok: remaining === 0 && exam.moving.length === 0,
    checked: exam.checked,
    mismatches: found,
    fixed,
    remaining,
    moving: exam.moving.length,
    drift_minor_units: exam.drift,
    balances: exam.balances,
  }
  return [...exam.mismatches, summary].map((one) => `${JSON.stringify(one)}\n`).join('')
}

try {
  const { values } = parseArgs({
    options: {
      fix: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) process.stdout.write(USAGE)
  else {
    // biome-ignore lint/style/noProcessEnv: an entry point, as main.ts is
    const result = await run(parseConfig(process.env), values)
    process.stdout.write(values.json ? renderJson(result) : render(result))
    process.exitCode = result.exam.mismatches.length === 0 && result.exam.moving.length === 0 ? 0 : 1
  }
} catch (error) {
  // 2: it could not look. 1 means that it looked and something remains.
  process.exitCode = 2
  const said = error instanceof Error ? error.message : String(error)
  const hint = /connection to Stripe/.test(said) ? '\nThe local Stripe answers while npm start runs.' : ''
  process.stderr.write(`The money doctor could not look: ${said}${hint}\n`)
}
