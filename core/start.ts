import { createSecretKey } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { type Caller, type Credentials, isAppError, type Recognise } from '#contract'
import { recogniseBearer, signature } from '../runtime/caller-auth.ts'
import { listen } from '../runtime/listen.ts'
import { createLog } from '../runtime/log.ts'
import { openTelemetry } from '../runtime/open-telemetry.ts'
import type { Service } from '../runtime/run-service.ts'
import { tracedFetch } from '../runtime/telemetry.ts'
import { markTrace } from '../runtime/trace.ts'
import { createAccountsV1 } from './adapters/accounts-v1.ts'
import { createAccountsV2 } from './adapters/accounts-v2.ts'
import { createBotPushes } from './adapters/bot-pushes.ts'
import { createDiscordLogin } from './adapters/discord-login.ts'
import { createMedia } from './adapters/media.ts'
import { createStripePayments } from './adapters/stripe.ts'
import { createStripeClient } from './adapters/stripe-client.ts'
import { createStripeRecords } from './adapters/stripe-records.ts'
import { createTwitch } from './adapters/twitch.ts'
import type { Config } from './config.ts'
import { createApp } from './http/app.ts'
import { effectHandlers } from './jobs/effect-handlers.ts'
import { wishForOlderPictures } from './jobs/older-pictures.ts'
import { createOutbox, type Outbox } from './jobs/outbox.ts'
import { runJobs } from './jobs/run-jobs.ts'
import { openShelf } from './open-shelf.ts'
import { openStore } from './open-store.ts'
import type { Clock } from './ports/clock.ts'
import type { Store } from './ports/store.ts'
import { createChanges } from './usecases/change.ts'
import { createCrowd } from './usecases/crowd.ts'
import type { Deps } from './usecases/deps.ts'
import { beginReconciliation } from './usecases/reconcile.ts'
import { beginTendingTwitch } from './usecases/tend-twitch.ts'

/** Together with retiring and flushing less than the ten seconds that Cloud Run gives. */
const DRAIN_MS = 7_500
const START_TRIES = 5
const START_PAUSE_MS = 1_000
/** Off air for less and back is one broadcast to everybody who reads of it. */
const STREAM_BREAK_MS = 10 * 60_000
/** A stream that is heard of later than this is no news. */
const STREAM_NEWS_MS = 30 * 60_000
/** The bot answers a push after the work: a card may wait for its turn in a busy channel. Below the lease. */
const PUSH_TIMEOUT_MS = 40_000

export interface Core extends Service, AsyncDisposable {
  readonly url: string
  readonly port: number
  /** For harnesses: look at the state, never change it. */
  readonly store: Store
  /** Carry out all due work now. Answers how many effects were run. */
  runDue(): Promise<number>
}

/** Build core from its configuration and listen. `clock` may be set by a harness. */
export async function startCore(config: Config, overrides: { readonly clock?: Clock } = {}): Promise<Core> {
  const log = createLog('core', config.log)
  const clock = overrides.clock ?? { now: () => Date.now() }
  const { credentials, recognise } = await openDoors(config, clock)
  const telemetry = await openTelemetry('core', config.telemetryUrl)
  const store = await openStore(config.store)
  let outbox: Outbox | undefined
  const crowd = createCrowd()
  const change = createChanges({
    store,
    crowd,
    random: Math.random,
    onConflict: () => telemetry.count('c500.commit.conflicts'),
    tracing: { inStep: telemetry.inStep, mark: markTrace },
    onCommit: (writes) => outbox?.hear(writes),
  })
  const stripe = createStripeClient({
    secretKey: config.secrets.stripeKey,
    ...(config.stripe.apiBase ? { apiBase: config.stripe.apiBase } : {}),
    requestsPerSecond: config.stripe.requestsPerSecond,
    timeoutMs: config.stripe.timeoutMs,
    log,
    telemetry,
  })
  const deps: Deps = {
    store,
    change,
    clock,
    payments: createStripePayments(stripe, {
      webhookSecrets: {
        platform: config.secrets.stripeWebhook,
        connect: config.secrets.stripeConnectWebhook,
        thin: config.secrets.stripeThinWebhook,
      },
      paymentMethods: config.stripe.paymentMethods,
      shippingCountries: config.stripe.shippingCountries,
    }),
    records: createStripeRecords(stripe),
    accounts:
      config.stripe.accounts.version === 'v2'
        ? createAccountsV2(stripe, config.stripe.accounts)
        : createAccountsV1(stripe, config.stripe.accounts),
    media: createMedia({ shelf: await openShelf(config.media), sources: config.pictureSources }),
    identity:
      config.login &&
      createDiscordLogin({
        ...config.login,
        clientSecret: config.secrets.discordClient,
        redirectUrl: `${config.webUrl}/login/return`,
      }),
    streams:
      config.twitch &&
      createTwitch({
        ...config.twitch,
        clientSecret: config.secrets.twitchClient,
        eventSubSecrets: config.secrets.twitchEventSub,
        redirectUrl: `${config.webUrl}/link/twitch/return`,
      }),
    messenger: createBotPushes({
      botUrl: config.botUrl,
      credentials,
      timeoutMs: PUSH_TIMEOUT_MS,
      fetch: tracedFetch(telemetry),
    }),
    settings: {
      webUrl: config.webUrl,
      currency: config.currency,
      feeBps: config.feeBps,
      holdMs: config.holdMs,
      approvalNeeded: config.approvalNeeded,
      releaseAfterMs: config.releaseAfterMs,
      holding: config.holding,
      reconcileEveryMs: config.reconcileEveryMs,
      twitch: config.twitch && { ...config.twitch, breakMs: STREAM_BREAK_MS, newsMs: STREAM_NEWS_MS },
      linkSecret: createSecretKey(Buffer.from(config.secrets.link)),
    },
  }
  const onFrozen = (orders: number) => log.error({ orders }, 'our books and Stripe disagree')
  outbox = createOutbox(deps, effectHandlers(deps, { onFrozen }), {
    random: Math.random,
    pace: config.jobs,
    telemetry,
    crowd,
    onFailure: ({ kind, subject, attempts }, error) =>
      log.warn({ kind, subject, attempts, err: error }, 'effect failed, will be tried again'),
  })
  const work = outbox
  telemetry.gauge('c500.outbox.due', async () =>
    Object.entries(await work.countDue()).map(([queue, count]) => [count, { queue }] as const),
  )
  // An embedded store belongs to this process alone.
  if (config.store.driver === 'sqlite') await work.takeOver()
  await patiently(() => beginReconciliation(deps))
  if (deps.streams) await patiently(() => beginTendingTwitch(deps))

  let ready = true
  const app = createApp(deps, {
    recognise,
    log,
    telemetry,
    jobs: { runJobs: () => runJobs(work, log) },
    ready: () => ready,
  })
  const listener = await listen(config, () => app.fetch)
  const { url, port } = listener
  work.wake()
  log.info({ url, stripe: config.stripe.apiBase ?? 'stripe.com' }, 'core is listening')

  // Nobody waits for it, and a bucket that does not answer just now is looked at with the next start.
  const olderPictures = wishForOlderPictures(deps).then(
    (wished) => wished > 0 && log.info({ wished }, 'older pictures will be stored in more formats'),
    (error: unknown) => log.warn({ err: error }, 'older pictures were not looked at'),
  )

  const retire = () => {
    ready = false
  }
  let closing: Promise<void> | undefined
  async function shutDown(): Promise<void> {
    retire()
    const late = new Promise((resolve) => setTimeout(resolve, DRAIN_MS).unref())
    // Nothing more is claimed from here on, while requests and effects in hand come to their end.
    await Promise.race([Promise.all([listener.close(DRAIN_MS), work.close(), olderPictures]), late])
    await telemetry.close()
    await store.close()
    log.info('core has stopped')
  }
  const close = () => {
    closing ??= shutDown()
    return closing
  }
  return { url, port, store, runDue: () => work.runDue(), retire, close, [Symbol.asyncDispose]: close }
}

/** A store that does not answer for a moment must not end a core that just begins. Throws `unavailable` after a while. */
async function patiently(begin: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await begin()
    } catch (error) {
      if (!isAppError(error, 'unavailable') || tries === START_TRIES) throw error
      await wait(START_PAUSE_MS)
    }
  }
}

/** How the bot knows core, and core its callers. */
async function openDoors(
  { secrets, botUrl }: Config,
  clock: Clock,
): Promise<{ readonly credentials: Credentials; readonly recognise: Recognise<Caller> }> {
  const { services } = secrets
  if (services.kind === 'bearer') {
    return {
      credentials: signature(services.push, clock.now),
      recognise: recogniseBearer(services.tokens),
    }
  }
  // Google's library is read only where it is used.
  const { googleCredentials, recogniseGoogle } = await import('../runtime/google-identity.ts')
  return { credentials: googleCredentials(botUrl), recognise: recogniseGoogle(services) }
}
