import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { Context } from 'hono'
import { encodingFor, isUnchanged } from './negotiate.ts'
import type { ReaderOf } from './reader.ts'
import { touchEntry } from './touch-entry.ts'

/** What a page is made of: the same object for as long as the page would be the same. */
export interface Source {
  /** From here on it is to be asked for again. UTC milliseconds. */
  readonly until: number
}

export interface PublicDocument {
  /** The address as a browser sends it, with the part of its query that matters. */
  readonly path: string
  readonly source: Source
  readonly render: () => string | Promise<string>
  /** HTML unless said otherwise. */
  readonly type?: string
}

/**
 * Pages and feeds that are the same for everybody of one locale: rendered and compressed once, sent many times.
 */
export interface PublicPages {
  /** Sends a document: asked again each time, but only sent when it changed. */
  send(c: Context, document: PublicDocument): Promise<Response>
  /**
   * Answers from memory, before anything else has looked at the request; false leaves it to the app. A page that has
   * become too old is left to the app for one visitor, and is good enough for the others while that one waits.
   */
  answerEarly(request: IncomingMessage, response: ServerResponse): boolean
}

/** How long others are given a page while somebody waits for the next one. Milliseconds. */
const GRACE_MS = 1_000
const MOST_PAGES = 1_000

type Variant = 'br' | 'gzip' | 'identity'
type Bytes = Uint8Array<ArrayBuffer>

interface Page {
  readonly text: string
  readonly etag: string
  readonly bodies: Readonly<Record<Variant, Bytes>>
  /** For `writeHead`: name, value, name, value, with the headers that every answer carries. */
  readonly heads: Readonly<Record<Variant, string[]>>
  readonly unchanged: string[]
}

interface Entry {
  source: Source | null
  making: Promise<Page> | null
  page: Page | null
  /** UTC milliseconds. */
  until: number
  inGrace: boolean
}

/**
 * `everywhere` are the headers that every answer carries; `onEarly` is told of each answer from memory, with the
 * milliseconds it took.
 */
export function createPublicPages(options: {
  readonly everywhere: Readonly<Record<string, string>>
  readonly readerOf: ReaderOf
  readonly now: () => number
  readonly onEarly: (method: string, status: number, ms: number) => void
}): PublicPages {
  const { readerOf, now, onEarly } = options
  const everywhere = Object.entries(options.everywhere).flat()
  const entries = new Map<string, Entry>()
  const keyOf = (path: string, acceptLanguage: string | undefined) =>
    `${readerOf(acceptLanguage).locale} ${path}`

  const touch = (key: string): Entry =>
    touchEntry(entries, key, MOST_PAGES, () => ({
      source: null,
      making: null,
      page: null,
      until: 0,
      inGrace: false,
    }))

  async function make(before: Page | null, { render, type }: PublicDocument): Promise<Page> {
    // What a template makes is a String object.
    const text = String(await render())
    if (before?.text === text) return before
    return makePage(text, type ?? 'text/html; charset=utf-8', everywhere)
  }

  async function current(key: string, document: PublicDocument): Promise<Page> {
    const { source } = document
    const entry = touch(key)
    if (entry.source !== source || !entry.making) {
      entry.source = source
      entry.making = make(entry.page, document)
    }
    try {
      const page = await entry.making
      if (entry.source === source) Object.assign(entry, { page, until: source.until, inGrace: false })
      return page
    } catch (error) {
      // A page that could not be made is no page: the next visitor tries again.
      if (entry.source === source) entry.making = null
      throw error
    }
  }

  return {
    async send(c, document) {
      const page = await current(keyOf(document.path, c.req.header('accept-language')), document)
      const unchanged = isUnchanged(c.req.header('if-none-match'), page.etag)
      const variant = encodingFor(c.req.header('accept-encoding'))
      const head = unchanged ? page.unchanged : page.heads[variant]
      for (let i = 0; i < head.length; i += 2) c.header(head[i] ?? '', head[i + 1] ?? '')
      return unchanged ? c.body(null, 304) : c.body(page.bodies[variant])
    },

    answerEarly(request, response) {
      const { method, url = '', headers } = request
      if (method !== 'GET' && method !== 'HEAD') return false
      const key = keyOf(url, headers['accept-language'])
      const entry = entries.get(key)
      if (!entry?.page) return false
      if (entry.until <= now()) {
        if (entry.inGrace) entries.delete(key)
        entry.until = now() + GRACE_MS
        entry.inGrace = true
        return false
      }
      touch(key)
      const began = performance.now()
      const { page } = entry
      const unchanged = isUnchanged(headers['if-none-match'], page.etag)
      if (unchanged) {
        response.writeHead(304, page.unchanged).end()
      } else {
        const encoding = headers['accept-encoding']
        const variant = encodingFor(Array.isArray(encoding) ? encoding.join() : encoding)
        response.writeHead(200, page.heads[variant]).end(page.bodies[variant])
      }
      onEarly(method, unchanged ? 304 : 200, performance.now() - began)
      return true
    },
  }
}

const compressBrotli = promisify(brotliCompress)
const compressGzip = promisify(gzip)

async function makePage(text: string, type: string, everywhere: readonly string[]): Promise<Page> {
  const plain = Buffer.from(text)
  const [br, gzipped] = await Promise.all([
    compressBrotli(plain, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: 5,
        [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
        [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
      },
    }),
    compressGzip(plain),
  ])
  const bodies = { br: new Uint8Array(br), gzip: new Uint8Array(gzipped), identity: new Uint8Array(plain) }
  const etag = `W/"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`
  const unchanged = [
    ...everywhere,
    ...['cache-control', 'public, no-cache', 'etag', etag, 'vary', 'accept-encoding, accept-language'],
  ]
  const headOf = (variant: Variant) => [
    ...unchanged,
    ...['content-type', type, 'content-length', String(bodies[variant].length)],
    ...(variant === 'identity' ? [] : ['content-encoding', variant]),
  ]
  const heads = { br: headOf('br'), gzip: headOf('gzip'), identity: headOf('identity') }
  return { text, etag, bodies, heads, unchanged }
}
