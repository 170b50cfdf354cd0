import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { parseConfig } from './config.ts'

const GOOD = {
  DISCORD_TOKEN: 'token',
  DISCORD_GUILD_ID: '100000000000000001',
  DROPS_CHANNEL_ID: '100000000000000010',
  CORE_URL: 'http://127.0.0.1:8502/',
  CORE_TOKEN: 'core',
  PUSH_SECRET: 'sixteen characters',
  WEB_URL: 'http://127.0.0.1:8501',
}

test('the least configuration talks to the real Discord and listens on loopback', () => {
  const config = parseConfig({ ...GOOD, DISCORD_API_BASE: '' })
  assert.equal(config.discordApi, 'https://discord.com/api')
  assert.equal(config.host, '127.0.0.1')
  assert.equal(config.port, 8503)
  assert.equal(config.coreUrl, 'http://127.0.0.1:8502')
})

test('every problem is told at once by its name', () => {
  assert.throws(
    () =>
      parseConfig({ ...GOOD, PORT: 'many', CORE_TOKEN: '', DISCORD_GUILD_ID: 'here', PUSH_SECRET: 'short' }),
    (error: Error) => {
      for (const name of ['PORT', 'CORE_TOKEN: is missing', 'DISCORD_GUILD_ID', 'PUSH_SECRET']) {
        assert.match(error.message, new RegExp(name))
      }
      assert.doesNotMatch(error.message, /short/)
      return true
    },
  )
})

test('interactions come over the gateway unless told, and over HTTP only with a key to check them', () => {
  assert.deepEqual(parseConfig(GOOD).transport, { kind: 'gateway' })
  const http = { ...GOOD, BOT_TRANSPORT: 'http' }
  assert.throws(() => parseConfig({ ...http, PORT: 'many' }), /PORT[\s\S]*DISCORD_PUBLIC_KEY: is missing/)
  assert.throws(() => parseConfig({ ...http, DISCORD_PUBLIC_KEY: 'abc' }), /64 hexadecimal digits/)
  assert.throws(() => parseConfig({ ...GOOD, BOT_TRANSPORT: 'pigeon' }), /BOT_TRANSPORT/)
  const { transport } = parseConfig({ ...http, DISCORD_PUBLIC_KEY: 'aB'.repeat(32) })
  assert.ok(transport.kind === 'http')
  assert.equal(transport.publicKey.asymmetricKeyType, 'ed25519')
})

test('the example file names exactly the variables that are read', async () => {
  const example = await readFile(new URL('.env.example', import.meta.url), 'utf8')
  const named = [...example.matchAll(/^([A-Z_]+)=/gm)].map((match) => match[1])
  const source = await readFile(new URL('config.ts', import.meta.url), 'utf8')
  const read = new Set([...source.matchAll(/^ +([A-Z_]+): /gm)].map((match) => match[1]))
  assert.deepEqual(named.toSorted(), [...read].toSorted())
})
