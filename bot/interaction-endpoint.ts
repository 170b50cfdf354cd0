import type { KeyObject } from 'node:crypto'
import type { HttpBindings } from '@hono/node-server'
import {
  type APIInteraction,
  type APIInteractionResponse,
  InteractionResponseType,
  InteractionType,
} from 'discord-api-types/v10'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { Logger } from 'pino'
import { z } from 'zod'
import { type ErrorBody, type ErrorCode, Snowflake, STATUS } from '#contract'
import { requestIdHere } from '../runtime/observe.ts'
import { type Discord, followUpsOf } from './discord.ts'
import { isFromDiscord } from './discord-signature.ts'
import type { Reply } from './interactions/visit.ts'
import type { Work } from './work.ts'

/** Far more than a form full of text, or a pressed message with all its embeds. */
const BODY_AT_MOST = 256 * 1024
/** Discord counts three seconds from the interaction; what is left of them is for the network. */
const ANSWER_WITHIN_MS = 2_500
/** A core that is awake answers in far less, so a late start need not make every answer wait for a second one. */
const LEAST_BUDGET_MS = 250
const DISCORD_EPOCH = 1_420_070_400_000

const Ping = z.looseObject({ type: z.literal(InteractionType.Ping) })
/** What every interaction has; the rest is Discord's own word, as it is over the gateway. */
const Sent = z
  .looseObject({
    type: z.literal([
      InteractionType.ApplicationCommand,
      InteractionType.MessageComponent,
      InteractionType.ApplicationCommandAutocomplete,
      InteractionType.ModalSubmit,
    ]),
    id: Snowflake,
    application_id: Snowflake,
    token: z.string().min(1),
    data: z.looseObject({}),
    member: z.looseObject({ user: z.looseObject({ id: Snowflake }) }).optional(),
    user: z.looseObject({ id: Snowflake }).optional(),
  })
  .refine(({ member, user }) => member !== undefined || user !== undefined, 'nobody did it')
const Interaction = z.union([Ping, Sent])

/**
 * The transport by request: Discord posts each interaction to /interactions, and the first answer is the answer to
 * that request. What follows begins when it has been sent, and needs a processor of its own from then on.
 * Anything that Discord did not sign is answered 401; Discord itself tries that from time to time.
 */
export function createInteractionEndpoint(deps: {
  readonly publicKey: KeyObject
  /** `budgetMs` is what core may take before the person is told "thinking". */
  readonly handle: (interaction: APIInteraction, budgetMs: number) => Promise<Reply>
  readonly mostBudgetMs: number
  readonly discord: Discord
  readonly work: Work
  readonly log: Logger
  /** UTC milliseconds. */
  readonly now: () => number
}): Hono<{ Bindings: HttpBindings }> {
  const { discord, work, log, now } = deps
  const app = new Hono<{ Bindings: HttpBindings }>()

  const limit = bodyLimit({
    maxSize: BODY_AT_MOST,
    onError: () => refuse('bad_request', 'An interaction is never this large.', 413),
  })
  app.post('/interactions', limit, async (c) => {
    const body = await c.req.arrayBuffer().then(
      (bytes) => new Uint8Array(bytes),
      () => null,
    )
    if (!body) return refuse('bad_request', 'The request ended early.')
    const signature = c.req.header('x-signature-ed25519')
    const timestamp = c.req.header('x-signature-timestamp')
    if (!isFromDiscord(deps.publicKey, { signature, timestamp, body }, now())) {
      return refuse('unauthorized', 'Discord did not sign this.')
    }
    const interaction = Interaction.safeParse(parseJson(body))
    if (!interaction.success) {
      log.error({ problem: interaction.error.message }, 'an interaction in an unknown shape')
      return refuse('bad_request', 'This is no interaction that the bot knows.')
    }
    if (interaction.data.type === InteractionType.Ping) return c.json({ type: InteractionResponseType.Pong })
    // Signed by Discord, and with all that our own code relies on.
    return c.json(await answer(interaction.data as unknown as APIInteraction, sending(c.env.outgoing)))
  })
  app.onError(() => refuse('internal', 'The bot could not answer this.'))
  return app

  /** Resolves with the first answer; `sent` tells when Discord has it, or that it hung up. */
  function answer(interaction: APIInteraction, sent: Promise<boolean>): Promise<APIInteractionResponse> {
    const answered = Promise.withResolvers<APIInteractionResponse>()
    void work.run(async () => {
      try {
        const { first, after } = await deps.handle(interaction, budgetFor(interaction.id))
        answered.resolve(first)
        if (await sent) await after?.(followUpsOf(discord, interaction))
        else log.warn({ interactionId: interaction.id }, 'the answer came too late for Discord')
      } catch (error) {
        answered.reject(error)
        log.error({ err: error, interactionId: interaction.id }, 'an interaction could not be answered')
      }
    })
    return answered.promise
  }

  /** The time a process needed to start, with a person waiting, is taken off core's. A snowflake carries its time. */
  function budgetFor(id: string): number {
    const madeAt = Number(BigInt(id) >> 22n) + DISCORD_EPOCH
    const left = madeAt + ANSWER_WITHIN_MS - now()
    return Math.min(deps.mostBudgetMs, Math.max(LEAST_BUDGET_MS, left))
  }
}

/** True once the whole answer is on its way, false when the other side is gone before that. */
function sending(outgoing: HttpBindings['outgoing']): Promise<boolean> {
  return new Promise((resolve) => outgoing.once('close', () => resolve(outgoing.writableFinished)))
}

function refuse(code: ErrorCode, message: string, status: number = STATUS[code]): Response {
  const body: ErrorBody = { error: { code, message, requestId: requestIdHere() } }
  return Response.json(body, { status })
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString())
  } catch {
    return undefined
  }
}
