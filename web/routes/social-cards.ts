import type { Context } from 'hono'
import { DropId, isAppError, Snowflake } from '#contract'
import type { CatalogueReader } from '../catalogue.ts'
import { isUnchanged } from '../negotiate.ts'
import type { SocialCard } from '../social/card.ts'
import { createCardKeeper, type DrawnCard } from '../social/card-keeper.ts'
import { builderCard, cardTag, dropCard, homeCard } from '../social/social-card.ts'
import type { WebApp, WebDeps, WebEnv } from '../web-deps.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** A chat's robot does not wait long. */
const TIMEOUT_MS = 3_000
const FOR_A_WHILE = 'public, max-age=300'
const FOR_A_MOMENT = 'public, max-age=60'

/**
 * The picture that chats show of a page, as the page stands now. Its address in the page carries a tag (`?v=`) of the
 * content, so that a chat looks again when something changed; here that is not read. A chat remembers for long that there
 * was no picture, so it is given the next best one: the last card of the page, one without photos, the shop's own.
 */
export function addSocialCards(
  app: WebApp,
  deps: Pick<WebDeps, 'core' | 'painter' | 'log' | 'now'>,
  readCatalogue: CatalogueReader,
): void {
  const keeper = createCardKeeper(deps.now)
  const options = (c: Context<WebEnv>) => ({ requestId: c.get('requestId'), timeoutMs: TIMEOUT_MS })

  async function readPhoto(c: Context<WebEnv>, pictureId: string): Promise<Bytes> {
    // The one size that core keeps as JPEG of every picture, however small.
    const wanted = { pictureId, size: 'full', format: 'jpeg' } as const
    const { base64 } = await deps.core.getPicture(wanted, options(c))
    return new Uint8Array(Buffer.from(base64, 'base64'))
  }

  function draw(c: Context<WebEnv>, place: string, card: SocialCard): Promise<DrawnCard> {
    return keeper.draw(place, card, async () => {
      const photos = await Promise.all(card.pictures.map((pictureId) => readPhoto(c, pictureId)))
      return deps.painter.paint(card, photos)
    })
  }

  function send(c: Context<WebEnv>, { tag, png }: DrawnCard, caching: string): Response {
    c.header('cache-control', caching)
    return c.body(png, 200, { etag: `"${tag}"`, 'content-type': 'image/png' })
  }

  /** Null when it cannot be drawn either. */
  const orNull = (drawn: Promise<DrawnCard>) => drawn.catch(() => null)

  /** `read` answers with the card of a page as it should be, or null when there is no such page. */
  async function answer(
    c: Context<WebEnv>,
    page: string,
    read: () => Promise<SocialCard | null>,
  ): Promise<Response> {
    const note = (error: unknown) => deps.log.warn({ err: error, page }, 'a card was not drawn')
    const card = await read().catch((error: unknown) => {
      if (isAppError(error, 'drop_not_found')) return null
      note(error)
      return 'unknown' as const
    })
    if (card === null) return c.notFound()
    c.header('cross-origin-resource-policy', 'cross-origin')
    if (card !== 'unknown') {
      const etag = `"${cardTag(card)}"`
      if (isUnchanged(c.req.header('if-none-match'), etag)) {
        return c.body(null, 304, { etag, 'cache-control': FOR_A_WHILE })
      }
      try {
        return send(c, await draw(c, page, card), FOR_A_WHILE)
      } catch (error) {
        note(error)
      }
    }
    const last = keeper.last(page)
    if (last) return send(c, last, FOR_A_MOMENT)
    const bare = card !== 'unknown' && card.pictures.length > 0 ? { ...card, pictures: [] } : null
    const instead =
      (bare && (await orNull(draw(c, `${page} without photos`, bare)))) ??
      (await orNull(draw(c, '/', homeCard)))
    if (instead) return send(c, instead, FOR_A_MOMENT)
    return c.text('This picture cannot be drawn just now. Please ask again in a minute.', 404, {
      'cache-control': 'no-store',
    })
  }

  app.get('/card.png', (c) => answer(c, '/', async () => homeCard))

  app.get('/drops/:id/card.png', (c) => {
    const dropId = DropId.safeParse(c.req.param('id'))
    if (!dropId.success) return c.notFound()
    return answer(c, `/drops/${dropId.data}`, async () => {
      return dropCard(await deps.core.getDrop({ dropId: dropId.data }, options(c)), deps.now())
    })
  })

  app.get('/builders/:id/card.png', (c) => {
    const userId = Snowflake.safeParse(c.req.param('id'))
    if (!userId.success) return c.notFound()
    return answer(c, `/builders/${userId.data}`, async () => {
      const [{ builder, channel }, catalogue] = await Promise.all([
        deps.core.identify({ userId: userId.data }, options(c)),
        readCatalogue(c.get('requestId')),
      ])
      if (!builder || builder.status === 'applied') return null
      const drops = catalogue.value.drops.filter((drop) => drop.builder.userId === userId.data)
      return builderCard(builder, channel, drops)
    })
  })
}
