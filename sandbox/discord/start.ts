import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import type { Hono } from 'hono'
import { pino } from 'pino'
import { createDiscordKey } from '../discord-key.ts'
import type { State } from '../state.ts'
import { createActs } from './acts.ts'
import { createEndpoint } from './endpoint.ts'
import { createGateway } from './gateway.ts'
import { createInteractions } from './interactions.ts'
import { createLive } from './live.ts'
import { createLogin, type LoginApp } from './login.ts'
import { createMemory } from './memory.ts'
import { createMessages } from './messages.ts'
import { createPeopleRoutes } from './people-routes.ts'
import { createRestRoutes } from './rest.ts'

export interface LocalDiscord {
  /** For the `api` option of @discordjs/rest: `http://host:port/api`. */
  readonly url: string
  readonly port: number
  /** What an app checks with that an interaction posted to it comes from here; 64 hexadecimal digits. */
  readonly publicKey: string
  /** The routes of people.ts, to be mounted on the sandbox page's server. */
  readonly people: Hono
  /** Cut every bot's gateway line as a network does. */
  dropGateway(): void
  close(): Promise<void>
}

/**
 * A Discord of one server on loopback: REST under /api/v10 and the gateway on one port, people's side beside it.
 * `port` 0 takes any. The key that signs interactions posted to an app is made from `keySeed`; without one it is new.
 * `log` hears what a developer should see: unknown routes, refused bodies and unanswered interactions.
 */
export async function startLocalDiscord(options: {
  host: string
  port: number
  keySeed?: string | undefined
  /** The application's OAuth2 settings; nobody can log in without. */
  login?: LoginApp | undefined
  state: State
  clock: () => number
  log?: (line: string) => void
}): Promise<LocalDiscord> {
  const { host, state, clock } = options
  const logger = pino({ name: 'local-discord' })
  const log = options.log ?? ((line: string) => logger.warn(line))

  let listener: ReturnType<typeof getRequestListener> | undefined
  const server = createServer((request, response) => {
    if (listener) void listener(request, response)
    else response.writeHead(503).end()
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const { port } = server.address() as AddressInfo
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`
  const baseUrl = `http://${authority}`
  const gatewayUrl = `ws://${authority}/gateway`

  const memory = createMemory({ state, clock, baseUrl })
  const live = createLive()
  const key = createDiscordKey(options.keySeed ?? randomUUID())
  const isOnline = () => gateway.isOnline() || endpoint.url() !== null
  const tellPresence = () => live.tell({ type: 'bot', online: isOnline() })
  const gateway = createGateway({ url: gatewayUrl, onPresence: tellPresence })
  const endpoint = createEndpoint({ key, memory, onChange: tellPresence })
  const messages = createMessages({ memory, live, baseUrl })
  const interactions = createInteractions({ memory, messages, gateway, endpoint, log })
  const acts = createActs({ memory, interactions, messages, baseUrl })
  const people = createPeopleRoutes({ memory, acts, interactions, isOnline, live, messages, log })
  const rest = createRestRoutes({
    memory,
    messages,
    interactions,
    live,
    endpoint,
    login: options.login ? createLogin({ memory, state, app: options.login, log }) : null,
    publicKey: key.publicKey,
    gatewayUrl,
    log,
  })
  listener = getRequestListener(rest.fetch)
  server.on('upgrade', gateway.upgrade)

  return {
    url: `${baseUrl}/api`,
    port,
    publicKey: key.publicKey,
    people,
    dropGateway: gateway.drop,
    async close() {
      gateway.close()
      interactions.close()
      endpoint.close()
      live.close()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}
