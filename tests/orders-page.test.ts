import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBrowser } from '../sandbox/browser.ts'
import { buy, joinAsBuilder, logIn, openDrop } from '../sandbox/scenes.ts'
import { createWorld, smallPicture } from './world.ts'

test('who logs in sees what they hold, and nobody else does', async () => {
  await using world = await createWorld()
  const [juniper, poppy, wren] = [world.player('juniper'), world.player('poppy'), world.player('wren')]
  await joinAsBuilder(juniper)
  const card = await openDrop(juniper, { title: 'Moss-green mug', picture: await smallPicture() })
  await buy(poppy, card)
  await world.settle()
  const orders = `${world.web.url}/orders`
  const login = `${world.web.url}/login?next=${encodeURIComponent('/orders')}`

  const poppys = createBrowser()
  assert.match((await poppys.get(orders)).text, /Log in with Discord/)
  const list = await logIn(poppys, login, poppy.id)
  assert.equal(new URL(list.url).pathname, '/orders')
  assert.match(list.text, /Moss-green mug/)
  const path = list.text.match(/\/orders\/ord_\w+/)?.[0] ?? ''
  const order = await poppys.get(world.web.url + path)
  assert.match(order.text, /One is held for you/)
  assert.match(order.text, new RegExp(`${world.web.url}/pay/`))

  const wrens = createBrowser()
  assert.match((await logIn(wrens, login, wren.id)).text, /Nothing here yet/)
  assert.equal((await wrens.get(world.web.url + path)).status, 404)
  assert.match((await wrens.submit('/logout')).text, /<h1>/)
  assert.match((await wrens.get(orders)).text, /Log in with Discord/)
})
