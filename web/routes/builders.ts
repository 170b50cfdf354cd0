import { type IdentityView, Snowflake } from '#contract'
import type { CatalogueReader } from '../catalogue.ts'
import { createLastGood } from '../last-good.ts'
import { renderBuilder } from '../pages/builder.ts'
import { renderVerify } from '../pages/verify.ts'
import { sendPrivate } from '../respond.ts'
import { siteFor } from '../site.ts'
import type { WebApp, WebDeps } from '../web-deps.ts'

export function addBuilders(app: WebApp, deps: WebDeps, readCatalogue: CatalogueReader): void {
  const kept = createLastGood<IdentityView>({
    freshMs: 1_000,
    keepMs: 60 * 60_000,
    maxEntries: 1_000,
    now: deps.now,
  })

  // Who asks whether somebody is real is told what holds now, or nothing.
  const asked = createLastGood<IdentityView>({ freshMs: 1_000, keepMs: 0, maxEntries: 1_000, now: deps.now })

  app.get('/builders/:id/verify', async (c) => {
    const userId = Snowflake.safeParse(c.req.param('id'))
    if (!userId.success) return c.notFound()
    const options = { requestId: c.get('requestId'), timeoutMs: 3_000 }
    const { value } = await asked.ask(userId.data, () => deps.core.identify({ userId: userId.data }, options))
    return sendPrivate(c, renderVerify(siteFor(c, deps), userId.data, value))
  })

  app.get('/builders/:id', async (c) => {
    const userId = Snowflake.safeParse(c.req.param('id'))
    if (!userId.success) return c.notFound()
    const requestId = c.get('requestId')
    const [identity, catalogue] = await Promise.all([
      kept.ask(userId.data, () =>
        deps.core.identify({ userId: userId.data }, { requestId, timeoutMs: 3_000 }),
      ),
      readCatalogue(requestId),
    ])
    const { builder, channel } = identity.value
    // Who has applied is nobody's business yet.
    if (!builder || builder.status === 'applied') return c.notFound()
    const render = () => {
      const { older } = catalogue.value
      const drops = catalogue.value.drops.filter((drop) => drop.builder.userId === userId.data)
      const staleSince = catalogue.staleSince ?? identity.staleSince
      return renderBuilder(siteFor(c, deps), builder, channel, drops, {
        now: deps.now(),
        staleSince,
        older,
      })
    }
    return deps.pages.send(c, { path: `/builders/${userId.data}`, source: catalogue, render })
  })
}
