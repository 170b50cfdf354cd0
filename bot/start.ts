import { setTimeout as wait } from 'node:timers/promises'
import type { APIInteraction } from 'discord-api-types/v10'
import { bearer, type Credentials, createCoreClient, type Recognise } from '#contract'
import { recogniseSignature } from '../runtime/caller-auth.ts'
import { listen } from '../runtime/listen.ts'
import { createLog } from '../runtime/log.ts'
import { openTelemetry } from '../runtime/open-telemetry.ts'
import type { Service } from '../runtime/run-service.ts'
import { tracedFetch } from '../runtime/telemetry.ts'
import { createCards } from './cards.ts'
import { createCases, TYPE_IN_THREADS, TYPING_IS_ON } from './cases.ts'
import { registerCommands } from './commands/register.ts'
import type { Config } from './config.ts'
import { describeDiscordError } from './describe-discord-error.ts'
import { createDiscord, createRest } from './discord.ts'
import { handle } from './handle.ts'
import { createInteractionEndpoint } from './interaction-endpoint.ts'
import { createLiveNews } from './live.ts'
import { createOperatorCalls } from './operator-calls.ts'
import { createPushServer } from './pushes.ts'
import { createTell } from './tell.ts'
import { traceInteraction } from './trace-interaction.ts'
import { createWork } from './work.ts'

export interface Bot extends Service, AsyncDisposable {
  readonly url: string
  readonly port: number
  /** Resolves when no interaction, card edit or push is in hand. */
  idle(): Promise<void>
}

/**
 * Starts the bot: listens for core's pushes and, over HTTP, for Discord's interactions; over the gateway logs in and
 * brings the commands up to date.
 * Throws when the port is taken or Discord cannot be reached or refuses; nothing is left running then.
 */
export async function startBot(
  config: Config,
  /** `now` answers UTC milliseconds; a harness may set it. */
  overrides: { readonly now?: () => number } = {},
): Promise<Bot> {
  const log = createLog('bot', config.log, { describeError: describeDiscordError })
  const now = overrides.now ?? Date.now
  const { credentials, recognise } = await openDoors(config, now)
  const telemetry = await openTelemetry('bot', config.telemetryUrl)
  const core = createCoreClient({ baseUrl: config.coreUrl, credentials, fetch: tracedFetch(telemetry) })
  const rest = createRest({ api: config.discordApi, token: config.secrets.discordToken, log })
  const discord = createDiscord(rest)
  const work = createWork()
  const cards = createCards({
    core,
    discord,
    channelId: config.dropsChannelId,
    spacingMs: config.cardSpacingMs,
    work,
    log,
  })
  const cases = createCases({
    core,
    discord,
    guildId: config.guildId,
    channelId: config.dropsChannelId,
    log,
  })
  const live = createLiveNews({
    discord,
    guildId: config.guildId,
    channelId: config.liveChannelId,
    roles: config.roles,
    log,
  })
  const tell = createTell({ discord, channelId: config.dropsChannelId, log })

  const callOperators = createOperatorCalls({
    core,
    discord,
    guildId: config.guildId,
    channelId: config.operatorsChannelId,
    log,
  })

  const answer = (interaction: APIInteraction, answerBudgetMs: number) =>
    traceInteraction(interaction, telemetry, () =>
      handle(interaction, { core, config: { ...config, answerBudgetMs }, log, now }),
    )

  let online = () => false
  const app = createPushServer({
    recognise,
    handlers: {
      drawCard: ({ dropId }) => work.run(() => cards.draw(dropId)),
      drawCase: (wish) => work.run(() => cases.draw(wish)),
      drawLive: (announcement) => work.run(() => live.draw(announcement)),
      setRoles: (wish) =>
        work.run(async () => {
          await live.setRoles(wish)
          return {}
        }),
      notify: (notice) => work.run(async () => ({ delivery: await tell(notice) })),
      callOperators: (call) => work.run(async () => ({ posted: await callOperators(call) })),
    },
    ready: () => online(),
    log,
    telemetry,
  })
  const { transport } = config
  if (transport.kind === 'http') {
    const endpoint = createInteractionEndpoint({
      publicKey: transport.publicKey,
      mostBudgetMs: config.answerBudgetMs,
      handle: answer,
      discord,
      work,
      log,
      now,
    })
    app.route('/', endpoint)
  }
  const listener = await listen(config, () => app.fetch)
  const { url, port } = listener

  function endRest(): void {
    rest.clearHashSweeper()
    rest.clearHandlerSweeper()
  }

  /** Before the first case comes, so that those who run the server can mend it. */
  async function warnOfTyping(): Promise<void> {
    try {
      const isOn = await discord.memberMay(TYPE_IN_THREADS, config.guildId, config.dropsChannelId, null)
      if (isOn) log.warn(TYPING_IS_ON)
    } catch (error) {
      log.warn({ err: error }, 'who may type in the threads of the drops channel is not known')
    }
  }

  async function logIn() {
    // The socket's libraries take long to load: over HTTP a person waits for this start.
    const { connectGateway } = await import('./gateway.ts')
    const gateway = await connectGateway({
      rest,
      token: config.secrets.discordToken,
      discord,
      work,
      log,
      handle: (interaction) => answer(interaction, config.answerBudgetMs),
    })
    try {
      const { id, endpoint } = await discord.readApplication()
      if (endpoint !== null) {
        log.error({ endpoint }, 'Discord posts interactions there and not here: npm run bot:register')
      }
      const wrote = await registerCommands(discord, id, config.guildId)
      log.info({ wrote }, 'the commands are in place')
      await warnOfTyping()
      return gateway
    } catch (error) {
      await gateway.close()
      throw error
    }
  }

  try {
    const gateway = config.transport.kind === 'gateway' ? await logIn() : null
    let closing: Promise<void> | null = null
    const retire = () => {
      online = () => false
    }
    const close = async () => {
      retire()
      await gateway?.close()
      const giveUp = new AbortController()
      const late = wait(config.closeMs, undefined, { signal: giveUp.signal }).catch(() => {})
      await Promise.all([listener.close(config.closeMs), Promise.race([work.idle(), late])])
      giveUp.abort()
      endRest()
      await telemetry.close()
      log.info('the bot has stopped')
    }
    const bot: Bot = {
      url,
      port,
      idle: () => work.idle(),
      retire,
      close() {
        closing ??= close()
        return closing
      },
      [Symbol.asyncDispose]: () => bot.close(),
    }
    online = gateway?.online ?? (() => true)
    log.info({ url, discord: config.discordApi }, 'the bot is listening')
    return bot
  } catch (error) {
    await listener.close(0)
    endRest()
    throw error
  }
}

/** How core knows us, and how we know core. */
async function openDoors(
  config: Config,
  now: () => number,
): Promise<{ readonly credentials: Credentials; readonly recognise: Recognise<'core'> }> {
  const { services } = config.secrets
  if (services.kind === 'bearer') {
    return {
      credentials: bearer(services.coreToken),
      recognise: recogniseSignature(services.pushSecrets, now),
    }
  }
  // Google's library is read only where it is used.
  const { googleCredentials, recogniseGoogle } = await import('../runtime/google-identity.ts')
  return { credentials: googleCredentials(config.coreUrl), recognise: recogniseGoogle(services) }
}
