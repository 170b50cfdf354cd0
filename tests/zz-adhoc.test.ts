import assert from 'node:assert/strict'
import { CHANNELS, PEOPLE } from '../sandbox/cast.ts'
import { linkOf, payInBrowser } from '../sandbox/player.ts'
import { buy } from '../sandbox/scenes.ts'
import { openShop, orderOf, testInWorld } from './shop.ts'

testInWorld('adhoc', async (world) => {
  const shop = await openShop(world, { options: { closes_in_hours: 720 } })
  await payInBrowser(linkOf(await buy(world.player('poppy'), shop.card), /Pay/))
  await world.settle()
  const { orderId, dropId } = await orderOf(world, world.player('poppy'))
  await world.client.refundOrder({ userId: PEOPLE.juniper.id, orderId, amount: '10', reason: 'a chip' })
  await world.settle()
  await world.client.pauseSelling({ operator: { userId: PEOPLE.olive.id, name: 'Olive' }, what: { kind: 'drop', dropId }, paused: true, reason: 'x' })
  const poppy = world.player('poppy')
  const o = await poppy.answer(await poppy.c500('order', { order: orderId }))
  console.error(JSON.stringify(o.components), JSON.stringify(o.embeds[0]?.fields))
  const j = world.player('juniper')
  const m = await j.answer(await j.c500('money'))
  console.error(JSON.stringify(m.embeds[1]), JSON.stringify(m.components))
  const base = (world as unknown as { pageUrl: string }).pageUrl
  const run = async (path: string[], options: object) => {
    const r = await fetch(`${base}/people/command`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ as: PEOPLE.olive.id, channelId: CHANNELS.drops.id, path, options }) })
    const act = await r.json()
    return world.player('olive').answer(act)
  }
  for (const [path, options] of [[['doctor'], {}], [['export'], { kind: 'ledger' }], [['resume', 'drop'], {}], [['queue'], {}]] as const) {
    const a = await run(['c500-operator', ...path], options)
    console.error(path, JSON.stringify(a.embeds), JSON.stringify(a.attachments.map((x) => [x.filename, x.url])), JSON.stringify(a.components))
    for (const f of a.attachments) console.error(await (await fetch(f.url)).text())
  }
  assert.ok(true)
})
