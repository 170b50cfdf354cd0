import { DropId } from '#contract'
import type { CatalogueReader } from '../catalogue.ts'
import { createLiveDrops } from '../live-drops.ts'
import { siteFor } from '../site.ts'
import type { WebApp, WebDeps } from '../web-deps.ts'

/** As many as the longest page shows. */
const MOST_DROPS = 100
const MARK = /^[\w.-]{1,80}$/

/**
 * What changed on an open page, as server-sent events. The page says what it shows, as often as needed:
 * `drop=<id>~<mark>`. The events' ids are of no use to us: the marks say more.
 */
export function addLive(app: WebApp, deps: WebDeps, readCatalogue: CatalogueReader): void {
  const live = createLiveDrops({ ...deps, readCatalogue })

  app.get('/live', (c) => {
    c.header('cache-control', 'no-store')
    const site = siteFor(c, deps)
    const { plain } = site.reader.words
    const asked = (c.req.queries('drop') ?? []).slice(0, MOST_DROPS)
    const shown = new Map(asked.flatMap(parseShown))
    if (shown.size === 0) return c.text(plain.sayWhich, 400)
    c.header('content-type', 'text/event-stream; charset=utf-8')
    // Proxies would collect events to compress them together, or hold them back.
    c.header('cache-control', 'no-store, no-transform')
    c.header('x-accel-buffering', 'no')
    // Whoever asks for the headers alone would never leave a stream.
    if (c.req.method === 'HEAD') return c.body(null)
    const stream = live.listen(site, shown)
    if (stream) return c.body(stream)
    c.header('retry-after', '60')
    return c.text(plain.tooMany, 503)
  })
}

function parseShown(text: string): [string, string][] {
  const [id, mark = ''] = text.split('~')
  const dropId = DropId.safeParse(id)
  return dropId.success && MARK.test(mark) ? [[dropId.data, mark]] : []
}
