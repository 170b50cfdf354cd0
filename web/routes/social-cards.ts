import type { Context } from 'hono'
import { DropId, isAppError, Snowflake } from '#contract'
import type { CatalogueReader } from '../catalogue.ts'
import { createLastGood } from '../last-good.ts'
import { isUnchanged } from '../negotiate.ts'
import { siteFor } from '../site.ts'
import type { SocialCard } from '../social/card.ts'
import { builderCard, cardTag, dropCard, homeCard } from '../social/social-card.ts'
import type { WebApp, WebDeps, WebEnv } from '../web-deps.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** Of about half a megabyte each. */
const MOST_CARDS = 50

/**
 * The picture that chats show of a page, as the page stands now. Its address in the page carries a tag (`?v=`) of the
 * content, so that a chat looks again when something changed; here that is not read.
 */
export function addSocialCards(app: WebApp, deps: WebDeps, readCatalogue: CatalogueReader): void {
  const drawn = createLastGood<Bytes>({
    freshMs: Number.POSITIVE_INFINITY,
    keepMs: Number.POSITIVE_INFINITY,
    maxEntries: MOST_CARDS,
    now: deps.now,
  })

  /** Null while core has it in no format that can be drawn, as of an earlier picture. */
  async function readPhoto(c: Context<WebEnv>, pictureId: string): Promise<Bytes | null> {
    // The one size that core keeps as JPEG of every picture, however small.
    const wanted = { pictureId, size: 'full', format: 'jpeg' } as const
    try {
      const { base64 } = await deps.core.getPicture(wanted, { requestId: c.get('requestId') })
      return new Uint8Array(Buffer.from(base64, 'base64'))
    } catch (error) {
      if (isAppError(error, 'not_found')) return null
      throw error
    }
  }

  async function draw(c: Context<WebEnv>, card: SocialCard): Promise<Bytes> {
    const read = await Promise.all(card.pictures.map((pictureId) => readPhoto(c, pictureId)))
    const photos = read.filter((photo) => photo !== null)
    if (photos.length < read.length) throw new Error('a photo of the card is not there as JPEG yet')
    return deps.painter.paint(card, photos)
  }

  async function send(c: Context<WebEnv>, card: SocialCard): Promise<Response> {
    const tag = cardTag(card)
    const etag = `"${tag}"`
    c.header('cross-origin-resource-policy', 'cross-origin')
    c.header('cache-control', 'public, max-age=300')
    if (isUnchanged(c.req.header('if-none-match'), etag)) return c.body(null, 304, { etag })
    try {
      const { value } = await drawn.ask(tag, () => draw(c, card))
      return c.body(value, 200, { etag, 'content-type': 'image/png' })
    } catch (error) {
      deps.log.warn({ err: error, card: card.kind }, 'a card was not drawn')
      c.header('cache-control', 'no-store')
      const [pictureId] = card.pictures
      if (pictureId !== undefined) return c.redirect(`/pictures/${pictureId}/full.webp`)
      c.header('retry-after', '60')
      return c.text(siteFor(c, deps).reader.words.plain.notDrawn, 503)
    }
  }

  app.get('/card.png', (c) => send(c, homeCard))

  app.get('/drops/:id/card.png', async (c) => {
    const dropId = DropId.safeParse(c.req.param('id'))
    if (!dropId.success) return c.notFound()
    const drop = await deps.core.getDrop({ dropId: dropId.data }, { requestId: c.get('requestId') })
    return send(c, dropCard(drop, deps.now()))
  })

  app.get('/builders/:id/card.png', async (c) => {
    const userId = Snowflake.safeParse(c.req.param('id'))
    if (!userId.success) return c.notFound()
    const requestId = c.get('requestId')
    const [{ builder, channel }, catalogue] = await Promise.all([
      deps.core.identify({ userId: userId.data }, { requestId }),
      readCatalogue(requestId),
    ])
    if (!builder || builder.status === 'applied') return c.notFound()
    const drops = catalogue.value.drops.filter((drop) => drop.builder.userId === userId.data)
    return send(c, builderCard(builder, channel, drops))
  })
}
