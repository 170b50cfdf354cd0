import type { APIInteractionResponse } from 'discord-api-types/v10'
import type { Logger } from 'pino'
import type { CallOptions, CoreClient, Person } from '#contract'
import type { Message, MessageWithFiles } from '../replies/message.ts'

/** One thing a person does, with everything needed to answer it. */
export interface Visit {
  readonly person: Person
  /** They may manage this server, by the permissions Discord sent along with what they did. */
  readonly isOperator: boolean
  readonly core: CoreClient
  /** For every call to core made on behalf of this interaction: the same click has the same key. */
  readonly call: CallOptions
  readonly budgetMs: number
  /** The pressed message is one that only this person sees, so it may be rewritten in place. */
  readonly onPrivateMessage: boolean
  readonly dropsChannelId: string
  readonly webUrl: string
  readonly log: Logger
  /** Short enough to read out loud; the same id is in our logs and in core's. */
  readonly reference: string
  /** UTC milliseconds. */
  now(): number
}

/** What can still be said after the first answer, for 15 minutes. */
export interface FollowUps {
  /** Replace the answer given first, or the message whose button was pressed. */
  editAnswer(message: MessageWithFiles): Promise<void>
  /** Say one more thing that only this person sees. */
  followUp(message: Message): Promise<void>
}

/** The first answer within three seconds, and what follows it if anything does. */
export interface Reply {
  readonly first: APIInteractionResponse
  readonly after?: (io: FollowUps) => Promise<void>
}
