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

/** True when the browser already has the version with this tag; `known` is its If-None-Match. */
export function isUnchanged(known: string | undefined, etag: string): boolean {
  if (!known) return false
  const plain = (tag: string) => tag.trim().replace(/^W\//, '')
  return known === '*' || known.split(',').some((tag) => plain(tag) === plain(etag))
}

/** The best encoding that an Accept-Encoding takes: named, and not refused with q=0. */
export function encodingFor(accepted: string | undefined): 'br' | 'gzip' | 'identity' {
  const offers = (accepted ?? '').split(',').map((offer) => offer.trim().split(';'))
  const takes = (encoding: string) =>
    offers.some(([name, weight]) => name === encoding && !/^\s*q=0(\.0*)?$/.test(weight ?? ''))
  return takes('br') ? 'br' : takes('gzip') ? 'gzip' : 'identity'
}
