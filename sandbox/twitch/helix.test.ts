import assert from 'node:assert/strict'
import { test } from 'node:test'
import { APP, openTestTwitch } from './test-stand.ts'

const ids = (body: { data: { id: string }[] }) => body.data.map(({ id }) => id)
const many = (count: number, name = 'user_id') =>
  Array.from({ length: count }, (_, n) => `${name}=${n + 1}`).join('&')

test('Helix wants a token that lives and belongs to the client id', async (t) => {
  const twitch = await openTestTwitch(t)
  const ask = (headers: Record<string, string>) => twitch.ask('GET', '/helix/users?id=501', { headers })
  const none = await ask({ 'client-id': APP.clientId })
  assert.deepEqual(none.body, { error: 'Unauthorized', status: 401, message: 'OAuth token is missing' })
  const wrong = await ask({ 'client-id': APP.clientId, authorization: 'Bearer nobody' })
  assert.deepEqual(wrong.body, { error: 'Unauthorized', status: 401, message: 'Invalid OAuth token' })
  const { access_token: token } = await twitch.userToken('501')
  const other = await ask({ 'client-id': 'other', authorization: `Bearer ${token}` })
  assert.equal(other.body.message, 'Client ID and OAuth token do not match')
})

test('users are found by id and login, a user’s own token finds the user', async (t) => {
  const twitch = await openTestTwitch(t)
  const found = await twitch.helix('GET', '/users?login=MossWorks&id=501&id=999')
  assert.deepEqual(ids(found.body), ['501', '502'])
  assert.deepEqual(Object.keys(found.body.data[0]), [
    'id',
    'login',
    'display_name',
    'type',
    'broadcaster_type',
    'description',
    'profile_image_url',
    'offline_image_url',
    'view_count',
    'created_at',
  ])
  const picture = await fetch(found.body.data[0].profile_image_url)
  assert.equal(picture.headers.get('content-type'), 'image/svg+xml')
  const { access_token: token } = await twitch.userToken('502', 'user:read:email')
  const self = (await twitch.helix('GET', '/users', undefined, token)).body
  assert.deepEqual([ids(self), self.data[0].email], [['502'], 'mossworks@example.com'])
  for (const query of ['', `?${many(101, 'id')}`, '?id=juniper'])
    assert.equal((await twitch.helix('GET', `/users${query}`)).status, 400, query)
})

test('streams come twenty at a time unless more are asked for, and only those on air', async (t) => {
  const twitch = await openTestTwitch(t)
  const made: string[] = (await twitch.control('/users', { count: 30 })).body.ids
  for (const id of made) await twitch.control(`/users/${id}/live`)
  const query = made.map((id) => `user_id=${id}`).join('&')
  const page = (await twitch.helix('GET', `/streams?${query}`)).body
  assert.equal(page.data.length, 20)
  const rest = (await twitch.helix('GET', `/streams?${query}&after=${page.pagination.cursor}`)).body
  assert.deepEqual([rest.data.length, rest.pagination], [10, {}])
  assert.equal((await twitch.helix('GET', `/streams?${query}&first=100`)).body.data.length, 30)
  assert.equal((await twitch.helix('GET', `/streams?${query}&first=101`)).status, 400)
  assert.equal((await twitch.helix('GET', `/streams?${many(101)}`)).status, 400)
  assert.equal((await twitch.helix('GET', '/streams?after=nonsense')).status, 400)
  assert.equal((await twitch.helix('GET', '/streams?game_id=1')).status, 501)
  assert.deepEqual((await twitch.helix('GET', '/streams?user_id=501')).body, { data: [], pagination: {} })
  await twitch.control(`/users/${made[0]}/offline`)
  assert.deepEqual((await twitch.helix('GET', `/streams?user_id=${made[0]}`)).body.data, [])
})

test('a stream shows its title and game; only a live one is of type live', async (t) => {
  const twitch = await openTestTwitch(t)
  const { body: live } = await twitch.control('/users/501/live', { title: 'Glazing', game: 'Pottery' })
  await twitch.control('/users/502/live', { type: 'rerun' })
  const [stream] = (await twitch.helix('GET', '/streams?user_login=juniper_makes&type=live')).body.data
  assert.equal(stream.id, live.id)
  assert.match(stream.id, /^\d+$/)
  assert.deepEqual(
    [stream.user_id, stream.user_login, stream.type, stream.title, stream.game_name, stream.started_at],
    ['501', 'juniper_makes', 'live', 'Glazing', 'Pottery', '2026-11-22T06:32:05Z'],
  )
  assert.match(stream.thumbnail_url, /\{width\}x\{height\}/)
  const all = (await twitch.helix('GET', '/streams?user_id=501&user_id=502')).body.data
  assert.deepEqual(
    all.map(({ type }: { type: string }) => type),
    ['live', ''],
  )
  assert.equal((await twitch.helix('GET', '/streams?user_id=502&type=live')).body.data.length, 0)
})

test('the list of streams can lag behind at both ends', async (t) => {
  const twitch = await openTestTwitch(t)
  const seen = async () => (await twitch.helix('GET', '/streams?user_id=501')).body.data.length
  await twitch.control('/settings', { appearMs: 60_000, lingerMs: 180_000 })
  await twitch.control('/users/501/live')
  assert.equal(await seen(), 0)
  await twitch.advance(60_000)
  assert.equal(await seen(), 1)
  await twitch.control('/users/501/offline')
  await twitch.advance(179_000)
  assert.equal(await seen(), 1)
  await twitch.advance(1_000)
  assert.equal(await seen(), 0)
})

test('the bucket of points empties, refuses, and fills again', async (t) => {
  const twitch = await openTestTwitch(t)
  const ask = () => twitch.helix('GET', '/users?id=501')
  const limits = ({ headers }: { headers: Headers }) =>
    ['limit', 'remaining', 'reset'].map((name) => Number(headers.get(`ratelimit-${name}`)))
  const second = Date.parse('2026-11-22T06:32:05Z') / 1000
  assert.deepEqual(limits(await ask()), [800, 799, second + 1])
  await twitch.control('/rate-limit', { remaining: 1 })
  assert.deepEqual(limits(await ask()), [800, 0, second + 60])
  const refused = await ask()
  assert.deepEqual([refused.status, refused.body.error], [429, 'Too Many Requests'])
  assert.deepEqual(limits(refused), [800, 0, second + 60])
  await twitch.advance(30_000)
  assert.deepEqual(limits(await ask()), [800, 399, second + 61])
})

test('what is not built says so by name', async (t) => {
  const twitch = await openTestTwitch(t)
  const answer = await twitch.helix('GET', '/channels?broadcaster_id=501')
  assert.equal(answer.status, 501)
  assert.equal(answer.body.message, 'local Twitch has no GET /helix/channels')
  assert.deepEqual(twitch.logged, ['NOT BUILT: local Twitch has no GET /helix/channels'])
})

test('what shall go wrong goes wrong so often and where it was asked to', async (t) => {
  const twitch = await openTestTwitch(t)
  const live = async () => (await twitch.control('/users/501/live')).status
  await twitch.control('/faults', { kind: '500', route: 'GET /helix/streams', times: 2 })
  assert.equal((await twitch.helix('GET', '/users?id=501')).status, 200)
  for (const status of [500, 500, 200]) assert.equal((await twitch.helix('GET', '/streams')).status, status)
  await twitch.control('/faults', { kind: '429' })
  const limited = await twitch.helix('GET', '/streams')
  assert.deepEqual([limited.status, limited.headers.get('ratelimit-remaining')], [429, '0'])
  await twitch.control('/faults', { kind: '429' })
  const id = await twitch.form('/oauth2/token', { ...twitch.credentials, grant_type: 'client_credentials' })
  assert.deepEqual([id.status, id.body.error], [429, undefined])
  await twitch.control('/faults', { kind: 'reset_before', route: 'POST /helix/eventsub/subscriptions' })
  await assert.rejects(twitch.subscribe('stream.online'))
  assert.equal((await twitch.helix('GET', '/eventsub/subscriptions')).body.total, 0)
  await twitch.control('/faults', { kind: 'reset_after', route: 'POST /helix/eventsub/subscriptions' })
  await assert.rejects(twitch.subscribe('stream.online'))
  await twitch.local.idle()
  assert.equal((await twitch.helix('GET', '/eventsub/subscriptions')).body.total, 1)
  await twitch.control('/faults', { kind: '500', times: 9 })
  assert.equal(await live(), 200, 'controls never break')
  await twitch.control('/faults/clear')
  assert.equal((await twitch.helix('GET', '/streams')).status, 200)
})
