import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { InteractionResponseType } from 'discord-api-types/v10'
import { pino } from 'pino'
import { createDiscord, createRest } from './discord.ts'

const INTERACTION = {
  id: '200000000000000001',
  token: 'secret-token',
  application_id: '100000000000000002',
}
const PONG = { type: InteractionResponseType.Pong } as const

/** A Discord that gives these answers in this order, and what it was asked. */
async function startScripted(t: TestContext, script: readonly (readonly [status: number, body: object])[]) {
  const asked: { line: string; authorization: string | undefined }[] = []
  const server = createServer((request, response) => {
    const [status, body] = script[asked.length] ?? [200, {}]
    asked.push({ line: `${request.method} ${request.url}`, authorization: request.headers.authorization })
    request.resume()
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const lines: string[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) })
  const { port } = server.address() as AddressInfo
  const rest = createRest({ api: `http://127.0.0.1:${port}/api`, token: 'bot-token', log })
  t.after(() => {
    rest.clearHashSweeper()
    rest.clearHandlerSweeper()
    server.close()
    server.closeAllConnections()
  })
  return { discord: createDiscord(rest), asked, lines }
}

test('an answer that had arrived already counts, and one that came too late does not', async (t) => {
  const { discord, asked } = await startScripted(t, [
    [400, { code: 40060, message: 'Interaction has already been acknowledged.' }],
    [404, { code: 10062, message: 'Unknown interaction' }],
    [400, { code: 50035, message: 'Invalid Form Body' }],
  ])
  assert.equal(await discord.answer(INTERACTION, PONG), true)
  assert.equal(await discord.answer(INTERACTION, PONG), false)
  await assert.rejects(discord.answer(INTERACTION, PONG), { code: 50035 })
  assert.equal(asked.length, 3)
})

test('what overtook its acknowledgement is said again, but not for ever', async (t) => {
  const unknown = [404, { code: 10015, message: 'Unknown Webhook' }] as const
  const known = [200, {}] as const
  const script = [unknown, known, unknown, unknown, known, unknown, unknown, unknown]
  const { discord, asked } = await startScripted(t, script)
  await discord.editAnswer(INTERACTION, { content: 'Held' })
  await discord.followUp(INTERACTION, { content: 'Sorry' })
  await assert.rejects(discord.editAnswer(INTERACTION, { content: 'Held' }), { code: 10015 })
  assert.equal(asked.length, script.length)
})

test('one refusal of the token is told loudly and does not end the bot', async (t) => {
  const { discord, asked, lines } = await startScripted(t, [[401, { code: 0, message: '401: Unauthorized' }]])
  await assert.rejects(discord.openDirect('100000000000000103'), { status: 401 })
  await new Promise((resolve) => setImmediate(resolve))
  await discord.openDirect('100000000000000103')
  assert.deepEqual(
    asked.map((one) => one.authorization),
    ['Bot bot-token', 'Bot bot-token'],
  )
  assert.match(lines.join(''), /refused the bot token/)
  assert.doesNotMatch(lines.join(''), /bot-token/)
})
