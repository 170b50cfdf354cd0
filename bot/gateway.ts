import { Client, GatewayDispatchEvents } from '@discordjs/core'
import type { REST } from '@discordjs/rest'
import { WebSocketManager, WebSocketShardEvents } from '@discordjs/ws'
import type { APIInteraction } from 'discord-api-types/v10'
import type { Logger } from 'pino'
import { type Discord, followUpsOf } from './discord.ts'
import type { Reply } from './interactions/visit.ts'
import type { Work } from './work.ts'

/** The transport by socket: works behind any router, needs no public address. */
interface Gateway {
  /** False while the connection is down; the library reconnects by itself. */
  online(): boolean
  close(): Promise<void>
}

/**
 * Logs in and answers interactions until closed. Resolves when Discord says READY; throws when it refuses the token
 * or cannot be reached.
 */
export async function connectGateway(deps: {
  readonly rest: REST
  readonly token: string
  readonly discord: Discord
  readonly work: Work
  readonly log: Logger
  readonly handle: (interaction: APIInteraction) => Promise<Reply>
}): Promise<Gateway> {
  const { discord, log } = deps
  // Interactions need no intent.
  const gateway = new WebSocketManager({ token: deps.token, intents: 0, rest: deps.rest })
  const client = new Client({ rest: deps.rest, gateway })
  let online = false
  const ready = Promise.withResolvers<void>()

  // An emitter without such a listener would end the process.
  client.on('error', (error) => log.error({ err: error }, 'the Discord client failed'))
  gateway.on(WebSocketShardEvents.Error, (error) => log.error({ err: error }, 'the gateway failed'))
  gateway.on(WebSocketShardEvents.SocketError, (error) =>
    log.warn({ err: error }, 'the gateway socket failed'),
  )
  gateway.on(WebSocketShardEvents.Closed, (code) => {
    online = false
    log.info({ code }, 'the gateway connection closed')
  })
  gateway.on(WebSocketShardEvents.Resumed, () => {
    online = true
    log.info('the gateway session was resumed')
  })
  client.on(GatewayDispatchEvents.Ready, () => {
    online = true
    ready.resolve()
  })
  client.on(GatewayDispatchEvents.InteractionCreate, ({ data }) => {
    void deps.work.run(() => answer(data))
  })

  async function answer(interaction: APIInteraction): Promise<void> {
    try {
      const { first, after } = await deps.handle(interaction)
      if (!(await discord.answer(interaction, first))) {
        log.warn({ interactionId: interaction.id }, 'the answer came too late for Discord')
        return
      }
      await after?.(followUpsOf(discord, interaction))
    } catch (error) {
      log.error({ err: error, interactionId: interaction.id }, 'an interaction could not be answered')
    }
  }

  try {
    await gateway.connect()
    await ready.promise
    return {
      online: () => online,
      close: async () => void (await gateway.destroy()),
    }
  } catch (error) {
    await gateway.destroy()
    throw error
  }
}
