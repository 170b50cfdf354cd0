import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DropView } from '#contract'
import { createLiveDrops } from './live-drops.ts'
import type { Site } from './pages/layout.ts'
import { shelfMark } from './pages/shelf.ts'
import { readerOf } from './reader.ts'
import { startWeb } from './start.ts'
import { configFor, makeDrop, makeId, NOW } from './testing/fake-core.ts'
import { startShopWindow } from './testing/shop-window.ts'

const site: Site = {
  assets: { url: (name) => `/${name}`, get: () => undefined, named: () => undefined },
  origin: 'https://shop.example',
  inviteUrl: 'https://discord.example/invite',
  operator: null,
  reader: readerOf('en-US'),
}

type Stream = ReadableStream<Uint8Array<ArrayBuffer>>
type Tick = (ms: number) => void

/** A shelf whose clock is the test's; `look` lets a second pass and waits until everybody has been told. */
function createShelf(tick: Tick, mostListeners = 10) {
  const leaving = new AbortController()
  const shelf = { drops: [makeDrop(1), makeDrop(2)] as DropView[], asked: 0, isDown: false }
  const live = createLiveDrops({
    readCatalogue: async () => {
      shelf.asked += 1
      if (shelf.isDown) throw new Error('core is down')
      const byId = new Map(shelf.drops.map((drop) => [drop.dropId, drop]))
      return { value: { drops: shelf.drops, byId, older: null }, staleSince: null, until: 0 }
    },
    now: () => NOW,
    log: { debug() {} },
    leaving: leaving.signal,
    mostListeners,
  })
  const asShown = new Map(shelf.drops.map((drop) => [drop.dropId, shelfMark(drop, NOW)]))
  async function look() {
    tick(1_000)
    await new Promise(setImmediate)
  }
  return { shelf, live, leaving, asShown, look }
}

/** Collects what a stream sends; `ended` resolves when it is over. */
function follow(stream: Stream | null) {
  assert.ok(stream)
  const reader = stream.getReader()
  const sent: string[] = []
  const decoder = new TextDecoder()
  async function read() {
    for (;;) {
      const { value, done } = await reader.read()
      if (done) return
      sent.push(decoder.decode(value))
    }
  }
  return { sent, ended: read(), leave: () => reader.cancel() }
}

const changeOf = (event = '') => JSON.parse(event.replace(/^data: /, ''))

test('only what changed is sent, as the pieces that a reload would show', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { shelf, live, asShown, look } = createShelf((ms) => t.mock.timers.tick(ms))
  const listener = follow(live.listen(site, asShown))
  await look()
  assert.deepEqual(listener.sent, ['retry: 3000\n\n'])
  shelf.drops = [makeDrop(1), makeDrop(2, { available: 0, held: 0, sold: 3 })]
  await look()
  await look()
  assert.equal(listener.sent.length, 2)
  const { dropId, mark, parts } = changeOf(listener.sent[1])
  assert.equal(dropId, makeId('drp', 2))
  assert.match(mark, /^sold_out\.0\.0\.3\./)
  assert.match(parts.shelf, /chip--sold_out">Sold out</)
  assert.equal(parts.when + parts.countdown, '')
  assert.ok(parts.buying.includes('Every one found a home') && !parts.buying.includes('discord.example'))
  await listener.leave()
})

test('a page that is older than the shelf is told at the first look, one that knows is told nothing', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { live, asShown, look } = createShelf((ms) => t.mock.timers.tick(ms))
  const late = follow(live.listen(site, new Map([[makeId('drp', 1), 'soon.3.0.0.x']])))
  const fresh = follow(live.listen(site, asShown))
  const lost = follow(live.listen(site, new Map([[makeId('drp', 9), 'open.1.0.0.x']])))
  await look()
  assert.deepEqual(
    [late, fresh, lost].map(({ sent }) => sent.length),
    [2, 1, 1],
  )
  for (const one of [late, fresh, lost]) await one.leave()
})

test('a drop whose time is up closes on open pages by the clock alone', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { shelf, live, asShown, look } = createShelf((ms) => t.mock.timers.tick(ms))
  const listener = follow(live.listen(site, asShown))
  shelf.drops = [makeDrop(1, { closesAt: NOW })]
  await look()
  assert.match(changeOf(listener.sent[1]).parts.shelf, /Closed/)
  await listener.leave()
})

test('many listeners cost one question a second, none cost nothing', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { shelf, live, asShown, look } = createShelf((ms) => t.mock.timers.tick(ms))
  await look()
  assert.equal(shelf.asked, 0)
  const listeners = Array.from({ length: 10 }, () => follow(live.listen(site, asShown)))
  shelf.drops = [makeDrop(1, { available: 1, held: 2 })]
  await look()
  assert.equal(shelf.asked, 1)
  assert.deepEqual(
    listeners.map(({ sent }) => sent.length),
    Array(10).fill(2),
  )
  for (const { leave } of listeners) await leave()
  await look()
  assert.equal(shelf.asked, 1)
})

test('more than the most are refused until somebody leaves', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { live, asShown } = createShelf((ms) => t.mock.timers.tick(ms), 1)
  const first = follow(live.listen(site, asShown))
  assert.equal(live.listen(site, asShown), null)
  await first.leave()
  const next = follow(live.listen(site, asShown))
  await next.leave()
})

test('a heartbeat comes each twenty seconds, while core is down as well', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { shelf, live, asShown, look } = createShelf((ms) => t.mock.timers.tick(ms))
  const listener = follow(live.listen(site, asShown))
  shelf.isDown = true
  for (let second = 0; second < 41; second++) await look()
  assert.deepEqual(listener.sent, ['retry: 3000\n\n', ':\n\n', ':\n\n'])
  shelf.isDown = false
  shelf.drops = [makeDrop(1, { available: 1, held: 2 })]
  await look()
  assert.equal(listener.sent.length, 4)
  await listener.leave()
})

test('who takes nothing is cut off, and the others are not held up', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { shelf, live, asShown, look } = createShelf((ms) => t.mock.timers.tick(ms), 2)
  const stuck = live.listen(site, asShown)
  const awake = follow(live.listen(site, asShown))
  assert.equal(live.listen(site, asShown), null)
  const longName = { userId: '100000000000000101', name: 'N'.repeat(100) }
  for (let sold = 0; sold < 400; sold++) {
    shelf.drops = [makeDrop(1, { builder: longName, quantity: 1_000, available: 999 - sold, held: 0, sold })]
    await look()
  }
  assert.equal(awake.sent.filter((text) => text.startsWith('data:')).length, 400)
  const next = follow(live.listen(site, asShown))
  await next.leave()
  await awake.leave()
  await stuck?.cancel()
})

test('every stream ends at once when the service is about to stop, and none begins', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { shelf, live, leaving, asShown, look } = createShelf((ms) => t.mock.timers.tick(ms))
  const listeners = [follow(live.listen(site, asShown)), follow(live.listen(site, asShown))]
  leaving.abort()
  await Promise.all(listeners.map(({ ended }) => ended))
  assert.equal(live.listen(site, asShown), null)
  await look()
  assert.equal(shelf.asked, 0)
})

test('over HTTP: the right headers, no compression, an end at retirement, and kind refusals', async () => {
  await using core = await startShopWindow()
  await using web = await startWeb(configFor(core), { now: () => NOW })
  const url = `${web.url}/live?drop=${makeId('drp', 1)}~open.9.0.0.x`
  for (const odd of ['', '?drop=', '?drop=~', '?drop=drp_1~x', `?drop=${makeId('drp', 1)}~%00`]) {
    assert.equal((await fetch(`${web.url}/live${odd}`)).status, 400, odd)
  }
  assert.equal((await fetch(url, { method: 'HEAD' })).status, 200)
  const headers = { 'last-event-id': 'whatever', 'accept-encoding': 'br, gzip' }
  const response = await fetch(url, { headers })
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8')
  assert.equal(response.headers.get('cache-control'), 'no-store, no-transform')
  assert.equal(response.headers.get('content-encoding'), null)
  assert.match(response.headers.get('content-security-policy') ?? '', /connect-src 'self'/)
  const reader = response.body?.getReader()
  let text = ''
  while (!text.includes('data: ')) text += Buffer.from((await reader?.read())?.value ?? []).toString()
  assert.match(text, /^retry: 3000\n\ndata: \{"dropId"/)
  web.retire()
  assert.equal((await fetch(url)).status, 503)
  while (!(await reader?.read())?.done);
})
