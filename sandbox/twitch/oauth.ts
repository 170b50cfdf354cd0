import type { Context, Hono } from 'hono'
import { disconnect, findUser } from './acts.ts'
import { idError } from './errors.ts'
import type { Env, Stand } from './stand.ts'
import { makeToken, type TokenRecord } from './tables.ts'

const APP_TOKEN_LIVES_S = 5_000_000
const USER_TOKEN_LIVES_S = 14_400

/** id.twitch.tv without its page: tokens by three grants, validate, revoke. Parameters come in a form body. */
export function mountOAuth(hono: Hono<Env>, stand: Stand): void {
  const { tables, app, clock, log } = stand

  hono.post('/oauth2/token', async (c) => {
    const form = await readForm(c)
    const { client_id: clientId, client_secret: secret, grant_type: grant } = form
    if (!clientId) return idError(c, 400, 'missing client id')
    if (clientId !== app.clientId) return idError(c, 400, 'invalid client')
    if (secret !== app.clientSecret) return idError(c, 403, 'invalid client secret')
    if (grant === 'client_credentials') {
      const token = issue({ userId: null, scope: [] }, APP_TOKEN_LIVES_S)
      return c.json({ access_token: token, expires_in: APP_TOKEN_LIVES_S, token_type: 'bearer' })
    }
    if (grant === 'authorization_code') return exchangeCode(c, form)
    if (grant === 'refresh_token') return refresh(c, form)
    if (!grant) return idError(c, 400, 'missing grant type')
    const message = `local Twitch has no grant_type ${grant} at POST /oauth2/token`
    log(`NOT BUILT: ${message}`)
    return idError(c, 501, message)
  })

  hono.get('/oauth2/validate', (c) => {
    const given = /^(?:OAuth|Bearer) (\S+)$/.exec(c.req.header('authorization') ?? '')?.[1]
    const token = tables.tokens.get(given ?? '')
    if (!token || (token.expiresAt ?? 0) <= clock()) return idError(c, 401, 'invalid access token')
    const user = token.userId === null ? null : findUser(stand, token.userId)
    return c.json({
      client_id: app.clientId,
      ...(user && { login: user.login }),
      scopes: user ? token.scope : null,
      ...(user && { user_id: user.id }),
      expires_in: Math.floor(((token.expiresAt ?? 0) - clock()) / 1000),
    })
  })

  hono.post('/oauth2/revoke', async (c) => {
    const { client_id: clientId, token = '' } = await readForm(c)
    if (!clientId) return idError(c, 400, 'missing client id')
    if (clientId !== app.clientId) return idError(c, 404, 'client does not exist')
    const known = tables.tokens.get(token)
    if (!known) return idError(c, 400, 'Invalid token')
    tables.tokens.delete(token)
    // Whether the real Twitch takes a revoked token for a withdrawn authorisation is not documented. The worse answer
    // is the safer one to live with.
    if (known.userId !== null) disconnect(stand, known.userId)
    return c.body(null, 200)
  })

  function exchangeCode(c: Context, { code = '', redirect_uri: redirectUri }: Form): Response {
    const record = tables.codes.get(code)
    // Whatever comes of it, a code works once.
    tables.codes.delete(code)
    if (!record || record.expiresAt <= clock()) return idError(c, 400, 'Invalid authorization code')
    if (redirectUri !== record.redirectUri)
      return idError(c, 400, 'Parameter redirect_uri does not match registered URI')
    if (!tables.grants.get(record.userId)) return idError(c, 400, 'Invalid authorization code')
    return c.json(issuePair(record))
  }

  function refresh(c: Context, { refresh_token: given = '' }: Form): Response {
    const known = tables.refreshTokens.get(given)
    if (!known) return idError(c, 400, 'Invalid refresh token')
    return c.json(issuePair(known, given))
  }

  function issue(owner: Pick<TokenRecord, 'userId' | 'scope'>, livesS: number): string {
    const token = makeToken()
    const { userId, scope } = owner
    tables.tokens.set(token, { token, userId, scope, expiresAt: clock() + livesS * 1000 })
    return token
  }

  function issuePair(owner: Pick<TokenRecord, 'userId' | 'scope'>, refreshToken = makeToken()) {
    const { userId, scope } = owner
    tables.refreshTokens.set(refreshToken, { token: refreshToken, userId, scope, expiresAt: null })
    return {
      access_token: issue(owner, USER_TOKEN_LIVES_S),
      expires_in: USER_TOKEN_LIVES_S,
      refresh_token: refreshToken,
      scope,
      token_type: 'bearer',
    }
  }
}

type Form = Readonly<Record<string, string | undefined>>

async function readForm(c: Context): Promise<Form> {
  if (!c.req.header('content-type')?.startsWith('application/x-www-form-urlencoded')) return {}
  return Object.fromEntries(new URLSearchParams(await c.req.text()))
}
