import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { launchBrowser } from '../tests/browser.ts'
import { startWeb, type Web } from './start.ts'
import { PAGE_KINDS, VISITOR_COOKIES } from './testing/every-page.ts'
import { configFor, type FakeCore, NOW } from './testing/fake-core.ts'
import { startShopWindow } from './testing/shop-window.ts'

let browser: Browser
let core: FakeCore
let web: Web

before(async () => {
  browser = await launchBrowser()
  core = await startShopWindow()
  const config = configFor(core, { inviteUrl: 'https://discord.example/invite' })
  web = await startWeb(config, { now: () => NOW })
})

after(async () => {
  await browser?.close()
  await web?.close()
  await core?.[Symbol.asyncDispose]()
})

/** What may come long after the text, in the order in which it comes here. The page waits for its style and its times. */
const LATE = [/\/assets\/(?!local-time)[^/]+\.js$/, /\.woff2$/, /\.svg$|\/pictures\//]

/** Two frames: what changed before the first is on the screen at the second. */
const PAINTED = 'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))'
interface Shift {
  readonly value: number
  readonly what: readonly string[]
}

/** Every shift since the page began, with what moved. */
const SHIFTS = `new Promise((done) => {
  const describe = ({ node, previousRect, currentRect }) =>
    [node?.outerHTML ?? node?.textContent, ...[previousRect, currentRect].map((rect) => JSON.stringify(rect))].join('\\n')
  const observer = new PerformanceObserver((list) => done(
    list.getEntries().filter(({ entryType }) => entryType === 'layout-shift')
      .map(({ value, sources }) => ({ value, what: sources.map(describe) }))))
  observer.observe({ type: 'layout-shift', buffered: true })
  // Is told of at least this much, so that a page where nothing moved answers too.
  observer.observe({ type: 'mark' })
  requestAnimationFrame(() => performance.mark('told'))
})`

for (const width of [360, 1440]) {
  for (const path of PAGE_KINDS) {
    test(`nothing moves on ${path} when scripts, fonts and pictures come late, at ${width}`, {
      timeout: 60_000,
    }, async () => {
      // Far from UTC, so that the script that turns times into the reader's own has something to do.
      const timezoneId = 'America/Los_Angeles'
      const context = await browser.newContext({ viewport: { width, height: 800 }, timezoneId })
      const cookies = Object.entries(VISITOR_COOKIES)
      await context.addCookies(cookies.map(([name, value]) => ({ name, value, url: web.url })))
      const page = await context.newPage()
      const gates = LATE.map(() => Promise.withResolvers<void>())
      for (const [i, kind] of LATE.entries()) {
        await page.route(kind, async (route) => {
          await gates[i]?.promise
          await route.continue()
        })
      }
      await page.goto(web.url + path, { waitUntil: 'commit' })
      await page.locator('footer').waitFor()
      await page.evaluate(PAINTED)
      for (const [i, gate] of gates.entries()) {
        gate.resolve()
        if (i === 0) await page.waitForLoadState('domcontentloaded')
        if (i === gates.length - 1) await page.waitForLoadState('load')
        if (i > 0) await page.evaluate('document.fonts.ready')
        await page.evaluate(PAINTED)
      }
      const shifts = (await page.evaluate(SHIFTS)) as Shift[]
      const sum = shifts.reduce((total, { value }) => total + value, 0)
      assert.ok(sum < 0.01, `${sum} in all: ${JSON.stringify(shifts, null, 2)}`)
      await context.close()
    })
  }
}
