import assert from 'node:assert/strict'
import { test } from 'node:test'
import sharp from 'sharp'
import { openShop } from './shop.ts'
import { createWorld } from './world.ts'

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
