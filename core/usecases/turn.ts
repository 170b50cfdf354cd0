import { setTimeout as pause } from 'node:timers/promises'
import { AppError, isAppError } from '#contract'
import type { Key, Store } from '../ports/store.ts'

/** A turn that has not moved for so long belongs to nobody any more: its process died, or is slower than anybody waits. */
const ABANDONED_MS = 2_000
const SHORTEST_PAUSE_MS = 10
/** Of as many questions: whoever has the turn needs its time, and asking takes it away. */
const PAUSE_QUESTIONS = 8

/** Where it stands whose turn it is in a lane. */
export const turnKey = (lane: string): Key<'turns'> => ['turns', lane]

/**
 * Wait until it is our turn at what several processes want to change, and take it for `by`, a name that no other process
 * has. Nothing rests on it but time: whoever was beaten waits in line instead of writing a large commit in vain. Versions
 * decide as ever, so a turn that is ignored, lost or taken twice costs a commit and nothing else. Whoever has it removes
 * it with what it was taken for.
 * Throws `conflict` when it does not come `withinMs`, and what the store throws.
 */
export async function takeTurn(
  store: Pick<Store, 'getAll' | 'commit'>,
  lane: string,
  options: { readonly by: string; readonly random: () => number; readonly withinMs: number },
): Promise<void> {
  const { by, random, withinMs } = options
  const [collection, id] = turnKey(lane)
  const startedAt = performance.now()
  let seen: unknown
  let seenAt = startedAt
  for (;;) {
    const askedAt = performance.now()
    const [standing] = await store.getAll([[collection, id]])
    const now = performance.now()
    if (standing?.version !== seen) {
      seen = standing?.version
      seenAt = now
    }
    if (!standing || now - seenAt >= ABANDONED_MS) {
      const write = standing
        ? ({ op: 'replace', collection, id, value: { by }, version: standing.version } as const)
        : ({ op: 'create', collection, id, value: { by } } as const)
      const taken = await store.commit([write]).then(
        () => true,
        (error: unknown) => {
          if (isAppError(error, 'conflict')) return false
          throw error
        },
      )
      if (taken) return
    }
    const spentMs = performance.now() - startedAt
    if (spentMs >= withinMs) throw new AppError('conflict', 'It did not come to our turn in time.')
    const askingMs = performance.now() - askedAt
    await pause(Math.max(SHORTEST_PAUSE_MS, random() * PAUSE_QUESTIONS * askingMs))
  }
}
