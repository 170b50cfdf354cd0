import { isAppError, OrderId } from '#contract'
import { renderOrder } from '../pages/order.ts'
import { renderOrders, renderOrdersLogin } from '../pages/orders.ts'
import { sendPrivate } from '../respond.ts'
import { readSession } from '../session.ts'
import { siteFor } from '../site.ts'
import type { WebApp, WebDeps } from '../web-deps.ts'

/** A buyer's own orders, for whoever has logged in. */
export function addOrders(app: WebApp, deps: WebDeps): void {
  app.get('/orders', async (c) => {
    const session = readSession(c)
    if (session === null) return sendPrivate(c, renderOrdersLogin(siteFor(c, deps), '/orders'))
    // Longer than any of core's is made up.
    const cursor = c.req.query('after')?.slice(0, 300) ?? null
    try {
      const found = await deps.core.ordersOfVisitor({ session, cursor }, { requestId: c.get('requestId') })
      return sendPrivate(c, renderOrders(siteFor(c, deps), found, cursor !== null))
    } catch (error) {
      if (!isAppError(error, 'login_needed')) throw error
      return sendPrivate(c, renderOrdersLogin(siteFor(c, deps), '/orders'))
    }
  })

  app.get('/orders/:id', async (c) => {
    const orderId = OrderId.safeParse(c.req.param('id'))
    if (!orderId.success) return c.notFound()
    const login = () => sendPrivate(c, renderOrdersLogin(siteFor(c, deps), `/orders/${orderId.data}`))
    const session = readSession(c)
    if (session === null) return login()
    try {
      const options = { requestId: c.get('requestId') }
      const order = await deps.core.orderOfVisitor({ session, orderId: orderId.data }, options)
      return sendPrivate(c, renderOrder(siteFor(c, deps), { order, token: '', page: 'own', look: 0 }))
    } catch (error) {
      if (isAppError(error, 'login_needed')) return login()
      if (isAppError(error, 'order_not_found')) return c.notFound()
      throw error
    }
  })
}
