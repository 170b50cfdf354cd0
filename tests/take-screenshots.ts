import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import sharp from 'sharp'
import { startSpareShop } from '../sandbox/launch/spare-shop.ts'
import { seedShop } from '../sandbox/seed.ts'
import { launchBrowser } from './browser.ts'

// Renews the README's pictures from a seeded shop of its own.
const FOLDER = join(import.meta.dirname, '..', 'docs', 'screenshots')
const WIDTH = 1280

await mkdir(FOLDER, { recursive: true })
await using shop = await startSpareShop({ env: { LOG_LEVEL: 'warn' } })
await seedShop({
  pageUrl: shop.pageUrl,
  stripeUrl: shop.plan.urls.stripe,
  twitchUrl: shop.plan.urls.twitch,
  onProgress: () => {},
})
await using browser = await launchBrowser()

const chat = await openWindow(browser, { width: 1440, height: 900 })
await chat.goto(`${shop.pageUrl}/#as=poppy&channel=drops`)
const card = chat.getByTestId('message').filter({ hasText: 'Moss-green mug' })
await card
  .getByRole('img')
  .evaluate((picture) => (picture as unknown as { decode(): Promise<void> }).decode())
await card.getByRole('button', { name: 'Buy now' }).hover()
await save(chat, 'chat')

const landing = await openWindow(browser, { width: 1600, height: 1000 })
await landing.goto(shop.plan.urls.web, { waitUntil: 'networkidle' })
await save(landing, 'shop')

/** Drawn at twice the size, so that what is made smaller afterwards stays sharp. */
function openWindow(from: Browser, viewport: { width: number; height: number }): Promise<Page> {
  return from.newPage({ viewport, deviceScaleFactor: 2, locale: 'en-US', reducedMotion: 'reduce' })
}

async function save(page: Page, name: string): Promise<void> {
  const picture = await sharp(await page.screenshot())
    .resize(WIDTH)
    .webp({ quality: 90, smartSubsample: true })
    .toBuffer()
  await writeFile(join(FOLDER, `${name}.webp`), picture)
  process.stdout.write(`docs/screenshots/${name}.webp  ${Math.round(picture.length / 1_000)} kB\n`)
}
