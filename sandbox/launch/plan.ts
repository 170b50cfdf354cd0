import { join } from 'node:path'
import { APPLICATION, BOT_USER, CHANNELS, GUILD, ROLES } from '../cast.ts'
import { createDiscordKey } from '../discord-key.ts'
import { LaunchError } from './launch-error.ts'
import type { LocalSecrets } from './local-secrets.ts'

export type Env = Readonly<Record<string, string | undefined>>
export type ServiceName = 'sandbox' | 'core' | 'web' | 'bot'

export interface ServicePlan {
  readonly name: ServiceName
  /** Relative to the project's folder. */
  readonly script: string
  /** All of its environment: a service sees no variable that is not its own. */
  readonly env: Readonly<Record<string, string>>
  /** It is ready when `readyUrl` answers 2xx, or, without one, when all of `ports` accept connections. */
  readonly readyUrl: string | null
  readonly ports: readonly number[]
}

/** A process that does one thing and ends. */
export interface TaskPlan {
  readonly name: 'register'
  /** Relative to the project's folder. */
  readonly script: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

export interface WantedPort {
  /** The variable that moves it. */
  readonly variable: string
  readonly port: number
}

export interface LaunchPlan {
  /** In the order in which they start; they stop in the opposite order. */
  readonly services: readonly ServicePlan[]
  /** What follows once all of them are ready; null when there is nothing to do. */
  readonly register: TaskPlan | null
  readonly ports: readonly WantedPort[]
  /** Which vendors are played by a stand-in. */
  readonly local: { readonly discord: boolean; readonly stripe: boolean; readonly twitch: boolean }
  readonly urls: {
    /** The chat page; null beside the real Discord. */
    readonly page: string | null
    readonly web: string
    readonly core: string
    readonly bot: string
    /** Where Discord posts interactions; null when they come over the gateway. */
    readonly interactions: string | null
    readonly discord: string
    readonly stripe: string
    readonly twitch: string
  }
}

export const HOST = '127.0.0.1'

const LOCAL_TWITCH_CLIENT_ID = 'c500-local'

/** Named under the pages of the local shop, until somebody gives a name of their own. */
const SAMPLE_OPERATOR = {
  OPERATOR_NAME: 'The makers of the sample shop',
  OPERATOR_CONTACT: 'hello@c500.example',
}

const DEFAULT_PORTS = {
  SANDBOX_PORT: 8500,
  WEB_PORT: 8501,
  CORE_PORT: 8502,
  BOT_PORT: 8503,
  LOCAL_DISCORD_PORT: 8510,
  LOCAL_STRIPE_PORT: 8511,
  LOCAL_TWITCH_PORT: 8512,
} as const
type PortVariable = keyof typeof DEFAULT_PORTS

/** What any program may need of the shell it runs in. */
const SHELL_VARIABLES = [
  'PATH',
  'HOME',
  'TMPDIR',
  'TZ',
  'LANG',
  'LC_ALL',
  'SystemRoot',
  'NODE_OPTIONS',
  'NODE_EXTRA_CA_CERTS',
  'LOG_LEVEL',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_HEADERS',
]

/** What may be set for core and has a default there. */
const CORE_VARIABLES = [
  'STORE',
  'MEDIA',
  'MEDIA_BUCKET',
  'MEDIA_API_BASE',
  'GOOGLE_CLOUD_PROJECT',
  'GOOGLE_APPLICATION_CREDENTIALS',
  'FIRESTORE_DATABASE',
  'FIRESTORE_EMULATOR_HOST',
  'STRIPE_REQUESTS_PER_SECOND',
  'ACCOUNT_COUNTRY',
  'SHIPPING_COUNTRIES',
  'PAYMENT_METHODS',
  'CURRENCY',
  'FEE_BPS',
  'HOLD_MINUTES',
  'APPROVAL',
  'RELEASE_AFTER_DAYS',
  'HOLDING_WARN_DAYS',
  'HOLDING_LIMIT_DAYS',
  'HOLDING_END',
  'RECONCILE_MINUTES',
  'STRIPE_ACCOUNTS',
  'STRIPE_ACCOUNTS_CARD_PAYMENTS',
  'STRIPE_ACCOUNTS_CONTACT_EMAIL',
  'PICTURE_SOURCES',
  'BADGE_DAYS',
  'LOG_LEVEL',
]
const STRIPE_VARIABLES = [
  'STRIPE_SECRET_KEY',
  'STRIPE_WEBHOOK_SECRET',
  'STRIPE_CONNECT_WEBHOOK_SECRET',
  'STRIPE_THIN_WEBHOOK_SECRET',
  'STRIPE_API_BASE',
]
const TWITCH_VARIABLES = [
  'TWITCH_CLIENT_ID',
  'TWITCH_CLIENT_SECRET',
  'TWITCH_EVENTSUB_SECRETS',
  'TWITCH_HEARS',
  'TWITCH_POLL_SECONDS',
  'TWITCH_ID_BASE',
  'TWITCH_API_BASE',
  'PUBLIC_URL',
]
const LOGIN_VARIABLES = ['DISCORD_CLIENT_ID', 'DISCORD_CLIENT_SECRET', 'DISCORD_API_BASE']
const DISCORD_VARIABLES = [
  'DISCORD_TOKEN',
  'DISCORD_GUILD_ID',
  'DROPS_CHANNEL_ID',
  'LIVE_CHANNEL_ID',
  'OPERATORS_CHANNEL_ID',
  'LIVE_ROLE_ID',
  'VERIFIED_ROLE_ID',
  'DISCORD_API_BASE',
  'DISCORD_PUBLIC_KEY',
]

/** The port a variable asks for, or its default; null when what it asks for is no port. */
export function portOf(env: Env, variable: PortVariable): number | null {
  const given = env[variable]?.trim()
  if (!given) return DEFAULT_PORTS[variable]
  const port = /^\d{1,5}$/.test(given) ? Number(given) : 0
  return port >= 1 && port <= 65_535 ? port : null
}

/**
 * Decides what `npm start` starts, with which environment each. A vendor whose keys are given, by the shell or by a
 * service's `.env`, is the real one; every other gets a stand-in. The shell wins over a file. Ports, addresses
 * between the services and the data folder are always decided here.
 * Throws LaunchError with every problem at once.
 */
export function planLaunch(input: {
  readonly shell: Env
  /** What each service's `.env` says. */
  readonly files: { readonly core: Env; readonly bot: Env; readonly web: Env }
  readonly secrets: LocalSecrets
  /** Absolute. */
  readonly dataDir: string
}): LaunchPlan {
  const { shell, files, secrets, dataDir } = input
  const problems: string[] = []
  const core = given(shell, files.core)
  const bot = given(shell, files.bot)
  const web = given(shell, files.web)

  const local = {
    discord: !bot.DISCORD_TOKEN,
    stripe: !core.STRIPE_SECRET_KEY,
    twitch: !(core.TWITCH_CLIENT_ID && core.TWITCH_CLIENT_SECRET),
  }
  problems.push(...liveKeyProblems(core, bot, local.discord))

  const ports: WantedPort[] = []
  function claim(variable: PortVariable, needed: boolean): number {
    const port = portOf(shell, variable)
    if (needed && port === null) {
      problems.push(`${variable} must be a port from 1 to 65535, not "${shell[variable]}".`)
    }
    if (needed && port !== null) ports.push({ variable, port })
    return port ?? DEFAULT_PORTS[variable]
  }
  const port = {
    page: claim('SANDBOX_PORT', local.discord),
    web: claim('WEB_PORT', true),
    core: claim('CORE_PORT', true),
    bot: claim('BOT_PORT', true),
    discord: claim('LOCAL_DISCORD_PORT', local.discord),
    stripe: claim('LOCAL_STRIPE_PORT', local.stripe),
    twitch: claim('LOCAL_TWITCH_PORT', local.twitch),
  }
  if (problems.length > 0) throw new LaunchError(problems)

  const page = local.discord ? at(port.page) : null
  const overHttp = bot.BOT_TRANSPORT === 'http'
  const urls = {
    page,
    web: (web.WEB_URL ?? core.WEB_URL ?? bot.WEB_URL ?? at(port.web)).replace(/\/+$/, ''),
    core: at(port.core),
    bot: at(port.bot),
    interactions: overHttp ? `${at(port.bot)}/interactions` : null,
    discord: local.discord ? at(port.discord) : (bot.DISCORD_API_BASE ?? 'https://discord.com'),
    stripe: local.stripe ? at(port.stripe) : (core.STRIPE_API_BASE ?? 'https://api.stripe.com'),
    twitch: local.twitch ? at(port.twitch) : 'https://api.twitch.tv',
  }
  const shared = pick(given(shell), SHELL_VARIABLES)
  const tokens = {
    bot: core.TOKEN_BOT ?? secrets.tokenBot,
    web: core.TOKEN_WEB ?? secrets.tokenWeb,
    push: core.BOT_PUSH_SECRET ?? secrets.botPushSecret,
  }

  const sandboxService: ServicePlan = {
    name: 'sandbox',
    script: 'sandbox/main.ts',
    env: {
      ...shared,
      HOST,
      DATA_DIR: join(dataDir, 'sandbox'),
      WEB_URL: urls.web,
      CORE_URL: urls.core,
      ...(local.discord && {
        SANDBOX_PORT: String(port.page),
        LOCAL_DISCORD_PORT: String(port.discord),
        LOCAL_DISCORD_KEY_SEED: secrets.discordKeySeed,
        DISCORD_CLIENT_SECRET: secrets.discordClientSecret,
      }),
      ...(local.stripe && {
        LOCAL_STRIPE_PORT: String(port.stripe),
        STRIPE_WEBHOOK_SECRET: secrets.stripeWebhookSecret,
        STRIPE_CONNECT_WEBHOOK_SECRET: secrets.stripeConnectWebhookSecret,
        STRIPE_THIN_WEBHOOK_SECRET: secrets.stripeThinWebhookSecret,
      }),
      ...(local.twitch && {
        LOCAL_TWITCH_PORT: String(port.twitch),
        TWITCH_CLIENT_ID: LOCAL_TWITCH_CLIENT_ID,
        TWITCH_CLIENT_SECRET: secrets.twitchClientSecret,
      }),
    },
    readyUrl: null,
    ports: [
      ...(local.discord ? [port.page, port.discord] : []),
      ...(local.stripe ? [port.stripe] : []),
      ...(local.twitch ? [port.twitch] : []),
    ],
  }

  const coreService: ServicePlan = {
    name: 'core',
    script: 'core/main.ts',
    env: {
      ...shared,
      ...(local.discord && { PICTURE_SOURCES: `${urls.discord}/attachments/` }),
      ...pick(core, CORE_VARIABLES),
      ...(local.discord
        ? {
            DISCORD_CLIENT_ID: APPLICATION.id,
            DISCORD_CLIENT_SECRET: secrets.discordClientSecret,
            DISCORD_API_BASE: `${urls.discord}/api`,
          }
        : pick(core, LOGIN_VARIABLES)),
      ...(local.stripe
        ? {
            STRIPE_SECRET_KEY: secrets.stripeSecretKey,
            STRIPE_WEBHOOK_SECRET: secrets.stripeWebhookSecret,
            STRIPE_CONNECT_WEBHOOK_SECRET: secrets.stripeConnectWebhookSecret,
            STRIPE_THIN_WEBHOOK_SECRET: secrets.stripeThinWebhookSecret,
            STRIPE_API_BASE: urls.stripe,
          }
        : pick(core, STRIPE_VARIABLES)),
      ...(local.twitch
        ? {
            TWITCH_CLIENT_ID: LOCAL_TWITCH_CLIENT_ID,
            TWITCH_CLIENT_SECRET: secrets.twitchClientSecret,
            TWITCH_EVENTSUB_SECRETS: secrets.twitchEventSubSecret,
            TWITCH_HEARS: 'webhook',
            TWITCH_ID_BASE: urls.twitch,
            TWITCH_API_BASE: urls.twitch,
            // The local Twitch calls core itself, over plain http.
            PUBLIC_URL: urls.core,
          }
        : pick(core, TWITCH_VARIABLES)),
      HOST,
      PORT: String(port.core),
      DATA_DIR: join(dataDir, 'core'),
      WEB_URL: urls.web,
      BOT_URL: urls.bot,
      TOKEN_BOT: tokens.bot,
      TOKEN_WEB: tokens.web,
      TOKEN_SCHEDULER: core.TOKEN_SCHEDULER ?? secrets.tokenScheduler,
      BOT_PUSH_SECRET: tokens.push,
      LINK_SECRET: core.LINK_SECRET ?? secrets.linkSecret,
    },
    readyUrl: `${urls.core}/readyz`,
    ports: [port.core],
  }

  const webService: ServicePlan = {
    name: 'web',
    script: 'web/main.ts',
    env: {
      ...shared,
      ...(page && !web.OPERATOR_NAME && SAMPLE_OPERATOR),
      ...pick(web, ['LOG_LEVEL', 'DISCORD_INVITE_URL', 'OPERATOR_NAME', 'OPERATOR_CONTACT']),
      ...(page && { DISCORD_INVITE_URL: page }),
      HOST,
      PORT: String(port.web),
      CORE_URL: urls.core,
      CORE_TOKEN: tokens.web,
      WEB_URL: urls.web,
    },
    readyUrl: `${at(port.web)}/readyz`,
    ports: [port.web],
  }

  const botService: ServicePlan = {
    name: 'bot',
    script: 'bot/main.ts',
    env: {
      ...shared,
      ...pick(bot, ['LOG_LEVEL', 'BOT_TRANSPORT']),
      ...(local.discord
        ? {
            DISCORD_TOKEN: localDiscordToken(secrets.discordTokenTail),
            DISCORD_GUILD_ID: GUILD.id,
            DROPS_CHANNEL_ID: CHANNELS.drops.id,
            LIVE_CHANNEL_ID: CHANNELS.live.id,
            OPERATORS_CHANNEL_ID: CHANNELS.operators.id,
            LIVE_ROLE_ID: ROLES.live.id,
            VERIFIED_ROLE_ID: ROLES.verified.id,
            DISCORD_API_BASE: `${urls.discord}/api`,
            DISCORD_PUBLIC_KEY: createDiscordKey(secrets.discordKeySeed).publicKey,
          }
        : pick(bot, DISCORD_VARIABLES)),
      HOST,
      PORT: String(port.bot),
      CORE_URL: urls.core,
      CORE_TOKEN: tokens.bot,
      PUSH_SECRET: tokens.push,
      WEB_URL: urls.web,
    },
    readyUrl: `${urls.bot}/readyz`,
    ports: [port.bot],
  }

  const anyLocal = local.discord || local.stripe || local.twitch
  return {
    services: [...(anyLocal ? [sandboxService] : []), coreService, webService, botService],
    // The real Discord cannot reach this machine: there, whoever has made an address for the bot registers it.
    register:
      local.discord && urls.interactions
        ? {
            name: 'register',
            script: 'bot/register.ts',
            args: ['--endpoint', urls.interactions],
            env: botService.env,
          }
        : null,
    ports,
    local,
    urls,
  }
}

/** Real money must not move for clicks in a local chat, nor a live key be sent to a local address. */
function liveKeyProblems(core: Env, bot: Env, localDiscord: boolean): string[] {
  if (!/^[sr]k_live_/.test(core.STRIPE_SECRET_KEY ?? '')) return []
  const problems: string[] = []
  if (isLocal(core.STRIPE_API_BASE)) {
    problems.push(
      'STRIPE_SECRET_KEY is a live key, but STRIPE_API_BASE is a local address. Remove one of them.',
    )
  }
  if (localDiscord) {
    problems.push(
      'STRIPE_SECRET_KEY is a live key, but Discord is local because DISCORD_TOKEN is missing. ' +
        'Use a test key, or give DISCORD_TOKEN as well.',
    )
  } else if (isLocal(bot.DISCORD_API_BASE)) {
    problems.push(
      'STRIPE_SECRET_KEY is a live key, but DISCORD_API_BASE is a local address. Remove one of them.',
    )
  }
  return problems
}

function isLocal(address: string | undefined): boolean {
  const host = URL.parse(address ?? '')?.hostname ?? ''
  return /^(localhost|.*\.localhost|127\..*|0\.0\.0\.0|\[::1?\])$/.test(host)
}

/** Shaped like Discord's: the application's id, then two parts that only the giver can make. */
function localDiscordToken(tail: string): string {
  return `${Buffer.from(BOT_USER.id).toString('base64url')}.${APPLICATION.name}.${tail}`
}

/** Later files fill what earlier ones leave out; an empty variable counts as absent. */
function given(...envs: readonly Env[]): Readonly<Record<string, string>> {
  const entries = envs.toReversed().flatMap((env) => Object.entries(env))
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => !!entry[1]?.trim()))
}

function pick(env: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => names.includes(name)))
}

function at(port: number): string {
  return `http://${HOST}:${port}`
}
