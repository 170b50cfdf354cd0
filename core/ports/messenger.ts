import type { PushInput, PushName, PushOutput } from '#contract'

/** News to the bot. Resolves when the bot has done it; throws when it has not, and then it is tried again. */
export interface Messenger {
  push<N extends PushName>(name: N, input: PushInput<N>): Promise<PushOutput<N>>
}
