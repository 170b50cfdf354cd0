import PQueue from 'p-queue'
import sharp from 'sharp'
import { type Picture, PictureId } from '#contract'
import { type Media, PictureError, type PictureSize } from '../ports/media.ts'

const MAX_BYTES = 20 * 1024 * 1024
const MAX_PIXELS = 50e6
const TIMEOUT_MS = 15_000
/** Each decoded picture is up to 200 MB of memory. */
const AT_ONCE = 2

/** The longest side of each stored size in pixels. */
const LONGEST_SIDE = { card: 800, full: 1_600 } as const satisfies Record<PictureSize, number>
/**
 * Stripe takes 5 MB as evidence (docs.stripe.com/file-upload). At this quality even noise needs 0.7 bytes a pixel, so this
 * many pixels stay below 4.5 MB, which is the most for all evidence together.
 */
const SHEET_PIXELS = 6e6
const SHEET_QUALITY = 82
const SHEET_MOST = 40
const SHEET_COLUMNS = 2
const SHEET_GAP = 16
/** Bytes of one pixel. */
const RGB = 3

const SIZES = Object.keys(LONGEST_SIDE) as readonly PictureSize[]

// What libvips may open at all. SVG, PDF and the rest are programs more than pictures.
sharp.block({ operation: ['VipsForeignLoad'] })
sharp.unblock({
  operation: [
    'VipsForeignLoadJpeg',
    'VipsForeignLoadPng',
    'VipsForeignLoadWebp',
    'VipsForeignLoadNsgif',
    'VipsForeignLoadHeif',
  ],
})
// One thread per picture and no cache: pictures must not take the machine away from orders.
sharp.concurrency(1)
sharp.cache(false)

/**
 * Where stored pictures lie: a folder or a bucket. Each name is `<pictureId>.<size>.webp`, and what lies under a name
 * never changes, so putting it there twice is harmless.
 */
export interface Shelf {
  /** On return they survive a power cut. A failure leaves at most files whose names nobody asks for. */
  put(files: readonly StoredPicture[]): Promise<void>
  /** Null when nothing has this name. */
  get(name: string): Promise<Uint8Array | null>
  /** The name of every stored picture, in no order. */
  names(): AsyncIterable<string>
}

export interface StoredPicture {
  readonly name: string
  readonly data: Uint8Array
}

/**
 * Pictures as WebP on a shelf. Uploads are fetched only from the given sources, never over a redirect, and nothing of
 * the upload but its pixels is kept.
 */
export function createMedia(options: {
  readonly shelf: Shelf
  /** Addresses that an upload's address must begin with, e.g. `https://cdn.discordapp.com/`. */
  readonly sources: readonly string[]
  /** 20 MiB unless told. */
  readonly maxBytes?: number
  /** Width times height; 50 million unless told. */
  readonly maxPixels?: number
  readonly fetch?: typeof fetch
}): Media {
  const sources = options.sources.map((source) => new URL(source))
  const maxBytes = options.maxBytes ?? MAX_BYTES
  const maxPixels = options.maxPixels ?? MAX_PIXELS
  const send = options.fetch ?? fetch
  const queue = new PQueue({ concurrency: AT_ONCE })

  async function take(request: Parameters<Media['take']>[0]): Promise<Picture> {
    const pictureId = PictureId.parse(request.pictureId)
    const url = allowedUrl(request.url, sources)
    const bytes = await download(url, maxBytes, send)
    await check(bytes, maxPixels)
    const [card, full] = [await encode(bytes, 'card', maxPixels), await encode(bytes, 'full', maxPixels)]
    await options.shelf.put([
      { name: fileName(pictureId, 'card'), data: card.data },
      { name: fileName(pictureId, 'full'), data: full.data },
    ])
    return { pictureId, width: full.info.width, height: full.info.height, alt: request.alt }
  }

  async function read(pictureId: string, size: PictureSize): Promise<Uint8Array | null> {
    // Both become part of a path.
    if (!PictureId.safeParse(pictureId).success || !SIZES.includes(size)) return null
    return options.shelf.get(fileName(pictureId, size))
  }

  async function sheet(pictureIds: readonly string[]): Promise<Uint8Array | null> {
    const found = await Promise.all(pictureIds.slice(0, SHEET_MOST).map((id) => read(id, 'full')))
    if (found.every((bytes) => bytes === null)) return null
    return drawSheet(found, Math.min(LONGEST_SIDE.full, Math.floor(Math.sqrt(SHEET_PIXELS / found.length))))
  }

  return {
    take: (request) => queue.add(() => take(request)),
    read,
    sheet: (pictureIds) => queue.add(() => sheet(pictureIds)),
  }
}

/** Whether a name is one of ours: a folder or a bucket may hold other things. */
export function isPictureName(name: string): boolean {
  const [pictureId, size, ...rest] = name.split('.')
  return (
    PictureId.safeParse(pictureId).success &&
    SIZES.some((known) => known === size) &&
    rest.join('.') === 'webp'
  )
}

function fileName(pictureId: string, size: PictureSize): string {
  return `${pictureId}.${size}.webp`
}

/** Compares parsed addresses, so that `https://cdn.example@evil.example/` or `cdn.example.evil` do not pass. */
function allowedUrl(text: string, sources: readonly URL[]): URL {
  const url = URL.parse(text)
  const allowed =
    url !== null &&
    url.username === '' &&
    url.password === '' &&
    sources.some((source) => {
      const folder = source.pathname.endsWith('/') ? source.pathname : `${source.pathname}/`
      return url.origin === source.origin && url.pathname.startsWith(folder)
    })
  if (!allowed) throw new PictureError('source_not_allowed')
  return url
}

/** Reads at most `maxBytes`, whatever content-length says. */
async function download(url: URL, maxBytes: number, send: typeof fetch): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    const response = await send(url, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) })
    if (!response.ok || !response.body) {
      await response.body?.cancel()
      throw new Error(`the picture's host answered ${response.status}`)
    }
    // Leaving the loop early cancels the transfer.
    for await (const chunk of response.body) {
      size += chunk.byteLength
      if (size > maxBytes) throw new PictureError('too_large')
      chunks.push(chunk)
    }
  } catch (cause) {
    throw cause instanceof PictureError ? cause : new PictureError('unreachable', { cause })
  }
  return Buffer.concat(chunks, size)
}

/** Reads the header only: a picture that is too big to decode is never decoded. */
async function check(bytes: Buffer, maxPixels: number): Promise<void> {
  let pixels: number
  try {
    const { width, height } = await sharp(bytes, { limitInputPixels: false }).metadata()
    pixels = width * height
  } catch (cause) {
    throw new PictureError('not_a_picture', { cause })
  }
  if (pixels > maxPixels) throw new PictureError('too_many_pixels')
}

/** sharp writes no metadata unless asked to; the orientation is applied to the pixels first. */
async function encode(bytes: Buffer, size: PictureSize, maxPixels: number) {
  const side = LONGEST_SIDE[size]
  try {
    return await sharp(bytes, { limitInputPixels: maxPixels, failOn: 'error' })
      .autoOrient()
      .resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true })
      .webp({ quality: 82 })
      .toBuffer({ resolveWithObject: true })
  } catch (cause) {
    throw new PictureError('not_a_picture', { cause })
  }
}

/** Two in a row, each in a square of `cell` pixels on white. */
async function drawSheet(pictures: readonly (Uint8Array | null)[], cell: number): Promise<Buffer> {
  const step = cell + SHEET_GAP
  const columns = Math.min(SHEET_COLUMNS, pictures.length)
  const width = SHEET_GAP + columns * step
  const height = SHEET_GAP + Math.ceil(pictures.length / columns) * step
  const pixels = Buffer.alloc(width * height * RGB, 0xff)
  for (const [n, bytes] of pictures.entries()) {
    if (!bytes) continue
    const { data, info } = await sharp(bytes)
      .resize({ width: cell, height: cell, fit: 'inside', withoutEnlargement: true })
      .flatten({ background: 'white' })
      .raw()
      .toBuffer({ resolveWithObject: true })
    const left = SHEET_GAP + (n % columns) * step
    const top = SHEET_GAP + Math.floor(n / columns) * step
    const row = info.width * RGB
    for (let y = 0; y < info.height; y++) {
      data.copy(pixels, ((top + y) * width + left) * RGB, y * row, (y + 1) * row)
    }
  }
  return sharp(pixels, { raw: { width, height, channels: RGB } })
    .jpeg({ quality: SHEET_QUALITY })
    .toBuffer()
}
