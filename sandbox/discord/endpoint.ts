import { InteractionResponseType, InteractionType } from 'discord-api-types/v10'
import { APPLICATION } from '../cast.ts'
import type { DiscordKey } from '../discord-key.ts'
import { invalidForm } from './errors.ts'
import { type Memory, newToken } from './memory.ts'

/** Source: Discord's "Receiving and responding". A start of the app counts, and so does the network. */
const LONGEST_MS = 3_000

/**
 * Where an app hears its interactions by request instead of over the gateway. Source: Discord's "Interactions
 * overview", preparing for and receiving interactions.
 */
export interface Endpoint {
  /** Null while interactions go over the gateway. Forgotten when this process ends: the next launch decides anew. */
  url(): string | null
  /** Visits the address first, once properly and once with a wrong signature. Throws 50035 when either is answered wrongly. */
  set(url: string | null): Promise<void>
  /**
   * Posts one interaction. Resolves with the JSON of a 200, or undefined after a 202, which says that the answer goes
   * to the callback. Throws an Error that says what the app did wrong.
   */
  post(interaction: object): Promise<unknown>
  close(): void
}

export function createEndpoint(deps: {
  readonly key: DiscordKey
  readonly memory: Pick<Memory, 'now' | 'nextId'>
  readonly onChange: () => void
}): Endpoint {
  const { key, memory } = deps
  const closed = new AbortController()
  let url: string | null = null

  async function send(to: string, interaction: object, headers: (body: string) => Record<string, string>) {
    const body = JSON.stringify(interaction)
    return fetch(to, {
      method: 'POST',
      body,
      headers: headers(body),
      redirect: 'manual',
      signal: AbortSignal.any([AbortSignal.timeout(LONGEST_MS), closed.signal]),
    })
  }
  const signed = (body: string) => key.headers(body, memory.now())
  const signedWrongly = (body: string) => key.headers(`${body} `, memory.now())

  /** What is wrong with an address, or null. */
  async function problemOf(to: string): Promise<string | null> {
    const ping = {
      id: memory.nextId(),
      application_id: APPLICATION.id,
      type: InteractionType.Ping,
      token: newToken(),
      version: 1,
    }
    try {
      const good = await send(to, ping, signed)
      const answer: unknown = good.status === 200 ? await good.json() : null
      const isPong =
        typeof answer === 'object' &&
        answer !== null &&
        'type' in answer &&
        answer.type === InteractionResponseType.Pong
      if (!isPong) return `a PING was answered ${good.status}, and not with a PONG`
      const bad = await send(to, ping, signedWrongly)
      await bad.body?.cancel()
      return bad.status === 401 ? null : `a wrong signature was answered ${bad.status}, and not 401`
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }

  return {
    url: () => url,
    async set(next) {
      const problem = next === null ? null : await problemOf(next)
      if (problem !== null) {
        throw invalidForm([
          {
            path: ['interactions_endpoint_url'],
            code: 'APPLICATION_INTERACTIONS_ENDPOINT_URL_INVALID',
            // Discord does not say why; a developer here may know.
            message: `The specified interactions endpoint URL could not be verified. (${problem})`,
          },
        ])
      }
      url = next
      deps.onChange()
    },
    async post(interaction) {
      if (url === null) throw new Error('there is no endpoint')
      const response = await send(url, interaction, signed)
      if (response.status === 202) {
        await response.body?.cancel()
        return undefined
      }
      const text = await response.text()
      if (response.status !== 200) throw new Error(`the endpoint answered ${response.status}`)
      if (!response.headers.get('content-type')?.startsWith('application/json')) {
        throw new Error('the endpoint answered with something that is not JSON')
      }
      return JSON.parse(text) as unknown
    },
    close: () => closed.abort(),
  }
}
