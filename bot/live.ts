import { RESTJSONErrorCodes } from 'discord-api-types/v10'
import type { Logger } from 'pino'
import type { CardPlace, PushInput } from '#contract'
import { type Discord, isDiscordError, isPermanent } from './discord.ts'
import { renderLive } from './replies/live.ts'

type Announcement = PushInput<'drawLive'>

/** What everybody sees of a builder being live: one announcement per stream, and roles. */
interface LiveNews {
  /** Post the announcement of a stream or mend it, and say where it stands. Throws Discord's errors. */
  draw(announcement: Announcement): Promise<CardPlace>
  /** Make a member's roles fit. A role that is not configured, or that we may not give, is left alone. */
  setRoles(wish: PushInput<'setRoles'>): Promise<void>
}

export function createLiveNews(deps: {
  readonly discord: Pick<Discord, 'createMessage' | 'editMessage' | 'addRole' | 'removeRole'>
  readonly guildId: string
  readonly channelId: string
  readonly roles: { readonly live: string | null; readonly verified: string | null }
  readonly log: Logger
}): LiveNews {
  /** Posted by this process and perhaps not known to core: a lost answer must not announce twice. */
  const posted = new Map<string, CardPlace>()

  async function setRole(userId: string, roleId: string | null, wanted: boolean): Promise<void> {
    if (!roleId) return
    try {
      if (wanted) await deps.discord.addRole(deps.guildId, userId, roleId)
      else await deps.discord.removeRole(deps.guildId, userId, roleId)
    } catch (error) {
      // A builder who left, a role that is gone or stands above ours: asking again changes nothing.
      if (!isPermanent(error)) throw error
      deps.log.warn({ err: error, userId, roleId }, 'a role could not be set')
    }
  }

  return {
    async draw(announcement) {
      const message = renderLive(announcement)
      const place = announcement.place ?? posted.get(announcement.streamId)
      if (announcement.place) posted.delete(announcement.streamId)
      if (place) {
        try {
          await deps.discord.editMessage(place.channelId, place.messageId, message)
        } catch (error) {
          // Somebody took it down. What was announced is not announced again.
          if (!isDiscordError(error, RESTJSONErrorCodes.UnknownMessage, RESTJSONErrorCodes.UnknownChannel)) {
            throw error
          }
        }
        return place
      }
      const { id } = await deps.discord.createMessage(
        deps.channelId,
        message,
        `live:${announcement.streamId}`,
      )
      const made = { channelId: deps.channelId, messageId: id }
      posted.set(announcement.streamId, made)
      return made
    },
    async setRoles({ userId, live, verified }) {
      await setRole(userId, deps.roles.live, live)
      await setRole(userId, deps.roles.verified, verified)
    },
  }
}
