import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDiscordKey } from '../discord-key.ts'
import { LaunchError } from './launch-error.ts'
import { type Env, planLaunch } from './plan.ts'

const SECRETS = {
  tokenBot: 'token-bot',
  tokenWeb: 'token-web',
  tokenScheduler: 'token-scheduler',
  botPushSecret: 'push-secret',
  linkSecret: 'link-secret',
  discordTokenTail: 'tail',
  discordKeySeed: 'seed',
  discordClientSecret: 'discord-secret',
  stripeSecretKey: 'sk_test_local',
  stripeWebhookSecret: 'whsec_platform',
  stripeConnectWebhookSecret: 'whsec_connect',
  stripeThinWebhookSecret: 'whsec_thin',
  twitchClientSecret: 'twitch-secret',
  twitchEventSubSecret: 'eventsub-secret',
}
const REAL_DISCORD = { DISCORD_TOKEN: 'real', DISCORD_GUILD_ID: '1', DROPS_CHANNEL_ID: '2' }
const REAL_STRIPE = { STRIPE_SECRET_KEY: 'sk_test_real', STRIPE_WEBHOOK_SECRET: 'whsec_real' }
const REAL_TWITCH = { TWITCH_CLIENT_ID: 'id', TWITCH_CLIENT_SECRET: 'secret' }

function plan(shell: Env = {}, files: { core?: Env; bot?: Env; web?: Env } = {}) {
  return planLaunch({
    shell,
    files: { core: {}, bot: {}, web: {}, ...files },
    secrets: SECRETS,
    dataDir: '/data',
  })
}

function envOf(planned: ReturnType<typeof plan>, name: string): Env {
  return planned.services.find((service) => service.name === name)?.env ?? {}
}

test('with no configuration every vendor is local and the services know each other', () => {
  const planned = plan()
  assert.deepEqual(planned.local, { discord: true, stripe: true, twitch: true })
  assert.deepEqual(
    planned.services.map((service) => service.name),
    ['sandbox', 'core', 'web', 'bot'],
  )
  assert.deepEqual(
    planned.ports.map(({ variable, port }) => `${variable}=${port}`),
    [
      'SANDBOX_PORT=8500',
      'WEB_PORT=8501',
      'CORE_PORT=8502',
      'BOT_PORT=8503',
      'LOCAL_DISCORD_PORT=8510',
      'LOCAL_STRIPE_PORT=8511',
      'LOCAL_TWITCH_PORT=8512',
    ],
  )
  const [core, bot, web, sandbox] = ['core', 'bot', 'web', 'sandbox'].map((name) => envOf(planned, name))
  assert.equal(core?.STRIPE_API_BASE, 'http://127.0.0.1:8511')
  assert.equal(core?.STRIPE_WEBHOOK_SECRET, sandbox?.STRIPE_WEBHOOK_SECRET)
  assert.equal(core?.STRIPE_CONNECT_WEBHOOK_SECRET, sandbox?.STRIPE_CONNECT_WEBHOOK_SECRET)
  assert.equal(core?.TWITCH_API_BASE, 'http://127.0.0.1:8512')
  assert.equal(core?.TWITCH_ID_BASE, 'http://127.0.0.1:8512')
  assert.equal(core?.PUBLIC_URL, 'http://127.0.0.1:8502')
  assert.equal(core?.TWITCH_CLIENT_ID, sandbox?.TWITCH_CLIENT_ID)
  assert.equal(core?.TWITCH_CLIENT_SECRET, sandbox?.TWITCH_CLIENT_SECRET)
  assert.equal(core?.DISCORD_API_BASE, 'http://127.0.0.1:8510/api')
  assert.equal(core?.DISCORD_CLIENT_SECRET, sandbox?.DISCORD_CLIENT_SECRET)
  assert.ok(bot?.LIVE_CHANNEL_ID && bot.LIVE_ROLE_ID && bot.VERIFIED_ROLE_ID)
  assert.equal(core?.TOKEN_BOT, bot?.CORE_TOKEN)
  assert.equal(core?.TOKEN_WEB, web?.CORE_TOKEN)
  assert.equal(core?.BOT_PUSH_SECRET, bot?.PUSH_SECRET)
  assert.equal(core?.PICTURE_SOURCES, 'http://127.0.0.1:8510/attachments/')
  assert.equal(bot?.DISCORD_API_BASE, 'http://127.0.0.1:8510/api')
  assert.equal(web?.DISCORD_INVITE_URL, 'http://127.0.0.1:8500')
  assert.ok(web?.OPERATOR_NAME && web.OPERATOR_CONTACT)
  assert.deepEqual([core?.DATA_DIR, sandbox?.DATA_DIR], ['/data/core', '/data/sandbox'])
  for (const { env } of planned.services) assert.equal(env.HOST, '127.0.0.1')
})

test('each service sees its own variables only', () => {
  const planned = plan({
    ...REAL_STRIPE,
    ...REAL_DISCORD,
    PATH: '/bin',
    AWS_SECRET: 'x',
    PORT: '1',
    HOST: '0.0.0.0',
  })
  assert.deepEqual(Object.keys(envOf(planned, 'bot')).sort(), [
    'CORE_TOKEN',
    'CORE_URL',
    'DISCORD_GUILD_ID',
    'DISCORD_TOKEN',
    'DROPS_CHANNEL_ID',
    'HOST',
    'PATH',
    'PORT',
    'PUSH_SECRET',
    'WEB_URL',
  ])
  assert.deepEqual(Object.keys(envOf(planned, 'web')).sort(), [
    'CORE_TOKEN',
    'CORE_URL',
    'HOST',
    'PATH',
    'PORT',
    'WEB_URL',
  ])
  assert.equal(envOf(planned, 'core').DISCORD_TOKEN, undefined)
  for (const { env } of planned.services) {
    assert.notEqual(env.PORT, '1')
    assert.equal(env.HOST, '127.0.0.1')
  }
})

test('keys may come one vendor at a time, from a file or from the shell', () => {
  const discord = plan({}, { bot: REAL_DISCORD })
  assert.deepEqual(discord.local, { discord: false, stripe: true, twitch: true })
  assert.equal(discord.urls.page, null)
  assert.equal(envOf(discord, 'bot').DISCORD_TOKEN, 'real')
  assert.equal(envOf(discord, 'bot').DISCORD_API_BASE, undefined)
  assert.equal(envOf(discord, 'sandbox').LOCAL_DISCORD_PORT, undefined)
  assert.equal(envOf(discord, 'core').PICTURE_SOURCES, undefined)

  const stripe = plan(REAL_STRIPE)
  assert.deepEqual(stripe.local, { discord: true, stripe: false, twitch: true })
  assert.equal(envOf(stripe, 'core').STRIPE_SECRET_KEY, 'sk_test_real')
  assert.equal(envOf(stripe, 'core').STRIPE_API_BASE, undefined)
  assert.ok(stripe.ports.every(({ variable }) => variable !== 'LOCAL_STRIPE_PORT'))

  const all = plan(REAL_STRIPE, { bot: REAL_DISCORD, core: REAL_TWITCH })
  assert.deepEqual(
    all.services.map((service) => service.name),
    ['core', 'web', 'bot'],
  )
  assert.equal(envOf(all, 'core').TWITCH_CLIENT_ID, 'id')
  assert.equal(envOf(all, 'core').TWITCH_API_BASE, undefined)
  const polling = plan({ ...REAL_TWITCH, TWITCH_POLL_SECONDS: '120', PUBLIC_URL: 'https://shop.example' })
  assert.equal(envOf(polling, 'core').TWITCH_POLL_SECONDS, '120')
  assert.equal(envOf(polling, 'core').PUBLIC_URL, 'https://shop.example')
  assert.equal(envOf(polling, 'sandbox').LOCAL_TWITCH_PORT, undefined)
})

test('one variable lets Discord post interactions; the local one is then told where to', () => {
  const gateway = plan()
  assert.deepEqual([gateway.register, gateway.urls.interactions], [null, null])
  assert.equal(envOf(gateway, 'bot').BOT_TRANSPORT, undefined)

  const http = plan({ BOT_TRANSPORT: 'http', BOT_PORT: '9503' })
  const address = 'http://127.0.0.1:9503/interactions'
  assert.equal(http.urls.interactions, address)
  const bot = envOf(http, 'bot')
  assert.equal(bot.BOT_TRANSPORT, 'http')
  const { publicKey } = createDiscordKey(envOf(http, 'sandbox').LOCAL_DISCORD_KEY_SEED ?? '')
  assert.equal(bot.DISCORD_PUBLIC_KEY, publicKey)
  assert.deepEqual(http.register?.args, ['--endpoint', address])
  assert.deepEqual(http.register?.env, bot)

  const real = plan({ BOT_TRANSPORT: 'http' }, { bot: { ...REAL_DISCORD, DISCORD_PUBLIC_KEY: 'theirs' } })
  assert.equal(envOf(real, 'bot').DISCORD_PUBLIC_KEY, 'theirs')
  assert.equal(real.register, null)
})

test('the shell wins over a file, and an empty variable counts as absent', () => {
  const file = { FEE_BPS: '700', HOLD_MINUTES: '60' }
  const core = envOf(plan({ FEE_BPS: '300', HOLD_MINUTES: ' ' }, { core: file }), 'core')
  assert.equal(core.FEE_BPS, '300')
  assert.equal(core.HOLD_MINUTES, '60')
  assert.equal(plan({ DISCORD_TOKEN: '' }).local.discord, true)
})

test('every port can be moved, and what is no port is named', () => {
  const moved = plan({ CORE_PORT: '9502', LOCAL_STRIPE_PORT: '9511' })
  assert.equal(envOf(moved, 'web').CORE_URL, 'http://127.0.0.1:9502')
  assert.equal(envOf(moved, 'sandbox').CORE_URL, 'http://127.0.0.1:9502')
  assert.equal(envOf(moved, 'core').STRIPE_API_BASE, 'http://127.0.0.1:9511')
  assert.throws(
    () => plan({ CORE_PORT: 'x', WEB_PORT: '70000' }),
    (error) => {
      assert.ok(error instanceof LaunchError)
      assert.match(error.message, /WEB_PORT[\s\S]*CORE_PORT/)
      return true
    },
  )
  // A port that nobody needs may be anything.
  plan({ LOCAL_STRIPE_PORT: 'x', ...REAL_STRIPE })
})

test('a live key beside a local address is refused, and both variables are named', () => {
  const live = { STRIPE_SECRET_KEY: 'sk_live_x' }
  const refusals: [Env, RegExp][] = [
    [live, /STRIPE_SECRET_KEY .*DISCORD_TOKEN/],
    [{ STRIPE_SECRET_KEY: 'rk_live_x' }, /STRIPE_SECRET_KEY .*DISCORD_TOKEN/],
    [
      { ...live, ...REAL_DISCORD, STRIPE_API_BASE: 'http://localhost:8511' },
      /STRIPE_SECRET_KEY .*STRIPE_API_BASE/,
    ],
    [{ ...live, ...REAL_DISCORD, STRIPE_API_BASE: 'http://127.1:8511' }, /STRIPE_API_BASE/],
    [{ ...live, ...REAL_DISCORD, STRIPE_API_BASE: 'http://[::1]:8511' }, /STRIPE_API_BASE/],
    [{ ...live, ...REAL_DISCORD, DISCORD_API_BASE: 'http://127.0.0.1:8510/api' }, /DISCORD_API_BASE/],
  ]
  for (const [shell, message] of refusals) {
    assert.throws(
      () => plan(shell),
      (error) => error instanceof LaunchError && message.test(error.message),
    )
  }
  assert.equal(plan({ ...live, ...REAL_DISCORD }).local.stripe, false)
})
