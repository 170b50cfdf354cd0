import type {
  APIApplicationCommand,
  APIApplicationCommandBasicOption,
  APIApplicationCommandOption,
} from 'discord-api-types/v10'

/** One thing a person can type: a command, or one of its subcommands. */
export interface Runnable {
  /** e.g. ['c500', 'drop']. */
  readonly path: readonly string[]
  readonly description: string
  readonly options: readonly APIApplicationCommandBasicOption[]
}

/** Everything that can be typed in a channel, in the app's own order. */
export function listRunnables(
  commands: readonly APIApplicationCommand[],
  inDirectMessage: boolean,
): readonly Runnable[] {
  return commands
    .filter((command) => command.type === 1 && (!inDirectMessage || worksInDirectMessages(command)))
    .flatMap((command) => expand([command.name], command.description, command.options ?? []))
}

function worksInDirectMessages(command: APIApplicationCommand): boolean {
  return command.guild_id === undefined && (!command.contexts || command.contexts.includes(1))
}

function expand(
  path: readonly string[],
  description: string,
  options: readonly APIApplicationCommandOption[],
): readonly Runnable[] {
  const nested = options.flatMap((option) =>
    option.type === 1 || option.type === 2
      ? expand([...path, option.name], option.description, option.options ?? [])
      : [],
  )
  if (nested.length > 0) return nested
  const basic = options.filter((option) => option.type !== 1 && option.type !== 2)
  return [{ path, description, options: basic }]
}

/** What fits the typed text (with its slash): names that start with it first, then those that contain every word. */
export function matchRunnables(all: readonly Runnable[], typed: string): readonly Runnable[] {
  const query = typed.replace(/^\//, '').trim().toLowerCase()
  const words = query.split(/\s+/)
  const name = (runnable: Runnable) => runnable.path.join(' ').toLowerCase()
  const starts = all.filter((runnable) => name(runnable).startsWith(query))
  const contains = all.filter(
    (runnable) => !starts.includes(runnable) && words.every((word) => name(runnable).includes(word)),
  )
  return [...starts, ...contains]
}

export type OptionReading =
  | { readonly kind: 'value'; readonly value: string | number | boolean }
  | { readonly kind: 'empty' }
  | { readonly kind: 'problem'; readonly sentence: string }

/** Reads what stands in an option's field, by the option's own rules, as Discord's client does before it sends. */
export function readOption(option: APIApplicationCommandBasicOption, text: string): OptionReading {
  const typed = text.trim()
  const problem = (sentence: string): OptionReading => ({ kind: 'problem', sentence })
  if (typed === '') return option.required ? problem('This one is needed.') : { kind: 'empty' }
  if (option.type === 5) return { kind: 'value', value: typed === 'true' }
  if (option.type === 4 || option.type === 10) {
    const value = Number(typed)
    if (!Number.isFinite(value)) return problem('This needs to be a number.')
    if (option.type === 4 && !Number.isSafeInteger(value)) return problem('This needs to be a whole number.')
    const { min_value: least, max_value: most } = boundsOf(option)
    if (least !== undefined && value < least) return problem(`The least here is ${least}.`)
    if (most !== undefined && value > most) return problem(`The most here is ${most}.`)
    return { kind: 'value', value }
  }
  if (option.type === 3 && 'min_length' in option && typed.length < (option.min_length ?? 0)) {
    return problem(`This needs at least ${option.min_length} characters.`)
  }
  if (option.type === 3 && 'max_length' in option && typed.length > (option.max_length ?? Infinity)) {
    return problem(`This can have at most ${option.max_length} characters.`)
  }
  return { kind: 'value', value: typed }
}

function boundsOf(option: APIApplicationCommandBasicOption): {
  readonly min_value?: number | undefined
  readonly max_value?: number | undefined
} {
  return 'min_value' in option || 'max_value' in option ? option : {}
}
