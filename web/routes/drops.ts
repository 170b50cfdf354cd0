import { DropId, type DropView, type Output } from '#contract'
import type { CatalogueReader } from '../catalogue.ts'
import { DROPS_PER_PAGE, dropsPath, olderPath, parseDropQuery, searchDrops } from '../drop-search.ts'
import { createLastGood } from '../last-good.ts'
import { renderAllDrops } from '../pages/all-drops.ts'
import { renderDrop } from '../pages/drop.ts'
import { renderOlderDrops } from '../pages/older-drops.ts'
import { siteFor } from '../site.ts'
import type { WebApp, WebDeps } from '../web-deps.ts'

/** Of what `listDrops` takes. */
const LONGEST_CURSOR = 300

export function addDrops(app: WebApp, deps: WebDeps, readCatalogue: CatalogueReader): void {
  const kept = createLastGood<DropView>({
    freshMs: 1_000,
    keepMs: 60 * 60_000,
    maxEntries: 1_000,
    now: deps.now,
  })

  const keptOlder = createLastGood<Output<'listDrops'>>({
    freshMs: 60_000,
    keepMs: 60 * 60_000,
    maxEntries: 100,
    now: deps.now,
  })

  app.get('/drops', async (c) => {
    const query = parseDropQuery((name) => c.req.query(name))
    const catalogue = await readCatalogue(c.get('requestId'))
    const render = () => {
      const now = deps.now()
      const { drops, older } = catalogue.value
      const found = searchDrops(drops, query, now)
      const { staleSince } = catalogue
      return renderAllDrops(siteFor(c, deps), query, found, { now, staleSince, older })
    }
    return deps.pages.send(c, { path: dropsPath(query), source: catalogue, render })
  })

  // What is over for so long that it is not kept to be searched: core's own pages, one after another.
  app.get('/drops/older', async (c) => {
    const after = c.req.query('after') ?? ''
    if (after === '' || after.length > LONGEST_CURSOR) return c.redirect('/drops')
    const options = { requestId: c.get('requestId'), timeoutMs: 3_000 }
    const wanted = { status: 'closed', limit: DROPS_PER_PAGE, cursor: after } as const
    const answer = await keptOlder.ask(after, () => deps.core.listDrops(wanted, options))
    return deps.pages.send(c, {
      path: olderPath(after),
      source: answer,
      render: () => renderOlderDrops(siteFor(c, deps), answer, deps.now()),
    })
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
