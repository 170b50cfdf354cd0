import assert from 'node:assert/strict'
import { CHANNELS } from '../sandbox/cast.ts'
import { buy, seeCard } from '../sandbox/scenes.ts'
import { openShop, testInWorld } from './shop.ts'

testInWorld(
  'a card whose place was forgotten when core and the bot died is found again and brought up to date',
  async (world) => {
    const { card, dropId } = await openShop(world)
    const { store } = world.core
    const posted = await store.get('inventory', dropId)
    assert.ok(posted)
    // Core died between the bot's answer and writing it down, and the bot was started anew.
    const forgotten = { ...posted.value, card: null }
    await store.commit([
      { op: 'replace', collection: 'inventory', id: dropId, value: forgotten, version: posted.version },
    ])
    await world.restartBot()
    const poppy = world.player('poppy')
    await buy(poppy, card)
    await world.settle()
    await seeCard(poppy, card, /2 of 3 left/)
    const cards = (await poppy.messages(CHANNELS.drops.id)).filter(({ onlyFor }) => !onlyFor)
    assert.equal(cards.length, 1)
    assert.equal((await store.get('inventory', dropId))?.value.card?.messageId, card.id)
  },
)
