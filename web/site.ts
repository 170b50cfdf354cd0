import type { Context } from 'hono'
import type { Site } from './pages/layout.ts'
import type { WebDeps } from './web-deps.ts'

/** The shop as the reader behind this request sees it. */
export function siteFor(c: Context, { assets, origin, inviteUrl, operator, readerOf }: WebDeps): Site {
  return { assets, origin, inviteUrl, operator, reader: readerOf(c.req.header('accept-language')) }
}
