import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startWeb } from './start.ts'
import { configFor, makeDrop, makeId, NOW, startFakeCore } from './testing/fake-core.ts'

const HOUR = 60 * 60_000

const drops = [
  makeDrop(1, {
    title: 'Mug & <saucer> ]]> ]]>',
    story: 'Clay; water, fire.\n<b>Twice.',
    picture: { pictureId: makeId('pic', 1), width: 1_600, height: 1_200, alt: 'A "mug" on a shelf' },
  }),
  makeDrop(2, {
    openedAt: NOW + 24 * HOUR,
    opensAt: NOW + 24 * HOUR,
    status: 'scheduled',
    opensWithStream: true,
  }),
  makeDrop(3, { status: 'closed', opensAt: NOW + HOUR, openedAt: NOW + HOUR }),
  makeDrop(4, { status: 'closed', openedAt: NOW - 60 * 24 * HOUR, closesAt: NOW - 50 * 24 * HOUR }),
  makeDrop(5, { builder: { userId: '100000000000000102', name: 'Moss' } }),
]

async function startShop() {
  const core = await startFakeCore({
    listDrops: ({ status }) => ({ drops: drops.filter((drop) => drop.status === status), cursor: null }),
  })
  const clock = { at: NOW }
  const web = await startWeb(configFor(core, { publicUrl: 'https://shop.example' }), { now: () => clock.at })
  return {
    clock,
    get: (path: string, headers: Record<string, string> = {}) => fetch(web.url + path, { headers }),
    async [Symbol.asyncDispose]() {
      await web.close()
      await core[Symbol.asyncDispose]()
    },
  }
}

/** Lines that were folded are one line again (RFC 5545, section 3.1). */
const unfold = (text: string) => text.replaceAll('\r\n ', '')

test('both feeds have what has opened, newest first, as text that no markup comes out of', async () => {
  await using shop = await startShop()
  const rss = await shop.get('/feed.xml')
  assert.equal(rss.headers.get('content-type'), 'application/rss+xml; charset=utf-8')
  const xml = await rss.text()
  assert.ok(xml.startsWith('<?xml version="1.0" encoding="utf-8"?>'), xml.slice(0, 80))
  // What is between the marks is text; an end mark of a builder's own would let markup out.
  assert.equal(xml.replace(/<!\[CDATA\[.*?\]\]>/gs, '').includes('saucer'), false)
  assert.ok(xml.includes('Mug & <saucer> '), xml)
  const guids = [...xml.matchAll(/<guid[^>]*>(.*?)<\/guid>/g)].map(([, id]) => id)
  const expected = [5, 1, 4].map((n) => `https://shop.example/drops/${makeId('drp', n)}`)
  assert.deepEqual(guids, expected)

  const answer = await shop.get('/feed.json')
  assert.equal(answer.headers.get('content-type'), 'application/feed+json; charset=utf-8')
  const feed = (await answer.json()) as {
    version: string
    items: { id: string; content_html: string }[]
  }
  assert.equal(feed.version, 'https://jsonfeed.org/version/1')
  assert.deepEqual(
    feed.items.map(({ id }) => id),
    expected,
  )
  const [picture, price, story] = feed.items[1]?.content_html.match(/<p>.*?<\/p>/g) ?? []
  assert.deepEqual([price, story], ['<p>$42.00</p>', '<p>Clay; water, fire. &lt;b&gt;Twice.</p>'])
  const address = `https://shop.example/pictures/${makeId('pic', 1)}/full.webp`
  assert.equal(
    picture,
    `<p><img src="${address}" width="1600" height="1200" alt="A &quot;mug&quot; on a shelf"></p>`,
  )
})

test('the calendar has openings to come and of the last month, one builder’s has theirs', async () => {
  await using shop = await startShop()
  const answer = await shop.get('/calendar.ics')
  assert.equal(answer.headers.get('content-type'), 'text/calendar; charset=utf-8')
  const all = unfold(await answer.text())
  assert.ok(all.startsWith('BEGIN:VCALENDAR\r\n'))
  const ids = [...all.matchAll(/^UID:(.*)\r$/gm)].map(([, id]) => id)
  assert.deepEqual(
    ids,
    [1, 5, 2].map((n) => `${makeId('drp', n)}@shop.example`),
  )
  assert.ok(all.includes('SUMMARY:Mug & <saucer> ]]> ]]> by Juniper opens\r\n'))
  assert.match(all, /^DTSTART:20261204T120000Z\r$/m)
  assert.match(all, /Opens sooner if Juniper goes live before\./)
  assert.match(all, /^URL;VALUE=URI:https:\/\/shop\.example\/drops\/drp_/m)
  const moss = unfold(await (await shop.get('/builders/100000000000000102/calendar.ics')).text())
  assert.equal([...moss.matchAll(/^UID:/gm)].length, 1)
  assert.equal((await shop.get('/builders/100000000000000999/calendar.ics')).status, 404)
  assert.equal((await shop.get('/builders/x/calendar.ics')).status, 404)
})

test('feeds change only with the drops: later the same tag, and nothing is sent again', async () => {
  await using shop = await startShop()
  for (const path of [
    '/feed.xml',
    '/feed.json',
    '/calendar.ics',
    '/builders/100000000000000102/calendar.ics',
  ]) {
    const etag = (await shop.get(path)).headers.get('etag')
    assert.ok(etag, path)
    shop.clock.at += 5_000
    assert.equal((await shop.get(path, { 'if-none-match': etag })).status, 304, path)
  }
})

test('pages name the feeds, a builder’s page their own calendar', async () => {
  await using shop = await startShop()
  const home = await (await shop.get('/')).text()
  for (const path of ['/feed.xml', '/feed.json', '/calendar.ics']) {
    assert.ok(home.includes(`href="${path}"`), path)
  }
})
