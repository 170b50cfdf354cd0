import type { Hono } from 'hono'
import { StreamsError } from '../ports/streams.ts'
import type { Deps } from '../usecases/deps.ts'
import { isWanted, takeMessage } from '../usecases/hear-twitch.ts'
import type { Log } from './log.ts'
import { readRawBody } from './raw-body.ts'

/** Far above any message Twitch sends. */
const MESSAGE_MAX_BYTES = 64 * 1024

/**
 * Twitch's EventSub callback: raw bytes, signature, age, inbox, 204. Answers 403 to what Twitch did not sign, without
 * a word why; a challenge is answered only for a subscription we want; storage trouble becomes a 5xx, so that Twitch
 * sends the message again.
 */
export function twitchWebhook(app: Hono, deps: Deps, log: Pick<Log, 'warn'>): void {
  // Each secret has an address of its own (adapters/twitch.ts); a message is believed for its signature alone.
  app.post('/webhooks/twitch/:mark?', async (c) => {
    const { streams } = deps
    if (!streams) return c.body(null, 404)
    if (!/^application\/json\b/i.test(c.req.header('content-type') ?? '')) return c.body(null, 415)
    const body = await readRawBody(c, MESSAGE_MAX_BYTES)
    if (!body) return c.body(null, 413)
    let message: ReturnType<typeof streams.parseMessage>
    try {
      message = streams.parseMessage(c.req.raw.headers, body, deps.clock.now())
    } catch (error) {
      if (!(error instanceof StreamsError)) throw error
      log.warn({ endpoint: 'twitch' }, error.message)
      return c.body(null, 400)
    }
    if (!message) return c.body(null, 403)
    if (message.kind === 'challenge') {
      // An exact answer: the bare text, and its length.
      return (await isWanted(deps, message.topic)) ? c.text(message.challenge) : c.body(null, 404)
    }
    if (message.kind === 'stale') {
      log.warn(
        { endpoint: 'twitch', messageId: message.messageId },
        'a message from long ago: is the clock right?',
      )
    } else {
      await takeMessage(deps, message)
    }
    return c.body(null, 204)
  })
}
