import assert from 'node:assert/strict'
import { test } from 'node:test'
import { APP, openTestTwitch, type Received, type TestTwitch } from './test-stand.ts'

async function listening(twitch: TestTwitch) {
  const online = (await twitch.subscribe('stream.online')).body.data[0]
  const offline = (await twitch.subscribe('stream.offline')).body.data[0]
  await twitch.news()
  return { online, offline }
}
const types = (news: readonly Received[]) => news.map(({ type }) => type)
const refuse = (status: number) => (_: Received, response: { writeHead(status: number): { end(): void } }) =>
  response.writeHead(status).end()

test('going live and offline is told with the events’ own fields', async (t) => {
  const twitch = await openTestTwitch(t)
  await listening(twitch)
  const { body: stream } = await twitch.control('/users/501/live')
  await twitch.control('/users/501/offline')
  const [online, offline] = await twitch.news()
  const event = {
    id: stream.id,
    broadcaster_user_id: '501',
    broadcaster_user_login: 'juniper_makes',
    broadcaster_user_name: 'Juniper_Makes',
  }
  const began = { type: 'live', started_at: '2026-11-22T06:32:05Z' }
  assert.deepEqual([online?.type, online?.body.event], ['stream.online', { ...event, ...began }])
  assert.deepEqual([offline?.type, offline?.body.event], ['stream.offline', event])
  assert.equal(online?.body.subscription.status, 'enabled')
  assert.deepEqual([online?.genuine, offline?.genuine], [true, true])
  assert.notEqual(online?.id, offline?.id)
  assert.equal((await twitch.control('/users/501/offline')).status, 409)
})

test('only live is live: another type goes out under its own name', async (t) => {
  const twitch = await openTestTwitch(t)
  await listening(twitch)
  await twitch.control('/users/501/live', { type: 'watch_party' })
  assert.equal((await twitch.news())[0]?.body.event?.type, 'watch_party')
})

test('a dropped connection is told as offline and online of the same stream', async (t) => {
  const twitch = await openTestTwitch(t)
  await listening(twitch)
  await twitch.control('/users/501/live')
  await twitch.control('/users/501/flap', { times: 2 })
  const news = await twitch.news()
  const [on, off] = ['stream.online', 'stream.offline']
  assert.deepEqual(types(news), [on, off, on, off, on])
  assert.equal(new Set(news.map(({ body }) => body.event?.id)).size, 1)
  await twitch.control('/users/501/offline')
  await twitch.control('/users/501/live')
  assert.notEqual((await twitch.news()).at(-1)?.body.event?.id, news[0]?.body.event?.id)
})

test('a message nobody takes comes five times under one id, then the subscription is given up', async (t) => {
  const twitch = await openTestTwitch(t)
  const { online, offline } = await listening(twitch)
  twitch.answerWith(refuse(500))
  await twitch.control('/users/501/live')
  for (const ms of [0, 10_000, 30_000, 60_000]) await twitch.advance(ms)
  const tries = await twitch.news()
  assert.deepEqual(
    tries.map(({ retry }) => retry),
    ['0', '1', '2', '3'],
  )
  assert.equal((await twitch.subscription(online.id)).status, 'enabled')
  await twitch.advance(119_000)
  assert.equal((await twitch.news()).length, 0)
  await twitch.advance(1_000)
  const [last, revocation] = await twitch.news()
  assert.equal(last?.retry, '4')
  const same = new Set([...tries, last].map((one) => `${one?.id} ${one?.timestamp} ${one?.genuine}`))
  assert.equal(same.size, 1, 'id, timestamp and signature stay')
  assert.equal(revocation?.kind, 'revocation')
  assert.equal(revocation?.body.subscription.status, 'notification_failures_exceeded')
  assert.equal((await twitch.subscription(online.id)).status, 'notification_failures_exceeded')
  assert.equal((await twitch.subscription(offline.id)).status, 'enabled')
})

test('any 2xx takes a message, and a retry that is taken ends the retries', async (t) => {
  const twitch = await openTestTwitch(t)
  const { online } = await listening(twitch)
  twitch.answerWith(refuse(403))
  await twitch.control('/users/501/live')
  await twitch.advance(0)
  twitch.answerWith(refuse(202))
  await twitch.advance(10_000)
  await twitch.advance(3_600_000)
  assert.deepEqual(
    (await twitch.news()).map(({ retry }) => retry),
    ['0', '1'],
  )
  assert.equal((await twitch.subscription(online.id)).status, 'enabled')
})

test('messages arrive twice, under one id or two', async (t) => {
  const twitch = await openTestTwitch(t)
  await listening(twitch)
  for (const [mode, ids] of [
    ['twice', 1],
    ['twice_new_id', 2],
  ] as const) {
    await twitch.control('/mood', { mode })
    await twitch.control('/users/501/live')
    const news = await twitch.news()
    assert.deepEqual([news.length, new Set(news.map(({ id }) => id)).size], [2, ids], mode)
    assert.equal(new Set(news.map(({ body }) => body.event?.id)).size, 1)
    assert.ok(news.every(({ genuine }) => genuine))
    await twitch.control('/mood', { mode: 'lose' })
    await twitch.control('/users/501/offline')
    assert.deepEqual(await twitch.news(), [])
  }
})

test('messages come late, or newest first', async (t) => {
  const twitch = await openTestTwitch(t)
  await listening(twitch)
  await twitch.control('/mood', { delayMs: 60_000 })
  await twitch.control('/users/501/live')
  await twitch.advance(59_999)
  assert.deepEqual(await twitch.news(), [])
  await twitch.advance(1)
  assert.deepEqual(types(await twitch.news()), ['stream.online'])
  await twitch.control('/mood', { mode: 'hold' })
  await twitch.control('/users/501/offline')
  await twitch.control('/users/501/live')
  assert.deepEqual(await twitch.news(), [])
  await twitch.control('/mood', { order: 'reversed' })
  assert.deepEqual(types(await twitch.news()), ['stream.online', 'stream.offline'])
})

test('what concerns one channel comes one after another, channels do not wait for each other', async (t) => {
  const twitch = await openTestTwitch(t)
  await listening(twitch)
  await twitch.subscribe('stream.online', '502')
  await twitch.news()
  const open: (() => void)[] = []
  const two = Promise.withResolvers<void>()
  twitch.answerWith((_, response) => {
    open.push(() => response.writeHead(204).end())
    if (open.length === 2) two.resolve()
  })
  for (const path of ['/users/501/live', '/users/501/offline', '/users/502/live']) await twitch.control(path)
  await two.promise
  assert.deepEqual(types(twitch.received), ['stream.online', 'stream.online'])
  twitch.answerWith(refuse(204))
  for (const go of open) go()
  assert.deepEqual(types(await twitch.news()), ['stream.online', 'stream.online', 'stream.offline'])
})

test('shuffled messages go out all at once', async (t) => {
  const twitch = await openTestTwitch(t)
  await listening(twitch)
  const all = Promise.withResolvers<void>()
  const open: (() => void)[] = []
  twitch.answerWith((_, response) => {
    open.push(() => response.writeHead(204).end())
    if (open.length === 2) all.resolve()
  })
  await twitch.control('/mood', { order: 'shuffled' })
  await twitch.control('/users/501/live')
  await twitch.control('/users/501/offline')
  await all.promise
  const { messages } = (await twitch.ask('GET', '/local/summary')).body
  const tries = messages.slice(0, 2).map((one: { tries: object[] }) => one.tries.length)
  assert.deepEqual(tries, [0, 0], 'neither waited for the other’s answer')
  for (const go of open) go()
})

test('messages can be old but well signed, or badly signed', async (t) => {
  const twitch = await openTestTwitch(t)
  await listening(twitch)
  await twitch.control('/mood', { mode: 'stale' })
  await twitch.control('/users/501/live')
  const [old] = await twitch.news()
  const age = Date.parse('2026-11-22T06:32:05Z') - Date.parse(old?.timestamp ?? '')
  assert.ok(age > 10.9 * 60_000 && age <= 11 * 60_000)
  assert.equal(old?.genuine, true)
  await twitch.control('/mood', { mode: 'bad_signature' })
  await twitch.control('/users/501/offline')
  const [forged] = await twitch.news()
  assert.equal(forged?.genuine, false)
  assert.match(String(forged?.headers['twitch-eventsub-message-signature']), /^sha256=[0-9a-f]{64}$/)
})

test('one message can be sent again, under its own id or a new one', async (t) => {
  const twitch = await openTestTwitch(t)
  await listening(twitch)
  await twitch.control('/users/501/live')
  const [first] = await twitch.news()
  await twitch.control(`/messages/${first?.id}/again`)
  const [again] = await twitch.news()
  assert.deepEqual([again?.id, again?.retry, again?.timestamp], [first?.id, '1', first?.timestamp])
  await twitch.control(`/messages/${first?.id}/again`, { newId: true })
  const [other] = await twitch.news()
  assert.notEqual(other?.id, first?.id)
  assert.deepEqual([other?.genuine, other?.body], [true, first?.body])
  assert.equal((await twitch.control('/messages/none/again')).status, 404)
})

test('who disconnects the app is told about, loses their tokens, and stays subscribed to', async (t) => {
  const twitch = await openTestTwitch(t)
  const { access_token: token } = await twitch.userToken('501')
  const { online } = await listening(twitch)
  await twitch.subscribe('user.authorization.revoke', APP.clientId)
  await twitch.news()
  assert.equal((await twitch.control('/users/501/disconnect')).status, 200)
  const [told] = await twitch.news()
  assert.equal(told?.type, 'user.authorization.revoke')
  assert.deepEqual(told?.body.event, {
    client_id: APP.clientId,
    user_id: '501',
    user_login: 'juniper_makes',
    user_name: 'Juniper_Makes',
  })
  assert.equal((await twitch.helix('GET', '/users', undefined, token)).status, 401)
  assert.equal((await twitch.subscription(online.id)).status, 'enabled')
  assert.equal((await twitch.control('/users/501/disconnect')).status, 409)
})

test('who deletes the account takes subscriptions, stream and name along', async (t) => {
  const twitch = await openTestTwitch(t)
  await twitch.userToken('501')
  const { online, offline } = await listening(twitch)
  await twitch.subscribe('user.authorization.revoke', APP.clientId)
  await twitch.control('/users/501/live')
  await twitch.news()
  await twitch.control('/users/501/remove')
  const news = await twitch.news()
  assert.deepEqual(
    news.filter(({ kind }) => kind === 'revocation').map(({ body }) => body.subscription.status),
    ['user_removed', 'user_removed'],
  )
  const told = news.find(({ type }) => type === 'user.authorization.revoke')
  assert.deepEqual([told?.body.event?.user_id, told?.body.event?.user_login], ['501', null])
  for (const { id } of [online, offline]) assert.equal((await twitch.subscription(id)).status, 'user_removed')
  assert.deepEqual((await twitch.helix('GET', '/users?id=501')).body.data, [])
  assert.deepEqual((await twitch.helix('GET', '/streams')).body.data, [])
  assert.equal((await twitch.control('/users/501/live')).status, 404)
})
