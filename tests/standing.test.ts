import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { isAppError } from '#contract'
import { PEOPLE } from '../sandbox/cast.ts'
import { linkOf, payInBrowser, textOf } from '../sandbox/player.ts'
import { buy, seePrivate } from '../sandbox/scenes.ts'
import { readAll } from './invariants.ts'
import { openShop, orderOf, testInWorld } from './shop.ts'
import type { World } from './world.ts'

const HOUR = 60 * 60_000
const DAY = 24 * HOUR
const poppy = { userId: PEOPLE.poppy.id, name: 'Poppy' }
const wren = { userId: PEOPLE.wren.id, name: 'Wren' }
const juniper = { userId: PEOPLE.juniper.id, name: 'Juniper' }
const olive = { userId: PEOPLE.olive.id, name: 'Olive' }
const code = (wanted: Parameters<typeof isAppError>[1]) => (error: unknown) => isAppError(error, wanted)

async function decide(world: World, status: 'approved' | 'paused' | 'suspended', reason: string) {
  const answer = await world.client.decideBuilder({
    operator: olive,
    builderId: juniper.userId,
    status,
    reason,
  })
  await world.settle()
  return answer
}

/** Everything this person was told privately, oldest first. */
async function toldTo(world: World, name: 'juniper' | 'poppy'): Promise<string[]> {
  return (await world.player(name).privateMessages()).map(textOf)
}

describe('a builder and their standing', () => {
  testInWorld('a builder is told of every change in the words that joining shows', async (world) => {
    await openShop(world)
    const before = (await toldTo(world, 'juniper')).length
    await decide(world, 'paused', 'The post is on strike.')
    await decide(world, 'suspended', 'Three parcels were empty.')
    await decide(world, 'approved', 'It was the post after all.')
    const told = (await toldTo(world, 'juniper')).slice(before)
    const words = [
      'Your selling is paused. Orders that are paid go on as always.',
      'You are suspended. Orders that are paid still need to be shipped.',
      'You are a builder of the collective.',
    ]
    const why = ['The post is on strike.', 'Three parcels were empty.', 'It was the post after all.']
    assert.equal(told.length, 3)
    for (const [at, message] of told.entries()) {
      assert.match(message, new RegExp(`${words[at]} Olive, <t:\\d+:f>\\. Why: ${why[at]}`))
    }
    const shown = textOf(await world.player('juniper').answer(world.player('juniper').c500('join')))
    assert.match(shown, new RegExp(`${words[2]} Olive, <t:\\d+:f>\\. Why: ${why[2]}`))
  })

  testInWorld(
    'behind closed direct messages the news comes in a private thread, without private links',
    async (world) => {
      await openShop(world)
      await world.player('juniper').closeDms(true)
      await decide(world, 'paused', 'Holiday.')
      const message = await seePrivate(world.player('juniper'), /Your selling is paused\. .*Why: Holiday\./)
      const { channels } = (await (await fetch(`${world.sandbox.page?.url}/people/world`)).json()) as {
        channels: { id: string; kind: string }[]
      }
      assert.equal(channels.find(({ id }) => id === message.channel_id)?.kind, 'thread')
      assert.doesNotMatch(JSON.stringify(message), /connect|statement/)
    },
  )

  testInWorld('terms with a first day hold for orders from that day on, and no sooner', async (world) => {
    const { dropId } = await openShop(world, { options: { closes_in_hours: 720 } })
    const day = new Date(world.now() + 3 * DAY).toISOString().slice(0, 10)
    const begins = Date.parse(`${day}T00:00:00Z`)
    const ask = { operator: olive, builderId: juniper.userId, reason: 'Two good years.' }
    const answer = await world.client.setTerms({
      ...ask,
      settlement: 'at_payment',
      feeBps: 1_000,
      startDay: day,
    })
    assert.deepEqual([answer.terms.feeBps, answer.terms.by], [500, null])
    assert.deepEqual(
      answer.upcomingTerms.map(({ from, feeBps, by }) => [from, feeBps, by?.name]),
      [[begins, 1_000, 'Olive']],
    )
    await world.settle()
    const told = await seePrivate(world.player('juniper'), /Your terms change/)
    assert.match(
      textOf(told),
      new RegExp(`From ${day} \\(UTC\\): 10% fee, split at payment\\. Olive, .*Two good years`),
    )

    await world.advance(begins - 1 - world.now())
    await world.client.createCheckout({ buyer: poppy, dropId })
    await world.advance(1)
    await world.client.createCheckout({ buyer: wren, dropId })
    await world.settle()
    const [poppys, wrens] = [
      await orderOf(world, { id: poppy.userId }),
      await orderOf(world, { id: wren.userId }),
    ]
    assert.deepEqual([poppys.fee, poppys.settlement, poppys.destination], [120, 'on_arrival', null])
    assert.deepEqual([wrens.fee, wrens.settlement], [240, 'at_payment'])
    for (const person of [poppy, wren]) {
      const { orders } = await world.client.profile({ person })
      await payInBrowser(orders[0]?.payUrl ?? '')
    }
    await world.settle()
    await world.advance(3_000)
    // What the earlier order was promised outlives the new terms.
    const paid = await orderOf(world, { id: poppy.userId })
    assert.deepEqual([paid.status, paid.fee, paid.transferId], ['paid', 120, null])
    const { builder } = await world.client.dashboard({ userId: juniper.userId })
    assert.deepEqual([builder.terms.feeBps, builder.upcomingTerms], [1_000, []])
  })

  testInWorld('the share a builder is shown before publishing is by their own terms', async (world) => {
    await openShop(world)
    const ask = { operator: olive, builderId: juniper.userId, reason: 'Welcome.', startDay: '' }
    await world.client.setTerms({ ...ask, settlement: 'on_arrival', feeBps: 0 })
    const draft = await world.client.createDrop({
      builder: juniper,
      draftId: null,
      form: { title: 'Bowl', story: '', price: '24', quantity: '1', closesInHours: 1, perPerson: 1 },
      picture: null,
    })
    assert.deepEqual([draft.preview?.fee.amount, draft.preview?.share.amount], [0, 2_400])
  })

  testInWorld('a day that has passed or is none is refused, and nothing changes', async (world) => {
    await openShop(world)
    const ask = { operator: olive, builderId: juniper.userId, feeBps: 0, reason: 'Early.' }
    const yesterday = new Date(world.now() - DAY).toISOString().slice(0, 10)
    for (const startDay of [yesterday, '2026-02-30', 'soon']) {
      const call = world.client.setTerms({ ...ask, settlement: 'on_arrival', startDay })
      await assert.rejects(call, code('start_day_invalid'))
    }
    const builder = await world.core.store.get('builders', juniper.userId)
    assert.deepEqual(builder?.value.terms, [])
    assert.equal((await readAll(world.core.store, 'audit', 'seq')).length, 0)
  })
})

describe('selling goes on', () => {
  testInWorld('only when nothing holds it any more, and what does is named', async (world) => {
    const { dropId } = await openShop(world)
    const by = { operator: olive, reason: 'a look' }
    const drop = { kind: 'drop', dropId } as const
    await world.client.pauseSelling({ ...by, what: drop, paused: true })
    await world.client.pauseSelling({ ...by, what: { kind: 'all' }, paused: true })
    await decide(world, 'paused', 'Holiday.')
    const account = (await world.core.store.get('builders', juniper.userId))?.value.accountId
    await world.stripeControl(`/local/accounts/${account}`, { transfers: 'inactive' })
    await world.settle()

    const resumed = await world.client.pauseSelling({ ...by, what: drop, paused: false })
    assert.deepEqual(new Set(resumed.stops), new Set(['builder', 'account', 'everything']))
    assert.equal((await world.client.getDrop({ dropId })).status, 'paused')
    const all = await world.client.pauseSelling({ ...by, what: { kind: 'all' }, paused: false })
    assert.deepEqual(new Set(all.stops), new Set(['builder', 'account']))
    const builder = { kind: 'builder', builderId: juniper.userId } as const
    const back = await world.client.pauseSelling({ ...by, what: builder, paused: false })
    assert.deepEqual(back.stops, ['account'])
    await world.stripeControl(`/local/accounts/${account}`, { transfers: 'active' })
    await world.settle()
    assert.deepEqual((await world.client.pauseSelling({ ...by, what: drop, paused: false })).stops, [])
    assert.equal((await world.client.getDrop({ dropId })).status, 'open')
    await world.advance(100 * DAY)
    assert.deepEqual((await world.client.pauseSelling({ ...by, what: drop, paused: false })).stops, [
      'closed',
    ])
  })
})

describe('the room of a case', () => {
  testInWorld('nobody types past the buttons, so all that is said is kept', async (world) => {
    const { card } = await openShop(world)
    await payInBrowser(linkOf(await buy(world.player('poppy'), card), /Pay/))
    await world.settle()
    const { orderId } = await orderOf(world, world.player('poppy'))
    const { caseId } = await world.client.openCase({ buyer: poppy, orderId, text: 'A crack.', pictures: [] })
    await world.settle()
    const look = () => world.client.getCase({ userId: poppy.userId, operator: false, caseId })
    const { threadId } = await look()
    assert.ok(threadId)
    for (const as of [poppy.userId, juniper.userId]) {
      const refused = await fetch(`${world.sandbox.page?.url}/people/message`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ as, channelId: threadId, content: 'I found the invoice!' }),
      })
      assert.equal(refused.status, 403)
    }
    const builder = world.player('juniper')
    const [first] = await builder.messages(threadId)
    assert.ok(first)
    assert.match(textOf(first), /speak with the buttons.*kept with the case\. Typing is off in here/)
    const form = await builder.press(first, /Answer or add/)
    await builder.answer(builder.submit(form, { text: 'I found the invoice!' }))
    await world.settle()
    assert.deepEqual(
      (await look()).entries.map(({ role, text }) => [role, text]),
      [
        ['buyer', 'A crack.'],
        ['builder', 'I found the invoice!'],
      ],
    )
  })
})

describe('a case nobody answers', () => {
  testInWorld(
    'is announced as silent to both and in its thread, with what follows, and that is what follows',
    async (world) => {
      const { card } = await openShop(world, { options: { closes_in_hours: 720 } })
      await payInBrowser(linkOf(await buy(world.player('poppy'), card), /Pay/))
      await world.settle()
      const { orderId } = await orderOf(world, world.player('poppy'))
      await world.client.markShipped({
        userId: juniper.userId,
        orderId,
        carrier: 'Post',
        trackingNumber: '1',
      })
      const { caseId } = await world.client.openCase({
        buyer: poppy,
        orderId,
        text: 'A crack.',
        pictures: [],
      })
      await world.settle()
      const look = () => world.client.getCase({ userId: poppy.userId, operator: false, caseId })
      await world.advance(48 * HOUR - 1)
      assert.equal((await look()).status, 'open')
      await world.advance(1)
      const silent = await look()
      assert.equal(silent.status, 'silent')
      const announced = async () => {
        const poppys = world.player('poppy')
        const said = (await poppys.messages(silent.threadId ?? '')).map(textOf)
        return said.filter((words) => /Juniper did not answer in time/.test(words))
      }
      const inThread = await announced()
      assert.equal(inThread.length, 1)
      assert.match(inThread[0] ?? '', /everything goes back to the buyer on <t:\d+:f>/)
      await seePrivate(world.player('poppy'), /did not answer in time.*everything goes back to you/)
      await seePrivate(world.player('juniper'), /Your time to answer Poppy.*is over/)

      // A late word is kept and shown, and does not undo what everybody was told.
      const late = { person: juniper, operator: false, caseId, text: 'I was away!', pictures: [] }
      await world.client.addToCase(late)
      await world.settle()
      assert.deepEqual((await look()).decidesItself, silent.decidesItself)
      await world.advance(7 * DAY)
      const decided = await look()
      assert.deepEqual([decided.status, decided.decision?.decision], ['decided', 'refund'])
      assert.equal((await orderOf(world, world.player('poppy'))).status, 'refunded')
    },
  )
})
