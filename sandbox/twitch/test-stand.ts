import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { openState, type State } from '../state.ts'
import { startLocalTwitch } from './start.ts'

export const SECRET = 'a-secret-of-eventsub'
export const APP = {
  clientId: 'test-app',
  clientSecret: 'test-secret',
  redirectUris: ['http://127.0.0.1:1/link/twitch/return'],
} as const
const REDIRECT_URI = APP.redirectUris[0]

export interface Received {
  /** The message id. */
  readonly id: string
  readonly kind: string
  readonly type: string
  readonly retry: string
  readonly timestamp: string
  readonly genuine: boolean
  readonly headers: IncomingHttpHeaders
  readonly body: {
    readonly challenge?: string
    readonly subscription: { readonly id: string; readonly status: string; readonly cost: number }
    readonly event?: Readonly<Record<string, string | null>>
  }
}

/** Answers the challenge as Twitch wants it, and takes everything else. */
export function takeAll(message: Received, response: ServerResponse): void {
  if (message.body.challenge === undefined) response.writeHead(204).end()
  else
    response
      .writeHead(200, { 'content-type': 'text/plain', 'content-length': message.body.challenge.length })
      .end(message.body.challenge)
}

/**
 * A local Twitch on a clock of its own, a client with an app token, and a callback that checks signatures by itself.
 * `answer` decides what the callback says. Everything is closed after the test.
 */
export async function openTestTwitch(
  t: Pick<TestContext, 'after'>,
  options: { readonly answer?: typeof takeAll; readonly state?: State } = {},
) {
  const received: Received[] = []
  const logged: string[] = []
  let answer = options.answer ?? takeAll
  const receiver = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const raw = Buffer.concat(chunks)
    const header = (name: string) => String(request.headers[`twitch-eventsub-${name}`])
    const [id, timestamp] = [header('message-id'), header('message-timestamp')]
    const hmac = createHmac('sha256', SECRET).update(id).update(timestamp).update(raw)
    const message = {
      id,
      kind: header('message-type'),
      type: header('subscription-type'),
      retry: header('message-retry'),
      timestamp,
      genuine: header('message-signature') === `sha256=${hmac.digest('hex')}`,
      headers: request.headers,
      body: JSON.parse(raw.toString()) as Received['body'],
    }
    received.push(message)
    answer(message, response)
  })
  receiver.listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  const callback = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/webhooks/twitch`

  let now = Date.parse('2026-11-22T06:32:05Z')
  const state = options.state ?? openState(null)
  const log = (message: string) => void logged.push(message)
  const start = () => startLocalTwitch({ host: '127.0.0.1', port: 0, app: APP, state, clock: () => now, log })
  let local = await start()
  t.after(async () => {
    await local.close()
    receiver.close()
    receiver.closeAllConnections()
    state.close()
  })

  async function ask(method: string, path: string, init: RequestInit = {}) {
    const response = await fetch(local.url + path, { method, redirect: 'manual', ...init })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.startsWith('application/json')
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson ? JSON.parse(text) : null,
    }
  }
  const form = (path: string, fields: Record<string, string>) =>
    ask('POST', path, { body: new URLSearchParams(fields) })
  const credentials = { client_id: APP.clientId, client_secret: APP.clientSecret }
  const token = async () => {
    const issued = await form('/oauth2/token', { ...credentials, grant_type: 'client_credentials' })
    return String(issued.body.access_token)
  }
  let appToken = await token()

  const twitch = {
    get local() {
      return local
    },
    callback,
    received,
    logged,
    ask,
    form,
    credentials,
    /** Ask Helix; with the app's token unless told otherwise. */
    helix: (method: string, path: string, body?: object, as = appToken) =>
      ask(method, `/helix${path}`, {
        headers: { authorization: `Bearer ${as}`, 'client-id': APP.clientId },
        ...(body && { body: JSON.stringify(body) }),
      }),
    control: (path: string, body: object = {}) =>
      ask('POST', `/local${path}`, { body: JSON.stringify(body) }),
    /** Twitch's own page: agree as this user. Answers where the browser is sent. */
    async agree(userId: string, scope = '') {
      const answer = await form('/oauth2/authorize', { ...wish(scope), user: userId })
      return new URL(answer.headers.get('location') ?? 'none:')
    },
    /** Agree, and exchange the code: the user's token. */
    async userToken(userId: string, scope = '') {
      const code = (await twitch.agree(userId, scope)).searchParams.get('code') ?? ''
      const fields = { ...credentials, grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI }
      const { body } = await form('/oauth2/token', fields)
      return body as { access_token: string; refresh_token: string; scope: string[] }
    },
    /** Subscribe and see the challenge through. */
    async subscribe(type: string, about = '501', change: object = {}) {
      const answer = await twitch.helix('POST', '/eventsub/subscriptions', {
        ...subscription(type, about, callback),
        ...change,
      })
      await local.idle()
      return answer
    },
    /** As Helix lists it now. */
    async subscription(id: string) {
      const listed = await twitch.helix('GET', `/eventsub/subscriptions?subscription_id=${id}`)
      return listed.body.data[0]
    },
    /** What came since the last call, as `kind type retry`; waits until nothing is due. */
    async news() {
      await local.idle()
      return received.splice(0)
    },
    answerWith(next: typeof takeAll) {
      answer = next
    },
    async advance(ms: number) {
      now += ms
      local.tick()
      await local.idle()
    },
    /** Another process on the same state. */
    async restart() {
      await local.close()
      local = await start()
      appToken = await token()
    },
  }
  return twitch
}

export type TestTwitch = Awaited<ReturnType<typeof openTestTwitch>>

/** The query or form of the authorize page. */
export function wish(scope = '', state = 'state-1'): Record<string, string> {
  return {
    client_id: APP.clientId,
    redirect_uri: REDIRECT_URI,
    response_type: 'code',
    scope,
    state,
    force_verify: 'true',
  }
}

export function subscription(type: string, about: string, callback: string) {
  const name = type === 'user.authorization.revoke' ? 'client_id' : 'broadcaster_user_id'
  return {
    type,
    version: '1',
    condition: { [name]: about },
    transport: { method: 'webhook', callback, secret: SECRET },
  }
}
