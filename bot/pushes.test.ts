import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import { AppError, PUSHES, SIGNATURE_HEADER, signPush } from '#contract'
import { recogniseSignature } from '../runtime/caller-auth.ts'
import { NO_TELEMETRY } from '../runtime/telemetry.ts'
import { createPushServer, type PushHandlers } from './pushes.ts'
import { DROP_ID, NOW, sampleNotice } from './testing/samples.ts'

const SECRET = 'sixteen characters'
const PLACE = { channelId: '100000000000000010', messageId: '300000000000000001' }
const WISH = JSON.stringify({ dropId: DROP_ID })

function createWorld(handlers: Partial<PushHandlers> = {}) {
  const done: unknown[] = []
  const app = createPushServer({
    recognise: recogniseSignature([SECRET], () => NOW),
    handlers: {
      drawCard: async (input) => {
        done.push(input)
        return PLACE
      },
      drawCase: async (input) => {
        done.push(input)
        return { threadId: null, posted: 1 }
      },
      notify: async (input) => {
        done.push(input)
        return { delivery: 'dm' }
      },
      drawLive: async (input) => {
        done.push(input)
        return PLACE
      },
      setRoles: async (input) => {
        done.push(input)
        return {}
      },
      callOperators: async (input) => {
        done.push(input)
        return { posted: true }
      },
      ...handlers,
    },
    ready: () => false,
    log: pino({ level: 'silent' }),
    telemetry: NO_TELEMETRY,
  })
  const push = (path: string, body: string, signature = signPush(SECRET, body, NOW)) =>
    app.request(path, { method: 'POST', body, headers: { [SIGNATURE_HEADER]: signature } })
  return { app, done, push }
}

test('a signed push is done and answered with what came of it', async () => {
  const { push, done } = createWorld()
  const drawn = await push(PUSHES.drawCard.path, WISH)
  assert.deepEqual([drawn.status, await drawn.json()], [200, PLACE])
  const told = await push(PUSHES.notify.path, JSON.stringify(sampleNotice()))
  assert.deepEqual([told.status, await told.json()], [200, { delivery: 'dm' }])
  assert.deepEqual(done, [{ dropId: DROP_ID }, sampleNotice()])
})

test('a wrong, old or missing signature does nothing', async () => {
  const { push, done, app } = createWorld()
  const wrong = [
    signPush('another secret here', WISH, NOW),
    signPush(SECRET, `${WISH} `, NOW),
    signPush(SECRET, WISH, NOW - 6 * 60_000),
    'nonsense',
  ]
  for (const signature of wrong) assert.equal((await push(PUSHES.drawCard.path, WISH, signature)).status, 401)
  assert.equal((await app.request(PUSHES.drawCard.path, { method: 'POST', body: WISH })).status, 401)
  assert.deepEqual(done, [])
})

test('a body that is too large or of another shape is refused', async () => {
  const { push, done } = createWorld()
  assert.equal((await push(PUSHES.drawCard.path, 'x'.repeat(64 * 1024 + 1))).status, 413)
  for (const body of ['', '{', '{}', '{"dropId":"drp_1"}']) {
    assert.equal((await push(PUSHES.drawCard.path, body)).status, 400)
  }
  assert.deepEqual(done, [])
})

test('a push that was not done is no success, so core sends it again', async () => {
  const cases = [
    [new Error('Discord is away'), 503],
    [new AppError('drop_not_found'), 404],
    [new AppError('unavailable'), 503],
  ] as const
  for (const [error, status] of cases) {
    const { push } = createWorld({ drawCard: () => Promise.reject(error) })
    assert.equal((await push(PUSHES.drawCard.path, WISH)).status, status)
  }
})

test('the bot is alive before it is ready', async () => {
  const { app } = createWorld()
  assert.equal((await app.request('/livez')).status, 200)
  assert.equal((await app.request('/readyz')).status, 503)
  assert.equal((await app.request('/')).status, 404)
})
