import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConfig } from './config.ts'

test('only the stand-ins that have a port are started, and the page only beside the local Discord', () => {
  assert.deepEqual(parseConfig({ LOCAL_STRIPE_PORT: '0', LOCAL_DISCORD_PORT: ' ' }), {
    host: '127.0.0.1',
    dataDir: null,
    discord: null,
    stripe: { port: 0, webhooks: [] },
    twitch: null,
    page: null,
  })
  const { discord, page } = parseConfig({
    LOCAL_DISCORD_PORT: '8510',
    LOCAL_DISCORD_KEY_SEED: 'seed',
    WEB_URL: 'http://127.0.0.1:9501/',
  })
  assert.deepEqual(
    [discord, page],
    [
      {
        port: 8510,
        keySeed: 'seed',
        login: {
          clientSecret: 'secret-of-the-local-discord',
          redirectUris: ['http://127.0.0.1:9501/login/return'],
        },
      },
      { port: 8500, webUrl: 'http://127.0.0.1:9501' },
    ],
  )
})

test("the local Stripe sends the platform's and the connected accounts' events to core, each signed for itself", () => {
  const { stripe } = parseConfig({
    LOCAL_STRIPE_PORT: '8511',
    CORE_URL: 'http://127.0.0.1:9502',
    STRIPE_WEBHOOK_SECRET: 'whsec_1',
    STRIPE_CONNECT_WEBHOOK_SECRET: 'whsec_2',
  })
  assert.deepEqual(stripe?.webhooks, [
    { url: 'http://127.0.0.1:9502/webhooks/stripe', secret: 'whsec_1', connect: false },
    { url: 'http://127.0.0.1:9502/webhooks/stripe-connect', secret: 'whsec_2', connect: true },
  ])
})

test('every variable with a problem is named at once', () => {
  assert.throws(
    () => parseConfig({ LOCAL_STRIPE_PORT: 'x', SANDBOX_PORT: '70000', WEB_URL: 'nowhere' }),
    (error) => {
      assert.match(String(error), /SANDBOX_PORT[\s\S]*LOCAL_STRIPE_PORT[\s\S]*WEB_URL/)
      return true
    },
  )
})
