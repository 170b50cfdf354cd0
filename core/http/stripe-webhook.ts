import type { Hono } from 'hono'
import type { Telemetry } from '../../runtime/telemetry.ts'
import { PaymentsError } from '../ports/payments.ts'
import type { Deps } from '../usecases/deps.ts'
import { takeHint } from '../usecases/take-hint.ts'
import type { Log } from './log.ts'
import { readRawBody } from './raw-body.ts'

/** Far above any event Stripe sends. */
const EVENT_MAX_BYTES = 1024 * 1024

/**
 * One of Stripe's endpoints: raw body, signature, inbox, 200. Answers 400 to what Stripe did not sign, 200 to known
 * and unknown events, and lets storage trouble become a 5xx so that Stripe sends the event again.
 */
export function stripeWebhook(
  app: Hono,
  deps: Deps,
  { log, telemetry }: { readonly log: Pick<Log, 'warn'>; readonly telemetry: Telemetry },
  endpoint: 'platform' | 'connect' | 'thin',
  path: string,
): void {
  app.post(path, async (c) => {
    const bytes = await readRawBody(c, EVENT_MAX_BYTES)
    if (!bytes) return c.json({ received: false }, 413)
    const body = Buffer.from(bytes).toString('utf8')
    try {
      const signature = c.req.header('stripe-signature')
      const hint =
        endpoint === 'thin'
          ? deps.payments.parseThinEvent(body, signature)
          : deps.payments.parseEvent(body, signature, endpoint)
      if (hint.happenedAt !== null) {
        telemetry.time('c500.webhook.lag', (deps.clock.now() - hint.happenedAt) / 1_000, { endpoint })
      }
      await takeHint(deps, hint)
    } catch (error) {
      if (!(error instanceof PaymentsError) || error.kind !== 'refused') throw error
      // A wrong secret or an endpoint of the wrong kind looks like an attack to Stripe's log; here it has words.
      log.warn({ endpoint, code: error.code }, error.message)
      return c.json({ received: false }, 400)
    }
    return c.json({ received: true })
  })
}
