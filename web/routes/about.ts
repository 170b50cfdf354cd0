import { renderAbout } from '../pages/about.ts'
import { pageOf, sendPublic } from '../respond.ts'
import { siteFor } from '../site.ts'
import type { WebApp, WebDeps } from '../web-deps.ts'

export function addAbout(app: WebApp, deps: WebDeps): void {
  app.get('/about', async (c) => {
    const site = siteFor(c, deps)
    return sendPublic(c, await pageOf(deps, site.reader.locale, () => renderAbout(site)))
  })
}
