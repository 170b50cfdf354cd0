import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bearer, createCoreClient, isAppError } from '#contract'
import { linkOf, payInBrowser } from '../sandbox/player.ts'
import { buy } from '../sandbox/scenes.ts'
import { openShop, orderOf } from './shop.ts'
import { createWorld, SCHEDULER_TOKEN } from './world.ts'

test('a scheduler drives the shop, with rounds that overlap and repeat', async () => {
  await using world = await createWorld()
  const { card, dropId } = await openShop(world)
  const scheduler = createCoreClient({ baseUrl: world.core.url, credentials: bearer(SCHEDULER_TOKEN) })
  const poppy = world.player('poppy')

  await world.client.createCheckout({ buyer: { userId: poppy.id, name: 'Poppy' }, dropId })
  const rounds = await Promise.all([1, 2, 3].map(() => scheduler.runJobs({})))
  const ran = (kind: string) => rounds.reduce((sum, round) => sum + (round.ran[kind] ?? 0), 0)
  assert.deepEqual([ran('checkout'), ran('draw_card')], [1, 1])
  assert.ok((await orderOf(world, poppy)).checkout?.url, 'the pay page was made')
  assert.deepEqual(await scheduler.runJobs({}), { ran: {}, failed: 0, left: 0 })

  const held = await buy(poppy, card)
  assert.equal((await payInBrowser(linkOf(held, /Pay/))).status, 200)
  await scheduler.runJobs({})
  assert.equal((await orderOf(world, poppy)).status, 'paid')
})

test('nobody but the scheduler drives it', async () => {
  await using world = await createWorld()
  await assert.rejects(world.client.runJobs({}), (error) => isAppError(error, 'forbidden'))
})
