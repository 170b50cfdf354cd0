import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { API } from '@discordjs/core/http-only'
import { DiscordAPIError, REST } from '@discordjs/rest'
import {
  type APIInteraction,
  type APIInteractionResponse,
  InteractionResponseType,
  InteractionType,
} from 'discord-api-types/v10'
import { Hono } from 'hono'
import { APPLICATION, CHANNELS, GUILD, PEOPLE } from '../cast.ts'
import { createDiscordKey } from '../discord-key.ts'
import type { ActResult, World } from '../people.ts'
import { openState } from '../state.ts'
import { startLocalDiscord } from './start.ts'

const { poppy } = PEOPLE
const PONG = { type: InteractionResponseType.Pong }
const HELLO: APIInteractionResponse = {
  type: InteractionResponseType.ChannelMessageWithSource,
  data: { content: 'Hello', flags: 64 },
}

interface Heard {
  readonly interaction: APIInteraction
  readonly headers: IncomingHttpHeaders
  readonly isSigned: boolean
}
type Answer = (heard: Heard, response: ServerResponse) => void

/** What an app has to do: check, and say PONG to a PING. */
const careful: Answer = ({ interaction, isSigned }, response) => {
  if (!isSigned) response.writeHead(401).end()
  else say(response, interaction.type === InteractionType.Ping ? PONG : HELLO)
}

function say(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** A local Discord with one command, and an app at an address that answers as the test wants. */
async function startWorld(t: TestContext) {
  const said: string[] = []
  const state = openState(null)
  const discord = await startLocalDiscord({
    host: '127.0.0.1',
    port: 0,
    keySeed: 'seed',
    state,
    clock: Date.now,
    log: (line) => said.push(line),
  })
  const spki = Buffer.concat([
    Buffer.from('302a300506032b6570032100', 'hex'),
    Buffer.from(discord.publicKey, 'hex'),
  ])
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
  const heard: Heard[] = []
  let answer = careful
  const app = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    const signature = Buffer.from(String(request.headers['x-signature-ed25519']), 'hex')
    const timestamp = Buffer.from(String(request.headers['x-signature-timestamp']))
    const one: Heard = {
      interaction: JSON.parse(body.toString()) as APIInteraction,
      headers: request.headers,
      isSigned: verify(null, Buffer.concat([timestamp, body]), key, signature),
    }
    heard.push(one)
    answer(one, response)
  })
  app.listen(0, '127.0.0.1')
  await once(app, 'listening')
  const rest = new REST({ api: discord.url, version: '10', retries: 0 }).setToken('bot-token')
  const page = new Hono().route('/', discord.people)
  t.after(async () => {
    await discord.close()
    state.close()
    app.close()
    app.closeAllConnections()
    rest.clearHashSweeper()
    rest.clearHandlerSweeper()
  })
  const api = new API(rest)
  await api.applicationCommands.bulkOverwriteGuildCommands(APPLICATION.id, GUILD.id, [
    { name: 'c500', description: 'The collective' },
  ])
  const url = `http://127.0.0.1:${(app.address() as AddressInfo).port}/interactions`
  return {
    api,
    url,
    said,
    heard,
    discord,
    answerWith: (next: Answer) => {
      answer = next
    },
    point: (to: string | null) => api.applications.editCurrent({ interactions_endpoint_url: to }),
    async command(): Promise<ActResult> {
      const act = { as: poppy.id, channelId: CHANNELS.drops.id, path: ['c500'], options: {} }
      const response = await page.request('/people/command', {
        method: 'POST',
        body: JSON.stringify(act),
        headers: { 'content-type': 'application/json' },
      })
      return (await response.json()) as ActResult
    },
    isOnline: async () => ((await (await page.request('/people/world')).json()) as World).bot.online,
  }
}

test('the same seed makes the same key, another seed another', () => {
  const { publicKey } = createDiscordKey('one')
  assert.match(publicKey, /^[0-9a-f]{64}$/)
  assert.equal(createDiscordKey('one').publicKey, publicKey)
  assert.notEqual(createDiscordKey('two').publicKey, publicKey)
})

test('an address is visited with a ping and with a wrong signature before it is taken', async (t) => {
  const { api, point, url, heard, discord, isOnline } = await startWorld(t)
  assert.equal(await isOnline(), false)
  const before = await api.applications.getCurrent()
  assert.equal(before.verify_key, discord.publicKey)
  assert.equal(before.interactions_endpoint_url, null)

  const after = await point(url)
  assert.equal(after.interactions_endpoint_url, url)
  assert.deepEqual(
    heard.map(({ interaction, isSigned }) => [interaction.type, isSigned]),
    [
      [InteractionType.Ping, true],
      [InteractionType.Ping, false],
    ],
  )
  assert.equal(await isOnline(), true)
  await point(null)
  assert.equal((await api.applications.getCurrent()).interactions_endpoint_url, null)
  assert.equal(await isOnline(), false)
})

test('an address that answers either visit wrongly is not taken', async (t) => {
  const { api, point, url, answerWith } = await startWorld(t)
  const wrong: readonly Answer[] = [
    (_heard, response) => say(response, PONG),
    (_heard, response) => response.writeHead(401).end(),
    ({ isSigned }, response) => (isSigned ? say(response, HELLO) : response.writeHead(401).end()),
    ({ isSigned }, response) => (isSigned ? say(response, PONG) : response.writeHead(500).end()),
    ({ isSigned }, response) => (isSigned ? response.end('pong') : response.writeHead(401).end()),
    (_heard, response) => response.destroy(),
  ]
  for (const answer of wrong) {
    answerWith(answer)
    await assert.rejects(point(url), (error) => {
      assert.ok(error instanceof DiscordAPIError)
      assert.deepEqual([error.status, error.code], [400, 50035])
      assert.match(error.message, /APPLICATION_INTERACTIONS_ENDPOINT_URL_INVALID/)
      return true
    })
  }
  await assert.rejects(point('no address'), { code: 50035 })
  assert.equal((await api.applications.getCurrent()).interactions_endpoint_url, null)
})

test('an interaction is posted, signed, and its answer is in the response', async (t) => {
  const { point, url, heard, command, said } = await startWorld(t)
  await point(url)
  const result = await command()
  assert.ok(result.result === 'message')
  assert.deepEqual([result.message.content, result.message.onlyFor], ['Hello', poppy.id])
  const last = heard.at(-1)
  assert.equal(last?.isSigned, true)
  assert.ok(last.interaction.type === InteractionType.ApplicationCommand)
  assert.equal(last.interaction.member?.user.id, poppy.id)
  assert.match(String(last.headers['content-type']), /^application\/json/)
  assert.deepEqual(said, [])
})

test('an app may say 202 and answer at the callback, and go on after an answer in the response', async (t) => {
  const { api, point, url, command, answerWith } = await startWorld(t)
  await point(url)
  answerWith(({ interaction }, response) => {
    response.writeHead(202).end()
    void api.interactions.reply(interaction.id, interaction.token, { content: 'Later', flags: 64 })
  })
  const later = await command()
  assert.ok(later.result === 'message')
  assert.equal(later.message.content, 'Later')

  const token = Promise.withResolvers<string>()
  answerWith(({ interaction }, response) => {
    say(response, { type: InteractionResponseType.DeferredChannelMessageWithSource, data: { flags: 64 } })
    token.resolve(interaction.token)
  })
  assert.equal((await command()).result, 'deferred')
  const edited = await api.interactions.editReply(APPLICATION.id, await token.promise, { content: 'Done' })
  assert.equal(edited.content, 'Done')
})

test('an answer that Discord cannot use fails at once, and the log says why', async (t) => {
  const { point, url, command, answerWith, said } = await startWorld(t)
  await point(url)
  const wrong: readonly (readonly [Answer, RegExp])[] = [
    [(_heard, response) => response.writeHead(500).end(), /answered 500/],
    [(_heard, response) => response.writeHead(401).end(), /answered 401/],
    [(_heard, response) => response.end('{"type":4}'), /not JSON/],
    [(_heard, response) => say(response, { type: InteractionResponseType.Pong }), /not allowed/],
    [(_heard, response) => say(response, { type: 4, data: { content: 'x'.repeat(2_001) } }), /2000/],
    [(_heard, response) => response.destroy(), /socket|closed|ECONNRESET/i],
  ]
  for (const [answer, reason] of wrong) {
    answerWith(answer)
    assert.deepEqual(await command(), { result: 'failed', reason: 'The application did not respond' })
    assert.match(said.pop() ?? '', reason)
  }
})

test('an app that takes longer than three seconds did not respond', async (t) => {
  const { point, url, command, answerWith } = await startWorld(t)
  await point(url)
  const asked = Promise.withResolvers<ServerResponse>()
  answerWith((_heard, response) => asked.resolve(response))
  assert.deepEqual(await command(), { result: 'failed', reason: 'The application did not respond' })
  say(await asked.promise, HELLO)
})
