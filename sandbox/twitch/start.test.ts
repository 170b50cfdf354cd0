import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { openState } from '../state.ts'
import { startLocalTwitch } from './start.ts'

const SECRET = 'a-secret-of-eventsub'

async function openTestTwitch(t: TestContext) {
  const logged: string[] = []
  const state = openState(null)
  const local = await startLocalTwitch({
    host: '127.0.0.1',
    port: 0,
    state,
    clock: Date.now,
    log: (message) => void logged.push(message),
  })
  t.after(async () => {
    await local.close()
    state.close()
  })
  const form = { client_id: 'app', client_secret: 'secret', grant_type: 'client_credentials' }
  const answer = await fetch(`${local.url}/oauth2/token`, { method: 'POST', body: new URLSearchParams(form) })
  const { access_token: token } = (await answer.json()) as { access_token: string }
  async function call(method: string, path: string, body?: object, headers: Record<string, string> = {}) {
    const response = await fetch(local.url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'client-id': 'app', ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : null }
  }
  return { local, logged, call }
}

/** A callback that verifies the signature and returns the challenge; `asked` resolves when it was. */
async function openCallback(t: TestContext, reply: (challenge: string) => string) {
  const asked = Promise.withResolvers<boolean>()
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const raw = Buffer.concat(chunks).toString()
    const id = request.headers['twitch-eventsub-message-id']
    const at = request.headers['twitch-eventsub-message-timestamp']
    const expected = `sha256=${createHmac('sha256', SECRET).update(`${id}${at}${raw}`).digest('hex')}`
    response.setHeader('content-type', 'text/plain')
    response.end(reply(JSON.parse(raw).challenge))
    asked.resolve(request.headers['twitch-eventsub-message-signature'] === expected)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/webhooks/twitch`, asked: asked.promise }
}

const online = (callback: string, userId = '501') => ({
  type: 'stream.online',
  version: '1',
  condition: { broadcaster_user_id: userId },
  transport: { method: 'webhook', callback, secret: SECRET },
})

test('users and streams answer to an app token only', async (t) => {
  const { call, local } = await openTestTwitch(t)
  const found = await call('GET', '/helix/users?login=mossworks&id=501')
  assert.deepEqual(
    found.body.data.map(({ id }: { id: string }) => id),
    ['501', '502'],
  )
  assert.equal(found.headers.get('ratelimit-limit'), '800')
  assert.deepEqual((await call('GET', '/helix/streams?user_id=501')).body, { data: [], pagination: {} })
  const wrong = await call('GET', '/helix/users?id=501', undefined, { authorization: 'Bearer nobody' })
  assert.deepEqual(wrong.body, { error: 'Unauthorized', status: 401, message: 'Invalid OAuth token' })
  assert.equal((await call('GET', '/helix/users?id=1', undefined, { 'client-id': 'other' })).status, 401)
  const refused = await fetch(`${local.url}/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({ client_id: 'app', grant_type: 'client_credentials' }),
  })
  assert.equal(refused.status, 403)
})

test('a subscription is enabled by a signed challenge that comes back', async (t) => {
  const { call } = await openTestTwitch(t)
  const callback = await openCallback(t, (challenge) => challenge)
  const created = await call('POST', '/helix/eventsub/subscriptions', online(callback.url))
  assert.equal(created.status, 202)
  assert.equal(created.body.data[0].status, 'webhook_callback_verification_pending')
  assert.equal(created.body.data[0].transport.secret, undefined)
  assert.equal(await callback.asked, true)
  let status = ''
  while (status !== 'enabled') {
    const listed = await call('GET', '/helix/eventsub/subscriptions?type=stream.online')
    status = listed.body.data[0].status
    assert.notEqual(status, 'webhook_callback_verification_failed')
  }
  const again = await call('POST', '/helix/eventsub/subscriptions', online(callback.url))
  assert.equal(again.status, 409)
  const path = `/helix/eventsub/subscriptions?id=${created.body.data[0].id}`
  assert.equal((await call('DELETE', path)).status, 204)
  assert.equal((await call('DELETE', path)).status, 404)
})

test('wrong subscriptions are refused and the list has pages', async (t) => {
  const { call } = await openTestTwitch(t)
  const callback = await openCallback(t, () => 'no')
  const post = (body: object) => call('POST', '/helix/eventsub/subscriptions', body)
  assert.equal((await post(online(callback.url, '999'))).status, 400)
  assert.equal((await post({ ...online(callback.url), type: 'channel.follow' })).status, 400)
  for (const user of ['501', '502'])
    for (const n of [1, 2, 3]) assert.equal((await post(online(`${callback.url}/${n}`, user))).status, 202)
  const first = await call('GET', '/helix/eventsub/subscriptions')
  assert.equal(first.body.data.length, 5)
  const next = await call('GET', `/helix/eventsub/subscriptions?after=${first.body.pagination.cursor}`)
  assert.deepEqual([next.body.data.length, next.body.total, next.body.pagination], [1, 6, {}])
  assert.equal((await call('GET', '/helix/eventsub/subscriptions?type=a&status=b')).status, 400)
})

test('what is not built says so by name', async (t) => {
  const { call, logged } = await openTestTwitch(t)
  const answer = await call('GET', '/helix/channels?broadcaster_id=501')
  assert.equal(answer.status, 501)
  assert.equal(answer.body.message, 'local Twitch has no GET /helix/channels')
  assert.deepEqual(logged, ['NOT BUILT: local Twitch has no GET /helix/channels'])
})
