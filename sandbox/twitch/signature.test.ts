import assert from 'node:assert/strict'
import { test } from 'node:test'
import { messageHeaders, signMessage, toTimestamp } from './signature.ts'

const SECRET = 'c500-dev-eventsub-secret'
const TIMESTAMP = '2026-11-22T06:32:09.613800348Z'
const BODY =
  '{"subscription":{"id":"79bc6cc6-c14e-4309-a07a-13e3044bd821","status":"enabled","type":"stream.online","version":"1","condition":{"broadcaster_user_id":"1234"},"transport":{"method":"webhook","callback":"https://api.example.com/webhooks/twitch"},"created_at":"2026-11-20T10:11:12.634234626Z","cost":0},"event":{"id":"9001","broadcaster_user_id":"1234","broadcaster_user_login":"kilnwright","broadcaster_user_name":"KilnWright","type":"live","started_at":"2026-11-22T06:32:05Z"}}'

test('the signature is the one that Twitch’s own command line client makes', () => {
  const id = '57c83dfc-5465-465b-8ae7-82f1d6c2b841'
  assert.equal(Buffer.byteLength(BODY), 478)
  assert.equal(
    signMessage(SECRET, { id, timestamp: TIMESTAMP, body: BODY }),
    'sha256=5c96c194b9deb4199bb9b3e8691ef93465005342ff68a184be0a2e93cdca433f',
  )
})

test('a name that is not ASCII is signed as UTF-8', () => {
  const id = '57c83dfc-5465-465b-8ae7-82f1d6c2b842'
  const body = BODY.replace('KilnWright', '窯匠')
  assert.equal(Buffer.byteLength(body), 474)
  assert.equal(
    signMessage(SECRET, { id, timestamp: TIMESTAMP, body }),
    'sha256=fd12bc7a3e74380133ad986da2885b491b8a0a8ba61dbe143e55babc51a01a43',
  )
})

test('all headers of a message are there', () => {
  const subscription = { type: 'stream.online', version: '1' }
  const message = { id: 'm1', timestamp: TIMESTAMP, body: '{}', type: 'notification', subscription } as const
  assert.deepEqual(messageHeaders(SECRET, { ...message, retry: 2 }), {
    'content-type': 'application/json',
    'twitch-eventsub-message-id': 'm1',
    'twitch-eventsub-message-retry': '2',
    'twitch-eventsub-message-type': 'notification',
    'twitch-eventsub-message-signature': signMessage(SECRET, message),
    'twitch-eventsub-message-timestamp': TIMESTAMP,
    'twitch-eventsub-subscription-type': 'stream.online',
    'twitch-eventsub-subscription-version': '1',
  })
})

test('a timestamp is UTC to the nanosecond without trailing zeros', () => {
  const at = Date.parse('2026-11-22T06:32:09.610Z')
  for (let n = 0; n < 2_000; n++) {
    const written = toTimestamp(at)
    assert.match(written, /^2026-11-22T06:32:09\.61(\d{0,6}[1-9])?Z$/)
    assert.equal(Date.parse(written), at)
  }
})
