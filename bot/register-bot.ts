import { createLog } from '../runtime/log.ts'
import { registerCommands } from './commands/register.ts'
import type { Config } from './config.ts'
import { describeDiscordError } from './describe-discord-error.ts'
import { createDiscord, createRest } from './discord.ts'
import { parsePublicKey } from './discord-signature.ts'

/**
 * Brings Discord in line with our settings: the guild's commands, and where interactions go. Over HTTP that is
 * `endpoint`, the public address of the running bot's /interactions (null leaves it as it is), which Discord visits at
 * once; over the gateway an address of earlier times is taken away, since it would keep everything from the gateway.
 * Answers whether commands were written and where interactions go now. Throws when Discord refuses, or when
 * DISCORD_PUBLIC_KEY is another application's.
 */
export async function registerBot(
  config: Config,
  endpoint: string | null,
): Promise<{ readonly wroteCommands: boolean; readonly endpoint: string | null }> {
  const { transport, guildId } = config
  if (transport.kind === 'gateway' && endpoint !== null) {
    throw new Error('An endpoint is for BOT_TRANSPORT=http; this bot is set to the gateway.')
  }
  const rest = createRest({
    api: config.discordApi,
    token: config.secrets.discordToken,
    log: createLog('bot', config.log, { describeError: describeDiscordError }),
  })
  try {
    const discord = createDiscord(rest)
    const application = await discord.readApplication()
    if (transport.kind === 'http' && !transport.publicKey.equals(parsePublicKey(application.publicKey))) {
      throw new Error(
        `DISCORD_PUBLIC_KEY is not the key of this bot's application, which is ${application.publicKey}`,
      )
    }
    const wroteCommands = await registerCommands(discord, application.id, guildId)
    const wanted = transport.kind === 'http' ? (endpoint ?? application.endpoint) : null
    if (wanted !== application.endpoint || endpoint !== null) await discord.writeEndpoint(wanted)
    return { wroteCommands, endpoint: wanted }
  } finally {
    rest.clearHashSweeper()
    rest.clearHandlerSweeper()
  }
}
