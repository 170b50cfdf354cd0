import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, test } from 'node:test'
import { StreamsError } from '../ports/streams.ts'
import { createEventSubReader } from './twitch-messages.ts'

/** The published vectors: secret, time, and one exact line of JSON. */
const SECRET = 'c500-dev-eventsub-secret'
const TIMESTAMP = '2026-11-22T06:32:09.613800348Z'
const NOW = Date.parse(TIMESTAMP)
const ID = '57c83dfc-5465-465b-8ae7-82f1d6c2b841'
const BODY =
  '{"subscription":{"id":"79bc6cc6-c14e-4309-a07a-13e3044bd821","status":"enabled","type":"stream.online","version":"1","condition":{"broadcaster_user_id":"1234"},"transport":{"method":"webhook","callback":"https://api.example.com/webhooks/twitch"},"created_at":"2026-11-20T10:11:12.634234626Z","cost":0},"event":{"id":"9001","broadcaster_user_id":"1234","broadcaster_user_login":"kilnwright","broadcaster_user_name":"KilnWright","type":"live","started_at":"2026-11-22T06:32:05Z"}}'
const SIGNATURE = 'sha256=5c96c194b9deb4199bb9b3e8691ef93465005342ff68a184be0a2e93cdca433f'
const CLIENT = 'client'

const read = createEventSubReader({ secrets: [SECRET], clientId: CLIENT })
const bytes = (text: string) => new TextEncoder().encode(text)

function headers(over: Record<string, string | null> = {}): Headers {
  const all: Record<string, string | null> = {
    id: ID,
    timestamp: TIMESTAMP,
    signature: SIGNATURE,
    type: 'notification',
    retry: '0',
    about: 'stream.online',
    version: '1',
    ...over,
  }
  const names: Readonly<Record<string, string>> = {
    about: 'Subscription-Type',
    version: 'Subscription-Version',
  }
  const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== null)
  return new Headers(
    given.map(([name, value]) => [`Twitch-Eventsub-${names[name] ?? `Message-${name}`}`, value]),
  )
}

/** A well signed message of our own making. */
function message(body: unknown, type = 'notification', secret = SECRET, timestamp = TIMESTAMP) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const digest = createHmac('sha256', secret)
    .update(ID + timestamp + text)
    .digest('hex')
  const subscription = (body as { subscription?: { type: string; version: string } } | null)?.subscription
  const said = subscription ? { about: subscription.type, version: subscription.version } : {}
  return [headers({ type, timestamp, signature: `sha256=${digest}`, ...said }), bytes(text), NOW] as const
}
const about = (type: string, event: object, condition: object = { broadcaster_user_id: '1234' }) => ({
  subscription: { id: 's', status: 'enabled', type, version: '1', condition, something_new: [1] },
  event,
})

describe("Twitch's messages", () => {
  test('the golden vector is read as it was meant', () => {
    assert.deepEqual(read(headers(), bytes(BODY), NOW), {
      kind: 'signal',
      messageId: ID,
      channelId: '1234',
      signal: {
        kind: 'online',
        streamId: '9001',
        startedAt: Date.parse('2026-11-22T06:32:05Z'),
        at: NOW,
        title: null,
        game: null,
      },
    })
  })

  test('the golden vector with a name outside ASCII is good too', () => {
    const body = BODY.replace('"KilnWright"', '"窯匠"')
    const signature = 'sha256=fd12bc7a3e74380133ad986da2885b491b8a0a8ba61dbe143e55babc51a01a43'
    const id = ID.replace(/841$/, '842')
    assert.equal(read(headers({ id, signature }), bytes(body), NOW)?.kind, 'signal')
  })

  test('a missing or changed header, or one changed byte, is not from Twitch', () => {
    for (const name of ['id', 'timestamp', 'signature', 'type', 'retry', 'about', 'version']) {
      assert.equal(read(headers({ [name]: null }), bytes(BODY), NOW), null, `without ${name}`)
    }
    assert.equal(read(headers({ id: `${ID}x` }), bytes(BODY), NOW), null)
    assert.equal(read(headers({ timestamp: '2026-11-22T06:32:09.61380034Z' }), bytes(BODY), NOW), null)
    for (const signature of [
      '',
      'sha256=',
      SIGNATURE.slice(0, -1),
      SIGNATURE.toUpperCase(),
      `x${SIGNATURE}`,
    ]) {
      assert.equal(read(headers({ signature }), bytes(BODY), NOW), null, signature)
    }
    for (let at = 0; at < BODY.length; at += 7) {
      const body = bytes(BODY)
      body[at] = (body[at] ?? 0) ^ 1
      assert.equal(read(headers(), body, NOW), null, `byte ${at}`)
    }
    assert.equal(read(headers(), bytes(BODY.slice(0, -1)), NOW), null)
  })

  test('either of two secrets is good while they are being changed, a third is not', () => {
    const both = createEventSubReader({ secrets: ['a-newer-secret', SECRET], clientId: CLIENT })
    assert.equal(both(headers(), bytes(BODY), NOW)?.kind, 'signal')
    assert.equal(both(...message(BODY, 'notification', 'a-newer-secret'))?.kind, 'signal')
    assert.equal(both(...message(BODY, 'notification', 'an-older-secret')), null)
  })

  test('ten minutes is the age that a message may have, either way', () => {
    for (const [offset, kind] of [
      [10 * 60_000, 'signal'],
      [10 * 60_000 + 1, 'stale'],
      [-10 * 60_000 - 1, 'stale'],
    ] as const) {
      assert.equal(read(headers(), bytes(BODY), NOW + offset)?.kind, kind)
    }
  })

  test('only what is really live counts', () => {
    for (const type of ['rerun', 'playlist', 'watch_party', 'premiere', 'something_new']) {
      const event = { id: '1', broadcaster_user_id: '1234', type, started_at: TIMESTAMP }
      assert.equal(read(...message(about('stream.online', event)))?.kind, 'other', type)
    }
  })

  test('the end of a stream may come with its id or without', () => {
    const signalOf = (event: object) => {
      const found = read(...message(about('stream.offline', event)))
      return found?.kind === 'signal' ? found.signal.streamId : undefined
    }
    assert.equal(signalOf({ broadcaster_user_id: '1234' }), null)
    assert.equal(signalOf({ broadcaster_user_id: '1234', id: '9001' }), '9001')
  })

  test('a challenge, a revocation and a disconnection say what they are about', () => {
    const condition = { broadcaster_user_id: '1234' }
    const subscription = { status: 'version_removed', type: 'stream.online', version: '1', condition }
    const topic = { type: 'stream.online', channelId: '1234' }
    assert.deepEqual(read(...message({ challenge: 'abc', subscription }, 'webhook_callback_verification')), {
      kind: 'challenge',
      challenge: 'abc',
      topic,
    })
    assert.deepEqual(read(...message({ subscription }, 'revocation')), {
      kind: 'ended',
      messageId: ID,
      topic,
      status: 'version_removed',
    })
    for (const status of ['user_removed', 'authorization_revoked']) {
      const found = read(...message({ subscription: { ...subscription, status } }, 'revocation'))
      assert.ok(found?.kind === 'disconnected' && found.channelId === '1234', status)
    }
    const revoked = (client_id: string) =>
      read(
        ...message(
          about(
            'user.authorization.revoke',
            { client_id, user_id: '1234', user_login: null },
            { client_id: CLIENT },
          ),
        ),
      )?.kind
    assert.equal(revoked(CLIENT), 'disconnected')
    assert.equal(revoked('somebody else'), 'other')
  })

  test('what is well signed and cannot be read is refused in words', () => {
    const broken = [
      '',
      'not json',
      '[]',
      'null',
      about('stream.online', { id: 9001 }),
      about('stream.online', {}),
    ]
    for (const body of broken) {
      assert.throws(() => read(...message(body)), StreamsError, JSON.stringify(body))
    }
    assert.throws(() => read(...message(BODY, 'notification', SECRET, 'yesterday')), StreamsError)
  })
})
