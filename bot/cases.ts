import { PermissionFlagsBits, RESTJSONErrorCodes } from 'discord-api-types/v10'
import type { Logger } from 'pino'
import {
  type CaseEntry,
  type CaseView,
  type CoreClient,
  isAppError,
  type PushInput,
  type PushOutput,
} from '#contract'
import { type Discord, isDiscordError, isPermanent } from './discord.ts'
import { caseItems, casePicture, renderCaseItem } from './replies/case.ts'
import type { PictureFile } from './replies/message.ts'
import { plainText } from './replies/text.ts'

export const TYPE_IN_THREADS = PermissionFlagsBits.SendMessagesInThreads
/** For the log: what those who run the server can do about it. */
export const TYPING_IS_ON =
  'members may type in the threads of the drops channel, where nobody would keep their words, so cases go by direct ' +
  'message: in that channel deny everybody "Send Messages in Threads" and allow it for the bot'
/** How many cases are remembered; the oldest is forgotten first. */
const CASES_AT_MOST = 500

interface Progress {
  readonly threadId: string | null
  readonly posted: number
}

/** The private threads of cases. */
interface Cases {
  /**
   * Brings the thread of a case to its newest state: made when there is none, the people of the case added, and
   * everything from `posted` on said in it, the decision counted like an entry. People who cannot be in it are told
   * directly; when there can be no thread that is everybody. Once more does nothing twice. Throws AppError and
   * Discord's errors when trying again later may help.
   */
  draw(wish: PushInput<'drawCase'>): Promise<PushOutput<'drawCase'>>
}

export function createCases(deps: {
  readonly core: Pick<CoreClient, 'getCase' | 'getPicture'>
  readonly discord: Pick<Discord, 'openDirect' | 'openThread' | 'addToThread' | 'createMessage' | 'memberMay'>
  readonly guildId: string
  readonly channelId: string
  readonly log: Logger
}): Cases {
  const { core, discord, log } = deps
  /** What was done and core may not know yet: a lost answer must not make a second thread or say a thing again. */
  const progress = new Map<string, Progress>()
  /** One draw of a case at a time. */
  const last = new Map<string, Promise<unknown>>()

  async function drawNow({ caseId, posted }: PushInput<'drawCase'>): Promise<Progress> {
    const view = await core.getCase({ userId: null, operator: false, caseId })
    const known = progress.get(caseId)
    const before: Progress = {
      threadId: known?.threadId ?? view.threadId,
      posted: Math.max(posted, known?.posted ?? 0),
    }
    const threadId = before.threadId ?? (await openThread(view))
    // A new thread tells the whole story, whatever was said elsewhere.
    const isNew = before.threadId === null && threadId !== null
    try {
      return await show(view, threadId, isNew ? 0 : before.posted)
    } catch (error) {
      if (threadId === null || !isPermanent(error)) throw error
      log.warn({ err: error, caseId }, 'a case cannot go on in its thread')
      const gone = !isNew && isDiscordError(error, RESTJSONErrorCodes.UnknownChannel)
      const another = gone ? await openThread(view) : null
      return show(view, another, another === null ? before.posted : 0)
    }
  }

  async function show(view: CaseView, threadId: string | null, from: number): Promise<Progress> {
    const { caseId, order } = view
    keep(caseId, { threadId, posted: from })
    const outside = await addPeople(threadId, [order.buyer.userId, order.builder.userId])
    const items = caseItems(view)
    for (const [at, item] of items.entries()) {
      if (at < from) continue
      const pictures = item.kind === 'entry' ? await readPictures(item.entry) : []
      if (threadId !== null) {
        const message = renderCaseItem(view, at, item, 'thread')
        await discord.createMessage(threadId, { ...message, pictures }, `${caseId}:${at}`)
      }
      for (const userId of outside) {
        await tellDirectly(userId, { ...renderCaseItem(view, at, item, 'dm'), pictures }, `${caseId}:${at}`)
      }
      keep(caseId, { threadId, posted: at + 1 })
    }
    return { threadId, posted: Math.max(from, items.length) }
  }

  /**
   * Null when there can be no thread here, or when one of its people could type in it: the bot does not hear what is
   * typed, and everything said in a case is kept. Buttons do not work in a thread that is locked, so typing is switched
   * off for the channel, by those who run the server.
   */
  async function openThread(view: CaseView): Promise<string | null> {
    try {
      for (const { userId } of [view.order.buyer, view.order.builder]) {
        if (await discord.memberMay(TYPE_IN_THREADS, deps.guildId, deps.channelId, userId)) {
          log.warn({ caseId: view.caseId }, TYPING_IS_ON)
          return null
        }
      }
      const name = plainText(view.order.drop.title, 100) || 'A case'
      return await discord.openThread(deps.channelId, name)
    } catch (error) {
      if (!isPermanent(error)) throw error
      log.warn({ err: error, caseId: view.caseId }, 'no thread can be made for a case')
      return null
    }
  }

  /** Answers who could not be added. */
  async function addPeople(threadId: string | null, userIds: readonly string[]): Promise<string[]> {
    if (threadId === null) return [...userIds]
    const outside: string[] = []
    for (const userId of userIds) {
      try {
        await discord.addToThread(threadId, userId)
      } catch (error) {
        if (!isPermanent(error) || isDiscordError(error, RESTJSONErrorCodes.UnknownChannel)) throw error
        log.info({ err: error, threadId }, 'a person could not be added to the thread of their case')
        outside.push(userId)
      }
    }
    return outside
  }

  async function tellDirectly(
    userId: string,
    message: Parameters<Discord['createMessage']>[1],
    once: string,
  ): Promise<void> {
    try {
      await discord.createMessage(await discord.openDirect(userId), message, once)
    } catch (error) {
      if (!isPermanent(error)) throw error
      log.warn({ err: error }, 'a person could not be told about their case; it is in their order')
    }
  }

  /** A picture that is gone is left out: the words count. */
  async function readPictures(entry: CaseEntry): Promise<PictureFile[]> {
    const read = entry.pictures.map(async (picture, at) => {
      try {
        const { base64 } = await core.getPicture({ pictureId: picture.pictureId, size: 'full' })
        return casePicture(picture, at, base64)
      } catch (error) {
        if (isAppError(error, 'not_found')) return null
        throw error
      }
    })
    return (await Promise.all(read)).filter((picture) => picture !== null)
  }

  function keep(caseId: string, state: Progress): void {
    progress.delete(caseId)
    progress.set(caseId, state)
    const [oldest] = progress.keys()
    if (oldest !== undefined && progress.size > CASES_AT_MOST) progress.delete(oldest)
  }

  return {
    draw(wish) {
      const drawing = (last.get(wish.caseId) ?? Promise.resolve()).catch(() => {}).then(() => drawNow(wish))
      last.set(wish.caseId, drawing)
      const forget = () => {
        if (last.get(wish.caseId) === drawing) last.delete(wish.caseId)
      }
      drawing.then(forget, forget)
      return drawing
    },
  }
}
