import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
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
 * Pictures as WebP files `<pictureId>.<size>.webp` in one folder. Uploads are fetched only from the given sources,
 * never over a redirect, and nothing of the upload but its pixels is kept.
 */
export function createMediaFiles(options: {
  readonly dir: string
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
    await store(options.dir, [
      { name: fileName(pictureId, 'card'), data: card.data },
      { name: fileName(pictureId, 'full'), data: full.data },
    ])
    return { pictureId, width: full.info.width, height: full.info.height, alt: request.alt }
  }

  return {
    take: (request) => queue.add(() => take(request)),

    async read(pictureId, size) {
      // Both become part of a path.
      if (!PictureId.safeParse(pictureId).success || !SIZES.includes(size)) return null
      try {
        return await readFile(join(options.dir, fileName(pictureId, size)))
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
        throw error
      }
    },
  }
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

/** All files or none; a crash leaves at most a file whose name nobody asks for. */
async function store(dir: string, files: readonly { name: string; data: Buffer }[]): Promise<void> {
  await mkdir(dir, { recursive: true })
  const written: string[] = []
  try {
    const renames: [from: string, to: string][] = []
    for (const { name, data } of files) {
      const from = join(dir, `.${name}.${randomUUID()}`)
      written.push(from)
      await writeDurably(from, data)
      renames.push([from, join(dir, name)])
    }
    for (const [from, to] of renames) {
      await rename(from, to)
      written.push(to)
    }
    await syncFolder(dir)
  } catch (error) {
    await Promise.all(written.map((path) => rm(path, { force: true })))
    throw error
  }
}

async function writeDurably(path: string, data: Buffer): Promise<void> {
  await using file = await open(path, 'wx')
  await file.writeFile(data)
  await file.sync()
}

/** Makes the new names survive a power cut too. */
async function syncFolder(dir: string): Promise<void> {
  await using folder = await open(dir, 'r')
  await folder.sync()
}
