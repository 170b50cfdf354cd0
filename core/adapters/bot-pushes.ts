import { type Credentials, PUSHES, type PushOutput } from '#contract'
import type { Messenger } from '../ports/messenger.ts'

/** The bot answers after the work is done, and cards of one channel wait for each other. */
const TIMEOUT_MS = 30_000

/** News to the bot over HTTP. Whatever is not a good answer in time is an Error: send the same push again. */
export function createBotPushes(options: {
  /** e.g. `http://127.0.0.1:8503`, without a trailing slash. */
  readonly botUrl: string
  readonly credentials: Credentials
  /** 30 seconds unless told. */
  readonly timeoutMs?: number
  readonly fetch?: typeof fetch
}): Messenger {
  const send = options.fetch ?? fetch

  return {
    async push(name, input) {
      const { path, output } = PUSHES[name]
      const body = JSON.stringify(input)
      const response = await send(options.botUrl + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(await options.credentials(body)) },
        body,
        redirect: 'error',
        signal: AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS),
      })
      if (!response.ok) {
        await response.body?.cancel()
        throw new Error(`the bot answered ${name} with ${response.status}`)
      }
      const answer = output.safeParse(await response.json().catch(() => undefined))
      if (!answer.success) throw new Error(`the bot answered ${name} in an unknown shape`)
      // The table pairs each name's output with its schema; TypeScript loses the pair when indexing by N.
      return answer.data as PushOutput<typeof name>
    },
  }
}
