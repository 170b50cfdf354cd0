import assert from 'node:assert/strict'
import { test } from 'node:test'
import { APP, openTestTwitch, type TestTwitch, wish } from './test-stand.ts'

const REDIRECT_URI = APP.redirectUris[0]

function exchange(twitch: TestTwitch, code: string, change: Record<string, string> = {}) {
  const fields = { ...twitch.credentials, grant_type: 'authorization_code', redirect_uri: REDIRECT_URI }
  return twitch.form('/oauth2/token', { ...fields, code, ...change })
}

test('a user agrees and comes back with a code that gives a token of theirs, once', async (t) => {
  const twitch = await openTestTwitch(t)
  const page = await twitch.ask('GET', `/oauth2/authorize?${new URLSearchParams(wish())}`)
  assert.match(page.text, /Go on as Juniper_Makes[\s\S]*Go on as Mossworks[\s\S]*No, go back/)
  const back = await twitch.agree('501')
  assert.equal(back.origin + back.pathname, REDIRECT_URI)
  assert.equal(back.searchParams.get('state'), 'state-1')
  assert.equal(back.searchParams.get('scope'), '')
  const code = back.searchParams.get('code') ?? ''
  const { body } = await exchange(twitch, code)
  assert.deepEqual([body.token_type, body.scope, body.expires_in], ['bearer', [], 14_400])
  for (const scheme of ['OAuth', 'Bearer']) {
    const headers = { authorization: `${scheme} ${body.access_token}` }
    const validated = await twitch.ask('GET', '/oauth2/validate', { headers })
    const known = { client_id: APP.clientId, login: 'juniper_makes', scopes: [], user_id: '501' }
    assert.deepEqual(validated.body, { ...known, expires_in: 14_400 })
  }
  const again = await exchange(twitch, code)
  assert.deepEqual([again.status, again.body], [400, { status: 400, message: 'Invalid authorization code' }])
})

test('a user may say no, and the app hears why', async (t) => {
  const twitch = await openTestTwitch(t)
  const answer = await twitch.form('/oauth2/authorize', { ...wish(), deny: 'yes' })
  assert.equal(answer.status, 302)
  const query = '?error=access_denied&error_description=The+user+denied+you+access&state=state-1'
  assert.equal(answer.headers.get('location'), REDIRECT_URI + query)
})

test('an unknown app, address or kind of answer is not sent anywhere', async (t) => {
  const twitch = await openTestTwitch(t)
  for (const change of [
    { client_id: 'other' },
    { redirect_uri: `${REDIRECT_URI}/` },
    { redirect_uri: 'https://evil.example' },
    { response_type: 'token' },
  ]) {
    const asked = { ...wish(), ...change }
    const seen = await twitch.ask('GET', `/oauth2/authorize?${new URLSearchParams(asked)}`)
    const agreed = await twitch.form('/oauth2/authorize', { ...asked, user: '501' })
    for (const answer of [seen, agreed])
      assert.deepEqual([answer.status, answer.headers.get('location')], [400, null], JSON.stringify(change))
  }
  assert.equal((await twitch.form('/oauth2/authorize', { ...wish(), user: '9' })).status, 400)
  assert.ok(
    twitch.logged.some((line) => line.startsWith('NOT BUILT: local Twitch has no response_type token')),
  )
})

test('who agreed before is sent back at once, but not with force_verify', async (t) => {
  const twitch = await openTestTwitch(t)
  const agreed = await twitch.form('/oauth2/authorize', { ...wish(), user: '502' })
  const cookie = agreed.headers.get('set-cookie')?.split(';')[0] ?? ''
  const visit = (change: Record<string, string>) =>
    twitch.ask('GET', `/oauth2/authorize?${new URLSearchParams({ ...wish(), ...change })}`, {
      headers: { cookie },
    })
  const quick = await visit({ force_verify: 'false' })
  assert.match(quick.headers.get('location') ?? '', /\?code=[0-9a-f]{30}&/)
  assert.equal((await visit({ force_verify: 'true' })).status, 200)
  assert.equal((await visit({ force_verify: 'false', scope: 'user:read:email' })).status, 200)
  await twitch.control('/users/502/disconnect')
  assert.equal((await visit({ force_verify: 'false' })).status, 200)
})

test('tokens are refused for what is wrong, in the words of id.twitch.tv', async (t) => {
  const twitch = await openTestTwitch(t)
  const code = async () => (await twitch.agree('501')).searchParams.get('code') ?? ''
  const wrong: readonly (readonly [Record<string, string>, number, string])[] = [
    [{ client_id: '' }, 400, 'missing client id'],
    [{ client_id: 'other' }, 400, 'invalid client'],
    [{ client_secret: 'wrong' }, 403, 'invalid client secret'],
    [{ grant_type: '' }, 400, 'missing grant type'],
    [{ grant_type: 'password' }, 501, 'local Twitch has no grant_type password at POST /oauth2/token'],
    [{ code: 'made up' }, 400, 'Invalid authorization code'],
    [{ redirect_uri: `${REDIRECT_URI}?x` }, 400, 'Parameter redirect_uri does not match registered URI'],
  ]
  for (const [change, status, message] of wrong) {
    const answer = await exchange(twitch, await code(), change)
    assert.deepEqual([answer.status, answer.body], [status, { status, message }])
  }
  const late = await code()
  await twitch.advance(5 * 60_000 - 1)
  await twitch.advance(1)
  assert.equal((await exchange(twitch, late)).body.message, 'Invalid authorization code')
})

test('a token is refreshed, and an access token dies of age', async (t) => {
  const twitch = await openTestTwitch(t)
  const { access_token: first, refresh_token: refreshToken } = await twitch.userToken('501')
  await twitch.advance(14_400_000 - 1)
  assert.equal((await twitch.helix('GET', '/users', undefined, first)).status, 200)
  await twitch.advance(1)
  assert.equal((await twitch.helix('GET', '/users', undefined, first)).status, 401)
  const fields = { ...twitch.credentials, grant_type: 'refresh_token', refresh_token: refreshToken }
  const { body } = await twitch.form('/oauth2/token', fields)
  assert.equal(body.refresh_token, refreshToken)
  assert.equal((await twitch.helix('GET', '/users', undefined, body.access_token)).body.data[0].id, '501')
  const wrong = await twitch.form('/oauth2/token', { ...fields, refresh_token: 'none' })
  assert.deepEqual([wrong.status, wrong.body.message], [400, 'Invalid refresh token'])
})

test('an app’s own token validates without a user, and can be made to die', async (t) => {
  const twitch = await openTestTwitch(t)
  const { body } = await twitch.form('/oauth2/token', {
    ...twitch.credentials,
    grant_type: 'client_credentials',
  })
  assert.deepEqual(Object.keys(body), ['access_token', 'expires_in', 'token_type'])
  const validate = () =>
    twitch.ask('GET', '/oauth2/validate', { headers: { authorization: `OAuth ${body.access_token}` } })
  const known = { client_id: APP.clientId, scopes: null, expires_in: 5_000_000 }
  assert.deepEqual((await validate()).body, known)
  await twitch.control('/tokens/expire')
  const dead = await validate()
  assert.deepEqual([dead.status, dead.body], [401, { status: 401, message: 'invalid access token' }])
  assert.equal((await twitch.ask('GET', '/oauth2/validate')).status, 401)
})

test('revoking a user’s token withdraws the authorisation', async (t) => {
  const twitch = await openTestTwitch(t)
  await twitch.subscribe('user.authorization.revoke', APP.clientId)
  const { access_token: token } = await twitch.userToken('501')
  await twitch.news()
  const revoke = () => twitch.form('/oauth2/revoke', { client_id: APP.clientId, token })
  const done = await revoke()
  assert.deepEqual([done.status, done.text], [200, ''])
  const [told] = await twitch.news()
  assert.deepEqual(told?.body.event, {
    client_id: APP.clientId,
    user_id: '501',
    user_login: 'juniper_makes',
    user_name: 'Juniper_Makes',
  })
  assert.equal((await revoke()).status, 400)
  assert.equal((await twitch.form('/oauth2/revoke', { client_id: 'other', token })).status, 404)
})
