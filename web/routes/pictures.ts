import type { Context } from 'hono'
import { isAppError, type PictureFormat, PictureId, PictureSize } from '#contract'
import { createLastGood } from '../last-good.ts'
import { isUnchanged } from '../negotiate.ts'
import type { WebApp, WebDeps, WebEnv } from '../web-deps.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** How long somebody is given another format before the best one is looked for again. Milliseconds. */
const LOOK_AGAIN_MS = 60_000
const FOR_EVER = 'public, max-age=31536000, immutable'
const FOR_NOW = `public, max-age=${LOOK_AGAIN_MS / 1_000}`

/**
 * Pictures, in the best format that the browser takes (`/pictures/<id>/640`), or always as WebP
 * (`/pictures/<id>/card.webp`). Core makes the other formats a little later than WebP.
 */
export function addPictures(app: WebApp, deps: WebDeps): void {
  // A picture never changes under its id, so the first good answer is the last one needed. A drop's opening brings
  // everybody to the same few pictures at once.
  const kept = createLastGood<Bytes>({
    freshMs: Number.POSITIVE_INFINITY,
    keepMs: Number.POSITIVE_INFINITY,
    maxEntries: 300,
    now: deps.now,
  })
  const looked = createLastGood<Bytes | null>({
    freshMs: LOOK_AGAIN_MS,
    keepMs: Number.POSITIVE_INFINITY,
    maxEntries: 300,
    now: deps.now,
  })

  interface Wanted {
    readonly pictureId: string
    readonly size: PictureSize
    readonly format: PictureFormat
  }

  async function read(c: Context<WebEnv>, wanted: Wanted): Promise<Bytes> {
    const options = { requestId: c.get('requestId') }
    const { value } = await kept.ask(tagOf(wanted), async () => {
      const { base64 } = await deps.core.getPicture(wanted, options)
      return new Uint8Array(Buffer.from(base64, 'base64'))
    })
    return value
  }

  /** Null while there is none in this format. */
  async function find(c: Context<WebEnv>, wanted: Wanted): Promise<Bytes | null> {
    const { value } = await looked.ask(tagOf(wanted), () =>
      read(c, wanted).catch((error: unknown) => {
        if (isAppError(error, 'not_found')) return null
        throw error
      }),
    )
    return value
  }

  function send(c: Context<WebEnv>, wanted: Wanted, bytes: Bytes, caching: string): Response {
    const etag = `"${tagOf(wanted)}"`
    c.header('cache-control', caching)
    c.header('etag', etag)
    // Chat programs show a drop's picture beside its link.
    c.header('cross-origin-resource-policy', 'cross-origin')
    if (isUnchanged(c.req.header('if-none-match'), etag)) return c.body(null, 304)
    c.header('content-type', `image/${wanted.format}`)
    return c.body(bytes)
  }

  app.get('/pictures/:id/:file{(?:card|full)\\.webp}', async (c) => {
    const pictureId = PictureId.safeParse(c.req.param('id'))
    if (!pictureId.success) return c.notFound()
    const size = c.req.param('file') === 'card.webp' ? 'card' : 'full'
    const wanted = { pictureId: pictureId.data, size, format: 'webp' } as const
    return send(c, wanted, await read(c, wanted), FOR_EVER)
  })

  app.get('/pictures/:id/:size{(?:card|full|[0-9]+)}', async (c) => {
    const pictureId = PictureId.safeParse(c.req.param('id'))
    const text = c.req.param('size')
    const size = PictureSize.safeParse(/^\d+$/.test(text) ? Number(text) : text)
    if (!pictureId.success || !size.success) return c.notFound()
    const wanted = { pictureId: pictureId.data, size: size.data, format: bestFormat(c.req.header('accept')) }
    c.header('vary', 'accept')
    const best = wanted.format === 'webp' ? null : await find(c, wanted)
    if (best) return send(c, wanted, best, FOR_EVER)
    const instead = { ...wanted, format: 'webp' } as const
    return send(c, instead, await read(c, instead), wanted.format === 'webp' ? FOR_EVER : FOR_NOW)
  })
}

const tagOf = ({
  pictureId,
  size,
  format,
}: {
  pictureId: string
  size: PictureSize
  format: PictureFormat
}) => `${pictureId}-${size}-${format}`

/** The smallest format that is named in an Accept; who names none takes what everybody takes. */
function bestFormat(accept = ''): PictureFormat {
  if (accept.includes('image/avif')) return 'avif'
  return accept.includes('image/webp') ? 'webp' : 'jpeg'
}
