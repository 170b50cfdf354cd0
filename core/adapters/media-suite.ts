import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, describe, test } from 'node:test'
import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { PictureError } from '../ports/media.ts'
import { createMedia, type Shelf } from './media.ts'

const ID = 'pic_01jd7y5m5sf1wsp61v0zhx2e3a'
const OTHER_ID = 'pic_01jd7y5m5sf1wsp61v0zhx2e3b'
const THIRD_ID = 'pic_01jd7y5m5sf1wsp61v0zhx2e3c'

/** What media must do on every shelf; `open` gives an empty one. */
export function mediaSuite(engine: string, open: () => Promise<Shelf>): void {
  const uploads = new Map<string, Buffer>()
  let sent = 0
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    if (path === '/up/moved') return response.writeHead(302, { location: '/up/photo' }).end()
    const body = uploads.get(path.replace('/up/', ''))
    if (!body) return response.writeHead(404).end()
    // No content-length, as from a host that lies about size or does not tell it.
    response.writeHead(200)
    const step = 64 * 1024
    const next = (from: number): void => {
      if (response.destroyed) return
      if (from >= body.length) {
        response.end()
        return
      }
      sent += step
      const goOn = response.write(body.subarray(from, from + step))
      if (goOn) setImmediate(next, from + step)
      else response.once('drain', () => next(from + step))
    }
    next(0)
  })

  describe(`media on ${engine}`, () => {
    let origin: string
    let shelf: Shelf
    before(async () => {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      uploads.set('photo', await photo(2_000, 1_000).jpeg().toBuffer())
      uploads.set(
        'svg',
        Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path/></svg>'),
      )
    })
    beforeEach(async () => {
      shelf = await open()
    })
    after(async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    })

    function media(options: { maxPixels?: number } = {}) {
      return createMedia({ shelf, sources: [`${origin}/up`], ...options })
    }

    function take(name: string, options: { maxPixels?: number } = {}) {
      return media(options).take({ pictureId: ID, url: `${origin}/up/${name}`, alt: 'A mug' })
    }

    test('a photo is kept as WebP in every size, never enlarged, with its colour', async () => {
      const { colour, ...picture } = await take('photo')
      const widths = [320, 640, 960] as const
      assert.deepEqual(picture, { pictureId: ID, width: 1_600, height: 800, alt: 'A mug', widths })
      assert.match(colour ?? '', /^#f[67890a]c[6789a]d[2345]$/)
      const sizes = {
        card: [800, 400],
        full: [1_600, 800],
        320: [320, 160],
        640: [640, 320],
        960: [960, 480],
      }
      for (const size of ['card', 'full', ...widths] as const) {
        const stored = await sharp((await media().read(ID, size)) ?? undefined).metadata()
        assert.deepEqual([stored.format, stored.width, stored.height], ['webp', ...(sizes[size] ?? [])])
      }

      uploads.set('small', await photo(40, 30).png().toBuffer())
      const { colour: _, ...small } = await take('small')
      assert.deepEqual(small, { pictureId: ID, width: 40, height: 30, alt: 'A mug', widths: [] })
    })

    test('the other formats come later, of every width, and twice is once', async () => {
      uploads.set('middle', await photo(700, 500).png().toBuffer())
      await take('middle')
      assert.equal(await media().read(ID, 'full', 'avif'), null)
      await media().encodeMore(ID)
      for (const [format, stored] of [
        ['avif', 'heif'],
        ['jpeg', 'jpeg'],
      ] as const) {
        for (const [size, width] of [
          ['full', 700],
          [640, 640],
          [320, 320],
        ] as const) {
          const found = await sharp((await media().read(ID, size, format)) ?? undefined).metadata()
          assert.deepEqual([found.format, found.width, found.exif], [stored, width, undefined])
        }
        assert.equal(await media().read(ID, 960, format), null, 'never enlarged')
      }
      const names = await namesOn(shelf)
      await media().encodeMore(ID)
      assert.deepEqual(await namesOn(shelf), names)
      await media().encodeMore(OTHER_ID)
      assert.deepEqual(await namesOn(shelf), names)
    })

    test('a picture lacks something until it is there in every format and width', async () => {
      uploads.set('middle', await photo(700, 500).png().toBuffer())
      await take('middle')
      assert.deepEqual(await media().lacking(), [ID])
      await media().encodeMore(ID)
      assert.deepEqual(await media().lacking(), [])
      // As pictures were kept at first, and as a bucket that failed half way leaves them.
      const old = ['card.webp', 'full.webp']
      const half = [...old, '320.webp', 'full.avif', 'full.jpeg', '320.avif']
      const { data } = await photo(700, 500).webp().toBuffer({ resolveWithObject: true })
      for (const [id, names] of [
        [OTHER_ID, old],
        [THIRD_ID, half],
      ] as const) {
        await shelf.put(names.map((name) => ({ name: `${id}.${name}`, data })))
      }
      assert.deepEqual((await media().lacking()).toSorted(), [OTHER_ID, THIRD_ID].toSorted())
      await media().encodeMore(OTHER_ID)
      await media().encodeMore(THIRD_ID)
      assert.deepEqual(await media().lacking(), [])
    })

    test('PNG, WebP, GIF and AVIF are taken as well', async () => {
      for (const format of ['png', 'webp', 'gif', 'avif'] as const) {
        uploads.set(format, await photo(64, 48).toFormat(format).toBuffer())
        assert.equal((await take(format)).width, 64, format)
      }
    })

    test('place, camera and colour profile of a photo are gone; its orientation is applied', async () => {
      const withPlace = await photo(60, 40)
        .withIccProfile('p3')
        .withExif({
          IFD0: { Make: 'C500', Orientation: '6' },
          IFD3: { GPSLatitude: '51/1 30/1 0/1', GPSLatitudeRef: 'N' },
        })
        .withMetadata({ orientation: 6 })
        .jpeg()
        .toBuffer()
      assert.ok((await sharp(withPlace).metadata()).exif, 'the upload has EXIF')
      uploads.set('exif', withPlace)

      const picture = await take('exif')
      assert.deepEqual([picture.width, picture.height], [40, 60])
      const stored = await sharp((await media().read(ID, 'full')) ?? undefined).metadata()
      assert.deepEqual(
        [stored.exif, stored.icc, stored.xmp, stored.iptc, stored.orientation],
        [undefined, undefined, undefined, undefined, undefined],
      )
    })

    test('a renamed executable, an SVG and an empty file are not pictures', async () => {
      uploads.set('mug.png', Buffer.concat([Buffer.from('\x7fELF\x02\x01\x01'), randomBytes(5_000)]))
      uploads.set(
        'svg',
        Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path/></svg>'),
      )
      uploads.set('empty', Buffer.alloc(0))
      for (const name of ['mug.png', 'svg', 'empty']) await refused('not_a_picture', take(name))
    })

    test('pictures come on one sheet, in order, and what is gone leaves its place empty', async () => {
      for (const [name, background] of [
        ['red', '#f00'],
        ['blue', '#00f'],
      ] as const) {
        const plain = sharp({ create: { width: 900, height: 900, channels: 3, background } })
        uploads.set(name, await plain.png().toBuffer())
        const pictureId = name === 'red' ? ID : OTHER_ID
        await media().take({ pictureId, url: `${origin}/up/${name}`, alt: '' })
      }
      const gone = ID.replace(/.$/, '9')
      const jpeg = await media().sheet([ID, gone, OTHER_ID])
      assert.ok(jpeg)
      assert.equal((await sharp(jpeg).metadata()).format, 'jpeg')
      const { data, info } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true })
      const at = (x: number, y: number) => [...data.subarray((y * info.width + x) * 3).subarray(0, 3)]
      const near = (x: number, y: number, colour: number[]) =>
        at(x, y).forEach((value, i) => void assert.ok(Math.abs(value - (colour[i] ?? 0)) < 12, `${x} ${y}`))
      near(400, 400, [255, 0, 0])
      near(info.width / 2 + 400, 400, [255, 255, 255])
      near(400, info.height / 2 + 400, [0, 0, 255])
      assert.deepEqual(await media().sheet([ID, gone, OTHER_ID]), jpeg, 'the same sheet every time')
      assert.equal(await media().sheet([gone]), null)
    })

    test('many restless photos still fit into what Stripe takes', async () => {
      const noise = sharp(randomBytes(1_600 * 1_600 * 3), {
        raw: { width: 1_600, height: 1_600, channels: 3 },
      })
      uploads.set('noise', await noise.jpeg().toBuffer())
      await take('noise')
      const jpeg = await media().sheet(Array.from({ length: 12 }, () => ID))
      assert.ok(jpeg && jpeg.byteLength < 4_500_000, `${jpeg?.byteLength} bytes`)
    })

    test('a photo that ends in the middle is not a picture', async () => {
      const whole = await sharp(randomBytes(300 * 300 * 3), { raw: { width: 300, height: 300, channels: 3 } })
        .jpeg()
        .toBuffer()
      uploads.set('cut', whole.subarray(0, whole.length / 2))
      await refused('not_a_picture', take('cut'))
    })

    test('a file of 30 MB is refused before all of it is read', async () => {
      uploads.set('huge', Buffer.alloc(100 * 1024 * 1024))
      sent = 0
      await refused('too_large', take('huge'))
      assert.ok(sent < 60 * 1024 * 1024, `${sent} bytes were sent`)
      uploads.set('30MB', Buffer.alloc(30_000_000))
      await refused('too_large', take('30MB'))
    })

    test('a picture of 20,000 by 20,000 pixels is refused without decoding it', async () => {
      // Its pixels are missing altogether: whoever decodes it gets another error.
      uploads.set('bomb', pngHeader(20_000, 20_000))
      await refused('too_many_pixels', take('bomb'))
      await refused('too_many_pixels', take('photo', { maxPixels: 1_999_999 }))
    })

    test('only the given sources are asked, and never over a redirect', async () => {
      const port = new URL(origin).port
      const urls = [
        'https://elsewhere.example/up/photo',
        `${origin}/other/photo`,
        `${origin}/up/../other/photo`,
        `${origin}/upper/photo`,
        `http://name:word@127.0.0.1:${port}/up/photo`,
        `http://127.0.0.1:${port}@elsewhere.example/up/photo`,
        `https://127.0.0.1:${port}/up/photo`,
        'file:///etc/passwd',
        'not an address',
      ]
      for (const url of urls)
        await refused('source_not_allowed', media().take({ pictureId: ID, url, alt: '' }))
      await refused('unreachable', take('moved'))
      await refused('unreachable', take('missing'))
    })

    test('a refused picture leaves nothing behind', async () => {
      await refused('not_a_picture', take('svg'))
      assert.deepEqual(await namesOn(shelf), [])
    })

    test('a picture put there twice lies there once, and is listed by its name', async () => {
      await take('photo')
      const card = await media().read(ID, 'card')
      await take('photo')
      assert.deepEqual(await media().read(ID, 'card'), card)
      const sizes = ['320', '640', '960', 'card', 'full']
      assert.deepEqual(
        await namesOn(shelf),
        sizes.map((size) => `${ID}.${size}.webp`),
      )
    })

    test('a list has every name once, however many there are', async () => {
      const names = Array.from('0123456', (digit) => `${ID.slice(0, -1)}${digit}.card.webp`)
      await shelf.put(names.map((name) => ({ name, data: Buffer.from(name) })))
      assert.deepEqual(await namesOn(shelf), names)
      assert.deepEqual(await shelf.get(names[3] ?? ''), Buffer.from(names[3] ?? ''))
    })

    test('a picture that was never taken is null, and an id is not a path', async () => {
      assert.equal(await media().read('pic_01jd7y5m5sf1wsp61v0zhx2e3z', 'card'), null)
      assert.equal(await media().read('../../etc/passwd', 'card'), null)
      await assert.rejects(media().take({ pictureId: '../x', url: `${origin}/up/photo`, alt: '' }))
    })
  })
}

async function namesOn(shelf: Shelf): Promise<string[]> {
  return (await Array.fromAsync(shelf.names())).toSorted()
}

function photo(width: number, height: number) {
  return sharp({ create: { width, height, channels: 3, background: '#f8c8d4' } })
}

async function refused(reason: PictureError['reason'], attempt: Promise<unknown>): Promise<void> {
  await assert.rejects(attempt, (error) => {
    assert.ok(error instanceof PictureError, String(error))
    assert.equal(error.reason, reason)
    return true
  })
}

/** A PNG that says how big it is and nothing more. */
function pngHeader(width: number, height: number): Buffer {
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0])
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(100))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type: string, data: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type), data])
  const size = Buffer.alloc(4)
  size.writeUInt32BE(data.length)
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(typed))
  return Buffer.concat([size, typed, sum])
}
