import type { Context, Hono } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import { html } from 'hono/html'
import type { Html } from '../stand-in-page.ts'
import { renderPage } from './page.ts'
import type { Env, Stand } from './stand.ts'
import { makeToken } from './tables.ts'

const CODE_LIVES_MS = 5 * 60_000
const SHOWN = 8
/** Who is signed in here in this browser. Ports share cookies, so the name is one of its own. */
const COOKIE = 'local_twitch_login'

interface Wish {
  readonly client_id: string
  readonly redirect_uri: string
  readonly response_type: string
  readonly scope: string
  readonly state: string
  readonly force_verify: string
}

/**
 * Where a person is asked whether the app may know their account: `/oauth2/authorize`. Somebody who is signed in and
 * has agreed before is sent back at once, unless `force_verify` is true.
 */
export function mountAuthorizePage(hono: Hono<Env>, stand: Stand): void {
  const { app, tables, clock, log } = stand
  const path = '/oauth2/authorize'

  hono.get(path, (c) => {
    const wish = toWish(c.req.query())
    const problem = problemWith(wish)
    if (problem) return refuse(c, problem)
    const signedIn = getCookie(c, COOKIE)
    const grant = signedIn === undefined ? undefined : tables.grants.get(signedIn)
    if (grant && wish.force_verify !== 'true' && scopesOf(wish).every((one) => grant.scope.includes(one)))
      return agree(c, wish, grant.userId)
    return c.html(renderChoice(stand, wish))
  })

  hono.post(path, async (c) => {
    const form = Object.fromEntries(new URLSearchParams(await c.req.text()))
    const wish = toWish(form)
    const problem = problemWith(wish)
    if (problem) return refuse(c, problem)
    if (form.deny !== undefined)
      return sendBack(c, wish, {
        error: 'access_denied',
        error_description: 'The user denied you access',
        state: wish.state,
      })
    const login = (form.login ?? '').trim().toLowerCase()
    const user = form.user
      ? tables.users.get(form.user)
      : tables.users.values().find((one) => one.login === login)
    if (!user) return c.html(renderChoice(stand, wish, 'There is nobody of that name.'), 400)
    return agree(c, wish, user.id)
  })

  function problemWith(wish: Wish): string | null {
    if (wish.client_id !== app.clientId) return 'There is no app with this client id.'
    if (!app.redirectUris.includes(wish.redirect_uri))
      return 'The app did not register this redirect_uri. It must be the registered one, to the letter.'
    if (wish.response_type === 'code') return null
    log(`NOT BUILT: local Twitch has no response_type ${wish.response_type} at GET ${path}`)
    return 'The local Twitch has only response_type=code.'
  }

  function agree(c: Context, wish: Wish, userId: string): Response {
    const scope = scopesOf(wish)
    const before = tables.grants.get(userId)?.scope ?? []
    tables.grants.set(userId, { userId, scope: [...new Set([...before, ...scope])] })
    const code = makeToken()
    tables.codes.set(code, {
      code,
      userId,
      redirectUri: wish.redirect_uri,
      scope,
      expiresAt: clock() + CODE_LIVES_MS,
    })
    setCookie(c, COOKIE, userId, { path, httpOnly: true, sameSite: 'Lax' })
    return sendBack(c, wish, { code, scope: wish.scope, state: wish.state })
  }

  function sendBack(c: Context, wish: Wish, answer: Readonly<Record<string, string>>): Response {
    const url = new URL(wish.redirect_uri)
    for (const [name, value] of Object.entries(answer)) url.searchParams.set(name, value)
    return c.redirect(url.href, 302)
  }

  function refuse(c: Context, problem: string) {
    return c.html(renderPage('Not possible', html`<h1>That does not work.</h1><p>${problem}</p>`), 400)
  }
}

function toWish(given: Readonly<Record<string, string | undefined>>): Wish {
  const { client_id = '', redirect_uri = '', response_type = '', scope = '', state = '' } = given
  return { client_id, redirect_uri, response_type, scope, state, force_verify: given.force_verify ?? '' }
}

function scopesOf({ scope }: Wish): string[] {
  return scope.split(' ').filter((one) => one !== '')
}

function renderChoice({ tables, url }: Stand, wish: Wish, problem: string | null = null): Html {
  const users = tables.users.values()
  const scopes = scopesOf(wish)
  return renderPage(
    'May the app know you?',
    html`<h1>The shop would like to know your Twitch account</h1>
<p>${
      scopes.length === 0
        ? 'It asks who you are, and for nothing else: no email address, no right to do anything.'
        : html`It asks who you are, and for: ${scopes.join(', ')}.`
    }</p>
${problem ? html`<p class="problem" role="alert">${problem}</p>` : ''}
<form method="post" action="/oauth2/authorize">
${Object.entries(wish).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<div class="accounts">${users
      .slice(0, SHOWN)
      .map(
        ({ id, login, display_name }) =>
          html`<button name="user" value="${id}"><img src="${url()}/pictures/${login}.svg" alt=""><span>Go on as ${display_name}</span></button>`,
      )}</div>
${
  users.length > SHOWN
    ? html`<label for="login">Somebody else, by login</label><div class="row"><input id="login" name="login" autocomplete="off"><button>Go on</button></div>`
    : ''
}
<p><button class="quiet" name="deny" value="yes">No, go back</button></p>
</form>
<p class="note">On the real Twitch you would sign in here.</p>`,
  )
}
