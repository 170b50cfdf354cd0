import {
  type APIAttachment,
  type APIEmbed,
  type APIMessage,
  type APIMessageTopLevelComponent,
  MessageFlags,
  MessageType,
} from 'discord-api-types/v10'
import sharp from 'sharp'
import { APPLICATION } from '../cast.ts'
import { DiscordError, invalidForm } from './errors.ts'
import type { Live } from './live.ts'
import { type Memory, type StoredMessage, toSeen } from './memory.ts'
import type { ReceivedFile } from './received.ts'
import { flattenComponents, type MessagePayload } from './rules.ts'
import { botUser, toUser } from './views.ts'

export interface Messages {
  create(request: {
    readonly channelId: string
    readonly payload: MessagePayload
    readonly files: readonly ReceivedFile[]
    /** The only person who sees it; null for everybody in the channel. */
    readonly onlyFor: string | null
    /** What an interaction adds: type, webhook_id, interaction_metadata, message_reference. */
    readonly extra: Partial<APIMessage>
    /** Deferred: the message is Discord's own "thinking" until its first edit. */
    readonly loading?: boolean
  }): Promise<StoredMessage>
  edit(id: string, payload: MessagePayload, files: readonly ReceivedFile[]): Promise<StoredMessage>
  remove(id: string): void
}

interface Attached {
  /** Every file the message has from now on. */
  readonly attachments: APIAttachment[]
  /** The new ones, to be kept once the message has passed every rule. */
  readonly bytes: { readonly id: string; readonly file: ReceivedFile }[]
}

/** Makes, changes and removes messages, and tells those who see them. */
export function createMessages(deps: { memory: Memory; live: Live; baseUrl: string }): Messages {
  const { memory, live, baseUrl } = deps

  function publish(stored: StoredMessage): StoredMessage {
    memory.messages.set(stored.id, stored)
    live.tell({ type: 'message', message: toSeen(stored) }, (personId) =>
      memory.seesMessage(personId, stored),
    )
    return stored
  }

  async function attach(
    channelId: string,
    payload: MessagePayload,
    files: readonly ReceivedFile[],
    before: readonly APIAttachment[],
  ): Promise<Attached> {
    const wanted = payload.attachments
    const fresh: APIAttachment[] = []
    const bytes: Attached['bytes'] = []
    for (const [position, file] of files.entries()) {
      const index = /^files?\[(\d+)\]$/.exec(file.part)?.[1] ?? String(position)
      const told = wanted?.find(({ id }) => String(id) === index)
      if (wanted && !told) continue
      const { width, height } = await sizeOf(file)
      const id = memory.nextId()
      bytes.push({ id, file })
      const url = `${baseUrl}/attachments/${channelId}/${id}/${file.filename}`
      fresh.push({
        id,
        filename: file.filename,
        size: file.bytes.length,
        url,
        proxy_url: url,
        content_type: file.contentType,
        ...(told?.description ? { description: told.description } : {}),
        ...(width && height ? { width, height } : {}),
      })
    }
    const kept = wanted ? before.filter(({ id }) => wanted.some((want) => String(want.id) === id)) : before
    for (const [index, { id }] of (wanted ?? []).entries()) {
      const isNew = files.some(
        (file, position) => file.part === `files[${id}]` || String(position) === String(id),
      )
      if (!isNew && !before.some((old) => old.id === String(id))) {
        throw invalidForm([
          {
            path: ['attachments', index, 'id'],
            code: 'ATTACHMENT_NOT_FOUND',
            message: 'Attachment data not found',
          },
        ])
      }
    }
    if (kept.length + fresh.length > 10) {
      throw invalidForm([
        { path: ['attachments'], code: 'BASE_TYPE_BAD_LENGTH', message: 'Must be 10 or fewer in length.' },
      ])
    }
    return { attachments: [...kept, ...fresh], bytes }
  }

  function mentions(content: string, payload: MessagePayload, fromInteraction: boolean) {
    const allowed = payload.allowed_mentions
    const parse = allowed
      ? (allowed.parse ?? [])
      : fromInteraction
        ? ['users']
        : ['users', 'roles', 'everyone']
    const named = [...content.matchAll(/<@!?(\d{17,20})>/g)].map((match) => match[1] ?? '')
    const pinged = [...new Set(named)].filter((id) => parse.includes('users') || allowed?.users?.includes(id))
    return {
      mentions: pinged.flatMap((id) => {
        const person = memory.people.get(id)
        return person ? [toUser(person)] : []
      }),
      mention_roles: [],
      mention_everyone: parse.includes('everyone') && /@(everyone|here)/.test(content),
    }
  }

  return {
    async create({ channelId, payload, files, onlyFor, extra, loading = false }) {
      const { attachments, bytes } = await attach(channelId, payload, files, [])
      const drawn = draw(payload, attachments)
      const isEmpty =
        !payload.content?.length && !drawn.embeds?.length && !drawn.components?.length && !attachments.length
      if (isEmpty && !loading) throw new DiscordError(400, 50006, 'Cannot send an empty message')
      const flags =
        ((payload.flags ?? 0) & (MessageFlags.IsComponentsV2 | MessageFlags.SuppressEmbeds)) |
        (onlyFor === null ? 0 : MessageFlags.Ephemeral) |
        (loading ? MessageFlags.Loading : 0)
      const content = payload.content ?? ''
      const message: APIMessage = {
        id: memory.nextId(),
        channel_id: channelId,
        type: MessageType.Default,
        author: botUser(),
        content,
        timestamp: memory.timestamp(),
        edited_timestamp: null,
        tts: payload.tts ?? false,
        pinned: false,
        flags,
        ...mentions(content, payload, extra.webhook_id !== undefined),
        attachments: visible(attachments, drawn),
        embeds: drawn.embeds ?? [],
        components: drawn.components ?? [],
        ...extra,
        ...(payload.nonce == null ? {} : { nonce: payload.nonce }),
      }
      const nonce = payload.nonce == null ? null : String(payload.nonce)
      for (const { id, file } of bytes) memory.keepFile(id, file)
      return publish({ id: message.id, channelId, onlyFor, nonce, files: attachments, message })
    },

    async edit(id, payload, files) {
      const before = memory.messages.get(id)
      if (!before) throw new DiscordError(404, 10008, 'Unknown Message')
      const { attachments, bytes } = await attach(before.channelId, payload, files, before.files)
      // Read again: another edit may have finished while pictures were measured.
      const now = memory.messages.get(id)
      if (!now) throw new DiscordError(404, 10008, 'Unknown Message')
      const drawn = draw(payload, attachments)
      const { message } = now
      const embeds = drawn.embeds ?? message.embeds
      const components = drawn.components ?? message.components ?? []
      const content = payload.content === undefined ? message.content : (payload.content ?? '')
      const wasLoading = ((message.flags ?? 0) & MessageFlags.Loading) !== 0
      const added = (payload.flags ?? 0) & (MessageFlags.IsComponentsV2 | MessageFlags.SuppressEmbeds)
      if (!content && !embeds.length && !components.length && !attachments.length) {
        throw new DiscordError(400, 50006, 'Cannot send an empty message')
      }
      for (const { id: fileId, file } of bytes) memory.keepFile(fileId, file)
      const stored = publish({
        ...now,
        files: attachments,
        message: {
          ...message,
          content,
          embeds,
          components,
          attachments: visible(attachments, { embeds, components }),
          flags: ((message.flags ?? 0) & ~MessageFlags.Loading) | added,
          ...(payload.content === undefined
            ? {}
            : mentions(content, payload, message.webhook_id !== undefined)),
          edited_timestamp: wasLoading ? null : memory.timestamp(),
        },
      })
      const shown = JSON.stringify(stored)
      for (const { id: fileId } of now.files) if (!shown.includes(fileId)) memory.forgetFile(fileId)
      return stored
    },

    remove(id) {
      const stored = memory.messages.get(id)
      if (!stored) throw new DiscordError(404, 10008, 'Unknown Message')
      memory.messages.delete(id)
      for (const file of stored.files) memory.forgetFile(file.id)
      live.tell({ type: 'message_delete', channelId: stored.channelId, messageId: id }, (personId) =>
        memory.seesMessage(personId, stored),
      )
    },
  }
}

interface Drawn {
  readonly embeds: APIEmbed[] | undefined
  readonly components: APIMessageTopLevelComponent[] | undefined
}

/** Embeds and components as Discord gives them back: numbered, typed, `attachment://` turned into an address. */
function draw(payload: MessagePayload, attachments: readonly APIAttachment[]): Drawn {
  const resolve = (value: unknown, path: readonly PropertyKey[]): unknown => {
    if (Array.isArray(value)) return value.map((item, index) => resolve(item, [...path, index]))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, item]) => {
        if (item === null || item === undefined) return []
        if ((key !== 'url' && key !== 'icon_url') || typeof item !== 'string') {
          return [[key, resolve(item, [...path, key])]]
        }
        const name = /^attachment:\/\/(.+)$/.exec(item)?.[1]
        if (name === undefined) return [[key, item]]
        const found = attachments.find(({ filename }) => filename === name)
        if (!found) {
          throw invalidForm([
            {
              path: [...path, key],
              code: 'UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND',
              message: `The referenced attachment "${name}" was not found`,
            },
          ])
        }
        const { url, width, height, description } = found
        const size = width && height ? { width, height } : {}
        // What an embed shows has the alt text of its file (APIEmbedImage); elsewhere it is given with the item.
        const alt = path[0] === 'embeds' && description ? { description } : {}
        return key === 'url' ? Object.entries({ url, proxy_url: url, ...size, ...alt }) : [[key, url]]
      }),
    )
  }
  const embeds = payload.embeds?.map((embed, index) => ({
    ...(resolve(embed, ['embeds', index]) as APIEmbed),
    type: 'rich',
  }))
  const numbered = payload.components && structuredClone(payload.components)
  if (numbered) {
    const all = flattenComponents(numbered)
    const taken = new Set(all.flatMap(({ component }) => component.id ?? []))
    let next = 0
    for (const { component } of all) {
      if (component.id) continue
      do next += 1
      while (taken.has(next))
      component.id = next
    }
  }
  return {
    // The schemas admitted them, in words of their own; Discord's types differ only in their enums.
    embeds: (payload.embeds === null ? [] : embeds) as APIEmbed[] | undefined,
    components: (payload.components === null ? [] : numbered && resolve(numbered, ['components'])) as
      | APIMessageTopLevelComponent[]
      | undefined,
  }
}

/** What a client lists below the text: the files that nothing else of the message shows. */
function visible(attachments: readonly APIAttachment[], drawn: Drawn): APIAttachment[] {
  const shown = JSON.stringify([drawn.embeds, drawn.components])
  return attachments.filter(({ url }) => !shown.includes(JSON.stringify(url)))
}

async function sizeOf(file: ReceivedFile): Promise<{ width?: number; height?: number }> {
  if (!file.contentType.startsWith('image/')) return {}
  try {
    const { width, height } = await sharp(file.bytes, { limitInputPixels: false }).metadata()
    return { width, height }
  } catch {
    return {}
  }
}

/** What every message out of an interaction carries. */
export const FROM_APPLICATION = { webhook_id: APPLICATION.id, application_id: APPLICATION.id } as const
