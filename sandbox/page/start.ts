import { readdirSync, readFileSync } from 'node:fs'
import { createRequire, stripTypeScriptTypes } from 'node:module'
import { dirname, join } from 'node:path'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { renderShell, type ShellLinks } from './shell.ts'

const SECURITY_HEADERS = {
  // Pictures come from wherever the app's embeds point; everything else is this page's own.
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "img-src 'self' http: https: blob:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
} as const

export interface SandboxPage {
  readonly url: string
  readonly port: number
  close(): Promise<void>
}

/**
 * Serves the chat page where a person plays every part: the page itself, its browser modules and the people's routes.
 * `port` 0 takes a free one. Rejects with the system's error when the port is taken. `links` are the addresses of the
 * shop and of the other stand-ins, null where the real vendor is used.
 */
export async function startSandboxPage(options: {
  readonly host: string
  readonly port: number
  readonly people: Hono
  readonly links: ShellLinks
}): Promise<SandboxPage> {
  const files = loadFiles()
  const shell = String(await renderShell(options.links))
  const app = new Hono()

  app.use(async (c, next) => {
    await next()
    if (c.req.path.startsWith('/people/')) return
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) c.header(name, value)
    c.header('cache-control', 'no-cache')
  })
  app.route('/', options.people)
  app.get('/', (c) => c.html(shell))
  app.get('/favicon.ico', (c) => c.body(null, 204))
  app.get('/assets/*', (c) => {
    const file = files.get(c.req.path.slice('/assets/'.length))
    return file ? c.body(file.body, 200, { 'content-type': file.type }) : c.notFound()
  })

  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname: options.host, port: options.port }, (address) => {
      server.off('error', reject)
      resolve({
        url: `http://${options.host}:${address.port}`,
        port: address.port,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed())
            // Live streams stay open for as long as a tab does: waiting for them would be waiting for the person.
            if ('closeAllConnections' in server) server.closeAllConnections()
          }),
      })
    })
    server.once('error', reject)
  })
}

interface AssetFile {
  readonly type: string
  readonly body: Uint8Array<ArrayBuffer>
}

/** Everything under /assets/, read once. Browser modules are TypeScript here and plain JavaScript on the wire. */
function loadFiles(): Map<string, AssetFile> {
  const files = new Map<string, AssetFile>()
  const add = (name: string, type: string, body: Uint8Array | string) =>
    files.set(name, { type, body: new Uint8Array(Buffer.from(body)) })

  const modules = join(import.meta.dirname, 'browser')
  for (const name of readdirSync(modules).filter((file) => file.endsWith('.ts'))) {
    const stripped = stripTypeScriptTypes(readFileSync(join(modules, name), 'utf8'))
    const script = stripped.replaceAll(/(from\s+')(\.[^']+)\.ts'/g, "$1$2.js'")
    add(name.replace(/\.ts$/, '.js'), 'text/javascript; charset=utf-8', script)
  }
  add('page.css', 'text/css; charset=utf-8', readFileSync(join(import.meta.dirname, 'page.css')))

  const font = dirname(createRequire(import.meta.url).resolve('@fontsource-variable/nunito/package.json'))
  for (const name of ['wght.css', 'wght-italic.css']) {
    add(`nunito/${name}`, 'text/css; charset=utf-8', readFileSync(join(font, name)))
  }
  for (const name of readdirSync(join(font, 'files')).filter((file) => file.endsWith('.woff2'))) {
    add(`nunito/files/${name}`, 'font/woff2', readFileSync(join(font, 'files', name)))
  }
  return files
}
