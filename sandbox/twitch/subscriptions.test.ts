import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { APP, openTestTwitch, type Received, SECRET, subscription } from './test-stand.ts'

test('a subscription is enabled by a signed challenge that comes back', async (t) => {
  const twitch = await openTestTwitch(t)
  const created = await twitch.subscribe('stream.online')
  assert.equal(created.status, 202)
  const [made] = created.body.data
  assert.deepEqual(
    [created.body.total, created.body.total_cost, created.body.max_total_cost, made.cost],
    [1, 1, 10_000, 1],
  )
  assert.equal(made.status, 'webhook_callback_verification_pending')
  assert.deepEqual(made.transport, { method: 'webhook', callback: twitch.callback })
  const [asked] = await twitch.news()
  assert.deepEqual(
    [asked?.genuine, asked?.kind, asked?.type, asked?.retry],
    [true, 'webhook_callback_verification', 'stream.online', '0'],
  )
  assert.deepEqual(asked?.body.subscription, made)
  assert.equal((await twitch.subscription(made.id)).status, 'enabled')
})

const failures: readonly (readonly [string, (challenge: string, response: ServerResponse) => void])[] = [
  ['another status', (challenge, response) => answer(response, 201, 'text/plain', challenge)],
  ['JSON', (challenge, response) => answer(response, 200, 'application/json', JSON.stringify(challenge))],
  ['HTML', (challenge, response) => answer(response, 200, 'text/html', challenge)],
  ['a line end', (challenge, response) => answer(response, 200, 'text/plain', `${challenge}\n`)],
  [
    'no length',
    (challenge, response) => response.writeHead(200, { 'content-type': 'text/plain' }).end(challenge),
  ],
  ['another address', (_, response) => response.writeHead(302, { location: '/elsewhere' }).end()],
  ['nothing', (_, response) => response.destroy()],
]
for (const [what, fail] of failures) {
  test(`a challenge answered with ${what} fails, once and for all`, async (t) => {
    const twitch = await openTestTwitch(t, {
      answer: ({ body }, response) => fail(body.challenge ?? '', response),
    })
    const [made] = (await twitch.subscribe('stream.online')).body.data
    assert.equal((await twitch.subscription(made.id)).status, 'webhook_callback_verification_failed')
    await twitch.advance(3_600_000)
    assert.equal(twitch.received.length, 1)
    assert.equal(
      (await twitch.subscribe('stream.online')).status,
      202,
      'a dead one does not stand in the way',
    )
  })
}

function answer(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body)
}

test('a wrong subscription is refused', async (t) => {
  const twitch = await openTestTwitch(t)
  const right = subscription('stream.online', '501', twitch.callback)
  const { transport } = right
  const wrong: readonly (readonly [number, object])[] = [
    [400, {}],
    [400, { ...right, type: 'nonsense' }],
    [400, { ...right, type: 'constructor' }],
    [400, { ...right, version: '2' }],
    [400, { ...right, condition: { client_id: APP.clientId } }],
    [400, { ...right, condition: { broadcaster_user_id: '501', more: '1' } }],
    [400, { ...right, condition: { broadcaster_user_id: '999' } }],
    [400, { ...right, transport: { ...transport, callback: 'not an address' } }],
    [400, { ...right, transport: { ...transport, secret: 'short' } }],
    [400, { ...right, transport: { ...transport, secret: 'x'.repeat(101) } }],
    [400, { ...right, transport: { ...transport, secret: 'schlüssel-mit-umlaut' } }],
    [400, { ...right, transport: { ...transport, method: 'websocket' } }],
    [400, subscription('user.authorization.revoke', 'other-app', twitch.callback)],
    [403, subscription('channel.subscribe', '501', twitch.callback)],
    [501, { ...right, type: 'channel.update' }],
  ]
  for (const [status, body] of wrong) {
    const refused = await twitch.helix('POST', '/eventsub/subscriptions', body)
    assert.deepEqual([refused.status, refused.body.status], [status, status], JSON.stringify(body))
  }
  assert.equal((await twitch.helix('GET', '/eventsub/subscriptions')).body.total, 0)
  await twitch.userToken('501', 'channel:read:subscriptions')
  assert.equal((await twitch.subscribe('channel.subscribe')).status, 202)
  await twitch.control('/settings', { strictCallbacks: true })
  const strictly = async (callback: string) =>
    (await twitch.subscribe('stream.online', '501', { transport: { ...transport, callback } })).status
  assert.equal(await strictly(twitch.callback), 400)
  assert.equal(await strictly('https://127.0.0.1:8443/webhooks'), 400)
  assert.equal(await strictly('https://127.0.0.1/webhooks'), 202)
})

test('only the app’s own token may subscribe', async (t) => {
  const twitch = await openTestTwitch(t)
  const { access_token: token } = await twitch.userToken('501')
  const body = subscription('stream.online', '501', twitch.callback)
  assert.equal((await twitch.helix('POST', '/eventsub/subscriptions', body, token)).status, 400)
})

test('the same again is a conflict, and a fourth callback too many', async (t) => {
  const twitch = await openTestTwitch(t)
  const to = (path: string) => ({
    transport: { method: 'webhook', callback: twitch.callback + path, secret: SECRET },
  })
  assert.equal((await twitch.subscribe('stream.online', '501', to('/1'))).status, 202)
  const again = await twitch.subscribe('stream.online', '501', to('/1'))
  const message = 'subscription already exists'
  assert.deepEqual([again.status, again.body], [409, { error: 'Conflict', status: 409, message }])
  for (const path of ['/2', '/3'])
    assert.equal((await twitch.subscribe('stream.online', '501', to(path))).status, 202)
  const fourth = await twitch.subscribe('stream.online', '501', to('/4'))
  assert.deepEqual(
    [fourth.status, fourth.body.message],
    [429, 'maximum subscriptions with type and condition exceeded'],
  )
  assert.equal((await twitch.subscribe('stream.offline', '501', to('/4'))).status, 202)
  assert.equal((await twitch.subscribe('stream.online', '502', to('/4'))).status, 202)
})

test('a subscription is free for a channel that knows the app, and the sum has a limit', async (t) => {
  const twitch = await openTestTwitch(t)
  await twitch.control('/settings', { maxTotalCost: 2 })
  await twitch.userToken('501')
  const cost = async (type: string, about: string) =>
    (await twitch.subscribe(type, about)).body.data?.[0].cost ?? null
  assert.equal(await cost('stream.online', '501'), 0)
  assert.equal(await cost('user.authorization.revoke', APP.clientId), 1)
  assert.equal(await cost('stream.online', '502'), 1)
  assert.equal(await cost('stream.offline', '502'), null)
  assert.equal((await twitch.subscribe('stream.offline', '502')).status, 429)
  assert.equal(await cost('stream.offline', '501'), 0)
})

test('the list has pages, one filter at a time, and forgets what is deleted', async (t) => {
  const twitch = await openTestTwitch(t)
  await twitch.control('/settings', { pageSize: 2 })
  for (const id of ['501', '502']) {
    await twitch.subscribe('stream.online', id)
    await twitch.subscribe('stream.offline', id)
  }
  await twitch.subscribe('user.authorization.revoke', APP.clientId)
  const list = async (query: string) => (await twitch.helix('GET', `/eventsub/subscriptions${query}`)).body
  const types = ({ data }: { data: { type: string }[] }) => data.map(({ type }) => type)
  const first = await list('')
  assert.deepEqual([types(first), first.total], [['stream.online', 'stream.offline'], 5])
  const path = `/eventsub/subscriptions?id=${first.data[0].id}`
  assert.equal((await twitch.helix('DELETE', path)).status, 204)
  assert.equal((await twitch.helix('DELETE', path)).status, 404)
  assert.equal((await twitch.helix('DELETE', '/eventsub/subscriptions')).status, 400)
  const second = await list(`?after=${first.pagination.cursor}`)
  assert.deepEqual(types(second), ['stream.online', 'stream.offline'], 'deleting does not shift the pages')
  const last = await list(`?after=${second.pagination.cursor}`)
  assert.deepEqual([types(last), last.pagination, last.total], [['user.authorization.revoke'], {}, 4])
  assert.deepEqual(types(await list('?type=stream.online')), ['stream.online'])
  assert.deepEqual(types(await list('?user_id=501')), ['stream.offline'])
  assert.deepEqual(types(await list('?status=authorization_revoked')), [])
  for (const query of ['?type=a&status=b', '?after=nonsense'])
    assert.equal((await twitch.helix('GET', `/eventsub/subscriptions${query}`)).status, 400, query)
})

test('the challenge may come before the answer', async (t) => {
  const twitch = await openTestTwitch(t)
  await twitch.control('/settings', { challengeFirst: true })
  const body = subscription('stream.online', '501', twitch.callback)
  const created = await twitch.helix('POST', '/eventsub/subscriptions', body)
  assert.equal(twitch.received.length, 1)
  assert.equal(created.body.data[0].status, 'webhook_callback_verification_pending')
})

test('Twitch may take a subscription away: the news of it is signed and carries no event', async (t) => {
  const twitch = await openTestTwitch(t)
  const [made] = (await twitch.subscribe('stream.online')).body.data
  await twitch.news()
  const path = `/subscriptions/${made.id}/revoke`
  assert.equal((await twitch.control(path, { status: 'version_removed' })).status, 200)
  const [told] = await twitch.news()
  assert.deepEqual([told?.genuine, told?.kind, told?.type], [true, 'revocation', 'stream.online'])
  assert.deepEqual(told?.body, { subscription: { ...made, status: 'version_removed' } })
  await twitch.control('/users/501/live')
  assert.deepEqual(await twitch.news(), [])
  assert.equal((await twitch.control(path, { status: 'version_removed' })).status, 404)
  await twitch.advance(9 * 86_400_000)
  const list = async () => (await twitch.ask('GET', '/local/summary')).body.subscriptions.length
  assert.equal(await list(), 1)
  await twitch.advance(2 * 86_400_000)
  assert.equal(await list(), 0)
})

test('links and subscriptions outlive a restart, and a challenge that was cut off is asked again', async (t) => {
  let asked = Promise.withResolvers<void>()
  const twitch = await openTestTwitch(t)
  const { access_token: token } = await twitch.userToken('501')
  const [made] = (await twitch.subscribe('stream.online')).body.data
  twitch.answerWith(() => asked.resolve())
  const [cutOff] = (
    await twitch.helix(
      'POST',
      '/eventsub/subscriptions',
      subscription('stream.offline', '501', twitch.callback),
    )
  ).body.data
  await asked.promise
  asked = Promise.withResolvers()
  twitch.answerWith(answerChallenge)
  await twitch.restart()
  assert.equal((await twitch.helix('GET', '/users', undefined, token)).body.data[0].id, '501')
  twitch.local.tick()
  await twitch.news()
  for (const { id } of [made, cutOff]) assert.equal((await twitch.subscription(id)).status, 'enabled')
  await twitch.control('/users/501/live')
  assert.equal((await twitch.news())[0]?.genuine, true)
})

function answerChallenge({ body }: Received, response: ServerResponse): void {
  answer(response, 200, 'text/plain; charset=utf-8', body.challenge ?? '')
}
