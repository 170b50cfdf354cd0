import type { Context } from 'hono'
import { ExportKind, Month } from '#contract'
import { parseLinkToken } from '../link-token.ts'
import { renderStatement } from '../pages/statement.ts'
import { sendPrivate } from '../respond.ts'
import { siteFor } from '../site.ts'
import type { WebApp, WebDeps } from '../web-deps.ts'

/** A large export is more than one page of the books, and may have to ask Stripe. */
const EXPORT_TIMEOUT_MS = 60_000

/** A builder's months, and their own records as tables to keep. */
export function addStatement(app: WebApp, deps: WebDeps): void {
  app.get('/statement/:token', async (c) => {
    const token = parseLinkToken(c.req.param('token'))
    const month = readMonth(c) ?? new Date(deps.now()).toISOString().slice(0, 7)
    const statement = await deps.core.statement({ token, month }, { requestId: c.get('requestId') })
    return sendPrivate(c, renderStatement(siteFor(c, deps), statement, token))
  })
  app.get('/statement/:token/:file{[a-z]+\\.csv}', async (c) => {
    const token = parseLinkToken(c.req.param('token'))
    const kind = ExportKind.safeParse(c.req.param('file').slice(0, -'.csv'.length))
    if (!kind.success) return c.notFound()
    const { filename, csv } = await deps.core.exportCsv(
      { token, kind: kind.data, month: readMonth(c) },
      { requestId: c.get('requestId'), timeoutMs: EXPORT_TIMEOUT_MS },
    )
    c.header('cache-control', 'no-store')
    c.header('x-robots-tag', 'noindex')
    c.header('content-type', 'text/csv; charset=utf-8; header=present')
    c.header('content-disposition', `attachment; filename="${filename}"`)
    return c.body(csv)
  })
}

/** The month in the address; null for none, and for what is no month. */
function readMonth(c: Context): Month | null {
  return Month.safeParse(c.req.query('month')).data ?? null
}
