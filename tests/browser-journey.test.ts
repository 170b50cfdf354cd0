import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import type { BrowserContext, Locator, Page } from 'playwright-core'
import sharp from 'sharp'
import type { PEOPLE } from '../sandbox/cast.ts'
import { startSpareShop } from '../sandbox/launch/spare-shop.ts'
import { launchBrowser } from './browser.ts'

const ROOT = join(import.meta.dirname, '..')
const SCREENSHOTS_DIR = resolve(ROOT, process.env.SCREENSHOTS_DIR ?? 'tmp/screenshots')
/** For a machine that is busy with something else; a good run waits for a fraction of it. */
const PATIENCE_MS = 30_000
const TITLE = 'Moss-green mug'
const SHOWN = 'A green mug, full of cocoa and steaming, on a wooden table.'

test('a builder drops, buyers buy and the builder is paid, all by clicks in a browser', {
  timeout: 240_000,
}, async () => {
  const logged: string[] = []
  await using shop = await startSpareShop({
    // A retry on a busy machine is worth a warning and no failure here.
    env: { LOG_LEVEL: 'error' },
    onLine: (name, line) => /"level":[1-4]0/.test(line) || logged.push(`${name}: ${line}`),
  })
  await using browser = await launchBrowser()
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: 'en-US',
    reducedMotion: 'reduce',
  })
  context.setDefaultTimeout(PATIENCE_MS)
  const complaints = listenForComplaints(context)
  const shoot = await openAlbum(SCREENSHOTS_DIR)

  const page = await context.newPage()
  await page.goto(`${shop.pageUrl}/#as=juniper&channel=lounge`)
  await page.getByTestId('bot-state').getByText('C500 is online').waitFor()
  await page.evaluate('window.isStillTheFirstPage = true')
  const chat = createChat(page)
  const card = page
    .locator('[data-testid="message"]:not([data-ephemeral])')
    .filter({ hasText: 'A drop by Juniper' })
    .last()
  async function step(fact: string, play: () => Promise<void>): Promise<void> {
    try {
      await play()
    } catch (error) {
      await shoot(page, 'it stopped here').catch(() => {})
      const lines = [`It stopped before "${fact}" was true. ${error}`, ...complaints, ...logged]
      throw new Error(lines.join('\n'), { cause: error })
    }
  }

  await step('Juniper joins and comes back from Stripe as a builder', async () => {
    await chat.run('join')
    const welcome = chat.message('Becoming a builder')
    await welcome.waitFor()
    await shoot(page, 'juniper joins')
    const setup = await opened(context, welcome.getByRole('link', { name: 'Set up payments' }))
    await setup.getByRole('heading', { name: 'Set up how you are paid' }).waitFor()
    await shoot(setup, 'the way to stripe')
    await setup.getByRole('button', { name: 'Continue to Stripe' }).click()
    await setup.getByRole('heading', { name: 'Get ready to be paid' }).waitFor()
    await shoot(setup, 'stripe asks')
    await setup.getByRole('button', { name: 'Finish' }).click()
    await setup.getByRole('heading', { name: 'You are ready to sell' }).waitFor()
    await shoot(setup, 'ready to sell')
    await setup.close()
  })

  await step('a drop with a wrong price is mended without typing anything twice', async () => {
    await chat.go('drops')
    await page.getByTestId('composer').pressSequentially('/c500 dr')
    await page.getByTestId('command-c500-drop').waitFor()
    await shoot(page, 'the command is completed')
    await page.keyboard.press('Enter')
    await page.getByTestId('option-closes_in_hours').fill('48')
    await page.getByTestId('run').click()
    const form = page.getByTestId('modal')
    await form.getByTestId('field-title').fill(TITLE)
    await form
      .getByTestId('field-story')
      .fill('Wheel-thrown stoneware in a moss glaze. Holds a good big cocoa.')
    await form.getByTestId('field-price').fill('twelve')
    await form.getByTestId('field-quantity').fill('3')
    await form
      .getByTestId('field-picture')
      .setInputFiles({ name: 'mug.jpg', mimeType: 'image/jpeg', buffer: await drawMug() })
    await form.getByText('mug.jpg').waitFor()
    await shoot(page, 'the form')
    await form.getByTestId('modal-submit').click()

    const answer = chat.message('Please look at this once more')
    await answer.waitFor()
    assert.match((await answer.textContent()) ?? '', /price/i)
    await shoot(page, 'a price in words')
    await answer.getByRole('button', { name: 'Fix it' }).click()
    await form.waitFor()
    assert.equal(await form.getByTestId('field-title').inputValue(), TITLE)
    assert.equal(await form.getByTestId('field-price').inputValue(), 'twelve')
    await form.getByText('Leave empty to keep the picture you have.').waitFor()
    await shoot(page, 'nothing is lost')
    await form.getByTestId('field-price').fill('24.00')
    await form.getByTestId('modal-submit').click()
  })

  await step('the preview is for Juniper alone until it is published', async () => {
    const preview = chat.message('Only you see this. It is how buyers will see it.')
    await preview.waitFor()
    assert.equal(await preview.getAttribute('data-ephemeral'), 'true')
    assert.match((await preview.textContent()) ?? '', /you receive \$22\.80/)
    await pictureShows(preview, TITLE)
    await shoot(page, 'the preview')
    await preview.getByRole('button', { name: 'Describe the picture' }).click()
    const form = page.getByTestId('modal')
    await form.getByLabel('What does it show?').fill(SHOWN)
    await shoot(page, 'the picture in words')
    await form.getByTestId('modal-submit').click()
    await pictureShows(preview, SHOWN)
    await chat.become('poppy')
    await chat.go('drops')
    assert.equal(await card.count(), 0)
    await chat.become('juniper')
    await preview.getByRole('button', { name: 'Publish' }).click()
    await chat.message('is live in #drops').waitFor()
    await card.waitFor()
    await shoot(page, 'published')
  })

  await step('Poppy holds one, and the card counts down before everybody', async () => {
    await chat.become('poppy')
    await card.getByText('3 of 3 left').waitFor()
    assert.equal(await chat.message('is live in').count(), 0, "Juniper's private answer stays with her")
    await pictureShows(card, SHOWN)
    await shoot(page, 'the card')
    await card.getByRole('button', { name: 'Buy now' }).click()
    const held = chat.message('Held for you until')
    await held.waitFor()
    assert.equal(await held.getAttribute('data-ephemeral'), 'true')
    await card.getByText('2 of 3 left').waitFor()
    await card.getByText('1 held while somebody pays').waitFor()
    await shoot(page, 'held for poppy')
  })

  await step('a declined card stays on the pay page, and a good one pays', async () => {
    const pay = await opened(context, chat.message('Held for you until').getByRole('link', { name: 'Pay' }))
    await pay.getByLabel('Card number').fill('4000 0000 0000 0002')
    await shoot(pay, 'the pay page')
    await pay.getByRole('button', { name: 'Pay $24.00' }).click()
    await pay.getByRole('alert').getByText('declined').waitFor()
    await shoot(pay, 'a declined card')
    await payWith(pay, '4242 4242 4242 4242')
    assert.equal(new URL(pay.url()).pathname, '/success')
    await shoot(pay, 'paid')
    await pay.close()
    await page.locator('[data-testid="channel-dm"][data-unread]').waitFor()
    await chat.go('dm')
    await chat.message('is yours. Your $24.00 is held until it arrives.').waitFor()
    await shoot(page, 'poppy is told')
  })

  await step('what Wren lets go is back on the shelf', async () => {
    await chat.go('drops')
    await chat.become('wren')
    await card.getByText('2 of 3 left').waitFor()
    await card.getByRole('button', { name: 'Buy now' }).click()
    const held = chat.message('Held for you until')
    await held.waitFor()
    await card.getByText('1 of 3 left').waitFor()
    await held.getByRole('button', { name: 'Let it go' }).click()
    await chat.message('You let it go').waitFor()
    await card.getByText('2 of 3 left').waitFor()
    await shoot(page, 'wren lets go')
  })

  await step('the profile says where the order stands and who is next', async () => {
    await chat.become('poppy')
    await chat.run('profile')
    const profile = chat.message('Your orders')
    await profile.getByText('Juniper ships next').waitFor()
    await shoot(page, 'the profile')
  })

  await step('Juniper ships it from the message about the sale', async () => {
    await chat.become('juniper')
    await chat.go('dm')
    const sale = chat.message(`You sold ${TITLE} to Poppy`)
    await sale.getByText('Orchard Lane').waitFor()
    await shoot(page, 'juniper is told')
    await sale.getByRole('button', { name: 'Mark shipped' }).click()
    const form = page.getByTestId('modal')
    await form.getByTestId('field-carrier').fill('Royal Mail')
    await form.getByTestId('field-tracking').fill('RM 123 456 785 GB')
    await shoot(page, 'the parcel')
    await form.getByTestId('modal-submit').click()
    await chat.message('Marked as shipped, and the buyer is being told.').waitFor()
    await shoot(page, 'marked shipped')
  })

  await step('Poppy says it arrived, and only then is Juniper paid', async () => {
    await chat.go('lounge')
    await chat.run('dashboard')
    const before = chat.message('Your workshop')
    await before.waitFor()
    assert.match((await before.textContent()) ?? '', /Held\$22\.80ReleasedNothing yet/)
    await shoot(page, 'the money is held')
    await chat.become('poppy')
    await chat.go('dm')
    const onItsWay = chat.message('is on its way to you')
    await onItsWay.getByText('RM 123 456 785 GB').waitFor()
    await shoot(page, 'on its way')
    await onItsWay.getByRole('button', { name: 'It arrived' }).click()
    await chat.message('Juniper has been paid').waitFor()
    await shoot(page, 'it arrived')
    await chat.become('juniper')
    await chat.go('dm')
    await chat.message(`Your $22.80 for ${TITLE} was sent to you.`).waitFor()
    await shoot(page, 'juniper is paid')
    await chat.go('lounge')
    await chat.run('dashboard')
    const after = page
      .getByTestId('message')
      .filter({ hasText: 'Your workshop' })
      .filter({ hasText: /Released\$22\.80/ })
    await after.waitFor()
    await shoot(page, 'the money was released')
  })

  await step('the last ones are sold and the button closes', async () => {
    for (const name of ['wren', 'olive'] as const) {
      await chat.become(name)
      await chat.go('drops')
      await card.getByRole('button', { name: 'Buy now' }).click()
      const pay = await opened(context, chat.message('Held for you until').getByRole('link', { name: 'Pay' }))
      await payWith(pay, '4242 4242 4242 4242')
      await pay.close()
    }
    const soldOut = card.getByRole('button', { name: 'Sold out' })
    await soldOut.waitFor()
    assert.ok(await soldOut.isDisabled())
    await card.getByText('0 of 3 left').waitFor()
    await shoot(page, 'sold out')
    const web = await context.newPage()
    await web.goto(shop.plan.urls.web)
    await web.getByText('Sold out').first().waitFor()
    await shoot(web, 'the shop window')
    await web.close()
  })

  await step('nothing hinders anybody, and neither browser nor services complained', async () => {
    const { violations } = await new AxeBuilder({ page }).analyze()
    const found = violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}`))
    assert.deepEqual(found, [])
    assert.equal(await page.evaluate('window.isStillTheFirstPage'), true, 'the chat was never reloaded')
    assert.deepEqual(complaints, [])
    assert.deepEqual(logged, [])
  })
})

interface Chat {
  /** The newest message with these words. */
  message(words: string): Locator
  become(person: keyof typeof PEOPLE): Promise<void>
  go(place: 'drops' | 'lounge' | 'dm'): Promise<void>
  /** Types `/c500 <subcommand>`, which takes no options, and runs it. */
  run(subcommand: string): Promise<void>
}

function createChat(page: Page): Chat {
  async function follow(testId: string): Promise<void> {
    await page.getByTestId(testId).click()
    await page.locator(`[data-testid="${testId}"][aria-current]`).waitFor()
  }
  return {
    message: (words) => page.getByTestId('message').filter({ hasText: words }).last(),
    become: (person) => follow(`person-${person}`),
    go: (place) => follow(`channel-${place}`),
    async run(subcommand) {
      await page.getByTestId('composer').pressSequentially(`/c500 ${subcommand}`)
      await page.getByTestId(`command-c500-${subcommand}`).waitFor()
      await page.keyboard.press('Enter')
      await page.getByTestId('run').press('Enter')
    },
  }
}

/** The window that a link opens. */
async function opened(context: BrowserContext, link: Locator): Promise<Page> {
  const [page] = await Promise.all([context.waitForEvent('page'), link.click()])
  return page
}

async function payWith(pay: Page, card: string): Promise<void> {
  await pay.getByLabel('Card number').fill(card)
  await pay.getByRole('button', { name: 'Pay $24.00' }).click()
  await pay.getByRole('heading', { name: 'Paid, and it is yours' }).waitFor()
}

/** `words`: what somebody who cannot see it is told. */
async function pictureShows(message: Locator, words: string): Promise<void> {
  const picture = message.getByRole('img', { name: words, exact: true })
  const width = await picture.evaluate(async (node) => {
    const image = node as unknown as { decode(): Promise<void>; readonly naturalWidth: number }
    await image.decode()
    return image.naturalWidth
  })
  assert.ok(width > 100, `the picture is ${width} pixels wide`)
}

function drawMug(): Promise<Buffer> {
  return sharp(join(ROOT, 'sandbox/seed/mug.svg')).resize(1_200).jpeg().toBuffer()
}

/** What the browser complains of, in whichever window: script errors, refused content, anything that is missing. */
function listenForComplaints(context: BrowserContext): string[] {
  const complaints: string[] = []
  context.on('weberror', (error) => complaints.push(String(error.error())))
  context.on('console', (line) => {
    // The pay page's honest answer to a declined card is a failed load to the console.
    const isDecline = / 402 /.test(line.text()) && line.location().url.includes('/c/pay/')
    if (['error', 'warning'].includes(line.type()) && !isDecline) complaints.push(line.text())
  })
  return complaints
}

/** Saves numbered pictures of what a person sees, in the order of the story. */
async function openAlbum(folder: string): Promise<(page: Page, title: string) => Promise<void>> {
  await mkdir(folder, { recursive: true })
  let count = 0
  return async (page, title) => {
    count++
    const name = `${String(count).padStart(2, '0')}-${title.replaceAll(' ', '-')}.png`
    await page.screenshot({ path: join(folder, name) })
  }
}
