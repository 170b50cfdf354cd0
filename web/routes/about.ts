import { renderAbout } from '../pages/about.ts'
import { siteFor } from '../site.ts'
import type { WebApp, WebDeps } from '../web-deps.ts'

const NEVER_CHANGES = { until: Number.POSITIVE_INFINITY }

export function addAbout(app: WebApp, deps: WebDeps): void {
  app.get('/about', (c) => {
    const render = () => renderAbout(siteFor(c, deps))
    return deps.pages.send(c, { path: '/about', source: NEVER_CHANGES, render })
  })
}
