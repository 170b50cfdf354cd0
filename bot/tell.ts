import { RESTJSONErrorCodes } from 'discord-api-types/v10'
import type { Logger } from 'pino'
import type { Delivery, Notice } from '#contract'
import { type Discord, isDiscordError, isPermanent } from './discord.ts'
import { renderNotice } from './replies/notice.ts'

/** How many people's threads are remembered; the oldest is forgotten first and would get a new thread. */
const THREADS_AT_MOST = 500
/** How many people's direct channels are remembered; a forgotten one is asked for again. */
const DIRECTS_AT_MOST = 10_000

/**
 * Tells one person something: by direct message, or when that is closed to us in a private thread of the drops
 * channel. `nowhere` when neither can work; throws when trying again later may help.
 */
type Tell = (notice: Notice) => Promise<Delivery>

export function createTell(deps: {
  readonly discord: Pick<Discord, 'openDirect' | 'openThread' | 'addToThread' | 'createMessage'>
  readonly channelId: string
  readonly log: Logger
}): Tell {
  const { discord, log } = deps
  const threads = new Map<string, string>()
  const directs = new Map<string, string>()

  async function directly(notice: Notice): Promise<void> {
    const { userId } = notice
    // Opening many direct channels is slow at Discord and looks like spam there; a person's channel stays the same.
    const channelId = directs.get(userId) ?? (await discord.openDirect(userId))
    remember(directs, userId, channelId, DIRECTS_AT_MOST)
    try {
      await discord.createMessage(channelId, renderNotice(notice, 'dm'), notice.noticeId)
    } catch (error) {
      directs.delete(userId)
      throw error
    }
  }

  async function inThread(notice: Notice): Promise<void> {
    const { userId } = notice
    const known = threads.get(userId)
    const message = renderNotice(notice, 'thread')
    if (known) {
      try {
        await discord.createMessage(known, message, notice.noticeId)
        return
      } catch (error) {
        if (!isDiscordError(error, RESTJSONErrorCodes.UnknownChannel)) throw error
        threads.delete(userId)
      }
    }
    const threadId = await discord.openThread(deps.channelId, 'News for you')
    await discord.addToThread(threadId, userId)
    remember(threads, userId, threadId, THREADS_AT_MOST)
    await discord.createMessage(threadId, message, notice.noticeId)
  }

  return async (notice) => {
    const { noticeId, about } = notice
    try {
      await directly(notice)
      return 'dm'
    } catch (error) {
      if (!isPermanent(error)) throw error
      log.info({ err: error, noticeId, about }, 'direct messages are closed to us, trying a private thread')
    }
    try {
      await inThread(notice)
      return 'thread'
    } catch (error) {
      if (!isPermanent(error)) throw error
      log.warn({ err: error, noticeId, about }, 'a person could not be told')
      return 'nowhere'
    }
  }
}

/** Keeps at most `max`; the oldest is forgotten first. */
function remember(known: Map<string, string>, userId: string, channelId: string, max: number): void {
  known.set(userId, channelId)
  const [oldest] = known.keys()
  if (oldest !== undefined && known.size > max) known.delete(oldest)
}
