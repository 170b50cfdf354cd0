import { Hono } from 'hono'
import { routePath } from 'hono/route'
import { type ErrorCode, isAppError } from '#contract'
import { observe, requestIdHere } from '../runtime/observe.ts'
import { createCatalogue } from './catalogue.ts'
import { type PlainProblem, renderProblem } from './pages/problem.ts'
import { sendPrivate } from './respond.ts'
import { addBuilders } from './routes/builders.ts'
import { addCancel } from './routes/cancel.ts'
import { addConnect } from './routes/connect.ts'
import { addDrops } from './routes/drops.ts'
import { addFeeds } from './routes/feeds.ts'
import { addFiles } from './routes/files.ts'
import { addHome } from './routes/home.ts'
import { addLinkTwitch } from './routes/link-twitch.ts'
import { addLive } from './routes/live.ts'
import { addLogin } from './routes/login.ts'
import { addOrders } from './routes/orders.ts'
import { addPapers } from './routes/papers.ts'
import { addPay } from './routes/pay.ts'
import { addPictures } from './routes/pictures.ts'
import { addReceipt } from './routes/receipt.ts'
import { addSitemap } from './routes/sitemap.ts'
import { addSocialCards } from './routes/social-cards.ts'
import { addStatement } from './routes/statement.ts'
import { addSuccess } from './routes/success.ts'
import { addHeaders, securityHeaders } from './security-headers.ts'
import { siteFor } from './site.ts'
import type { WebApp, WebDeps, WebEnv } from './web-deps.ts'

/** What a refusal of core means to a visitor. Every code that is not here is a fault of ours. */
const PROBLEM_OF: Partial<Record<ErrorCode, PlainProblem | 'resting'>> = {
  bad_request: 'nothing_here',
  not_found: 'nothing_here',
  drop_not_found: 'nothing_here',
  link_invalid: 'link_invalid',
  order_not_found: 'link_invalid',
  builder_not_found: 'link_invalid',
  login_needed: 'login_needed',
  login_off: 'login_off',
  login_refused: 'login_refused',
  not_yours: 'not_yours',
  twitch_off: 'twitch_off',
  twitch_refused: 'twitch_refused',
  channel_taken: 'channel_taken',
  internal: 'resting',
  unavailable: 'resting',
}

/** Addresses that a form of ours is sent to. */
const TAKES_FORMS = /^\/(connect\/(start|dashboard)\/|link\/twitch$|logout$)/

/** Every page and file of the shop, as one handler of requests. */
export function createApp(deps: WebDeps): WebApp {
  const app = new Hono<WebEnv>()

  app.use(observe({ log: deps.log, level: 'info', callers: 'public', telemetry: deps.telemetry }))
  app.use(async (c, next) => {
    c.set('requestId', requestIdHere())
    await next()
  })
  app.use(addHeaders(securityHeaders({ https: deps.origin.startsWith('https:') })))
  app.use(async (c, next) => {
    const allowed = TAKES_FORMS.test(c.req.path) ? ['GET', 'HEAD', 'POST'] : ['GET', 'HEAD']
    if (allowed.includes(c.req.method)) return next()
    c.header('allow', allowed.join(', '))
    return c.text(siteFor(c, deps).reader.words.plain.onlyGet, 405)
  })

  const readCatalogue = createCatalogue(deps)
  addFiles(app, deps)
  addHome(app, deps)
  addPapers(app, deps)
  addDrops(app, deps, readCatalogue)
  addBuilders(app, deps, readCatalogue)
  addLive(app, deps, readCatalogue)
  addSitemap(app, deps, readCatalogue)
  addFeeds(app, deps, readCatalogue)
  addOrders(app, deps)
  addPay(app, deps)
  addSuccess(app, deps)
  addCancel(app, deps)
  addConnect(app, deps)
  addLogin(app, deps)
  addLinkTwitch(app, deps)
  addReceipt(app, deps)
  addStatement(app, deps)
  addPictures(app, deps)
  addSocialCards(app, deps, readCatalogue)

  app.notFound((c) => sendPrivate(c, renderProblem(siteFor(c, deps), { kind: 'nothing_here' }), 404))
  app.onError((error, c) => {
    const requestId = c.get('requestId')
    const kind = isAppError(error) ? PROBLEM_OF[error.code] : undefined
    if (isAppError(error) && kind !== undefined && kind !== 'resting') {
      const missing = kind === 'nothing_here' || kind === 'link_invalid'
      return sendPrivate(c, renderProblem(siteFor(c, deps), { kind }), missing ? 404 : error.status)
    }
    deps.log.error({ route: routePath(c, -1), err: error }, 'not answered')
    if (kind === 'resting') {
      c.header('retry-after', '5')
      return sendPrivate(c, renderProblem(siteFor(c, deps), { kind, requestId }), 503)
    }
    return sendPrivate(c, renderProblem(siteFor(c, deps), { kind: 'broken', requestId }), 500)
  })
  return app
}
