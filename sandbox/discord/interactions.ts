import {
  type APIMessage,
  InteractionResponseType,
  InteractionType,
  MessageFlags,
  MessageType,
} from 'discord-api-types/v10'
import { z } from 'zod'
import { APPLICATION, GUILD } from '../cast.ts'
import type { ActResult } from '../people.ts'
import type { Endpoint } from './endpoint.ts'
import { DiscordError, invalidForm, parseForm } from './errors.ts'
import type { Gateway } from './gateway.ts'
import { type Memory, newToken, type StoredMessage, toSeen } from './memory.ts'
import { FROM_APPLICATION, type Messages } from './messages.ts'
import type { ReceivedFile } from './received.ts'
import { type Modal, parseChoices, parseMessage, parseModal } from './rules.ts'
import { toUser } from './views.ts'

/** Source: Discord's "Receiving and responding": 3 seconds for the first answer, 15 minutes for the token. */
const FIRST_ANSWER_MS = 3_000
const TOKEN_MS = 15 * 60_000
const MOST_REMEMBERED = 5_000
const MOST_MODALS = 500

export type FirstAnswer =
  | ActResult
  | { readonly result: 'choices'; readonly choices: { name: string; value: string | number }[] }

interface Pending {
  readonly id: string
  readonly token: string
  readonly type: InteractionType
  readonly createdAt: number
  readonly personId: string
  readonly channelId: string
  /** The message whose component was pressed, directly or before the modal. */
  readonly sourceId: string | null
  readonly commandName: string | null
  state: 'waiting' | 'answered' | 'dead'
  /** Three seconds of real time are over, whatever the sandbox's clock says. */
  timedOut: boolean
  /** The message that `@original` means, once there is one. */
  originalId: string | null
  /** Whether follow-ups to a deferred answer are private. */
  deferred: 'no' | 'private' | 'public'
  settle(answer: FirstAnswer): void
}

interface OpenModal {
  readonly modal: Modal
  readonly personId: string
  readonly channelId: string
  readonly sourceId: string | null
}

export interface Interactions {
  /** Sends an interaction to the app and resolves with its first answer, or `failed` after three seconds. */
  ask(request: {
    readonly type: InteractionType
    readonly personId: string
    readonly channelId: string
    readonly source: StoredMessage | null
    readonly commandName: string | null
    readonly data: unknown
    /** Member, channel, locale and the like. */
    readonly context: Record<string, unknown>
  }): Promise<FirstAnswer>
  /** The callback: answers null for 204, or the body that `with_response` asks for. */
  answer(id: string, token: string, body: unknown, files: readonly ReceivedFile[]): Promise<unknown>
  /** `messageId` may be `@original`. Throws 10008, 10015 or 50027, as the two below do. */
  byToken(token: string, messageId: string): StoredMessage
  editByToken(
    token: string,
    messageId: string,
    body: unknown,
    files: readonly ReceivedFile[],
  ): Promise<APIMessage>
  removeByToken(token: string, messageId: string): void
  followUp(token: string, body: unknown, files: readonly ReceivedFile[]): Promise<APIMessage>
  modal(modalId: string): OpenModal | undefined
  closeModal(modalId: string): void
  forget(): void
  close(): void
}

const NO_ANSWER = { result: 'failed', reason: 'The application did not respond' } as const

/** Interactions on their way to the app, and what it may do with their tokens afterwards. */
export function createInteractions(deps: {
  memory: Memory
  messages: Messages
  gateway: Gateway
  endpoint: Endpoint
  log: (line: string) => void
}): Interactions {
  const { memory, messages, gateway, endpoint, log } = deps
  const byId = new Map<string, Pending>()
  const byToken = new Map<string, Pending>()
  const modals = new Map<string, OpenModal>()

  function late(pending: Pending): boolean {
    return pending.state === 'dead' || memory.now() - pending.createdAt >= FIRST_ANSWER_MS
  }

  function fail(pending: Pending): void {
    pending.state = 'dead'
    pending.settle(NO_ANSWER)
  }

  function alive(token: string): Pending {
    const pending = byToken.get(token)
    if (pending?.state !== 'answered') throw new DiscordError(404, 10015, 'Unknown Webhook')
    if (memory.now() - pending.createdAt >= TOKEN_MS) {
      throw new DiscordError(401, 50027, 'Invalid Webhook Token')
    }
    return pending
  }

  function find(pending: Pending, messageId: string): StoredMessage {
    const id = messageId === '@original' ? pending.originalId : messageId
    const stored = id === null ? undefined : memory.messages.get(id)
    // Besides @original, which may be the bot's ordinary message, a token reaches what interactions have sent.
    const isReachable =
      stored !== undefined &&
      (stored.id === pending.originalId ||
        (stored.channelId === pending.channelId &&
          stored.message.webhook_id !== undefined &&
          (stored.onlyFor === null || stored.onlyFor === pending.personId)))
    if (!isReachable) throw new DiscordError(404, 10008, 'Unknown Message')
    return stored
  }

  function extras(pending: Pending, followsUp: boolean): Partial<APIMessage> {
    const person = memory.people.get(pending.personId)
    if (!person) throw new DiscordError(404, 10013, 'Unknown User')
    const answersTo = followsUp ? pending.originalId : pending.sourceId
    return {
      ...FROM_APPLICATION,
      type: answersTo
        ? MessageType.Reply
        : pending.type === InteractionType.ApplicationCommand
          ? MessageType.ChatInputCommand
          : MessageType.Default,
      ...(answersTo
        ? { message_reference: { type: 0, channel_id: pending.channelId, message_id: answersTo } }
        : {}),
      // The types ask for more than Discord sends for each kind; the shared part is what matters here.
      interaction_metadata: {
        id: pending.id,
        type: pending.type,
        user: toUser(person),
        authorizing_integration_owners: { 0: GUILD.id },
        ...(pending.commandName ? { name: pending.commandName } : {}),
      } as unknown as NonNullable<APIMessage['interaction_metadata']>,
    }
  }

  async function send(
    pending: Pending,
    body: unknown,
    files: readonly ReceivedFile[],
    options: { at?: string; followsUp: boolean; private?: boolean },
  ): Promise<StoredMessage> {
    const payload = parseMessage('reply', body, options.at ? { at: options.at } : {})
    const isPrivate = options.private ?? ((payload.flags ?? 0) & MessageFlags.Ephemeral) !== 0
    return messages.create({
      channelId: pending.channelId,
      payload,
      files,
      onlyFor: isPrivate ? pending.personId : null,
      extra: extras(pending, options.followsUp),
    })
  }

  /** Carries the first answer out. Throws before anything has happened when the answer is not allowed. */
  async function carryOut(
    pending: Pending,
    type: InteractionResponseType,
    data: unknown,
    files: readonly ReceivedFile[],
  ): Promise<FirstAnswer> {
    switch (type) {
      case InteractionResponseType.ChannelMessageWithSource: {
        const stored = await send(pending, data ?? {}, files, { at: 'data', followsUp: false })
        pending.originalId = stored.id
        return { result: 'message', message: toSeen(stored) }
      }
      case InteractionResponseType.DeferredChannelMessageWithSource: {
        const { flags } = parseMessage('reply', data ?? {}, { at: 'data' })
        const isPrivate = ((flags ?? 0) & MessageFlags.Ephemeral) !== 0
        pending.deferred = isPrivate ? 'private' : 'public'
        const stored = await messages.create({
          channelId: pending.channelId,
          payload: {},
          files: [],
          onlyFor: isPrivate ? pending.personId : null,
          extra: extras(pending, false),
          loading: true,
        })
        pending.originalId = stored.id
        return { result: 'deferred', messageId: stored.id }
      }
      case InteractionResponseType.DeferredMessageUpdate:
        pending.originalId = pending.sourceId
        return { result: 'ok' }
      case InteractionResponseType.UpdateMessage: {
        const source = pending.sourceId === null ? undefined : memory.messages.get(pending.sourceId)
        if (!source) throw new DiscordError(404, 10008, 'Unknown Message')
        const before = source.message.flags ?? 0
        const payload = parseMessage('reply', data ?? {}, { at: 'data', flags: before })
        const stored = await messages.edit(source.id, payload, files)
        pending.originalId = stored.id
        return { result: 'message', message: toSeen(stored) }
      }
      case InteractionResponseType.ApplicationCommandAutocompleteResult:
        return { result: 'choices', choices: parseChoices(data) }
      case InteractionResponseType.Modal: {
        const modal = parseModal(data)
        const modalId = memory.nextId()
        const { personId, channelId, sourceId } = pending
        modals.set(modalId, { modal: numbered(modal), personId, channelId, sourceId })
        const [oldest] = modals.keys()
        if (modals.size > MOST_MODALS && oldest) modals.delete(oldest)
        return {
          result: 'modal',
          modalId,
          // Our schema admitted it; Discord's types differ only in their enums.
          modal: numbered(modal) as unknown as Extract<ActResult, { result: 'modal' }>['modal'],
        }
      }
      default:
        throw refusedType()
    }
  }

  async function answer(
    id: string,
    token: string,
    body: unknown,
    files: readonly ReceivedFile[],
  ): Promise<unknown> {
    const pending = byId.get(id)
    if (!pending || pending.token !== token) throw new DiscordError(404, 10062, 'Unknown interaction')
    if (pending.state === 'answered') {
      throw new DiscordError(400, 40060, 'Interaction has already been acknowledged.')
    }
    if (late(pending)) {
      fail(pending)
      throw new DiscordError(404, 10062, 'Unknown interaction')
    }
    const { type, data } = parseForm(z.strictObject({ type: z.int(), data: z.unknown().optional() }), body)
    if (!allowed(pending).includes(type)) throw refusedType()
    // Taken before the first await, so that a second answer at the same moment is the one refused.
    pending.state = 'answered'
    let first: FirstAnswer
    try {
      first = await carryOut(pending, type, data, files)
    } catch (error) {
      if (pending.timedOut) fail(pending)
      else pending.state = 'waiting'
      throw error
    }
    pending.settle(first)
    return toCallbackResponse(pending, type, memory)
  }

  /** The app's endpoint answers in its response, or says that it will at the callback. */
  async function overHttp(pending: Pending, interaction: object): Promise<void> {
    try {
      const first = await endpoint.post(interaction)
      if (first !== undefined) await answer(pending.id, pending.token, first, [])
    } catch (error) {
      if (pending.state !== 'waiting') return
      log(`local Discord has no answer to interaction ${pending.id}: ${reasonOf(error)}`)
      fail(pending)
    }
  }

  return {
    ask({ type, personId, channelId, source, commandName, data, context }) {
      const id = memory.nextId()
      const token = newToken()
      const { promise, resolve } = Promise.withResolvers<FirstAnswer>()
      const timer = setTimeout(() => {
        pending.timedOut = true
        if (pending.state !== 'answered') fail(pending)
      }, FIRST_ANSWER_MS)
      const pending: Pending = {
        id,
        token,
        type,
        createdAt: memory.now(),
        personId,
        channelId,
        sourceId: source?.id ?? null,
        commandName,
        state: 'waiting',
        timedOut: false,
        originalId: null,
        deferred: 'no',
        settle(answer) {
          clearTimeout(timer)
          resolve(answer)
        },
      }
      byId.set(id, pending)
      byToken.set(token, pending)
      const [oldest] = byId.values()
      if (byId.size > MOST_REMEMBERED && oldest) {
        byId.delete(oldest.id)
        byToken.delete(oldest.token)
      }
      const interaction = {
        id,
        application_id: APPLICATION.id,
        type,
        token,
        version: 1,
        ...(data === undefined ? {} : { data }),
        ...(source ? { message: source.message } : {}),
        ...context,
      }
      if (endpoint.url() !== null) void overHttp(pending, interaction)
      else if (!gateway.dispatch('INTERACTION_CREATE', interaction)) fail(pending)
      return promise
    },

    answer,

    byToken: (token, messageId) => find(alive(token), messageId),

    async editByToken(token, messageId, body, files) {
      const stored = find(alive(token), messageId)
      const payload = parseMessage('edit', body, { flags: stored.message.flags ?? 0 })
      return (await messages.edit(stored.id, payload, files)).message
    },

    removeByToken(token, messageId) {
      messages.remove(find(alive(token), messageId).id)
    },

    async followUp(token, body, files) {
      const pending = alive(token)
      const deferred = pending.deferred
      if (deferred !== 'no' && pending.originalId) {
        const thinking = memory.messages.get(pending.originalId)
        if (thinking && ((thinking.message.flags ?? 0) & MessageFlags.Loading) !== 0) {
          // The first follow-up after a deferred answer takes the place of "thinking", and its privacy.
          const payload = parseMessage('reply', body, {})
          return (await messages.edit(thinking.id, payload, files)).message
        }
      }
      return (await send(pending, body, files, { followsUp: true })).message
    },

    modal: (modalId) => modals.get(modalId),
    closeModal: (modalId) => {
      modals.delete(modalId)
    },
    forget() {
      modals.clear()
    },
    close() {
      for (const pending of byId.values()) {
        if (pending.state === 'waiting') pending.state = 'dead'
        pending.settle(NO_ANSWER)
      }
    },
  }
}

function refusedType(): DiscordError {
  const message = 'This response type is not allowed for this interaction.'
  return invalidForm([{ path: ['type'], code: 'INTERACTION_RESPONSE_TYPE_INVALID', message }])
}

/** For a developer: what is wrong with the form, or why the line broke. */
function reasonOf(error: unknown): string {
  if (error instanceof DiscordError && error.errors) return JSON.stringify(error.errors)
  return String(error instanceof Error && error.cause ? error.cause : error)
}

/** Which first answers an interaction takes. A modal cannot open a modal; updates need a message to update. */
function allowed({ type, sourceId }: Pending): readonly InteractionResponseType[] {
  const message = [
    InteractionResponseType.ChannelMessageWithSource,
    InteractionResponseType.DeferredChannelMessageWithSource,
  ]
  const update = [InteractionResponseType.DeferredMessageUpdate, InteractionResponseType.UpdateMessage]
  switch (type) {
    case InteractionType.ApplicationCommand:
      return [...message, InteractionResponseType.Modal]
    case InteractionType.MessageComponent:
      return [...message, ...update, InteractionResponseType.Modal]
    case InteractionType.ModalSubmit:
      return sourceId === null ? message : [...message, ...update]
    case InteractionType.ApplicationCommandAutocomplete:
      return [InteractionResponseType.ApplicationCommandAutocompleteResult]
    default:
      return []
  }
}

function toCallbackResponse(pending: Pending, type: InteractionResponseType, memory: Memory): unknown {
  const stored = pending.originalId === null ? undefined : memory.messages.get(pending.originalId)
  const flags = stored?.message.flags ?? 0
  const showsMessage =
    type === InteractionResponseType.ChannelMessageWithSource ||
    type === InteractionResponseType.DeferredChannelMessageWithSource ||
    type === InteractionResponseType.UpdateMessage
  return {
    interaction: {
      id: pending.id,
      type: pending.type,
      channel_id: pending.channelId,
      ...(stored
        ? {
            response_message_id: stored.id,
            response_message_loading: (flags & MessageFlags.Loading) !== 0,
            response_message_ephemeral: (flags & MessageFlags.Ephemeral) !== 0,
          }
        : {}),
    },
    resource: { type, ...(stored && showsMessage ? { message: stored.message } : {}) },
  }
}

/** Discord numbers a form's components from 1 in reading order. */
function numbered(modal: Modal): Modal {
  let next = 0
  const copy = structuredClone(modal)
  for (const top of copy.components) {
    top.id ??= ++next
    if (top.type === 18) top.component.id ??= ++next
    if (top.type === 1) for (const input of top.components) input.id ??= ++next
  }
  return copy
}
