import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import sharp from 'sharp'
import { AppError } from '#contract'
import { startWeb } from './start.ts'
import { CORE_TOKEN, makeId, NOW } from './testing/fake-core.ts'
import { startShopWindow } from './testing/shop-window.ts'

const DROP = `/drops/${makeId('drp', 1)}/card.png`
const MOSS = '/builders/100000000000000102/card.png'
const webp = readFileSync(new URL('./testing/still-life.webp', import.meta.url))
const jpeg = (await sharp(webp).jpeg().toBuffer()).toString('base64')

/** A shop whose core keeps pictures as JPEG too. */
async function startShop() {
  const core = await startShopWindow()
  core.answers.getPicture = ({ format = 'webp' }) => ({
    base64: format === 'jpeg' ? jpeg : webp.toString('base64'),
  })
  const web = await startWeb(
    {
      host: '127.0.0.1',
      port: 0,
      coreUrl: core.url,
      publicUrl: null,
      inviteUrl: null,
      operator: null,
      log: { level: 'silent', format: 'json' },
      telemetryUrl: null,
      secrets: { coreToken: CORE_TOKEN },
    },
    { now: () => NOW },
  )
  return {
    core,
    ask: (path: string, headers: Record<string, string> = {}) =>
      fetch(web.url + path, { headers, redirect: 'manual' }),
    async [Symbol.asyncDispose]() {
      await web.close()
      await core[Symbol.asyncDispose]()
    },
  }
}

test('the picture that a page names in its head is there, and is sent once', async () => {
  await using shop = await startShop()
  for (const page of ['/', DROP.replace('/card.png', ''), MOSS.replace('/card.png', '')]) {
    const head = await (await shop.ask(page)).text()
    const named = /<meta property="og:image" content="http:\/\/[^/]+([^"]+)">/.exec(head)?.[1] ?? ''
    const answer = await shop.ask(named)
    assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, 'image/png'], named)
    assert.match(answer.headers.get('cache-control') ?? '', /^public, max-age=/)
    const { width, height } = await sharp(await answer.arrayBuffer()).metadata()
    assert.deepEqual([width, height], [1200, 630])
    const etag = answer.headers.get('etag') ?? ''
    assert.ok(named.endsWith(`?v=${etag.slice(1, -1)}`), etag)
    assert.equal((await shop.ask(named, { 'if-none-match': etag })).status, 304)
  }
})

test('a card is drawn once for all who ask, and again when the drop changed', async () => {
  await using shop = await startShop()
  const drawn = () => shop.core.asked.filter((name) => name === 'getPicture').length
  const answers = await Promise.all(Array.from({ length: 5 }, () => shop.ask(DROP)))
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200, 200, 200],
  )
  await shop.ask(`${DROP}?v=anything`)
  assert.equal(drawn(), 1)
  const before = shop.core.answers.getDrop
  assert.ok(before)
  shop.core.answers.getDrop = async (input) => ({ ...(await before(input)), available: 1, sold: 1 })
  const after = await shop.ask(DROP)
  assert.notEqual(after.headers.get('etag'), answers[0]?.headers.get('etag'))
  assert.equal(drawn(), 2)
})

test('what cannot be drawn is shown as the photo, and later ones are drawn again', async () => {
  await using shop = await startShop()
  const working = shop.core.answers.getPicture
  assert.ok(working)
  const photo = `/pictures/${makeId('pic', 1)}/full.webp`
  const broken = () => ({ base64: 'AAAA' })
  const missing = () => {
    throw new AppError('not_found')
  }
  for (const answer of [broken, missing]) {
    shop.core.answers.getPicture = answer
    const { status, headers } = await shop.ask(DROP)
    assert.deepEqual(
      [status, headers.get('location'), headers.get('cache-control')],
      [302, photo, 'no-store'],
    )
  }
  shop.core.answers.getPicture = working
  assert.equal((await shop.ask(DROP)).status, 200)
})

test('there is no card of what is not there', async () => {
  await using shop = await startShop()
  for (const path of [
    '/drops/drp_x',
    `/drops/${makeId('drp', 99)}`,
    '/builders/x',
    '/builders/100000000000000999',
  ]) {
    assert.equal((await shop.ask(`${path}/card.png`)).status, 404, path)
  }
})
