import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  bearer,
  type Caller,
  createCoreClient,
  ErrorBody,
  isAppError,
  ROUTES,
  type RouteName,
} from '#contract'
import { recogniseBearer } from '../../runtime/caller-auth.ts'
import { NO_TELEMETRY } from '../../runtime/telemetry.ts'
import { createSqliteStore } from '../adapters/store-sqlite.ts'
import { PaymentsError } from '../ports/payments.ts'
import { createChanges } from '../usecases/change.ts'
import type { Deps } from '../usecases/deps.ts'
import { createApp } from './app.ts'

const TOKENS = {
  bot: ['bot-token-bot-token'],
  web: ['web-token-web-token'],
  scheduler: ['sched-token-sched'],
} as const

/** Core's HTTP surface over an empty store; nothing outside can be reached. */
function createSurface() {
  const store = createSqliteStore({ path: ':memory:' })
  const nothing = new Proxy(
    {},
    {
      get: () => () => {
        throw new Error('the secret is sk_test_hidden')
      },
    },
  )
  const errors: object[] = []
  const state = { ready: true }
  const runJobs = async () => ({ ran: {}, failed: 0, left: 0 })
  const deps = {
    store,
    change: createChanges({ store, onCommit: () => {}, random: () => 0 }),
    clock: { now: () => 1_000 },
    payments: {
      ...nothing,
      parseEvent() {
        throw new PaymentsError('refused', 'not signed', null)
      },
    },
    media: nothing,
    messenger: nothing,
    settings: {
      webUrl: 'http://web',
      currency: 'usd',
      feeBps: 500,
      holdMs: 1_800_000,
      linkSecret: 'link-secret-link',
    },
  } as unknown as Deps
  const log = { debug() {}, info() {}, warn() {}, error: (details: object) => void errors.push(details) }
  return {
    app: createApp(deps, {
      recognise: recogniseBearer(TOKENS),
      log,
      telemetry: NO_TELEMETRY,
      jobs: { runJobs },
      ready: () => state.ready,
    }),
    store,
    errors,
    state,
  }
}

function post(path: string, body: string, headers: Record<string, string> = {}): Request {
  return new Request(`http://core${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
      ...headers,
    },
    body,
  })
}
const as = (caller: Caller) => ({ authorization: `Bearer ${TOKENS[caller][0]}`, 'idempotency-key': 'k1' })

async function codeOf(response: Response): Promise<string> {
  return ErrorBody.parse(await response.json()).error.code
}

describe('every internal route', () => {
  for (const name of Object.keys(ROUTES) as RouteName[]) {
    const { path, callers } = ROUTES[name]
    const { app } = createSurface()

    for (const caller of callers) {
      test(`${name} refuses ${caller}'s nonsense with 400`, async () => {
        for (const body of ['', '{', '[]', 'null', '"x"', '{"dropId":7}', '{"__proto__":{"a":1}}']) {
          const response = await app.fetch(post(path, body, as(caller)))
          assert.equal(response.status, 400, body)
          assert.equal(await codeOf(response), 'bad_request')
        }
      })
    }
    test(`${name} does not read a body that is too large or has no length`, async () => {
      const caller = callers[0]
      const large = await app.fetch(post(path, '{}', { ...as(caller), 'content-length': '9999999' }))
      assert.equal(large.status, 400)
      const none = post(path, '{}', as(caller))
      none.headers.delete('content-length')
      assert.equal((await app.fetch(none)).status, 400)
    })
  }
})

test('a write without an idempotency key is refused', async () => {
  const { app } = createSurface()
  const headers = { authorization: `Bearer ${TOKENS.bot[0]}` }
  const response = await app.fetch(post(ROUTES.createCheckout.path, '{}', headers))
  assert.equal(response.status, 400)
  assert.match(ErrorBody.parse(await response.json()).error.message, /idempotency-key/)
})

test('what went wrong inside stays inside, under the reference the caller gets', async () => {
  const { app, errors } = createSurface()
  const body = JSON.stringify({ pictureId: `pic_${'0'.repeat(26)}`, size: 'card' })
  const response = await app.fetch(
    post(ROUTES.getPicture.path, body, { ...as('web'), 'x-request-id': 'ref-7' }),
  )
  assert.equal(response.status, 500)
  const text = await response.text()
  assert.doesNotMatch(text, /sk_test_hidden/)
  assert.equal(ErrorBody.parse(JSON.parse(text)).error.requestId, 'ref-7')
  assert.equal(errors.length, 1)
})

test('an unsigned webhook is 400 and an unknown address 404, both as JSON', async () => {
  const { app } = createSurface()
  assert.equal((await app.fetch(post('/webhooks/stripe', '{}'))).status, 400)
  assert.equal((await app.fetch(post('/webhooks/stripe-connect', '{}'))).status, 400)
  assert.equal(await codeOf(await app.fetch(post('/api/internal/nothing', '{}'))), 'not_found')
  assert.equal((await app.fetch(post('/webhooks/stripe', 'x'.repeat(2_000_000)))).status, 413)
})

test('health answers without a token', async () => {
  const { app } = createSurface()
  assert.equal((await app.request('/livez')).status, 200)
  assert.equal((await app.request('/readyz')).status, 200)
})

test('core is not ready while it is about to stop, nor when its store does not answer', async () => {
  const { app, store, state } = createSurface()
  state.ready = false
  assert.equal((await app.request('/readyz')).status, 503)
  assert.equal((await app.request('/livez')).status, 200)
  state.ready = true
  await store.close()
  assert.equal((await app.request('/readyz')).status, 503)
})

test('a message that is cut off on its way is no fault of ours', async () => {
  const { app, errors } = createSurface()
  for (const path of ['/webhooks/stripe', '/webhooks/stripe-connect', '/webhooks/stripe-thin']) {
    const body = new ReadableStream({ pull: (stream) => stream.error(new Error('aborted')) })
    const headers = { 'content-type': 'application/json', 'content-length': '500' }
    const cut = new Request(`http://core${path}`, { method: 'POST', headers, body, duplex: 'half' })
    assert.equal((await app.request(cut)).status, 413, path)
  }
  assert.deepEqual(errors, [])
})

test('a caller hears of a store that does not answer while it still waits, and when to ask again', async () => {
  const surface = createSurface()
  surface.store.get = () => new Promise(() => {})
  let retryAfter: string | null = null
  const client = createCoreClient({
    baseUrl: 'http://core',
    credentials: bearer(TOKENS.bot[0]),
    async fetch(url, init) {
      const content = String(init?.body)
      const headers = { ...init?.headers, 'content-length': String(Buffer.byteLength(content)) }
      const givenUp = new Promise<never>((_, reject) => init?.signal?.addEventListener('abort', reject))
      const answer = await Promise.race([surface.app.request(String(url), { ...init, headers }), givenUp])
      retryAfter = answer.headers.get('retry-after')
      return answer
    },
  })
  const order = { userId: '100000000000000103', orderId: `ord_${'0'.repeat(26)}` }
  await assert.rejects(client.getOrder(order, { timeoutMs: 2_000 }), (error) => {
    assert.ok(isAppError(error, 'unavailable'))
    assert.match(error.message, /please try again in a moment/)
    return true
  })
  assert.equal(retryAfter, '5')
})

test('half a letter does not come in, and whole ones do', async () => {
  const { app, store } = createSurface()
  const body = String.raw`{"person":{"userId":"100000000000000101","name":"\ud83d Juniper \ud83d\ude00"}}`
  const response = await app.request(post(ROUTES.joinBuilder.path, body, as('bot')))
  await response.body?.cancel()
  const builder = await store.get('builders', '100000000000000101')
  assert.equal(builder?.value.name, '\ufffd Juniper 😀')
})
