import assert from 'node:assert/strict'
import { test } from 'node:test'
import { html } from 'hono/html'
import { OrderStatus } from '#contract'
import { type Reader, readerOf } from '../reader.ts'
import { startWeb } from '../start.ts'
import { EVERY_PAGE, VISITOR_COOKIES } from '../testing/every-page.ts'
import { configFor, type FakeCore, NOW } from '../testing/fake-core.ts'
import { startShopWindow } from '../testing/shop-window.ts'
import { en } from './en.ts'

// A second language in which each word of the table stands between two marks. What pages show outside of any marks was
// written into the code, where no translator finds it.
const [OPEN, CLOSE] = ['\uE000', '\uE001']
/** Places in the table that name a drawing or an anchor. */
const NO_WORDS = new Set(['id', 'drawing'])
/** What people wrote, or was made up to tell things apart: it is the same in every language. */
const OWN_WORDS = new Set(
  'title story about name displayName alt carrier trackingNumber number paymentReference paper requirements'.split(
    ' ',
  ),
)

/** Everything in the table between marks; what a sentence is given stands outside of them again. */
function marked(value: unknown, open = OPEN, close = CLOSE): unknown {
  if (typeof value === 'string') return value && open + value + close
  // A piece of a page: escaped already.
  if (value instanceof String) return html`${open}${value}${close}`
  if (typeof value === 'function') {
    return (...given: unknown[]) =>
      marked(value(...given.map((one) => marked(one, CLOSE, OPEN))), open, close)
  }
  if (Array.isArray(value)) return value.map((one) => marked(one, open, close))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
  return Object.fromEntries(
    entries.map(([key, one]) => [key, NO_WORDS.has(key) ? one : marked(one, open, close)]),
  )
}

function markedReader(): Reader {
  const { locale, words, money, count, moment, day, shortDay, month } = readerOf('en-US')
  const mark = (text: string) => OPEN + text + CLOSE
  return {
    locale,
    words: marked(words) as Reader['words'],
    money: (amount) => mark(money(amount)),
    count,
    moment: (at) => mark(moment(at)),
    day: (at) => mark(day(at)),
    shortDay: (at) => mark(shortDay(at)),
    month: (name) => mark(month(name)),
  }
}

function markOwnWords(value: unknown, isOwn = false): unknown {
  if (typeof value === 'string') return isOwn ? marked(value) : value
  if (Array.isArray(value)) return value.map((one) => markOwnWords(one, isOwn))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, markOwnWords(one, OWN_WORDS.has(key))]),
  )
}

function markAnswers(core: FakeCore): void {
  for (const [name, answer] of Object.entries(core.answers)) {
    const ask = answer as (input: unknown) => unknown
    Object.assign(core.answers, { [name]: async (input: unknown) => markOwnWords(await ask(input)) })
  }
}

/** Letters of a text that stand outside of all marks. */
function outside(text: string): string {
  let depth = 0
  let found = ''
  for (const character of text.replace(/&#?\w+;/g, ' ')) {
    if (character === OPEN) depth++
    else if (character === CLOSE) depth--
    else if (depth <= 0) found += character
  }
  return /\p{L}/u.test(found) ? found.replace(/\s+/g, ' ').trim() : ''
}

const READ_ALOUD = /\s(?:alt|aria-label|placeholder|title|data-(?:name|sentence|due))="([^"]*)"/g
const SHARED =
  /<meta (?:name|property)="(?:description|og:(?:title|description|site_name|image:alt)|twitter:image:alt)" content="([^"]*)"/g
/** Code that nobody reads; what tells one order from another; a builder's own address; a currency's code in a table of several. */
const NOT_WORDS = [
  /<(script|style)\b[\s\S]*?<\/\1>/g,
  /(?<=class="receipt__id">)[^<]*/g,
  /(?<=rel="nofollow ugc noopener">)[^<]*/g,
  /(?<=data-name=")[A-Z]{3}(?=")/g,
]

/** All that a page says, on the screen, read aloud and in chats, which no table holds. */
function unmarked(page: string, own: string): string[] {
  const read = NOT_WORDS.reduce((text, pattern) => text.replace(pattern, ''), page)
  const attributes = [...read.matchAll(READ_ALOUD), ...read.matchAll(SHARED)].map((match) => match[1] ?? '')
  const title = /<title>([^<]*)/.exec(read)?.[1] ?? ''
  const texts = read.slice(read.indexOf('</title>')).replace(/<[^>]*>/g, '\n')
  return [title, ...attributes, texts]
    .map((text) => outside(own ? text.replaceAll(own, '') : text))
    .filter((text) => text !== '')
}

async function startMarked() {
  const core = await startShopWindow()
  markAnswers(core)
  const config = configFor(core, {
    inviteUrl: 'https://discord.example/invite',
    operator: { name: `${OPEN}Moss & Co${CLOSE}`, contact: `${OPEN}Kiln Lane 3${CLOSE}` },
  })
  const reader = markedReader()
  const clock = { at: NOW }
  const web = await startWeb(config, { now: () => clock.at, readerOf: () => reader })
  const cookie = Object.entries(VISITOR_COOKIES).map((pair) => pair.join('='))
  return {
    core,
    clock,
    async read(path: string, init: RequestInit = {}) {
      const headers = { cookie: cookie.join('; ') }
      return (await fetch(web.url + path, { headers, redirect: 'manual', ...init })).text()
    },
    async [Symbol.asyncDispose]() {
      await web.close()
      await core[Symbol.asyncDispose]()
    },
  }
}

test('every word that a page shows stands in the table of its language', async () => {
  await using shop = await startMarked()
  const found: Record<string, string[]> = {}
  const look = async (path: string, init?: RequestInit) => {
    const page = await shop.read(path, init)
    assert.ok(page.includes(OPEN) && !page.includes(en.problems.broken.heading), `${path} shows nothing`)
    const left = unmarked(page, new URLSearchParams(path.split('?')[1]).get('q') ?? '')
    if (left.length > 0) found[path] = left
  }
  for (const path of EVERY_PAGE) await look(path)
  for (const status of OrderStatus.options) {
    await look(`/success?order=${status}`)
    await look(`/cancel?order=${status === 'expired' ? 'letgo' : status}`)
  }
  for (const path of ['/orders', '/orders?after=six'])
    await look(path, { headers: { cookie: 'c500_session=nobody' } })
  await look('/orders', { headers: {} })
  await look('/login/return?state=x&code=y')
  await look('/link/twitch?t=gone')
  await look('/logout', { method: 'POST', headers: { origin: 'https://elsewhere.example' } })
  await look('/', { method: 'PUT' })
  await look('/live')
  shop.clock.at += 10_000
  shop.core.down = true
  await look('/drops')
  await look('/drops')
  await look('/cancel?order=held')
  assert.deepEqual(found, {})
})
