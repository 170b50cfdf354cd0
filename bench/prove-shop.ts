import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { bearer, type CoreClient, createCoreClient, PUSHES, SIGNATURE_HEADER, verifyPush } from '#contract'
import { createFleet, type Fleet } from '../sandbox/launch/fleet.ts'
import { keepLocalSecrets } from '../sandbox/launch/local-secrets.ts'
import { HOST, planLaunch, type ServiceName } from '../sandbox/launch/plan.ts'
import { freePorts } from '../sandbox/launch/ports.ts'
import { createFrontDoor } from './front-door.ts'
import type { BooksPlace } from './prove-books.ts'

const PORTS = [
  'SANDBOX_PORT',
  'WEB_PORT',
  'CORE_PORT',
  'BOT_PORT',
  'LOCAL_DISCORD_PORT',
  'LOCAL_STRIPE_PORT',
  'LOCAL_TWITCH_PORT',
]
const STOP_MS = 9_500
const READY_MS = 30_000
/** More than one machine needs, so that the budget towards Stripe does not stretch a run; its own tests hold it. */
const STRIPE_REQUESTS_PER_SECOND = '200'

/** Longer than one run of an effect may take before another core takes it over. */
const LEASE_IS_OVER_MS = 61_000

/** Which engine keeps core's data, and how many cores work on it. Firestore is Google's emulator, host:port. */
export type Engine =
  | { readonly store: 'sqlite' }
  | {
      readonly store: 'firestore'
      readonly emulatorHost: string
      readonly projectId: string
      readonly instances: number
    }

/** One shop for one run: core, the stand-ins, and the bot or its double, each a process that can be ended. */
export interface ProvingShop extends AsyncDisposable {
  /** Core as the bot asks it. */
  readonly bot: CoreClient
  /** What the bot shows core. */
  readonly botToken: string
  /** Core as the web asks it. */
  readonly web: CoreClient
  readonly stripeUrl: string
  readonly stripeKey: string
  readonly books: BooksPlace
  /** Each core's own address. `bot`, `web` and Stripe's webhooks come to all of them in turn, through one address. */
  readonly coreUrls: readonly string[]
  /** UTC milliseconds as core, bot and Stripe have it. */
  now(): number
  /** How often a core has ended, to be compared; null while none answers or one is just ending. */
  life(): number | null
  /** Resolves once a core answers. */
  up(): Promise<void>
  /**
   * kill -9 for one core (`which` of them), and a start on the same data after `downMs`. Beside other cores it cannot
   * know what it held: everybody's clock goes on by a minute, so that its leases are over.
   */
  crash(downMs: number, which?: number): Promise<void>
  /** kill -9 for every core and the bot; everybody's clock goes on by `ms`; `meanwhile` is done; a start on the same data. */
  sleepThrough(ms: number, meanwhile?: () => Promise<unknown>): Promise<void>
  /** Ends every core as a deploy does, and the bot before it, which would keep it waiting. */
  stopCores(): Promise<void>
  /** Do what no customer of Stripe can: a path below /local. */
  stripeControl<T = unknown>(path: string, body?: object): Promise<T>
  /** What the bot's double was told, as `person kind`. Null with the real bot. */
  readonly told: ReadonlySet<string> | null
  /** Rejects when a process ends that nobody ended. */
  readonly broken: Promise<never>
}

/**
 * Starts everything as `npm start` does, on free ports with empty data; the web is left out, its calls are made
 * directly. Without the real bot a double answers core's pushes, checks their signatures, and fails where `unlucky`
 * says so.
 */
export async function startProvingShop(options: {
  readonly engine: Engine
  /** More of core's environment. */
  readonly coreEnv?: Readonly<Record<string, string>>
  readonly realBot: boolean
  readonly unlucky: () => boolean
  /** Where Node keeps what it has compiled: a run starts half a dozen processes of the same code. */
  readonly compiledDir: string
}): Promise<ProvingShop> {
  await using stack = new AsyncDisposableStack()
  const dataDir = await mkdtemp(join(tmpdir(), 'c500-prove-'))
  stack.defer(() => rm(dataDir, { recursive: true, force: true }))
  const secrets = keepLocalSecrets(join(dataDir, 'local-secrets.json'))
  const { engine } = options
  const instances = engine.store === 'sqlite' ? 1 : engine.instances
  // All asked for at once, so that no two are the same; one core alone has the address for itself.
  const ports = await freePorts(PORTS.length + instances)
  const plan = planLaunch({
    shell: {
      LOG_LEVEL: 'fatal',
      STRIPE_REQUESTS_PER_SECOND,
      ...Object.fromEntries(PORTS.map((variable, index) => [variable, String(ports[index])])),
    },
    files: { core: {}, bot: {}, web: {} },
    secrets,
    dataDir,
  })
  const address = portOf(plan.urls.core)
  const corePorts = instances === 1 ? [address] : ports.slice(PORTS.length)
  const door = instances === 1 ? null : stack.use(await createFrontDoor(address))
  const clockFile = join(dataDir, 'clock')
  const clockUrl = new URL('./clock-from-file.ts', import.meta.url)
  clockUrl.searchParams.set('file', clockFile)
  let aheadMs = 0
  const setClock = () => writeFileSync(clockFile, String(aheadMs))
  setClock()
  const { promise: broken, reject: report } = Promise.withResolvers<never>()
  // Whoever waits for something of this shop waits for this, too.
  broken.catch(() => {})

  /** One process in a fleet of its own, so that it can be ended alone. */
  async function start(name: ServiceName, more: Readonly<Record<string, string>> = {}): Promise<Fleet> {
    const service = plan.services.find((one) => one.name === name)
    if (!service) throw new Error(`${name} is not in the plan`)
    const { DATA_DIR, ...env } = service.env
    const fleet = createFleet({
      root: dirname(import.meta.dirname),
      onLine: () => {},
      stopMs: STOP_MS,
      readyMs: READY_MS,
    })
    const died = fleet.died.then(({ how, lastLines }): never => {
      const error = new Error(`${name} ended by itself (${how}):\n${lastLines.join('\n')}`)
      report(error)
      throw error
    })
    const ready = fleet.start({
      ...service,
      ...(more.PORT && { readyUrl: `http://${HOST}:${more.PORT}/readyz` }),
      env: {
        ...env,
        ...more,
        NODE_COMPILE_CACHE: options.compiledDir,
        // The stand-ins keep what they know in memory: they are not what is tried here.
        ...(DATA_DIR !== undefined && name !== 'sandbox' && { DATA_DIR }),
        ...(name !== 'sandbox' && { NODE_OPTIONS: `--import=${clockUrl}` }),
      },
    })
    try {
      await Promise.race([ready, died])
    } catch (error) {
      await kill(fleet)
      throw error
    }
    return fleet
  }

  const cores: (Fleet | null)[] = corePorts.map(() => null)
  let bot: Fleet | null = null
  let deaths = 0
  let dying = 0
  let whenUp = Promise.withResolvers<void>()
  const everyCore = [...corePorts.keys()]

  const engineEnv =
    engine.store === 'sqlite'
      ? undefined
      : {
          STORE: engine.store,
          GOOGLE_CLOUD_PROJECT: engine.projectId,
          FIRESTORE_EMULATOR_HOST: engine.emulatorHost,
        }

  async function startCore(which: number): Promise<void> {
    const port = corePorts[which] ?? 0
    cores[which] = await start('core', { ...engineEnv, ...options.coreEnv, PORT: String(port) })
    door?.open(port)
    whenUp.resolve()
  }
  async function endCore(which: number, end: (fleet: Fleet | null) => Promise<void>): Promise<void> {
    const fleet = cores[which] ?? null
    cores[which] = null
    deaths++
    dying++
    if (cores.every((one) => one === null)) whenUp = Promise.withResolvers<void>()
    await end(fleet)
    door?.shut(corePorts[which] ?? 0)
    // Whoever asks from now on must not find a connection that ends in the dead one.
    await new Promise((resolve) => setTimeout(resolve, 10))
    dying--
  }
  const killCores = () => Promise.all(everyCore.map((which) => endCore(which, kill)))
  const startCores = () => Promise.all(everyCore.map(startCore))
  stack.defer(async () => {
    await kill(bot)
    await killCores()
  })

  const sandbox = start('sandbox')
  stack.defer(async () => (await sandbox.catch(() => null))?.stop())
  const told = options.realBot ? null : new Set<string>()
  if (told) {
    const double = await startDouble({
      port: portOf(plan.urls.bot),
      secret: secrets.botPushSecret,
      now: () => Date.now() + aheadMs,
      unlucky: options.unlucky,
      told,
    })
    stack.defer(double)
  }
  await Promise.all([sandbox, startCores()])
  if (options.realBot) bot = await start('bot')

  const stripeControl = async <T>(path: string, body?: object): Promise<T> => {
    const response = await fetch(`${plan.urls.stripe}/local${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`)
    return (await response.json()) as T
  }
  async function passTime(ms: number): Promise<void> {
    aheadMs += ms
    setClock()
    await stripeControl('/clock', { advanceMs: ms })
  }
  const running = stack.move()
  return {
    bot: createCoreClient({ baseUrl: plan.urls.core, credentials: bearer(secrets.tokenBot) }),
    botToken: secrets.tokenBot,
    web: createCoreClient({ baseUrl: plan.urls.core, credentials: bearer(secrets.tokenWeb) }),
    stripeUrl: plan.urls.stripe,
    stripeKey: secrets.stripeSecretKey,
    books: engine.store === 'sqlite' ? { ...engine, path: join(dataDir, 'core', 'c500.sqlite') } : engine,
    coreUrls: corePorts.map((port) => `http://${HOST}:${port}`),
    now: () => Date.now() + aheadMs,
    life: () => (dying > 0 || cores.every((one) => one === null) ? null : deaths),
    up: () => Promise.race([whenUp.promise, broken]),
    async crash(downMs, which = 0) {
      await endCore(which, kill)
      await new Promise((resolve) => setTimeout(resolve, downMs))
      await startCore(which)
      if (instances > 1) await passTime(LEASE_IS_OVER_MS)
    },
    async sleepThrough(ms, meanwhile) {
      await Promise.all([killCores(), kill(bot)])
      await passTime(ms)
      await meanwhile?.()
      const startBot = async () => {
        bot = await start('bot')
      }
      await Promise.all([startCores(), bot && startBot()])
    },
    async stopCores() {
      await kill(bot)
      await Promise.all(everyCore.map((which) => endCore(which, async (fleet) => fleet?.stop())))
    },
    stripeControl,
    told,
    broken,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

async function kill(fleet: Fleet | null): Promise<void> {
  fleet?.kill()
  await fleet?.stop()
}

function portOf(url: string): number {
  return Number(new URL(url).port)
}

/** Answers core's pushes as the bot would, without a Discord behind it. Returns how to end it. */
async function startDouble(options: {
  readonly port: number
  readonly secret: string
  readonly now: () => number
  readonly unlucky: () => boolean
  readonly told: Set<string>
}): Promise<() => Promise<void>> {
  const { told } = options
  const server = createHttpServer((request, response) => {
    const answer = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      const signature = request.headers[SIGNATURE_HEADER]
      if (!verifyPush(options.secret, body, String(signature), options.now())) return answer(401, {})
      if (options.unlucky()) return answer(503, {})
      if (request.url === PUSHES.drawCard.path)
        return answer(200, { channelId: '100000000000000010', messageId: '100000000000000099' })
      if (request.url === PUSHES.callOperators.path) return answer(200, { posted: true })
      if (request.url !== PUSHES.notify.path) return answer(404, {})
      const notice = PUSHES.notify.input.parse(JSON.parse(body))
      told.add(`${notice.userId} ${notice.about === 'order' ? notice.kind : notice.about}`)
      return answer(200, { delivery: 'dm' })
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, HOST, resolve)
  })
  return async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await closed
  }
}
