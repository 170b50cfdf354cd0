import { DropId, type DropView } from '#contract'
import type { CatalogueReader } from '../catalogue.ts'
import { dropsPath, parseDropQuery, searchDrops } from '../drop-search.ts'
import { createLastGood } from '../last-good.ts'
import { renderAllDrops } from '../pages/all-drops.ts'
import { renderDrop } from '../pages/drop.ts'
import { siteFor } from '../site.ts'
import type { WebApp, WebDeps } from '../web-deps.ts'

export function addDrops(app: WebApp, deps: WebDeps, readCatalogue: CatalogueReader): void {
  const kept = createLastGood<DropView>({
    freshMs: 1_000,
    keepMs: 60 * 60_000,
    maxEntries: 1_000,
    now: deps.now,
  })

  app.get('/drops', async (c) => {
    const query = parseDropQuery((name) => c.req.query(name))
    const catalogue = await readCatalogue(c.get('requestId'))
    const render = () => {
      const now = deps.now()
      const found = searchDrops(catalogue.value.drops, query, now)
      return renderAllDrops(siteFor(c, deps), query, found, { now, staleSince: catalogue.staleSince })
    }
    return deps.pages.send(c, { path: dropsPath(query), source: catalogue, render })
  })

  app.get('/drops/:id', async (c) => {
    const dropId = DropId.safeParse(c.req.param('id'))
    if (!dropId.success) return c.notFound()
    const options = { requestId: c.get('requestId'), timeoutMs: 3_000 }
    const answer = await kept.ask(dropId.data, () => deps.core.getDrop({ dropId: dropId.data }, options))
    return deps.pages.send(c, {
      path: `/drops/${dropId.data}`,
      source: answer,
      render: () => renderDrop(siteFor(c, deps), answer, deps.now()),
    })
  })
}
