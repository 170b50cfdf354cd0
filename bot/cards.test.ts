import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DiscordAPIError } from '@discordjs/rest'
import { pino } from 'pino'
import { AppError, type DropView } from '#contract'
import { createCards } from './cards.ts'
import type { MessageWithFiles } from './replies/message.ts'
import { PICTURE, sampleDrop, WEBP_BASE64 } from './testing/samples.ts'
import { createWork } from './work.ts'

const CHANNEL = '100000000000000010'
const CARD = { channelId: CHANNEL, messageId: '300000000000000001' }
const SETTINGS = { channelId: CHANNEL, spacingMs: 1, log: pino({ level: 'silent' }) }
const other = `drp_${'0'.repeat(25)}2`

/** A channel whose first edit waits until it is let through, so that wishes pile up behind it. */
function createWorld(drops: Record<string, DropView>) {
  const gate = Promise.withResolvers<void>()
  const edits: string[] = []
  const posts: { message: MessageWithFiles; once: string }[] = []
  const inHand = { now: 0, most: 0 }
  const discord = {
    deleted: '',
    async editMessage(_channelId: string, messageId: string, message: MessageWithFiles) {
      if (discord.deleted === messageId) throw refusal(10008, 404)
      inHand.now += 1
      inHand.most = Math.max(inHand.most, inHand.now)
      const [button] = message.rows?.[0]?.components ?? []
      edits.push(`${message.embeds?.[0]?.title} ${button && 'label' in button ? button.label : ''}`)
      await gate.promise
      inHand.now -= 1
    },
    async createMessage(_channelId: string, message: MessageWithFiles, once: string) {
      posts.push({ message, once })
      return { id: `30000000000000001${posts.length}` }
    },
  }
  const core = {
    getDrop: async ({ dropId }: { dropId: string }) => drops[dropId] ?? assert.fail(),
    getPicture: async () => ({ base64: WEBP_BASE64 }),
  }
  const work = createWork()
  const cards = createCards({ core, discord, work, ...SETTINGS })
  return { cards, work, core, discord, drops, edits, posts, inHand, open: () => gate.resolve() }
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
  // One to be sure of the post, one for the second wish.
  assert.equal(world.edits.length, 2)
})

test('an edit that comes after another bot drew something newer is drawn anew', async () => {
  const drop = sampleDrop({ card: CARD })
  const world = createWorld({ [drop.dropId]: drop })
  let shown = ''
  const bot = (line: Promise<void>) => {
    const editMessage = async (_channelId: string, _messageId: string, message: MessageWithFiles) => {
      await line
      shown = JSON.stringify(message)
    }
    const work = createWork()
    const discord = { ...world.discord, editMessage }
    return { work, cards: createCards({ core: world.core, discord, work, ...SETTINGS }) }
  }
  const line = Promise.withResolvers<void>()
  const slow = bot(line.promise)
  const drawing = slow.cards.draw(drop.dropId)
  await settle()
  world.drops[drop.dropId] = { ...drop, available: 0, sold: 3 }
  await bot(Promise.resolve()).cards.draw(drop.dropId)
  assert.match(shown, /Sold out/)
  line.resolve()
  await drawing
  await slow.work.idle()
  assert.match(shown, /Sold out/)
})

test('a card that was posted by a bot that died before core knew is brought to the newest state', async () => {
  const drop = sampleDrop({ card: null })
  const world = createWorld({ [drop.dropId]: drop })
  world.open()
  await world.cards.draw(drop.dropId)
  const next = createCards({ core: world.core, discord: world.discord, work: world.work, ...SETTINGS })
  world.drops[drop.dropId] = { ...drop, available: 0, sold: 3 }
  await next.draw(drop.dropId)
  assert.equal(world.posts[0]?.once, world.posts[1]?.once, 'to Discord it is one message')
  assert.equal(world.edits.at(-1), 'Moss mug Sold out')
})

test('a deleted card is posted anew under another name', async () => {
  const drop = sampleDrop({ card: CARD })
  const world = createWorld({ [drop.dropId]: drop })
  world.open()
  world.discord.deleted = CARD.messageId
  const place = await world.cards.draw(drop.dropId)
  assert.notEqual(place.messageId, CARD.messageId)
  world.drops[drop.dropId] = { ...drop, card: null }
  await createCards({ core: world.core, discord: world.discord, work: world.work, ...SETTINGS }).draw(
    drop.dropId,
  )
  assert.notEqual(world.posts[0]?.once, world.posts[1]?.once)
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
