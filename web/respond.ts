import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Html } from './pages/layout.ts'
import type { WebEnv } from './web-deps.ts'

/**
 * Sends a page that belongs to one person or one moment: kept nowhere, found by no search engine, and not
 * compressed, because it carries a secret in its links.
 */
export async function sendPrivate(
  c: Context<WebEnv>,
  page: Html,
  status: ContentfulStatusCode = 200,
): Promise<Response> {
  c.header('cache-control', 'no-store')
  c.header('x-robots-tag', 'noindex')
  c.header('content-type', 'text/html; charset=utf-8')
  return c.body(String(await page), status)
}
