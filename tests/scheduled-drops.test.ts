import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { type DropView, isAppError, type Opens, type Person } from '#contract'
import { CHANNELS, PEOPLE } from '../sandbox/cast.ts'
import type { SeenMessage } from '../sandbox/people.ts'
import { textOf } from '../sandbox/player.ts'
import { joinAsBuilder } from '../sandbox/scenes.ts'
import { ordersIn, testInWorld } from './shop.ts'
import { minutes, type World } from './world.ts'

const juniper: Person = { userId: PEOPLE.juniper.id, name: 'Juniper' }
const poppy: Person = { userId: PEOPLE.poppy.id, name: 'Poppy' }
const wren: Person = { userId: PEOPLE.wren.id, name: 'Wren' }
const HOUR = minutes(60)

const FORM = {
  title: 'Moss-green mug',
  story: '',
  price: '24',
  quantity: '3',
  closesInHours: 24,
  perPerson: 1,
}

async function publish(world: World, opens: Opens, form: Partial<typeof FORM> = {}): Promise<DropView> {
  const { draftId } = await world.client.createDrop({
    builder: juniper,
    draftId: null,
    form: { ...FORM, ...form, opens },
    picture: null,
  })
  const drop = await world.client.publishDrop({ userId: juniper.userId, draftId })
  await world.settle()
  return drop
}

async function join(world: World): Promise<void> {
  await joinAsBuilder(world.player('juniper'))
  await world.settle()
}

const refused = (code: Parameters<typeof isAppError>[1]) => (error: unknown) => isAppError(error, code)
const look = (world: World, { dropId }: DropView) => world.client.getDrop({ dropId })

async function cardOf(world: World): Promise<SeenMessage> {
  const card = (await world.player('wren').messages(CHANNELS.drops.id)).at(-1)
  return card ?? assert.fail('there is no card')
}

describe('a drop that opens at a time', () => {
  testInWorld('opens by the clock, and nobody holds a unit before', async (world) => {
    await join(world)
    const before = world.now()
    const drop = await publish(world, { when: 'later', inHours: 3 })
    assert.deepEqual(
      [drop.status, drop.opensAt, drop.closesAt],
      ['scheduled', before + 3 * HOUR, before + 27 * HOUR],
    )
    assert.match(textOf(await cardOf(world)), /Moss-green mug[\s\S]*Opens[\s\S]*<t:\d+:R>/)

    await world.advance(3 * HOUR - 1)
    const { dropId } = drop
    await assert.rejects(world.client.createCheckout({ buyer: poppy, dropId }), refused('not_open_yet'))
    await world.advance(1)
    const opened = await look(world, drop)
    assert.deepEqual(
      [opened.status, opened.opensAt, opened.openedAt, opened.closesAt],
      ['open', null, world.now(), world.now() + 24 * HOUR],
    )
    assert.match(textOf(await cardOf(world)), /3 of 3 left/)
    await world.client.createCheckout({ buyer: poppy, dropId })
    await world.advance(24 * HOUR)
    assert.equal((await look(world, drop)).status, 'closed')
  })

  testInWorld('tells once everybody who asked, and nobody who asked no longer', async (world) => {
    await join(world)
    const drop = await publish(world, { when: 'later', inHours: 1 })
    const { dropId } = drop
    for (const person of [poppy, wren, poppy]) {
      assert.equal((await world.client.remind({ person, dropId, on: true })).on, true)
    }
    assert.equal((await look(world, drop)).reminders, 2)
    assert.equal((await world.client.remind({ person: wren, dropId, on: false })).on, false)
    await world.advance(HOUR)
    await world.advance(HOUR)
    const told = async (name: 'poppy' | 'wren') =>
      (await world.player(name).privateMessages()).filter((message) => /is open/.test(textOf(message))).length
    assert.deepEqual([await told('poppy'), await told('wren')], [1, 0])
    assert.equal((await world.client.remind({ person: wren, dropId, on: true })).on, false)
  })

  testInWorld('is called off, and never opens', async (world) => {
    await join(world)
    const drop = await publish(world, { when: 'later', inHours: 1 })
    const { dropId } = drop
    const { userId } = juniper
    await world.client.remind({ person: poppy, dropId, on: true })
    await assert.rejects(world.client.callOffDrop({ userId: poppy.userId, dropId }), refused('not_yours'))
    for (const _ of [1, 2])
      assert.equal((await world.client.callOffDrop({ userId, dropId })).status, 'closed')
    await assert.rejects(world.client.openDropNow({ userId, dropId }), refused('drop_closed'))
    await world.advance(2 * HOUR)
    assert.equal((await look(world, drop)).status, 'closed')
    await assert.rejects(world.client.createCheckout({ buyer: poppy, dropId }), refused('drop_closed'))
    assert.match(textOf(await cardOf(world)), /Called off/)
    assert.equal((await ordersIn(world)).length, 0)
  })

  testInWorld('opens before its time when its builder says so', async (world) => {
    await join(world)
    const drop = await publish(world, { when: 'later', inHours: 5 })
    const { dropId } = drop
    const { userId } = juniper
    await world.advance(HOUR)
    const opened = await world.client.openDropNow({ userId, dropId })
    assert.deepEqual([opened.openedAt, opened.closesAt], [world.now(), world.now() + 24 * HOUR])
    await world.advance(HOUR)
    assert.equal((await world.client.openDropNow({ userId, dropId })).openedAt, opened.openedAt)
    await assert.rejects(world.client.callOffDrop({ userId, dropId }), refused('already_open'))
    await world.advance(5 * HOUR)
    assert.equal((await look(world, drop)).openedAt, opened.openedAt)
  })
})
