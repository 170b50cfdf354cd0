import { isAppError } from '#contract'
import { parseLinkToken } from '../link-token.ts'
import { renderNoReceipt, renderReceipt } from '../pages/receipt.ts'
import { sendPrivate } from '../respond.ts'
import { siteFor } from '../site.ts'
import type { WebApp, WebDeps } from '../web-deps.ts'

/** A buyer's receipt, for as long as the link lives. */
export function addReceipt(app: WebApp, deps: WebDeps): void {
  app.get('/receipt/:token', async (c) => {
    const token = parseLinkToken(c.req.param('token'))
    try {
      const receipt = await deps.core.receipt({ token }, { requestId: c.get('requestId') })
      return sendPrivate(c, renderReceipt(siteFor(c, deps), receipt))
    } catch (error) {
      if (!isAppError(error, 'not_paid')) throw error
      return sendPrivate(c, renderNoReceipt(siteFor(c, deps)), 404)
    }
  })
}
