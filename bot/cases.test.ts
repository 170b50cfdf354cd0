import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DiscordAPIError } from '@discordjs/rest'
import { pino } from 'pino'
import { AppError, type CaseView } from '#contract'
import { createCases, TYPE_IN_THREADS } from './cases.ts'
import type { MessageWithFiles } from './replies/message.ts'
import {
  CASE_ID,
  GUILD_ID,
  JUNIPER,
  NOW,
  PICTURE,
  POPPY,
  sampleCase,
  sampleEntry,
  WEBP_BASE64,
} from './testing/samples.ts'

const CHANNEL = '100000000000000010'

function refusal(code: number, status: number): DiscordAPIError {
  return new DiscordAPIError({ code, message: 'no' }, code, status, 'POST', 'http://x', {
    body: {},
    files: [],
  })
}

/** A Discord that remembers what was done, and refuses what the test says. */
function createWorld(view: CaseView) {
  const world = {
    view,
    threads: [] as string[],
    added: [] as string[],
    said: [] as { channelId: string; message: MessageWithFiles; once: string }[],
    typists: [] as string[],
    refuse: {} as { look?: Error; thread?: Error; add?: Record<string, Error>; send?: Record<string, Error> },
  }
  const cases = createCases({
    guildId: GUILD_ID,
    channelId: CHANNEL,
    log: pino({ level: 'silent' }),
    core: {
      getCase: async (input) => {
        assert.deepEqual(input, { userId: null, operator: false, caseId: CASE_ID })
        return world.view
      },
      getPicture: async ({ pictureId }) => {
        if (pictureId !== PICTURE.pictureId) throw new AppError('not_found')
        return { base64: WEBP_BASE64 }
      },
    },
    discord: {
      openDirect: async (userId) => `dm ${userId}`,
      memberMay: async (permission, guildId, channelId, userId) => {
        assert.deepEqual([permission, guildId, channelId], [TYPE_IN_THREADS, GUILD_ID, CHANNEL])
        if (world.refuse.look) throw world.refuse.look
        return world.typists.includes(userId ?? '')
      },
      openThread: async (channelId, name) => {
        assert.equal(channelId, CHANNEL)
        if (world.refuse.thread) throw world.refuse.thread
        world.threads.push(name)
        return `thread ${world.threads.length}`
      },
      addToThread: async (threadId, userId) => {
        const error = world.refuse.add?.[userId]
        if (error) throw error
        world.added.push(`${threadId}: ${userId}`)
      },
      createMessage: async (channelId, message, once) => {
        const error = world.refuse.send?.[channelId]
        if (error) throw error
        world.said.push({ channelId, message, once })
        return { id: '1' }
      },
    },
  })
  const draw = (posted: number) => cases.draw({ caseId: CASE_ID, posted })
  const where = () => world.said.map(({ channelId }) => channelId)
  return { world, draw, where }
}

const TWO = [
  sampleEntry({ pictures: [PICTURE, { ...PICTURE, pictureId: `pic_${'0'.repeat(25)}9` }] }),
  sampleEntry({ at: NOW + 1, by: JUNIPER, role: 'builder', text: 'So sorry!' }),
]

test('a case gets a private thread named after the order, with its people, words and pictures', async () => {
  const { world, draw } = createWorld(sampleCase({ entries: TWO }))
  assert.deepEqual(await draw(0), { threadId: 'thread 1', posted: 2 })
  assert.deepEqual(world.threads, ['Moss mug'])
  assert.deepEqual(world.added, [`thread 1: ${POPPY.userId}`, `thread 1: ${JUNIPER.userId}`])
  const [first, second] = world.said
  assert.deepEqual(first?.message.mentions, [POPPY.userId, JUNIPER.userId])
  // The second picture is gone from core; the words are not.
  assert.deepEqual(
    first.message.pictures?.map(({ name }) => name),
    ['picture-1.webp'],
  )
  assert.match(JSON.stringify(first.message.embeds), /two pieces/)
  assert.deepEqual(second?.message.mentions, [POPPY.userId])
  assert.match(JSON.stringify(second.message), /So sorry!.*to answer.*v1:add:cas_/)
  assert.notEqual(first.once, second.once)
})

test('only what is new is said in a thread that is there', async () => {
  const { world, draw } = createWorld(sampleCase({ entries: TWO, threadId: 'thread 7' }))
  assert.deepEqual(await draw(1), { threadId: 'thread 7', posted: 2 })
  assert.deepEqual(world.threads, [])
  assert.equal(world.said.length, 1)
  assert.match(JSON.stringify(world.said[0]?.message.embeds), /So sorry!/)
})

test('a repeat after a lost answer makes no second thread and says nothing twice', async () => {
  const { world, draw } = createWorld(sampleCase({ entries: TWO }))
  const first = await draw(0)
  assert.deepEqual(await draw(0), first)
  assert.deepEqual(await Promise.all([draw(0), draw(0)]), [first, first])
  assert.equal(world.threads.length, 1)
  assert.equal(world.said.length, 2)
})

test('two wishes at the same moment make one thread', async () => {
  const { world, draw } = createWorld(sampleCase({ entries: TWO }))
  await Promise.all([draw(0), draw(0)])
  assert.deepEqual([world.threads.length, world.said.length], [1, 2])
})

test('the decision is said once, after what came before it and before what came later', async () => {
  const order = sampleCase().order
  const { world, draw } = createWorld(sampleCase({ entries: TWO, threadId: 'thread 7' }))
  await draw(0)
  const decision = { decision: 'refund', amount: order.total, reason: 'It broke', at: NOW + 2 } as const
  world.view = { ...world.view, status: 'decided', decision }
  assert.deepEqual(await draw(2), { threadId: 'thread 7', posted: 3 })
  assert.deepEqual(await draw(3), { threadId: 'thread 7', posted: 3 })
  assert.match(JSON.stringify(world.said[2]?.message), /Decided: \$24\.00 goes back.*It broke/)
  assert.doesNotMatch(JSON.stringify(world.said[2]?.message.rows), /v1:add/)
  world.view = { ...world.view, entries: [...TWO, sampleEntry({ at: NOW + 3, text: 'Thank you' })] }
  assert.deepEqual(await draw(3), { threadId: 'thread 7', posted: 4 })
  assert.match(JSON.stringify(world.said[3]?.message), /Thank you/)
  assert.equal(world.said.length, 4)
})

test('where no thread can be made both are told directly', async () => {
  for (const code of [50001, 50013, 160006]) {
    const { world, draw, where } = createWorld(sampleCase({ entries: TWO }))
    world.refuse.thread = refusal(code, 403)
    assert.deepEqual(await draw(1), { threadId: null, posted: 2 })
    assert.deepEqual(where(), [`dm ${POPPY.userId}`, `dm ${JUNIPER.userId}`])
    assert.ok(world.said.every(({ message }) => message.mentions === undefined))
    assert.match(JSON.stringify(world.said[0]?.message.rows), /v1:add:cas_/)
  }
})

test('where somebody could type words that nobody keeps there is no thread, until typing is off', async () => {
  for (const typist of [POPPY, JUNIPER]) {
    const { world, draw, where } = createWorld(sampleCase({ entries: TWO }))
    world.typists = [typist.userId]
    assert.deepEqual(await draw(0), { threadId: null, posted: 2 })
    assert.deepEqual(world.threads, [])
    assert.deepEqual(new Set(where()), new Set([`dm ${POPPY.userId}`, `dm ${JUNIPER.userId}`]))
    assert.match(world.said[0]?.message.content ?? '', /What is typed to me here reaches nobody/)
    world.typists = []
    assert.deepEqual(await draw(2), { threadId: 'thread 1', posted: 2 })
    assert.match(world.said[4]?.message.content ?? '', /Please speak with the buttons.*Typing is off/)
  }
})

test('who may type is found out before a thread is made: trouble that may pass makes none', async () => {
  const { world, draw } = createWorld(sampleCase())
  world.refuse.look = new Error('socket hang up')
  await assert.rejects(draw(0), /hang up/)
  world.refuse.look = refusal(50001, 403)
  assert.deepEqual(await draw(0), { threadId: null, posted: 1 })
  assert.deepEqual(world.threads, [])
})

test('a silence is told once, after what was said before it', async () => {
  const { world, draw } = createWorld(sampleCase({ threadId: 'thread 7' }))
  await draw(0)
  const decidesItself = { at: NOW + 9, decision: 'refund' } as const
  world.view = { ...world.view, status: 'silent', silence: { at: NOW + 1, after: 1 }, decidesItself }
  assert.deepEqual(await draw(1), { threadId: 'thread 7', posted: 2 })
  assert.deepEqual(await draw(1), { threadId: 'thread 7', posted: 2 })
  assert.equal(world.said.length, 2)
  const { message, channelId } = world.said[1] ?? assert.fail()
  assert.equal(channelId, 'thread 7')
  assert.deepEqual(message.mentions, [POPPY.userId, JUNIPER.userId])
  assert.match(JSON.stringify(message.embeds), /did not answer in time.*everything goes back to the buyer/)
})

test('a thread that comes later tells the whole story', async () => {
  const { world, draw, where } = createWorld(sampleCase({ entries: TWO }))
  assert.deepEqual(await draw(1), { threadId: 'thread 1', posted: 2 })
  assert.deepEqual(where(), ['thread 1', 'thread 1'])
  assert.equal(world.threads.length, 1)
})

test('who cannot be in the thread is told directly, and who can be reached nowhere stops nobody', async () => {
  const { world, draw, where } = createWorld(sampleCase())
  world.refuse.add = { [POPPY.userId]: refusal(50001, 403) }
  assert.deepEqual(await draw(0), { threadId: 'thread 1', posted: 1 })
  assert.deepEqual(where(), ['thread 1', `dm ${POPPY.userId}`])

  const closed = createWorld(sampleCase())
  closed.world.refuse = {
    thread: refusal(50013, 403),
    send: { [`dm ${POPPY.userId}`]: refusal(50007, 403) },
  }
  assert.deepEqual(await closed.draw(0), { threadId: null, posted: 1 })
  assert.deepEqual(closed.where(), [`dm ${JUNIPER.userId}`])
})

test('a thread that somebody deleted is made again with everything in it', async () => {
  const { world, draw, where } = createWorld(sampleCase({ entries: TWO, threadId: 'thread 7' }))
  world.refuse.send = { 'thread 7': refusal(10003, 404) }
  assert.deepEqual(await draw(1), { threadId: 'thread 1', posted: 2 })
  assert.deepEqual(where(), ['thread 1', 'thread 1'])
})

test('a thread in which we may not speak is given up for direct messages', async () => {
  const { world, draw, where } = createWorld(sampleCase({ threadId: 'thread 7' }))
  world.refuse.send = { 'thread 7': refusal(50013, 403) }
  assert.deepEqual(await draw(0), { threadId: null, posted: 1 })
  assert.deepEqual(where(), [`dm ${POPPY.userId}`, `dm ${JUNIPER.userId}`])
})

test('trouble that may pass is an error, and the next try goes on where it stopped', async () => {
  const { world, draw, where } = createWorld(sampleCase({ entries: TWO }))
  const trouble = new Error('socket hang up')
  world.refuse.thread = trouble
  await assert.rejects(draw(0), trouble)
  world.refuse = { send: { 'thread 1': trouble } }
  await assert.rejects(draw(0), trouble)
  world.refuse = {}
  assert.deepEqual(await draw(0), { threadId: 'thread 1', posted: 2 })
  assert.equal(world.threads.length, 1)
  assert.deepEqual(where(), ['thread 1', 'thread 1'])
})
