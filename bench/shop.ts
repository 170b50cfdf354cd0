import { readdirSync, readFileSync } from 'node:fs'
import { type ClientRequest, get, request } from 'node:http'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { APPLICATION, GUILD, PEOPLE } from '../sandbox/cast.ts'
import { createDiscordKey } from '../sandbox/discord-key.ts'
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
const DISCORD_EPOCH = 1_420_070_400_000

const SERVICES = ['core', 'bot', 'web'] as const satisfies readonly ServiceName[]
export type Service = (typeof SERVICES)[number]

/** Everything as `npm start` runs it: real processes, stand-ins for the vendors, empty data, ports of its own. */
export interface Shop extends AsyncDisposable {
  readonly urls: LaunchPlan['urls']
  readonly secrets: LocalSecrets
  readonly coreFile: string
  /** From the start of the process to its first good answer to /readyz, in milliseconds; the median of three starts. */
  readonly coldStartMs: Readonly<Record<Service, number>>
  /**
   * From the start of the bot's process over HTTP to its answer to the interaction that woke it, which asks core, in
   * milliseconds; the median of three starts. `cached` is with Node's compile cache, as an image has it.
   */
  readonly firstInteractionMs: { readonly plain: number; readonly cached: number }
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
  const planWith = (more: Readonly<Record<string, string>>): LaunchPlan =>
    planLaunch({
      shell: {
        PATH: shell.PATH,
        HOME: shell.HOME,
        TMPDIR: shell.TMPDIR,
        ...Object.fromEntries(PORTS.map((variable, index) => [variable, String(ports[index])])),
        ...more,
      },
      files: { core: {}, bot: {}, web: {} },
      secrets,
      dataDir,
    })
  const plan = planWith({})
  await using stack = new AsyncDisposableStack()

  /**
   * One process in a fleet of its own, so that it can be stopped and started alone. `readyMs` is until `ask` had its
   * good answer.
   */
  async function start(
    service: ServicePlan,
    ask = askReady(service.readyUrl),
  ): Promise<{ readyMs: number; stop(): Promise<void> }> {
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
      const answered = ask && firstAnswer(service.name, ask, READY_MS)
      await Promise.race([Promise.all([answered, fleet.start(service)]), died])
      // From here a death is somebody's failed request.
      died.catch(() => {})
      return { readyMs: ((await answered) ?? performance.now()) - startedAt, stop }
    } catch (error) {
      await stop()
      throw error
    }
  }

  /** Starts and stops it so many times; how long each start took. */
  async function tryStarts(count: number, service: ServicePlan, ask?: () => Ask): Promise<number[]> {
    const times: number[] = []
    while (times.length < count) {
      const trial = await start(service, ask?.())
      times.push(trial.readyMs)
      await trial.stop()
    }
    return times
  }

  async function wakeBotOverHttp(
    more: Readonly<Record<string, string>>,
    starts = COLD_STARTS,
  ): Promise<number> {
    const { services, urls } = planWith({ BOT_TRANSPORT: 'http' })
    const bot = services.find(({ name }) => name === 'bot')
    if (!bot || !urls.interactions) throw new Error('There is no bot over HTTP.')
    const service = { ...bot, env: { ...bot.env, ...more } }
    const url = urls.interactions
    return median(await tryStarts(starts, service, () => askAsDiscord(url, secrets.discordKeySeed)))
  }

  const coldStartMs: Record<Service, number> = { core: 0, bot: 0, web: 0 }
  const firstInteractionMs = { plain: 0, cached: 0 }
  for (const service of plan.services) {
    const name = SERVICES.find((one) => one === service.name)
    if (name === 'bot') {
      firstInteractionMs.plain = await wakeBotOverHttp({})
      const cache = { NODE_COMPILE_CACHE: join(dataDir, 'compile-cache') }
      // Its first start fills the cache.
      await wakeBotOverHttp(cache, 1)
      firstInteractionMs.cached = await wakeBotOverHttp(cache)
    }
    const times = await tryStarts(name ? COLD_STARTS - 1 : 0, service)
    const profiled = name === 'core' && profileDir !== null ? withProfile(service, profileDir) : service
    const running = await start(profiled)
    stack.defer(running.stop)
    times.push(running.readyMs)
    if (name) coldStartMs[name] = median(times)
  }

  const running = stack.move()
  const stop = () => running.disposeAsync()
  const scripts = Object.fromEntries(plan.services.map(({ name, script }) => [name, script]))
  return {
    urls: plan.urls,
    secrets,
    coreFile: join(dataDir, 'core', 'c500.sqlite'),
    coldStartMs,
    firstInteractionMs,
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

/** Asks once; true for a good answer. */
type Ask = () => Promise<boolean>

/** When the first good answer came (performance.now()). Asks far more often than a launcher needs to. */
async function firstAnswer(name: string, ask: Ask, patienceMs: number): Promise<number> {
  const until = performance.now() + patienceMs
  while (performance.now() < until) {
    if (await ask()) return performance.now()
    await wait(ASK_EVERY_MS)
  }
  throw new Error(`${name} did not answer within ${patienceMs / 1_000} s`)
}

function askReady(url: string | null): Ask | null {
  if (url === null) return null
  return () => isAnsweredWell(get(url, { agent: false, timeout: 1_000 }))
}

/** One person's `/c500 profile`, typed now, signed and posted as the local Discord does. */
function askAsDiscord(url: string, keySeed: string): Ask {
  const now = Date.now()
  const { id, username, globalName } = PEOPLE.poppy
  const body = JSON.stringify({
    id: String(BigInt(now - DISCORD_EPOCH) << 22n),
    application_id: APPLICATION.id,
    type: 2,
    token: 'of-the-bench',
    version: 1,
    guild_id: GUILD.id,
    member: { user: { id, username, global_name: globalName }, permissions: '0', roles: [] },
    data: { id: '1', type: 1, name: 'c500', options: [{ type: 1, name: 'profile', options: [] }] },
  })
  const headers = createDiscordKey(keySeed).headers(body, now)
  return () => {
    const asking = request(url, { method: 'POST', headers, agent: false, timeout: 5_000 })
    const answered = isAnsweredWell(asking)
    asking.end(body)
    return answered
  }
}

function isAnsweredWell(asking: ClientRequest): Promise<boolean> {
  return new Promise((resolve) => {
    asking.once('response', (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    asking.once('error', () => resolve(false))
    asking.once('timeout', () => asking.destroy())
  })
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0
}

/** Of the child process that runs this script; null where there is no /proc. */
export function residentMb(script: string): number | null {
  const kb = Number(/^VmRSS:\s*(\d+)/m.exec(readOfChild(script, 'status') ?? '')?.[1])
  return Number.isFinite(kb) ? kb / 1_024 : null
}

/** How long the main thread of the child process that runs this script was busy so far; null where there is no /proc. */
export function busyMs(script: string): number | null {
  const nanoseconds = readOfChild(script, 'schedstat')?.split(' ')[0]
  return nanoseconds === undefined ? null : Number(nanoseconds) / 1e6
}

/** A file that /proc has of it. */
function readOfChild(script: string, file: 'status' | 'schedstat'): string | null {
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
      return readFileSync(`/proc/${pid}/${file}`, 'utf8')
    } catch {
      // It ended while we were looking.
    }
  }
  return null
}
