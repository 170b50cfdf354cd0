import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Channel, hear, isVerified, MISSES_APART_MS, miss, type Signal, type Stream } from './channel.ts'

const MINUTE = 60_000
const RULES = { badgeMs: 90 * 24 * 60 * MINUTE, breakMs: 10 * MINUTE, newsMs: 30 * MINUTE }
const START = 1_900_000_000_000

const LINKED: Channel = {
  channelId: '1234',
  login: 'kilnwright',
  displayName: 'KilnWright',
  linkedAt: START,
  verifiedAt: null,
  live: null,
  lastStreamId: null,
  offlineAt: 0,
  missedAt: null,
}

const online = (streamId: string, minute: number, saidAt = minute): Signal => ({
  kind: 'online',
  streamId,
  startedAt: START + minute * MINUTE,
  at: START + saidAt * MINUTE,
  title: null,
  game: null,
})
const offline = (minute: number, streamId: string | null = null): Signal => ({
  kind: 'offline',
  streamId,
  at: START + minute * MINUTE,
})

/** Hear one after another; each is heard when it was said unless told otherwise. */
function story(signals: readonly Signal[], heardAt?: number) {
  let channel = LINKED
  const streams = new Map<string, Stream>()
  const turns: ('on' | 'off' | null)[] = []
  for (const signal of signals) {
    const meant = signal.streamId ?? channel.live?.streamId ?? null
    const known = meant === null ? undefined : streams.get(meant)
    const previous = channel.lastStreamId === null ? undefined : streams.get(channel.lastStreamId)
    const now = heardAt === undefined ? signal.at : START + heardAt * MINUTE
    const heard = hear(channel, '100000000000000101', signal, known, previous, now, RULES)
    channel = heard.channel
    for (const stream of heard.streams) streams.set(stream.streamId, stream)
    turns.push(heard.turned)
  }
  const announcements = new Set([...streams.values()].map(({ announcedAs }) => announcedAs).filter(Boolean))
  return { channel, streams, turns, announcements }
}

test('going live verifies, announces and shows; going off air ends it and the badge stays', () => {
  const on = story([online('9001', 1)])
  assert.equal(on.channel.live?.streamId, '9001')
  assert.deepEqual([...on.announcements], ['9001'])
  const off = story([online('9001', 1), offline(60)])
  assert.equal(off.channel.live, null)
  assert.equal(off.streams.get('9001')?.endedAt, START + 60 * MINUTE)
  assert.ok(isVerified(off.channel, START + 61 * MINUTE, RULES))
  assert.equal(isVerified(off.channel, START + MINUTE + RULES.badgeMs, RULES), false)
})

test('the same stream going off and on again is announced once', () => {
  const { channel, announcements, turns } = story([
    online('9001', 1),
    offline(2, '9001'),
    online('9001', 1, 3),
  ])
  assert.deepEqual(turns, ['on', 'off', 'on'])
  assert.equal(channel.live?.streamId, '9001')
  assert.equal(announcements.size, 1)
})

test('a new stream soon after the last one goes on with its announcement, a later one has its own', () => {
  const soon = story([online('9001', 1), offline(30), online('9002', 35)])
  assert.deepEqual([...soon.announcements], ['9001'])
  const later = story([online('9001', 1), offline(30), online('9002', 45)])
  assert.deepEqual([...later.announcements], ['9001', '9002'])
})

test('the end that arrives before the beginning leaves a badge, nobody on air, and no announcement', () => {
  for (const end of [offline(5, '9001'), offline(5)]) {
    const { channel, announcements } = story([end, online('9001', 1)])
    assert.equal(channel.live, null)
    assert.equal(channel.verifiedAt, START + MINUTE)
    assert.equal(announcements.size, 0)
  }
})

test('the late end of an older stream does not end the one that is on air', () => {
  const { channel } = story([online('9001', 1), online('9002', 30), offline(29, '9001'), offline(29)])
  assert.equal(channel.live?.streamId, '9002')
})

test('a stream that is found long after it began is shown and not announced', () => {
  const { channel, announcements } = story([online('9001', 1)], 40)
  assert.equal(channel.live?.streamId, '9001')
  assert.equal(announcements.size, 0)
})

test("Twitch's lingering list does not bring a stream back that has ended", () => {
  const { channel } = story([online('9001', 1), offline(10, '9001'), online('9001', 1, 1)])
  assert.equal(channel.live, null)
})

test('one missing line in the list ends nothing, a second one later does, and news in between start over', () => {
  const live = story([online('9001', 1)]).channel
  const first = miss(live, START + 5 * MINUTE)
  assert.equal(first.over, false)
  assert.equal(miss(first.channel, START + 5 * MINUTE + MISSES_APART_MS - 1).over, false)
  assert.equal(miss(first.channel, START + 5 * MINUTE + MISSES_APART_MS).over, true)
  const heard = hear(first.channel, 'b', online('9001', 1), undefined, undefined, START + 6 * MINUTE, RULES)
  assert.equal(heard.channel.missedAt, null)
})

test('in any order, and however often, a stream has at most one announcement and the badge is the newest proof', () => {
  const signal = fc.oneof(
    fc
      .tuple(fc.constantFrom('9001', '9002', '9003'), fc.nat(240))
      .map(([id, minute]) => online(id, (Number(id) - 9001) * 60, (Number(id) - 9001) * 60 + (minute % 30))),
    fc
      .tuple(fc.nat(240), fc.constantFrom(null, '9001', '9002', '9003'))
      .map(([minute, id]) => offline(minute, id)),
  )
  fc.assert(
    fc.property(fc.array(signal, { minLength: 1, maxLength: 12 }), (signals) => {
      const { channel, streams, announcements } = story(signals)
      const proofs = signals.filter(({ kind }) => kind === 'online').map(({ at }) => at)
      assert.equal(channel.verifiedAt, proofs.length > 0 ? Math.max(...proofs) : null)
      assert.ok(announcements.size <= streams.size)
      for (const { streamId, announcedAs } of streams.values()) {
        assert.ok(announcedAs === null || announcedAs <= streamId || streams.has(announcedAs))
      }
      if (channel.live) assert.equal(streams.get(channel.live.streamId)?.endedAt, null)
      const twice = story(signals.flatMap((one) => [one, one]))
      assert.deepEqual(twice.announcements, announcements)
      assert.deepEqual(twice.channel.live, channel.live)
    }),
    { numRuns: 2_000 },
  )
})
