import {
  type APIInteractionDataResolved,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ComponentType,
  InteractionType,
  PermissionFlagsBits,
} from 'discord-api-types/v10'
import { GUILD } from '../cast.ts'
import type {
  ActResult,
  AutocompleteAct,
  CommandAct,
  ComponentAct,
  MessageAct,
  ModalAct,
  SeenMessage,
} from '../people.ts'
import type { FirstAnswer, Interactions } from './interactions.ts'
import {
  type Channel,
  MEMBER_PERMISSIONS,
  type Memory,
  OPERATOR_PERMISSIONS,
  type Person,
  toSeen,
} from './memory.ts'
import type { Messages } from './messages.ts'
import type { ReceivedFile } from './received.ts'
import { type CommandOption, flattenComponents, type MessageComponent, type ModalInput } from './rules.ts'
import { permissionsIn, permissionsOf, toApiChannel, toApiRoles, toMember, toUser } from './views.ts'

/** A boosted server's limit for one file of one person, in bytes. */
const FILE_LIMIT = 50 * 1024 * 1024
const MOST_FILES = 10

/** What a person cannot do, in one sentence. */
export class ActRefused extends Error {
  readonly status: 400 | 403 | 404 | 408 | 413 | 415
  constructor(status: ActRefused['status'], message: string) {
    super(message)
    this.name = 'ActRefused'
    this.status = status
  }
}

type Choices = { name: string; value: string | number }[]

export interface Acts {
  command(act: CommandAct, files: readonly ReceivedFile[]): Promise<ActResult>
  autocomplete(act: AutocompleteAct): Promise<Choices>
  component(act: ComponentAct): Promise<ActResult>
  modal(act: ModalAct, files: readonly ReceivedFile[]): Promise<ActResult>
  message(act: MessageAct): Promise<SeenMessage>
}

/** What a person does, checked as a Discord client checks it, becomes an interaction. Throws ActRefused. */
export function createActs(deps: {
  memory: Memory
  interactions: Interactions
  messages: Pick<Messages, 'create'>
  baseUrl: string
}): Acts {
  const { memory, interactions, messages, baseUrl } = deps

  function personOf(id: string): Person {
    const person = memory.people.get(id)
    if (!person) throw new ActRefused(404, 'There is no such person.')
    return person
  }

  function channelFor(person: Person, channelId: string): Channel {
    const channel = memory.channels.get(channelId)
    if (!channel || !memory.sees(person.id, channelId)) {
      throw new ActRefused(404, 'There is no such channel, or this person cannot see it.')
    }
    return channel
  }

  function contextOf(person: Person, channel: Channel): Record<string, unknown> {
    const isDm = channel.kind === 'dm'
    const member = {
      user: toUser(person),
      ...toMember(person),
      permissions: String(permissionsIn(channel, person, memory)),
    }
    return {
      ...(isDm
        ? { user: toUser(person), context: 1, authorizing_integration_owners: { 0: '0' } }
        : {
            member,
            guild_id: GUILD.id,
            guild: { id: GUILD.id, locale: 'en-US', features: [] },
            guild_locale: 'en-US',
            context: 0,
            authorizing_integration_owners: { 0: GUILD.id },
          }),
      channel_id: channel.id,
      channel: toApiChannel(channel, memory),
      locale: 'en-US',
      app_permissions: String(OPERATOR_PERMISSIONS),
      entitlements: [],
      attachment_size_limit: FILE_LIMIT,
    }
  }

  function upload(file: ReceivedFile, resolved: Resolved): string {
    const id = memory.nextId()
    memory.keepUpload(id, file)
    const url = `${baseUrl}/attachments/uploads/${id}/${file.filename}`
    resolved.attachments[id] = {
      id,
      filename: file.filename,
      size: file.bytes.length,
      url,
      proxy_url: url,
      content_type: file.contentType,
      ephemeral: true,
    }
    return id
  }

  function resolve(kind: 'user' | 'channel' | 'role', id: string, resolved: Resolved): void {
    if (kind === 'user') {
      const person = personOf(id)
      resolved.users[id] = toUser(person)
      resolved.members[id] = { ...toMember(person), permissions: String(permissionsOf(person)) }
    } else if (kind === 'channel') {
      const channel = memory.channels.get(id)
      if (!channel) throw new ActRefused(400, 'There is no such channel.')
      resolved.channels[id] = { ...toApiChannel(channel, memory), permissions: String(MEMBER_PERMISSIONS) }
    } else {
      const role = toApiRoles().find((each) => each.id === id)
      if (!role) throw new ActRefused(400, 'There is no such role.')
      resolved.roles[id] = role
    }
  }

  /** The command, the chain of subcommands above the options, and the options one may give. */
  function commandFor(act: CommandAct, person: Person, channel: Channel) {
    const [name, ...rest] = act.path
    const command = memory.commands
      .values()
      .find((each) => each.type === ApplicationCommandType.ChatInput && each.name === name)
    if (!command) throw new ActRefused(404, `There is no command /${act.path.join(' ')}.`)
    if (channel.kind === 'dm' && command.guild_id) {
      throw new ActRefused(400, `/${command.name} works in the server's channels only.`)
    }
    const needed = command.default_member_permissions
    if (needed != null) {
      const has = permissionsOf(person)
      const isAdmin = has === OPERATOR_PERMISSIONS
      if (!isAdmin && (needed === '0' || (has & BigInt(needed)) !== BigInt(needed))) {
        throw new ActRefused(403, 'You do not have permission to use this command.')
      }
    }
    // Stored out of our own schema's hands; Discord's types differ only in their enums.
    let options = (command.options ?? []) as unknown as readonly CommandOption[]
    const chain: { name: string; type: 1 | 2 }[] = []
    for (const step of rest) {
      const found = options.find((option) => option.name === step)
      if (!found || (found.type !== 1 && found.type !== 2)) {
        throw new ActRefused(404, `There is no command /${act.path.join(' ')}.`)
      }
      chain.push({ name: found.name, type: found.type })
      options = found.options ?? []
    }
    const values = options.filter((option): option is ValueOption => option.type !== 1 && option.type !== 2)
    if (values.length < options.length) {
      throw new ActRefused(400, `/${act.path.join(' ')} needs one of its subcommands.`)
    }
    return { command, chain, values }
  }

  function commandData(
    found: ReturnType<typeof commandFor>,
    options: readonly unknown[],
    resolved: Resolved,
  ): Record<string, unknown> {
    const { command, chain } = found
    const nested = chain.reduceRight<readonly unknown[]>(
      (inner, step) => [{ ...step, options: inner }],
      options,
    )
    return {
      id: command.id,
      name: command.name,
      type: command.type,
      ...(command.guild_id ? { guild_id: command.guild_id } : {}),
      ...(nested.length > 0 ? { options: nested } : {}),
      ...someOf(resolved),
    }
  }

  function given(option: ValueOption, value: string | number | boolean, resolved: Resolved) {
    const name = option.name
    switch (option.type) {
      case ApplicationCommandOptionType.String: {
        const text = String(value)
        if (text.length < (option.min_length ?? 0) || text.length > (option.max_length ?? 6000)) {
          throw new ActRefused(400, `"${name}" is too short or too long.`)
        }
        checkChoice(option, text)
        return text
      }
      case ApplicationCommandOptionType.Integer:
      case ApplicationCommandOptionType.Number: {
        const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
        const isNumber = typeof number === 'number' && Number.isFinite(number)
        if (!isNumber || (option.type === 4 && !Number.isSafeInteger(number))) {
          throw new ActRefused(400, `"${name}" must be a ${option.type === 4 ? 'whole ' : ''}number.`)
        }
        if (number < (option.min_value ?? -(2 ** 53)) || number > (option.max_value ?? 2 ** 53)) {
          throw new ActRefused(400, `"${name}" must be ${rangeOf(option)}.`)
        }
        checkChoice(option, number)
        return number
      }
      case ApplicationCommandOptionType.Boolean:
        if (value !== true && value !== false && value !== 'true' && value !== 'false') {
          throw new ActRefused(400, `"${name}" must be true or false.`)
        }
        return value === true || value === 'true'
      case ApplicationCommandOptionType.User:
        resolve('user', String(value), resolved)
        return String(value)
      case ApplicationCommandOptionType.Channel:
        resolve('channel', String(value), resolved)
        return String(value)
      case ApplicationCommandOptionType.Role:
        resolve('role', String(value), resolved)
        return String(value)
      default:
        throw new ActRefused(400, `"${name}" is of a kind the local Discord does not know.`)
    }
  }

  return {
    async command(act, files) {
      const person = personOf(act.as)
      const channel = channelFor(person, act.channelId)
      const found = commandFor(act, person, channel)
      const resolved = nothing()
      const options: unknown[] = []
      checkFiles(files)
      for (const option of found.values) {
        const value = act.options[option.name]
        const file = files.find(({ part }) => part === option.name)
        if (option.type === ApplicationCommandOptionType.Attachment && file) {
          checkFileTypes(option.file_types, [file])
          options.push({ name: option.name, type: option.type, value: upload(file, resolved) })
        } else if (value !== undefined && option.type !== ApplicationCommandOptionType.Attachment) {
          options.push({ name: option.name, type: option.type, value: given(option, value, resolved) })
        } else if (option.required) {
          throw new ActRefused(400, `"${option.name}" is required.`)
        }
      }
      refuseUnknown(act, found.values)
      return toActResult(
        await interactions.ask({
          type: InteractionType.ApplicationCommand,
          personId: person.id,
          channelId: channel.id,
          source: null,
          commandName: act.path.join(' '),
          data: commandData(found, options, resolved),
          context: contextOf(person, channel),
        }),
      )
    },

    async autocomplete(act) {
      const person = personOf(act.as)
      const channel = channelFor(person, act.channelId)
      const found = commandFor(act, person, channel)
      refuseUnknown(act, found.values)
      const focused = found.values.find(({ name }) => name === act.focused)
      if (!focused?.autocomplete) throw new ActRefused(400, `"${act.focused}" has no autocomplete.`)
      const options = found.values.flatMap(({ name, type }) => {
        const value = act.options[name]
        if (name === act.focused) return [{ name, type, value: String(value ?? ''), focused: true }]
        return value === undefined ? [] : [{ name, type, value }]
      })
      const answer = await interactions.ask({
        type: InteractionType.ApplicationCommandAutocomplete,
        personId: person.id,
        channelId: channel.id,
        source: null,
        commandName: act.path.join(' '),
        data: commandData(found, options, nothing()),
        context: contextOf(person, channel),
      })
      if (answer.result !== 'choices') throw new ActRefused(408, 'Loading options failed.')
      return answer.choices
    },

    async component(act) {
      const person = personOf(act.as)
      const source = memory.messages.get(act.messageId)
      if (!source || !memory.seesMessage(person.id, source)) {
        throw new ActRefused(404, 'There is no such message, or this person cannot see it.')
      }
      const channel = channelFor(person, source.channelId)
      // Stored out of our own schema's hands.
      const components = (source.message.components ?? []) as unknown as MessageComponent[]
      const component = flattenComponents(components)
        .map((each) => each.component)
        .find((each) => 'custom_id' in each && each.custom_id === act.customId)
      if (!component || !('custom_id' in component)) {
        throw new ActRefused(404, 'There is no such button or menu on this message.')
      }
      if (component.disabled) throw new ActRefused(400, 'It cannot be pressed any more.')
      const resolved = nothing()
      const data: Record<string, unknown> = {
        custom_id: component.custom_id,
        component_type: component.type,
        id: component.id,
      }
      if (component.type !== ComponentType.Button) {
        const values = act.values ?? []
        checkCount(values.length, component.min_values ?? 1, component.max_values ?? 1, 'choice')
        if (component.type === ComponentType.StringSelect) {
          checkKnown(values, component.options)
        } else {
          const kind = component.type === ComponentType.UserSelect ? 'user' : 'channel'
          for (const id of values) resolve(kind, id, resolved)
        }
        Object.assign(data, { values }, someOf(resolved))
      }
      return toActResult(
        await interactions.ask({
          type: InteractionType.MessageComponent,
          personId: person.id,
          channelId: channel.id,
          source,
          commandName: null,
          data,
          context: contextOf(person, channel),
        }),
      )
    },

    async modal(act, files) {
      const person = personOf(act.as)
      const open = interactions.modal(act.modalId)
      if (!open || open.personId !== person.id) throw new ActRefused(404, 'This form is no longer open.')
      const channel = channelFor(person, open.channelId)
      const resolved = nothing()
      checkFiles(files)
      // Every field first, every upload after: a refused form must leave nothing behind.
      const uploads: { readonly into: { values: string[] }; readonly files: readonly ReceivedFile[] }[] = []
      const label = new Map<string, string>()
      for (const top of open.modal.components) {
        if (top.type === ComponentType.Label) label.set(top.component.custom_id, top.label)
      }
      const fill = (input: ModalInput): Record<string, unknown> => {
        const value = act.values[input.custom_id]
        const name =
          label.get(input.custom_id) ?? ('label' in input && input.label ? input.label : input.custom_id)
        const base = { type: input.type, id: input.id, custom_id: input.custom_id }
        if (input.type === ComponentType.FileUpload) {
          const mine = files.filter(({ part }) => part === input.custom_id)
          const least = input.required === false ? 0 : (input.min_values ?? 1)
          if (mine.length > 0 || least > 0)
            checkCount(mine.length, least, input.max_values ?? 1, 'file', name)
          checkFileTypes(input.file_types, mine)
          const upload = { ...base, values: [] as string[] }
          uploads.push({ into: upload, files: mine })
          return upload
        }
        return { ...base, ...filled(input, value, name, (kind, id) => resolve(kind, id, resolved)) }
      }
      const components = open.modal.components.map((top) => {
        if (top.type === ComponentType.Label)
          return { type: top.type, id: top.id, component: fill(top.component) }
        if (top.type === ComponentType.ActionRow) {
          return { type: top.type, id: top.id, components: top.components.map(fill) }
        }
        return { type: top.type, id: top.id }
      })
      for (const { into, files: mine } of uploads) into.values = mine.map((file) => upload(file, resolved))
      const source = open.sourceId === null ? null : (memory.messages.get(open.sourceId) ?? null)
      const answer = toActResult(
        await interactions.ask({
          type: InteractionType.ModalSubmit,
          personId: person.id,
          channelId: channel.id,
          source,
          commandName: null,
          data: { custom_id: open.modal.custom_id, components, ...someOf(resolved) },
          context: contextOf(person, channel),
        }),
      )
      // A form stays open, with what was typed, until the app has taken it.
      if (answer.result !== 'failed') interactions.closeModal(act.modalId)
      return answer
    },

    async message(act) {
      const person = personOf(act.as)
      const channel = channelFor(person, act.channelId)
      const needed =
        channel.kind === 'thread'
          ? PermissionFlagsBits.SendMessagesInThreads
          : PermissionFlagsBits.SendMessages
      const has = channel.kind === 'dm' ? needed : permissionsIn(channel, person, memory)
      if ((has & needed) === 0n) {
        throw new ActRefused(403, 'You do not have permission to send messages here.')
      }
      if (act.content.trim() === '') throw new ActRefused(400, 'There is nothing to send.')
      const stored = await messages.create({
        channelId: channel.id,
        payload: { content: act.content },
        files: [],
        onlyFor: null,
        extra: { author: toUser(person) },
      })
      return toSeen(stored)
    },
  }
}

type ValueOption = Exclude<CommandOption, { type: 1 } | { type: 2 }>
type Resolved = Required<{
  [K in 'users' | 'members' | 'channels' | 'roles' | 'attachments']: Record<string, unknown>
}>

const nothing = (): Resolved => ({ users: {}, members: {}, channels: {}, roles: {}, attachments: {} })

/** `{ resolved }` with the kinds that occur, or nothing. */
function someOf(resolved: Resolved): { resolved?: APIInteractionDataResolved } {
  const used = Object.entries(resolved).filter(([, found]) => Object.keys(found).length > 0)
  return used.length > 0 ? { resolved: Object.fromEntries(used) } : {}
}

function toActResult(answer: FirstAnswer): ActResult {
  return answer.result === 'choices' ? { result: 'ok' } : answer
}

function filled(
  input: Exclude<ModalInput, { type: ComponentType.FileUpload }>,
  value: string | readonly string[] | undefined,
  name: string,
  resolve: (kind: 'user' | 'channel', id: string) => void,
): Record<string, unknown> {
  const values = value === undefined ? [] : typeof value === 'string' ? [value] : value
  const required = !('required' in input) || input.required !== false
  switch (input.type) {
    case ComponentType.TextInput: {
      const text = values[0] ?? ''
      if (text === '' && !required) return { value: '' }
      if (text.trim() === '' && required) throw new ActRefused(400, `"${name}" is required.`)
      if (text.length < (input.min_length ?? 0)) {
        throw new ActRefused(400, `"${name}" needs at least ${input.min_length} characters.`)
      }
      if (text.length > (input.max_length ?? 4000)) {
        throw new ActRefused(400, `"${name}" takes at most ${input.max_length ?? 4000} characters.`)
      }
      return { value: text }
    }
    case ComponentType.RadioGroup:
      if (values.length === 0 && !required) return { value: null }
      checkCount(values.length, 1, 1, 'choice', name)
      checkKnown(values, input.options)
      return { value: values[0] }
    case ComponentType.Checkbox:
      return { value: values[0] === 'true' }
    case ComponentType.CheckboxGroup:
    case ComponentType.StringSelect:
      checkChosen(values, input, required, name)
      checkKnown(values, input.options)
      return { values }
    case ComponentType.UserSelect:
    case ComponentType.ChannelSelect:
      checkChosen(values, input, required, name)
      for (const id of values) resolve(input.type === ComponentType.UserSelect ? 'user' : 'channel', id)
      return { values }
    default:
      return input satisfies never
  }
}

function checkChosen(
  values: readonly string[],
  input: Extract<ModalInput, { min_values?: number | undefined }>,
  required: boolean,
  name: string,
): void {
  if (values.length === 0 && !required) return
  const most = input.type === ComponentType.CheckboxGroup ? input.options.length : 1
  checkCount(values.length, input.min_values ?? 1, input.max_values ?? most, 'choice', name)
}

function checkCount(count: number, least: number, most: number, what: string, name?: string): void {
  if (count >= least && count <= most) return
  const wanted = least === most ? `${most}` : `${least} to ${most}`
  throw new ActRefused(
    400,
    `${name ? `"${name}" takes` : 'It takes'} ${wanted} ${what}${most === 1 ? '' : 's'}.`,
  )
}

function checkKnown(values: readonly string[], options: readonly { readonly value: string }[]): void {
  const isKnown = values.every((value) => options.some((option) => option.value === value))
  if (!isKnown || new Set(values).size < values.length) {
    throw new ActRefused(400, 'That is not one of the choices.')
  }
}

function checkChoice(option: ValueOption, value: string | number): void {
  if (option.choices?.length && !option.choices.some((choice) => choice.value === value)) {
    throw new ActRefused(400, `"${option.name}" must be one of its choices.`)
  }
}

function refuseUnknown(act: CommandAct, options: readonly ValueOption[]): void {
  const unknown = Object.keys(act.options).find((name) => !options.some((option) => option.name === name))
  if (unknown !== undefined) throw new ActRefused(400, `/${act.path.join(' ')} has no option "${unknown}".`)
}

function checkFiles(files: readonly ReceivedFile[]): void {
  if (files.length > MOST_FILES) throw new ActRefused(400, `At most ${MOST_FILES} files at a time.`)
  if (files.some(({ bytes }) => bytes.length > FILE_LIMIT)) {
    throw new ActRefused(413, `Your files are too large: ${FILE_LIMIT / 1024 / 1024} MB each at most.`)
  }
}

const EXTENSIONS: Readonly<Record<string, readonly string[]>> = {
  image: ['.png', '.jpg', '.jpeg', '.webp', '.gif', '.avif', '.heic'],
  video: ['.mp4', '.mov', '.webm'],
  audio: ['.mp3', '.ogg', '.wav', '.m4a', '.flac'],
}

/** As Discord does, by the file's name only: what is inside is for the app to find out. */
function checkFileTypes(types: readonly string[] | undefined, files: readonly ReceivedFile[]): void {
  if (!types?.length) return
  const endings = types.flatMap((type) => EXTENSIONS[type] ?? [type.toLowerCase()])
  for (const { filename } of files) {
    if (!endings.some((ending) => filename.toLowerCase().endsWith(ending))) {
      throw new ActRefused(400, `"${filename}" is not of an accepted kind (${types.join(', ')}).`)
    }
  }
}

function rangeOf({ min_value, max_value }: ValueOption): string {
  if (min_value === undefined) return `at most ${max_value}`
  return max_value === undefined ? `at least ${min_value}` : `between ${min_value} and ${max_value}`
}
