import { PUSHES, type PushInput, type PushName, type PushOutput, SIGNATURE_HEADER, signPush } from '#contract'

/** Sends core's news to the bot. */
export interface BotPushes {
  /** Resolves once the bot has done the work; throws an Error otherwise: send the same push again later. */
  push<N extends PushName>(name: N, input: PushInput<N>): Promise<PushOutput<N>>
}

export function createBotPushes(options: {
  /** e.g. `http://127.0.0.1:8503`, without a trailing slash. */
  readonly botUrl: string
  readonly secret: string
  /** UTC milliseconds. */
  readonly clock: () => number
  readonly timeoutMs: number
  readonly fetch?: typeof fetch
}): BotPushes {
  const send = options.fetch ?? fetch

  return {
    async push(name, input) {
      const { path, output } = PUSHES[name]
      const body = JSON.stringify(input)
      const response = await send(options.botUrl + path, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          [SIGNATURE_HEADER]: signPush(options.secret, body, options.clock()),
        },
        body,
        redirect: 'error',
        signal: AbortSignal.timeout(options.timeoutMs),
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
