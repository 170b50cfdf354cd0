import { createHmac } from 'node:crypto'
import { get } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { bearer, createCoreClient, type DropView, ROUTES } from '#contract'
import { CHANNELS, PEOPLE } from '../sandbox/cast.ts'
import { createPlayer } from '../sandbox/player.ts'
import { joinAsBuilder } from '../sandbox/scenes.ts'
import type { BarePage } from './bare-pages.ts'
import { type LoadClient, type Pace, paceOf, writeRequest } from './load.ts'
import type { Shop } from './shop.ts'

/** The most units a drop may have. */
const UNITS = 10_000
/** More come than there are units: the last ones must hear that all are held. */
export const LATE_BUYERS = 500
const VISITS = 10_000
const AS_BROWSERS_ASK = { accept: 'text/html', 'accept-encoding': 'gzip, deflate, br' }
const OPENING = writeRequest({ method: 'GET', path: '/livez', headers: {} })
const SESSION_PATIENCE_MS = 20_000

export interface SaleRound extends Pace {
  /** Every problem in one sentence each; empty when exactly the units were given away. */
  readonly problems: readonly string[]
  readonly orderIds: readonly string[]
}

export type PageName = 'landing' | 'drop'

/** A page with the bytes that a browser is sent. */
export interface PageSample extends BarePage {
  /** Bytes on the way to a browser, compressed: the page, and the stylesheets it names. */
  readonly weight: { readonly html: number; readonly css: number }
}

export interface Scenario {
  /** Everybody wants the same drop: a fresh one, with as many units as a drop may have. */
  sellOut(connections: number, units?: number): Promise<SaleRound>
  /** The very same requests as in a sale, asked of a server that only echoes. */
  echo(port: number, connections: number): Promise<Pace>
  /** Signed as Stripe signs, one distinct event for each order. */
  hearStripe(orderIds: readonly string[], connections: number): Promise<Pace>
  /** Opens a drop, and fetches the pages that show it. */
  openWindow(): Promise<Readonly<Record<PageName, PageSample>>>
  /** Visitors of a page of the shop, or of a server at `port` that has the same bytes. */
  visit(page: PageSample, connections: number, port?: number): Promise<Pace>
}

/** Everything that is asked of the running shop. Opens with a builder who went through Stripe's onboarding. */
export async function prepareScenario(shop: Shop, load: LoadClient): Promise<Scenario> {
  const core = createCoreClient({ baseUrl: shop.urls.core, credentials: bearer(shop.secrets.tokenBot) })
  const builder = PEOPLE.juniper
  if (!shop.urls.page) throw new Error('The bench needs the local Discord.')
  await joinAsBuilder(
    createPlayer({ pageUrl: shop.urls.page, personId: builder.id, channelId: CHANNELS.lounge.id }),
  )
  let drops = 0
  let buyers = 0
  let events = 0
  let template: string | null = null

  async function openDrop(units: number): Promise<DropView> {
    const draft = await core.createDrop({
      builder: { userId: builder.id, name: builder.globalName },
      draftId: null,
      form: {
        title: `Speckled mug, batch ${++drops}`,
        story: 'Wheel-thrown, glazed by hand, fired twice. Each one is a little different.',
        price: '24.00',
        quantity: String(units),
        closesInHours: 72,
        perPerson: 1,
      },
      picture: null,
    })
    return core.publishDrop({ userId: builder.id, draftId: draft.draftId })
  }

  const buyRequest = (dropId: string, path: string) =>
    writeBuyRequest({ token: shop.secrets.tokenBot, number: buyers++, dropId, path })

  return {
    async sellOut(connections, units = UNITS) {
      const drop = await openDrop(units)
      const requests = Array.from({ length: units + LATE_BUYERS }, () =>
        buyRequest(drop.dropId, ROUTES.createCheckout.path),
      )
      const ports = [portOf(shop.urls.core)]
      const result = await load.run({ ports, connections, opening: OPENING, requests, keepBodies: true })
      const pace = paceOf(result, 200)
      const orderIds = result.bodies.flatMap((body) => /"orderId":"(ord_\w{26})"/.exec(body)?.[1] ?? [])
      const after = await core.getDrop({ dropId: drop.dropId })
      return { ...pace, orderIds, problems: judgeSale(after, pace, orderIds) }
    },

    async echo(port, connections) {
      const requests = Array.from({ length: UNITS * 3 }, () => buyRequest(`drp_${'0'.repeat(26)}`, '/'))
      return paceOf(await load.run({ ports: [port], connections, opening: OPENING, requests }), 200)
    },

    async hearStripe(orderIds, connections) {
      template ??= await readEventTemplate(shop)
      const event = template
      const now = Math.floor(Date.now() / 1_000)
      const requests = orderIds.map((orderId) => {
        const eventId = `evt_1${String(events++).padStart(23, '0')}`
        const body = event.replaceAll('ORDER_ID', orderId).replaceAll('EVENT_ID', eventId)
        return writeRequest({
          method: 'POST',
          path: '/webhooks/stripe',
          headers: {
            'content-type': 'application/json; charset=utf-8',
            'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
            'stripe-signature': signAsStripe(shop.secrets.stripeWebhookSecret, now, body),
          },
          body,
        })
      })
      return paceOf(
        await load.run({ ports: [portOf(shop.urls.core)], connections, opening: OPENING, requests }),
        200,
      )
    },

    async openWindow() {
      const drop = await openDrop(UNITS)
      await seeOnLanding(shop.urls.web, drop.title)
      return {
        landing: await samplePage(shop.urls.web, '/'),
        drop: await samplePage(shop.urls.web, `/drops/${drop.dropId}`),
      }
    },

    async visit({ path }, connections, port = portOf(shop.urls.web)) {
      const request = writeRequest({ method: 'GET', path, headers: AS_BROWSERS_ASK })
      const requests = Array.from({ length: VISITS }, () => request)
      return paceOf(await load.run({ ports: [port], connections, opening: request, requests }), 200)
    },
  }
}

/** The click of a buyer nobody has seen before, `number` of them, as the bot would ask for it. */
export function writeBuyRequest(click: {
  readonly token: string
  readonly number: number
  readonly dropId: string
  readonly path: string
}): string {
  const { token, number, dropId, path } = click
  return writeRequest({
    method: 'POST',
    path,
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'x-request-id': crypto.randomUUID(),
      // Discord's ids grow with time.
      'idempotency-key': String(1_400_000_000_000_000_000n + BigInt(number) * 4_096n),
    },
    body: JSON.stringify({
      buyer: {
        userId: String(200_000_000_000_000_000n + BigInt(number) * 7_919n),
        name: `Buyer ${number}`,
      },
      dropId,
    }),
  })
}

/** Does what the buyers were told agree with what core has written down (`after`), and with the number of units? */
export function judgeSale(
  after: Pick<DropView, 'quantity' | 'available' | 'held' | 'sold'>,
  { count, others }: Pick<Pace, 'count' | 'others'>,
  orderIds: readonly string[],
): string[] {
  const problems: string[] = []
  const { quantity, available, held, sold } = after
  const orders = new Set(orderIds).size
  if (count !== quantity) problems.push(`${count} buyers were given one of ${quantity} units.`)
  if (held + sold !== quantity || available !== 0) {
    problems.push(`Of ${quantity} units core has ${available} on the shelf, ${held} held and ${sold} sold.`)
  }
  if (orders !== count) problems.push(`${count} buyers were given a unit, but there are ${orders} orders.`)
  const { 409: refused = 0, ...strange } = others
  if (refused !== LATE_BUYERS) problems.push(`${refused} of ${LATE_BUYERS} late buyers were told why not.`)
  for (const [status, times] of Object.entries(strange))
    problems.push(`Status ${status} came ${times} times.`)
  return problems
}

/** Stripe's scheme v1: HMAC-SHA256 of "timestamp.body". */
function signAsStripe(secret: string, timestamp: number, body: string): string {
  const digest = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')
  return `t=${timestamp},v1=${digest}`
}

/** An event as Stripe writes them, about a session that core has really made; ids to be filled in. */
async function readEventTemplate(shop: Shop): Promise<string> {
  const headers = { authorization: `Bearer ${shop.secrets.stripeSecretKey}` }
  const until = performance.now() + SESSION_PATIENCE_MS
  while (performance.now() < until) {
    const response = await fetch(`${shop.urls.stripe}/v1/checkout/sessions?limit=1`, { headers })
    const { data } = (await response.json()) as { data: { client_reference_id: string }[] }
    const session = data[0]
    if (session) {
      const event = {
        id: 'EVENT_ID',
        object: 'event',
        api_version: '2026-10-28.endive',
        created: Math.floor(Date.now() / 1_000),
        data: { object: { ...session, status: 'complete', payment_status: 'paid' } },
        livemode: false,
        pending_webhooks: 1,
        request: { id: null, idempotency_key: null },
        type: 'checkout.session.completed',
      }
      return JSON.stringify(event, null, 2).replaceAll(session.client_reference_id, 'ORDER_ID')
    }
    await wait(50)
  }
  throw new Error('No Checkout Session was made in time.')
}

async function seeOnLanding(webUrl: string, title: string): Promise<void> {
  const until = performance.now() + SESSION_PATIENCE_MS
  while (performance.now() < until) {
    const page = await (await fetch(webUrl)).text()
    if (page.includes(title)) return
    await wait(50)
  }
  throw new Error(`The landing page does not show ${title}.`)
}

async function samplePage(webUrl: string, path: string): Promise<PageSample> {
  const page = await fetchPacked(webUrl + path)
  const html = await (await fetch(webUrl + path)).text()
  const sheets = [...html.matchAll(/<link rel="stylesheet" href="([^"]+)"/g)]
  const styles = await Promise.all(sheets.map(([, href]) => fetchPacked(`${webUrl}${href}`)))
  return {
    path,
    headers: page.headers,
    base64: page.body.toString('base64'),
    weight: { html: page.body.length, css: styles.reduce((sum, { body }) => sum + body.length, 0) },
  }
}

/** As it comes over the wire: `fetch` would unpack it. */
function fetchPacked(
  url: string,
): Promise<{ readonly headers: Record<string, string>; readonly body: Buffer }> {
  return new Promise((resolve, reject) => {
    get(url, { headers: AS_BROWSERS_ASK, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', reject)
      response.once('end', () => {
        const body = Buffer.concat(chunks)
        const headers: Record<string, string> = { 'content-length': String(body.length) }
        for (const [name, value] of Object.entries(response.headers)) {
          // Node writes these itself, for its own connection.
          if (['connection', 'date', 'keep-alive', 'transfer-encoding'].includes(name)) continue
          if (typeof value === 'string') headers[name] = value
        }
        resolve({ headers, body })
      })
    }).once('error', reject)
  })
}

function portOf(url: string): number {
  return Number(new URL(url).port)
}
