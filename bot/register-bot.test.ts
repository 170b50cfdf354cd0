import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { GUILD } from '../sandbox/cast.ts'
import { startLocalDiscord } from '../sandbox/discord/start.ts'
import { openState } from '../sandbox/state.ts'
import { parseConfig } from './config.ts'
import { registerBot } from './register-bot.ts'
import { startBot } from './start.ts'

/** A local Discord, and the configuration of a bot for it. */
async function startDiscord(t: TestContext) {
  const state = openState(null)
  const discord = await startLocalDiscord({
    host: '127.0.0.1',
    port: 0,
    state,
    clock: Date.now,
    log: () => {},
  })
  t.after(async () => {
    await discord.close()
    state.close()
  })
  const configWith = (env: Record<string, string>) =>
    parseConfig({
      PORT: '0',
      DISCORD_TOKEN: 'a.local.token',
      DISCORD_GUILD_ID: GUILD.id,
      DROPS_CHANNEL_ID: '100000000000000010',
      DISCORD_API_BASE: discord.url,
      DISCORD_PUBLIC_KEY: discord.publicKey,
      CORE_URL: 'http://127.0.0.1:9',
      CORE_TOKEN: 'core',
      PUSH_SECRET: 'sixteen characters',
      WEB_URL: 'http://127.0.0.1:8501',
      LOG_LEVEL: 'silent',
      ...env,
    })
  const commands = async () => {
    const world = await (await discord.people.request('/people/world')).json()
    return (world as { commands: { name: string }[] }).commands.map(({ name }) => name)
  }
  return { commands, gateway: configWith({}), http: configWith({ BOT_TRANSPORT: 'http' }), configWith }
}

test('over HTTP a start asks nothing of Discord; registering brings the commands and the address', async (t) => {
  const { commands, http } = await startDiscord(t)
  const bot = await startBot({ ...http, discordApi: 'http://127.0.0.1:9' })
  t.after(() => bot.close())
  assert.equal((await fetch(`${bot.url}/readyz`)).status, 200)
  assert.deepEqual(await commands(), [])

  const endpoint = `${bot.url}/interactions`
  assert.deepEqual(await registerBot(http, null), { wroteCommands: true, endpoint: null })
  assert.deepEqual(await registerBot(http, endpoint), { wroteCommands: false, endpoint })
  assert.deepEqual(await registerBot(http, null), { wroteCommands: false, endpoint })
  assert.deepEqual(await commands(), ['c500', 'c500-operator'])
})

test('going back to the gateway takes the address away, which would keep everything from it', async (t) => {
  const { gateway, http } = await startDiscord(t)
  const bot = await startBot(http)
  t.after(() => bot.close())
  await registerBot(http, `${bot.url}/interactions`)
  assert.deepEqual(await registerBot(gateway, null), { wroteCommands: false, endpoint: null })
  assert.deepEqual(await registerBot(http, null), { wroteCommands: false, endpoint: null })
  await assert.rejects(registerBot(gateway, `${bot.url}/interactions`), /BOT_TRANSPORT=http/)
})

test('a wrong key or an address that is not the bot is told in a sentence', async (t) => {
  const { http, configWith } = await startDiscord(t)
  const other = configWith({ BOT_TRANSPORT: 'http', DISCORD_PUBLIC_KEY: 'ab'.repeat(32) })
  await assert.rejects(
    registerBot(other, null),
    /DISCORD_PUBLIC_KEY is not the key of this bot's application/,
  )

  const stranger = createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1')
  await once(stranger, 'listening')
  t.after(() => stranger.close())
  const { port } = stranger.address() as AddressInfo
  await assert.rejects(registerBot(http, `http://127.0.0.1:${port}/interactions`), /could not be verified/)

  // The bot itself, but with another application's key: it takes Discord for a stranger.
  const bot = await startBot(other)
  t.after(() => bot.close())
  await assert.rejects(registerBot(http, `${bot.url}/interactions`), /could not be verified/)
})
