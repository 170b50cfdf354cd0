import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { type DropView, isAppError, type Opens, type Person } from '#contract'
import { BROADCASTERS, CHANNELS, PEOPLE } from '../sandbox/cast.ts'
import type { SeenMessage } from '../sandbox/people.ts'
import { textOf } from '../sandbox/player.ts'
import { draftDrop, joinAsBuilder, linkChannel, seePrivate } from '../sandbox/scenes.ts'
import { readStripe } from './invariants.ts'
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

async function publishInChat(world: World, options: Record<string, number | boolean>): Promise<string> {
  const builder = world.player('juniper')
  const preview = await draftDrop(builder, { title: 'Moss-green mug', options })
  const answer = await builder.answer(builder.press(preview, /^Publish/))
  await world.settle()
  return textOf(answer)
}

/** Juniper has linked her channel. */
async function joinWithChannel(world: World): Promise<void> {
  await join(world)
  await linkChannel(world.player('juniper'), BROADCASTERS.juniper.id)
  await world.settle()
}

async function goLive(world: World): Promise<void> {
  await world.twitchControl(`/local/users/${BROADCASTERS.juniper.id}/live`, { title: 'Glazing' })
  await world.settle()
}

async function goOffline(world: World): Promise<void> {
  await world.twitchControl(`/local/users/${BROADCASTERS.juniper.id}/offline`, {})
  await world.settle()
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

const STREAM = { when: 'with_stream', inHoursAtTheLatest: 48 } as const

/** How often the people who asked were told that it is open. */
async function toldOpen(world: World, name: 'poppy' | 'wren'): Promise<number> {
  const messages = await world.player(name).privateMessages()
  return messages.filter((message) => /(is open|opened) in/.test(textOf(message))).length
}

describe('a drop that opens with the stream', () => {
  testInWorld('says so, opens when its builder goes live, and once', async (world) => {
    await joinWithChannel(world)
    const said = await publishInChat(world, { with_stream: true, opens_in_hours: 48 })
    assert.match(said, /announced in[\s\S]*when Juniper goes live, at the latest <t:\d+:f>/)
    const card = await cardOf(world)
    assert.match(textOf(card), /when Juniper goes live, at the latest/)
    const reader = world.player('poppy')
    assert.match(textOf(await reader.answer(reader.press(card, /Remind me/))), /I tell you when/)
    const [drop] = (await world.client.listDrops({ status: 'scheduled', limit: 9, cursor: null })).drops
    assert.ok(drop)

    await world.advance(HOUR)
    await world.twitchControl('/local/mood', { mode: 'twice_new_id' })
    await goLive(world)
    const opened = await look(world, drop)
    assert.deepEqual([opened.status, opened.openedAt], ['open', world.now()])
    await world.client.createCheckout({ buyer: poppy, dropId: drop.dropId })
    await world.advance(HOUR)
    await goOffline(world)
    await world.advance(HOUR)
    await goLive(world)
    await world.advance(48 * HOUR)
    assert.equal((await look(world, drop)).openedAt, opened.openedAt)
    assert.equal(await toldOpen(world, 'poppy'), 1)
  })

  testInWorld('opens at once when its builder is live already', async (world) => {
    await joinWithChannel(world)
    await goLive(world)
    assert.match(await publishInChat(world, { with_stream: true }), /on air already, so it opened at once/)
    const [drop] = (await world.client.listDrops({ status: 'open', limit: 9, cursor: null })).drops
    assert.equal(drop?.openedAt, world.now())
  })

  testInWorld('opens at its latest time when the stream never comes', async (world) => {
    await joinWithChannel(world)
    const drop = await publish(world, STREAM)
    await world.advance(48 * HOUR - 1)
    assert.equal((await look(world, drop)).status, 'scheduled')
    await world.advance(1)
    assert.equal((await look(world, drop)).openedAt, world.now())
  })

  testInWorld('opens by the list of live streams when no message comes', async (world) => {
    await joinWithChannel(world)
    const drop = await publish(world, STREAM)
    await world.twitchControl('/local/mood', { mode: 'lose' })
    await goLive(world)
    assert.equal((await look(world, drop)).status, 'scheduled')
    await world.advance(minutes(10))
    assert.equal((await look(world, drop)).status, 'open')
  })

  testInWorld('does not open by the late news of a stream that is over', async (world) => {
    await joinWithChannel(world)
    const drop = await publish(world, STREAM)
    await world.twitchControl('/local/mood', { mode: 'hold' })
    await goLive(world)
    world.passTime(minutes(1))
    await goOffline(world)
    await world.twitchControl('/local/mood', { mode: 'normal', order: 'reversed' })
    await world.settle()
    assert.equal((await look(world, drop)).status, 'scheduled')
    await goLive(world)
    assert.equal((await look(world, drop)).status, 'open')
  })

  testInWorld('opens whether the bot can be reached or not, and tells when it can', async (world) => {
    await joinWithChannel(world)
    const drop = await publish(world, STREAM)
    await world.client.remind({ person: poppy, dropId: drop.dropId, on: true })
    await world.bot.close()
    await goLive(world)
    assert.equal((await look(world, drop)).status, 'open')
    await world.restartBot()
    await world.advance(minutes(10))
    await world.advance(minutes(10))
    assert.equal(await toldOpen(world, 'poppy'), 1)
    assert.match(textOf(await cardOf(world)), /3 of 3 left/)
  })

  testInWorld('is not lost without a channel: its builder links one, or opens it at once', async (world) => {
    await join(world)
    const builder = world.player('juniper')
    const preview = await draftDrop(builder, { title: 'Moss-green mug', options: { with_stream: true } })
    const refusal = await builder.answer(builder.press(preview, /^Publish/))
    assert.match(textOf(refusal), /link-twitch[\s\S]*draft is kept/)
    await linkChannel(builder, BROADCASTERS.juniper.id)
    await world.settle()
    await builder.answer(builder.press(preview, /^Publish/))
    await world.settle()
    assert.match(textOf(await cardOf(world)), /goes live/)
    const other = await draftDrop(builder, { title: 'Blue mug', options: { with_stream: true } })
    const dashboard = await builder.answer(builder.c500('dashboard'))
    const waiting = await builder.answer(builder.press(dashboard, /Before it opens: Moss-green mug/))
    assert.match(textOf(await builder.answer(builder.press(waiting, /Call it off/))), /called off/)
    assert.match(textOf(await cardOf(world)), /Called off/)
    await builder.answer(builder.press(other, /^Publish/))
  })
})

describe('a drop that may not be sold when it is to open', () => {
  const operator: Person = { userId: PEOPLE.olive.id, name: 'Olive' }

  testInWorld('waits until nothing stops it, is then open as long as it was meant to be', async (world) => {
    await join(world)
    const drop = await publish(world, { when: 'later', inHours: 1 })
    const { dropId } = drop
    await world.client.remind({ person: poppy, dropId, on: true })
    const pause = (what: Parameters<typeof world.client.pauseSelling>[0]['what'], paused: boolean) =>
      world.client.pauseSelling({ operator, what, paused, reason: 'A flood.' })
    const decide = (status: 'suspended' | 'approved') =>
      world.client.decideBuilder({ operator, builderId: juniper.userId, status, reason: 'A flood.' })
    await pause({ kind: 'drop', dropId }, true)
    await world.advance(30 * HOUR)
    assert.equal((await look(world, drop)).status, 'paused')
    await assert.rejects(world.client.openDropNow({ userId: juniper.userId, dropId }), refused('paused'))
    await decide('suspended')
    await pause({ kind: 'all' }, true)
    await pause({ kind: 'drop', dropId }, false)
    await world.advance(minutes(1))
    assert.equal((await look(world, drop)).status, 'paused')
    await decide('approved')
    await world.advance(minutes(1))
    assert.equal((await look(world, drop)).status, 'scheduled', 'everything is stopped')
    assert.equal(await toldOpen(world, 'poppy'), 0)
    await pause({ kind: 'all' }, false)
    await world.advance(minutes(1))
    const opened = await look(world, drop)
    assert.deepEqual(
      [opened.status, opened.closesAt - opened.openedAt, opened.openedAt],
      ['open', 24 * HOUR, world.now()],
    )
    assert.equal(await toldOpen(world, 'poppy'), 1)
  })

  testInWorld('waits while Stripe cannot pay its builder', async (world) => {
    await join(world)
    const drop = await publish(world, { when: 'later', inHours: 1 })
    const { accounts } = await readStripe(world.stripeUrl)
    const account = `/local/accounts/${accounts[0]?.id}`
    await world.stripeControl(account, { transfers: 'inactive' })
    await world.advance(HOUR)
    assert.equal((await look(world, drop)).status, 'paused')
    await world.stripeControl(account, { transfers: 'active' })
    await world.settle()
    await world.advance(minutes(1))
    assert.equal((await look(world, drop)).status, 'open')
  })
})

describe('the moment of the opening', () => {
  testInWorld(
    'a crowd at the door: nobody is in before, and exactly what there is is sold',
    async (world) => {
      await join(world)
      const drop = await publish(world, { when: 'later', inHours: 1 }, { quantity: '20' })
      const { dropId } = drop
      const crowd = Array.from({ length: 150 }, (_, n) => ({
        userId: String(200_000_000_000_000_000n + BigInt(n)),
        name: `Buyer ${n}`,
      }))
      const click = async (buyer: Person): Promise<string> => {
        try {
          return (await world.client.createCheckout({ buyer, dropId })).order.status
        } catch (error) {
          return isAppError(error) ? error.code : String(error)
        }
      }
      await world.advance(HOUR - 1)
      const early = await Promise.all(crowd.map(click))
      assert.deepEqual(new Set(early), new Set(['not_open_yet']))
      world.passTime(1)
      const atTheDoor = Promise.all(crowd.map(click))
      await world.core.runDue()
      const first = await atTheDoor
      // Who came a moment too soon presses again, as a person would.
      const second = await Promise.all(crowd.filter((_, n) => first[n] === 'not_open_yet').map(click))
      const answers = [...first, ...second].filter((answer) => answer !== 'not_open_yet')
      assert.equal(answers.length, crowd.length)
      assert.equal(answers.filter((answer) => answer === 'held').length, 20)
      assert.deepEqual(new Set(answers), new Set(['held', 'all_held']))
      const { openedAt } = await look(world, drop)
      assert.ok((await ordersIn(world)).every(({ createdAt }) => createdAt >= openedAt))
    },
  )

  testInWorld('passes while core is down', async (world) => {
    await join(world)
    const drop = await publish(world, { when: 'later', inHours: 1 })
    const { dropId } = drop
    await world.client.remind({ person: poppy, dropId, on: true })
    await world.core.close()
    world.passTime(2 * HOUR)
    await world.restartCore()
    await assert.rejects(world.client.createCheckout({ buyer: poppy, dropId }), refused('not_open_yet'))
    await world.settle()
    const opened = await look(world, drop)
    assert.deepEqual([opened.status, opened.openedAt], ['open', world.now()])
    assert.equal(await toldOpen(world, 'poppy'), 1)
  })

  testInWorld('is the last thing core does before it dies', async (world) => {
    await join(world)
    const drop = await publish(world, { when: 'later', inHours: 1 })
    const { dropId } = drop
    await world.client.remind({ person: poppy, dropId, on: true })
    const opened = await world.client.openDropNow({ userId: juniper.userId, dropId })
    await world.restartCore()
    await world.advance(HOUR)
    await world.restartCore()
    await world.advance(HOUR)
    assert.equal((await look(world, drop)).openedAt, opened.openedAt)
    assert.equal(await toldOpen(world, 'poppy'), 1)
    assert.match(textOf(await cardOf(world)), /3 of 3 left/)
  })

  testInWorld('with closed direct messages the second path tells', async (world) => {
    await join(world)
    const drop = await publish(world, { when: 'later', inHours: 1 })
    const player = world.player('poppy')
    await player.closeDms(true)
    await world.client.remind({ person: poppy, dropId: drop.dropId, on: true })
    await world.advance(HOUR)
    const told = await seePrivate(player, /is open in/)
    const held = await player.answer(player.press(told, /^Buy now/))
    assert.match(textOf(held), /Held for you/)
  })
})
