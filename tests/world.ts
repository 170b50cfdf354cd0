import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { bearer, type CoreClient, createCoreClient } from '#contract'
import { parseConfig as parseBotConfig } from '../bot/config.ts'
import { registerBot } from '../bot/register-bot.ts'
import { type Bot, startBot } from '../bot/start.ts'
import { parseConfig as parseCoreConfig } from '../core/config.ts'
import { type Core, startCore } from '../core/start.ts'
import { APPLICATION, CHANNELS, GUILD, PEOPLE, ROLES } from '../sandbox/cast.ts'
import { LOGIN_RETURN_PATH, TWITCH_RETURN_PATH } from '../sandbox/config.ts'
import { createPlayer, type Player } from '../sandbox/player.ts'
import { type Sandbox, startSandbox } from '../sandbox/start.ts'
import { parseConfig as parseWebConfig } from '../web/config.ts'
import { startWeb, type Web } from '../web/start.ts'
import { emptyProject, firestoreEmulator } from './firestore-emulator.ts'
import { freePort } from './free-port.ts'

/** What the local Stripe signs its webhooks with, by endpoint. */
export const WEBHOOK_SECRETS = {
  platform: 'whsec_world_platform',
  connect: 'whsec_world_connect',
  thin: 'whsec_world_thin',
} as const

/** The app that is registered at the local Twitch. */
export const TWITCH_APP = { clientId: 'world-twitch-app', clientSecret: 'world-twitch-secret-00' } as const

/** What the key is made from with which the local Discord signs interactions it posts. */
export const DISCORD_KEY_SEED = 'world-discord-key'

export const SCHEDULER_TOKEN = 'world-scheduler-token-0000'

/** What the local Twitch signs its messages with. */
export const EVENTSUB_SECRET = 'world-eventsub-secret'

const DISCORD_SECRET = 'world-discord-secret'

/** What core signs its news to the bot with. */
export const PUSH_SECRET = 'world-push-secret-00'

export type PersonName = keyof typeof PEOPLE

/**
 * The whole marketplace in one process: core, bot and web over their real wires to the local Discord, Stripe and Twitch.
 * Time is set, not waited for, and core does its work when `settle` is called.
 */
export interface World extends AsyncDisposable {
  readonly core: Core
  /** Core as the bot asks it, over HTTP. */
  readonly client: CoreClient
  readonly web: Web
  readonly bot: Bot
  readonly sandbox: Sandbox
  readonly stripeUrl: string
  readonly twitch: NonNullable<Sandbox['twitch']>
  readonly dataDir: string
  /** What core was told of its store, for a program beside it. */
  readonly storeEnv: Readonly<Record<string, string>>
  now(): number
  /** Move the one clock that everybody reads, then settle. */
  advance(ms: number): Promise<void>
  /** Move it while nobody does anything. */
  passTime(ms: number): void
  /** Until nobody has anything due: effects, webhooks, interactions, pushes. */
  settle(): Promise<void>
  player(name: PersonName): Player
  /** Ask a control of the local Stripe, e.g. `/local/webhooks`. */
  stripeControl(path: string, body: object): Promise<unknown>
  /** Ask a control of the local Twitch, e.g. `/local/users/501/live`. */
  twitchControl(path: string, body: object): Promise<unknown>
  /**
   * Stop core as a crash would leave it (nothing more is carried out) and start it again, on the same data unless `env`
   * says otherwise.
   */
  restartCore(env?: Readonly<Record<string, string>>): Promise<void>
  restartBot(): Promise<void>
  /**
   * One more core on the same Firestore, with a clock that is ahead of everybody's by `aheadMs`. It works when its
   * `runDue` is called.
   */
  anotherCore(aheadMs?: number): Promise<{ readonly core: Core; readonly client: CoreClient }>
}

export interface WorldOptions {
  /** Which engine keeps core's data; SQLite unless told. On Firestore each world has an empty project. */
  readonly store?: Engine['store']
  /** How Discord's interactions come to the bot; over the gateway unless told. */
  readonly transport?: 'gateway' | 'http'
  readonly coreEnv?: Record<string, string>
  readonly stripeTimeoutMs?: number
  /** How long core waits for Firestore; as in earnest unless told. */
  readonly storePatienceMs?: number
  /** Where all three services send traces and metrics. */
  readonly telemetryUrl?: string
}

export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const stack = new AsyncDisposableStack()
  try {
    return await buildWorld(stack, options)
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

async function buildWorld(stack: AsyncDisposableStack, options: WorldOptions): Promise<World> {
  const dataDir = await mkdtemp(join(tmpdir(), 'c500-world-'))
  stack.defer(() => rm(dataDir, { recursive: true, force: true }))
  let time = Date.now()
  const now = () => time
  const [corePort, botPort, webPort] = await Promise.all([freePort(), freePort(), freePort()])
  const url = (port: number | undefined) => `http://127.0.0.1:${port}`
  const { platform, connect, thin } = WEBHOOK_SECRETS

  const sandbox = await startSandbox(
    {
      host: '127.0.0.1',
      dataDir: null,
      discord: {
        port: 0,
        keySeed: DISCORD_KEY_SEED,
        login: { clientSecret: DISCORD_SECRET, redirectUris: [url(webPort) + LOGIN_RETURN_PATH] },
      },
      stripe: {
        port: 0,
        webhooks: [
          { url: `${url(corePort)}/webhooks/stripe`, secret: platform, connect: false },
          { url: `${url(corePort)}/webhooks/stripe-connect`, secret: connect, connect: true },
          { url: `${url(corePort)}/webhooks/stripe-thin`, secret: thin, connect: true, thin: true },
        ],
      },
      twitch: { port: 0, app: { ...TWITCH_APP, redirectUris: [url(webPort) + TWITCH_RETURN_PATH] } },
      page: { port: 0, webUrl: url(webPort) },
    },
    now,
    'by_hand',
  )
  stack.defer(() => sandbox.close())
  const { discord, stripe, twitch, page } = sandbox
  if (!discord || !stripe || !twitch || !page) throw new Error('the sandbox did not start')

  const tokens = { bot: 'world-bot-token-0000', web: 'world-web-token-0000', push: PUSH_SECRET }
  const telemetryEnv = options.telemetryUrl ? { OTEL_EXPORTER_OTLP_ENDPOINT: options.telemetryUrl } : {}
  const storeEnv = options.store === 'firestore' ? await firestoreEnv() : {}
  const coreEnv = {
    PORT: String(corePort),
    DATA_DIR: dataDir,
    WEB_URL: url(webPort),
    BOT_URL: url(botPort),
    TOKEN_BOT: tokens.bot,
    TOKEN_WEB: tokens.web,
    TOKEN_SCHEDULER: SCHEDULER_TOKEN,
    BOT_PUSH_SECRET: tokens.push,
    LINK_SECRET: 'world-link-secret-00',
    STRIPE_SECRET_KEY: 'sk_test_world',
    STRIPE_WEBHOOK_SECRET: platform,
    STRIPE_CONNECT_WEBHOOK_SECRET: connect,
    STRIPE_THIN_WEBHOOK_SECRET: thin,
    STRIPE_API_BASE: stripe.url,
    STRIPE_REQUESTS_PER_SECOND: '500',
    PUBLIC_URL: url(corePort),
    DISCORD_CLIENT_ID: APPLICATION.id,
    DISCORD_CLIENT_SECRET: DISCORD_SECRET,
    DISCORD_API_BASE: discord.url,
    TWITCH_CLIENT_ID: TWITCH_APP.clientId,
    TWITCH_CLIENT_SECRET: TWITCH_APP.clientSecret,
    TWITCH_EVENTSUB_SECRETS: EVENTSUB_SECRET,
    TWITCH_HEARS: 'webhook',
    TWITCH_ID_BASE: twitch.url,
    TWITCH_API_BASE: twitch.url,
    PICTURE_SOURCES: discord.url.replace(/\/api$/, '/'),
    LOG_LEVEL: process.env.WORLD_LOG ?? 'silent',
    ...storeEnv,
    ...telemetryEnv,
    ...options.coreEnv,
  }
  function openCore(env: Readonly<Record<string, string>>): Promise<Core> {
    const parsed = parseCoreConfig({ ...coreEnv, ...env })
    const stripe = { ...parsed.stripe, timeoutMs: options.stripeTimeoutMs ?? parsed.stripe.timeoutMs }
    const { storePatienceMs: patienceMs } = options
    const store = patienceMs === undefined ? parsed.store : { ...parsed.store, patienceMs }
    return startCore({ ...parsed, jobs: { kind: 'by_hand' }, stripe, store }, { clock: { now } })
  }
  const botConfig = {
    ...parseBotConfig({
      ...telemetryEnv,
      PORT: String(botPort),
      DISCORD_TOKEN: 'world.bot.token',
      DISCORD_GUILD_ID: GUILD.id,
      DROPS_CHANNEL_ID: CHANNELS.drops.id,
      LIVE_CHANNEL_ID: CHANNELS.live.id,
      OPERATORS_CHANNEL_ID: CHANNELS.operators.id,
      LIVE_ROLE_ID: ROLES.live.id,
      VERIFIED_ROLE_ID: ROLES.verified.id,
      DISCORD_API_BASE: discord.url,
      BOT_TRANSPORT: options.transport ?? 'gateway',
      DISCORD_PUBLIC_KEY: discord.publicKey,
      CORE_URL: url(corePort),
      CORE_TOKEN: tokens.bot,
      PUSH_SECRET: tokens.push,
      WEB_URL: url(webPort),
      LOG_LEVEL: process.env.WORLD_LOG ?? 'silent',
    }),
    cardSpacingMs: 1,
  }
  const webConfig = parseWebConfig({
    ...telemetryEnv,
    PORT: String(webPort),
    CORE_URL: url(corePort),
    CORE_TOKEN: tokens.web,
    WEB_URL: url(webPort),
    LOG_LEVEL: process.env.WORLD_LOG ?? 'silent',
  })

  let core = await openCore({})
  stack.defer(() => core.close())
  let bot = await startBot(botConfig, { now })
  stack.defer(() => bot.close())
  // Over the gateway a start does it.
  if (botConfig.transport.kind === 'http') await registerBot(botConfig, `${bot.url}/interactions`)
  const web = await startWeb(webConfig, { now })
  stack.defer(() => web.close())

  async function settle(): Promise<void> {
    for (let quiet = 0; quiet < 2; ) {
      await bot.idle()
      stripe?.tick()
      await stripe?.idle()
      twitch?.tick()
      await twitch?.idle()
      const runs = await core.runDue()
      quiet = runs === 0 ? quiet + 1 : 0
    }
  }

  return {
    get core() {
      return core
    },
    get bot() {
      return bot
    },
    client: createCoreClient({ baseUrl: url(corePort), credentials: bearer(tokens.bot) }),
    web,
    sandbox,
    stripeUrl: stripe.url,
    twitch,
    dataDir,
    storeEnv,
    now,
    async advance(ms) {
      time += ms
      await settle()
    },
    passTime(ms) {
      time += ms
    },
    settle,
    player: (name) =>
      createPlayer({
        pageUrl: page.url,
        personId: PEOPLE[name].id,
        channelId: CHANNELS.lounge.id,
        afterAct: settle,
      }),
    stripeControl: (path, body) => askControl(stripe.url + path, body),
    twitchControl: (path, body) => askControl(twitch.url + path, body),
    async restartCore(env = {}) {
      await core.close()
      core = await openCore(env)
    },
    async anotherCore(aheadMs = 0) {
      const parsed = parseCoreConfig({ ...coreEnv, PORT: '0' })
      const clock = { now: () => now() + aheadMs }
      const another = await startCore({ ...parsed, jobs: { kind: 'by_hand' } }, { clock })
      stack.defer(() => another.close())
      const credentials = bearer(tokens.bot)
      return { core: another, client: createCoreClient({ baseUrl: another.url, credentials }) }
    },
    async restartBot() {
      await bot.close()
      bot = await startBot(botConfig, { now })
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

async function askControl(url: string, body: object): Promise<unknown> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`${new URL(url).pathname}: ${await response.text()}`)
  return response.json()
}

/** An engine that core can keep its data in, and why tests on it cannot run here, if so. */
export interface Engine {
  readonly store: 'sqlite' | 'firestore'
  readonly skip: string | false
}

export async function engines(): Promise<readonly Engine[]> {
  const emulator = await firestoreEmulator()
  return [
    { store: 'sqlite', skip: false },
    { store: 'firestore', skip: 'missing' in emulator ? emulator.missing : false },
  ]
}

async function firestoreEnv(): Promise<Record<string, string>> {
  const emulator = await firestoreEmulator()
  if ('missing' in emulator) throw new Error(emulator.missing)
  return {
    STORE: 'firestore',
    GOOGLE_CLOUD_PROJECT: emptyProject(),
    FIRESTORE_EMULATOR_HOST: emulator.host,
  }
}

/** A small but real picture. */
export async function smallPicture(): Promise<File> {
  const bytes = await sharp({ create: { width: 64, height: 48, channels: 3, background: '#c6e8d5' } })
    .png()
    .toBuffer()
  return new File([new Uint8Array(bytes)], 'mug.png', { type: 'image/png' })
}

export const minutes = (count: number) => count * 60_000
