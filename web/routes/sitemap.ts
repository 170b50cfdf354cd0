import type { CatalogueReader } from '../catalogue.ts'
import type { WebApp, WebDeps } from '../web-deps.ts'

/** Pages for everybody that are about no drop and no builder. */
const PAGES = ['/', '/drops', '/about', '/terms', '/privacy']
/** Addresses with a person's own secret in them, or with nothing to find. */
const NOT_FOR_ROBOTS = [
  '/pay/',
  '/success',
  '/cancel',
  '/connect/',
  '/receipt/',
  '/statement/',
  '/link/',
  '/login',
]

/** What search engines read: where not to look, and every page there is (sitemaps.org). */
export function addSitemap(app: WebApp, deps: WebDeps, readCatalogue: CatalogueReader): void {
  const robots = [
    'User-agent: *',
    ...NOT_FOR_ROBOTS.map((path) => `Disallow: ${path}`),
    '',
    `Sitemap: ${deps.origin}/sitemap.xml`,
    '',
  ].join('\n')

  app.get('/robots.txt', (c) => c.text(robots, 200, { 'cache-control': 'public, max-age=86400' }))

  app.get('/sitemap.xml', async (c) => {
    const catalogue = await readCatalogue(c.get('requestId'))
    const render = () => {
      const { drops } = catalogue.value
      const builders = new Set(drops.map(({ builder }) => `/builders/${builder.userId}`))
      const paths = [...PAGES, ...builders, ...drops.map(({ dropId }) => `/drops/${dropId}`)]
      return `<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
${paths.map((path) => `<url><loc>${deps.origin}${path}</loc></url>`).join('\n')}
</urlset>
`
    }
    return deps.pages.send(c, {
      path: '/sitemap.xml',
      source: catalogue,
      render,
      type: 'application/xml; charset=utf-8',
    })
  })
}
