import { setTimeout as pause } from 'node:timers/promises'
import { AppError, isAppError } from '#contract'
import type { Store, Stored, Version } from '../ports/store.ts'

/** Whoever stands first for so long without moving is gone: its process died, or is slower than anybody waits. */
const ABANDONED_MS = 3_000
const SHORTEST_PAUSE_MS = 5
/** Of as many questions for each one before us: whoever's turn it is needs its time, and asking takes it away. */
const PAUSE_QUESTIONS = 3
/** More need not be seen of a line. */
const LONGEST_LINE = 20

/** A place in line that has come to be the first; it is given up with what it was taken for. */
export interface Turn {
  readonly id: string
  readonly version: Version
}

export interface LineOptions {
  /** A name that no other process has. */
  readonly by: string
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
  store: Pick<Store, 'find' | 'commit'>,
  lane: string,
  { by, random, withinMs }: LineOptions,
): Promise<Turn> {
  const id = `${lane}:${by}`
  const startedAt = performance.now()
  let first: Stored<'turns'> | undefined
  let firstSince = startedAt
  for (;;) {
    const askedAt = performance.now()
    const line = await standingIn(store, lane)
    const now = performance.now()
    if (line[0]?.version !== first?.version) {
      first = line[0]
      firstSince = now
    }
    const before = line.findIndex((place) => place.id === id)
    if (before === 0 && first) return { id, version: first.version }
    if (performance.now() - startedAt >= withinMs) {
      const ours = line[before]
      if (ours) await sendAway(store, ours)
      throw new AppError('conflict', 'It did not come to our turn in time.')
    }
    // By this machine's own clock: one that is ahead waits longer, and nothing else.
    if (before < 0) await standIn(store, id, { lane, by, since: Date.now() })
    if (first && now - firstSince >= ABANDONED_MS) await sendAway(store, first)
    // Whoever has just come may be the first.
    const pauseMs = before * PAUSE_QUESTIONS * random() * (now - askedAt)
    if (before >= 0) await pause(Math.max(SHORTEST_PAUSE_MS, pauseMs))
  }
}

export async function isSomebodyInLine(store: Pick<Store, 'find'>, lane: string): Promise<boolean> {
  return (await standingIn(store, lane)).length > 0
}

async function standingIn(store: Pick<Store, 'find'>, lane: string): Promise<readonly Stored<'turns'>[]> {
  const query = { where: { lane }, orderBy: 'since', direction: 'asc', limit: LONGEST_LINE } as const
  return (await store.find('turns', query)).documents
}

function standIn(store: Pick<Store, 'commit'>, id: string, value: Stored<'turns'>['value']): Promise<void> {
  return unlessBeaten(store.commit([{ op: 'create', collection: 'turns', id, value }]))
}

function sendAway(store: Pick<Store, 'commit'>, { id, version }: Stored<'turns'>): Promise<void> {
  return unlessBeaten(store.commit([{ op: 'delete', collection: 'turns', id, version }]))
}

/** Somebody else did it first: that is as good. */
async function unlessBeaten(commit: Promise<void>): Promise<void> {
  try {
    await commit
  } catch (error) {
    if (!isAppError(error, 'conflict')) throw error
  }
}
