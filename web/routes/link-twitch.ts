import type { Context } from 'hono'
import { isAppError } from '#contract'
import { parseLinkToken } from '../link-token.ts'
import { renderTwitchLink, renderTwitchLinked } from '../pages/link-twitch.ts'
import { renderProblem } from '../pages/problem.ts'
import { sendPrivate } from '../respond.ts'
import { contentSecurityPolicy } from '../security-headers.ts'
import { beginVisit, endVisit, isOurForm, readSession } from '../session.ts'
import { siteFor } from '../site.ts'
import type { WebApp, WebDeps, WebEnv } from '../web-deps.ts'
import { readReturn } from './login.ts'

/**
 * A builder's way to Twitch and back. The link from Discord is good once, and chat programs open every link to preview
 * it: so a GET only tells whose link it is, and the POST behind its button uses it up. Core lets nobody on but the
 * person who asked for the link, and the browser that goes must be the one that comes back.
 */
export function addLinkTwitch(app: WebApp, deps: WebDeps): void {
  // The form's answer redirects to wherever core says Twitch is; over plain http only when we are on plain http.
  const policy = contentSecurityPolicy(deps.origin.startsWith('https:') ? 'https:' : 'https: http:')

  app.get('/link/twitch', (c) =>
    whileGood(c, async () => {
      const token = parseLinkToken(c.req.query('t'))
      const options = { requestId: c.get('requestId') }
      const link = await deps.core.readTwitchLink({ token, session: readSession(c) }, options)
      c.header('content-security-policy', policy)
      return sendPrivate(c, renderTwitchLink(siteFor(c, deps), link, token))
    }),
  )

  app.post('/link/twitch', (c) =>
    whileGood(c, async () => {
      if (!isOurForm(c, deps))
        return sendPrivate(c, renderProblem(siteFor(c, deps), { kind: 'foreign_form' }), 403)
      const token = parseLinkToken(c.req.query('t'))
      const session = readSession(c) ?? ''
      c.header('cache-control', 'no-store')
      try {
        const options = { requestId: c.get('requestId') }
        const { url, state } = await deps.core.openTwitchLink({ token, session }, options)
        beginVisit(c, deps, 'twitch', state)
        return c.redirect(url, 303)
      } catch (error) {
        // Logged out, or in as somebody else, since the page was made: the page itself says what to do.
        if (!isAppError(error, 'login_needed') && !isAppError(error, 'not_yours')) throw error
        return c.redirect(`/link/twitch?t=${encodeURIComponent(token)}`, 303)
      }
    }),
  )

  app.get('/link/twitch/return', (c) =>
    whileGood(c, async () => {
      const { state, code } = readReturn(c)
      if (!endVisit(c, deps, 'twitch', state)) {
        return sendPrivate(c, renderProblem(siteFor(c, deps), { kind: 'twitch_lost' }), 400)
      }
      const session = readSession(c) ?? ''
      const options = { requestId: c.get('requestId') }
      const channel = await deps.core.finishTwitchLink({ state, code, session }, options)
      return sendPrivate(c, renderTwitchLinked(siteFor(c, deps), channel))
    }),
  )

  /** A link that is used or old is told of in this page's own words. */
  async function whileGood(c: Context<WebEnv>, work: () => Promise<Response>): Promise<Response> {
    try {
      return await work()
    } catch (error) {
      if (!isAppError(error, 'link_invalid')) throw error
      return sendPrivate(c, renderProblem(siteFor(c, deps), { kind: 'twitch_link_over' }), 404)
    }
  }
}
