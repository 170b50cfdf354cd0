import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { AppError, type DropView } from '#contract'
import { launchBrowser } from '../tests/browser.ts'
import { startWeb, type Web } from './start.ts'
import { EVERY_PAGE, VISITOR_COOKIES } from './testing/every-page.ts'
import { configFor, type FakeCore, makeDrop, makeId, makeOrder, NOW } from './testing/fake-core.ts'
import { startShopWindow } from './testing/shop-window.ts'

let browser: Browser
let clock = NOW
let core: FakeCore
let web: Web
/** Stands where Stripe's pages are: another origin that only says it was reached. */
const elsewhere = createServer((request, response) => {
  response.setHeader('content-type', 'text/html')
  response.end(`<!doctype html><title>Elsewhere</title><h1>Reached ${request.url}</h1>`)
})
let elsewhereUrl = ''

before(async () => {
  browser = await launchBrowser()
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
  const address = elsewhere.address()
  elsewhereUrl = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  core = await startShopWindow()
  const config = configFor(core, { inviteUrl: `${elsewhereUrl}/discord` })
  web = await startWeb(config, { now: () => clock })
})

after(async () => {
  await browser?.close()
  await web?.close()
  await core?.[Symbol.asyncDispose]()
  elsewhere.closeAllConnections()
  elsewhere.close()
})

/** Complaints of the browser: script errors, refused content, anything missing but the page itself. */
function listen(page: Page): string[] {
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    // An honest 404 page is a failed load to the console.
    const isHonest404 = message.location().url === page.url() && / 404 /.test(message.text())
    if (['error', 'warning'].includes(message.type()) && !isHonest404) complaints.push(message.text())
  })
  return complaints
}

const LOOKS = [360, 768, 1440].flatMap((width) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ width, colorScheme })),
)

for (const path of EVERY_PAGE) {
  test(`${path} is accessible, fits and is silent at every width, light and dark`, async () => {
    const context = await enter({ reducedMotion: 'reduce' })
    const page = await context.newPage()
    const complaints = listen(page)
    await page.goto(web.url + path)
    // Brings axe into the page, where it stays for the looks to come.
    await new AxeBuilder({ page })
      .setLegacyMode()
      .options({ runOnly: ['document-title'] })
      .analyze()
    for (const { width, colorScheme } of LOOKS) {
      await page.setViewportSize({ width, height: 800 })
      await page.emulateMedia({ colorScheme })
      const found = await page.evaluate(`axe.run({ reporter: 'no-passes' }).then(({ violations }) =>
        violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ' ' + html)))`)
      assert.deepEqual(found, [], `${colorScheme} at ${width}`)
      await seeNoOverflow(page, `${colorScheme} at ${width}`)
    }
    assert.deepEqual(complaints, [])
    await context.close()
  })
}

/** The one drop of a shop that has no other. */
function only(drop: DropView, dropId: string): DropView {
  if (dropId !== drop.dropId) throw new AppError('drop_not_found')
  return drop
}

/** A browser of somebody who is logged in. */
async function enter(options: BrowserContextOptions): Promise<BrowserContext> {
  const context = await browser.newContext(options)
  const cookies = Object.entries(VISITOR_COOKIES)
  await context.addCookies(cookies.map(([name, value]) => ({ name, value, url: web.url })))
  return context
}

async function seeNoOverflow(page: Page, look: string): Promise<void> {
  const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
  assert.equal(overflow, 0, `${look} scrolls sideways`)
}

/** Go on with Tab until the thing with these words has the focus, and see that the eye can find it. */
async function tabTo(page: Page, words: string): Promise<void> {
  for (let presses = 0; presses < 100; presses++) {
    await page.keyboard.press('Tab')
    const focused = await page.evaluate('document.activeElement.textContent.trim()')
    if (focused !== words) continue
    // A card wears the outline of the link that covers it.
    const seen = `[document.activeElement, document.activeElement.closest('li')].some(
      (element) => element && getComputedStyle(element).outlineStyle !== 'none')`
    assert.ok(await page.evaluate(seen), `${words} has no outline`)
    return
  }
  assert.fail(`no Tab leads to ${words}`)
}

for (const n of [1, 3]) {
  test(`the first screen of a phone shows price, stock and the way to buy of drop ${n}`, async () => {
    const page = await browser.newPage({ viewport: { width: 360, height: 740 } })
    await page.goto(`${web.url}/drops/${makeId('drp', n)}`)
    const press = await page.locator('.buying .button').boundingBox()
    assert.ok(press && press.y + press.height <= 740, `the button is at ${press?.y}`)
    for (const name of ['.price', '.chip']) {
      const box = await page.locator(name).first().boundingBox()
      assert.ok(box && box.y + box.height < press.y, `${name} is at ${box?.y}, above it ${press.y}`)
    }
    await page.close()
  })
}

test('the words of a button stand apart, whatever was put between them', async () => {
  const page = await browser.newPage({ viewport: { width: 1440, height: 800 } })
  await page.goto(`${web.url}/builders/100000000000000102/verify`)
  assert.equal(await page.locator('main .button').innerText(), 'See what Moss makes')
  await page.close()
})

for (const [shape, width, height] of [
  ['wide', 2400, 600],
  ['tall', 900, 2400],
] as const) {
  test(`the colour before a ${shape} photo takes the room of the photo, at every width`, async () => {
    const { getDrop } = core.answers
    const drop = makeDrop(2)
    const picture = {
      ...drop.picture,
      pictureId: makeId('pic', 2),
      alt: 'A photo',
      width,
      height,
      colour: '#c8b090',
    }
    core.answers.getDrop = ({ dropId }) => only({ ...drop, picture }, dropId)
    clock += 5_000
    const page = await browser.newPage()
    // The photo never comes, so its room is all there is of it.
    await page.route('**/pictures/**', () => {})
    await page.goto(`${web.url}/drops/${drop.dropId}`, { waitUntil: 'domcontentloaded' })
    for (const width of [360, 768, 1440]) {
      await page.setViewportSize({ width, height: 800 })
      const [colour, photo] = await Promise.all(
        ['.tint', 'img'].map((name) => page.locator(`.drop__picture ${name}`).boundingBox()),
      )
      assert.deepEqual(colour, photo)
    }
    await page.close()
    Object.assign(core.answers, { getDrop })
    clock += 5_000
  })
}

test('a purchase needs a keyboard only: to the drop, to Discord, and back to the pay page', async () => {
  const page = await browser.newPage()
  await page.goto(web.url)
  await tabTo(page, 'All drops')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'All drops', level: 1 }).waitFor()
  await page.getByRole('searchbox').focus()
  await page.keyboard.type('candles')
  await page.keyboard.press('Enter')
  await page.getByText('1 drop for “candles”').waitFor()
  await tabTo(page, 'Beeswax candles, pair')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Buy it in Discord' }).waitFor()
  await tabTo(page, 'Buy in Discord')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Reached /discord' }).waitFor()
  const { openPayment } = core.answers
  await page.goto(`${web.url}/cancel?order=held`)
  core.answers.openPayment = () => ({ order: makeOrder(), url: `${elsewhereUrl}/c/pay/cs_2` })
  await tabTo(page, 'Back to the pay page')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Reached /c/pay/cs_2' }).waitFor()
  await page.close()
  Object.assign(core.answers, { openPayment })
})

test('without script the drops are searched, filtered and ordered all the same', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false })
  const page = await context.newPage()
  await page.goto(`${web.url}/drops`)
  await page.getByRole('link', { name: /^On sale/ }).click()
  await page.getByRole('heading', { name: '4 drops' }).waitFor()
  await page.getByLabel('Order').selectOption('Highest price')
  await page.getByLabel('Look for').fill('moss')
  await page.getByRole('button', { name: 'Search' }).click()
  await page.getByText('2 drops for “moss”').waitFor()
  assert.equal(new URL(page.url()).search, '?show=open&q=moss&order=dearest')
  const first = page.getByRole('main').getByRole('listitem').first()
  assert.match((await first.textContent()) ?? '', /Linen tea towel/)
  assert.equal(await page.getByRole('link', { name: /^On sale/ }).getAttribute('aria-current'), 'page')
  await context.close()
})

test('while core is down the drops are there, with a note', async () => {
  const page = await browser.newPage()
  await page.goto(`${web.url}/drops?q=towel`)
  core.down = true
  clock += 5_000
  // The one who finds the page too old waits for the news that core is down; the next one is told.
  await page.reload()
  await page.getByText('We cannot look at the shelf right now').waitFor()
  await page.getByText('Linen tea towel').waitFor()
  core.down = false
  clock += 5_000
  await page.close()
})

test('long words and odd letters do not break a page at 360', async () => {
  const title = `${'Unbreakable'.repeat(20)} عربي‮ 陶器`
  const wild = makeDrop(2, {
    title,
    story: 'x'.repeat(5_000),
    builder: { userId: '100000000000000101', name: 'N'.repeat(100) },
  })
  const { getDrop } = core.answers
  core.answers.getDrop = () => wild
  const context = await browser.newContext({ viewport: { width: 360, height: 800 } })
  const page = await context.newPage()
  await page.goto(`${web.url}/drops/${wild.dropId}`)
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360)
  await context.close()
  Object.assign(core.answers, { getDrop })
})

test('the button to Stripe passes the content security policy and its redirect', async () => {
  core.answers.openOnboarding = ({ token }) => ({ url: `${elsewhereUrl}/setup/${token}` })
  const page = await browser.newPage()
  const complaints = listen(page)
  await page.goto(`${web.url}/connect/start/abc`)
  await page.getByRole('button', { name: 'Continue to Stripe' }).click()
  await page.getByRole('heading', { name: 'Reached /setup/abc' }).waitFor()
  assert.deepEqual(complaints, [])
  await page.close()
})

for (const javaScriptEnabled of [true, false]) {
  test(`waiting pages move on by themselves, ${javaScriptEnabled ? 'with' : 'without'} script`, async () => {
    const { openPayment, orderForReturn } = core.answers
    let isReady = false
    core.answers.openPayment = () => ({
      order: makeOrder(),
      url: isReady ? `${elsewhereUrl}/c/pay/cs_1` : null,
    })
    core.answers.orderForReturn = () => (isReady ? makeOrder({ status: 'paid', paidAt: NOW }) : makeOrder())
    const context = await browser.newContext({ javaScriptEnabled })
    const [paying, returning] = [await context.newPage(), await context.newPage()]
    await paying.goto(`${web.url}/pay/abc`)
    await returning.goto(`${web.url}/success?order=abc`)
    await returning.getByRole('heading', { name: 'Confirming your payment' }).waitFor()
    isReady = true
    await paying.getByRole('heading', { name: 'Reached /c/pay/cs_1' }).waitFor()
    await returning.getByRole('heading', { name: 'Paid, and it is yours' }).waitFor()
    await context.close()
    Object.assign(core.answers, { openPayment, orderForReturn })
  })
}

test('moments are shown in the visitor’s own time', async () => {
  const context = await browser.newContext({ locale: 'en-US', timezoneId: 'America/New_York' })
  const page = await context.newPage()
  await page.goto(`${web.url}/drops/${makeId('drp', 1)}`)
  await page.getByText('Closes Fri, Dec 4, 1:00 PM.').waitFor()
  await context.close()
})

test('the first tab stop skips to the content', async () => {
  const page = await browser.newPage()
  await page.goto(web.url)
  await page.keyboard.press('Tab')
  assert.equal(await page.evaluate('document.activeElement.textContent'), 'Skip to the content')
  await page.keyboard.press('Enter')
  assert.equal(await page.evaluate('document.activeElement.id'), 'main')
  await page.close()
})

test('what is sold meanwhile shows on an open page, and the way to buy goes with the last one', async () => {
  const { getDrop, listDrops } = core.answers
  const drop = makeDrop(2, { title: 'Beeswax candles, pair', quantity: 8, available: 5, held: 1, sold: 2 })
  const answer = (now: DropView) => {
    core.answers.getDrop = ({ dropId }) => only(now, dropId)
    core.answers.listDrops = ({ status }) => ({ drops: status === now.status ? [now] : [], cursor: null })
    clock += 5_000
  }
  answer(drop)
  const [one, all] = [await browser.newPage(), await browser.newPage()]
  const complaints = [listen(one), listen(all)]
  await one.goto(`${web.url}/drops/${drop.dropId}`)
  await all.goto(`${web.url}/drops`)
  for (const page of [one, all]) await page.evaluate('document.body.dataset.same = "yes"')
  await one.getByRole('link', { name: 'Buy in Discord' }).focus()
  answer({ ...drop, available: 4, sold: 3 })
  await Promise.all([one, all].map((page) => page.locator('.chip', { hasText: '4 of 8 left' }).waitFor()))
  assert.equal(await one.getByRole('status').textContent(), '', 'not every unit is told')
  assert.equal(await one.evaluate('document.activeElement.textContent'), 'Buy in Discord')
  answer({ ...drop, available: 0, held: 0, sold: 8 })
  await one.getByRole('heading', { name: 'Every one found a home' }).waitFor()
  await all.locator(`[data-drop="${drop.dropId}"] .chip`, { hasText: 'Sold out' }).waitFor()
  assert.equal(await one.getByRole('link', { name: 'Buy in Discord' }).count(), 0)
  assert.equal(await one.getByRole('status').textContent(), 'Sold out')
  assert.equal(await one.evaluate('document.activeElement.textContent'), 'See what is on sale')
  assert.equal(await one.getByText('One per person.').isVisible(), false)
  for (const page of [one, all]) assert.equal(await page.evaluate('document.body.dataset.same'), 'yes')
  assert.deepEqual(complaints.flat(), [])
  await one.close()
  await all.close()
  Object.assign(core.answers, { getDrop, listDrops })
  clock += 5_000
})

test('the countdown runs to the opening, and then the open page is open', async () => {
  const { getDrop, listDrops } = core.answers
  const opensAt = clock + 3_605_000
  let drop = makeDrop(9, { status: 'scheduled', opensAt, openedAt: opensAt, closesAt: opensAt + 86_400_000 })
  core.answers.getDrop = ({ dropId }) => only(drop, dropId)
  core.answers.listDrops = ({ status }) => ({ drops: status === drop.status ? [drop] : [], cursor: null })
  clock += 5_000
  const context = await browser.newContext({ locale: 'en-US', timezoneId: 'UTC' })
  const page = await context.newPage()
  await page.clock.install({ time: clock })
  await page.goto(`${web.url}/drops/${drop.dropId}`)
  const countdown = page.getByRole('timer')
  await countdown.getByText('Opens in 1 hour', { exact: false }).waitFor()
  const height = () => page.evaluate('document.querySelector("h2").getBoundingClientRect().top')
  const before = await height()
  await page.clock.pauseAt(opensAt - 2_000)
  assert.equal(await countdown.textContent(), 'Opens in 2 seconds.')
  await page.clock.runFor(2_000)
  assert.equal(await countdown.textContent(), 'Opening now.')
  assert.equal(await height(), before, 'nothing moves')
  drop = { ...drop, status: 'open', opensAt: null, openedAt: opensAt }
  clock = opensAt
  await page.getByRole('heading', { name: 'Buy it in Discord' }).waitFor()
  await countdown.getByText('Closes in').waitFor()
  assert.match(
    (await page.locator('[data-live="when"]').textContent()) ?? '',
    /^Closes \w+, \w+ \d+, [\d:]+\s[AP]M\.$/,
  )
  await context.close()
  Object.assign(core.answers, { getDrop, listDrops })
  clock += 5_000
})

for (const width of [320, 768, 1440]) {
  test(`cards count down, open and sell out where they lie, at ${width}`, async () => {
    const { listDrops } = core.answers
    const opensAt = clock + 3_605_000
    const soon = { status: 'scheduled', opensAt, openedAt: opensAt, available: 3, held: 0 } as const
    let drops = [
      makeDrop(1, { ...soon, opensWithStream: true }),
      makeDrop(2, { ...soon, opensAt: opensAt + 60_000, openedAt: opensAt + 60_000 }),
      makeDrop(3, { quantity: 40, available: 40, held: 0, openedAt: clock, closesAt: opensAt + 86_400_000 }),
    ]
    const [first, second, third] = drops
    assert.ok(first && second && third)
    core.answers.listDrops = ({ status }) => ({
      drops: drops.filter((one) => one.status === status),
      cursor: null,
    })
    clock += 5_000
    const context = await browser.newContext({ viewport: { width, height: 800 }, timezoneId: 'UTC' })
    const page = await context.newPage()
    const complaints = listen(page)
    const streams: string[] = []
    page.on('request', (request) => {
      if (request.url().includes('/live?')) streams.push(request.url())
    })
    await page.clock.install({ time: clock })
    await page.goto(`${web.url}/drops?order=ending`)
    const card = page.getByRole('main').locator(`[data-drop=${makeId('drp', 1)}]`)
    const countdown = card.getByRole('timer')
    await countdown.getByText('At the latest in 1h.').waitFor()
    const places = () =>
      page.evaluate(`JSON.stringify([...document.querySelectorAll('.card, .foot')].map((element) =>
        [element.dataset.drop, element.getBoundingClientRect().top]))`)
    const before = await places()
    await page.clock.pauseAt(opensAt - 61_000)
    assert.equal(await countdown.textContent(), 'At the latest in 1m 1s.')
    await page.clock.runFor(59_000)
    assert.equal(await countdown.textContent(), 'At the latest in 2s.')
    await page.clock.runFor(2_000)
    assert.equal(await countdown.textContent(), 'Opening now.')
    assert.equal(await places(), before)
    const open = { ...first, status: 'open', opensAt: null } as const
    for (const [one, other, words] of [
      [open, third, '3 of 3 left'],
      [{ ...open, available: 0, held: 3 }, { ...third, available: 0, held: 40 }, 'All held right now'],
      [{ ...open, available: 0, sold: 3 }, { ...third, available: 0, sold: 40 }, 'Sold out'],
    ] as const) {
      drops = [one, second, other]
      clock += 5_000
      await card.locator('.chip', { hasText: words }).waitFor()
      if (other !== third) await page.locator('.chip', { hasText: words }).nth(1).waitFor()
      assert.equal(await places(), before, words)
    }
    assert.equal(await countdown.count(), 0)
    assert.equal(await card.locator('.card__when').isVisible(), false)
    assert.equal(await page.locator('[role=status], [aria-live]').count(), 0, 'a list is silent')
    assert.equal(streams.length, 1)
    assert.deepEqual(complaints, [])
    await context.close()
    Object.assign(core.answers, { listDrops })
    clock += 5_000
  })
}
