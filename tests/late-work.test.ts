import assert from 'node:assert/strict'
import { linkOf, payInBrowser } from '../sandbox/player.ts'
import { buy } from '../sandbox/scenes.ts'
import { openShop, ordersIn, testInWorld } from './shop.ts'
import { minutes } from './world.ts'

testInWorld('a bot that is down for a day freezes nobody’s money', async (world) => {
  const { card } = await openShop(world)
  const held = await buy(world.player('poppy'), card)
  await world.settle()
  await world.bot.close()
  await payInBrowser(linkOf(held, /^Pay/))
  await world.settle()
  for (let hour = 0; hour < 24; hour++) await world.advance(minutes(60))
  const [order] = await ordersIn(world)
  assert.equal(order?.status, 'paid')
  assert.equal(order.drift, null)
  await world.restartBot()
  await world.advance(minutes(60))
})
