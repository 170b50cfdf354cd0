import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DiscordAPIError } from '@discordjs/rest'
import { AppError, type DropView } from '#contract'
import { createCards } from './cards.ts'
import type { MessageWithFiles } from './replies/message.ts'
import { PICTURE, sampleDrop, WEBP_BASE64 } from './testing/samples.ts'

const CHANNEL = '100000000000000010'
const CARD = { channelId: CHANNEL, messageId: '300000000000000001' }
const other = `drp_${'0'.repeat(25)}2`

/** A channel whose first edit waits until it is let through, so that wishes pile up behind it. */
function createWorld(drops: Record<string, DropView>) {
  const gate = Promise.withResolvers<void>()
  const edits: string[] = []
  const posts: { message: MessageWithFiles; nonce: string }[] = []
  const inHand = { now: 0, most: 0 }
  const discord = {
    deleted: false,
    async editMessage(_channelId: string, _messageId: string, message: MessageWithFiles) {
      if (discord.deleted) throw refusal(10008, 404)
      inHand.now += 1
      inHand.most = Math.max(inHand.most, inHand.now)
      const [button] = message.rows?.[0]?.components ?? []
      edits.push(`${message.embeds?.[0]?.title} ${button && 'label' in button ? button.label : ''}`)
      await gate.promise
      inHand.now -= 1
    },
    async createMessage(_channelId: string, message: MessageWithFiles, nonce: string) {
      posts.push({ message, nonce })
      return { id: `30000000000000001${posts.length}` }
    },
  }
  const core = {
    getDrop: async ({ dropId }: { dropId: string }) => drops[dropId] ?? assert.fail(),
    getPicture: async () => ({ base64: WEBP_BASE64 }),
  }
  const cards = createCards({ core, discord, channelId: CHANNEL, spacingMs: 1 })
  return { cards, core, discord, drops, edits, posts, inHand, open: () => gate.resolve() }
}

function refusal(code: number, status: number): DiscordAPIError {
  return new DiscordAPIError({ code, message: 'no' }, code, status, 'PATCH', 'http://x', {
    body: {},
    files: [],
  })
}

/** Lets everything that can go on without the gate do so. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

test('a hundred wishes while one edit is under way become one more edit', async () => {
  const drop = sampleDrop({ card: CARD })
  const world = createWorld({ [drop.dropId]: drop })
  const first = world.cards.draw(drop.dropId)
  await settle()
  const wishes = Array.from({ length: 100 }, () => world.cards.draw(drop.dropId))
  await settle()
  world.drops[drop.dropId] = { ...drop, available: 0, sold: 3 }
  world.open()
  assert.deepEqual(await Promise.all([first, ...wishes]), Array(101).fill(CARD))
  assert.deepEqual(world.edits, ['Moss mug Buy now', 'Moss mug Sold out'])
  assert.equal(world.inHand.most, 1)
})

test('a card that sold out goes before others that wait', async () => {
  const drop = sampleDrop({ card: CARD, title: 'A' })
  const calm = sampleDrop({ card: CARD, dropId: other, title: 'B' })
  const third = sampleDrop({ card: CARD, dropId: other.replace(/2$/, '3'), title: 'C' })
  const world = createWorld({ [drop.dropId]: drop, [calm.dropId]: calm, [third.dropId]: third })
  const drawn = [world.cards.draw(drop.dropId)]
  await settle()
  drawn.push(world.cards.draw(calm.dropId), world.cards.draw(third.dropId))
  await settle()
  world.drops[third.dropId] = { ...third, available: 0, sold: 3 }
  drawn.push(world.cards.draw(third.dropId))
  await settle()
  world.open()
  await Promise.all(drawn)
  assert.deepEqual(world.edits, ['A Buy now', 'C Sold out', 'B Buy now'])
})

test('a drop without a card gets one with its picture, and only one', async () => {
  const drop = sampleDrop({ picture: PICTURE })
  const world = createWorld({ [drop.dropId]: drop })
  world.open()
  const place = await world.cards.draw(drop.dropId)
  assert.deepEqual(await world.cards.draw(drop.dropId), place)
  assert.equal(world.posts.length, 1)
  assert.equal(world.posts[0]?.message.pictures?.[0]?.name, 'drop.webp')
  assert.ok((world.posts[0]?.nonce.length ?? 99) <= 25)
  assert.equal(world.edits.length, 1)
})

test('a deleted card is posted anew under another nonce', async () => {
  const drop = sampleDrop({ card: CARD })
  const world = createWorld({ [drop.dropId]: drop })
  world.discord.deleted = true
  const place = await world.cards.draw(drop.dropId)
  assert.notEqual(place.messageId, CARD.messageId)
  world.drops[drop.dropId] = { ...drop, card: null }
  await createCards({ core: world.core, discord: world.discord, channelId: CHANNEL, spacingMs: 1 }).draw(
    drop.dropId,
  )
  assert.notEqual(world.posts[0]?.nonce, world.posts[1]?.nonce)
})

test('a failed edit fails its wish, and the next wish is tried again', async () => {
  const drop = sampleDrop({ card: CARD })
  const world = createWorld({ [drop.dropId]: drop })
  world.open()
  const { getDrop } = world.core
  world.core.getDrop = () => Promise.reject(new AppError('unavailable'))
  await assert.rejects(world.cards.draw(drop.dropId), { code: 'unavailable' })
  world.core.getDrop = getDrop
  assert.deepEqual(await world.cards.draw(drop.dropId), CARD)
})
