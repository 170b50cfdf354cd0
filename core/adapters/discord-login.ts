import { z } from 'zod'
import { AppError } from '#contract'
import type { Identity } from '../ports/identity.ts'

const TIMEOUT_MS = 10_000
const Token = z.object({ access_token: z.string() })
const User = z.object({
  id: z.string().regex(/^\d{17,20}$/),
  username: z.string(),
  global_name: z.string().nullish(),
})

/** Log in with Discord (OAuth2, scope `identify`). Its tokens are used once and let go. */
export function createDiscordLogin(options: {
  readonly clientId: string
  readonly clientSecret: string
  /** Up to and without the version, e.g. `https://discord.com/api`. */
  readonly apiBase: string
  readonly redirectUrl: string
}): Identity {
  const { clientId, clientSecret, apiBase, redirectUrl } = options

  async function ask<T>(schema: z.ZodType<T>, path: string, init: RequestInit): Promise<T> {
    let response: Response
    let body: unknown
    try {
      response = await fetch(`${apiBase}/v10/${path}`, {
        ...init,
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      body = await response.json()
    } catch {
      // Without a cause: it may show what was sent.
      throw new AppError('unavailable', 'Discord does not answer right now; please try again in a moment.')
    }
    // A code that is used, old or made up. What is wrong with our own settings is 401, and ours to be told of.
    if (response.status === 400) throw new AppError('login_refused')
    const parsed = schema.safeParse(body)
    if (!response.ok || !parsed.success) {
      throw new AppError('unavailable', `Discord answered ${response.status} to ${path}`)
    }
    return parsed.data
  }

  return {
    authorizeUrl(state) {
      const query = new URLSearchParams({
        response_type: 'code',
        client_id: clientId,
        redirect_uri: redirectUrl,
        scope: 'identify',
        state,
      })
      // Without `prompt=none` Discord shows each time as whom the person goes on, and lets them be somebody else.
      return `${new URL('/oauth2/authorize', apiBase).href}?${query}`
    },
    async identify(code) {
      const { access_token } = await ask(Token, 'oauth2/token', {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'authorization_code',
          code,
          redirect_uri: redirectUrl,
          client_id: clientId,
          client_secret: clientSecret,
        }),
      })
      const { id, username, global_name } = await ask(User, 'users/@me', {
        headers: { authorization: `Bearer ${access_token}` },
      })
      return { userId: id, name: (global_name || username).slice(0, 100) }
    },
  }
}
