import { ComponentType, MessageFlags } from 'discord-api-types/v10'
import { z } from 'zod'
import { invalidForm, type Problem, parseForm } from './errors.ts'

/**
 * Discord's limits on what an app may send. Unlike Discord, which ignores keys it does not know, a body with an
 * unknown key is refused: in a stand-in a typing mistake must not pass.
 * Source: Discord's reference pages for messages, embeds, components and application commands.
 */
const CustomId = z.string().min(1).max(100)
const Id = z.int().min(0).optional()
const Url = z
  .string()
  .max(2048)
  .regex(/^(https?|attachment):\/\/./, 'Scheme must be one of http, https, attachment.')

const Emoji = z.strictObject({
  id: z.string().nullish(),
  name: z.string().nullish(),
  animated: z.boolean().optional(),
})

const Button = z
  .strictObject({
    type: z.literal(ComponentType.Button),
    id: Id,
    style: z.int().min(1).max(6),
    label: z.string().min(1).max(80).optional(),
    emoji: Emoji.optional(),
    custom_id: CustomId.optional(),
    url: z
      .string()
      .max(512)
      .regex(/^(https?|discord):\/\/./, 'Scheme must be one of http, https, discord.')
      .optional(),
    sku_id: z.string().optional(),
    disabled: z.boolean().optional(),
  })
  .superRefine((button, ctx) => {
    const refuse = (key: string, code: string, message: string) =>
      ctx.addIssue({ code: 'custom', path: [key], message, params: { code } })
    const wanted = button.style === 5 ? 'url' : button.style === 6 ? 'sku_id' : 'custom_id'
    if (button[wanted] === undefined) refuse(wanted, 'BASE_TYPE_REQUIRED', 'This field is required')
    if (wanted !== 'custom_id' && button.custom_id !== undefined) {
      refuse(
        'custom_id',
        'BUTTON_COMPONENT_CUSTOM_ID_AND_URL',
        'A custom id and url cannot both be specified',
      )
    }
    if (wanted === 'custom_id' && button.url !== undefined) {
      refuse('url', 'BUTTON_COMPONENT_CUSTOM_ID_AND_URL', 'A custom id and url cannot both be specified')
    }
    if (button.style !== 6 && button.label === undefined && button.emoji === undefined) {
      refuse('label', 'BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED', 'A label or emoji is required')
    }
  })

const Options = z.array(
  z.strictObject({
    label: z.string().min(1).max(100),
    value: z.string().min(1).max(100),
    description: z.string().max(100).optional(),
    emoji: Emoji.optional(),
    default: z.boolean().optional(),
  }),
)

const selectFields = {
  id: Id,
  custom_id: CustomId,
  placeholder: z.string().max(150).optional(),
  min_values: z.int().min(0).max(25).optional(),
  max_values: z.int().min(1).max(25).optional(),
  disabled: z.boolean().optional(),
  required: z.boolean().optional(),
}
const Defaults = z.array(z.strictObject({ id: z.string(), type: z.string() })).max(25)
const StringSelect = z
  .strictObject({
    type: z.literal(ComponentType.StringSelect),
    ...selectFields,
    options: Options.min(1).max(25),
  })
  .superRefine((select, ctx) => {
    if (new Set(select.options.map((option) => option.value)).size < select.options.length) {
      ctx.addIssue({
        code: 'custom',
        path: ['options'],
        message: 'The specified option value is already used',
        params: { code: 'SELECT_COMPONENT_OPTION_VALUE_DUPLICATED' },
      })
    }
  })
const UserSelect = z.strictObject({
  type: z.literal(ComponentType.UserSelect),
  ...selectFields,
  default_values: Defaults.optional(),
})
const ChannelSelect = z.strictObject({
  type: z.literal(ComponentType.ChannelSelect),
  ...selectFields,
  channel_types: z.array(z.int()).optional(),
  default_values: Defaults.optional(),
})

const TextInput = z.strictObject({
  type: z.literal(ComponentType.TextInput),
  id: Id,
  custom_id: CustomId,
  style: z.int().min(1).max(2),
  label: z.string().max(45).optional(),
  min_length: z.int().min(0).max(4000).optional(),
  max_length: z.int().min(1).max(4000).optional(),
  required: z.boolean().optional(),
  value: z.string().max(4000).optional(),
  placeholder: z.string().max(100).optional(),
})
const FileUpload = z.strictObject({
  type: z.literal(ComponentType.FileUpload),
  id: Id,
  custom_id: CustomId,
  min_values: z.int().min(0).max(10).optional(),
  max_values: z.int().min(1).max(10).optional(),
  file_types: z.array(z.string()).max(10).optional(),
  required: z.boolean().optional(),
})
const RadioGroup = z.strictObject({
  type: z.literal(ComponentType.RadioGroup),
  id: Id,
  custom_id: CustomId,
  options: Options.min(2).max(10),
  required: z.boolean().optional(),
})
const CheckboxGroup = z.strictObject({
  type: z.literal(ComponentType.CheckboxGroup),
  id: Id,
  custom_id: CustomId,
  options: Options.min(1).max(10),
  min_values: z.int().min(0).max(10).optional(),
  max_values: z.int().min(1).max(10).optional(),
  required: z.boolean().optional(),
})
const Checkbox = z.strictObject({
  type: z.literal(ComponentType.Checkbox),
  id: Id,
  custom_id: CustomId,
  default: z.boolean().optional(),
})

const TextDisplay = z.strictObject({
  type: z.literal(ComponentType.TextDisplay),
  id: Id,
  content: z.string().min(1).max(4000),
})
// Loose: Discord's own answers carry more about a medium, and an app may send them back.
const Media = z.looseObject({ url: Url })
const Thumbnail = z.strictObject({
  type: z.literal(ComponentType.Thumbnail),
  id: Id,
  media: Media,
  description: z.string().max(1024).nullish(),
  spoiler: z.boolean().optional(),
})
const MediaGallery = z.strictObject({
  type: z.literal(ComponentType.MediaGallery),
  id: Id,
  items: z
    .array(
      z.strictObject({
        media: Media,
        description: z.string().max(1024).nullish(),
        spoiler: z.boolean().optional(),
      }),
    )
    .min(1)
    .max(10),
})
const File = z.strictObject({
  type: z.literal(ComponentType.File),
  id: Id,
  file: Media,
  spoiler: z.boolean().optional(),
  name: z.string().optional(),
  size: z.int().optional(),
})
const Separator = z.strictObject({
  type: z.literal(ComponentType.Separator),
  id: Id,
  divider: z.boolean().optional(),
  spacing: z.int().min(1).max(2).optional(),
})
const ActionRow = z
  .strictObject({
    type: z.literal(ComponentType.ActionRow),
    id: Id,
    components: z
      .array(z.discriminatedUnion('type', [Button, StringSelect, UserSelect, ChannelSelect]))
      .min(1)
      .max(5),
  })
  .superRefine((row, ctx) => {
    if (row.components.length > 1 && row.components.some(({ type }) => type !== ComponentType.Button)) {
      ctx.addIssue({
        code: 'custom',
        path: ['components'],
        message: 'A select menu needs a row of its own',
        params: { code: 'COMPONENT_LAYOUT_WIDTH_EXCEEDED' },
      })
    }
  })
const Section = z.strictObject({
  type: z.literal(ComponentType.Section),
  id: Id,
  components: z.array(TextDisplay).min(1).max(3),
  accessory: z.discriminatedUnion('type', [Button, Thumbnail]),
})
const Container = z.strictObject({
  type: z.literal(ComponentType.Container),
  id: Id,
  accent_color: z.int().min(0).max(0xffffff).nullish(),
  spoiler: z.boolean().optional(),
  components: z
    .array(z.discriminatedUnion('type', [ActionRow, TextDisplay, Section, MediaGallery, Separator, File]))
    .min(1),
})
const MessageComponent = z.discriminatedUnion('type', [
  ActionRow,
  TextDisplay,
  Section,
  MediaGallery,
  Separator,
  File,
  Container,
])

const EmbedMedia = z.looseObject({ url: Url })
const Embed = z.strictObject({
  type: z.string().optional(),
  title: z.string().max(256).nullish(),
  description: z.string().max(4096).nullish(),
  url: Url.nullish(),
  timestamp: z.iso.datetime({ offset: true }).nullish(),
  color: z.int().min(0).max(0xffffff).nullish(),
  footer: z
    .strictObject({
      text: z.string().min(1).max(2048),
      icon_url: Url.optional(),
      proxy_icon_url: Url.optional(),
    })
    .nullish(),
  image: EmbedMedia.nullish(),
  thumbnail: EmbedMedia.nullish(),
  author: z
    .strictObject({
      name: z.string().min(1).max(256),
      url: Url.optional(),
      icon_url: Url.optional(),
      proxy_icon_url: Url.optional(),
    })
    .nullish(),
  fields: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(256),
        value: z.string().min(1).max(1024),
        inline: z.boolean().optional(),
      }),
    )
    .max(25)
    .nullish(),
})

const AllowedMentions = z
  .strictObject({
    parse: z.array(z.enum(['roles', 'users', 'everyone'])).optional(),
    users: z.array(z.string()).max(100).optional(),
    roles: z.array(z.string()).max(100).optional(),
    replied_user: z.boolean().optional(),
  })
  .superRefine((allowed, ctx) => {
    for (const kind of ['users', 'roles'] as const) {
      if (allowed.parse?.includes(kind) && allowed[kind]?.length) {
        const message = `parse:["${kind}"] and ${kind}: [ids...] are mutually exclusive.`
        ctx.addIssue({
          code: 'custom',
          message,
          params: { code: 'MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE' },
        })
      }
    }
  })

const messageFields = {
  content: z.string().max(2000).nullish(),
  embeds: z.array(Embed).max(10).nullish(),
  components: z.array(MessageComponent).max(40).nullish(),
  flags: z.int().min(0).nullish(),
  allowed_mentions: AllowedMentions.nullish(),
  // Loose: attachment objects out of Discord's answers are sent back to keep them; only the id counts then.
  attachments: z
    .array(z.looseObject({ id: z.union([z.string(), z.int()]), description: z.string().max(1024).nullish() }))
    .max(10)
    .nullish(),
}
const MessageReference = z.strictObject({
  type: z.int().optional(),
  message_id: z.string().optional(),
  channel_id: z.string().optional(),
  guild_id: z.string().optional(),
  fail_if_not_exists: z.boolean().optional(),
})
const MessageCreate = z.strictObject({
  ...messageFields,
  tts: z.boolean().optional(),
  nonce: z.union([z.string().max(25), z.int()]).nullish(),
  enforce_nonce: z.boolean().optional(),
  message_reference: MessageReference.nullish(),
})
const MessageEdit = z.strictObject(messageFields)
const ReplyData = z.strictObject({ ...messageFields, tts: z.boolean().optional() })

export type MessagePayload = z.infer<typeof MessageCreate>
export type MessageComponent = z.infer<typeof MessageComponent>
type Embed = z.infer<typeof Embed>

/**
 * Checks a message that an app sends. `flags` are those the message has already (an edit adds to them).
 * Throws 50035 with every problem at its place.
 */
export function parseMessage(
  kind: 'create' | 'edit' | 'reply',
  body: unknown,
  context: { readonly at?: string; readonly flags?: number } = {},
): MessagePayload {
  const schema = kind === 'create' ? MessageCreate : kind === 'edit' ? MessageEdit : ReplyData
  const at = context.at
  const wrapped = at ? parseForm(z.object({ [at]: schema }), { [at]: body })[at] : parseForm(schema, body)
  const message: MessagePayload = wrapped ?? {}
  const problems = [...messageProblems(message, context.flags ?? 0)].map((problem) => ({
    ...problem,
    path: at ? [at, ...problem.path] : problem.path,
  }))
  if (problems.length > 0) throw invalidForm(problems)
  return message
}

/** The rules that look at more than one field. */
function* messageProblems(message: MessagePayload, flagsBefore: number): Generator<Problem> {
  const v2 = (((message.flags ?? 0) | flagsBefore) & MessageFlags.IsComponentsV2) !== 0
  const components = message.components ?? []
  if (v2) {
    for (const key of ['content', 'embeds'] as const) {
      if (message[key]?.length) {
        yield {
          path: [key],
          code: 'MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2',
          message: 'The fields content, embeds, poll and stickers cannot be used with components v2',
        }
      }
    }
  } else {
    if (components.length > 5) {
      yield { path: ['components'], code: 'BASE_TYPE_BAD_LENGTH', message: 'Must be 5 or fewer in length.' }
    }
    for (const [index, { type }] of components.entries()) {
      if (type !== ComponentType.ActionRow) {
        const message = 'Value of field "type" must be one of (1,) without the components v2 flag.'
        yield { path: ['components', index, 'type'], code: 'UNION_TYPE_CHOICES', message }
      }
    }
  }
  const all = flattenComponents(components)
  if (all.length > 40) {
    yield {
      path: ['components'],
      code: 'COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED',
      message: 'The total number of components cannot exceed 40',
    }
  }
  const text = all.reduce(
    (sum, { component }) => sum + (component.type === 10 ? component.content.length : 0),
    0,
  )
  if (text > 4000) {
    yield {
      path: ['components'],
      code: 'COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED',
      message: 'The total text of all components cannot exceed 4000 characters',
    }
  }
  yield* duplicates(
    all.flatMap(({ component, path }) =>
      'custom_id' in component && component.custom_id ? [{ id: component.custom_id, path }] : [],
    ),
  )
  if ((message.embeds ?? []).reduce((sum, embed) => sum + embedSize(embed), 0) > 6000) {
    yield {
      path: ['embeds'],
      code: 'MAX_EMBED_SIZE_EXCEEDED',
      message: 'Embed size exceeds maximum size of 6000',
    }
  }
}

function* duplicates(
  found: readonly { readonly id: string; readonly path: readonly PropertyKey[] }[],
): Generator<Problem> {
  const seen = new Set<string>()
  for (const { id, path } of found) {
    if (seen.has(id)) {
      yield {
        path: [...path, 'custom_id'],
        code: 'COMPONENT_CUSTOM_ID_DUPLICATED',
        message: 'Component custom id cannot be duplicated',
      }
    }
    seen.add(id)
  }
}

function embedSize(embed: Embed): number {
  const texts = [embed.title, embed.description, embed.footer?.text, embed.author?.name]
  for (const field of embed.fields ?? []) texts.push(field.name, field.value)
  return texts.reduce((sum, text) => sum + (text?.length ?? 0), 0)
}

type AnyComponent =
  | MessageComponent
  | z.infer<typeof Button>
  | z.infer<typeof Thumbnail>
  | z.infer<typeof StringSelect>
  | z.infer<typeof UserSelect>
  | z.infer<typeof ChannelSelect>

/** Every component of a message, nested ones included, in reading order, with its path in the payload. */
export function flattenComponents(
  components: readonly AnyComponent[],
  at: readonly PropertyKey[] = ['components'],
): { readonly component: AnyComponent; readonly path: readonly PropertyKey[] }[] {
  return components.flatMap((component, index) => {
    const path = [...at, index]
    const found: { component: AnyComponent; path: readonly PropertyKey[] }[] = [{ component, path }]
    if ('components' in component)
      found.push(...flattenComponents(component.components, [...path, 'components']))
    if ('accessory' in component) found.push({ component: component.accessory, path: [...path, 'accessory'] })
    return found
  })
}

const ModalInput = z.discriminatedUnion('type', [
  TextInput,
  StringSelect,
  UserSelect,
  ChannelSelect,
  FileUpload,
  RadioGroup,
  CheckboxGroup,
  Checkbox,
])
const Label = z.strictObject({
  type: z.literal(ComponentType.Label),
  id: Id,
  label: z.string().min(1).max(45),
  description: z.string().max(100).optional(),
  component: ModalInput,
})
const ModalRow = z.strictObject({
  type: z.literal(ComponentType.ActionRow),
  id: Id,
  components: z.array(TextInput).length(1),
})
const Modal = z.strictObject({
  custom_id: CustomId,
  title: z.string().min(1).max(45),
  components: z
    .array(z.discriminatedUnion('type', [Label, TextDisplay, ModalRow]))
    .min(1)
    .max(5),
})
export type Modal = z.infer<typeof Modal>
export type ModalInput = z.infer<typeof ModalInput>

/** Checks a modal. Throws 50035. */
export function parseModal(body: unknown): Modal {
  const { data } = parseForm(z.object({ data: Modal }), { data: body })
  const found = data.components.flatMap((top, index) => {
    const path = ['data', 'components', index]
    if (top.type === ComponentType.Label) {
      return [{ id: top.component.custom_id, path: [...path, 'component'] }]
    }
    return top.type === ComponentType.ActionRow
      ? top.components.map((input, at) => ({ id: input.custom_id, path: [...path, 'components', at] }))
      : []
  })
  const problems = [...duplicates(found)]
  if (problems.length > 0) throw invalidForm(problems)
  return data
}

const Localizations = z.record(z.string(), z.string()).nullish()
const Choice = z.strictObject({
  name: z.string().min(1).max(100),
  name_localizations: Localizations,
  value: z.union([z.string().max(100), z.number()]),
})

/** The 25 answers to an autocomplete. Throws 50035. */
export function parseChoices(body: unknown): { name: string; value: string | number }[] {
  const Data = z.strictObject({ choices: z.array(Choice).max(25) })
  const { data } = parseForm(z.object({ data: Data }), { data: body })
  return data.choices.map(({ name, value }) => ({ name, value }))
}

const COMMAND_NAME = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u
const CommandName = z.string().refine((name) => COMMAND_NAME.test(name) && name === name.toLowerCase(), {
  message: 'Command name is invalid',
  params: { code: 'APPLICATION_COMMAND_INVALID_NAME' },
})
const optionFields = {
  name: CommandName,
  name_localizations: Localizations,
  description: z.string().min(1).max(100),
  description_localizations: Localizations,
}
const ValueOption = z.strictObject({
  ...optionFields,
  type: z.literal([3, 4, 5, 6, 7, 8, 9, 10, 11]),
  required: z.boolean().optional(),
  choices: z.array(Choice).max(25).optional(),
  autocomplete: z.boolean().optional(),
  min_length: z.int().min(0).max(6000).optional(),
  max_length: z.int().min(1).max(6000).optional(),
  min_value: z.number().optional(),
  max_value: z.number().optional(),
  channel_types: z.array(z.int()).optional(),
  file_types: z.array(z.string()).optional(),
})
const ValueOptions = z
  .array(ValueOption)
  .max(25)
  .superRefine((options, ctx) => {
    for (const [index, option] of options.entries()) {
      if (option.required && index > 0 && !options[index - 1]?.required) {
        ctx.addIssue({
          code: 'custom',
          path: [index],
          message: 'Required options must be placed before non-required options',
          params: { code: 'APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID' },
        })
      }
      if (option.autocomplete && option.choices?.length) {
        ctx.addIssue({
          code: 'custom',
          path: [index, 'choices'],
          message: 'Autocomplete and choices cannot both be given',
          params: { code: 'APPLICATION_COMMAND_OPTIONS_CHOICES_INVALID' },
        })
      }
    }
  })
const Subcommand = z.strictObject({ ...optionFields, type: z.literal(1), options: ValueOptions.optional() })
const Group = z.strictObject({
  ...optionFields,
  type: z.literal(2),
  options: z.array(Subcommand).min(1).max(25),
})
const Command = z
  .strictObject({
    id: z.string().optional(),
    type: z.int().min(1).max(3).default(1),
    name: z.string().min(1).max(32),
    name_localizations: Localizations,
    description: z.string().max(100).default(''),
    description_localizations: Localizations,
    options: z
      .union([z.array(z.discriminatedUnion('type', [Subcommand, Group])).max(25), ValueOptions])
      .optional(),
    default_member_permissions: z.string().regex(/^\d+$/).nullish(),
    dm_permission: z.boolean().nullish(),
    default_permission: z.boolean().nullish(),
    nsfw: z.boolean().optional(),
    contexts: z.array(z.int().min(0).max(2)).nullish(),
    integration_types: z.array(z.int().min(0).max(1)).nullish(),
  })
  .superRefine((command, ctx) => {
    if (command.type === 1) {
      if (!CommandName.safeParse(command.name).success) {
        ctx.addIssue({
          code: 'custom',
          path: ['name'],
          message: 'Command name is invalid',
          params: { code: 'APPLICATION_COMMAND_INVALID_NAME' },
        })
      }
      if (!command.description) {
        ctx.addIssue({
          code: 'custom',
          path: ['description'],
          message: 'This field is required',
          params: { code: 'BASE_TYPE_REQUIRED' },
        })
      }
    } else if (command.description) {
      ctx.addIssue({
        code: 'custom',
        path: ['description'],
        message: 'Context menu commands cannot have description',
        params: { code: 'APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION_CANNOT_BE_SET' },
      })
    }
    if (commandSize(command) > 8000) {
      ctx.addIssue({
        code: 'custom',
        message: 'Command exceeds maximum size (8000)',
        params: { code: 'APPLICATION_COMMAND_TOO_LARGE' },
      })
    }
  })
export type Command = z.infer<typeof Command>
export type CommandOption = z.infer<typeof ValueOption> | z.infer<typeof Subcommand> | z.infer<typeof Group>

interface Sized {
  readonly name: string
  readonly description?: string
  readonly options?: readonly Sized[] | undefined
  readonly choices?: readonly { readonly name: string; readonly value: string | number }[] | undefined
}
function commandSize(command: Sized): number {
  const choices = command.choices ?? []
  return (
    command.name.length +
    (command.description?.length ?? 0) +
    (command.options ?? []).reduce((sum, option) => sum + commandSize(option), 0) +
    choices.reduce((sum, choice) => sum + choice.name.length + String(choice.value).length, 0)
  )
}

/** Checks a bulk overwrite of commands. Throws 50035. */
export function parseCommands(body: unknown): Command[] {
  const commands = parseForm(z.array(Command).max(130), body)
  const problems: Problem[] = []
  const seen = new Set<string>()
  for (const [index, { type, name }] of commands.entries()) {
    if (seen.has(`${type} ${name}`)) {
      const message = 'Application command names must be unique'
      problems.push({ path: [index, 'name'], code: 'APPLICATION_COMMANDS_DUPLICATE_NAME', message })
    }
    seen.add(`${type} ${name}`)
  }
  for (const [type, most] of [
    [1, 100],
    [2, 15],
    [3, 15],
  ] as const) {
    if (commands.filter((command) => command.type === type).length > most) {
      const message = `Maximum number of application commands reached (${most}).`
      problems.push({ path: [], code: 'BASE_TYPE_BAD_LENGTH', message })
    }
  }
  if (problems.length > 0) throw invalidForm(problems)
  return commands
}

/** The body of POST /channels/{id}/threads. Throws 50035. */
export function parseThread(body: unknown) {
  return parseForm(
    z.strictObject({
      name: z.string().min(1).max(100),
      type: z.union([z.literal(11), z.literal(12)]).optional(),
      auto_archive_duration: z
        .union([z.literal(60), z.literal(1440), z.literal(4320), z.literal(10080)])
        .optional(),
      invitable: z.boolean().optional(),
      rate_limit_per_user: z.int().min(0).max(21600).nullish(),
    }),
    body,
  )
}
