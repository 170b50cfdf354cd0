import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DiscordAPIError } from '@discordjs/rest'
import { PermissionFlagsBits } from 'discord-api-types/v10'
import { pino } from 'pino'
import type { Attention, OperatorCall } from '#contract'
import { createOperatorCalls } from './operator-calls.ts'
import { type Message, toBody } from './replies/message.ts'
import {
  CASE_ID,
  fakeCore,
  GUILD_ID,
  JUNIPER,
  NOW,
  ORDER_ID,
  sampleBuilder,
  sampleCase,
  sampleOrder,
} from './testing/samples.ts'

const CHANNEL = '100000000000000013'

function createWorld(
  options: { readonly channelId?: string | null; readonly refusal?: Error; readonly isOpen?: boolean } = {},
) {
  const sent: { readonly channelId: string; readonly message: Message; readonly once: string }[] = []
  const call = createOperatorCalls({
    core: fakeCore({ getCase: async () => sampleCase() }),
    discord: {
      async createMessage(channelId, message, once) {
        if (options.refusal) throw options.refusal
        sent.push({ channelId, message, once })
        return { id: '1' }
      },
      async memberMay(...asked) {
        assert.deepEqual(asked, [PermissionFlagsBits.ViewChannel, GUILD_ID, CHANNEL, null])
        return options.isOpen ?? false
      },
    },
    guildId: GUILD_ID,
    channelId: options.channelId === undefined ? CHANNEL : options.channelId,
    log: pino({ level: 'silent' }),
  })
  return { call, sent }
}

function orderCall(attention: Attention, answerBy: number | null = null): OperatorCall {
  const shipTo = 'Poppy, 1 Meadow Lane'
  const order = sampleOrder({ status: 'paid', shipTo, holdingEndsAt: NOW })
  return { callId: `${ORDER_ID}:1`, about: 'order', attention, order, answerBy }
}

const refusal = (code: number, status: number) =>
  new DiscordAPIError({ code, message: 'no' }, code, status, 'POST', 'http://x', { body: {}, files: [] })

test('each call says what it is and leads to what waits; where a parcel goes is not in it', async () => {
  const calls: [OperatorCall, RegExp, string][] = [
    [orderCall('dispute', NOW), /until <t:1800000000:f>/, `v1:op:dispute:${ORDER_ID}`],
    [orderCall('dispute'), /Without an answer it is lost/, `v1:op:dispute:${ORDER_ID}`],
    [orderCall('drift'), /books and Stripe disagree/, `v1:op:order:${ORDER_ID}`],
    [orderCall('refund_failed'), /another way to Poppy/, `v1:op:order:${ORDER_ID}`],
    [orderCall('release_blocked'), /\$21\.60 for Juniper waits/, `v1:op:builder:${JUNIPER.userId}`],
    [orderCall('holding'), /Until <t:1800000000:f>/, `v1:op:order:${ORDER_ID}`],
    [{ callId: 'c', about: 'case', caseId: CASE_ID }, /Juniper has until/, `v1:op:case:${CASE_ID}`],
    [
      { callId: 'b', about: 'application', builder: sampleBuilder({ status: 'applied' }) },
      /Juniper.*asks to be a builder/,
      `v1:op:builder:${sampleBuilder().builder.userId}`,
    ],
  ]
  for (const [call, says, leadsTo] of calls) {
    const { call: tell, sent } = createWorld()
    assert.equal(await tell(call), true)
    const [one] = sent
    assert.deepEqual([one?.channelId, one?.once], [CHANNEL, `call:${call.callId}`])
    const text = JSON.stringify(toBody(one?.message ?? {}))
    assert.match(text, says)
    assert.ok(text.includes(`"${leadsTo}"`), `${leadsTo} in ${text}`)
    assert.ok(text.includes('"v1:op:queue"'))
    assert.ok(!text.includes('Meadow Lane'))
  }
})

test('without a channel, or where the bot may not write, nobody is told and nothing is repeated', async () => {
  const none = createWorld({ channelId: null })
  assert.equal(await none.call(orderCall('drift')), false)
  assert.deepEqual(none.sent, [])
  assert.equal(await createWorld({ refusal: refusal(50_001, 403) }).call(orderCall('drift')), false)
})

test('in a channel that everybody sees nobody and no amount is named, and the queue is one press away', async () => {
  const { call, sent } = createWorld({ isOpen: true })
  assert.equal(await call(orderCall('dispute', NOW)), true)
  assert.equal(await call({ callId: 'c', about: 'case', caseId: CASE_ID }), true)
  for (const { message } of sent) {
    const text = JSON.stringify(toBody(message))
    assert.doesNotMatch(text, /Poppy|Juniper|mug|\$|ord_|cas_/)
    assert.match(text, /\*\*View Channel\*\*/)
    assert.ok(text.includes('"v1:op:queue"'))
  }
})

test('what may pass is an error, so that core sends the call again', async () => {
  for (const trouble of [refusal(0, 500), new Error('socket hang up')]) {
    await assert.rejects(createWorld({ refusal: trouble }).call(orderCall('drift')), trouble)
  }
})
