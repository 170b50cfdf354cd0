import { styleText } from 'node:util'

const LEVELS: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
}
/** What every line has and nobody reads, and what is drawn elsewhere. */
const UNREAD = new Set([
  'level',
  'severity',
  'time',
  'pid',
  'hostname',
  'name',
  'service',
  'requestId',
  'traceId',
  'msg',
  'message',
  'err',
])

/** One line of a service's JSON log for a person: `HH:MM:SS level message key=value`. Any other line stays as it is. */
export function renderLogLine(line: string): string {
  const entry = parseObject(line)
  if (!entry) return line
  const level = LEVELS[Number(entry.level)] ?? String(entry.severity ?? entry.level ?? 'info').toLowerCase()
  const parts = [
    typeof entry.time === 'number' || typeof entry.time === 'string' ? clockTime(entry.time) : '',
    colouredLevel(level),
    asText(entry.msg ?? entry.message ?? ''),
    ...Object.entries(entry)
      .filter(([key]) => !UNREAD.has(key))
      .map(([key, value]) => styleText('dim', `${key}=`) + asText(value)),
    errorText(entry.err),
  ]
  return parts.filter(Boolean).join(' ')
}

function parseObject(line: string): Record<string, unknown> | null {
  if (!line.startsWith('{')) return null
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch {
    return null
  }
}

function clockTime(time: number | string): string {
  const date = new Date(time)
  return Number.isNaN(date.getTime()) ? '' : styleText('dim', date.toTimeString().slice(0, 8))
}

function colouredLevel(level: string): string {
  const padded = level.padEnd(5)
  if (level === 'warn' || level === 'warning') return styleText('yellow', padded)
  return level === 'info' || level === 'debug' || level === 'trace' ? padded : styleText('red', padded)
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Where it happened, on lines of its own: an error without its stack helps nobody. */
function errorText(err: unknown): string {
  if (typeof err !== 'object' || err === null) return err === undefined ? '' : asText(err)
  const { stack, message } = err as { stack?: unknown; message?: unknown }
  return `\n    ${asText(stack ?? message ?? err).replaceAll('\n', '\n    ')}`
}
