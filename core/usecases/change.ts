import { setImmediate as endOfMoment } from 'node:timers/promises'
import { AppError, isAppError } from '#contract'
import type { Effect } from '../domain/effect.ts'
import type { CollectionName, Collections, Key, Store, Version, Write } from '../ports/store.ts'
import type { Crowd } from './crowd.ts'
import { isSomebodyInLine, leaveLine, type Turn, waitForTurn } from './turn.ts'

/** The documents a decision may see and write. What it may overwrite, it must have read. */
export interface Sheet {
  get<C extends CollectionName>(collection: C, id: string): Collections[C] | undefined
  put<C extends CollectionName>(collection: C, id: string, value: Collections[C]): void
  remove(collection: CollectionName, id: string): void
  /** What asked for this change, for those who go on with it later. */
  readonly trace: TraceMark | null
}

type TraceMark = NonNullable<Effect['trace']>

/** Following one piece of work through the services; see runtime/. */
export interface Tracing {
  /** Do this as a step of the present trace. */
  inStep<T>(name: string, attributes: { readonly lane: string }, work: () => Promise<T>): Promise<T>
  mark(): TraceMark | null
}

const NO_TRACING: Tracing = { inStep: (_name, _attributes, work) => work(), mark: () => null }

export interface Change<T> {
  /** Changes of one lane are decided one after another, in memory, and written together: a drop's id, say. */
  readonly lane?: string
  readonly reads: readonly Key[]
  /** Pure and synchronous. Runs again from fresh documents when somebody else wrote first. */
  readonly decide: (sheet: Sheet) => T
}

/** Read, decide, commit; again on conflict. Throws what `decide` threw, or `conflict` after many tries. */
export type MakeChange = <T>(change: Change<T>) => Promise<T>

/** A commit that is refused has cost its whole time, and larger ones were no quicker in a contended drop (docs/scale.md). */
const MAX_TOGETHER = 200
/** Refusals in a row while nobody else wrote anything that was read: they will not end by themselves. */
const MAX_TRIES = 12
/** Somebody gets through each time, yet perhaps never we: longer than this nobody waits for an answer. */
const LONGEST_MS = 8_000
const LONGEST_PAUSE_MS = 3_000
/** Of as many tries: so that of several who were beaten together most find the way free. */
const PAUSE_TRIES = 3
/** Something else may have moved as well: at every second refusal everything is read again. */
const READ_ALL_EVERY = 2
/** 256 ms, for tries that take no time. */
const MOST_DOUBLINGS = 8
/** How long another process is taken to want the same, after it was last seen to. */
const CONTENDED_MS = 2_000
/** So long a small change stands in line; then it is tried out of turn, which costs somebody else one commit at most. */
const PATIENCE_OF_FEW_MS = 3_000

interface Task {
  readonly reads: readonly Key[]
  readonly decide: (sheet: Sheet) => unknown
  readonly trace: TraceMark | null
  readonly resolve: (value: never) => void
  readonly reject: (error: unknown) => void
}

interface Lane {
  readonly name: string
  readonly waiting: Task[]
  /** Several of its last group wanted the same document. */
  isCrowd: boolean
}

interface HowToLoad {
  readonly lane: Lane | null
  /** What only one of them reads is not read twice. */
  readonly keepsOwn: boolean
  /** What was read before led to a commit that did not stand. */
  readonly wasRefused: boolean
  readonly hasTurn: boolean
}

interface Decided {
  readonly answers: readonly (() => void)[]
  readonly writes: readonly Write[]
}

/** A written value, or null for a removed one. */
type Layer = Map<string, { readonly key: Key; readonly value: object | null }>
type Base = Map<string, { readonly version: Version; readonly value: object } | undefined>

const keyText = (key: Key) => `${key[0]}/${key[1]}`

/**
 * The only way state changes. Whatever waits in one lane is decided together and written with one commit, so a
 * thousand buyers of one drop do not queue for a thousand transactions; a document's version decides between
 * processes. `onCommit` hears what was written.
 */
export function createChanges(options: {
  readonly store: Pick<Store, 'get' | 'getAll' | 'find' | 'commit'>
  readonly onCommit: (writes: readonly Write[]) => void
  /** For the pause between tries: 0 up to 1. */
  readonly random: () => number
  readonly onConflict?: () => void
  /** Everybody who waits for a change. */
  readonly crowd?: Crowd
  readonly tracing?: Tracing
}): MakeChange {
  const { store, onCommit, random, onConflict, crowd, tracing = NO_TRACING } = options
  /** This process, among those that work on one store. */
  const us = crypto.randomUUID()
  /** A lane is here as long as it is being worked on. */
  const lanes = new Map<string, Lane>()
  /** Lanes that other processes want as well, so that we stand in line, and until when, by the monotonic clock. */
  const contended = new Map<string, number>()
  /** Other processes have stood in line with us. From then on a crowd stands there before it is beaten. */
  let hasCompany = false
  /** How long the last crowd's group took here, from reading to having written, ms; until then, what was refused first; or 0. */
  let groupMs = 0

  async function drain(lane: Lane): Promise<void> {
    // Whoever comes in the same moment comes along.
    await endOfMoment()
    while (lane.waiting.length > 0) {
      await settle([], lane)
      // Whoever is quick enough is never beaten, and would keep those in line waiting for ever.
      if (lane.isCrowd && lane.waiting.length > 0 && !isContended(lane)) lookBehind(lane)
    }
    lanes.delete(lane.name)
  }

  function isContended(lane: Lane): boolean {
    return (lane.isCrowd && hasCompany) || (contended.get(lane.name) ?? 0) > performance.now()
  }

  function noteContended(lane: Lane): void {
    const now = performance.now()
    for (const [name, until] of contended) if (until <= now) contended.delete(name)
    contended.set(lane.name, now + CONTENDED_MS)
  }

  function noteCompany(lane: Lane): void {
    hasCompany = true
    noteContended(lane)
  }

  function lookBehind(lane: Lane): void {
    isSomebodyInLine(store, lane.name).then(
      (somebody) => {
        if (somebody) noteCompany(lane)
      },
      // It was only politeness.
      () => {},
    )
  }

  /** Null when a small change has waited long enough. Throws `conflict` when a crowd has. */
  async function comeToTurn(lane: Lane, withinMs: number): Promise<Turn | null> {
    const { name, isCrowd } = lane
    const { turn, hadCompany } = await waitForTurn(store, name, {
      by: us,
      aboutMs: groupMs,
      random,
      withinMs: isCrowd ? withinMs : Math.min(withinMs, PATIENCE_OF_FEW_MS),
    })
    if (hadCompany) noteCompany(lane)
    if (isCrowd && !turn) throw new AppError('conflict', 'It did not come to our turn in time.')
    return turn
  }

  /** Whoever is beaten by another process takes those along who have come meanwhile: they would only be next in line. */
  async function settle(tasks: Task[], lane: Lane | null): Promise<void> {
    const startedAt = performance.now()
    const withinMs = () => LONGEST_MS - (performance.now() - startedAt)
    let base: Base = new Map()
    /** Our place in line, and whether it is the first as far as we know, or has been waited for long enough. */
    let turn: Turn | null = null
    let hasTurn = false
    let beaten = 0
    let inVain = 0
    /** Nothing has been read since. */
    let wasRefused = false
    for (;;) {
      if (lane) tasks.push(...lane.waiting.splice(0, MAX_TOGETHER - tasks.length))
      const triedAt = performance.now()
      const tookMs = () => performance.now() - triedAt
      try {
        const before = base
        const keepsOwn = !wasRefused || beaten % READ_ALL_EVERY !== 0
        base = await load(tasks, before, { lane, keepsOwn, wasRefused, hasTurn })
        wasRefused = false
        if (hasMoved(before, base)) inVain = 0
        const { answers, writes } = decideAll(tasks, base)
        if (writes.length > 0 && lane && !hasTurn && isContended(lane)) {
          turn = await comeToTurn(lane, withinMs())
          hasTurn = true
          continue
        }
        if (writes.length > 0) {
          await store.commit(turn ? [...writes, { op: 'delete', collection: 'turns', ...turn }] : writes)
          onCommit(writes)
          if (lane?.isCrowd) groupMs = tookMs()
        } else if (turn) {
          await leaveLine(store, turn)
        }
        for (const answer of answers) answer()
        return
      } catch (error) {
        const isBeaten = isAppError(error, 'conflict')
        if (isBeaten) onConflict?.()
        beaten++
        inVain++
        wasRefused = true
        // Perhaps somebody thought us gone.
        hasTurn = false
        const stuck = inVain >= MAX_TRIES
        // Beaten for too long: one by one they would only beat each other and everybody else.
        if (!isBeaten || stuck || withinMs() <= 0) {
          if (turn) await leaveLine(store, turn)
          // Several together may fail for the fault of one: each gets its own last word.
          if (isBeaten && stuck && tasks.length > 1) for (const task of tasks) await settle([task], null)
          else for (const task of tasks) task.reject(error)
          return
        }
        if (groupMs === 0) groupMs = tookMs()
        if (lane && isContended(lane)) continue
        // Whoever beat us may well be at the next one now, and takes about as long.
        const mostMs = Math.max(2 ** Math.min(beaten, MOST_DOUBLINGS), PAUSE_TRIES * tookMs())
        await pause(random() * Math.min(LONGEST_PAUSE_MS, mostMs))
      }
    }
  }

  /** One round for all tasks. Answers are given by the caller, once the writes have stood. */
  function decideAll(tasks: readonly Task[], base: Base): Decided {
    const layer: Layer = new Map()
    const answers: (() => void)[] = []
    for (const task of tasks) {
      const own: Layer = new Map()
      try {
        const result = task.decide(sheetOver(own, layer, base, task.trace))
        for (const [key, entry] of own) layer.set(key, entry)
        answers.push(() => task.resolve(result as never))
      } catch (error) {
        answers.push(() => task.reject(error))
      }
    }
    return { answers, writes: toWrites(layer, base) }
  }

  /**
   * What only one of several reads is read first, and once; what they share is read just before they decide, every time:
   * the shorter that takes, the less often somebody else comes between; in their turn nobody does. Where they were beaten
   * and nothing has moved of what they share, it was one of the others that somebody else wrote: then those are read again.
   */
  async function load(
    tasks: readonly Task[],
    before: Base,
    { lane, keepsOwn, wasRefused, hasTurn }: HowToLoad,
  ): Promise<Base> {
    const { own, shared } = splitReads(tasks)
    const isCrowd = tasks.length > 1 && shared.size > 0
    if (lane) lane.isCrowd = isCrowd
    const known = (text: string) => keepsOwn && before.has(text)
    const base: Base = new Map()
    const read = async (keys: readonly (readonly [string, Key])[]) => {
      const documents = keys.length > 0 ? await store.getAll(keys.map(([, key]) => key)) : []
      for (const [index, [text]] of keys.entries()) base.set(text, documents[index])
    }
    const unknown = [...own].filter(([text]) => !known(text))
    if (hasTurn) {
      await read([...unknown, ...shared])
    } else {
      await read(unknown)
      await read([...shared])
    }
    const theirs = [...own].filter(([text]) => known(text))
    const moved = hasMoved(before, base)
    if (moved || !wasRefused) {
      if (moved && lane && isCrowd && theirs.length > 0) noteContended(lane)
      for (const [text] of theirs) base.set(text, before.get(text))
    } else {
      await read(theirs)
    }
    return base
  }

  return function change<T>({ lane: name, reads, decide }: Change<T>): Promise<T> {
    const run = () =>
      new Promise<T>((resolve, reject) => {
        const task: Task = { reads, decide, trace: tracing.mark(), resolve, reject }
        if (name === undefined) {
          void settle([task], null)
          return
        }
        const busy = lanes.get(name)
        if (busy) {
          busy.waiting.push(task)
          return
        }
        const lane = { name, waiting: [task], isCrowd: false }
        lanes.set(name, lane)
        void drain(lane)
      })
    const answer = tracing.inStep('change', { lane: name ?? '' }, run)
    crowd?.join(answer)
    return answer
  }
}

/** What only one of them reads, and what several read: everything, of one alone. */
function splitReads(tasks: readonly Task[]): Record<'own' | 'shared', Map<string, Key>> {
  const own = new Map<string, Key>()
  const shared = new Map<string, Key>()
  for (const task of tasks) {
    for (const key of task.reads) {
      const text = keyText(key)
      if (tasks.length === 1 || own.has(text)) shared.set(text, key)
      else own.set(text, key)
    }
  }
  for (const text of shared.keys()) own.delete(text)
  return { own, shared }
}

/** Has anything been written of what was read before, and is read now? */
function hasMoved(before: Base, now: Base): boolean {
  for (const [text, document] of now) {
    if (before.has(text) && document?.version !== before.get(text)?.version) return true
  }
  return false
}

function sheetOver(own: Layer, layer: Layer, base: Base, trace: TraceMark | null): Sheet {
  return {
    trace,
    get<C extends CollectionName>(collection: C, id: string) {
      const text = keyText([collection, id])
      const written = own.get(text) ?? layer.get(text)
      const value = written ? written.value : base.get(text)?.value
      // The key names the collection, and only this collection's values are ever put under it.
      return (value ?? undefined) as Collections[C] | undefined
    },
    put(collection, id, value) {
      own.set(keyText([collection, id]), { key: [collection, id], value })
    },
    remove(collection, id) {
      const text = keyText([collection, id])
      if (!base.has(text)) throw new AppError('internal', `${text} must be read before it is removed`)
      own.set(text, { key: [collection, id], value: null })
    },
  }
}

function toWrites(layer: Layer, base: Base): Write[] {
  const writes: Write[] = []
  for (const [text, { key, value }] of layer) {
    const [collection, id] = key
    const version = base.get(text)?.version
    if (value === null) {
      if (version !== undefined) writes.push({ op: 'delete', collection, id, version })
    } else if (version === undefined) {
      writes.push({ op: 'create', collection, id, value } as Write)
    } else {
      writes.push({ op: 'replace', collection, id, value, version } as Write)
    }
  }
  return writes
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
