import { readdirSync, readFileSync } from 'node:fs'
import { get } from 'node:http'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createFleet } from '../sandbox/launch/fleet.ts'
import { keepLocalSecrets, type LocalSecrets } from '../sandbox/launch/local-secrets.ts'
import { type LaunchPlan, planLaunch, type ServiceName, type ServicePlan } from '../sandbox/launch/plan.ts'
import { freePorts } from '../sandbox/launch/ports.ts'

const PORTS = [
  'SANDBOX_PORT',
  'WEB_PORT',
  'CORE_PORT',
  'BOT_PORT',
  'LOCAL_DISCORD_PORT',
  'LOCAL_STRIPE_PORT',
  'LOCAL_TWITCH_PORT',
]
const STOP_MS = 9_000
const READY_MS = 30_000
const ASK_EVERY_MS = 2
const COLD_STARTS = 3

const SERVICES = ['core', 'bot', 'web'] as const satisfies readonly ServiceName[]
export type Service = (typeof SERVICES)[number]

/** Everything as `npm start` runs it: real processes, stand-ins for the vendors, empty data, ports of its own. */
export interface Shop extends AsyncDisposable {
  readonly urls: LaunchPlan['urls']
  readonly secrets: LocalSecrets
  readonly coreFile: string
  /** From the start of the process to its first good answer to /readyz, in milliseconds; the median of three starts. */
  readonly coldStartMs: Readonly<Record<Service, number>>
  /** Resident memory now, in MB; null where there is no /proc. */
  memoryMb(): Readonly<Record<Service, number | null>>
  /** Ends all; safe to call twice. */
  stop(): Promise<void>
}

/** `profileDir` makes core write a CPU profile there when it stops. A service that dies ends the bench with its words. */
export async function startShop(options: {
  readonly dataDir: string
  readonly shell: Readonly<Record<string, string | undefined>>
  readonly profileDir: string | null
}): Promise<Shop> {
  const { dataDir, shell, profileDir } = options
  const secrets = keepLocalSecrets(join(dataDir, 'local-secrets.json'))
  const ports = await freePorts(PORTS.length)
  const plan = planLaunch({
    shell: {
      PATH: shell.PATH,
      HOME: shell.HOME,
      TMPDIR: shell.TMPDIR,
      ...Object.fromEntries(PORTS.map((variable, index) => [variable, String(ports[index])])),
    },
    files: { core: {}, bot: {}, web: {} },
    secrets,
    dataDir,
  })
  await using stack = new AsyncDisposableStack()

  /** One process in a fleet of its own, so that it can be stopped and started alone. */
  async function start(service: ServicePlan): Promise<{ readyMs: number; stop(): Promise<void> }> {
    const fleet = createFleet({
      root: dirname(import.meta.dirname),
      onLine: () => {},
      stopMs: STOP_MS,
      readyMs: READY_MS,
    })
    const stop = () => fleet.stop()
    const died = fleet.died.then(({ name, how, lastLines }): never => {
      throw new Error(`${name} ended by itself (${how}):\n${lastLines.join('\n')}`)
    })
    const startedAt = performance.now()
    try {
      const answered = service.readyUrl === null ? null : firstAnswer(service.readyUrl, READY_MS)
      await Promise.race([Promise.all([answered, fleet.start(service)]), died])
      // From here a death is somebody's failed request.
      died.catch(() => {})
      return { readyMs: ((await answered) ?? performance.now()) - startedAt, stop }
    } catch (error) {
      await stop()
      throw error
    }
  }

  const coldStartMs: Record<Service, number> = { core: 0, bot: 0, web: 0 }
  for (const service of plan.services) {
    const name = SERVICES.find((one) => one === service.name)
    const times: number[] = []
    for (let again = name ? COLD_STARTS - 1 : 0; again > 0; again--) {
      const trial = await start(service)
      times.push(trial.readyMs)
      await trial.stop()
    }
    const profiled = name === 'core' && profileDir !== null ? withProfile(service, profileDir) : service
    const running = await start(profiled)
    stack.defer(running.stop)
    times.push(running.readyMs)
    if (name) coldStartMs[name] = times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0
  }

  const running = stack.move()
  const stop = () => running.disposeAsync()
  const scripts = Object.fromEntries(plan.services.map(({ name, script }) => [name, script]))
  return {
    urls: plan.urls,
    secrets,
    coreFile: join(dataDir, 'core', 'c500.sqlite'),
    coldStartMs,
    memoryMb: () => {
      const of = (name: Service) => residentMb(scripts[name] ?? '')
      return { core: of('core'), bot: of('bot'), web: of('web') }
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

function withProfile(service: ServicePlan, dir: string): ServicePlan {
  return { ...service, env: { ...service.env, NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${dir}` } }
}

/** When the first 2xx came (performance.now()). Asks far more often than a launcher needs to. */
async function firstAnswer(url: string, patienceMs: number): Promise<number> {
  const until = performance.now() + patienceMs
  while (performance.now() < until) {
    if (await answersWell(url)) return performance.now()
    await wait(ASK_EVERY_MS)
  }
  throw new Error(`${url} did not answer within ${patienceMs / 1_000} s`)
}

function answersWell(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: 1_000 }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    request.once('error', () => resolve(false))
    request.once('timeout', () => request.destroy())
  })
}

/** Of the child process that runs this script. */
function residentMb(script: string): number | null {
  let entries: string[]
  try {
    entries = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  } catch {
    return null
  }
  for (const pid of entries) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8')
      const isChild = Number(/^PPid:\s*(\d+)/m.exec(status)?.[1]) === process.pid
      if (!isChild || !readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(script)) continue
      const kb = Number(/^VmRSS:\s*(\d+)/m.exec(status)?.[1])
      return Number.isFinite(kb) ? kb / 1_024 : null
    } catch {
      // It ended while we were looking.
    }
  }
  return null
}
