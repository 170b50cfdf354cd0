import type { Html, Site } from '../pages/layout.ts'
import { renderPaper } from '../pages/paper.ts'
import { siteFor } from '../site.ts'
import type { WebApp, WebDeps } from '../web-deps.ts'

const NEVER_CHANGES = { until: Number.POSITIVE_INFINITY }

/** Pages that say the same until the next version of them. */
export function addPapers(app: WebApp, deps: WebDeps): void {
  function add(path: string, render: (site: Site) => Html): void {
    app.get(path, (c) =>
      deps.pages.send(c, { path, source: NEVER_CHANGES, render: () => render(siteFor(c, deps)) }),
    )
  }
  add('/about', (site) => renderPaper(site, '/about', site.reader.words.about, '/about'))
  add('/terms', (site) => renderPaper(site, '/terms', site.reader.words.terms))
  add('/privacy', (site) => renderPaper(site, '/privacy', site.reader.words.privacy))
}
