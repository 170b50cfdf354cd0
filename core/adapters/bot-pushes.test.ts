import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SIGNATURE_HEADER, verifyPush } from '#contract'
import { signature } from '../../runtime/caller-auth.ts'
import { createBotPushes } from './bot-pushes.ts'

const NOW = 1_800_000_000_000
const DROP = { dropId: 'drp_01jd7y5m5sf1wsp61v0zhx2e3a' }
const PLACE = { channelId: '100000000000000010', messageId: '100000000000000500' }

function pushes(answer: (request: Request) => Response | Promise<Response>) {
  return createBotPushes({
    botUrl: 'http://127.0.0.1:1',
    credentials: signature('quiet', () => NOW),
    fetch: async (input, init) => answer(new Request(input, init)),
  })
}

test('a push is signed over the exact body and answers what the bot answered', async () => {
  const place = await pushes(async (request) => {
    assert.equal(request.url, 'http://127.0.0.1:1/push/draw-card')
    const body = await request.text()
    assert.deepEqual(JSON.parse(body), DROP)
    assert.ok(verifyPush('quiet', body, request.headers.get(SIGNATURE_HEADER) ?? undefined, NOW))
    return Response.json(PLACE)
  }).push('drawCard', DROP)
  assert.deepEqual(place, PLACE)
})

test('a push that was not done is an error', async () => {
  const answers = [
    () => new Response('no', { status: 503 }),
    () => Response.json({ channelId: 'x' }),
    () => new Response('<html>'),
    () => Promise.reject(new TypeError('fetch failed')),
  ]
  for (const answer of answers) await assert.rejects(pushes(answer).push('drawCard', DROP), Error)
})
