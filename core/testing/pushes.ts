import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import type { PushInput, PushName, PushOutput } from '#contract'
import { createSqliteStore } from '../adapters/store-sqlite.ts'
import { createChanges } from '../usecases/change.ts'
import type { Settings } from '../usecases/deps.ts'

/** Only what views look at. */
const SETTINGS = {
  webUrl: 'http://shop.example',
  currency: 'usd',
  feeBps: 500,
  twitch: null,
  approvalNeeded: true,
  releaseAfterMs: 1_000,
  holding: { warnMs: 1_000, limitMs: 2_000, end: 'refund' },
  linkSecret: createSecretKey(Buffer.from('0'.repeat(32))),
} as Settings

/** For use cases that push `only` one kind of news to the bot: an empty store at `now` (UTC ms), and a bot that always gives `answer`. */
export function createPushRig<N extends PushName>(only: N, now: number, answer: PushOutput<N>) {
  const store = createSqliteStore({ path: ':memory:' })
  /** What the bot was told, oldest first. */
  const pushed: PushInput<N>[] = []
  const deps = {
    store,
    change: createChanges({ store, onCommit: () => {}, random: () => 0 }),
    clock: { now: () => now },
    settings: SETTINGS,
    messenger: {
      push: async (name: PushName, input: unknown) => {
        assert.equal(name, only)
        pushed.push(input as PushInput<N>)
        return answer as never
      },
    },
  }
  return { store, deps, pushed }
}
