import { PictureId } from '#contract'
import { createLastGood } from '../last-good.ts'
import { isUnchanged } from '../negotiate.ts'
import type { WebApp, WebDeps } from '../web-deps.ts'

export function addPictures(app: WebApp, deps: WebDeps): void {
  // A picture never changes under its id, so the first good answer is the last one needed. A drop's opening brings
  // everybody to the same few pictures at once.
  const kept = createLastGood<Uint8Array<ArrayBuffer>>({
    freshMs: Number.POSITIVE_INFINITY,
    keepMs: Number.POSITIVE_INFINITY,
    maxEntries: 100,
    now: deps.now,
  })

  app.get('/pictures/:id/:file{(?:card|full)\\.webp}', async (c) => {
    const pictureId = PictureId.safeParse(c.req.param('id'))
    if (!pictureId.success) return c.notFound()
    const size = c.req.param('file') === 'card.webp' ? 'card' : 'full'
    const etag = `"${pictureId.data}-${size}"`
    const answer = await kept.ask(etag, async () => {
      const picture = await deps.core.getPicture(
        { pictureId: pictureId.data, size },
        { requestId: c.get('requestId') },
      )
      return new Uint8Array(Buffer.from(picture.base64, 'base64'))
    })
    c.header('cache-control', 'public, max-age=31536000, immutable')
    c.header('etag', etag)
    // Chat programs show a drop's picture beside its link.
    c.header('cross-origin-resource-policy', 'cross-origin')
    if (isUnchanged(c.req.header('if-none-match'), etag)) return c.body(null, 304)
    c.header('content-type', 'image/webp')
    return c.body(answer.value)
  })
}
