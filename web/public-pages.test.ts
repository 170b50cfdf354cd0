import assert from 'node:assert/strict'
import { get } from 'node:http'
import { test } from 'node:test'
import { brotliCompressSync, brotliDecompressSync, gunzipSync } from 'node:zlib'
import { AppError } from '#contract'
import { loadAssets } from './assets.ts'
import { renderHome } from './pages/home.ts'
import { readerOf } from './reader.ts'
import { startWeb } from './start.ts'
import { configFor, makeDrop, makeId, NOW } from './testing/fake-core.ts'
import { startShopWindow } from './testing/shop-window.ts'

const DROP = `/drops/${makeId('drp', 1)}`

async function startShop() {
  const core = await startShopWindow()
  const clock = { at: NOW }
  const lines: string[] = []
  const web = await startWeb(configFor(core, { log: { level: 'info', format: 'json' } }), {
    now: () => clock.at,
    logTo: { write: (line) => lines.push(line) },
  })
  return {
    core,
    clock,
    lines,
    web,
    /** The bytes as they were sent: `fetch` would unpack them. */
    ask: (path: string, headers: Record<string, string> = {}, method = 'GET') =>
      ask(web.port, path, headers, method),
    async [Symbol.asyncDispose]() {
      await web.close()
      await core[Symbol.asyncDispose]()
    },
  }
}

interface Answer {
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: Buffer
}

function ask(port: number, path: string, headers: Record<string, string>, method: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, headers, method, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        // What belongs to one answer alone.
        const { date, 'x-request-id': requestId, ...same } = response.headers
        resolve({ status: response.statusCode, headers: same, body: Buffer.concat(chunks) })
      })
    }).once('error', reject)
  })
}

test('an answer from memory is the answer that the app gave, in every encoding', async () => {
  await using shop = await startShop()
  const plain = (await shop.ask(DROP)).body.toString()
  assert.match(plain, /Speckled stoneware mug/)
  const unpack = { br: brotliDecompressSync, gzip: gunzipSync, identity: (bytes: Buffer) => bytes }
  for (const encoding of ['br', 'gzip', 'identity'] as const) {
    const headers = { 'accept-encoding': encoding }
    // A query that means nothing is not in memory.
    const fromApp = await shop.ask(`${DROP}?utm=1`, headers)
    const fromMemory = await shop.ask(DROP, headers)
    assert.deepEqual(fromMemory, fromApp, encoding)
    assert.equal(fromMemory.headers['content-encoding'] ?? 'identity', encoding)
    assert.equal(unpack[encoding](fromMemory.body).toString(), plain)
  }
  const { etag } = (await shop.ask(DROP)).headers
  for (const path of [`${DROP}?utm=1`, DROP]) {
    const unchanged = await shop.ask(path, { 'if-none-match': String(etag) })
    assert.equal(unchanged.status, 304)
    assert.equal(unchanged.body.length, 0)
    assert.equal(unchanged.headers['x-frame-options'], 'DENY')
    const head = await shop.ask(path, {}, 'HEAD')
    assert.deepEqual([head.status, head.body.length], [200, 0])
    assert.equal(head.headers['content-length'], String(Buffer.byteLength(plain)))
  }
  assert.equal((await shop.ask(DROP, {}, 'POST')).status, 405)
  assert.deepEqual(shop.core.asked, ['getDrop'])
})

test('a reader is given the page of their own locale from memory', async () => {
  await using shop = await startShop()
  for (const visit of ['first', 'second']) {
    for (const [locale, price] of Object.entries({ 'en-US': '$42.00', 'de-DE': 'US$42.00' })) {
      const page = (await shop.ask(DROP, { 'accept-language': locale })).body.toString()
      assert.ok(page.includes(`>${price}<`), `${visit} ${locale}`)
    }
  }
  assert.equal(shop.lines.filter((line) => line.includes('/drops/:id')).length, 2)
})

test('a page that says the same keeps its tag, one that changed has another', async () => {
  await using shop = await startShop()
  const { etag } = (await shop.ask(DROP)).headers
  shop.clock.at += 1_000
  assert.equal((await shop.ask(DROP)).headers.etag, etag)
  assert.equal(shop.core.asked.length, 2)
  shop.core.answers.getDrop = () => makeDrop(1, { available: 0, sold: 2 })
  shop.clock.at += 1_000
  const next = await shop.ask(DROP, { 'if-none-match': String(etag) })
  assert.equal(next.status, 200)
  assert.match(next.body.toString(), /All held right now/)
})

test('while one visitor waits for the next page, the others are given the last one', async () => {
  await using shop = await startShop()
  await shop.ask(DROP)
  const { getDrop } = shop.core.answers
  const asked = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<void>()
  shop.core.answers.getDrop = async () => {
    asked.resolve()
    await answer.promise
    return makeDrop(1, { available: 1, sold: 1 })
  }
  shop.clock.at += 1_000
  const waiting = shop.ask(DROP)
  await asked.promise
  assert.match((await shop.ask(DROP)).body.toString(), /2 of 3 left/)
  answer.resolve()
  assert.match((await waiting).body.toString(), /1 of 3 left/)
  assert.match((await shop.ask(DROP)).body.toString(), /1 of 3 left/)
  Object.assign(shop.core.answers, { getDrop })
})

test('a page whose drop is gone is not given for ever', async () => {
  await using shop = await startShop()
  await shop.ask(DROP)
  shop.core.answers.getDrop = () => {
    throw new AppError('drop_not_found')
  }
  shop.clock.at += 1_000
  assert.equal((await shop.ask(DROP)).status, 404)
  shop.clock.at += 1_000
  for (let visitor = 0; visitor < 3; visitor++) assert.equal((await shop.ask(DROP)).status, 404)
})

test('answers from memory are one line in the log, with their number', async () => {
  await using shop = await startShop()
  for (let visitor = 0; visitor < 4; visitor++) await shop.ask('/about')
  await shop.web.close()
  const entries = shop.lines.map((line) => JSON.parse(line))
  assert.equal(entries.filter(({ route }) => route === '/about').length, 1)
  const fromMemory = entries.filter(({ msg }) => msg === 'answered from memory')
  assert.equal(
    fromMemory.reduce((sum, { count }) => sum + count, 0),
    3,
  )
})

test('a page of a hundred drops with its stylesheet weighs less than 60 KB', async () => {
  const assets = loadAssets()
  const style = assets.named('css/style.css')?.br
  assert.ok(style)
  // Words that differ from drop to drop, as people's words do.
  const words = [...Array(2_000).keys()].map((n) => ((n * 2_654_435_761) >>> 0).toString(36))
  const some = (from: number, count: number) => words.slice(from, from + count).join(' ')
  const open = [...Array(100).keys()].map((n) => {
    const [title, name, alt] = [some(n * 12, 5), some(n * 7, 2), some(n * 15, 10)]
    const picture = { pictureId: makeId('pic', n), width: 1600, height: 1200, alt }
    return makeDrop(n, { title, picture, builder: { userId: String(10n ** 17n + BigInt(n)), name } })
  })
  const value = { scheduled: [], open, closed: [] }
  const site = {
    assets,
    origin: 'https://shop.example',
    inviteUrl: null,
    operator: null,
    reader: readerOf('en-US'),
  }
  const page = String(await renderHome(site, { value, staleSince: null, until: 0 }, NOW))
  assert.equal(page.split('<li class="card" ').length - 1, 100)
  const bytes = brotliCompressSync(page).length + style.length
  assert.ok(bytes < 60_000, `${bytes} bytes`)
})

test('one or two open drops are shown large on the landing page, and an empty shelf leads to where the next is told', async () => {
  const inviteUrl = 'https://discord.example/invite'
  const site = {
    assets: loadAssets(),
    origin: 'https://shop.example',
    inviteUrl,
    operator: null,
    reader: readerOf('en-US'),
  }
  const shelf = async (count: number): Promise<string> => {
    const open = Array.from({ length: count }, (_, i) => makeDrop(i + 1))
    const value = { scheduled: [], open, closed: [] }
    const page = String(await renderHome(site, { value, staleSince: null, until: 0 }, NOW))
    return /id="on-sale"[\s\S]*?<\/section>/.exec(page)?.[0] ?? ''
  }
  assert.match(await shelf(2), /class="cards cards--few"/)
  assert.match(await shelf(3), /class="cards"/)
  assert.ok((await shelf(0)).includes(`href="${inviteUrl}"`))
  assert.ok(!(await shelf(1)).includes(inviteUrl))
})
