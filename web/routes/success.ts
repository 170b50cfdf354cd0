import { parseLinkToken, parseLook } from '../link-token.ts'
import { renderOrder } from '../pages/order.ts'
import { sendPrivate } from '../respond.ts'
import { siteFor } from '../site.ts'
import type { WebApp, WebDeps } from '../web-deps.ts'

/** Where Stripe's page leads after paying. The address proves nothing: core says how the order really stands. */
export function addSuccess(app: WebApp, deps: WebDeps): void {
  app.get('/success', async (c) => {
    const token = parseLinkToken(c.req.query('order'))
    const order = await deps.core.orderForReturn({ token }, { requestId: c.get('requestId') })
    return sendPrivate(
      c,
      renderOrder(siteFor(c, deps), { order, token, page: 'success', look: parseLook(c) }),
    )
  })
}
