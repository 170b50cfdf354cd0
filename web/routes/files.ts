import { encodingFor } from '../negotiate.ts'
import type { WebApp, WebDeps } from '../web-deps.ts'

/** Stylesheet, fonts, scripts and drawings, the few files with a fixed address, and the two health answers. */
export function addFiles(app: WebApp, deps: WebDeps): void {
  app.get('/assets/:name', (c) => {
    const asset = deps.assets.get(c.req.param('name'))
    if (!asset) return c.notFound()
    c.header('cache-control', 'public, max-age=31536000, immutable')
    c.header('content-type', asset.type)
    if (!asset.br || !asset.gzip) return c.body(asset.bytes)
    c.header('vary', 'accept-encoding')
    const encoding = encodingFor(c.req.header('accept-encoding'))
    if (encoding === 'identity') return c.body(asset.bytes)
    c.header('content-encoding', encoding)
    return c.body(encoding === 'br' ? asset.br : asset.gzip)
  })
  app.get('/favicon.svg', (c) => {
    const icon = deps.assets.named('favicon.svg')
    if (!icon) return c.notFound()
    c.header('cache-control', 'public, max-age=86400')
    c.header('content-type', icon.type)
    return c.body(icon.bytes)
  })
  app.get('/livez', (c) => c.json({ ok: true }))
  // Ready without core, too: the last good pages and a calm 503 are answers.
  app.get('/readyz', (c) => c.json({ ok: !deps.leaving.aborted }, deps.leaving.aborted ? 503 : 200))
}
