import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadAssets } from './assets.ts'
import { renderDrop } from './pages/drop.ts'
import { renderHome } from './pages/home.ts'
import { readerOf } from './reader.ts'
import { startWeb } from './start.ts'
import { configFor, makeDrop, makeId, NOW } from './testing/fake-core.ts'
import { startShopWindow } from './testing/shop-window.ts'

const site = {
  assets: loadAssets(),
  origin: 'https://shop.example',
  inviteUrl: null,
  operator: null,
  reader: readerOf('en-US'),
}

async function dropPage(over: Parameters<typeof makeDrop>[1] = {}) {
  const answer = { value: makeDrop(1, over), staleSince: null, until: NOW }
  const text = String(await renderDrop(site, answer, NOW))
  const data = /<script type="application\/ld\+json">(.*?)<\/script>/s.exec(text)?.[1] ?? ''
  return { text, data, product: JSON.parse(data) }
}

test('a drop says in its head what chats and search engines show of it', async () => {
  const { text, product } = await dropPage()
  const url = `https://shop.example/drops/${makeId('drp', 1)}`
  const picture = `https://shop.example/pictures/${makeId('pic', 1)}/full.webp`
  for (const line of [
    `<link rel="canonical" href="${url}">`,
    `<meta property="og:url" content="${url}">`,
    '<meta property="og:image:width" content="1200">',
    '<meta property="og:image:height" content="630">',
    '<meta property="og:image:alt" content="A speckled mug on a shelf">',
    '<meta name="twitter:card" content="summary_large_image">',
    '<meta name="twitter:image" content="https://shop.example/drops/',
  ]) {
    assert.ok(text.includes(line), line)
  }
  const card = /<meta property="og:image" content="([^"]+)">/.exec(text)?.[1] ?? ''
  assert.ok(card.startsWith(`${url}/card.png?v=`), card)
  assert.ok(!(await dropPage({ available: 1, sold: 1 })).text.includes(card), 'chats look again after a sale')
  assert.equal(product['@type'], 'Product')
  assert.deepEqual(product.image, [picture])
  assert.equal(product.offers.price, '42.00')
  assert.equal(product.offers.priceCurrency, 'USD')
  assert.equal(product.offers.inventoryLevel.value, 2)
  assert.equal(product.offers.availabilityEnds, '2026-12-04T18:00:00.000Z')
})

test('search engines are told how a drop stands, in every state', async () => {
  const availability = async (over: Parameters<typeof makeDrop>[1]) =>
    (await dropPage(over)).product.offers.availability.replace('https://schema.org/', '')
  assert.equal(await availability({}), 'LimitedAvailability')
  assert.equal(await availability({ available: 0, held: 3 }), 'OutOfStock')
  assert.equal(await availability({ status: 'paused' }), 'OutOfStock')
  assert.equal(await availability({ available: 0, held: 0, sold: 3 }), 'SoldOut')
  assert.equal(await availability({ closesAt: NOW }), 'Discontinued')
  assert.equal(await availability({ status: 'scheduled', opensAt: NOW + 1_000 }), 'PreOrder')
  assert.equal(await availability({ status: 'closed', opensAt: NOW + 1_000 }), 'Discontinued')
  const yen = await dropPage({ price: { amount: 4200, currency: 'jpy' } })
  assert.equal(yen.product.offers.price, '4200')
})

test('no word of a builder ends the data for search engines', async () => {
  const hostile = '</script><script>alert(1)</script><!-- '
  const { data, product } = await dropPage({ title: hostile, story: hostile })
  assert.ok(!data.includes('<'))
  assert.equal(product.name, hostile)
})

test('every page has a large card, and the landing page says how to search', async () => {
  assert.ok((await dropPage({ picture: null })).text.includes('content="summary_large_image"'))
  const answer = { value: { scheduled: [], open: [], closed: [] }, staleSince: null, until: NOW }
  const home = String(await renderHome(site, answer, NOW))
  assert.match(home, /og:image" content="https:\/\/shop\.example\/card\.png\?v=/)
  assert.match(home, /"urlTemplate":"https:\/\/shop\.example\/drops\?q=\{search_term_string\}"/)
})

test('robots are shown every drop, and no address with a secret', async () => {
  await using core = await startShopWindow()
  await using web = await startWeb(configFor(core, { publicUrl: 'https://shop.example' }), { now: () => NOW })
  const robots = await (await fetch(`${web.url}/robots.txt`)).text()
  assert.match(robots, /^Sitemap: https:\/\/shop\.example\/sitemap\.xml$/m)
  for (const path of ['/pay/', '/statement/', '/receipt/'])
    assert.match(robots, new RegExp(`^Disallow: ${path}$`, 'm'))
  const answer = await fetch(`${web.url}/sitemap.xml`)
  assert.equal(answer.headers.get('content-type'), 'application/xml; charset=utf-8')
  const places = [...(await answer.text()).matchAll(/<loc>(.*?)<\/loc>/g)].map(([, place]) => place)
  for (const path of [
    '/',
    '/drops',
    '/terms',
    '/builders/100000000000000101',
    `/drops/${makeId('drp', 1)}`,
    `/drops/${makeId('drp', 7)}`,
  ]) {
    assert.ok(places.includes(`https://shop.example${path}`), path)
  }
})
