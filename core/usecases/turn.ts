import { setTimeout as pause } from 'node:timers/promises'
import { AppError, isAppError } from '#contract'
import type { Store, Stored, Version } from '../ports/store.ts'

/** Whoever stands first for so long without moving is gone: its process died, or is slower than anybody waits. */
const ABANDONED_MS = 3_000
const SHORTEST_PAUSE_MS = 5
/** Of as many questions: whoever's turn it is needs its time, and asking takes it away. */
const PAUSE_QUESTIONS = 3
/** Nobody looks earlier than that part of the time that those before us should take. */
const SURELY_BUSY = 0.7
/** More need not be seen of a line. */
const LONGEST_LINE = 20

/** A place in line that has come to be the first; it is given up with what it was taken for. */
export interface Turn {
  readonly id: string
  readonly version: Version
}

interface LineOptions {
  /** A name that no other process has. */
  readonly by: string
  /** How long one turn takes, as far as known, milliseconds. */
  readonly aboutMs: number
  /** 0 up to 1. */
  readonly random: () => number
  readonly withinMs: number
}

/**
 * Stand in line for what several processes want to change in `lane`, until it is our turn. Nothing rests on it but time:
 * whoever was beaten waits instead of writing a large commit in vain, and stands in line while the one before writes.
 * Versions decide as ever, so that a turn which is ignored, lost or had by two costs a commit and nothing else.
 * Throws `conflict` when it does not come `withinMs`, and what the store throws.
 */
export async function waitForTurn(
  store: Pick<Store, 'get' | 'find' | 'commit'>,
  lane: string,
  { by, aboutMs, random, withinMs }: LineOptions,
): Promise<Turn> {
  const id = `${lane}:${by}`
  const giveUpAt = performance.now() + withinMs
  for (;;) {
    const line = await standingIn(store, lane)
    const before = line.findIndex((place) => place.id === id)
    const [first] = line
    if (before === 0 && first) return { id, version: first.version }
    if (before < 0) {
      // By this machine's own clock: one that is ahead waits longer, and nothing else.
      await standIn(store, id, { lane, by, since: Date.now() })
      if (!first) continue
    }
    const ahead = line.at(before < 0 ? -1 : before - 1)
    const position = before < 0 ? line.length : before
    if (ahead) await waitUntilGone(ahead, position)
    if (performance.now() >= giveUpAt) {
      const ours = await store.get('turns', id)
      if (ours) await leaveLine(store, ours)
      throw new AppError('conflict', 'It did not come to our turn in time.')
    }
  }

  /** Until the one right before us has had its turn, or is seen to be gone. */
  async function waitUntilGone(ahead: Stored<'turns'>, position: number): Promise<void> {
    const seenAt = performance.now()
    const patienceMs = Math.min(ABANDONED_MS, giveUpAt - seenAt)
    let pauseMs = Math.min(patienceMs, SURELY_BUSY * position * aboutMs)
    for (;;) {
      await pause(Math.max(SHORTEST_PAUSE_MS, pauseMs))
      const askedAt = performance.now()
      if ((await store.get('turns', ahead.id))?.version !== ahead.version) return
      const now = performance.now()
      // Whoever waits behind others waits for them, not for a dead one.
      if (position === 1 && now - seenAt >= ABANDONED_MS) await leaveLine(store, ahead)
      if (now - seenAt >= patienceMs) return
      pauseMs = random() * PAUSE_QUESTIONS * position * (now - askedAt)
    }
  }
}

/** Whether anybody waits for a turn in `lane`. Throws what the store throws. */
export async function isSomebodyInLine(store: Pick<Store, 'find'>, lane: string): Promise<boolean> {
  return (await standingIn(store, lane)).length > 0
}

async function standingIn(store: Pick<Store, 'find'>, lane: string): Promise<readonly Stored<'turns'>[]> {
  const query = { where: { lane }, orderBy: 'since', direction: 'asc', limit: LONGEST_LINE } as const
  return (await store.find('turns', query)).documents
}

async function standIn(
  store: Pick<Store, 'commit'>,
  id: string,
  value: Stored<'turns'>['value'],
): Promise<void> {
  try {
    await store.commit([{ op: 'create', collection: 'turns', id, value }])
  } catch (error) {
    // It stands there already: an answer was lost.
    if (!isAppError(error, 'conflict')) throw error
  }
}

/** Give a place up that nothing was written with, or that somebody has left behind. It is no matter whether this fails. */
export function leaveLine(store: Pick<Store, 'commit'>, { id, version }: Turn): Promise<void> {
  return store.commit([{ op: 'delete', collection: 'turns', id, version }]).catch(() => {})
}
