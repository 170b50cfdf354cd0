import assert from 'node:assert/strict'
import { describe } from 'node:test'
import type { Person } from '#contract'
import { PEOPLE } from '../sandbox/cast.ts'
import type { SeenMessage } from '../sandbox/people.ts'
import { linkOf, type Player, payInBrowser, textOf } from '../sandbox/player.ts'
import { buy, seeCard, seeOffer, seePrivate } from '../sandbox/scenes.ts'
import { openShop, orderOf, ordersIn, testInWorld } from './shop.ts'
import { engines, minutes, type World } from './world.ts'

const HOLD = minutes(30)
const poppy: Person = { userId: PEOPLE.poppy.id, name: 'Poppy' }
const olive: Person = { userId: PEOPLE.olive.id, name: 'Olive' }

/** One mug, which Poppy holds. Wren gets in line under its card, and then Olive. */
async function standInLine(world: World) {
  const { card, dropId } = await openShop(world, { quantity: '1', options: { closes_in_hours: 24 } })
  const held = await buy(world.player('poppy'), card)
  await world.settle()
  const first = await getInLine(world.player('wren'), card)
  const second = await world.client.joinWaitlist({ person: olive, dropId, on: true })
  assert.match(textOf(first), /first in line/)
  assert.equal(second.place, 2)
  return { card, dropId, held, first }
}

async function getInLine(player: Player, card: SeenMessage): Promise<SeenMessage> {
  return player.answer(player.press(await seeCard(player, card, /All held right now/), /^Get in line/))
}

/** How often a person was told something privately. */
async function told(player: Player, what: RegExp): Promise<number> {
  return (await player.privateMessages()).filter((message) => what.test(textOf(message))).length
}
const OFFERED = /next in line: one is held for you until/

for (const { store, skip } of await engines()) {
  // Most of it is waiting for the channel to take another edit of the card.
  describe(`in line, on ${store}`, { skip, concurrency: 3 }, () => {
    testInWorld(
      'what is let go, or runs out, goes from one to the next, who pays by the message alone',
      async (world) => {
        const { card, dropId, held } = await standInLine(world)
        const players = {
          poppy: world.player('poppy'),
          wren: world.player('wren'),
          olive: world.player('olive'),
        }
        await players.poppy.answer(players.poppy.press(held, /^Let it go/))
        await world.settle()
        const first = await seeOffer(players.wren, OFFERED, /^Pay/)
        assert.equal(await told(players.olive, OFFERED), 0)
        const back = await world.client.joinWaitlist({ person: poppy, dropId, on: true })
        assert.equal(back.place, 2)

        // Wren sleeps; the hold runs out, and Olive is next.
        await world.advance(HOLD)
        const second = await seeOffer(players.olive, OFFERED, /^Pay/)
        assert.equal((await orderOf(world, players.wren)).status, 'expired')
        await seeCard(players.wren, card, /All held right now[\s\S]*0 of 1 left[\s\S]*1 waiting in line/)
        const late = await fetch(linkOf(first, /^Pay/))
        assert.ok(!late.url.includes('/c/pay/'), 'what is offered to somebody else cannot be paid')

        assert.match((await payInBrowser(linkOf(second, /^Pay/))).text, /Paid/)
        await world.settle()
        assert.equal((await orderOf(world, players.olive)).status, 'paid')
        await seePrivate(players.poppy, /Every one of .*Moss-green mug.* has found a home/)
        assert.deepEqual([await told(players.wren, OFFERED), await told(players.olive, OFFERED)], [1, 1])
        assert.equal((await ordersIn(world)).length, 3)
      },
      { store },
    )

    testInWorld(
      'a core that dies between two lines offers each unit once, and tells each once',
      async (world) => {
        const { dropId } = await standInLine(world)
        const letGo = async (person: { readonly id: string }) => {
          const { orderId } = await orderOf(world, person)
          await world.client.cancelHold({ userId: person.id, orderId })
          await world.restartCore()
          await world.settle()
        }
        await letGo(PEOPLE.poppy)
        assert.equal(await told(world.player('wren'), OFFERED), 1)
        await letGo(PEOPLE.wren)
        assert.equal(await told(world.player('olive'), OFFERED), 1)
        assert.equal((await world.client.getDrop({ dropId })).waiting, 0)
        assert.equal((await ordersIn(world)).length, 3)
      },
      { store },
    )

    if (store !== 'firestore') return
    testInWorld(
      'two cores offer each unit once',
      async (world) => {
        const { dropId } = await openShop(world, { quantity: '3', options: { closes_in_hours: 24 } })
        const another = await world.anotherCore()
        const either = (n: number) => (n % 2 === 0 ? world.client : another.client)
        const friends = Array.from({ length: 9 }, (_, n) => ({
          userId: String(BigInt(PEOPLE.wren.id) + 1_000n + BigInt(n)),
          name: `Friend ${n}`,
        }))
        const holds = await Promise.all(
          friends.slice(0, 3).map((buyer, n) => either(n).createCheckout({ buyer, dropId })),
        )
        await Promise.all(
          friends.slice(3).map((person, n) => either(n).joinWaitlist({ person, dropId, on: true })),
        )
        await Promise.all(
          holds.map(({ order: { orderId, buyer } }, n) =>
            either(n + 1).cancelHold({ userId: buyer.userId, orderId }),
          ),
        )
        for (let round = 0; round < 3; round++)
          await Promise.all([world.core.runDue(), another.core.runDue()])
        const drop = await world.client.getDrop({ dropId })
        assert.deepEqual([drop.available, drop.held, drop.waiting], [0, 3, 3])
        const buyers = (await ordersIn(world)).map(({ buyerId }) => buyerId)
        assert.deepEqual([buyers.length, new Set(buyers).size], [6, 6])
      },
      { store },
    )
  })
}

testInWorld(
  'who leaves is not offered one, and when the drop closes whoever still waits is told',
  async (world) => {
    const { card, dropId, first } = await standInLine(world)
    const wren = world.player('wren')
    await wren.answer(wren.press(first, /^Leave the line/))
    await world.advance(HOLD)
    assert.deepEqual([await told(wren, OFFERED), await told(world.player('olive'), OFFERED)], [0, 1])
    await world.client.joinWaitlist({ person: poppy, dropId, on: true })
    // Olive's bank takes longer than the drop is open.
    const offer = await seeOffer(world.player('olive'), OFFERED, /^Pay/)
    await payInBrowser(linkOf(offer, /^Pay/), undefined, { method: 'us_bank_account' })
    await world.advance(minutes(24 * 60))
    await seeCard(wren, card, /Closed/)
    await seePrivate(world.player('poppy'), /has closed, and none came back/)
  },
)
