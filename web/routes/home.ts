import type { DropView } from '#contract'
import { createLastGood } from '../last-good.ts'
import { renderHome } from '../pages/home.ts'
import { siteFor } from '../site.ts'
import type { WebApp, WebDeps } from '../web-deps.ts'

/** The newest drops of each kind that the landing page shows. */
const OPEN_SHOWN = 60
const SOON_SHOWN = 6
const CLOSED_READ = 24

export function addHome(app: WebApp, deps: WebDeps): void {
  const kept = createLastGood<{ scheduled: DropView[]; open: DropView[]; closed: DropView[] }>({
    freshMs: 1_000,
    keepMs: 60 * 60_000,
    maxEntries: 1,
    now: deps.now,
  })

  app.get('/', async (c) => {
    const options = { requestId: c.get('requestId'), timeoutMs: 3_000 }
    const answer = await kept.ask('home', async () => {
      const [scheduled, open, closed] = await Promise.all([
        deps.core.listDrops({ status: 'scheduled', limit: SOON_SHOWN, cursor: null }, options),
        deps.core.listDrops({ status: 'open', limit: OPEN_SHOWN, cursor: null }, options),
        deps.core.listDrops({ status: 'closed', limit: CLOSED_READ, cursor: null }, options),
      ])
      return { scheduled: scheduled.drops, open: open.drops, closed: closed.drops }
    })
    return deps.pages.send(c, {
      path: '/',
      source: answer,
      render: () => renderHome(siteFor(c, deps), answer, deps.now()),
    })
  })
}
