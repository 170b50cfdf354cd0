import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planSubscriptions, type Subscription, type Topic, topicKey, topicsOf } from './subscription.ts'

const NOW = 1_900_000_000_000
const ONLINE: Topic = { type: 'stream.online', channelId: '1' }

function subscription(id: string, over: Partial<Subscription> = {}): Subscription {
  return {
    subscriptionId: id,
    topic: ONLINE,
    status: 'enabled',
    isOurCallback: true,
    signedWith: 'newest',
    createdAt: NOW,
    ...over,
  }
}
const plan = (actual: readonly Subscription[], wanted: readonly Topic[] = [ONLINE]) => {
  const { make, drop } = planSubscriptions(wanted, actual, NOW)
  return { make: make.map(topicKey), drop }
}

test('for each channel both ends of a stream are wanted, and revocations once for all', () => {
  assert.deepEqual(topicsOf(['1', '2']).map(topicKey), [
    'user.authorization.revoke',
    'stream.online:1',
    'stream.offline:1',
    'stream.online:2',
    'stream.offline:2',
  ])
})

test('what is missing is made, what is there is left alone', () => {
  assert.deepEqual(plan([]), { make: ['stream.online:1'], drop: [] })
  assert.deepEqual(plan([subscription('a')]), { make: [], drop: [] })
})

test('a dead one is dropped and made anew', () => {
  const dead = subscription('a', { status: 'notification_failures_exceeded' })
  assert.deepEqual(plan([dead]), { make: ['stream.online:1'], drop: ['a'] })
})

test('one that waits for our answer is given ten minutes', () => {
  const status = 'webhook_callback_verification_pending'
  assert.deepEqual(plan([subscription('a', { status })]), { make: [], drop: [] })
  const old = subscription('a', { status, createdAt: NOW - 10 * 60_000 })
  assert.deepEqual(plan([old]), { make: ['stream.online:1'], drop: ['a'] })
})

test('of two for one topic the enabled one stays', () => {
  const pending = subscription('a', { status: 'webhook_callback_verification_pending' })
  assert.deepEqual(plan([pending, subscription('b'), subscription('c')]), { make: [], drop: ['c', 'a'] })
})

test('one that an older secret signs is replaced, and goes when its successor is enabled', () => {
  const old = subscription('a', { signedWith: 'older' })
  assert.deepEqual(plan([old]), { make: ['stream.online:1'], drop: [] })
  const pending = subscription('b', { status: 'webhook_callback_verification_pending' })
  assert.deepEqual(plan([pending, old]), { make: [], drop: [] })
  assert.deepEqual(plan([old, subscription('b')]), { make: [], drop: ['a'] })
  assert.deepEqual(plan([old], []), { make: [], drop: ['a'] })
})

test('one that is signed with a secret nobody knows any more is replaced at once', () => {
  const lost = subscription('a', { signedWith: 'unknown' })
  assert.deepEqual(plan([lost]), { make: ['stream.online:1'], drop: ['a'] })
})

test('what nobody wants any more is dropped, what another address gets is not ours to touch', () => {
  const strays = [
    subscription('a', { topic: { type: 'stream.offline', channelId: '1' } }),
    subscription('b', { topic: null }),
    subscription('c', { isOurCallback: false }),
  ]
  assert.deepEqual(plan(strays, []), { make: [], drop: ['a', 'b'] })
})
