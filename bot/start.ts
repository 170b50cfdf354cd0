import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { createAdaptorServer } from '@hono/node-server'
import { createCoreClient } from '#contract'
import { createCards } from './cards.ts'
import { createCases } from './cases.ts'
import { registerCommands } from './commands/register.ts'
import type { Config } from './config.ts'
import { createDiscord, createRest } from './discord.ts'
import { connectGateway } from './gateway.ts'
import { handle } from './handle.ts'
import { createLog } from './log.ts'
import { createPushServer } from './pushes.ts'
import { createTell } from './tell.ts'
import { createWork } from './work.ts'

export interface Bot extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** Resolves when no interaction, card edit or push is in hand. */
  idle(): Promise<void>
  /** Takes nothing new, finishes what is in hand within `closeMs`, and ends. */
  close(): Promise<void>
}

/**
 * Starts the bot: listens for core's pushes, brings the commands up to date and logs in.
 * Throws when the port is taken or Discord cannot be reached or refuses; nothing is left running then.
 */
export async function startBot(
  config: Config,
  /** `now` answers UTC milliseconds; a harness may set it. */
  overrides: { readonly now?: () => number } = {},
): Promise<Bot> {
  const log = createLog(config.log)
  const core = createCoreClient({ baseUrl: config.coreUrl, token: config.secrets.coreToken })
  const rest = createRest({ api: config.discordApi, token: config.secrets.discordToken, log })
  const discord = createDiscord(rest)
  const work = createWork()
  const now = overrides.now ?? Date.now
  const cards = createCards({
    core,
    discord,
    channelId: config.dropsChannelId,
    spacingMs: config.cardSpacingMs,
  })
  const cases = createCases({ core, discord, channelId: config.dropsChannelId, log })
  const tell = createTell({ discord, channelId: config.dropsChannelId, log })

  let online = () => false
  const app = createPushServer({
    secret: config.secrets.pushSecret,
    handlers: {
      drawCard: ({ dropId }) => work.run(() => cards.draw(dropId)),
      drawCase: (wish) => work.run(() => cases.draw(wish)),
      notify: (notice) => work.run(async () => ({ delivery: await tell(notice) })),
    },
    ready: () => online(),
    log,
    now,
  })
  const server = createAdaptorServer({ fetch: app.fetch })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(config.port, config.host, resolve)
  })
  const { port } = server.address() as AddressInfo
  const host = config.host.includes(':') ? `[${config.host}]` : config.host
  const url = `http://${host}:${port}`

  const stopListening = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      if ('closeIdleConnections' in server) server.closeIdleConnections()
    })

  function endRest(): void {
    rest.clearHashSweeper()
    rest.clearHandlerSweeper()
  }

  try {
    const gateway = await connectGateway({
      rest,
      token: config.secrets.discordToken,
      discord,
      work,
      log,
      handle: (interaction) => handle(interaction, { core, config, log, now }),
    })
    let closing: Promise<void> | null = null
    const close = async () => {
      online = () => false
      await gateway.close()
      const stopped = stopListening()
      const giveUp = new AbortController()
      const late = wait(config.closeMs, undefined, { signal: giveUp.signal }).catch(() => {})
      await Promise.race([work.idle(), late])
      giveUp.abort()
      if ('closeAllConnections' in server) server.closeAllConnections()
      await stopped
      endRest()
      log.info('the bot has stopped')
    }
    const bot: Bot = {
      url,
      port,
      idle: () => work.idle(),
      close() {
        closing ??= close()
        return closing
      },
      [Symbol.asyncDispose]: () => bot.close(),
    }
    try {
      const wrote = await registerCommands({
        read: () => discord.readCommands(gateway.applicationId, config.guildId),
        write: (commands) => discord.writeCommands(gateway.applicationId, config.guildId, [...commands]),
      })
      log.info({ wrote }, 'the commands are in place')
    } catch (error) {
      await gateway.close()
      throw error
    }
    online = gateway.online
    log.info({ url, discord: config.discordApi }, 'the bot is listening')
    return bot
  } catch (error) {
    await stopListening()
    endRest()
    throw error
  }
}
