import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { pino } from 'pino'
import { createCoreClient } from '#contract'
import { createApp } from './app.ts'
import { loadAssets } from './assets.ts'
import type { Config } from './config.ts'

export interface Web extends AsyncDisposable {
  /** Where it listens, without a trailing slash. */
  readonly url: string
  readonly port: number
  /** Answers what has begun, then stops; at most five seconds. Safe to call twice. */
  close(): Promise<void>
}

/** Starts the public web server. Rejects when the port is taken. */
export async function startWeb(
  config: Config,
  options: { readonly now?: () => number; readonly logTo?: { write(line: string): void } } = {},
): Promise<Web> {
  const log = createLog(config.log, options.logTo)
  const assets = loadAssets()
  const server = createServer()
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(config.port, config.host, resolve)
  await listening
  server.off('error', reject)

  // No await from here to the listener: the first request waits in the socket until there is one.
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : config.port
  const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`
  let closing: Promise<void> | null = null
  const app = createApp({
    core: createCoreClient({ baseUrl: config.coreUrl, token: config.secrets.coreToken }),
    assets,
    origin: config.publicUrl ?? url,
    inviteUrl: config.inviteUrl,
    log,
    now: options.now ?? Date.now,
  })
  server.on('request', getRequestListener(app.fetch))
  // A connection that was busy when closing began would stay open for its next request.
  server.on('request', (_request, response) => {
    response.once('close', () => closing && setImmediate(() => server.closeIdleConnections()))
  })
  server.headersTimeout = 10_000
  server.requestTimeout = 20_000
  log.info({ url }, 'web listens')

  function close(): Promise<void> {
    closing ??= new Promise<void>((done) => {
      const cutOff = setTimeout(() => server.closeAllConnections(), 5_000)
      server.close(() => {
        clearTimeout(cutOff)
        log.info('web stopped')
        done()
      })
      server.closeIdleConnections()
    })
    return closing
  }
  return { url, port, close, [Symbol.asyncDispose]: close }
}

function createLog(config: Config['log'], to?: { write(line: string): void }) {
  const severity: Readonly<Record<string, string>> = {
    trace: 'DEBUG',
    warn: 'WARNING',
    fatal: 'CRITICAL',
  }
  const options = {
    level: config.level,
    base: { service: 'web' },
    ...(config.format === 'cloud' && {
      messageKey: 'message',
      formatters: { level: (label: string) => ({ severity: severity[label] ?? label.toUpperCase() }) },
    }),
  }
  return to ? pino(options, to) : pino(options)
}
