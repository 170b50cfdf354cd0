import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DiscordAPIError } from '@discordjs/rest'
import { pino } from 'pino'
import type { Message } from './replies/message.ts'
import { createTell } from './tell.ts'
import { POPPY, sampleNotice } from './testing/samples.ts'

const log = pino({ level: 'silent' })

function refusal(code: number, status: number): DiscordAPIError {
  return new DiscordAPIError({ code, message: 'no' }, code, status, 'POST', 'http://x', {
    body: {},
    files: [],
  })
}

function createWorld(refusals: { dm?: Error; thread?: Error }) {
  const sent: { channelId: string; message: Message; once: string }[] = []
  let threads = 0
  const opened: string[] = []
  const tell = createTell({
    log,
    channelId: '100000000000000010',
    discord: {
      openDirect: async (userId) => {
        opened.push(userId)
        return 'dm'
      },
      openThread: async () => {
        if (refusals.thread) throw refusals.thread
        threads += 1
        return `thread-${threads}`
      },
      addToThread: async () => {},
      createMessage: async (channelId, message, once) => {
        if (channelId === 'dm' && refusals.dm) throw refusals.dm
        sent.push({ channelId, message, once })
        return { id: '1' }
      },
    },
  })
  return { tell, sent, opened }
}

test('news goes by direct message, named the same on every repeat', async () => {
  const { tell, sent } = createWorld({})
  assert.equal(await tell(sampleNotice()), 'dm')
  assert.equal(await tell(sampleNotice()), 'dm')
  assert.equal(sent[0]?.once, sent[1]?.once)
})

test('a person with closed direct messages is told in one private thread, and only they are mentioned', async () => {
  for (const code of [50007, 50278]) {
    const { tell, sent } = createWorld({ dm: refusal(code, 403) })
    assert.equal(await tell(sampleNotice()), 'thread')
    assert.equal(await tell(sampleNotice({ noticeId: 'notice-2' })), 'thread')
    assert.deepEqual(
      sent.map((one) => one.channelId),
      ['thread-1', 'thread-1'],
    )
    assert.deepEqual(sent[0]?.message.mentions, [POPPY.userId])
    assert.match(sent[0]?.message.content ?? '', new RegExp(`^<@${POPPY.userId}>`))
  }
})

test('a person who can be reached nowhere is left to core', async () => {
  const { tell } = createWorld({ dm: refusal(50007, 403), thread: refusal(50013, 403) })
  assert.equal(await tell(sampleNotice()), 'nowhere')
})

test('trouble that may pass is an error, so that core sends the news again', async () => {
  for (const trouble of [refusal(0, 500), refusal(0, 401), new Error('socket hang up')]) {
    await assert.rejects(createWorld({ dm: trouble }).tell(sampleNotice()), trouble)
    await assert.rejects(
      createWorld({ dm: refusal(50007, 403), thread: trouble }).tell(sampleNotice()),
      trouble,
    )
  }
})

test('a direct channel is opened once, and again after a message could not be sent', async () => {
  const refusals: { dm?: Error } = {}
  const { tell, opened } = createWorld(refusals)
  await tell(sampleNotice())
  await tell(sampleNotice())
  assert.deepEqual(opened, [POPPY.userId])
  refusals.dm = new Error('the line is down')
  await assert.rejects(tell(sampleNotice()))
  delete refusals.dm
  await tell(sampleNotice())
  assert.deepEqual(opened, [POPPY.userId, POPPY.userId])
})
