import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { PUSHES, REQUEST_ID_HEADER, ROUTES, SIGNATURE_HEADER, signPush } from '#contract'
import { CHANNELS, GUILD, PEOPLE } from '../sandbox/cast.ts'
import { startSandbox } from '../sandbox/start.ts'
import { freePort } from './free-port.ts'
import { createWorld } from './world.ts'

/** What Cloud Run gives between SIGTERM and SIGKILL (cloud.google.com/run/docs/container-contract). */
const GIVEN_MS = 10_000
const TOKEN = 'leaving-token-of-16'
const NOBODY = 'http://127.0.0.1:9'

/** One service as its own process, and a request to it whose body has only half arrived. */
interface Running extends AsyncDisposable {
  readonly child: ChildProcess
  readonly port: number
}

async function start(name: 'core' | 'bot' | 'web', env: Record<string, string>): Promise<Running> {
  const port = await freePort()
  const main = join(import.meta.dirname, '..', name, 'main.ts')
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main], {
    env: { PATH: process.env.PATH ?? '', PORT: String(port), LOG_LEVEL: 'silent', ...env },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const running = {
    child,
    port,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null)
    await answer?.body?.cancel()
    if (answer?.ok) return running
    assert.equal(child.exitCode, null, `${name} ended while it started`)
    await wait(20)
  }
}

/** Whatever the service is asked, it is asked slowly: everything but the last byte of the request. */
async function askHalf(
  port: number,
  request: string,
): Promise<{ socket: Socket; finish(): Promise<string> }> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(request.slice(0, -1))
  return {
    socket,
    finish() {
      socket.write(request.slice(-1))
      return text(socket)
    },
  }
}

function post(path: string, headers: Record<string, string>, body: string): string {
  const all = {
    host: 'c500',
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`
}

/** Until it takes nobody new. */
async function isClosed(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    const taken = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (!taken) return
    await wait(10)
  }
}

async function leave({ child }: Running, meanwhile: () => Promise<void>): Promise<void> {
  const ended = once(child, 'exit')
  const began = performance.now()
  child.kill('SIGTERM')
  await meanwhile()
  const [code, signal] = await ended
  assert.deepEqual([code, signal], [0, null])
  const took = performance.now() - began
  assert.ok(took < GIVEN_MS, `it took ${Math.round(took)} ms to leave`)
}

async function startCore(): Promise<{ core: Running; remove(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'c500-leaving-'))
  const core = await start('core', {
    DATA_DIR: dir,
    WEB_URL: NOBODY,
    BOT_URL: NOBODY,
    TOKEN_BOT: TOKEN,
    TOKEN_WEB: `${TOKEN}-web`,
    BOT_PUSH_SECRET: TOKEN,
    LINK_SECRET: TOKEN,
    STRIPE_SECRET_KEY: 'sk_test_leaving',
    STRIPE_WEBHOOK_SECRET: 'whsec_leaving',
    STRIPE_CONNECT_WEBHOOK_SECRET: 'whsec_leaving_too',
    STRIPE_API_BASE: NOBODY,
  })
  return { core, remove: () => rm(dir, { recursive: true, force: true }) }
}

const listDrops = () =>
  post(
    ROUTES.listDrops.path,
    { authorization: `Bearer ${TOKEN}`, [REQUEST_ID_HEADER]: 'slow-1' },
    JSON.stringify({ status: 'open', limit: 5, cursor: null }),
  )

describe('SIGTERM in the middle of a slow request: it is answered whole, and the process ends well in time', () => {
  test('core', async () => {
    const { core, remove } = await startCore()
    await using _ = core
    const slow = await askHalf(core.port, listDrops())
    await leave(core, async () => {
      await isClosed(core.port)
      const answer = await slow.finish()
      assert.match(answer, /^HTTP\/1\.1 200 [\s\S]*\r\nx-request-id: slow-1\r\n/i)
      assert.match(answer, /\r\n\r\n\{"drops":\[\],"cursor":null\}$/)
    })
    await remove()
  })

  test('web', async () => {
    const asked = Promise.withResolvers<void>()
    const held = Promise.withResolvers<void>()
    const fakeCore = createServer(async (request, response) => {
      request.resume()
      asked.resolve()
      await held.promise
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ drops: [], cursor: null }))
    })
    fakeCore.listen(0, '127.0.0.1')
    await once(fakeCore, 'listening')
    const address = fakeCore.address()
    const corePort = typeof address === 'object' && address ? address.port : 0
    try {
      await using web = await start('web', { CORE_URL: `http://127.0.0.1:${corePort}`, CORE_TOKEN: TOKEN })
      const page = fetch(`http://127.0.0.1:${web.port}/`).then((answer) => answer.text())
      await asked.promise
      await leave(web, async () => {
        await isClosed(web.port)
        held.resolve()
        assert.match(await page, /<\/html>\s*$/)
      })
    } finally {
      fakeCore.close()
      fakeCore.closeAllConnections()
    }
  })

  test('bot', async () => {
    await using running = await startBot()
    const notice = JSON.stringify({ dropId: 'drp_01jd7y5m5sf1wsp61v0zhx2e3a' })
    const headers = { [SIGNATURE_HEADER]: signPush(TOKEN, notice, Date.now()) }
    const slow = await askHalf(running.bot.port, post(PUSHES.drawCard.path, headers, notice))
    await leave(running.bot, async () => {
      await isClosed(running.bot.port)
      // Core is nobody here, so the card cannot be drawn; that it is said so is an answer.
      assert.match(await slow.finish(), /^HTTP\/1\.1 503 [\s\S]*\{"error":\{"code":"unavailable".*\}\}$/)
    })
  })
})

async function startBot(): Promise<{ readonly bot: Running } & AsyncDisposable> {
  const stack = new AsyncDisposableStack()
  const sandbox = await startSandbox({
    host: '127.0.0.1',
    dataDir: null,
    discord: { port: 0 },
    stripe: null,
    twitch: null,
    page: { port: 0, webUrl: NOBODY },
  })
  stack.defer(() => sandbox.close())
  const bot = await start('bot', {
    DISCORD_TOKEN: 'leaving.bot.token',
    DISCORD_GUILD_ID: GUILD.id,
    DROPS_CHANNEL_ID: CHANNELS.drops.id,
    DISCORD_API_BASE: sandbox.discord?.url ?? '',
    CORE_URL: NOBODY,
    CORE_TOKEN: TOKEN,
    PUSH_SECRET: TOKEN,
    WEB_URL: NOBODY,
  })
  stack.use(bot)
  return { bot, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

test('a request that never ends does not keep a service from leaving in time', async () => {
  const { core, remove } = await startCore()
  await using _core = core
  await using running = await startBot()
  await using web = await start('web', { CORE_URL: NOBODY, CORE_TOKEN: TOKEN })
  const endless = [
    await askHalf(core.port, listDrops()),
    await askHalf(running.bot.port, post(PUSHES.drawCard.path, {}, '{}')),
    await askHalf(web.port, post('/connect/start/x', {}, '{}')),
  ]
  for (const { socket } of endless) socket.on('error', () => {})
  await Promise.all([core, running.bot, web].map((service) => leave(service, async () => {})))
  await remove()
})

test('a service about to leave is not ready, and still does its work', async () => {
  await using world = await createWorld()
  for (const service of [world.core, world.bot, world.web]) {
    const status = async (path: string) => {
      const answer = await fetch(service.url + path)
      await answer.body?.cancel()
      return answer.status
    }
    assert.equal(await status('/readyz'), 200, service.url)
    service.retire()
    assert.deepEqual([await status('/readyz'), await status('/livez')], [503, 200], service.url)
  }
  const { userId, name } = { userId: PEOPLE.poppy.id, name: 'Poppy' }
  assert.ok(await world.client.profile({ person: { userId, name } }))
})
