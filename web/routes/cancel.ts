import { parseLinkToken } from '../link-token.ts'
import { renderOrder } from '../pages/order.ts'
import { sendPrivate } from '../respond.ts'
import { siteFor } from '../site.ts'
import type { WebApp, WebDeps } from '../web-deps.ts'

/** Where Stripe's page leads when the buyer turns back. Nothing is let go here: that is one press in Discord. */
export function addCancel(app: WebApp, deps: WebDeps): void {
  app.get('/cancel', async (c) => {
    const token = parseLinkToken(c.req.query('order'))
    const { order } = await deps.core.openPayment({ token }, { requestId: c.get('requestId') })
    return sendPrivate(c, renderOrder(siteFor(c, deps), { order, token, page: 'cancel', look: 0 }))
  })
}
