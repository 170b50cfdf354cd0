import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '#contract'
import { renderPicture } from './pages/picture.ts'
import { startWeb } from './start.ts'
import { configFor, makeId, NOW } from './testing/fake-core.ts'
import { startShopWindow } from './testing/shop-window.ts'

const PATH = `/pictures/${makeId('pic', 1)}/640`
const CHROMIUM = 'image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8'

/** A shop whose core has the picture in the given formats, each made of its own name. */
async function startShop(formats: Set<string>) {
  const core = await startShopWindow()
  core.answers.getPicture = ({ format = 'webp', size }) => {
    if (!formats.has(format)) throw new AppError('not_found')
    return { base64: Buffer.from(`${format} ${size}`).toString('base64') }
  }
  const clock = { at: NOW }
  const web = await startWeb(configFor(core), { now: () => clock.at })
  return {
    core,
    clock,
    async ask(path: string, accept: string, more: Record<string, string> = {}) {
      const answer = await fetch(web.url + path, { headers: { accept, ...more } })
      const { headers, status } = answer
      const [type, caching, etag] = ['content-type', 'cache-control', 'etag'].map((name) => headers.get(name))
      return { status, type, etag, kept: caching?.includes('immutable'), text: await answer.text(), headers }
    },
    async [Symbol.asyncDispose]() {
      await web.close()
      await core[Symbol.asyncDispose]()
    },
  }
}

test('a browser is given the best format that it takes, for ever', async () => {
  await using shop = await startShop(new Set(['webp', 'avif', 'jpeg']))
  for (const [accept, format] of [
    [CHROMIUM, 'avif'],
    ['image/webp,*/*', 'webp'],
    ['*/*', 'jpeg'],
  ] as const) {
    const { status, type, kept, text, etag, headers } = await shop.ask(PATH, accept)
    assert.deepEqual([status, type, kept, text], [200, `image/${format}`, true, `${format} 640`])
    assert.equal(headers.get('vary'), 'accept')
    assert.equal((await shop.ask(PATH, accept, { 'if-none-match': etag ?? '' })).status, 304)
  }
  const old = await shop.ask(PATH.replace('640', 'card.webp'), CHROMIUM)
  assert.deepEqual([old.type, old.text, old.kept], ['image/webp', 'webp card', true])
})

test('until the best format is there WebP is given, and not for ever', async () => {
  const formats = new Set(['webp'])
  await using shop = await startShop(formats)
  for (let visit = 0; visit < 3; visit++) {
    const { type, kept, text } = await shop.ask(PATH, CHROMIUM)
    assert.deepEqual([type, kept, text], ['image/webp', false, 'webp 640'])
  }
  assert.equal(shop.core.asked.length, 2, 'one look for each format')
  formats.add('avif')
  shop.clock.at += 60_000
  const { type, kept } = await shop.ask(PATH, CHROMIUM)
  assert.deepEqual([type, kept], ['image/avif', true])
})

test('sizes that no picture has, and pictures that nobody has, are not found', async () => {
  await using shop = await startShop(new Set())
  for (const path of ['641', '99999999999999999999', 'card.png', '640.webp', '-1', '640/x']) {
    assert.equal((await shop.ask(PATH.replace('640', path), CHROMIUM)).status, 404, path)
  }
  assert.equal((await shop.ask('/pictures/pic_x/640', CHROMIUM)).status, 404)
  assert.deepEqual(shop.core.asked, [])
  assert.equal((await shop.ask(PATH, CHROMIUM)).status, 404)
})

test('a picture offers its widths and its colour; an earlier one still shows', async () => {
  const options = { size: 'card', sizes: '50vw', box: { width: 480, height: 360 }, when: 'later' } as const
  const picture = { pictureId: makeId('pic', 1), width: 1_600, height: 1_200, alt: 'A "mug"' }
  const at = `/pictures/${picture.pictureId}`
  const now = String(await renderPicture({ ...picture, widths: [320, 640], colour: '#c9b29c' }, options))
  assert.ok(now.includes(`srcset="${at}/320 320w, ${at}/640 640w, ${at}/full 1600w" sizes="50vw"`), now)
  assert.ok(now.includes('fill="#c9b29c"'))
  assert.ok(now.includes('width="480" height="360" alt="A &quot;mug&quot;"'))
  assert.ok(now.includes('loading="lazy"'))
  const before = String(await renderPicture(picture, options))
  assert.ok(before.startsWith(`<img src="${at}/card" width`), before)
})
