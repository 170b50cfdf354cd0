import assert from 'node:assert/strict'
import { APPLICATION, CHANNELS, GUILD, PEOPLE } from '../sandbox/cast.ts'
import { createDiscordKey } from '../sandbox/discord-key.ts'
import { buttonsOf, textOf } from '../sandbox/player.ts'
import { buy } from '../sandbox/scenes.ts'
import { openShop, ordersIn, testInWorld } from './shop.ts'
import { DISCORD_KEY_SEED, minutes, type World } from './world.ts'

const { poppy } = PEOPLE

/** A shop with one open drop, and the id behind its Buy now. */
async function openDrop(world: World) {
  const { card } = await openShop(world)
  const button = buttonsOf(card).find((one) => 'custom_id' in one && one.custom_id.startsWith('v1:buy:'))
  assert.ok(button && 'custom_id' in button)
  return { card, customId: button.custom_id }
}

/** A press of a button, as Discord signs and posts it. */
function pressOf(world: World, customId: string, id: string) {
  const user = { id: poppy.id, username: poppy.username, global_name: poppy.globalName }
  const body = JSON.stringify({
    id,
    application_id: APPLICATION.id,
    type: 3,
    token: `token-of-${id}`,
    version: 1,
    guild_id: GUILD.id,
    channel_id: CHANNELS.drops.id,
    member: { user, permissions: '0', roles: [] },
    message: { id: '300000000000000001', flags: 0 },
    data: { component_type: 2, custom_id: customId },
  })
  const headers = createDiscordKey(DISCORD_KEY_SEED).headers(body, world.now())
  return () => fetch(`${world.bot.url}/interactions`, { method: 'POST', body, headers })
}

const OVER_HTTP = { transport: 'http' } as const

testInWorld(
  'a press that is posted again, at once or later, is the same press',
  async (world) => {
    const { customId } = await openDrop(world)
    const press = pressOf(world, customId, '1400000000000000001')
    const answers = await Promise.all([press(), press(), press()])
    await world.settle()
    answers.push(await press())
    for (const answer of answers) {
      assert.equal(answer.status, 200)
      assert.match(await answer.text(), /Held for you until/)
    }
    assert.equal((await ordersIn(world)).length, 1)

    await world.advance(minutes(6))
    assert.equal((await press()).status, 401, 'too old to be a press')
  },
  OVER_HTTP,
)

testInWorld(
  'what core did is shown by the next press when the first answer was lost',
  async (world) => {
    const { card, customId } = await openDrop(world)
    const lost = await pressOf(world, customId, '1400000000000000002')()
    await lost.body?.cancel()
    await world.settle()
    assert.match(textOf(await buy(world.player('poppy'), card)), /Held for you until/)
    assert.equal((await ordersIn(world)).length, 1)
  },
  OVER_HTTP,
)

testInWorld(
  'while no bot runs nobody answers, and the next one needs nothing but its start',
  async (world) => {
    const { card } = await openDrop(world)
    const person = world.player('poppy')
    await world.bot.close()
    const noAnswer = { result: 'failed', reason: 'The application did not respond' }
    assert.deepEqual(await person.c500('help'), noAnswer)
    await world.restartBot()
    assert.match(textOf(await buy(person, card)), /Held for you until/)
  },
  OVER_HTTP,
)
