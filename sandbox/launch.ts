import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseEnv, styleText } from 'node:util'
import { renderAnnouncement, renderWayOn } from './launch/announce.ts'
import { createFleet, type Death } from './launch/fleet.ts'
import { LaunchError } from './launch/launch-error.ts'
import { keepLocalSecrets } from './launch/local-secrets.ts'
import { renderLogLine } from './launch/log-line.ts'
import { type Env, type LaunchPlan, planLaunch } from './launch/plan.ts'
import { findTakenPorts } from './launch/ports.ts'
import { emptyShop } from './launch/reset-data.ts'
import { markSeedBegun, markSeedDone, wantedSeed } from './launch/seed-mark.ts'
import { seedShop } from './seed.ts'

const COLOURS = {
  sandbox: 'magenta',
  core: 'blue',
  web: 'green',
  bot: 'cyan',
  register: 'cyan',
  seed: 'yellow',
} as const
const STOP_MS = 9_500
const READY_MS = 60_000
/** npm passes on the Ctrl-C that the terminal has sent to us already; only a later one is a second wish. */
const SAME_SIGNAL_MS = 1_000
const PARENT_CHECK_MS = 250

const root = dirname(import.meta.dirname)

/** Everything from one command: stand-ins for vendors without keys, then the three services, until Ctrl-C. */
async function launch(shell: Env): Promise<void> {
  const startedAt = performance.now()
  const dataDir = resolve(root, shell.DATA_DIR || 'data')
  const plan = planLaunch({
    shell,
    files: { core: readEnv('core'), bot: readEnv('bot'), web: readEnv('web') },
    secrets: keepLocalSecrets(join(dataDir, 'local-secrets.json')),
    dataDir,
  })
  const taken = await findTakenPorts(plan.ports)
  if (taken.length > 0) {
    throw new LaunchError(
      taken.map(
        ({ variable, port }) =>
          `Port ${port} is taken. ${variable} moves it: ${variable}=${port + 1000} npm start`,
      ),
    )
  }

  // Only play money in play chats is ever filled in, or emptied.
  const isPlay = plan.local.discord && plan.local.stripe
  const seedWish = isPlay ? wantedSeed(dataDir) : 'none'
  if (seedWish === 'again') {
    printLine('seed', 'The last start ended before the shop was full, so it is emptied and filled anew.')
    emptyShop(dataDir)
  }
  if (seedWish !== 'none') markSeedBegun(dataDir)

  const fleet = createFleet({ root, onLine: printLine, stopMs: STOP_MS, readyMs: READY_MS })
  const stopAsked = waitForSignal(() => {
    fleet.kill()
    process.exit(130)
  })

  async function bringUp(): Promise<null> {
    const sandbox = plan.services.filter(({ name }) => name === 'sandbox')
    const services = plan.services.filter(({ name }) => name !== 'sandbox')
    await Promise.all(sandbox.map(fleet.start))
    await Promise.all(services.map(fleet.start))
    if (plan.register) await fleet.finish(plan.register)
    process.stdout.write(renderAnnouncement(plan, performance.now() - startedAt))
    if (seedWish !== 'none') await seed(plan, dataDir)
    return null
  }

  let onStopped: (() => void) | undefined
  try {
    // A failed start rejects; a good one goes on until somebody ends it.
    const death = await Promise.race([
      stopAsked,
      fleet.died,
      bringUp().then(() => Promise.race([stopAsked, fleet.died])),
    ])
    if (death) {
      process.exitCode = 1
      process.stderr.write(describeDeath(death))
      // Last of all, below whatever the others say while they stop.
      onStopped = () => process.stderr.write(renderWayOn(death, isPlay ? wantedSeed(dataDir) : null))
    }
  } finally {
    process.stdout.write('Stopping …\n')
    await fleet.stop()
    onStopped?.()
  }
}

/** Fills a new shop, where nobody but the person at this keyboard sees it. A failure is told, and the shop stays. */
async function seed({ urls, local }: LaunchPlan, dataDir: string): Promise<void> {
  if (!urls.page) return
  const onProgress = (line: string) => printLine('seed', line)
  try {
    onProgress('Filling the new shop by playing it; look on in the chat …')
    await seedShop({
      pageUrl: urls.page,
      stripeUrl: urls.stripe,
      twitchUrl: local.twitch ? urls.twitch : null,
      onProgress,
    })
    markSeedDone(dataDir)
    onProgress(`The shop is full. Be somebody in it: ${urls.page}`)
  } catch (error) {
    const why = error instanceof Error ? error.message : error
    onProgress(`stopped half way, so the next start empties this shop and fills it anew: ${why}`)
  }
}

/** Resolves at the first Ctrl-C or SIGTERM, or when npm is gone; `again` is called at the next signal. */
function waitForSignal(again: () => void): Promise<null> {
  return new Promise((resolve) => {
    let firstAt: number | null = null
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (firstAt === null) {
          firstAt = performance.now()
          resolve(null)
        } else if (performance.now() - firstAt > SAME_SIGNAL_MS) again()
      })
    }
    // npm's shell dies of a SIGTERM and passes nothing on: then whoever started us is gone.
    const parent = process.ppid
    if (process.env.npm_lifecycle_event) {
      setInterval(() => process.ppid !== parent && resolve(null), PARENT_CHECK_MS).unref()
    }
  })
}

function readEnv(service: string): Env {
  const path = join(root, service, '.env')
  return existsSync(path) ? parseEnv(readFileSync(path, 'utf8')) : {}
}

function printLine(name: string, line: string): void {
  const colour = name in COLOURS ? COLOURS[name as keyof typeof COLOURS] : 'white'
  process.stdout.write(`${styleText(['bold', colour], name.padEnd(7))} ${renderLogLine(line)}\n`)
}

function describeDeath({ name, how, lastLines }: Death): string {
  const lines = lastLines.map((line) => `  ${renderLogLine(line)}`)
  return `\n${styleText(['bold', 'red'], `${name} ended by itself (${how}).`)} Its last lines:\n${lines.join('\n')}\n\n`
}

try {
  await launch(process.env)
} catch (error) {
  process.exitCode = 1
  process.stderr.write(`${error instanceof LaunchError ? error.message : (error as Error).stack}\n`)
}
