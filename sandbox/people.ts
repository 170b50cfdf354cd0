import type {
  APIApplicationCommand,
  APIMessage,
  APIModalInteractionResponseCallbackData,
} from 'discord-api-types/v10'

/**
 * The people's side of the local Discord: what a person at a keyboard can do, as plain HTTP and JSON on the
 * sandbox page's port (default 8500). The chat page, the seed, `npm run journey` and the browser tests use this and
 * nothing else.
 *
 *   GET  /people/world                        -> World
 *   GET  /people/channels/:channelId?as=ID    -> { messages: SeenMessage[] }   oldest first; ephemerals of ID included
 *   GET  /people/live?as=ID                   -> Server-Sent Events; each `data:` is one LiveEvent
 *   POST /people/command      CommandAct      -> ActResult
 *   POST /people/autocomplete AutocompleteAct -> { choices: { name: string; value: string | number }[] }
 *   POST /people/component    ComponentAct    -> ActResult
 *   POST /people/modal        multipart/form-data: `act` = JSON ModalAct, and one part per uploaded file, named by
 *                             the FileUpload's custom_id (repeat the name for several)  -> ActResult
 *   POST /people/message      MessageAct      -> SeenMessage; 403 where this person may not write
 *   POST /people/dms          { as, closed: boolean } -> {}     a person closes or opens their direct messages
 *   POST /people/dismiss      { as } -> {}    a person's client forgets what only they could see, as on a reload
 *   POST /people/reset        {} -> {}        forget every message; people, channels and commands stay
 *
 * Every POST body has `as`: the acting person's id. Errors: 4xx `{ error: string }`, one sentence.
 */
export interface PersonSeen {
  readonly id: string
  readonly username: string
  readonly globalName: string
  readonly role: 'builder' | 'buyer' | 'operator'
  readonly dmsClosed: boolean
}

export interface ChannelSeen {
  readonly id: string
  readonly name: string
  readonly kind: 'text' | 'dm' | 'thread'
  /** Who sees it; null means everybody. */
  readonly memberIds: readonly string[] | null
}

export interface World {
  readonly guild: { readonly id: string; readonly name: string }
  readonly people: readonly PersonSeen[]
  readonly channels: readonly ChannelSeen[]
  readonly commands: readonly APIApplicationCommand[]
  /** The bot's own user id, and whether interactions reach it: over its gateway, or at its endpoint. */
  readonly bot: { readonly id: string; readonly online: boolean }
}

/** A message as the bot really sent it, plus what a client knows about it. Attachment urls are absolute. */
export interface SeenMessage extends APIMessage {
  /** Set on ephemeral messages: the only person who sees it. */
  readonly onlyFor?: string
}

export type LiveEvent =
  | { readonly type: 'message'; readonly message: SeenMessage }
  | { readonly type: 'message_delete'; readonly channelId: string; readonly messageId: string }
  | { readonly type: 'channel'; readonly channel: ChannelSeen }
  | { readonly type: 'commands'; readonly commands: readonly APIApplicationCommand[] }
  | { readonly type: 'bot'; readonly online: boolean }
  | { readonly type: 'reset' }

export interface CommandAct {
  readonly as: string
  readonly channelId: string
  /** e.g. ['c500', 'drop']: command, then group if any, then subcommand. */
  readonly path: readonly string[]
  readonly options: Readonly<Record<string, string | number | boolean>>
}
export interface AutocompleteAct extends CommandAct {
  readonly focused: string
}
export interface ComponentAct {
  readonly as: string
  readonly messageId: string
  readonly customId: string
  /** For selects. */
  readonly values?: readonly string[]
}
export interface ModalAct {
  readonly as: string
  /** From the ActResult that opened it. */
  readonly modalId: string
  /** By custom_id of the input; text, or the chosen values of a select, radio or checkbox group. */
  readonly values: Readonly<Record<string, string | readonly string[]>>
}

/** Plain words in a channel. The app does not hear them: it has not asked Discord to tell it what people write. */
export interface MessageAct {
  readonly as: string
  readonly channelId: string
  readonly content: string
}

/**
 * What the app's first answer to the interaction was. `message` is the new or updated message; deferred answers are
 * told as `deferred` and the message follows over /people/live and in the channel's messages. `failed` is what a
 * Discord client shows when nobody answered within three seconds.
 */
export type ActResult =
  | { readonly result: 'message'; readonly message: SeenMessage }
  | { readonly result: 'deferred'; readonly messageId: string }
  | {
      readonly result: 'modal'
      readonly modalId: string
      readonly modal: APIModalInteractionResponseCallbackData
    }
  | { readonly result: 'ok' }
  | { readonly result: 'failed'; readonly reason: string }
