import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { html } from 'hono/html'
import { pino } from 'pino'
import { createFaults } from '../faults.ts'
import type { State } from '../state.ts'
import { advanceAccounts } from './accounts.ts'
import { type Env, mountApi } from './api.ts'
import { settleCharges } from './charges.ts'
import { expireSessions } from './checkout-sessions.ts'
import { mountControls } from './controls.ts'
import { createDeliveries } from './deliveries.ts'
import { advanceDisputes } from './disputes.ts'
import { pruneEvents } from './events.ts'
import { createIdempotency } from './idempotency.ts'
import { mountOnboardingPage } from './onboarding-page.ts'
import { renderPage } from './page.ts'
import { mountPayPage } from './pay-page.ts'
import { advanceDelayed } from './pay-session.ts'
import { advancePayouts } from './payouts.ts'
import { advanceRefunds } from './refunds.ts'
import type { Stand } from './stand.ts'
import { openTables } from './tables.ts'
import { type FixedEndpoint, keepFixedEndpoints } from './webhook-endpoints.ts'

const PRUNE_EVERY_MS = 3_600_000

export interface LocalStripe {
  /** e.g. `http://127.0.0.1:8511` */
  readonly url: string
  readonly port: number
  /** Resolves when no webhook is in flight or due now. */
  idle(): Promise<void>
  /** Do at once whatever the clock says is due: expiry, settlement, refunds, webhook retries. */
  tick(): void
  close(): Promise<void>
}

/**
 * A Stripe of one's own for the real `stripe` client: the API, hosted pages, signed webhooks, and controls under
 * /local. `clock` answers UTC ms and drives expiry, settlement and
 * retries, whenever `tick` is called; POST /local/clock moves on from it. Rejects when the port is taken.
 */
export async function startLocalStripe(options: {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly state: State
  readonly clock: () => number
  /** Endpoints known from the start; more can be made through /v1/webhook_endpoints. */
  readonly webhooks: readonly FixedEndpoint[]
  readonly log?: (message: string) => void
}): Promise<LocalStripe> {
  const { host } = options
  const tables = openTables(options.state)
  const clock = () => options.clock() + (tables.modes.get('now')?.movedByMs ?? 0)
  const logger = options.log ? null : pino({ name: 'local-stripe' })
  const log = options.log ?? ((message: string) => logger?.warn(message))
  let url = ''
  const stand: Stand = {
    tables,
    deliveries: createDeliveries(tables, clock),
    clock,
    url: () => url,
    log,
    cause: { id: null, idempotency_key: null },
  }
  let prunedAt = clock()
  const faults = createFaults()
  const idempotency = createIdempotency(stand)
  keepFixedEndpoints(stand, options.webhooks)

  const app = new Hono<Env>()
  mountApi(app, stand, faults, idempotency)
  mountPayPage(app, stand)
  mountOnboardingPage(app, stand)
  mountControls(app, stand, faults, tick)
  app.get('/', (c) => c.redirect('/local', 303))
  app.notFound((c) => c.html(renderPage('Not found', html`<h1>There is no such page.</h1>`), 404))
  app.onError((error, c) => {
    log(`local Stripe broke: ${error.stack ?? error.message}`)
    return c.html(renderPage('Broken', html`<h1>The local Stripe broke: see its log.</h1>`), 500)
  })

  const server = createServer(getRequestListener(app.fetch))
  server.listen(options.port, host)
  // Rejects with the system's error when the port is taken.
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  url = `http://${host}:${port}`

  function tick(): void {
    expireSessions(stand)
    advanceDelayed(stand)
    settleCharges(stand)
    advanceRefunds(stand)
    advanceDisputes(stand)
    advancePayouts(stand)
    advanceAccounts(stand)
    if (clock() - prunedAt >= PRUNE_EVERY_MS) {
      prunedAt = clock()
      pruneEvents(stand)
      idempotency.prune()
    }
    stand.deliveries.pump()
  }
  return {
    url,
    port,
    idle: () => stand.deliveries.settled(),
    tick,
    async close() {
      await stand.deliveries.close()
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
