import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError, parseConfig } from './config.ts'

test('only the token is needed, and the rest is local', () => {
  assert.deepEqual(parseConfig({ CORE_TOKEN: 'secret', DISCORD_INVITE_URL: ' ' }), {
    host: '127.0.0.1',
    port: 8501,
    coreUrl: 'http://127.0.0.1:8502',
    publicUrl: null,
    inviteUrl: null,
    operator: null,
    log: { level: 'info', format: 'json' },
    telemetryUrl: null,
    secrets: { coreToken: 'secret' },
  })
})

test('every problem is told at once by its variable, and no value is repeated', () => {
  const env = {
    PORT: 'http',
    CORE_URL: 'ftp://core',
    WEB_URL: 'https://shop.example/path',
    DISCORD_INVITE_URL: 'javascript:alert(1)',
    OPERATOR_NAME: 'x'.repeat(200),
    LOG_LEVEL: 'loud',
    LOG_FORMAT: 'xml',
  }
  assert.throws(
    () => parseConfig(env),
    (error: unknown) => {
      assert.ok(error instanceof ConfigError)
      const names = error.problems.map((problem) => problem.split(' ')[0]).sort()
      assert.deepEqual(names, [
        'CORE_TOKEN',
        'CORE_URL',
        'DISCORD_INVITE_URL',
        'LOG_FORMAT',
        'LOG_LEVEL',
        'OPERATOR_NAME',
        'PORT',
        'WEB_URL',
      ])
      assert.doesNotMatch(error.message, /javascript|ftp:/)
      return true
    },
  )
})

test('a port out of range is a problem', () => {
  for (const PORT of ['-1', '65536', '80.5']) {
    assert.throws(() => parseConfig({ CORE_TOKEN: 'secret', PORT }), /PORT must be a number/)
  }
})

test('who runs the shop has a name before a contact', () => {
  const named = { CORE_TOKEN: 'secret', OPERATOR_NAME: ' Moss & Co ' }
  assert.deepEqual(parseConfig(named).operator, { name: 'Moss & Co', contact: null })
  const withContact = parseConfig({ ...named, OPERATOR_CONTACT: 'hello@moss.example' })
  assert.equal(withContact.operator?.contact, 'hello@moss.example')
  assert.throws(
    () => parseConfig({ CORE_TOKEN: 'secret', OPERATOR_CONTACT: 'a@b.example' }),
    /OPERATOR_NAME is missing/,
  )
})
