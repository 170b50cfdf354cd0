import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConfig } from './config.ts'

const good = {
  WEB_URL: 'https://c500.store/',
  BOT_URL: 'http://127.0.0.1:8503',
  TOKEN_BOT: 'b'.repeat(32),
  TOKEN_WEB: 'w'.repeat(32),
  BOT_PUSH_SECRET: 'p'.repeat(32),
  LINK_SECRET: 'l'.repeat(32),
  STRIPE_SECRET_KEY: 'sk_test_1',
  STRIPE_WEBHOOK_SECRET: 'whsec_1',
  STRIPE_CONNECT_WEBHOOK_SECRET: 'whsec_2',
}

test('a complete environment is read with sensible defaults', () => {
  const config = parseConfig(good)
  assert.equal(config.webUrl, 'https://c500.store')
  assert.equal(config.host, '127.0.0.1')
  assert.equal(config.holdMs, 30 * 60_000)
  assert.equal(config.feeBps, 500)
  assert.deepEqual(config.stripe.paymentMethods, ['card'])
})

test('every problem is told at once, by name, and no value is repeated', () => {
  const bad = {
    ...good,
    WEB_URL: 'nonsense',
    TOKEN_BOT: 'short-secret',
    LINK_SECRET: '',
    FEE_BPS: '9999',
    PAYMENT_METHODS: 'Visa',
  }
  assert.throws(
    () => parseConfig(bad),
    (error: Error) => {
      for (const name of ['WEB_URL', 'TOKEN_BOT', 'LINK_SECRET: is not set', 'FEE_BPS', 'PAYMENT_METHODS'])
        assert.match(error.message, new RegExp(name))
      assert.doesNotMatch(error.message, /short-secret|nonsense/)
      return true
    },
  )
})

test('what Stripe allows is divided by the cores that may run at once, even below one call a second', () => {
  const perCore = (env: object) => parseConfig({ ...good, ...env }).stripe.requestsPerSecond
  assert.equal(perCore({}), 20)
  assert.equal(perCore({ MAX_INSTANCES: '4' }), 5)
  assert.equal(perCore({ STRIPE_REQUESTS_PER_SECOND: '12', MAX_INSTANCES: '24' }), 0.5)
})

test('pictures lie in the data folder, or in a bucket that has a name', () => {
  assert.deepEqual(parseConfig(good).media, { driver: 'files', dir: './data/core/media' })
  assert.throws(() => parseConfig({ ...good, MEDIA: 'gcs' }), /MEDIA_BUCKET: must be set/)
  assert.deepEqual(parseConfig({ ...good, MEDIA: 'gcs', MEDIA_BUCKET: 'pictures' }).media, {
    driver: 'gcs',
    bucket: 'pictures',
    apiBase: undefined,
  })
})

test('Firestore needs a project, and its emulator no live key', () => {
  assert.equal(parseConfig(good).store.driver, 'sqlite')
  const cloud = { ...good, STORE: 'firestore', GOOGLE_CLOUD_PROJECT: 'c500' }
  const patienceMs = 5_000
  assert.deepEqual(parseConfig(cloud).store, { driver: 'firestore', patienceMs, projectId: 'c500' })
  const local = { ...cloud, FIRESTORE_DATABASE: 'shop', FIRESTORE_EMULATOR_HOST: '127.0.0.1:8080' }
  assert.deepEqual(parseConfig(local).store, {
    driver: 'firestore',
    patienceMs,
    projectId: 'c500',
    databaseId: 'shop',
    emulatorHost: '127.0.0.1:8080',
  })
  assert.throws(() => parseConfig({ ...good, STORE: 'firestore' }), /GOOGLE_CLOUD_PROJECT/)
  assert.throws(() => parseConfig({ ...local, STRIPE_SECRET_KEY: 'sk_live_1' }), /FIRESTORE_EMULATOR_HOST/)
  assert.throws(() => parseConfig({ ...local, FIRESTORE_EMULATOR_HOST: 'here' }), /FIRESTORE_EMULATOR_HOST/)
})

test('a live key beside a local Stripe is refused', () => {
  const mixed = { ...good, STRIPE_SECRET_KEY: 'sk_live_1', STRIPE_API_BASE: 'http://127.0.0.1:8511' }
  assert.throws(() => parseConfig(mixed), /STRIPE_SECRET_KEY.*STRIPE_API_BASE/s)
})

test('two secrets of a caller are good while one takes over from the other', () => {
  const { services } = parseConfig({ ...good, TOKEN_BOT_PREVIOUS: 'o'.repeat(32) }).secrets
  assert.deepEqual(services.kind === 'bearer' && services.tokens, {
    bot: ['b'.repeat(32), 'o'.repeat(32)],
    web: ['w'.repeat(32)],
  })
})

test('with Google no shared secret is needed, and every problem is still told at once', () => {
  const { TOKEN_BOT: _bot, TOKEN_WEB: _web, BOT_PUSH_SECRET: _push, ...others } = good
  const google = {
    ...others,
    SERVICE_AUTH: 'google',
    SERVICE_AUDIENCE: 'https://core.example/',
    SERVICE_ACCOUNT_BOT: 'bot@c500.iam.gserviceaccount.com',
    SERVICE_ACCOUNT_WEB: 'web@c500.iam.gserviceaccount.com',
  }
  assert.deepEqual(parseConfig(google).secrets.services, {
    kind: 'google',
    audience: 'https://core.example',
    accounts: { bot: google.SERVICE_ACCOUNT_BOT, web: google.SERVICE_ACCOUNT_WEB },
  })
  assert.throws(
    () => parseConfig({ ...google, SERVICE_ACCOUNT_BOT: '', LINK_SECRET: '' }),
    (error: Error) => {
      for (const name of ['SERVICE_ACCOUNT_BOT', 'LINK_SECRET'])
        assert.match(error.message, new RegExp(`${name}: is not set`))
      return true
    },
  )
  assert.throws(() => parseConfig({ ...good, SERVICE_AUTH: 'none' }), /SERVICE_AUTH/)
})

test('no two callers may have one secret, old or new', () => {
  assert.throws(() => parseConfig({ ...good, TOKEN_WEB: good.TOKEN_BOT }), /SERVICE_AUTH: every caller/)
  assert.throws(
    () => parseConfig({ ...good, TOKEN_WEB_PREVIOUS: good.TOKEN_BOT }),
    /SERVICE_AUTH: every caller/,
  )
})
