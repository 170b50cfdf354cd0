import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { Hono } from 'hono'
import { pino } from 'pino'
import {
  bearer,
  CALLERS,
  createCoreClient,
  ErrorBody,
  isAppError,
  PUSHES,
  type PushName,
  ROUTES,
  type RouteName,
  SIGNATURE_HEADER,
  signPush,
} from '#contract'
import { createPushServer, type PushHandlers } from '../bot/pushes.ts'
import { createBotPushes } from '../core/adapters/bot-pushes.ts'
import { createApp } from '../core/http/app.ts'
import type { Deps } from '../core/usecases/deps.ts'
import { recogniseBearer, recogniseSignature } from '../runtime/caller-auth.ts'
import { googleCredentials, recogniseGoogle } from '../runtime/google-identity.ts'
import { NO_TELEMETRY } from '../runtime/telemetry.ts'
import { startLocalGoogle } from './local-google.ts'

const CORE = 'https://core.c500.example'
const BOT = 'https://bot.c500.example'
const NOW = Date.UTC(2026, 10, 22)
const ACCOUNTS = {
  core: 'core@c500.iam.gserviceaccount.com',
  bot: 'bot@c500.iam.gserviceaccount.com',
  web: 'web@c500.iam.gserviceaccount.com',
  scheduler: 'scheduler@c500.iam.gserviceaccount.com',
} as const
const STRANGER = 'somebody@elsewhere.iam.gserviceaccount.com'
const TOKENS = {
  bot: ['bot-token-of-today', 'bot-token-of-yesterday'],
  web: ['web-token-of-today'],
  scheduler: ['scheduler-token-today'],
} as const
const PUSH_SECRETS = ['push-secret-of-today', 'push-secret-of-yesterday'] as const

const google = await startLocalGoogle(ACCOUNTS.bot)
after(() => google[Symbol.asyncDispose]())
const minutes = (count: number) => Math.floor(Date.now() / 1_000) + count * 60

type Headers = Readonly<Record<string, string>>
interface Door {
  /** How it is guarded. */
  readonly guard: string
  readonly app: Hono
  /** Those who are somebody: what proves who calls. */
  readonly callers: Readonly<Record<string, (body: string) => readonly Headers[]>>
  /** Those who are nobody, by what is wrong with them. */
  readonly nobodies: (body: string) => Readonly<Record<string, Headers>>
}

const log = pino({ level: 'silent' })
const authorization = (value: string): Headers => ({ authorization: value })
const signed = (claims: Parameters<typeof google.sign>[0], key?: 'stranger'): Headers =>
  authorization(`Bearer ${google.sign(claims, key)}`)

/** What must not pass as a Google token for `aud`, were it ever so close. */
function notOfGoogle(aud: string, email: string): Record<string, Headers> {
  const good = google.sign({ aud, email })
  const [head = '', payload = '', seal = ''] = good.split('.')
  const unsigned = Buffer.from(JSON.stringify({ alg: 'none', kid: 'local-key-1' })).toString('base64url')
  const unknownKey = Buffer.from(JSON.stringify({ alg: 'RS256', kid: 'toString' })).toString('base64url')
  return {
    'no token': {},
    'an empty header': authorization(''),
    'a bearer of nothing': authorization('Bearer '),
    'the secret of the other way': authorization(`Bearer ${TOKENS.bot[0]}`),
    'a token that is no token': authorization('Bearer a.b.c'),
    'a token without its seal': authorization(`Bearer ${head}.${payload}.`),
    'the seal that Cloud Run takes out': authorization(
      `Bearer ${head}.${payload}.SIGNATURE_REMOVED_BY_GOOGLE`,
    ),
    'a token that asks not to be checked': authorization(`Bearer ${unsigned}.${payload}.${seal}`),
    'a key that nobody has': authorization(`Bearer ${unknownKey}.${payload}.${seal}`),
    'another scheme': authorization(`Basic ${good}`),
    'the other header alone': { 'x-serverless-authorization': `Bearer ${good}` },
    "a stranger's key": signed({ aud, email }, 'stranger'),
    'a token for somebody else': signed({ aud: 'https://other.example', email }),
    'a token of another issuer': signed({ aud, email, iss: 'https://issuer.example' }),
    'an expired token': signed({ aud, email, iat: minutes(-80), exp: minutes(-20) }),
    'a token of tomorrow': signed({ aud, email, iat: minutes(60 * 24), exp: minutes(60 * 25) }),
    'a token that lives for ever': signed({ aud, email, exp: minutes(60 * 24 * 365) }),
    'an address nobody verified': signed({ aud, email, email_verified: false }),
    'a token without an address': signed({ aud, email: '' }),
    "a stranger's account": signed({ aud, email: STRANGER }),
  }
}

/** Nobody who is let in gets further than the shape of the body, so nothing here needs a store. */
const deps = { settings: {} } as unknown as Deps
const { core: _, ...CALLER_ACCOUNTS } = ACCOUNTS
const runJobs = async () => ({ ran: {}, failed: 0, left: 0 })
const openCore = (recognise: Parameters<typeof createApp>[1]['recognise']): Hono =>
  createApp(deps, { recognise, log, telemetry: NO_TELEMETRY, jobs: { runJobs }, ready: () => true })

const coreDoors: readonly Door[] = [
  {
    guard: 'bearer',
    app: openCore(recogniseBearer(TOKENS)),
    callers: Object.fromEntries(
      CALLERS.map((caller) => [
        caller,
        () => TOKENS[caller].map((token) => authorization(`Bearer ${token}`)),
      ]),
    ),
    nobodies: () => ({
      'no token': {},
      'an empty header': authorization(''),
      'a bearer of nothing': authorization('Bearer '),
      'a wrong token': authorization('Bearer wrong-token-of-today'),
      'a cut token': authorization(`Bearer ${TOKENS.bot[0].slice(0, -1)}`),
      'a token and more': authorization(`Bearer ${TOKENS.bot[0]}x`),
      'a token without its scheme': authorization(TOKENS.bot[0]),
      'both tokens at once': authorization(`Bearer ${TOKENS.bot.join(',')}`),
      'a token of Google': signed({ aud: CORE, email: ACCOUNTS.bot }),
    }),
  },
  {
    guard: 'google',
    app: openCore(recogniseGoogle({ audience: CORE, accounts: CALLER_ACCOUNTS, keysUrl: google.keysUrl })),
    callers: Object.fromEntries(
      CALLERS.map((caller) => [caller, () => [signed({ aud: CORE, email: ACCOUNTS[caller] })]]),
    ),
    nobodies: () => notOfGoogle(CORE, ACCOUNTS.bot),
  },
]

const pushed: unknown[] = []
const PLACE = { channelId: '1'.repeat(18), messageId: '2'.repeat(18) }
async function take(input: unknown) {
  pushed.push(input)
  return PLACE
}
// Whatever is pushed is answered with a place; only drawCard's caller is let in to see one.
const handlers = Object.fromEntries(
  Object.keys(PUSHES).map((name) => [name, take]),
) as unknown as PushHandlers
const openBot = (recognise: Parameters<typeof createPushServer>[0]['recognise']): Hono =>
  createPushServer({ recognise, handlers, ready: () => true, log, telemetry: NO_TELEMETRY })
const signature = (secret: string, body: string, at = NOW): Headers => ({
  [SIGNATURE_HEADER]: signPush(secret, body, at),
})

const botDoors: readonly Door[] = [
  {
    guard: 'signature',
    app: openBot(recogniseSignature(PUSH_SECRETS, () => NOW)),
    callers: { core: (body) => PUSH_SECRETS.map((secret) => signature(secret, body)) },
    nobodies: (body) => ({
      'no signature': {},
      'an empty header': { [SIGNATURE_HEADER]: '' },
      'the secret itself': authorization(`Bearer ${PUSH_SECRETS[0]}`),
      'a wrong secret': signature('push-secret-of-nobody', body),
      'a signature of another body': signature(PUSH_SECRETS[0], `${body} `),
      'an expired signature': signature(PUSH_SECRETS[0], body, NOW - 301_000),
      'a signature of later': signature(PUSH_SECRETS[0], body, NOW + 301_000),
    }),
  },
  {
    guard: 'google',
    app: openBot(
      recogniseGoogle({ audience: BOT, accounts: { core: ACCOUNTS.core }, keysUrl: google.keysUrl }),
    ),
    callers: { core: () => [signed({ aud: BOT, email: ACCOUNTS.core })] },
    nobodies: (body) => ({
      ...notOfGoogle(BOT, ACCOUNTS.core),
      'another of our own': signed({ aud: BOT, email: ACCOUNTS.web }),
      'core, on its way to itself': signed({ aud: CORE, email: ACCOUNTS.core }),
      'a signature of the other way': signature(PUSH_SECRETS[0], body),
    }),
  },
]

/** The whole contract: each address, whom it is for, and the doors it lies behind. */
const ADDRESSES = [
  ...(Object.keys(ROUTES) as RouteName[]).map((name) => {
    const { path, callers } = ROUTES[name]
    return { name, path, callers: callers as readonly string[], doors: coreDoors }
  }),
  ...(Object.keys(PUSHES) as PushName[]).map((name) => {
    return { name, path: PUSHES[name].path, callers: ['core'], doors: botDoors }
  }),
]

async function knock(app: Hono, path: string, body: string, headers: Headers) {
  const response = await app.request(path, {
    method: 'POST',
    headers: { 'content-length': String(body.length), 'idempotency-key': 'k', ...headers },
    body,
  })
  return { status: response.status, code: ErrorBody.parse(await response.json()).error.code }
}

/** No input of the whole contract is a list, so whoever is let in is told that instead. */
const BODY = '[]'

for (const { name, path, callers, doors } of ADDRESSES) {
  for (const door of doors) {
    describe(`${name}, guarded by ${door.guard}`, () => {
      test('is closed to nobody', async () => {
        for (const [what, headers] of Object.entries(door.nobodies(BODY))) {
          assert.deepEqual(
            await knock(door.app, path, BODY, headers),
            { status: 401, code: 'unauthorized' },
            what,
          )
        }
      })
      test('is open to its callers, and forbidden to other services of ours', async () => {
        for (const [caller, proofs] of Object.entries(door.callers)) {
          const expected = callers.includes(caller)
            ? { status: 400, code: 'bad_request' }
            : { status: 403, code: 'forbidden' }
          for (const proof of proofs(BODY)) {
            assert.deepEqual(await knock(door.app, path, BODY, proof), expected, caller)
          }
        }
      })
    })
  }
}

test('nothing was done for anybody', () => assert.deepEqual(pushed, []))

/** What only a test does: send a request to a handler and not over a wire. */
const sendTo =
  (app: Hono): typeof fetch =>
  async (input, init) => {
    const request = new Request(input, init)
    request.headers.set('content-length', String((await request.clone().text()).length))
    return app.fetch(request)
  }

test('a service proves with a token of its own instance who it is, both ways, and asks for one only once', async () => {
  const [, coreDoor] = coreDoors
  assert.ok(coreDoor)
  process.env.GCE_METADATA_HOST = google.metadataHost
  const asked = google.tokensGiven
  const credentials = googleCredentials(CORE)
  const client = createCoreClient({ baseUrl: CORE, credentials, fetch: sendTo(coreDoor.app) })
  // The instance runs as the bot, and there is no store behind this door: to get there is to be let in.
  const question = { dropId: `drp_${'0'.repeat(26)}` }
  const answers = await Promise.allSettled(Array.from({ length: 20 }, () => client.getDrop(question)))
  for (const answer of answers) {
    assert.ok(answer.status === 'rejected' && isAppError(answer.reason, 'internal'), JSON.stringify(answer))
  }
  const headers = await credentials('')
  assert.equal(headers.authorization, headers['x-serverless-authorization'])
  assert.equal(google.tokensGiven - asked, 1)

  const bot = openBot(
    recogniseGoogle({ audience: BOT, accounts: { core: google.account }, keysUrl: google.keysUrl }),
  )
  const pushes = createBotPushes({ botUrl: BOT, credentials: googleCredentials(BOT), fetch: sendTo(bot) })
  assert.deepEqual(await pushes.push('drawCard', question), PLACE)
  const toTheWrongPlace = createBotPushes({
    botUrl: BOT,
    credentials: googleCredentials(CORE),
    fetch: sendTo(bot),
  })
  await assert.rejects(toTheWrongPlace.push('drawCard', question), /401/)
})

test("while Google's keys cannot be had a caller is not refused but asked to come again", async () => {
  const app = openCore(
    recogniseGoogle({
      audience: CORE,
      accounts: CALLER_ACCOUNTS,
      keysUrl: google.keysUrl.replace('/keys', '/service-accounts'),
    }),
  )
  const proof = signed({ aud: CORE, email: ACCOUNTS.bot })
  assert.deepEqual(await knock(app, ROUTES.getDrop.path, BODY, proof), { status: 503, code: 'unavailable' })
  assert.deepEqual(await knock(app, ROUTES.getDrop.path, BODY, {}), { status: 401, code: 'unauthorized' })
})

test('without a metadata server the caller is told that core cannot be reached now', async () => {
  const client = createCoreClient({
    baseUrl: CORE,
    credentials: () => Promise.reject(new Error('no metadata server here')),
  })
  await assert.rejects(client.getDrop({ dropId: `drp_${'0'.repeat(26)}` }), (error) =>
    isAppError(error, 'unavailable'),
  )
  assert.deepEqual(await bearer('t')(''), { authorization: 'Bearer t' })
})
