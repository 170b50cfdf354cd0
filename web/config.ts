import { z } from 'zod'
import { type LogConfig, logConfig } from '../runtime/log.ts'

/** The person or company behind the shop. */
export interface Operator {
  readonly name: string
  /** An e-mail address, a web address or a line of text such as a postal address. */
  readonly contact: string | null
}

export interface Config {
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  readonly coreUrl: string
  /** Where browsers reach this service: an origin without a trailing slash. Null: wherever it listens. */
  readonly publicUrl: string | null
  /** Where "Buy in Discord" leads; null hides the button and leaves the words. */
  readonly inviteUrl: string | null
  /** Who runs the shop, for everybody to read; null while they have not said. */
  readonly operator: Operator | null
  readonly log: LogConfig
  /** Where an OTLP/HTTP collector takes traces and metrics; null sends none. */
  readonly telemetryUrl: string | null
  /** How core knows this service: by a token, or by Google's word for its service account (null). */
  readonly secrets: { readonly coreToken: string | null }
}

/** The environment cannot be used; every problem has a line that begins with the variable's name. */
export class ConfigError extends Error {
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(`web cannot start:\n${problems.map((problem) => `  ${problem}`).join('\n')}`)
    this.name = 'ConfigError'
    this.problems = problems
  }
}

const HttpUrl = z.url({
  protocol: /^https?$/,
  error: 'must be an http or https address, e.g. http://127.0.0.1:8502',
})
const Origin = HttpUrl.transform((value) => new URL(value)).refine(
  (url) => url.pathname === '/' && url.search === '' && url.hash === '',
  'must be an address without a path, e.g. https://shop.example',
)

const Auth = z.discriminatedUnion(
  'SERVICE_AUTH',
  [
    z.object({
      SERVICE_AUTH: z.literal('bearer'),
      CORE_TOKEN: z.string('is missing: the token that core knows web by'),
    }),
    z.object({ SERVICE_AUTH: z.literal('google') }),
  ],
  { error: 'must be bearer or google' },
)

const Settings = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce
    .number('must be a number from 0 to 65535')
    .int('must be a number from 0 to 65535')
    .min(0, 'must be a number from 0 to 65535')
    .max(65_535, 'must be a number from 0 to 65535')
    .default(8501),
  CORE_URL: Origin.default(new URL('http://127.0.0.1:8502')),
  WEB_URL: Origin.optional(),
  DISCORD_INVITE_URL: HttpUrl.optional(),
  OPERATOR_NAME: z.string().trim().max(120, 'must be 120 characters or fewer').optional(),
  OPERATOR_CONTACT: z.string().trim().max(300, 'must be 300 characters or fewer').optional(),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      error: 'must be one of trace, debug, info, warn, error, fatal, silent',
    })
    .default('info'),
  LOG_FORMAT: z.enum(['json', 'cloud'], { error: 'must be json or cloud' }).default('json'),
  GOOGLE_CLOUD_PROJECT: z.string().optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: HttpUrl.optional(),
})

const Environment = z
  .intersection(Settings, Auth)
  .refine(
    ({ OPERATOR_NAME, OPERATOR_CONTACT }) => OPERATOR_NAME !== undefined || OPERATOR_CONTACT === undefined,
    { path: ['OPERATOR_NAME'], error: 'is missing: whose contact OPERATOR_CONTACT is' },
  )

/** Admits an environment. An empty variable counts as absent. Throws ConfigError with every problem at once. */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim()))
  const given = { SERVICE_AUTH: 'bearer', ...set }
  const parsed = Environment.safeParse(given)
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`))
  }
  const e = parsed.data
  const { HOST, PORT, CORE_URL, WEB_URL, DISCORD_INVITE_URL, OPERATOR_NAME, OPERATOR_CONTACT } = e
  return {
    host: HOST,
    port: PORT,
    coreUrl: CORE_URL.origin,
    publicUrl: WEB_URL?.origin ?? null,
    inviteUrl: DISCORD_INVITE_URL ?? null,
    operator: OPERATOR_NAME === undefined ? null : { name: OPERATOR_NAME, contact: OPERATOR_CONTACT ?? null },
    log: logConfig(e),
    telemetryUrl: e.OTEL_EXPORTER_OTLP_ENDPOINT?.replace(/\/$/, '') ?? null,
    secrets: { coreToken: e.SERVICE_AUTH === 'bearer' ? e.CORE_TOKEN : null },
  }
}
