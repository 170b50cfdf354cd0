import { z } from 'zod'

export interface Config {
  readonly host: string
  /** Where the stand-ins remember; null keeps everything in memory. */
  readonly dataDir: string | null
  /** A stand-in without a port is not started. */
  readonly discord: {
    readonly port: number
    readonly keySeed?: string | undefined
    /** Nobody can log in without. */
    readonly login?: Omit<RegisteredApp, 'clientId'>
  } | null
  readonly stripe: { readonly port: number; readonly webhooks: readonly Webhook[] } | null
  readonly twitch: { readonly port: number; readonly app: RegisteredApp } | null
  /** The chat page; there is none without the local Discord. */
  readonly page: { readonly port: number; readonly webUrl: string } | null
}

export interface Webhook {
  readonly url: string
  readonly secret: string
  /** True for events of connected accounts, false for the platform's own. */
  readonly connect: boolean
  /** True for thin events of v2 accounts instead of snapshots. */
  readonly thin?: boolean
}

/** What somebody who registers an application at Twitch or Discord gets and says. */
export interface RegisteredApp {
  readonly clientId: string
  readonly clientSecret: string
  /** Where people may be sent back to after they agreed; compared to the letter. */
  readonly redirectUris: readonly string[]
}

/** Where web takes people back who come from Twitch or Discord, below its address. */
export const TWITCH_RETURN_PATH = '/link/twitch/return'
export const LOGIN_RETURN_PATH = '/login/return'

const Port = z.coerce
  .number('must be a number from 0 to 65535')
  .int('must be a number from 0 to 65535')
  .min(0, 'must be a number from 0 to 65535')
  .max(65_535, 'must be a number from 0 to 65535')
const Address = z
  .url({ protocol: /^https?$/, error: 'must be an http or https address' })
  .transform((url) => url.replace(/\/+$/, ''))

const Environment = z.object({
  HOST: z.string().default('127.0.0.1'),
  DATA_DIR: z.string().optional(),
  SANDBOX_PORT: Port.default(8500),
  LOCAL_DISCORD_PORT: Port.optional(),
  LOCAL_DISCORD_KEY_SEED: z.string().optional(),
  DISCORD_CLIENT_SECRET: z.string().default('secret-of-the-local-discord'),
  LOCAL_STRIPE_PORT: Port.optional(),
  LOCAL_TWITCH_PORT: Port.optional(),
  WEB_URL: Address.default('http://127.0.0.1:8501'),
  CORE_URL: Address.default('http://127.0.0.1:8502'),
  STRIPE_WEBHOOK_SECRET: z.string().optional(),
  STRIPE_CONNECT_WEBHOOK_SECRET: z.string().optional(),
  STRIPE_THIN_WEBHOOK_SECRET: z.string().optional(),
  TWITCH_CLIENT_ID: z.string().default('c500-local'),
  TWITCH_CLIENT_SECRET: z.string().default('secret-of-the-local-twitch'),
})

/**
 * Admits an environment. An empty variable counts as absent. Events of the local Stripe go to core, to each endpoint
 * whose secret is given. Throws an Error that names every variable with a problem.
 */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim()))
  const parsed = Environment.safeParse(given)
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.')} ${issue.message}`)
    throw new Error(`sandbox cannot start:\n${lines.join('\n')}`)
  }
  const e = parsed.data
  const endpoint = (path: string, secret: string | undefined, connect: boolean, thin = false): Webhook[] =>
    secret === undefined ? [] : [{ url: e.CORE_URL + path, secret, connect, ...(thin && { thin }) }]
  return {
    host: e.HOST,
    dataDir: e.DATA_DIR ?? null,
    discord:
      e.LOCAL_DISCORD_PORT === undefined
        ? null
        : {
            port: e.LOCAL_DISCORD_PORT,
            keySeed: e.LOCAL_DISCORD_KEY_SEED,
            login: { clientSecret: e.DISCORD_CLIENT_SECRET, redirectUris: [e.WEB_URL + LOGIN_RETURN_PATH] },
          },
    stripe:
      e.LOCAL_STRIPE_PORT === undefined
        ? null
        : {
            port: e.LOCAL_STRIPE_PORT,
            webhooks: [
              ...endpoint('/webhooks/stripe', e.STRIPE_WEBHOOK_SECRET, false),
              ...endpoint('/webhooks/stripe-connect', e.STRIPE_CONNECT_WEBHOOK_SECRET, true),
              ...endpoint('/webhooks/stripe-thin', e.STRIPE_THIN_WEBHOOK_SECRET, true, true),
            ],
          },
    twitch:
      e.LOCAL_TWITCH_PORT === undefined
        ? null
        : {
            port: e.LOCAL_TWITCH_PORT,
            app: {
              clientId: e.TWITCH_CLIENT_ID,
              clientSecret: e.TWITCH_CLIENT_SECRET,
              redirectUris: [e.WEB_URL + TWITCH_RETURN_PATH],
            },
          },
    page: e.LOCAL_DISCORD_PORT === undefined ? null : { port: e.SANDBOX_PORT, webUrl: e.WEB_URL },
  }
}
