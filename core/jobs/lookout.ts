import { setTimeout as wait } from 'node:timers/promises'
import { type Effect, type EffectKind, QUEUES, type QueueName } from '../domain/effect.ts'
import type { Stored } from '../ports/store.ts'
import type { Deps } from '../usecases/deps.ts'

const BETWEEN_LOOKS_MS = 10
const RETRY_MS = 500
/** Asking what others left takes one part of the time in so many, as long as a queue need not wait longer than this. */
const LOOKING_PART = 20
const LONGEST_REST_MS = 2_000

/**
 * When to look for due work that was not wished for here: every so often; only when woken, where a scheduler drives the
 * rest; or only when told, by a test.
 */
export type Pace =
  | {
      readonly kind: 'timer'
      readonly everyMs: number
      /** How long a pause may grow while nothing is due: where a look costs money, nobody looks for nothing. */
      readonly idleMs: number
    }
  | { readonly kind: 'request' }
  | { readonly kind: 'by_hand' }

type IdlePace = Pick<Extract<Pace, { kind: 'timer' }>, 'everyMs' | 'idleMs'>

/** After one more look in vain. Milliseconds. */
export function longerPause({ idleMs }: IdlePace, pauseMs: number): number {
  return Math.min(idleMs, 2 * pauseMs)
}

/** An effect as it was seen last. Whoever claims it reads it again. */
export type Due = Pick<Stored<'outbox'>, 'id' | 'value'>

export interface Started<T> {
  readonly kind: EffectKind
  readonly over: Promise<T>
}

/** Finds due effects in the store: what others left, what has its time, and what was too much to keep in memory. */
export interface Lookout<T> {
  /** Take what is due in these queues, as far as there is room. Answers what was taken. */
  look(names?: readonly QueueName[], atMost?: number): Promise<Started<T>[]>
  /** Look as soon as there is room for more, where there may be more. */
  lookSoon(): void
  lookEverywhere(): void
  /** More may be due in this queue than is in hand. */
  fallBehind(name: QueueName): void
  /** The same, but what was seen of it has to wait for its turn: looking again would show nothing else. */
  block(name: QueueName): void
  /** Something came to its end: what had to wait may go on. */
  unblock(): void
  /** Something of this queue falls due then, UTC ms. */
  expect(name: QueueName, dueAt: number): void
  /** Resolves when nobody is looking any more. */
  close(): Promise<void>
}

export function createLookout<T>(
  deps: Pick<Deps, 'store' | 'clock'>,
  options: {
    readonly pace: Pace
    readonly queues: readonly QueueName[]
    /** How many more a queue would start at once. */
    readonly roomIn: (name: QueueName) => number
    /** Whether something waits in it for a place. */
    readonly hasQueued: (name: QueueName) => boolean
    /** Null when it has to wait for its turn. */
    readonly take: (due: Due) => Promise<T> | null
    /** While somebody looks by hand, nobody else does. */
    readonly isHeldUp: () => boolean
    /** Then nobody asks what others left. */
    readonly letsOthersGoFirst: () => boolean
    readonly onFailure: (effect: Effect, error: unknown) => void
  },
): Lookout<T> {
  const { pace, queues, roomIn, hasQueued, take, isHeldUp, letsOthersGoFirst } = options
  const behind = new Set<QueueName>()
  const blocked = new Set<QueueName>()
  /** When the next effect of a queue falls due, as far as known here, UTC ms. */
  const awaited = new Map<QueueName, number>()
  let closed = false
  let looking: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let pauseMs = pace.kind === 'timer' ? pace.everyMs : 0
  /** When the present pause is over, by the monotonic clock. */
  let pauseOver = performance.now() + pauseMs
  /** Whose turn it is to be asked for what others left: one queue after another, so that it never costs much at once. */
  let nextAsked = 0
  let surveyIsDue = false

  async function look(names = queues, atMost = Number.POSITIVE_INFINITY): Promise<Started<T>[]> {
    const started: Started<T>[] = []
    for (const name of names) {
      const room = roomIn(name)
      if (room <= 0) continue
      behind.delete(name)
      const page = await deps.store.find('outbox', {
        where: { queue: name },
        orderBy: 'dueAt',
        direction: 'asc',
        atMost: deps.clock.now(),
        // Those in hand may stand first in the row: look past them.
        limit: room + QUEUES[name].width + QUEUES[name].looksPast,
      })
      const before = started.length
      let waits = page.cursor !== null
      for (const document of page.documents) {
        if (closed) return started
        const free = started.length - before < room && started.length < atMost
        const over = free ? take(document) : null
        if (over) started.push({ kind: document.value.kind, over })
        else waits = true
      }
      if (waits) (started.length > before ? behind : blocked).add(name)
    }
    return started
  }

  /** Not for every single place that becomes free: one look serves many. */
  const toLookIn = () =>
    [...behind].filter((name) => !hasQueued(name) && roomIn(name) >= QUEUES[name].width / 2)

  function lookSoon(): void {
    if (closed || looking || isHeldUp() || pace.kind === 'by_hand') return
    if (!surveyIsDue && toLookIn().length === 0) return
    looking = lookUntilQuiet().finally(() => {
      looking = undefined
      rest()
      // Something may have come to its end just now.
      lookSoon()
    })
  }

  async function lookUntilQuiet(): Promise<void> {
    try {
      if (surveyIsDue) await survey()
      for (let names = toLookIn(); names.length > 0 && !closed; names = toLookIn()) {
        await look(names)
        await wait(BETWEEN_LOOKS_MS)
      }
    } catch (error) {
      options.onFailure(LOOKING, error)
      for (const name of queues) expect(name, deps.clock.now() + RETRY_MS)
    }
  }

  /** Learn when the next queue has its next effect, whoever wished for it. */
  async function survey(): Promise<void> {
    surveyIsDue = false
    const queue = queues[nextAsked] ?? 'checkout'
    nextAsked = (nextAsked + 1) % queues.length
    if (hasQueued(queue)) {
      // There is enough to do here first.
      behind.add(queue)
      return
    }
    const query = { where: { queue }, orderBy: 'dueAt', direction: 'asc', limit: 1 } as const
    const askedAt = performance.now()
    const [next] = (await deps.store.find('outbox', query)).documents
    // Where the store is slow, or we are, what is in hand goes first.
    const now = performance.now()
    pauseOver = Math.max(pauseOver, now + Math.min(LONGEST_REST_MS, LOOKING_PART * (now - askedAt)))
    if (!next) return
    if (next.value.dueAt <= deps.clock.now()) behind.add(queue)
    else expect(queue, next.value.dueAt)
  }

  function expect(name: QueueName, dueAt: number): void {
    if (dueAt >= (awaited.get(name) ?? Infinity)) return
    awaited.set(name, dueAt)
    rest()
  }

  /** Until something falls due, or until it is time to ask whether others left anything. */
  function rest(): void {
    if (closed || pace.kind !== 'timer') return
    clearTimeout(timer)
    const soonestMs = Math.min(...awaited.values()) - deps.clock.now()
    const restMs = Math.min(pauseOver - performance.now(), soonestMs)
    timer = setTimeout(() => rise(pace), Math.max(BETWEEN_LOOKS_MS, restMs))
  }

  function rise(every: IdlePace): void {
    const now = deps.clock.now()
    for (const [name, dueAt] of awaited) {
      if (dueAt > now) continue
      awaited.delete(name)
      behind.add(name)
    }
    if (performance.now() >= pauseOver) {
      if (nextAsked === 0) pauseMs = longerPause(every, pauseMs)
      pauseOver = performance.now() + pauseMs / queues.length
      surveyIsDue = !letsOthersGoFirst()
    }
    lookSoon()
    if (!looking) rest()
  }

  rest()

  return {
    look,
    lookSoon,
    lookEverywhere() {
      for (const name of queues) behind.add(name)
      lookSoon()
    },
    fallBehind: (name) => void behind.add(name),
    block: (name) => void blocked.add(name),
    unblock() {
      for (const name of blocked) behind.add(name)
      blocked.clear()
      lookSoon()
    },
    expect,
    async close() {
      closed = true
      clearTimeout(timer)
      await looking
    },
  }
}

/** Stands in the log when the store could not be asked what is due. */
const LOOKING: Effect = {
  kind: 'checkout',
  queue: 'checkout',
  subject: '(looking for due effects)',
  notice: null,
  dueAt: 0,
  leaseUntil: 0,
  revision: 0,
  runs: 0,
  attempts: 0,
  lastError: null,
  createdAt: 0,
}
