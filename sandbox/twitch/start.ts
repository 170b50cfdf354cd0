import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { pino } from 'pino'
import type { RegisteredApp } from '../config.ts'
import { createFaults } from '../faults.ts'
import type { State } from '../state.ts'
import { pruneStreams, pruneTokens } from './acts.ts'
import { mountAuthorizePage } from './authorize-page.ts'
import { mountFaults } from './break-on-purpose.ts'
import { mountControls } from './controls.ts'
import { helixError } from './errors.ts'
import { mountHelixRules } from './helix.ts'
import { createMessages } from './messages.ts'
import { mountOAuth } from './oauth.ts'
import type { Env, Stand } from './stand.ts'
import { mountStreams } from './streams.ts'
import {
  concludeChallenge,
  endSubscription,
  mountSubscriptions,
  pruneSubscriptions,
} from './subscriptions.ts'
import { openTables } from './tables.ts'
import { mountUsers } from './users.ts'

const PRUNE_EVERY_MS = 60_000
/** Twitch lists dead subscriptions for about so long. */
const DEAD_KEPT_MS = 10 * 86_400_000

export interface LocalTwitch {
  /** Stands for id.twitch.tv and for api.twitch.tv, e.g. `http://127.0.0.1:8512`. */
  readonly url: string
  readonly port: number
  /** Resolves when no message is in flight or due now. */
  idle(): Promise<void>
  /** Do at once whatever the clock says is due: messages sent again, and forgetting. */
  tick(): void
  close(): Promise<void>
}

/**
 * A Twitch of one's own: OAuth with its page, users, streams, EventSub over signed webhooks, a page to send people on
 * air, and controls under /local. `clock` answers UTC ms and drives expiry and retries, whenever `tick` is
 * called. Unlike Twitch's, a callback may be plain http on any port. Rejects when the port is taken.
 */
export async function startLocalTwitch(options: {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly app: RegisteredApp
  readonly state: State
  readonly clock: () => number
  readonly log?: (message: string) => void
}): Promise<LocalTwitch> {
  const tables = openTables(options.state)
  const clock = () => options.clock() + tables.settings().movedByMs
  const logger = options.log ? null : pino({ name: 'local-twitch' })
  const log = options.log ?? ((message: string) => logger?.warn(message))
  let url = ''
  const messages = createMessages({
    tables,
    clock,
    onChallenged: (id, proven) => concludeChallenge(stand, id, proven),
    onGivenUp: (id) => void endSubscription(stand, id, 'notification_failures_exceeded'),
  })
  const stand: Stand = { app: options.app, tables, messages, clock, url: () => url, log }
  const faults = createFaults()

  const hono = new Hono<Env>()
  mountFaults(hono, faults, stand)
  mountAuthorizePage(hono, stand)
  mountOAuth(hono, stand)
  const rateLimit = mountHelixRules(hono, stand)
  mountUsers(hono, stand)
  mountStreams(hono, stand)
  mountSubscriptions(hono, stand)
  mountControls(hono, stand, { faults, rateLimit, tick })
  hono.get('/favicon.ico', (c) => c.body(null, 204))
  hono.notFound((c) => {
    const message = `local Twitch has no ${c.req.method} ${c.req.path}`
    log(`NOT BUILT: ${message}`)
    return helixError(c, 501, message)
  })
  hono.onError((error, c) => {
    log(`local Twitch broke: ${error.stack ?? error.message}`)
    return helixError(c, 500, 'local Twitch broke: see its log')
  })

  const server = createServer(getRequestListener(hono.fetch))
  server.listen(options.port, options.host)
  // Rejects with the system's error when the port is taken.
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  url = `http://${options.host}:${port}`

  let prunedAt = clock()
  function tick(): void {
    if (clock() - prunedAt >= PRUNE_EVERY_MS) {
      prunedAt = clock()
      pruneTokens(stand)
      pruneStreams(stand)
      pruneSubscriptions(stand, clock() - DEAD_KEPT_MS)
      messages.prune()
    }
    messages.pump()
  }
  return {
    url,
    port,
    idle: () => messages.settled(),
    tick,
    async close() {
      await messages.close()
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
