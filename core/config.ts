import { z } from 'zod'
import type { Caller } from '#contract'
import { bothSecrets, type Secrets } from '../runtime/caller-auth.ts'
import { type LogConfig, logConfig } from '../runtime/log.ts'
import { DATABASE, PICTURES } from './data-folder.ts'
import type { Pace } from './jobs/lookout.ts'

const DAY_MS = 24 * 60 * 60_000
/** How often to look for due work; where each look is paid for, less and less often while there is none. */
const LOOK_MS = 500
const IDLE_LOOK_MS = 10_000
const DISCORD_PICTURES = 'https://cdn.discordapp.com/,https://media.discordapp.net/'

const url = z.url({ protocol: /^https?$/ }).transform((text) => text.replace(/\/$/, ''))
const secret = z.string().min(16, 'must have at least 16 characters')
const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean),
)
const whole = (min: number, max: number) => z.coerce.number().int().min(min).max(max)

const Auth = z.discriminatedUnion('SERVICE_AUTH', [
  z.object({
    SERVICE_AUTH: z.literal('bearer'),
    TOKEN_BOT: secret,
    TOKEN_BOT_PREVIOUS: secret.optional(),
    TOKEN_WEB: secret,
    TOKEN_WEB_PREVIOUS: secret.optional(),
    TOKEN_SCHEDULER: secret.optional(),
    TOKEN_SCHEDULER_PREVIOUS: secret.optional(),
    BOT_PUSH_SECRET: secret,
  }),
  z.object({
    SERVICE_AUTH: z.literal('google'),
    SERVICE_AUDIENCE: url,
    SERVICE_ACCOUNT_BOT: z.email(),
    SERVICE_ACCOUNT_WEB: z.email(),
    SERVICE_ACCOUNT_SCHEDULER: z.email().optional(),
  }),
])

const Settings = z.object({
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: whole(0, 65_535).default(8502),
  STORE: z.enum(['sqlite', 'firestore']).default('sqlite'),
  FIRESTORE_DATABASE: z.string().min(1).optional(),
  FIRESTORE_EMULATOR_HOST: z
    .string()
    .regex(/^[\w.[\]:-]+:\d+$/, 'must be a host and a port such as 127.0.0.1:8080')
    .optional(),
  DATA_DIR: z.string().min(1).default('./data/core'),
  MEDIA: z.enum(['files', 'gcs']).default('files'),
  MEDIA_BUCKET: z.string().min(3).optional(),
  MEDIA_API_BASE: url.optional(),
  WEB_URL: url,
  BOT_URL: url,
  LINK_SECRET: secret,
  STRIPE_SECRET_KEY: z
    .string()
    .regex(/^(sk|rk)_(test|live)_\w+$/, 'must be a Stripe secret or restricted key'),
  STRIPE_WEBHOOK_SECRET: z.string().regex(/^whsec_\S+$/, 'must start with whsec_'),
  STRIPE_CONNECT_WEBHOOK_SECRET: z.string().regex(/^whsec_\S+$/, 'must start with whsec_'),
  STRIPE_THIN_WEBHOOK_SECRET: z
    .string()
    .regex(/^whsec_\S+$/, 'must start with whsec_')
    .optional(),
  STRIPE_ACCOUNTS: z.enum(['v1', 'v2']).default('v1'),
  STRIPE_ACCOUNTS_CARD_PAYMENTS: z.stringbool().default(false),
  STRIPE_ACCOUNTS_CONTACT_EMAIL: z.email().optional(),
  STRIPE_API_BASE: url.optional(),
  STRIPE_REQUESTS_PER_SECOND: whole(1, 1_000).default(20),
  MAX_INSTANCES: whole(1, 1_000).default(1),
  JOBS: z.enum(['timer', 'request']).default('timer'),
  ACCOUNT_COUNTRY: z
    .string()
    .regex(/^[A-Z]{2}$/, 'must be a two-letter country code')
    .default('US'),
  SHIPPING_COUNTRIES: list
    .pipe(z.array(z.string().regex(/^[A-Z]{2}$/, 'must be two-letter country codes')).min(1))
    .prefault('US,CA,GB,IE,DE,FR,NL,AU'),
  PAYMENT_METHODS: list
    .pipe(
      z.array(z.string().regex(/^[a-z0-9_]+$/, "must be Stripe's names such as card or sepa_debit")).min(1),
    )
    .prefault('card'),
  CURRENCY: z
    .string()
    .regex(/^[a-z]{3}$/, 'must be a lower-case ISO code such as usd')
    .default('usd'),
  FEE_BPS: whole(0, 5_000).default(500),
  HOLD_MINUTES: whole(1, 24 * 60 - 5).default(30),
  APPROVAL: z.enum(['none', 'operator']).default('none'),
  RELEASE_AFTER_DAYS: whole(1, 60).default(14),
  HOLDING_WARN_DAYS: whole(1, 700).default(60),
  HOLDING_LIMIT_DAYS: whole(2, 730).default(75),
  HOLDING_END: z.enum(['refund', 'release']).default('refund'),
  RECONCILE_MINUTES: whole(1, 24 * 60).default(15),
  PUBLIC_URL: url.optional(),
  DISCORD_CLIENT_ID: z.string().min(1).optional(),
  DISCORD_CLIENT_SECRET: z.string().min(1).optional(),
  DISCORD_API_BASE: url.default('https://discord.com/api'),
  TWITCH_CLIENT_ID: z.string().min(1).optional(),
  TWITCH_CLIENT_SECRET: z.string().min(1).optional(),
  TWITCH_EVENTSUB_SECRETS: list
    .pipe(z.array(z.string().regex(/^[!-~]{10,100}$/, 'must be 10 to 100 plain characters each')).max(2))
    .optional(),
  TWITCH_HEARS: z.enum(['webhook', 'poll']).default('poll'),
  TWITCH_POLL_SECONDS: whole(30, 3_600).default(90),
  TWITCH_ID_BASE: url.default('https://id.twitch.tv'),
  TWITCH_API_BASE: url.default('https://api.twitch.tv'),
  BADGE_DAYS: whole(1, 3_650).default(90),
  PICTURE_SOURCES: list.prefault(DISCORD_PICTURES),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  LOG_FORMAT: z.enum(['json', 'cloud']).default('json'),
  OTEL_EXPORTER_OTLP_ENDPOINT: url.optional(),
  GOOGLE_CLOUD_PROJECT: z.string().optional(),
})

const Env = z.intersection(Settings, Auth)

/** How our own services know core, and core knows them. */
type ServiceAuth =
  | {
      readonly kind: 'bearer'
      readonly tokens: Readonly<Partial<Record<Caller, Secrets>>>
      /** Signs core's news to the bot. */
      readonly push: string
    }
  | {
      readonly kind: 'google'
      /** Core's own address as its callers write it. */
      readonly audience: string
      readonly accounts: Readonly<Partial<Record<Caller, string>>>
    }

export interface Config {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  /** Where pictures lie: a folder, or a bucket of Google Cloud Storage. */
  readonly media:
    | { readonly driver: 'files'; readonly dir: string }
    | {
        readonly driver: 'gcs'
        readonly bucket: string
        /** A stand-in's address; undefined is Google itself. */
        readonly apiBase: string | undefined
      }
  readonly store:
    | { readonly driver: 'sqlite'; readonly path: string }
    | {
        readonly driver: 'firestore'
        readonly projectId: string
        /** Absent: the project's default database. */
        readonly databaseId?: string
        /** Google's local emulator, host:port; absent is Firestore itself. */
        readonly emulatorHost?: string
        /** How long one question to it may take, milliseconds; the adapter's own patience where nobody waits. */
        readonly patienceMs?: number
      }
  readonly webUrl: string
  readonly botUrl: string
  readonly stripe: {
    /** A local Stripe's address; undefined is Stripe itself. */
    readonly apiBase: string | undefined
    /** This process's part of the budget; may be less than one. */
    readonly requestsPerSecond: number
    /** How long one call may take before it counts as lost. */
    readonly timeoutMs: number
    /** How builders' accounts are opened. */
    readonly accounts:
      | { readonly version: 'v1'; readonly country: string; readonly cardPayments: boolean }
      | {
          readonly version: 'v2'
          readonly country: string
          readonly currency: string
          readonly contactEmail: string | null
        }
    /** How buyers may pay, by Stripe's names. */
    readonly paymentMethods: readonly string[]
    readonly shippingCountries: readonly string[]
  }
  /** Null: browsers cannot log in. */
  readonly login: { readonly clientId: string; readonly apiBase: string } | null
  /** Null: without Twitch. */
  readonly twitch: {
    readonly clientId: string
    readonly idBase: string
    readonly apiBase: string
    readonly callback: string
    readonly hears: 'webhook' | 'poll'
    readonly tendEveryMs: number
    readonly badgeMs: number
  } | null
  readonly currency: string
  readonly feeBps: number
  readonly holdMs: number
  readonly approvalNeeded: boolean
  readonly releaseAfterMs: number
  readonly holding: { readonly warnMs: number; readonly limitMs: number; readonly end: 'refund' | 'release' }
  readonly reconcileEveryMs: number
  /** Address prefixes that pictures may be fetched from. */
  readonly pictureSources: readonly string[]
  readonly log: LogConfig
  /** Where an OTLP/HTTP collector takes traces and metrics; null sends none. */
  readonly telemetryUrl: string | null
  /** What makes core look for due work. */
  readonly jobs: Pace
  /** Never logged. */
  readonly secrets: {
    readonly services: ServiceAuth
    readonly link: string
    readonly stripeKey: string
    readonly stripeWebhook: string
    readonly stripeConnectWebhook: string
    readonly discordClient: string
    readonly twitchClient: string
    /** Newest first. */
    readonly twitchEventSub: readonly string[]
    /** For thin events of v2 accounts; null when there is no such endpoint. */
    readonly stripeThinWebhook: string | null
  }
}

/** Read the environment. Throws one Error that lists every problem by variable name; never a value. */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): Config {
  // An empty line in a .env file means "not set".
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const given = { SERVICE_AUTH: 'bearer', ...set }
  const parsed = Env.safeParse(given)
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `  ${String(issue.path[0])}: ${describe(issue, set)}`)
    throw new Error(`core cannot start:\n${[...new Set(problems)].join('\n')}`)
  }
  const e = parsed.data
  if (/^(sk|rk)_live_/.test(e.STRIPE_SECRET_KEY) && e.STRIPE_API_BASE) {
    throw new Error(
      'core cannot start:\n  STRIPE_SECRET_KEY: a live key must not be used with STRIPE_API_BASE',
    )
  }
  if (e.HOLDING_WARN_DAYS >= e.HOLDING_LIMIT_DAYS) {
    throw new Error('core cannot start:\n  HOLDING_WARN_DAYS: must be less than HOLDING_LIMIT_DAYS')
  }
  const services = serviceAuth(e)
  if (hasNamesakes(services)) {
    throw new Error('core cannot start:\n  SERVICE_AUTH: every caller needs a token or an account of its own')
  }
  return {
    host: e.HOST,
    port: e.PORT,
    media: parseMedia(e),
    store: parseStore(e),
    webUrl: e.WEB_URL,
    botUrl: e.BOT_URL,
    stripe: {
      apiBase: e.STRIPE_API_BASE,
      requestsPerSecond: e.STRIPE_REQUESTS_PER_SECOND / e.MAX_INSTANCES,
      timeoutMs: 30_000,
      accounts:
        e.STRIPE_ACCOUNTS === 'v2'
          ? {
              version: 'v2',
              country: e.ACCOUNT_COUNTRY,
              currency: e.CURRENCY,
              contactEmail: e.STRIPE_ACCOUNTS_CONTACT_EMAIL ?? null,
            }
          : {
              version: 'v1',
              country: e.ACCOUNT_COUNTRY,
              cardPayments: e.STRIPE_ACCOUNTS_CARD_PAYMENTS,
            },
      paymentMethods: e.PAYMENT_METHODS,
      shippingCountries: e.SHIPPING_COUNTRIES,
    },
    login:
      e.DISCORD_CLIENT_ID && e.DISCORD_CLIENT_SECRET
        ? { clientId: e.DISCORD_CLIENT_ID, apiBase: e.DISCORD_API_BASE }
        : null,
    twitch: toTwitch(e),
    currency: e.CURRENCY,
    feeBps: e.FEE_BPS,
    holdMs: e.HOLD_MINUTES * 60_000,
    approvalNeeded: e.APPROVAL === 'operator',
    releaseAfterMs: e.RELEASE_AFTER_DAYS * DAY_MS,
    holding: {
      warnMs: e.HOLDING_WARN_DAYS * DAY_MS,
      limitMs: e.HOLDING_LIMIT_DAYS * DAY_MS,
      end: e.HOLDING_END,
    },
    reconcileEveryMs: e.RECONCILE_MINUTES * 60_000,
    pictureSources: e.PICTURE_SOURCES,
    log: logConfig(e),
    telemetryUrl: e.OTEL_EXPORTER_OTLP_ENDPOINT ?? null,
    jobs:
      e.JOBS === 'timer'
        ? { kind: 'timer', everyMs: LOOK_MS, idleMs: e.STORE === 'firestore' ? IDLE_LOOK_MS : LOOK_MS }
        : { kind: 'request' },
    secrets: {
      services,
      link: e.LINK_SECRET,
      stripeKey: e.STRIPE_SECRET_KEY,
      stripeWebhook: e.STRIPE_WEBHOOK_SECRET,
      stripeConnectWebhook: e.STRIPE_CONNECT_WEBHOOK_SECRET,
      discordClient: e.DISCORD_CLIENT_SECRET ?? '',
      twitchClient: e.TWITCH_CLIENT_SECRET ?? '',
      twitchEventSub: e.TWITCH_EVENTSUB_SECRETS ?? [],
      stripeThinWebhook: e.STRIPE_THIN_WEBHOOK_SECRET ?? null,
    },
  }
}

function parseMedia(e: z.infer<typeof Env>): Config['media'] {
  if (e.MEDIA === 'files') return { driver: 'files', dir: `${e.DATA_DIR}/${PICTURES}` }
  if (!e.MEDIA_BUCKET) throw new Error('core cannot start:\n  MEDIA_BUCKET: must be set when MEDIA is gcs')
  return { driver: 'gcs', bucket: e.MEDIA_BUCKET, apiBase: e.MEDIA_API_BASE }
}

/** Our services wait ten seconds for core: a commit in vain and the question whether it stands are told before that. */
const STORE_PATIENCE_MS = 5_000

function parseStore(e: z.infer<typeof Env>): Config['store'] {
  if (e.STORE === 'sqlite') return { driver: 'sqlite', path: `${e.DATA_DIR}/${DATABASE}` }
  if (!e.GOOGLE_CLOUD_PROJECT) {
    throw new Error('core cannot start:\n  GOOGLE_CLOUD_PROJECT: must be set when STORE is firestore')
  }
  if (e.FIRESTORE_EMULATOR_HOST && /^(sk|rk)_live_/.test(e.STRIPE_SECRET_KEY)) {
    throw new Error(
      'core cannot start:\n  STRIPE_SECRET_KEY: a live key must not be used with FIRESTORE_EMULATOR_HOST',
    )
  }
  return {
    driver: 'firestore',
    patienceMs: STORE_PATIENCE_MS,
    projectId: e.GOOGLE_CLOUD_PROJECT,
    ...(e.FIRESTORE_DATABASE ? { databaseId: e.FIRESTORE_DATABASE } : {}),
    ...(e.FIRESTORE_EMULATOR_HOST ? { emulatorHost: e.FIRESTORE_EMULATOR_HOST } : {}),
  }
}

const TEND_MS = 10 * 60_000

/** All of Twitch or nothing: half of it would fail one builder at a time. */
function toTwitch(e: z.infer<typeof Env>): Config['twitch'] {
  if (!e.TWITCH_CLIENT_ID && !e.TWITCH_CLIENT_SECRET) return null
  const missing = [
    !e.TWITCH_CLIENT_ID && 'TWITCH_CLIENT_ID',
    !e.TWITCH_CLIENT_SECRET && 'TWITCH_CLIENT_SECRET',
    e.TWITCH_HEARS === 'webhook' && !e.TWITCH_EVENTSUB_SECRETS?.length && 'TWITCH_EVENTSUB_SECRETS',
    e.TWITCH_HEARS === 'webhook' && !e.PUBLIC_URL && 'PUBLIC_URL',
  ].filter((name) => typeof name === 'string')
  if (!e.TWITCH_CLIENT_ID || missing.length > 0) {
    throw new Error(`core cannot start:\n${missing.map((name) => `  ${name}: is not set`).join('\n')}`)
  }
  return {
    clientId: e.TWITCH_CLIENT_ID,
    idBase: e.TWITCH_ID_BASE,
    apiBase: e.TWITCH_API_BASE,
    callback: `${e.PUBLIC_URL ?? ''}/webhooks/twitch`,
    hears: e.TWITCH_HEARS,
    tendEveryMs: e.TWITCH_HEARS === 'webhook' ? TEND_MS : e.TWITCH_POLL_SECONDS * 1_000,
    badgeMs: e.BADGE_DAYS * DAY_MS,
  }
}

function serviceAuth(e: z.infer<typeof Auth>): ServiceAuth {
  if (e.SERVICE_AUTH === 'google') {
    const { SERVICE_ACCOUNT_BOT: bot, SERVICE_ACCOUNT_WEB: web, SERVICE_ACCOUNT_SCHEDULER: scheduler } = e
    return {
      kind: 'google',
      audience: e.SERVICE_AUDIENCE,
      accounts: { bot, web, ...(scheduler ? { scheduler } : {}) },
    }
  }
  return {
    kind: 'bearer',
    tokens: {
      bot: bothSecrets(e.TOKEN_BOT, e.TOKEN_BOT_PREVIOUS),
      web: bothSecrets(e.TOKEN_WEB, e.TOKEN_WEB_PREVIOUS),
      ...(e.TOKEN_SCHEDULER ? { scheduler: bothSecrets(e.TOKEN_SCHEDULER, e.TOKEN_SCHEDULER_PREVIOUS) } : {}),
    },
    push: e.BOT_PUSH_SECRET,
  }
}

/** Two callers with one secret are one caller: whoever holds it may do what either may. */
function hasNamesakes(auth: ServiceAuth): boolean {
  const given = Object.values(auth.kind === 'bearer' ? auth.tokens : auth.accounts).flat()
  return new Set(given).size < given.length
}

function describe(issue: z.core.$ZodIssue, given: Record<string, string | undefined>): string {
  return given[String(issue.path[0])] === undefined ? 'is not set' : issue.message
}
