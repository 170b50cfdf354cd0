import { createHash } from 'node:crypto'
import { brotliCompressSync, constants } from 'node:zlib'
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Html } from './pages/layout.ts'
import type { WebEnv } from './web-deps.ts'

/** A page for everybody, rendered once and sent many times. */
export interface PublicPage {
  readonly text: string
  readonly br: Uint8Array<ArrayBuffer>
  readonly etag: string
}

const made = new WeakMap<object, Map<string, Promise<PublicPage>>>()
/** Visitors ask for a few of an answer's pages; who asks for all of them waits while each is made. */
const MOST_VARIANTS = 100

/**
 * The page made of a kept answer; made once for as long as the answer is the same object. `variant` tells the pages of
 * one answer apart: the reader's locale, and what else the page depends on.
 */
export function pageOf(answer: object, variant: string, render: () => Html): Promise<PublicPage> {
  const variants = made.get(answer) ?? new Map<string, Promise<PublicPage>>()
  made.set(answer, variants)
  const known = variants.get(variant)
  if (known) return known
  const page = makePage(render)
  if (variants.size < MOST_VARIANTS) variants.set(variant, page)
  // A page that could not be made is no page: the next visitor tries again.
  page.catch(() => variants.delete(variant))
  return page
}

async function makePage(render: () => Html): Promise<PublicPage> {
  const text = String(await render())
  const br = new Uint8Array(brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }))
  return { text, br, etag: `W/"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"` }
}

/** Sends a page that is the same for everybody: asked again each time, but only sent when it changed. */
export function sendPublic(c: Context<WebEnv>, page: PublicPage): Response {
  c.header('cache-control', 'public, no-cache')
  c.header('etag', page.etag)
  c.header('vary', 'accept-encoding, accept-language')
  if (isUnchanged(c, page.etag)) return c.body(null, 304)
  c.header('content-type', 'text/html; charset=utf-8')
  if (!accepts(c, 'br')) return c.body(page.text)
  c.header('content-encoding', 'br')
  return c.body(page.br)
}

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

/** True when the browser already has the version with this tag. */
export function isUnchanged(c: Context, etag: string): boolean {
  const known = c.req.header('if-none-match')
  if (!known) return false
  const plain = (tag: string) => tag.trim().replace(/^W\//, '')
  return known === '*' || known.split(',').some((tag) => plain(tag) === plain(etag))
}

/** Whether the browser takes an encoding: named, and not refused with q=0. */
export function accepts(c: Context, encoding: 'br' | 'gzip'): boolean {
  const offers = (c.req.header('accept-encoding') ?? '').split(',').map((offer) => offer.trim().split(';'))
  return offers.some(([name, weight]) => name === encoding && !/^\s*q=0(\.0*)?$/.test(weight ?? ''))
}
