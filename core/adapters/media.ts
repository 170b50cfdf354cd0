import PQueue from 'p-queue'
import sharp, { type Sharp } from 'sharp'
import {
  type Picture,
  PictureFormat,
  PictureId,
  type PictureSize,
  type PictureWidth,
  PictureSize as Size,
} from '#contract'
import { type Media, PictureError } from '../ports/media.ts'

const MAX_BYTES = 20 * 1024 * 1024
const MAX_PIXELS = 50e6
const TIMEOUT_MS = 15_000
/** Each decoded picture is up to 200 MB of memory. */
const AT_ONCE = 2

/** The longest side in pixels. */
const LONGEST_SIDE = { card: 800, full: 1_600 } as const
/** For pages, which choose by the width of the screen. */
const WIDTHS = [320, 640, 960] as const satisfies readonly PictureWidth[]
const WEBP = { quality: 82 } as const
const MORE_FORMATS = ['avif', 'jpeg'] as const satisfies readonly PictureFormat[]
/** The eye sees no difference to WebP at 82; more effort takes seconds and saves a few bytes in a hundred. */
const AVIF = { quality: 55, effort: 3 } as const
/** Opaque: what shines through is white. */
const JPEG = { quality: 80, mozjpeg: true } as const
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
 * Where stored pictures lie: a folder or a bucket. Each name is `<pictureId>.<size>.<format>`, and what lies under a
 * name never changes, so putting it there twice is harmless.
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
 * Pictures on a shelf. Uploads are fetched only from the given sources, never over a redirect, and nothing of
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
    const encode = async (size: PictureSize) => {
      const { data, info } = await attempt(() =>
        resized(bytes, size, maxPixels).webp(WEBP).toBuffer({ resolveWithObject: true }),
      )
      return { file: { name: fileName(pictureId, size, 'webp'), data }, info }
    }
    const full = await encode('full')
    const { width, height } = full.info
    const widths = WIDTHS.filter((narrower) => narrower < width)
    const files = [full.file]
    for (const size of ['card', ...widths] as const) files.push((await encode(size)).file)
    const colour = await meanColour(full.file.data)
    await options.shelf.put(files)
    return { pictureId, width, height, alt: request.alt, widths, colour }
  }

  async function encodeMore(pictureId: string): Promise<void> {
    const full = await read(pictureId, 'full')
    if (!full) return
    const { width = 0 } = await sharp(full).metadata()
    const files: StoredPicture[] = []
    for (const size of ['full', ...WIDTHS.filter((narrower) => narrower < width)] as const) {
      const picture = resized(full, size, maxPixels)
      const avif = await picture.clone().avif(AVIF).toBuffer()
      const jpeg = await picture.clone().flatten({ background: 'white' }).jpeg(JPEG).toBuffer()
      files.push({ name: fileName(pictureId, size, 'avif'), data: avif })
      files.push({ name: fileName(pictureId, size, 'jpeg'), data: jpeg })
    }
    await options.shelf.put(files)
  }

  async function lacking(): Promise<readonly string[]> {
    const names = new Set(await Array.fromAsync(options.shelf.names()))
    const found = new Set<string>()
    for (const name of names) {
      const [pictureId = '', size, format] = name.split('.')
      // A card is kept as WebP alone.
      if (format !== 'webp' || size === 'card') continue
      const isWhole = MORE_FORMATS.every((other) => names.has(`${pictureId}.${size}.${other}`))
      if (!isWhole) found.add(pictureId)
    }
    return [...found]
  }

  async function read(
    pictureId: string,
    size: PictureSize,
    format: PictureFormat = 'webp',
  ): Promise<Uint8Array | null> {
    const name = fileName(pictureId, size, format)
    // It becomes part of a path.
    return isPictureName(name) ? options.shelf.get(name) : null
  }

  async function sheet(pictureIds: readonly string[]): Promise<Uint8Array | null> {
    const found = await Promise.all(pictureIds.slice(0, SHEET_MOST).map((id) => read(id, 'full')))
    if (found.every((bytes) => bytes === null)) return null
    return drawSheet(found, Math.min(LONGEST_SIDE.full, Math.floor(Math.sqrt(SHEET_PIXELS / found.length))))
  }

  return {
    take: (request) => queue.add(() => take(request), { priority: 1 }),
    // A builder waits for the one, nobody for the other.
    encodeMore: (pictureId) => queue.add(() => encodeMore(pictureId)),
    lacking,
    read,
    sheet: (pictureIds) => queue.add(() => sheet(pictureIds)),
  }
}

/** Whether a name is one of ours: a folder or a bucket may hold other things. */
export function isPictureName(name: string): boolean {
  const [pictureId, size = '', ...rest] = name.split('.')
  return (
    PictureId.safeParse(pictureId).success &&
    Size.safeParse(/^\d+$/.test(size) ? Number(size) : size).success &&
    PictureFormat.safeParse(rest.join('.')).success
  )
}

function fileName(pictureId: string, size: PictureSize, format: PictureFormat): string {
  return `${pictureId}.${size}.${format}`
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
function resized(bytes: Uint8Array, size: PictureSize, maxPixels: number): Sharp {
  const within =
    typeof size === 'number' ? { width: size } : { width: LONGEST_SIDE[size], height: LONGEST_SIDE[size] }
  return sharp(bytes, { limitInputPixels: maxPixels, failOn: 'error' })
    .autoOrient()
    .resize({ ...within, fit: 'inside', withoutEnlargement: true })
}

async function attempt<T>(encode: () => Promise<T>): Promise<T> {
  try {
    return await encode()
  } catch (cause) {
    throw new PictureError('not_a_picture', { cause })
  }
}

/** The colour of the whole as one pixel, `#rrggbb`; what shines through is white. */
async function meanColour(bytes: Uint8Array): Promise<string> {
  const pixel = await sharp(bytes)
    .resize(1, 1, { fit: 'fill' })
    .flatten({ background: 'white' })
    .toColourspace('srgb')
    .raw()
    .toBuffer()
  return `#${pixel.subarray(0, RGB).toString('hex')}`
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
