import { randomBytes } from 'node:crypto'
import { type Context, Hono } from 'hono'
import { APPLICATION } from '../cast.ts'
import type { RegisteredApp } from '../config.ts'
import type { State } from '../state.ts'
import { type LoginWish, renderChoice, renderProblem } from './login-page.ts'
import type { Memory } from './memory.ts'
import { toUser } from './views.ts'

export type Login = ReturnType<typeof createLogin>

/** What is entered for OAuth2 in Discord's developer portal; the client id is the application's. */
export type LoginApp = Omit<RegisteredApp, 'clientId'>

interface CodeRecord {
  readonly code: string
  readonly personId: string
  readonly redirectUri: string
  readonly expiresAt: number
}
interface TokenRecord {
  readonly token: string
  readonly personId: string
  readonly expiresAt: number
}

const CODE_LIVES_MS = 60_000
const TOKEN_LIVES_S = 604_800

/**
 * "Log in with Discord": the authorization code grant with the scope `identify`. Source: Discord's OAuth2 topic; error
 * bodies as its API answers them. The page asks every time, as Discord does without `prompt=none`.
 */
export function createLogin(deps: {
  memory: Memory
  state: State
  app: LoginApp
  log: (line: string) => void
}) {
  const { memory, state, app, log } = deps
  const codes = state.table<CodeRecord>('discord_login_codes')
  const tokens = state.table<TokenRecord>('discord_login_tokens')

  const page = new Hono()
  page.get('/oauth2/authorize', (c) => {
    const wish = toWish(c.req.query())
    const problem = problemWith(wish)
    if (problem) return c.html(renderProblem(problem), 400)
    return c.html(renderChoice(memory.people.values(), wish))
  })
  page.post('/oauth2/authorize', async (c) => {
    const form = await readForm(c)
    const wish = toWish(form)
    const problem = problemWith(wish)
    if (problem) return c.html(renderProblem(problem), 400)
    const person = memory.people.get(form.person ?? '')
    if (form.deny === undefined && !person)
      return c.html(renderChoice(memory.people.values(), wish, 'There is nobody of that name.'), 400)
    const back = new URL(wish.redirect_uri)
    if (person && form.deny === undefined) {
      const code = newSecret()
      const { redirect_uri: redirectUri } = wish
      codes.set(code, { code, personId: person.id, redirectUri, expiresAt: memory.now() + CODE_LIVES_MS })
      back.searchParams.set('code', code)
    } else {
      back.searchParams.set('error', 'access_denied')
      back.searchParams.set(
        'error_description',
        'The resource owner or authorization server denied the request',
      )
    }
    if (wish.state) back.searchParams.set('state', wish.state)
    return c.redirect(back.href, 302)
  })

  const api = new Hono()
  api.post('/oauth2/token', async (c) => {
    if (!c.req.header('content-type')?.startsWith('application/x-www-form-urlencoded'))
      return c.json({ error: 'invalid_request', error_description: 'The body must be form encoded.' }, 400)
    const form = await readForm(c)
    const { clientId, clientSecret } = credentialsOf(c, form)
    if (clientId !== APPLICATION.id || clientSecret !== app.clientSecret)
      return c.json({ error: 'invalid_client' }, 401)
    if (form.grant_type !== 'authorization_code') {
      log(`local Discord has no grant_type ${form.grant_type} at POST /oauth2/token`)
      return c.json({ error: 'unsupported_grant_type' }, 400)
    }
    const known = codes.get(form.code ?? '')
    // Whatever comes of it, a code works once.
    codes.delete(form.code ?? '')
    if (!known || known.expiresAt <= memory.now())
      return c.json({ error: 'invalid_grant', error_description: 'Invalid "code" in request.' }, 400)
    if (known.redirectUri !== form.redirect_uri)
      return c.json(
        { error: 'invalid_request', error_description: 'Invalid "redirect_uri" in request.' },
        400,
      )
    forgetOld()
    const token = newSecret()
    tokens.set(token, { token, personId: known.personId, expiresAt: memory.now() + TOKEN_LIVES_S * 1_000 })
    return c.json({
      token_type: 'Bearer',
      access_token: token,
      expires_in: TOKEN_LIVES_S,
      refresh_token: newSecret(),
      scope: 'identify',
    })
  })
  /** Before the bot's own route of the same path, which takes every other caller. */
  api.use('/users/@me', async (c, next) => {
    const [, token] = /^Bearer (\S+)$/.exec(c.req.header('authorization') ?? '') ?? []
    if (token === undefined) return next()
    const known = tokens.get(token)
    const person = known && known.expiresAt > memory.now() ? memory.people.get(known.personId) : undefined
    if (!person) return c.json({ message: '401: Unauthorized', code: 0 }, 401)
    return c.json({ ...toUser(person), mfa_enabled: false, locale: 'en-US', flags: 0 })
  })

  function problemWith(wish: LoginWish): string | null {
    if (wish.client_id !== APPLICATION.id) return 'There is no application with this client_id.'
    if (!app.redirectUris.includes(wish.redirect_uri))
      return 'Invalid OAuth2 redirect_uri: it must be one that the application registered, to the letter.'
    if (wish.response_type === 'code' && wish.scope === 'identify') return null
    log(`local Discord has no login with response_type ${wish.response_type} and scope ${wish.scope}`)
    return 'The local Discord knows response_type=code with scope=identify alone.'
  }

  function forgetOld(): void {
    const now = memory.now()
    for (const { token, expiresAt } of tokens.values()) if (expiresAt <= now) tokens.delete(token)
    for (const { code, expiresAt } of codes.values()) if (expiresAt <= now) codes.delete(code)
  }

  return { page, api }
}

function toWish(given: Readonly<Record<string, string | undefined>>): LoginWish {
  const { client_id = '', redirect_uri = '', response_type = '', scope = '', state = '' } = given
  return { client_id, redirect_uri, response_type, scope, state }
}

async function readForm(c: Context): Promise<Readonly<Record<string, string | undefined>>> {
  return Object.fromEntries(new URLSearchParams(await c.req.text()))
}

/** By HTTP Basic or in the body: Discord takes both. */
function credentialsOf(c: Context, form: Readonly<Record<string, string | undefined>>) {
  const [, basic] = /^Basic (\S+)$/.exec(c.req.header('authorization') ?? '') ?? []
  if (basic === undefined) return { clientId: form.client_id, clientSecret: form.client_secret }
  const [clientId, clientSecret] = Buffer.from(basic, 'base64').toString().split(':')
  return { clientId, clientSecret }
}

const newSecret = () => randomBytes(15).toString('hex')
