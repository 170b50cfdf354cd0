import { bearer, type Credentials, createCoreClient } from '#contract'
import { listen } from '../runtime/listen.ts'
import { createLog } from '../runtime/log.ts'
import { openTelemetry } from '../runtime/open-telemetry.ts'
import type { Service } from '../runtime/run-service.ts'
import { tracedFetch } from '../runtime/telemetry.ts'
import { createApp } from './app.ts'
import { loadAssets } from './assets.ts'
import type { Config } from './config.ts'
import { createEarlyLog } from './early-log.ts'
import { createPublicPages } from './public-pages.ts'
import { type ReaderOf, readerOf } from './reader.ts'
import { securityHeaders } from './security-headers.ts'
import { createCardPainter } from './social/card-painter.ts'

const DRAIN_MS = 5_000

export interface Web extends Service, AsyncDisposable {
  /** Where it listens, without a trailing slash. */
  readonly url: string
  readonly port: number
}

/** Starts the public web server. Rejects when the port is taken. The options are for tests. */
export async function startWeb(
  config: Config,
  options: {
    readonly now?: () => number
    readonly logTo?: { write(line: string): void }
    readonly readerOf?: ReaderOf
  } = {},
): Promise<Web> {
  const log = createLog('web', config.log, options.logTo ? { to: options.logTo } : {})
  const assets = loadAssets()
  const telemetry = await openTelemetry('web', config.telemetryUrl)
  const core = createCoreClient({
    baseUrl: config.coreUrl,
    credentials: await findCredentials(config),
    fetch: tracedFetch(telemetry),
  })
  const now = options.now ?? Date.now
  const readers = options.readerOf ?? readerOf
  const earlyLog = createEarlyLog(log, telemetry)
  const pages = createPublicPages({
    everywhere: securityHeaders({ https: config.publicUrl?.startsWith('https:') ?? false }),
    readerOf: readers,
    now,
    onEarly: earlyLog.note,
  })
  const leaving = new AbortController()
  const painter = createCardPainter()
  const appAt = (url: string) =>
    createApp({
      core,
      assets,
      pages,
      painter,
      origin: config.publicUrl ?? url,
      inviteUrl: config.inviteUrl,
      operator: config.operator,
      readerOf: readers,
      leaving: leaving.signal,
      log,
      telemetry,
      now,
    })
  const listener = await listen(config, (url) => appAt(url).fetch, pages.answerEarly)
  const { url, port } = listener
  log.info({ url }, 'web listens')

  const retire = () => leaving.abort()
  let closing: Promise<void> | undefined
  async function shutDown(): Promise<void> {
    retire()
    await listener.close(DRAIN_MS)
    await painter.close()
    earlyLog.flush()
    await telemetry.close()
    log.info('web stopped')
  }
  const close = () => {
    closing ??= shutDown()
    return closing
  }
  return { url, port, retire, close, [Symbol.asyncDispose]: close }
}

async function findCredentials({ secrets, coreUrl }: Config): Promise<Credentials> {
  if (secrets.coreToken !== null) return bearer(secrets.coreToken)
  // Google's library is read only where it is used.
  const { googleCredentials } = await import('../runtime/google-identity.ts')
  return googleCredentials(coreUrl)
}
