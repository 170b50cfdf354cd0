import { createHash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { DiscordAPIError, type RawFile, REST, RESTEvents } from '@discordjs/rest'
import {
  type APIApplication,
  type APIChannel,
  type APIGuildMember,
  type APIInteractionResponse,
  type APIMessage,
  type APIRole,
  type APITextChannel,
  type APIThreadChannel,
  ChannelType,
  RESTJSONErrorCodes,
  type RESTPutAPIApplicationGuildCommandsJSONBody,
  Routes,
  ThreadAutoArchiveDuration,
} from 'discord-api-types/v10'
import type { Logger } from 'pino'
import type { FollowUps } from './interactions/visit.ts'
import { memberMay } from './member-may.ts'
import { type Message, type MessageWithFiles, toBody, toPrivateBody } from './replies/message.ts'

/** Discord gives three seconds from the interaction; the library's own 15 would be far too late. */
const CALLBACK_TIMEOUT_MS = 2_500
/** Discord's own servers may not know the first answer yet when the next word about it comes. */
const RACE_WAITS_MS = [250, 750]

interface InteractionRef {
  readonly id: string
  readonly token: string
  readonly application_id: string
}

/** All that the bot says to Discord. Methods throw DiscordAPIError for refusals and other errors for lost calls. */
export interface Discord {
  /** False when the interaction is over already: nothing more can be said to it. */
  answer(interaction: InteractionRef, first: APIInteractionResponse): Promise<boolean>
  editAnswer(interaction: InteractionRef, message: MessageWithFiles): Promise<void>
  followUp(interaction: InteractionRef, message: Message): Promise<void>
  /** `once` names what is said: within a few minutes the same in the same channel answers with the first message again. */
  createMessage(channelId: string, message: MessageWithFiles, once: string): Promise<{ readonly id: string }>
  /** Everything but the attached pictures is replaced; those stay. */
  editMessage(channelId: string, messageId: string, message: Message): Promise<void>
  /** The id of the direct channel with a person. */
  openDirect(userId: string): Promise<string>
  /** The id of a new private thread, with nobody in it yet. */
  openThread(channelId: string, name: string): Promise<string>
  /** Lets a person see a thread; once more changes nothing. */
  addToThread(threadId: string, userId: string): Promise<void>
  /**
   * Whether a member could do something (a permission's bit) in a channel, were they no administrator; null is a member
   * without roles. Who is not in the server cannot.
   */
  memberMay(permission: bigint, guildId: string, channelId: string, userId: string | null): Promise<boolean>
  /** The application behind the token; `endpoint` is where Discord posts interactions instead of the gateway. */
  readApplication(): Promise<{
    readonly id: string
    readonly publicKey: string
    readonly endpoint: string | null
  }>
  /** Discord visits the address first, and refuses one that does not answer as it should. Null takes it away. */
  writeEndpoint(url: string | null): Promise<void>
  /** Having the role already, or not having it, is fine. */
  addRole(guildId: string, userId: string, roleId: string): Promise<void>
  removeRole(guildId: string, userId: string, roleId: string): Promise<void>
  readCommands(applicationId: string, guildId: string): Promise<readonly unknown[]>
  writeCommands(
    applicationId: string,
    guildId: string,
    commands: RESTPutAPIApplicationGuildCommandsJSONBody,
  ): Promise<void>
}

/** The library's REST client with its queues and retries, pointed at `api` (up to and without the version). */
export function createRest(options: {
  readonly api: string
  readonly token: string
  readonly log: Logger
}): REST {
  const rest = new REST({ api: options.api, version: '10', invalidRequestWarningInterval: 500 })
  rest.setToken(options.token)
  rest.on(RESTEvents.RateLimited, ({ method, scope, timeToReset }) =>
    options.log.debug({ method, scope, timeToReset }, 'Discord asks us to wait'),
  )
  rest.on(RESTEvents.InvalidRequestWarning, (warning) =>
    options.log.warn({ warning }, 'many refused requests; Discord may shut us out'),
  )
  rest.on(RESTEvents.Response, ({ data }, response) => {
    if (response.status !== 401 || data.auth === false) return
    // The library forgets its token at a 401 and every later call would fail; one refusal must not end the bot.
    options.log.error('Discord refused the bot token')
    // This event comes just before the library forgets, so the token is given back a turn later.
    setImmediate(() => rest.setToken(options.token))
  })
  return rest
}

export function createDiscord(rest: REST): Discord {
  /** Null for who is not in the server. */
  async function readMember(guildId: string, userId: string): Promise<APIGuildMember | null> {
    try {
      return (await rest.get(Routes.guildMember(guildId, userId))) as APIGuildMember
    } catch (error) {
      if (isDiscordError(error, RESTJSONErrorCodes.UnknownMember, RESTJSONErrorCodes.UnknownUser)) return null
      throw error
    }
  }

  return {
    async answer(interaction, first) {
      try {
        await rest.post(Routes.interactionCallback(interaction.id, interaction.token), {
          auth: false,
          body: first,
          signal: AbortSignal.timeout(CALLBACK_TIMEOUT_MS),
        })
        return true
      } catch (error) {
        // Our own repeat after a lost reply: the first one did arrive.
        if (isDiscordError(error, RESTJSONErrorCodes.InteractionHasAlreadyBeenAcknowledged)) return true
        if (isDiscordError(error, RESTJSONErrorCodes.UnknownInteraction)) return false
        throw error
      }
    },

    async editAnswer({ application_id, token }, message) {
      await onceKnown(() =>
        rest.patch(Routes.webhookMessage(application_id, token, '@original'), {
          auth: false,
          ...withFiles(message, true),
        }),
      )
    },

    async followUp({ application_id, token }, message) {
      await onceKnown(() =>
        rest.post(Routes.webhook(application_id, token), { auth: false, body: toPrivateBody(message) }),
      )
    },

    async createMessage(channelId, message, once) {
      const { body, files } = withFiles(message, false)
      // Discord takes 25 characters.
      const nonce = createHash('sha256').update(once).digest('base64url').slice(0, 24)
      const created = await rest.post(Routes.channelMessages(channelId), {
        body: { ...body, nonce, enforce_nonce: true },
        files,
      })
      return { id: (created as APIMessage).id }
    },

    async editMessage(channelId, messageId, message) {
      await rest.patch(Routes.channelMessage(channelId, messageId), { body: toBody(message) })
    },

    async openDirect(userId) {
      const channel = await rest.post(Routes.userChannels(), { body: { recipient_id: userId } })
      return (channel as APIChannel).id
    },

    async openThread(channelId, name) {
      const thread = await rest.post(Routes.threads(channelId), {
        body: {
          name,
          type: ChannelType.PrivateThread,
          invitable: false,
          auto_archive_duration: ThreadAutoArchiveDuration.OneWeek,
        },
      })
      return (thread as APIThreadChannel).id
    },

    async addToThread(threadId, userId) {
      await rest.put(Routes.threadMembers(threadId, userId))
    },

    async memberMay(permission, guildId, channelId, userId) {
      const [channel, roles, member] = await Promise.all([
        rest.get(Routes.channel(channelId)),
        rest.get(Routes.guildRoles(guildId)),
        userId === null ? null : readMember(guildId, userId),
      ])
      if (userId !== null && member === null) return false
      const roleIds = member?.roles ?? []
      const who = userId === null ? null : { userId, roleIds }
      return memberMay(permission, guildId, channel as APITextChannel, roles as APIRole[], who)
    },

    async readApplication() {
      const { id, verify_key, interactions_endpoint_url } = (await rest.get(
        Routes.currentApplication(),
      )) as APIApplication
      return { id, publicKey: verify_key, endpoint: interactions_endpoint_url ?? null }
    },

    async writeEndpoint(url) {
      await rest.patch(Routes.currentApplication(), { body: { interactions_endpoint_url: url } })
    },

    async addRole(guildId, userId, roleId) {
      await rest.put(Routes.guildMemberRole(guildId, userId, roleId))
    },

    async removeRole(guildId, userId, roleId) {
      await rest.delete(Routes.guildMemberRole(guildId, userId, roleId))
    },

    async readCommands(applicationId, guildId) {
      return (await rest.get(Routes.applicationGuildCommands(applicationId, guildId))) as unknown[]
    },

    async writeCommands(applicationId, guildId, commands) {
      await rest.put(Routes.applicationGuildCommands(applicationId, guildId), { body: commands })
    },
  }
}

/** What can be said to one interaction after its first answer. */
export function followUpsOf(discord: Discord, interaction: InteractionRef): FollowUps {
  return {
    editAnswer: (message) => discord.editAnswer(interaction, message),
    followUp: (message) => discord.followUp(interaction, message),
  }
}

/** Says something to an interaction again while Discord does not know it; the last refusal is thrown. */
async function onceKnown(say: () => Promise<unknown>): Promise<void> {
  for (const pause of RACE_WAITS_MS) {
    try {
      await say()
      return
    } catch (error) {
      if (!(error instanceof DiscordAPIError) || error.status !== 404) throw error
      await wait(pause)
    }
  }
  await say()
}

export function isDiscordError(error: unknown, ...codes: readonly number[]): error is DiscordAPIError {
  return error instanceof DiscordAPIError && codes.includes(Number(error.code))
}

/** The same request will be refused again: repeating it is of no use. */
export function isPermanent(error: unknown): boolean {
  if (!(error instanceof DiscordAPIError)) return false
  return error.status >= 400 && error.status < 500 && error.status !== 401 && error.status !== 429
}

function withFiles({ pictures = [], table, ...message }: MessageWithFiles, replace: boolean) {
  const body = toBody(message)
  const files: RawFile[] = pictures.map(({ name, bytes }) => ({
    name,
    data: Buffer.from(bytes),
    contentType: 'image/webp',
  }))
  const attachments: { id: string; filename: string; description?: string }[] = pictures.map(
    ({ name, alt }, at) => ({ id: String(at), filename: name, description: alt }),
  )
  if (table) {
    attachments.push({ id: String(files.length), filename: table.filename })
    files.push({ name: table.filename, data: Buffer.from(table.csv), contentType: 'text/csv; charset=utf-8' })
  }
  return { body: files.length > 0 || replace ? { ...body, attachments } : body, files }
}
