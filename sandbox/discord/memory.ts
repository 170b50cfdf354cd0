import { randomBytes } from 'node:crypto'
import {
  type APIApplicationCommand,
  type APIAttachment,
  type APIMessage,
  type APIOverwrite,
  OverwriteType,
  PermissionFlagsBits,
} from 'discord-api-types/v10'
import { BOT_USER, CHANNELS, GUILD, PEOPLE, ROLES } from '../cast.ts'
import type { ChannelSeen, PersonSeen, SeenMessage } from '../people.ts'
import type { State, Table } from '../state.ts'

export interface Channel extends ChannelSeen {
  /** The text channel a thread hangs under. */
  readonly parentId: string | null
  /** Of a text channel; its threads have its permissions. */
  readonly overwrites?: readonly APIOverwrite[]
}

/** A message with what Discord knows but does not show. */
export interface StoredMessage {
  readonly id: string
  readonly channelId: string
  readonly onlyFor: string | null
  readonly nonce: string | null
  /** Every file of the message. `message.attachments` lacks those that an embed or a component shows. */
  readonly files: readonly APIAttachment[]
  readonly message: APIMessage
}

interface StoredFile {
  readonly contentType: string
  readonly base64: string
}
interface ServedFile {
  readonly contentType: string
  readonly bytes: Buffer
}

export interface Person extends PersonSeen {
  readonly roles: readonly string[]
}

export const MEMBER_PERMISSIONS =
  PermissionFlagsBits.ViewChannel |
  PermissionFlagsBits.SendMessages |
  PermissionFlagsBits.SendMessagesInThreads |
  PermissionFlagsBits.ReadMessageHistory |
  PermissionFlagsBits.AttachFiles |
  PermissionFlagsBits.UseApplicationCommands
export const OPERATOR_PERMISSIONS = MEMBER_PERMISSIONS | PermissionFlagsBits.Administrator

const SPEAK = String(PermissionFlagsBits.SendMessages | PermissionFlagsBits.SendMessagesInThreads)
/** As a collective sets its channels up: the app speaks in them and in their threads, everybody else presses buttons. */
const APP_SPEAKS: readonly APIOverwrite[] = [
  { id: GUILD.id, type: OverwriteType.Role, allow: '0', deny: SPEAK },
  { id: BOT_USER.id, type: OverwriteType.Member, allow: SPEAK, deny: '0' },
]
const SEE = String(PermissionFlagsBits.ViewChannel)
/** A channel of the operators and the app alone. */
const OPERATORS_SEE: readonly APIOverwrite[] = [
  { id: GUILD.id, type: OverwriteType.Role, allow: '0', deny: SEE },
  { id: ROLES.operator.id, type: OverwriteType.Role, allow: SEE, deny: '0' },
  { id: BOT_USER.id, type: OverwriteType.Member, allow: SEE, deny: '0' },
]
const OPERATORS = Object.values(PEOPLE).flatMap(({ id, role }) => (role === 'operator' ? [id] : []))

const DISCORD_EPOCH = 1_420_070_400_000
/** Later than the ids of the cast, and of the length that clients take for a snowflake, whatever the clock says. */
const FIRST_ID = 200_000_000_000_000_000n
/** Ids are promised ahead in blocks of one second, so that no restart can hand out one twice. */
const ID_BLOCK = 1_000n << 22n
const MOST_UPLOADED = 200 * 1024 * 1024

export interface Memory {
  readonly people: Table<Person>
  readonly channels: Table<Channel>
  readonly messages: Table<StoredMessage>
  readonly commands: Table<APIApplicationCommand>
  nextId(): string
  now(): number
  /** ISO 8601 as Discord writes it. */
  timestamp(): string
  sees(personId: string, channelId: string): boolean
  seesMessage(personId: string, stored: StoredMessage): boolean
  channelMessages(channelId: string): StoredMessage[]
  file(id: string): ServedFile | undefined
  keepFile(id: string, file: ServedFile): void
  forgetFile(id: string): void
  /** A person's file for a form or a command. No message shows it: it is kept for a while and in this run only. */
  keepUpload(id: string, file: ServedFile): void
  forgetMessages(): void
}

/** What the local Discord remembers. `baseUrl` is where its files are served in this run. */
export function createMemory(options: { state: State; clock: () => number; baseUrl: string }): Memory {
  const { state, clock, baseUrl } = options
  const people = state.table<Person>('discord_people')
  const channels = state.table<Channel>('discord_channels')
  const messages = state.table<StoredMessage>('discord_messages')
  const commands = state.table<APIApplicationCommand>('discord_commands')
  const files = state.table<StoredFile>('discord_files')
  const marks = state.table<string>('discord_marks')

  for (const { id, username, globalName, role } of Object.values(PEOPLE)) {
    if (people.get(id)) continue
    people.set(id, { id, username, globalName, role, dmsClosed: false, roles: [ROLES[role].id] })
  }
  for (const { id, name } of Object.values(CHANNELS)) {
    const isPrivate = id === CHANNELS.operators.id
    const overwrites = isPrivate ? OPERATORS_SEE : id === CHANNELS.lounge.id ? [] : APP_SPEAKS
    const memberIds = isPrivate ? OPERATORS : null
    channels.set(id, { id, name, kind: 'text', memberIds, parentId: null, overwrites })
  }

  // Messages carry absolute addresses of their files, and this run may serve them on another port.
  const servedBefore = marks.get('baseUrl')
  if (servedBefore && servedBefore !== baseUrl) {
    for (const stored of messages.values()) {
      const json = JSON.stringify(stored).replaceAll(
        `${servedBefore}/attachments/`,
        `${baseUrl}/attachments/`,
      )
      messages.set(stored.id, JSON.parse(json) as StoredMessage)
    }
  }
  marks.set('baseUrl', baseUrl)

  let promised = BigInt(marks.get('ids') ?? '0')
  let lastId = promised > FIRST_ID ? promised : FIRST_ID
  const uploads = new Map<string, ServedFile>()
  let uploaded = 0

  const memory: Memory = {
    people,
    channels,
    messages,
    commands,
    nextId() {
      const byClock = BigInt(Math.max(0, Math.floor(clock()) - DISCORD_EPOCH)) << 22n
      lastId = byClock > lastId ? byClock : lastId + 1n
      if (lastId >= promised) {
        promised = lastId + ID_BLOCK
        marks.set('ids', String(promised))
      }
      return String(lastId)
    },
    now: clock,
    timestamp: () => new Date(clock()).toISOString().replace('Z', '000+00:00'),
    sees(personId, channelId) {
      const channel = channels.get(channelId)
      if (!channel?.memberIds) return channel !== undefined
      const managesThreads = channel.kind === 'thread' && people.get(personId)?.role === 'operator'
      return managesThreads || channel.memberIds.includes(personId)
    },
    seesMessage: (personId, { channelId, onlyFor }) =>
      memory.sees(personId, channelId) && (onlyFor === null || onlyFor === personId),
    channelMessages: (channelId) => messages.values().filter((stored) => stored.channelId === channelId),
    file(id) {
      const stored = files.get(id)
      return stored
        ? { contentType: stored.contentType, bytes: Buffer.from(stored.base64, 'base64') }
        : uploads.get(id)
    },
    keepFile: (id, { contentType, bytes }) =>
      files.set(id, { contentType, base64: bytes.toString('base64') }),
    forgetFile: files.delete,
    keepUpload(id, file) {
      uploads.set(id, file)
      uploaded += file.bytes.length
      for (const [oldId, old] of uploads) {
        if (uploaded <= MOST_UPLOADED || oldId === id) break
        uploads.delete(oldId)
        uploaded -= old.bytes.length
      }
    },
    forgetMessages() {
      messages.clear()
      files.clear()
      uploads.clear()
      uploaded = 0
    },
  }
  return memory
}

/** A stored message as its reader gets it. */
export function toSeen({ message, onlyFor }: StoredMessage): SeenMessage {
  return onlyFor === null ? message : { ...message, onlyFor }
}

/** An opaque secret, as long as Discord's interaction tokens. */
export function newToken(): string {
  return `aW50ZXJhY3Rpb246${randomBytes(120).toString('base64url')}`
}
