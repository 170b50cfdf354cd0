import type { KeyObject } from 'node:crypto'
import { z } from 'zod'
import { Snowflake } from '#contract'
import { bothSecrets, type Secrets } from '../runtime/caller-auth.ts'
import { type LogConfig, logConfig } from '../runtime/log.ts'
import { parsePublicKey } from './discord-signature.ts'

export interface Config {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  readonly guildId: string
  readonly dropsChannelId: string
  /** Where builders who go live are announced. */
  readonly liveChannelId: string
  /** Where operators are told what waits for them; null tells nobody. */
  readonly operatorsChannelId: string | null
  /** Roles that the bot gives while somebody is live, and while their badge lasts; null gives none. */
  readonly roles: { readonly live: string | null; readonly verified: string | null }
  /** Discord's REST address up to and without the version, e.g. `https://discord.com/api`. */
  readonly discordApi: string
  /** How Discord's interactions come: over a connection the bot holds, or each as a request to /interactions. */
  readonly transport: { readonly kind: 'gateway' } | { readonly kind: 'http'; readonly publicKey: KeyObject }
  readonly coreUrl: string
  readonly webUrl: string
  readonly log: LogConfig
  /** Where an OTLP/HTTP collector takes traces and metrics; null sends none. */
  readonly telemetryUrl: string | null
  /** Milliseconds between two edits of public cards in one channel. */
  readonly cardSpacingMs: number
  /** Milliseconds core may take before the person is told "thinking"; Discord gives three seconds in all. */
  readonly answerBudgetMs: number
  /** Milliseconds that work in hand gets to finish when the bot stops. */
  readonly closeMs: number
  readonly secrets: {
    readonly discordToken: string
    /** How core and the bot know each other. `audience` is the bot's own address as core writes it. */
    readonly services:
      | { readonly kind: 'bearer'; readonly coreToken: string; readonly pushSecrets: Secrets }
      | { readonly kind: 'google'; readonly audience: string; readonly accounts: { readonly core: string } }
  }
}

const address = z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, ''))

const secret = z.string().min(16, 'at least 16 characters')

const Auth = z.discriminatedUnion('SERVICE_AUTH', [
  z.object({
    SERVICE_AUTH: z.literal('bearer'),
    CORE_TOKEN: z.string().min(1),
    PUSH_SECRET: secret,
    PUSH_SECRET_PREVIOUS: secret.optional(),
  }),
  z.object({
    SERVICE_AUTH: z.literal('google'),
    SERVICE_AUDIENCE: address,
    SERVICE_ACCOUNT_CORE: z.email(),
  }),
])

const Settings = z.object({
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(8503),
  DISCORD_TOKEN: z.string().min(1),
  DISCORD_GUILD_ID: Snowflake,
  DROPS_CHANNEL_ID: Snowflake,
  LIVE_CHANNEL_ID: Snowflake.optional(),
  OPERATORS_CHANNEL_ID: Snowflake.optional(),
  LIVE_ROLE_ID: Snowflake.optional(),
  VERIFIED_ROLE_ID: Snowflake.optional(),
  DISCORD_API_BASE: address.default('https://discord.com/api'),
  BOT_TRANSPORT: z.enum(['gateway', 'http']).default('gateway'),
  DISCORD_PUBLIC_KEY: z
    .string()
    .regex(/^[0-9a-f]{64}$/i, 'must be 64 hexadecimal digits')
    .optional(),
  CORE_URL: address,
  WEB_URL: address,
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  LOG_FORMAT: z.enum(['json', 'cloud']).default('json'),
  OTEL_EXPORTER_OTLP_ENDPOINT: address.optional(),
  GOOGLE_CLOUD_PROJECT: z.string().optional(),
})

const Env = z.intersection(Settings, Auth)

/**
 * The bot's settings out of the environment; an empty variable counts as absent.
 * Throws one Error that names every variable with a problem.
 */
export function parseConfig(env: Record<string, string | undefined>): Config {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const given = { SERVICE_AUTH: 'bearer', ...set }
  const parsed = Env.refine((e) => e.BOT_TRANSPORT !== 'http' || e.DISCORD_PUBLIC_KEY !== undefined, {
    path: ['DISCORD_PUBLIC_KEY'],
    // Said together with every other problem.
    when: () => true,
  }).safeParse(given)
  if (!parsed.success) {
    const lines = parsed.error.issues.map(
      (issue) =>
        `  ${issue.path.join('.')}: ${set[String(issue.path[0])] === undefined ? 'is missing' : issue.message}`,
    )
    throw new Error(`The bot cannot start with these settings:\n${lines.join('\n')}`)
  }
  const e = parsed.data
  return {
    host: e.HOST,
    port: e.PORT,
    guildId: e.DISCORD_GUILD_ID,
    dropsChannelId: e.DROPS_CHANNEL_ID,
    liveChannelId: e.LIVE_CHANNEL_ID ?? e.DROPS_CHANNEL_ID,
    operatorsChannelId: e.OPERATORS_CHANNEL_ID ?? null,
    roles: { live: e.LIVE_ROLE_ID ?? null, verified: e.VERIFIED_ROLE_ID ?? null },
    discordApi: e.DISCORD_API_BASE,
    transport:
      e.BOT_TRANSPORT === 'http' && e.DISCORD_PUBLIC_KEY !== undefined
        ? { kind: 'http', publicKey: parsePublicKey(e.DISCORD_PUBLIC_KEY) }
        : { kind: 'gateway' },
    coreUrl: e.CORE_URL,
    webUrl: e.WEB_URL,
    log: logConfig(e),
    telemetryUrl: e.OTEL_EXPORTER_OTLP_ENDPOINT ?? null,
    cardSpacingMs: 1_200,
    answerBudgetMs: 1_800,
    closeMs: 4_000,
    secrets: {
      discordToken: e.DISCORD_TOKEN,
      services:
        e.SERVICE_AUTH === 'google'
          ? { kind: 'google', audience: e.SERVICE_AUDIENCE, accounts: { core: e.SERVICE_ACCOUNT_CORE } }
          : {
              kind: 'bearer',
              coreToken: e.CORE_TOKEN,
              pushSecrets: bothSecrets(e.PUSH_SECRET, e.PUSH_SECRET_PREVIOUS),
            },
    },
  }
}
