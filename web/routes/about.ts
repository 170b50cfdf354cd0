import { renderAbout } from '../pages/about.ts'
import { pageOf, sendPublic } from '../respond.ts'
import type { WebApp, WebDeps } from '../web-deps.ts'

export function addAbout(app: WebApp, deps: WebDeps): void {
  app.get('/about', async (c) => sendPublic(c, await pageOf(deps, () => renderAbout(deps))))
}
