import { DropId, type DropView } from '#contract'
import { createLastGood } from '../last-good.ts'
import { renderDrop } from '../pages/drop.ts'
import { pageOf, sendPublic } from '../respond.ts'
import type { WebApp, WebDeps } from '../web-deps.ts'

export function addDrops(app: WebApp, deps: WebDeps): void {
  const kept = createLastGood<DropView>({
    freshMs: 1_000,
    keepMs: 60 * 60_000,
    maxEntries: 1_000,
    now: deps.now,
  })

  app.get('/drops/:id', async (c) => {
    const dropId = DropId.safeParse(c.req.param('id'))
    if (!dropId.success) return c.notFound()
    const options = { requestId: c.get('requestId'), timeoutMs: 3_000 }
    const answer = await kept.ask(dropId.data, () => deps.core.getDrop({ dropId: dropId.data }, options))
    return sendPublic(c, await pageOf(answer, () => renderDrop(deps, answer, deps.now())))
  })
}
