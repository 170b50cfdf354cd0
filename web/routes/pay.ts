import { parseLinkToken, parseLook } from '../link-token.ts'
import { renderOrder } from '../pages/order.ts'
import { sendPrivate } from '../respond.ts'
import { siteFor } from '../site.ts'
import type { WebApp, WebDeps } from '../web-deps.ts'

/** Our own pay address, good for as long as the hold: leads to Stripe's page, or tells how the order stands. */
export function addPay(app: WebApp, deps: WebDeps): void {
  app.get('/pay/:token', async (c) => {
    const token = parseLinkToken(c.req.param('token'))
    const { order, url } = await deps.core.openPayment({ token }, { requestId: c.get('requestId') })
    if (order.status === 'held' && url !== null) {
      c.header('cache-control', 'no-store')
      return c.redirect(url, 303)
    }
    return sendPrivate(c, renderOrder(siteFor(c, deps), { order, token, page: 'pay', look: parseLook(c) }))
  })
}
