import { DiscordAPIError, HTTPError } from '@discordjs/rest'
import { type Logger, pino } from 'pino'
import type { Config } from './config.ts'

const SEVERITY: Record<string, string> = {
  trace: 'DEBUG',
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARNING',
  error: 'ERROR',
  fatal: 'CRITICAL',
}

/** The bot's log. Errors of Discord's library carry addresses with tokens in them, so only their facts are kept. */
export function createLog(config: Config['log'], to?: { write(line: string): void }): Logger {
  const cloud = config.format === 'cloud'
  return pino(
    {
      name: 'bot',
      level: config.level,
      serializers: { err: describeError },
      ...(cloud
        ? {
            messageKey: 'message',
            formatters: { level: (label: string) => ({ severity: SEVERITY[label] ?? 'DEFAULT' }) },
          }
        : {}),
    },
    to ?? pino.destination({ fd: 1, sync: true }),
  )
}

function describeError(error: unknown): unknown {
  if (error instanceof DiscordAPIError) {
    const { name, code, status, method, message } = error
    return { name, code, status, method, message }
  }
  if (error instanceof HTTPError) {
    const { name, status, method } = error
    return { name, status, method }
  }
  if (!(error instanceof Error)) return { message: String(error) }
  const { name, message, stack } = error
  return {
    name,
    message,
    stack,
    ...('code' in error ? { code: error.code } : {}),
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  }
}
