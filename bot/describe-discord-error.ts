import { DiscordAPIError, HTTPError } from '@discordjs/rest'

/** Errors of Discord's library carry addresses with tokens in them, so only their facts are kept. */
export function describeDiscordError(error: unknown): object | undefined {
  if (error instanceof DiscordAPIError) {
    const { name, code, status, method, message } = error
    return { name, code, status, method, message }
  }
  if (error instanceof HTTPError) {
    const { name, status, method } = error
    return { name, status, method }
  }
  return undefined
}
