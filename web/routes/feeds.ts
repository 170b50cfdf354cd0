import { Feed } from 'feed'
import { html } from 'hono/html'
import ical, { ICalEventTransparency } from 'ical-generator'
import { type DropView, type Picture, Snowflake } from '#contract'
import type { CatalogueReader } from '../catalogue.ts'
import type { Site } from '../pages/layout.ts'
import { shelfState } from '../pages/shelf.ts'
import { shorten } from '../pages/shorten.ts'
import { siteFor } from '../site.ts'
import type { WebApp, WebDeps } from '../web-deps.ts'

const FEED_ITEMS = 50
const STORY_LENGTH = 500
/** How long an opening takes in a calendar: long enough to be seen. */
const OPENING_MS = 30 * 60_000
/** Openings older than this are out of the calendar. */
const PAST_MS = 30 * 24 * 60 * 60_000
const CALENDAR = 'text/calendar; charset=utf-8'

/**
 * What programs read instead of pages: the drops that have opened (rssboard.org, jsonfeed.org), and every opening in a
 * calendar (RFC 5545). Nothing in them tells when they were made, so that they change only with the drops.
 */
export function addFeeds(app: WebApp, deps: WebDeps, readCatalogue: CatalogueReader): void {
  const feeds = [
    { path: '/feed.xml', type: 'application/rss+xml; charset=utf-8', write: (feed: Feed) => feed.rss2() },
    { path: '/feed.json', type: 'application/feed+json; charset=utf-8', write: (feed: Feed) => feed.json1() },
  ]
  for (const { path, type, write } of feeds) {
    app.get(path, async (c) => {
      const source = await readCatalogue(c.get('requestId'))
      const render = () => write(createFeed(siteFor(c, deps), source.value.drops, deps.now()))
      return deps.pages.send(c, { path, type, source, render })
    })
  }

  app.get('/calendar.ics', async (c) => {
    const source = await readCatalogue(c.get('requestId'))
    const render = () => writeCalendar(siteFor(c, deps), source.value.drops, deps.now(), null)
    return deps.pages.send(c, { path: '/calendar.ics', type: CALENDAR, source, render })
  })

  app.get('/builders/:id/calendar.ics', async (c) => {
    const userId = Snowflake.safeParse(c.req.param('id'))
    if (!userId.success) return c.notFound()
    const source = await readCatalogue(c.get('requestId'))
    const drops = source.value.drops.filter(({ builder }) => builder.userId === userId.data)
    const name = drops[0]?.builder.name
    if (name === undefined) return c.notFound()
    const render = () => writeCalendar(siteFor(c, deps), drops, deps.now(), name)
    const path = `/builders/${userId.data}/calendar.ics`
    return deps.pages.send(c, { path, type: CALENDAR, source, render })
  })
}

function createFeed({ origin, reader }: Site, drops: readonly DropView[], now: number): Feed {
  const { words } = reader
  const shown = drops
    .filter((drop) => !['soon', 'called_off'].includes(shelfState(drop, now)))
    .toSorted((a, b) => b.openedAt - a.openedAt || b.dropId.localeCompare(a.dropId))
    .slice(0, FEED_ITEMS)
  const feed = new Feed({
    id: `${origin}/`,
    link: `${origin}/`,
    title: words.brand,
    description: words.home.description,
    language: reader.locale,
    favicon: `${origin}/favicon.svg`,
    updated: new Date(shown[0]?.openedAt ?? 0),
    generator: false,
    feedLinks: { rss: `${origin}/feed.xml`, json: `${origin}/feed.json` },
  })
  for (const drop of shown) {
    const { dropId, title, price, story, openedAt, builder, picture } = drop
    const link = `${origin}/drops/${dropId}`
    feed.addItem({
      id: link,
      link,
      title: words.feeds.item(title, builder.name),
      date: new Date(openedAt),
      // Readers take it for HTML; here everything put into it is escaped.
      content: String(
        html`${picture && renderPicture(origin, picture)}<p>${reader.money(price)}</p><p>${shorten(story, STORY_LENGTH)}</p>`,
      ),
      author: [{ name: builder.name, link: `${origin}/builders/${builder.userId}` }],
      ...(picture && { image: addressOf(origin, picture) }),
    })
  }
  return feed
}

const addressOf = (origin: string, { pictureId }: Picture) => `${origin}/pictures/${pictureId}/full.webp`

function renderPicture(origin: string, picture: Picture) {
  const { width, height, alt } = picture
  return html`<p><img src="${addressOf(origin, picture)}" width="${width}" height="${height}" alt="${alt}"></p>`
}

function writeCalendar(
  { origin, reader }: Site,
  drops: readonly DropView[],
  now: number,
  builderName: string | null,
): string {
  const { brand, feeds } = reader.words
  const calendar = ical({
    name: builderName === null ? feeds.calendar(brand) : feeds.calendar(`${builderName}, ${brand}`),
    prodId: { company: brand, product: 'drops', language: 'EN' },
    url: `${origin}/drops`,
    ttl: 60 * 60,
  })
  const host = new URL(origin).hostname
  for (const drop of drops.toSorted((a, b) => a.openedAt - b.openedAt)) {
    const state = shelfState(drop, now)
    if (state === 'called_off' || drop.openedAt < now - PAST_MS) continue
    const url = `${origin}/drops/${drop.dropId}`
    const facts = [
      `${reader.money(drop.price)}, ${feeds.pieces(drop.quantity)}`,
      ...(state === 'soon' && drop.opensWithStream ? [feeds.withStream(drop.builder.name)] : []),
      url,
    ]
    calendar.createEvent({
      id: `${drop.dropId}@${host}`,
      stamp: new Date(drop.openedAt),
      start: new Date(drop.openedAt),
      end: new Date(drop.openedAt + OPENING_MS),
      summary: feeds.opens(drop.title, drop.builder.name),
      description: facts.join('\n'),
      url,
      // Nobody is busy because a drop opens.
      transparency: ICalEventTransparency.TRANSPARENT,
    })
  }
  return calendar.toString()
}
