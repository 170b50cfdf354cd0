import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { createAdaptorServer } from '@hono/node-server'
import { type APIInteraction, InteractionResponseType } from 'discord-api-types/v10'
import { pino } from 'pino'
import type { Discord } from './discord.ts'
import { createInteractionEndpoint } from './interaction-endpoint.ts'
import type { Reply } from './interactions/visit.ts'
import { say } from './replies/message.ts'
import { command, press } from './testing/samples.ts'
import { createWork } from './work.ts'

const KEYS = generateKeyPairSync('ed25519')
const HELD: Reply = { first: { type: InteractionResponseType.DeferredMessageUpdate } }
/** One second after the sample interactions were made. */
const NOW = timeOf(command('help')) + 1_000

function timeOf(interaction: APIInteraction): number {
  return Number(BigInt(interaction.id) >> 22n) + 1_420_070_400_000
}

/** The headers of Discord's signature. */
function signed(body: string | Uint8Array, seconds = Math.floor(NOW / 1_000), key = KEYS.privateKey) {
  const signature = sign(null, Buffer.concat([Buffer.from(String(seconds)), Buffer.from(body)]), key)
  return {
    'content-type': 'application/json',
    'x-signature-ed25519': signature.toString('hex'),
    'x-signature-timestamp': String(seconds),
  }
}

async function startEndpoint(
  t: TestContext,
  options: {
    readonly handle?: (interaction: APIInteraction, budgetMs: number) => Promise<Reply>
    readonly discord?: Partial<Discord>
    readonly now?: number
  } = {},
) {
  const handled: { id: string; budgetMs: number }[] = []
  const log: string[] = []
  const work = createWork()
  const { fetch: answer } = createInteractionEndpoint({
    publicKey: KEYS.publicKey,
    mostBudgetMs: 1_800,
    handle: async (interaction, budgetMs) => {
      handled.push({ id: interaction.id, budgetMs })
      return options.handle ? options.handle(interaction, budgetMs) : HELD
    },
    // Only what a test gives is called.
    discord: { ...options.discord } as Discord,
    work,
    log: pino({ level: 'warn' }, { write: (line: string) => void log.push(line) }),
    now: () => options.now ?? NOW,
  })
  const server = createAdaptorServer({ fetch: answer })
  const ended = Promise.withResolvers<void>()
  server.on('request', (_request: IncomingMessage, response: ServerResponse) => {
    response.once('close', ended.resolve)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    if ('closeAllConnections' in server) server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  return {
    port,
    handled,
    log,
    work,
    /** The first request is over for the server, answered or not. */
    over: ended.promise,
    post: (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string>) =>
      fetch(`http://127.0.0.1:${port}/interactions`, { method: 'POST', body, headers }),
  }
}

test('a signed interaction is answered in the response, a ping with a pong', async (t) => {
  const { post, handled } = await startEndpoint(t)
  const help = command('help')
  const body = JSON.stringify(help)
  const answered = await post(body, signed(body))
  assert.equal(answered.status, 200)
  assert.match(answered.headers.get('content-type') ?? '', /^application\/json/)
  assert.deepEqual(await answered.json(), HELD.first)
  assert.deepEqual(
    handled.map(({ id }) => id),
    [help.id],
  )
  const ping = '{"type":1}'
  assert.deepEqual(await (await post(ping, signed(ping))).json(), { type: InteractionResponseType.Pong })
})

test('nothing but what Discord signed, just now, is answered', async (t) => {
  const { post, handled } = await startEndpoint(t)
  const body = JSON.stringify(command('help'))
  const good = signed(body)
  const { 'x-signature-ed25519': signature, 'x-signature-timestamp': timestamp } = good
  const seconds = Number(timestamp)
  const without = (name: keyof typeof good) =>
    Object.fromEntries(Object.entries(good).filter(([header]) => header !== name))
  const wrong: readonly Record<string, string>[] = [
    {},
    without('x-signature-ed25519'),
    without('x-signature-timestamp'),
    { ...good, 'x-signature-ed25519': '' },
    { ...good, 'x-signature-ed25519': 'not hexadecimal' },
    { ...good, 'x-signature-ed25519': signature.slice(2) },
    { ...good, 'x-signature-ed25519': `${signature}00` },
    { ...good, 'x-signature-ed25519': '0'.repeat(128) },
    { ...good, 'x-signature-ed25519': signature.replace(/^../, (two) => (two === '00' ? '01' : '00')) },
    { ...good, 'x-signature-timestamp': String(seconds + 1) },
    { ...good, 'x-signature-timestamp': 'yesterday' },
    { ...good, 'x-signature-timestamp': `${timestamp} `.padStart(40, '0').trim() },
    signed(`${body} `),
    signed(body, seconds, generateKeyPairSync('ed25519').privateKey),
    // Kept by somebody and sent again later, or made for later.
    signed(body, seconds - 301),
    signed(body, seconds + 302),
  ]
  for (const headers of wrong) {
    const refused = await post(body, headers)
    assert.equal(refused.status, 401, JSON.stringify(headers))
    assert.match(await refused.text(), /Discord did not sign this/)
  }
  assert.deepEqual(handled, [])
  assert.equal((await post(body, signed(body, seconds - 298))).status, 200)
})

test('what is signed but no interaction is refused in a sentence', async (t) => {
  const { post, handled } = await startEndpoint(t)
  const help = command('help')
  const { member: _member, user: _user, ...nobody } = help as APIInteraction & Record<string, unknown>
  const strange: readonly (string | Uint8Array<ArrayBuffer>)[] = [
    '',
    'null',
    '[]',
    '"hello"',
    '{',
    JSON.stringify(help).slice(0, 200),
    new Uint8Array([0xff, 0xfe, 0x00]),
    JSON.stringify({ ...help, type: 99 }),
    JSON.stringify({ ...help, type: '2' }),
    JSON.stringify({ ...help, id: 'one' }),
    JSON.stringify({ ...help, token: '' }),
    JSON.stringify({ ...help, data: undefined }),
    JSON.stringify(nobody),
  ]
  for (const body of strange) {
    const refused = await post(body, signed(body))
    assert.equal(refused.status, 400, String(body).slice(0, 60))
    assert.match(await refused.text(), /no interaction that the bot knows/)
  }
  assert.deepEqual(handled, [])
})

test('the content type changes nothing, since the signature is over the bytes', async (t) => {
  const { post } = await startEndpoint(t)
  const body = JSON.stringify(command('help'))
  for (const type of ['text/plain', 'multipart/form-data', 'application/x-www-form-urlencoded']) {
    assert.equal((await post(body, { ...signed(body), 'content-type': type })).status, 200, type)
  }
})

test('a body that is too large is refused, announced or not', async (t) => {
  const { port, post, handled } = await startEndpoint(t)
  const body = JSON.stringify({ ...command('help'), more: 'x'.repeat(1024 * 1024) })
  assert.equal((await post(body, signed(body))).status, 413)
  const streamed = await fetch(`http://127.0.0.1:${port}/interactions`, {
    method: 'POST',
    body: new Blob([body]).stream(),
    headers: signed(body),
    duplex: 'half',
  })
  assert.equal(streamed.status, 413)
  assert.deepEqual(handled, [])
})

test('a request that ends early harms nobody', async (t) => {
  const { port, post, handled } = await startEndpoint(t)
  const body = JSON.stringify(command('help'))
  const headers = Object.entries(signed(body)).map(([name, value]) => `${name}: ${value}\r\n`)
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  const length = `content-length: ${body.length}\r\n`
  socket.end(`POST /interactions HTTP/1.1\r\nhost: x\r\n${headers.join('')}${length}\r\n${body.slice(0, 40)}`)
  let heard = ''
  socket.on('data', (part) => {
    heard += part
  })
  await once(socket, 'close')
  assert.doesNotMatch(heard, /HTTP\/1.1 [25]/)
  assert.deepEqual(handled, [])
  assert.equal((await post(body, signed(body))).status, 200)
})

test('what follows the first answer begins when that has been sent', async (t) => {
  const order: string[] = []
  const edited = Promise.withResolvers<void>()
  const { post, work } = await startEndpoint(t, {
    handle: async () => ({
      ...HELD,
      async after(io) {
        order.push('after')
        await edited.promise
        await io.editAnswer(say('Done'))
      },
    }),
    discord: { editAnswer: async () => void order.push('edited') },
  })
  const body = JSON.stringify(command('help'))
  const response = await post(body, signed(body))
  assert.deepEqual(await response.json(), HELD.first)
  order.push('answered')
  edited.resolve()
  await work.idle()
  assert.deepEqual(order.toSorted(), ['after', 'answered', 'edited'])
  assert.equal(order.at(-1), 'edited')
})

test('nothing follows an answer that Discord did not wait for', async (t) => {
  const asked = Promise.withResolvers<void>()
  const slow = Promise.withResolvers<void>()
  const { port, work, log, over } = await startEndpoint(t, {
    handle: async () => {
      asked.resolve()
      await slow.promise
      return { ...HELD, after: async () => assert.fail('too late') }
    },
  })
  const body = JSON.stringify(command('help'))
  const hangUp = new AbortController()
  const request = fetch(`http://127.0.0.1:${port}/interactions`, {
    method: 'POST',
    body,
    headers: signed(body),
    signal: hangUp.signal,
  })
  await asked.promise
  hangUp.abort()
  await assert.rejects(request)
  await over
  slow.resolve()
  await work.idle()
  assert.match(log.join(''), /came too late for Discord/)
})

test('the time that a start took is taken off the time for core', async (t) => {
  const click = press('v1:buy:drp_1')
  const budgets: number[] = []
  for (const lateMs of [0, 1_500, 2_400, 60_000]) {
    const now = timeOf(click) + lateMs
    const { post, handled } = await startEndpoint(t, { now })
    const body = JSON.stringify(click)
    await post(body, signed(body, Math.floor(now / 1_000)))
    budgets.push(...handled.map(({ budgetMs }) => budgetMs))
  }
  assert.deepEqual(budgets, [1_800, 1_000, 250, 250])
})

test('a fault of ours is told plainly, without its details', async (t) => {
  const { post, log } = await startEndpoint(t, { handle: () => Promise.reject(new Error('secret-token')) })
  const body = JSON.stringify(command('help'))
  const response = await post(body, signed(body))
  assert.equal(response.status, 500)
  assert.doesNotMatch(await response.text(), /secret-token/)
  assert.match(log.join(''), /could not be answered/)
})
