import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { APPLICATION, PEOPLE } from '../cast.ts'
import { openState } from '../state.ts'
import { startLocalDiscord } from './start.ts'

const BACK = 'http://127.0.0.1:8501/login/return'
const SECRET = 'secret-of-the-app'

async function startDiscord(t: TestContext) {
  const said: string[] = []
  const state = openState(null)
  let time = Date.now()
  const discord = await startLocalDiscord({
    host: '127.0.0.1',
    port: 0,
    login: { clientSecret: SECRET, redirectUris: [BACK] },
    state,
    clock: () => time,
    log: (line) => said.push(line),
  })
  t.after(async () => {
    await discord.close()
    state.close()
  })
  const origin = discord.url.replace(/\/api$/, '')
  const wish = {
    response_type: 'code',
    client_id: APPLICATION.id,
    redirect_uri: BACK,
    scope: 'identify',
    state: 'abc',
  }
  const post = (url: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
    fetch(url, { method: 'POST', body: new URLSearchParams(fields), headers, redirect: 'manual' })
  return {
    said,
    wish,
    advance: (ms: number) => {
      time += ms
    },
    look: (over: Record<string, string> = {}) =>
      fetch(`${origin}/oauth2/authorize?${new URLSearchParams({ ...wish, ...over })}`),
    /** Answers where the person is sent. */
    async agree(fields: Record<string, string>): Promise<URL> {
      const response = await post(`${origin}/oauth2/authorize`, { ...wish, ...fields })
      assert.equal(response.status, 302)
      return new URL(response.headers.get('location') ?? '')
    },
    async exchange(code: string | null, over: Record<string, string> = {}) {
      const fields = {
        grant_type: 'authorization_code',
        code: code ?? '',
        redirect_uri: BACK,
        client_id: APPLICATION.id,
        client_secret: SECRET,
      }
      const response = await post(`${discord.url}/v10/oauth2/token`, { ...fields, ...over })
      return { status: response.status, body: (await response.json()) as Record<string, unknown> }
    },
    async me(authorization: string) {
      const response = await fetch(`${discord.url}/v10/users/@me`, { headers: { authorization } })
      return { status: response.status, body: (await response.json()) as Record<string, unknown> }
    },
  }
}

test('a person chooses who they are, and the app learns it by the code', async (t) => {
  const discord = await startDiscord(t)
  const page = await discord.look()
  assert.equal(page.status, 200)
  assert.match(await page.text(), /Go on as Juniper/)
  const back = await discord.agree({ person: PEOPLE.juniper.id })
  assert.equal(back.origin + back.pathname, BACK)
  assert.equal(back.searchParams.get('state'), 'abc')
  const { status, body } = await discord.exchange(back.searchParams.get('code'))
  assert.equal(status, 200)
  assert.equal(body.token_type, 'Bearer')
  assert.equal(body.scope, 'identify')
  const me = await discord.me(`Bearer ${String(body.access_token)}`)
  assert.equal(me.body.id, PEOPLE.juniper.id)
  assert.equal(me.body.global_name, 'Juniper')
  assert.equal((await discord.me('Bearer made-up')).status, 401)
  assert.equal((await discord.me('Bot a.local.token')).body.bot, true, 'the bot still reads itself there')
  discord.advance(604_800_000)
  assert.equal(
    (await discord.me(`Bearer ${String(body.access_token)}`)).status,
    401,
    'a week later it is over',
  )
})

test('a person who refuses is sent back with access_denied', async (t) => {
  const discord = await startDiscord(t)
  const back = await discord.agree({ deny: 'yes', person: PEOPLE.juniper.id })
  assert.equal(back.searchParams.get('error'), 'access_denied')
  assert.equal(back.searchParams.get('state'), 'abc')
  assert.equal(back.searchParams.get('code'), null)
})

test('a code works once, for a minute, for its own address and with the right secret', async (t) => {
  const discord = await startDiscord(t)
  const newCode = async () =>
    (await discord.agree({ person: PEOPLE.juniper.id })).searchParams.get('code') ?? ''
  const used = await newCode()
  assert.equal((await discord.exchange(used)).status, 200)
  const refused = {
    status: 400,
    body: { error: 'invalid_grant', error_description: 'Invalid "code" in request.' },
  }
  assert.deepEqual(await discord.exchange(used), refused)
  assert.deepEqual(await discord.exchange('made-up'), refused)
  const elsewhere = await discord.exchange(await newCode(), { redirect_uri: `${BACK}/` })
  assert.equal(elsewhere.body.error_description, 'Invalid "redirect_uri" in request.')
  const foreign = await discord.exchange(await newCode(), { client_secret: 'wrong' })
  assert.deepEqual(foreign, { status: 401, body: { error: 'invalid_client' } })
  const old = await newCode()
  discord.advance(60_000)
  assert.deepEqual(await discord.exchange(old), refused)
})

test('nobody is sent to an address that the app did not register', async (t) => {
  const discord = await startDiscord(t)
  for (const over of [
    { redirect_uri: `${BACK}?x=1` },
    { redirect_uri: 'https://evil.example/' },
    { client_id: '1' },
    { scope: 'identify email' },
  ]) {
    const response = await discord.look(over)
    assert.equal(response.status, 400, JSON.stringify(over))
    assert.match(await response.text(), /That does not work/)
  }
})
