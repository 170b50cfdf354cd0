import { RESTJSONErrorCodes } from 'discord-api-types/v10'
import PQueue from 'p-queue'
import type { Logger } from 'pino'
import { type CardPlace, type CoreClient, type DropView, isAppError } from '#contract'
import { type Discord, isDiscordError } from './discord.ts'
import { pictureFile, renderCard, shelfState } from './replies/card.ts'
import type { PictureFile } from './replies/message.ts'
import type { Work } from './work.ts'

/** The public cards. Discord lets a channel be edited about once a second, so sales in between share one edit. */
interface Cards {
  /**
   * Brings the card of a drop to its newest state, posting it when there is none, and says where it stands.
   * Several wishes for one card that are still waiting become one edit. Throws AppError and Discord's errors.
   */
  draw(dropId: string): Promise<CardPlace>
}

export function createCards(deps: {
  readonly core: Pick<CoreClient, 'getDrop' | 'getPicture'>
  readonly discord: Pick<Discord, 'createMessage' | 'editMessage'>
  readonly channelId: string
  readonly spacingMs: number
  readonly work: Work
  readonly log: Logger
}): Cards {
  const queues = new Map<string, PQueue>()
  const waiting = new Map<string, { readonly queue: PQueue; readonly drawing: Promise<CardPlace> }>()
  /** Cards posted by this process that core does not know of yet: a lost answer must not post a second one. */
  const posted = new Map<string, CardPlace>()

  function queueOf(channelId: string): PQueue {
    const queue =
      queues.get(channelId) ??
      new PQueue({ concurrency: 1, intervalCap: 1, interval: deps.spacingMs, strict: true })
    queues.set(channelId, queue)
    return queue
  }

  /** What the card shows now, and where. */
  async function drawNow(dropId: string): Promise<{ readonly drawn: DropView; readonly place: CardPlace }> {
    const drop = await deps.core.getDrop({ dropId })
    const place = drop.card ?? posted.get(dropId)
    if (drop.card) posted.delete(dropId)
    if (place) {
      try {
        await edit(place, drop)
        return { drawn: drop, place }
      } catch (error) {
        // Somebody deleted the card, or its channel: the drop is still on sale, so it gets a new one.
        if (!isDiscordError(error, RESTJSONErrorCodes.UnknownMessage, RESTJSONErrorCodes.UnknownChannel)) {
          throw error
        }
      }
    }
    const newPlace = await post(drop, place?.messageId ?? 'first')
    // Had a bot posted it and died before core knew, then Discord answers with that message, as it was then.
    await edit(newPlace, drop)
    return { drawn: drop, place: newPlace }
  }

  /** While an edit was on its way another bot may have drawn something newer, and ours came out on top. */
  async function lookAgain(drawn: DropView): Promise<void> {
    const { dropId } = drawn
    try {
      const drop = await deps.core.getDrop({ dropId })
      if (!isSameCard(drop, drawn)) await draw(dropId)
    } catch (error) {
      deps.log.info({ err: error, dropId }, 'the card was not looked at again; the next wish draws it anew')
    }
  }

  async function edit(place: CardPlace, drop: DropView): Promise<void> {
    try {
      await deps.discord.editMessage(place.channelId, place.messageId, renderCard(drop))
    } catch (error) {
      // The card had to be posted without its picture, so there is none to point at.
      if (!drop.picture || !isDiscordError(error, RESTJSONErrorCodes.InvalidFormBodyOrContentType))
        throw error
      await deps.discord.editMessage(place.channelId, place.messageId, renderCard({ ...drop, picture: null }))
    }
  }

  async function post(drop: DropView, after: string): Promise<CardPlace> {
    const picture = await readPicture(drop)
    const { id } = await deps.discord.createMessage(
      deps.channelId,
      {
        ...renderCard(picture ? drop : { ...drop, picture: null }),
        ...(picture ? { pictures: [picture] } : {}),
      },
      // A message after a deleted one is a new message.
      `${drop.dropId}:${after}`,
    )
    const place = { channelId: deps.channelId, messageId: id }
    posted.set(drop.dropId, place)
    return place
  }

  async function readPicture(drop: DropView): Promise<PictureFile | null> {
    if (!drop.picture) return null
    try {
      const { base64 } = await deps.core.getPicture({ pictureId: drop.picture.pictureId, size: 'card' })
      return pictureFile(drop.picture, base64)
    } catch (error) {
      if (isAppError(error, 'not_found')) return null
      throw error
    }
  }

  async function draw(dropId: string): Promise<CardPlace> {
    const drop = await deps.core.getDrop({ dropId })
    const state = shelfState(drop)
    // Nobody should press a button for something that is gone: these go first.
    const priority = state === null || state === 'All held right now' ? 0 : 1
    const earlier = waiting.get(dropId)
    if (earlier) {
      if (priority > 0) earlier.queue.setPriority(dropId, priority)
      return earlier.drawing
    }
    const queue = queueOf(drop.card?.channelId ?? deps.channelId)
    const { promise: drawing, resolve, reject } = Promise.withResolvers<CardPlace>()
    waiting.set(dropId, { queue, drawing })
    const job = async () => {
      // From here on a new wish is about something newer than what is read now.
      waiting.delete(dropId)
      const { drawn, place } = await drawNow(dropId)
      void deps.work.run(() => lookAgain(drawn))
      return place
    }
    queue.add(job, { id: dropId, priority }).then(resolve, reject)
    return drawing
  }

  return { draw }
}

function isSameCard(one: DropView, other: DropView): boolean {
  return JSON.stringify(renderCard(one)) === JSON.stringify(renderCard(other))
}
