import { parseLinkToken } from '../link-token.ts'
import { renderConnectDashboard, renderConnectReturn, renderConnectStart } from '../pages/connect.ts'
import { sendPrivate } from '../respond.ts'
import { contentSecurityPolicy } from '../security-headers.ts'
import { siteFor } from '../site.ts'
import type { WebApp, WebDeps } from '../web-deps.ts'

/**
 * A builder's way to Stripe and back. Stripe's onboarding addresses live for minutes and work once, and chat programs
 * open every link to preview it: so a GET only shows a button, and the POST behind it fetches the address.
 */
export function addConnect(app: WebApp, deps: WebDeps): void {
  // The form's answer redirects to wherever core says Stripe is; over plain http only when we are on plain http.
  const policy = contentSecurityPolicy(deps.origin.startsWith('https:') ? 'https:' : 'https: http:')

  app.get('/connect/start/:token', (c) => {
    const token = parseLinkToken(c.req.param('token'))
    c.header('content-security-policy', policy)
    return sendPrivate(c, renderConnectStart(siteFor(c, deps), token))
  })
  app.post('/connect/start/:token', async (c) => {
    const token = parseLinkToken(c.req.param('token'))
    const { url } = await deps.core.openOnboarding({ token }, { requestId: c.get('requestId') })
    c.header('cache-control', 'no-store')
    return c.redirect(url, 303)
  })
  app.get('/connect/dashboard/:token', (c) => {
    const token = parseLinkToken(c.req.param('token'))
    c.header('content-security-policy', policy)
    return sendPrivate(c, renderConnectDashboard(siteFor(c, deps), token))
  })
  app.post('/connect/dashboard/:token', async (c) => {
    const token = parseLinkToken(c.req.param('token'))
    const { url } = await deps.core.openDashboard({ token }, { requestId: c.get('requestId') })
    c.header('cache-control', 'no-store')
    return c.redirect(url, 303)
  })
  app.get('/connect/return/:token', async (c) => {
    const token = parseLinkToken(c.req.param('token'))
    const builder = await deps.core.returnFromOnboarding({ token }, { requestId: c.get('requestId') })
    return sendPrivate(c, renderConnectReturn(siteFor(c, deps), builder, token))
  })
}
