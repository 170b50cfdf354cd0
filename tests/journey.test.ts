import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BROADCASTERS, CHANNELS } from '../sandbox/cast.ts'
import { linkOf, payInBrowser, textOf } from '../sandbox/player.ts'
import {
  buy,
  draftDrop,
  joinAsBuilder,
  linkChannel,
  seeCard,
  seeOffer,
  seePrivate,
} from '../sandbox/scenes.ts'
import { createWorld, engines, smallPicture, type WorldOptions } from './world.ts'

for (const { store, skip } of await engines()) {
  test(`a builder drops, a buyer buys, the builder is paid, on ${store}`, { skip }, () => journey({ store }))
}
test('a builder drops, a buyer buys, the builder is paid, with interactions over HTTP', () =>
  journey({ transport: 'http' }))

async function journey(options: WorldOptions): Promise<void> {
  await using world = await createWorld(options)
  const juniper = world.player('juniper')
  const poppy = world.player('poppy')

  await joinAsBuilder(juniper)
  const preview = await draftDrop(juniper, { title: 'Moss-green mug', picture: await smallPicture() })
  assert.equal(preview.onlyFor, juniper.id, 'only the builder sees the preview')
  assert.match(textOf(preview), /\$24\.00/)
  await juniper.answer(juniper.press(preview, /^Publish/))
  await world.settle()

  const card = (await poppy.messages(CHANNELS.drops.id)).at(-1)
  assert.ok(card)
  assert.match(textOf(card), /Moss-green mug[\s\S]*3 of 3 left/)
  assert.ok(card.embeds[0]?.image?.url, 'the card has a picture')

  const held = await buy(poppy, card)
  assert.equal(held.onlyFor, poppy.id)
  assert.match(textOf(held), /Held for you until <t:\d+:t>/)
  await seeCard(poppy, card, /2 of 3 left/)

  const paid = await payInBrowser(linkOf(held, /Pay/))
  assert.equal(paid.status, 200)
  await world.settle()
  assert.match((await fetch(paid.url).then((page) => page.text())).replace(/\s+/g, ' '), /Paid/)
  assert.match(textOf(await seePrivate(poppy, /held until it arrives/i)), /Moss-green mug/)
  const sale = await seeOffer(juniper, /Moss-green mug/, /Mark shipped/)

  const shipForm = await juniper.press(sale, /Mark shipped/)
  await juniper.answer(juniper.submit(shipForm, { carrier: 'Royal Mail', tracking: 'RM 123' }))
  const onItsWay = await seeOffer(poppy, /Moss-green mug/, /It arrived/)
  await poppy.answer(poppy.press(onItsWay, /It arrived/))
  await world.settle()

  assert.match(textOf(await seePrivate(juniper, /22\.80/)), /22\.80/)
  const dashboard = await juniper.answer(juniper.c500('dashboard'))
  assert.match(textOf(dashboard), /22\.80/)
  const profile = await poppy.answer(poppy.c500('profile'))
  assert.match(textOf(profile), /Arrived/)

  assert.match((await linkChannel(juniper, BROADCASTERS.juniper.id)).text, /Your channel is linked/)
  await world.settle()
  const later = await draftDrop(juniper, { title: 'Blue bowl', options: { with_stream: true } })
  await juniper.answer(juniper.press(later, /^Publish/))
  await world.settle()
  const waiting = (await poppy.messages(CHANNELS.drops.id)).at(-1)
  assert.ok(waiting)
  assert.match(textOf(waiting), /Blue bowl[\s\S]*Not open yet[\s\S]*goes live/)

  const live = { title: 'Glazing mugs', game: 'Makers & Crafting' }
  await world.twitchControl(`/local/users/${BROADCASTERS.juniper.id}/live`, live)
  await world.settle()
  const announced = (await poppy.messages(CHANNELS.live.id)).map(textOf)
  assert.equal(announced.length, 1)
  assert.match(announced[0] ?? '', /Juniper is live[\s\S]*Glazing mugs/)
  await seeCard(poppy, waiting, /On the shelf\s+\*\*3 of 3 left/)
  const identity = await poppy.answer(poppy.c500('verify', { member: juniper.id }))
  assert.match(textOf(identity), /builder of this collective[\s\S]*LIVE[\s\S]*Verified live/)

  const orders = await world.core.store.find('orders', {
    where: {},
    orderBy: 'createdAt',
    direction: 'asc',
    limit: 10,
  })
  assert.deepEqual(
    orders.documents.map(({ value }) => value.status),
    ['released'],
  )
  const ledger = await world.core.store.find('ledger', {
    where: {},
    orderBy: 'at',
    direction: 'asc',
    limit: 100,
  })
  const sum = (account: string) =>
    ledger.documents
      .flatMap(({ value }) => value.lines)
      .filter((line) => line.account === account)
      .reduce((a, line) => a + line.amount, 0)
  assert.deepEqual(
    ['stripe', 'buyer_money', 'builder_due', 'refund_due', 'platform_fee', 'stripe_fees'].map(sum),
    [120 - 100, 0, 0, 0, -120, 100],
  )
  const summary = (await (await fetch(`${world.stripeUrl}/local/summary`)).json()) as {
    balance: { available: { amount: number }[]; pending: { amount: number }[] }
  }
  const atStripe = [...summary.balance.available, ...summary.balance.pending].reduce(
    (a, { amount }) => a + amount,
    0,
  )
  assert.equal(atStripe, sum('stripe'), 'our ledger and Stripe agree to the cent')
}
