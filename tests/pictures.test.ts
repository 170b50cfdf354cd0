import assert from 'node:assert/strict'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import sharp from 'sharp'
import { CHANNELS } from '../sandbox/cast.ts'
import { textOf } from '../sandbox/player.ts'
import { describePicture, draftDrop, joinAsBuilder, openDrop } from '../sandbox/scenes.ts'
import { openShop, testInWorld } from './shop.ts'
import { createWorld, smallPicture, type World } from './world.ts'

test('an uploaded picture is shown as AVIF and JPEG once core has had time for it', async () => {
  await using world = await createWorld()
  const photo = { width: 900, height: 600, channels: 3, background: '#c98a6b' } as const
  const png = await sharp({ create: photo }).png().toBuffer()
  const { dropId } = await openShop(world, {
    picture: new File([new Uint8Array(png)], 'mug.png', { type: 'image/png' }),
  })
  const { picture } = (await world.core.store.get('inventory', dropId))?.value ?? {}
  assert.deepEqual(picture?.widths, [320, 640])
  const ask = (accept: string) =>
    fetch(`${world.web.url}/pictures/${picture?.pictureId}/320`, { headers: { accept } })
  for (const [accept, format] of [
    ['image/avif,image/webp,*/*', 'avif'],
    ['image/webp,*/*', 'webp'],
    ['*/*', 'jpeg'],
  ] as const) {
    const answer = await ask(accept)
    assert.equal(answer.headers.get('content-type'), `image/${format}`)
    const shown = await sharp(await answer.arrayBuffer()).metadata()
    assert.deepEqual([shown.width, shown.height], [320, 213], format)
  }
  const card = await fetch(`${world.web.url}/drops/${dropId}/card.png`, { redirect: 'manual' })
  assert.deepEqual([card.status, card.headers.get('content-type')], [200, 'image/png'])
  const page = await (await fetch(`${world.web.url}/drops/${dropId}`)).text()
  assert.ok(page.includes(`/pictures/${picture?.pictureId}/640 640w`))
  assert.match(
    page,
    /class="tint" aria-hidden="true"><rect width="100%" height="100%" fill="#c[89a]8[9ab]6[abc]"/,
  )
})

test('a picture from before there were AVIF and JPEG has them some time after a start', async () => {
  await using world = await createWorld()
  const { dropId } = await openShop(world, { picture: await smallPicture() })
  const { picture } = (await world.core.store.get('inventory', dropId))?.value ?? {}
  const folder = join(world.dataDir, 'media')
  const whole = (await readdir(folder)).toSorted()
  for (const name of whole) if (!name.endsWith('.webp')) await rm(join(folder, name))
  await world.restartCore()
  // Stopping waits for the look that the start began.
  await world.restartCore()
  await world.settle()
  assert.deepEqual((await readdir(folder)).toSorted(), whole)
  const url = `${world.web.url}/pictures/${picture?.pictureId}/full`
  const answer = await fetch(url, { headers: { accept: 'image/avif' } })
  assert.equal(answer.headers.get('content-type'), 'image/avif')
})

for (const transport of ['gateway', 'http'] as const) {
  testInWorld(
    `what a picture shows is said by its builder and read everywhere; over ${transport}`,
    async (world) => {
      const juniper = world.player('juniper')
      await joinAsBuilder(juniper)
      await world.settle()
      const wish = { title: 'Moss-green mug', picture: await smallPicture() }
      const preview = await draftDrop(juniper, wish)
      assert.match(textOf(preview), /Not in words yet/)
      assert.equal(preview.embeds[0]?.image?.description, 'Moss-green mug')
      // A message changed twice in one moment of the clock looks unchanged.
      await world.advance(1)
      const words = 'A "green" mug on a <windowsill>'
      const described = await describePicture(juniper, preview, words)
      assert.match(textOf(described), /A "green" mug/)
      assert.equal(described.embeds[0]?.image?.description, words)
      await world.advance(1)
      // Mending keeps the picture and its words.
      const form = await juniper.press(described, /^Edit/)
      const values = { title: 'Moss-green mug', story: 'Mended.', price: '24.00', quantity: '3' }
      const mended = await juniper.answer(juniper.submit(form, values))
      assert.equal(mended.embeds[0]?.image?.description, words)
      await world.advance(1)
      await juniper.answer(juniper.press(mended, /^Publish/))
      await world.settle()
      await assertSaidEverywhere(world, 'A &quot;green&quot; mug on a &lt;windowsill&gt;', words)
    },
    { transport },
  )
}

testInWorld('a picture without words has the title of its drop, as ever', async (world) => {
  const juniper = world.player('juniper')
  await joinAsBuilder(juniper)
  await world.settle()
  await openDrop(juniper, { title: 'Moss-green mug', picture: await smallPicture() })
  await world.settle()
  await assertSaidEverywhere(world, 'Moss-green mug', 'Moss-green mug')
})

/** `escaped`: as it stands in HTML. */
async function assertSaidEverywhere(world: World, escaped: string, words: string): Promise<void> {
  const [card] = (await world.player('poppy').messages(CHANNELS.drops.id)).slice(-1)
  assert.equal(card?.embeds[0]?.image?.description, words)
  const { drops } = await world.client.listDrops({ status: 'open', limit: 1, cursor: null })
  const read = async (path: string) => (await fetch(world.web.url + path)).text()
  const page = await read(`/drops/${drops[0]?.dropId}`)
  assert.ok(page.includes(`alt="${escaped}"`))
  assert.ok(page.includes(`<meta property="og:image:alt" content="${escaped}">`))
  assert.ok((await read('/drops')).includes(`alt="${escaped}"`))
  assert.ok((await read('/feed.xml')).includes(`alt="${escaped}"`))
}
