import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'

const NAMES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  501: 'Not Implemented',
}

/** The envelope of api.twitch.tv. */
export function helixError(c: Context, status: ContentfulStatusCode, message: string): Response {
  return c.json({ error: NAMES[status], status, message }, status)
}

/** id.twitch.tv leaves the name of the error out. */
export function idError(c: Context, status: ContentfulStatusCode, message: string): Response {
  return c.json({ status, message }, status)
}

/** A wish at the controls that cannot be granted; `message` is one sentence for the person who had it. */
export class ControlError extends Error {
  override readonly name = 'ControlError'
  readonly status: 400 | 404 | 409
  constructor(status: 400 | 404 | 409, message: string) {
    super(message)
    this.status = status
  }
}
