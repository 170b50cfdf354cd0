import {
  type APIInteractionResponse,
  type APIModalInteractionResponseCallbackData,
  InteractionResponseType,
  MessageFlags,
} from 'discord-api-types/v10'
import { type Message, type MessageWithFiles, toBody, toPrivateBody } from '../replies/message.ts'
import { explain } from './explain.ts'
import type { Reply, Visit } from './visit.ts'

/** A private message of its own, or the new face of the message whose button was pressed. */
export type Place = 'new' | 'update'

interface Answer {
  readonly place: Place
  readonly message: Message
}

export function sayPrivately(message: Message): Reply {
  return { first: toFirst({ place: 'new', message }) }
}

export function openModal(data: APIModalInteractionResponseCallbackData): Reply {
  return { first: { type: InteractionResponseType.Modal, data } }
}

/** Rewrites a message that only this person sees; anywhere else answers with a new private one. */
export function inPlace(visit: Visit): Place {
  return visit.onPrivateMessage ? 'update' : 'new'
}

/**
 * Answers with the result of `work` when it is there within the visit's budget, and otherwise acknowledges first
 * and follows up. An error becomes a private sentence, `refuse`'s own where it has one, and leaves the pressed
 * message alone.
 */
export async function answerWithin(
  visit: Visit,
  place: Place,
  work: () => Promise<Message>,
  refuse: (error: unknown) => Promise<Message | null> = async () => null,
): Promise<Reply> {
  const working: Promise<Answer> = work()
    .then((message) => ({ place, message }))
    .catch(async (error: unknown) => ({
      place: 'new' as const,
      message: (await refuse(error)) ?? explain(visit, error),
    }))
    .catch((error: unknown) => ({ place: 'new' as const, message: explain(visit, error) }))
  const inTime = await withinBudget(visit.budgetMs, working)
  if (inTime) return { first: toFirst(inTime) }
  return {
    first: acknowledge(place),
    async after(io) {
      const answer = await working
      if (place === 'update' && answer.place === 'new') await io.followUp(answer.message)
      else await io.editAnswer(answer.message)
    },
  }
}

/** Acknowledges at once; for work that takes longer than a person should wait without a sign. */
export function answerLater(visit: Visit, place: Place, work: () => Promise<MessageWithFiles>): Reply {
  return {
    first: acknowledge(place),
    async after(io) {
      const message = await work().catch((error: unknown) => explain(visit, error))
      await io.editAnswer(message)
    },
  }
}

async function withinBudget<T>(milliseconds: number, working: Promise<T>): Promise<T | null> {
  const late = Promise.withResolvers<null>()
  const timer = setTimeout(() => late.resolve(null), milliseconds)
  try {
    return await Promise.race([working, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

function toFirst(answer: Answer): APIInteractionResponse {
  return answer.place === 'new'
    ? { type: InteractionResponseType.ChannelMessageWithSource, data: toPrivateBody(answer.message) }
    : {
        type: InteractionResponseType.UpdateMessage,
        // An empty list also takes the old picture away.
        data: { ...toBody(answer.message), attachments: [] },
      }
}

function acknowledge(place: Place): APIInteractionResponse {
  return place === 'new'
    ? {
        type: InteractionResponseType.DeferredChannelMessageWithSource,
        data: { flags: MessageFlags.Ephemeral },
      }
    : { type: InteractionResponseType.DeferredMessageUpdate }
}
