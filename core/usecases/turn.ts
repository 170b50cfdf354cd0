import { setTimeout as pause } from 'node:timers/promises'
import { isAppError } from '#contract'
import type { Store, Stored, Version } from '../ports/store.ts'

/**
 * Whoever stands first for so long is gone: its process died, or is slower than anybody waits. So many times what a turn takes,
 * and no less than that, milliseconds. Sending somebody away by mistake costs a commit and a place, and nothing else.
 */
const ABANDONED_TURNS = 4
const ABANDONED_MS = 1_000
const SHORTEST_PAUSE_MS = 5
/** Of the time that one turn should take: how often the next one asks whether the first is done. */
const PART_OF_TURN = 0.15
/** Of the time that those between us and the first should take: the last groups of a drop are small, and soon done. */
const PART_OF_LINE = 0.5
/** More than that many cores at one drop wait too long anyway. */
const LONGEST_LINE = 50

/** A place in line. One that has come to be the first is given up with what it was taken for. */
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
 * Answers null when it does not come `withinMs`, and whether anybody else was seen in line. Throws what the store throws.
 */
export async function waitForTurn(
  store: Pick<Store, 'get' | 'find' | 'commit'>,
  lane: string,
  { by, aboutMs, random, withinMs }: LineOptions,
): Promise<{ readonly turn: Turn | null; readonly hadCompany: boolean }> {
  const id = `${lane}:${by}`
  const giveUpAt = performance.now() + withinMs
  const abandonedMs = Math.max(ABANDONED_MS, ABANDONED_TURNS * aboutMs)
  let hadCompany = false
  let seenFirst: (Turn & { readonly at: number }) | undefined
  const wait = (ms: number) => pause(Math.max(SHORTEST_PAUSE_MS, (0.5 + random()) * ms))

  while (performance.now() < giveUpAt) {
    const line = await standingIn(store, lane)
    const position = line.findIndex((place) => place.id === id)
    const ours = line[position]
    const [first] = line
    hadCompany ||= line.some((place) => place.id !== id)
    if (ours && ours === first) return { turn: { id, version: ours.version }, hadCompany }
    if (first && isAbandoned(first)) {
      await leaveLine(store, first)
    } else if (!ours) {
      // By this machine's own clock: one that is ahead waits longer, and nothing else.
      await standIn(store, id, { lane, by, since: Date.now() })
      await wait(0)
    } else if (position === 1 && first) {
      if (await isDone(first)) return { turn: { id, version: ours.version }, hadCompany }
    } else {
      await wait(PART_OF_LINE * (position - 1) * aboutMs)
    }
  }
  const place = await store.get('turns', id)
  if (place) await leaveLine(store, place)
  return { turn: null, hadCompany }

  /** Whether the same one has stood there since we first saw it, for too long. */
  function isAbandoned({ id, version }: Turn): boolean {
    const now = performance.now()
    if (seenFirst?.id !== id || seenFirst.version !== version) seenFirst = { id, version, at: now }
    return now - seenFirst.at >= abandonedMs
  }

  /** Waits until the first has had its turn; false when that takes too long. */
  async function isDone(first: Turn): Promise<boolean> {
    while (performance.now() < giveUpAt && !isAbandoned(first)) {
      await wait(PART_OF_TURN * aboutMs)
      if ((await store.get('turns', first.id))?.version !== first.version) return true
    }
    return false
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
