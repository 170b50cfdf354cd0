import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Hono } from 'hono'
import pino from 'pino'
import sharp from 'sharp'
import { AppError } from '#contract'
import { addSocialCards } from './routes/social-cards.ts'
import type { SocialCard } from './social/card.ts'
import { startWeb } from './start.ts'
import { configFor, makeDrop, makeId, NOW } from './testing/fake-core.ts'
import { startShopWindow } from './testing/shop-window.ts'
import type { WebDeps, WebEnv } from './web-deps.ts'

const DROP = `/drops/${makeId('drp', 1)}/card.png`
const MOSS = '/builders/100000000000000102/card.png'
const webp = readFileSync(new URL('./testing/still-life.webp', import.meta.url))
const jpeg = (await sharp(webp).jpeg().toBuffer()).toString('base64')

/** A shop whose core keeps pictures as JPEG too. */
async function startShop() {
  const core = await startShopWindow()
  const clock = { at: NOW }
  core.answers.getPicture = ({ format = 'webp' }) => ({
    base64: format === 'jpeg' ? jpeg : webp.toString('base64'),
  })
  const web = await startWeb(configFor(core), { now: () => clock.at })
  return {
    core,
    clock,
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

test('a photo that cannot be drawn leaves the card without it, for a moment', async () => {
  await using shop = await startShop()
  const working = shop.core.answers.getPicture
  assert.ok(working)
  const broken = () => ({ base64: 'AAAA' })
  const missing = () => {
    throw new AppError('not_found')
  }
  for (const answer of [missing, broken]) {
    shop.core.answers.getPicture = answer
    const response = await shop.ask(DROP)
    assert.deepEqual([response.status, response.headers.get('cache-control')], [200, 'public, max-age=60'])
    const { width, height } = await sharp(await response.arrayBuffer()).metadata()
    assert.deepEqual([width, height], [1200, 630])
  }
  shop.core.answers.getPicture = working
  shop.clock.at += 6 * 60_000
  const { status, headers } = await shop.ask(DROP)
  assert.deepEqual([status, headers.get('cache-control')], [200, 'public, max-age=300'])
})

test('while core is down a page keeps its last card, and one never seen has the shop’s', async () => {
  await using shop = await startShop()
  const [drop, home] = await Promise.all([shop.ask(DROP), shop.ask('/card.png')])
  shop.core.down = true
  shop.clock.at += 60 * 60_000
  for (const [path, before] of [
    [DROP, drop],
    [MOSS, home],
    [`/drops/${makeId('drp', 2)}/card.png`, home],
  ] as const) {
    const { status, headers } = await shop.ask(path)
    assert.deepEqual([status, headers.get('cache-control')], [200, 'public, max-age=60'], path)
    assert.equal(headers.get('etag'), before.headers.get('etag'), path)
  }
})

/** The routes alone, with a painter that does what it is told. */
function createStand() {
  const stand = { at: NOW, painted: [] as string[], paint: async (_: SocialCard) => new Uint8Array([1]) }
  const app = new Hono<WebEnv>()
  const core = {
    getDrop: async ({ dropId }: { dropId: string }) => ({ ...makeDrop(1), dropId }),
    getPicture: async () => ({ base64: 'AAAA' }),
  } as unknown as WebDeps['core']
  const painter = {
    async paint(card: SocialCard) {
      stand.painted.push(card.kind === 'drop' && card.pictures.length === 0 ? 'bare' : card.kind)
      return stand.paint(card)
    },
    close: async () => {},
  }
  addSocialCards(app, { core, painter, log: pino({ level: 'silent' }), now: () => stand.at }, () =>
    Promise.reject(new Error('not asked')),
  )
  return { stand, ask: (path: string) => app.request(path) }
}

test('what hangs or dies over one card is not asked for it again for a while, and the others go on', async () => {
  const { stand, ask } = createStand()
  stand.paint = async (card) => {
    if (card.pictures.includes(makeId('pic', 1))) throw new Error('it hung')
    return new Uint8Array([1])
  }
  const ages = async () => (await ask(DROP)).headers.get('cache-control')
  assert.equal(await ages(), 'public, max-age=60')
  assert.deepEqual(stand.painted, ['drop', 'bare'])
  assert.equal(await ages(), 'public, max-age=60')
  assert.deepEqual(stand.painted, ['drop', 'bare'])
  assert.equal((await ask('/card.png')).headers.get('cache-control'), 'public, max-age=300')
  stand.at += 6 * 60_000
  await ages()
  assert.deepEqual(stand.painted, ['drop', 'bare', 'home', 'drop'])
})

test('a shop that can draw nothing at all has no cards, and no error', async () => {
  const { stand, ask } = createStand()
  stand.paint = () => Promise.reject(new Error('it died'))
  for (const path of [DROP, '/card.png']) {
    const { status, headers } = await ask(path)
    assert.deepEqual([status, headers.get('cache-control')], [404, 'no-store'], path)
  }
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
