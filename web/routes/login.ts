import type { Context } from 'hono'
import { renderProblem } from '../pages/problem.ts'
import { sendPrivate } from '../respond.ts'
import { beginVisit, endVisit, forgetSession, isOurForm, keepSession } from '../session.ts'
import { siteFor } from '../site.ts'
import type { WebApp, WebDeps } from '../web-deps.ts'

/** Log in with Discord and out again. Core asks Discord; here are the browser's cookies. */
export function addLogin(app: WebApp, deps: WebDeps): void {
  app.get('/login', async (c) => {
    const next = (c.req.query('next') ?? '/').slice(0, 500)
    const { url, state } = await deps.core.beginLogin({ next }, { requestId: c.get('requestId') })
    beginVisit(c, deps, 'login', state)
    c.header('cache-control', 'no-store')
    return c.redirect(url, 303)
  })

  app.get('/login/return', async (c) => {
    const { state, code } = readReturn(c)
    if (!endVisit(c, deps, 'login', state)) {
      return sendPrivate(c, renderProblem(siteFor(c, deps), { kind: 'login_lost' }), 400)
    }
    const options = { requestId: c.get('requestId') }
    const { session, expiresAt, next } = await deps.core.finishLogin({ state, code }, options)
    keepSession(c, deps, session, expiresAt, deps.now())
    c.header('cache-control', 'no-store')
    return c.redirect(next, 303)
  })

  app.post('/logout', async (c) => {
    if (!isOurForm(c, deps))
      return sendPrivate(c, renderProblem(siteFor(c, deps), { kind: 'foreign_form' }), 403)
    forgetSession(c, deps)
    c.header('cache-control', 'no-store')
    return c.redirect('/', 303)
  })
}

/** What Discord or Twitch sends a browser back with; `code` is null when the person refused. */
export function readReturn(c: Context): { readonly state: string; readonly code: string | null } {
  // Longer than any of theirs is made up; core would not take it.
  const short = (text: string | undefined, most: number) => (text && text.length <= most ? text : null)
  return { state: short(c.req.query('state'), 300) ?? '', code: short(c.req.query('code'), 500) }
}
