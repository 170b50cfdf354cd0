import { createHash } from 'node:crypto'
import type { Discord } from '../discord.ts'
import { C500 } from './c500.ts'
import { C500_OPERATOR } from './c500-operator.ts'

/** Every command of the bot, written by one PUT. */
export const COMMANDS = [C500, C500_OPERATOR] as const

/** What of a command is ours to decide; Discord's answer has ids, versions and empty defaults beside it. */
const KEYS = [
  'type',
  'name',
  'description',
  'default_member_permissions',
  'required',
  'autocomplete',
  'min_value',
  'max_value',
  'min_length',
  'max_length',
  'choices',
  'value',
  'options',
]

/**
 * Brings the guild's commands to ours by one bulk PUT, and only when they differ: Discord allows 200 creations a day.
 * Answers whether it wrote.
 */
export async function registerCommands(
  discord: Pick<Discord, 'readCommands' | 'writeCommands'>,
  applicationId: string,
  guildId: string,
): Promise<boolean> {
  const there = await discord.readCommands(applicationId, guildId)
  if (fingerprint(there) === fingerprint(COMMANDS)) return false
  await discord.writeCommands(applicationId, guildId, [...COMMANDS])
  return true
}

/** Equal for two lists of commands exactly when a person could not tell them apart. */
function fingerprint(commands: readonly unknown[]): string {
  return createHash('sha256')
    .update(JSON.stringify(commands.map((command) => JSON.stringify(normalise(command))).sort()))
    .digest('hex')
}

function normalise(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normalise)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
    .filter(([key, part]) => KEYS.includes(key) && !isEmpty(part))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, part]) => [key, normalise(part)])
  return Object.fromEntries(entries)
}

function isEmpty(part: unknown): boolean {
  return part === undefined || part === null || part === false || (Array.isArray(part) && part.length === 0)
}
