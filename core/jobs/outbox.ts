import { setTimeout as wait } from 'node:timers/promises'
import type PQueue from 'p-queue'
import type { Telemetry } from '../../runtime/telemetry.ts'
import { resumeTrace, runInTrace } from '../../runtime/trace.ts'
import { type Effect, type EffectKind, QUEUES, type QueueName, turnOf } from '../domain/effect.ts'
import type { Page, Stored, Write } from '../ports/store.ts'
import type { Deps } from '../usecases/deps.ts'
import { endRun } from '../usecases/end-run.ts'
import { openQueue } from './open-queue.ts'

/** How long one run may take before another process may take the effect over. */
const LEASE_MS = 60_000
const BETWEEN_LOOKS_MS = 10
const FIRST_RETRY_MS = 500
/** Asking what others left takes one part of the time in so many, as long as a queue need not wait longer than this. */
const LOOKING_PART = 20
const LONGEST_REST_MS = 2_000
const LONGEST_RETRY_MS = 10 * 60_000
const COUNT_AT_MOST = 500
/** What waits here for its turn in one queue; beyond it, work stays in the store until it is looked for. */
const MOST_WAITING = 500

/**
 * Carries out one effect. Answers when to run again (UTC ms), null when nothing is left to do, or `ended` when it has
 * written the end itself, with what the run led to (`endRun`). Must be idempotent.
 */
export type EffectHandler = (effect: Effect) => Promise<number | null | 'ended'>

export interface RoundLimits {
  /** Runs at most. */
  readonly atMost: number
  /** After this long nothing more is started. */
  readonly startForMs: number
  /** After this long what is still in hand is no longer waited for. It goes on if it can; if not, its lease runs out. */
  readonly endAfterMs: number
}

export interface Round {
  /** Runs by kind, failed ones included. */
  readonly ran: Readonly<Partial<Record<EffectKind, number>>>
  readonly failed: number
}

export interface Outbox {
  /** Look soon, in every queue. */
  wake(): void
  /** What was just committed here: due wishes among it are taken in hand at once, without asking the store for them. */
  hear(writes: readonly Write[]): void
  /** Carry out whatever is due now, and what that makes due, until nothing is. Answers how many runs there were. */
  runDue(): Promise<number>
  /** The same within limits, and beside other rounds, here or in other processes. */
  runRound(limits: RoundLimits): Promise<Round>
  /** How many effects are due and in nobody's hands, up to 500 of a queue. */
  countDue(): Promise<Readonly<Record<QueueName, number>>>
  /**
   * Only where no other process can be working on this store: whatever an earlier process held when it died is due
   * now, not when its lease would have run out.
   */
  takeOver(): Promise<void>
  /** Finish what is in hand and take nothing new. */
  close(): Promise<void>
}

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

/**
 * The one loop that makes wishes come true: claims due effects by lease, runs them side by side per queue, and
 * reschedules failures with growing pauses. A process carries out what it wished for itself, and looks in the store for
 * what others left: one that dies leaves its leases to run out.
 */
export function createOutbox(
  deps: Pick<Deps, 'store' | 'change' | 'clock'>,
  handlers: Readonly<Record<EffectKind, EffectHandler>>,
  options: {
    /** 0 up to 1, to spread retries. */
    readonly random: () => number
    readonly onFailure: (effect: Effect, error: unknown) => void
    readonly pace: Pace
    readonly telemetry: Telemetry
  },
): Outbox {
  const queues = Object.fromEntries(
    QUEUE_NAMES.map((name) => [name, openQueue(QUEUES[name].width)]),
  ) as Record<QueueName, PQueue>
  /** What is in hand (see turnOf), and what was heard of since and runs after it, by id. */
  const turns = new Map<string, Map<string, Due>>()
  /** Queues in which more may be due than is in hand. */
  const behind = new Set<QueueName>()
  /** The same, but all that was seen of it has to wait for its turn: looking again would show nothing else. */
  const blocked = new Set<QueueName>()
  /** When the next effect of a queue falls due, as far as known here, UTC ms. */
  const awaited = new Map<QueueName, number>()
  let closed = false
  let looking: Promise<void> | undefined
  let rounds = 0
  const { pace, telemetry } = options
  let timer: NodeJS.Timeout | undefined
  let pauseMs = pace.kind === 'timer' ? pace.everyMs : 0
  /** When the present pause is over, by the monotonic clock. */
  let pauseOver = performance.now() + pauseMs
  /** Whose turn it is to be asked for what others left: one queue after another, so that it never costs much at once. */
  let nextAsked = 0
  let surveyIsDue = false

  function hear(writes: readonly Write[]): void {
    if (closed || pace.kind === 'by_hand') return
    const now = deps.clock.now()
    for (const write of writes) {
      if (write.collection !== 'outbox' || write.op === 'delete') continue
      const { id, value: effect } = write
      const { queue, dueAt, leaseUntil } = effect
      // In hand, here or elsewhere: whoever has it sees that there was a newer wish.
      if (leaseUntil > now) continue
      if (dueAt > now) expect(queue, dueAt)
      else if (rounds > 0 || queues[queue].size >= MOST_WAITING) behind.add(queue)
      else takeInTurn({ id, value: effect })
    }
    lookSoon()
  }

  function takeInTurn(due: Due): void {
    const after = turns.get(turnOf(due.id, due.value))
    if (!after) take(due)
    else if (after.size < MOST_WAITING) after.set(due.id, due)
    else blocked.add(due.value.queue)
  }

  /** Put it in its queue, if nothing of its turn is in hand. */
  function take(due: Due, after = new Map<string, Due>()): Promise<Outcome> | null {
    const turn = turnOf(due.id, due.value)
    if (turns.has(turn)) return null
    turns.set(turn, after)
    // In the trace that wished for it, whoever's work made room for it.
    const over = queues[due.value.queue].add(() =>
      runInTrace(resumeTrace(due.value.trace ?? {}), () => run(due)),
    )
    // Only then has its queue counted it out.
    void over.then(() => letGo(turn))
    return over
  }

  function letGo(turn: string): void {
    const after = turns.get(turn)
    turns.delete(turn)
    const [next] = after?.values() ?? []
    if (next) {
      after?.delete(next.id)
      take(next, after)
    }
    for (const name of blocked) behind.add(name)
    blocked.clear()
    lookSoon()
  }

  /** Start what is due in these queues, as far as there is room. Answers what was started. */
  async function look(names = QUEUE_NAMES, atMost = Number.POSITIVE_INFINITY): Promise<Run[]> {
    const started: Run[] = []
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

  function roomIn(name: QueueName): number {
    return QUEUES[name].width - queues[name].pending - queues[name].size
  }

  async function run({ id, value }: Due): Promise<Outcome> {
    try {
      const effect = closed ? null : await claim(id, value)
      if (!effect) return 'not_ours'
      const { kind, queue, subject, attempts } = effect
      telemetry.time('c500.outbox.lag', Math.max(0, deps.clock.now() - value.dueAt) / 1_000, { queue })
      return await telemetry.inStep(`effect ${kind}`, { queue, subject, attempts }, () =>
        carryOut(id, effect),
      )
    } catch (error) {
      // The store did not answer: somebody tries again, at the latest when the lease runs out.
      options.onFailure(value, error)
      expect(value.queue, deps.clock.now() + FIRST_RETRY_MS)
      return 'failed'
    }
  }

  /** Null when somebody else has it, or it is no longer due. */
  function claim(id: string, found: Effect): Promise<Effect | null> {
    return deps.change({
      lane: laneOf(found),
      reads: [['outbox', id]],
      decide(sheet) {
        const now = deps.clock.now()
        const effect = sheet.get('outbox', id)
        if (!effect || effect.dueAt > now || effect.leaseUntil > now) return null
        const leaseUntil = now + LEASE_MS
        const claimed = {
          ...effect,
          dueAt: leaseUntil,
          leaseUntil,
          runs: effect.runs + 1,
          attempts: effect.attempts + 1,
        }
        sheet.put('outbox', id, claimed)
        return claimed
      },
    })
  }

  async function carryOut(id: string, claimed: Effect): Promise<Outcome> {
    let outcome: { readonly again: number | null; readonly failure?: string }
    try {
      const again = await handlers[claimed.kind](claimed)
      if (again === 'ended') return 'done'
      outcome = { again }
    } catch (error) {
      options.onFailure(claimed, error)
      const pause = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (claimed.attempts - 1))
      const again = deps.clock.now() + Math.round(pause * (0.5 + options.random() / 2))
      outcome = { again, failure: error instanceof Error ? error.message : String(error) }
    }
    await deps.change({
      lane: laneOf(claimed),
      reads: [['outbox', id]],
      decide: (sheet) => endRun(sheet, id, claimed, outcome, deps.clock.now()),
    })
    return outcome.failure === undefined ? 'done' : 'failed'
  }

  function endLease(id: string): Promise<void> {
    return deps.change({
      reads: [['outbox', id]],
      decide(sheet) {
        const effect = sheet.get('outbox', id)
        if (effect) sheet.put('outbox', id, { ...effect, leaseUntil: 0, dueAt: deps.clock.now() })
      },
    })
  }

  function wake(): void {
    for (const name of QUEUE_NAMES) behind.add(name)
    lookSoon()
  }

  /** Not for every single place that becomes free: one look serves many. */
  const toLookIn = () =>
    [...behind].filter((name) => queues[name].size === 0 && queues[name].pending <= QUEUES[name].width / 2)

  function lookSoon(): void {
    if (closed || looking || rounds > 0 || pace.kind === 'by_hand') return
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
      for (const name of QUEUE_NAMES) expect(name, deps.clock.now() + FIRST_RETRY_MS)
    }
  }

  /** Learn when the next queue has its next effect, whoever wished for it. */
  async function survey(): Promise<void> {
    surveyIsDue = false
    const queue = QUEUE_NAMES[nextAsked] ?? 'checkout'
    nextAsked = (nextAsked + 1) % QUEUE_NAMES.length
    if (queues[queue].size > 0) {
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

  /** Something of this queue falls due then. */
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
      pauseOver = performance.now() + pauseMs / QUEUE_NAMES.length
      surveyIsDue = true
    }
    lookSoon()
    if (!looking) rest()
  }

  rest()

  return {
    wake,
    hear,
    async runDue() {
      let runs = 0
      for (;;) {
        const started = await look()
        await Promise.all(Object.values(queues).map((queue) => queue.onIdle()))
        if (started.length === 0) return runs
        runs += started.length
      }
    },
    async runRound({ atMost, startForMs, endAfterMs }) {
      const began = performance.now()
      const ran: Partial<Record<EffectKind, number>> = {}
      let failed = 0
      let started = 0
      const inHand = new Set<Promise<void>>()
      async function count({ kind, over }: Run): Promise<void> {
        const outcome = await over
        if (outcome === 'not_ours') return
        ran[kind] = (ran[kind] ?? 0) + 1
        if (outcome === 'failed') failed++
      }
      // Whatever a round makes due is the round's own: its runs are counted, and waited for.
      rounds++
      try {
        while (!closed && started < atMost && performance.now() - began < startForMs) {
          const runs = await look(QUEUE_NAMES, atMost - started)
          started += runs.length
          for (const run of runs) {
            const counted: Promise<void> = count(run).finally(() => inHand.delete(counted))
            inHand.add(counted)
          }
          if (inHand.size === 0) break
          const left = Math.max(0, startForMs - (performance.now() - began))
          await within(left, Promise.race(inHand))
          await wait(BETWEEN_LOOKS_MS)
        }
        await within(Math.max(0, endAfterMs - (performance.now() - began)), Promise.all(inHand))
      } finally {
        rounds--
        lookSoon()
      }
      return { ran: { ...ran }, failed }
    },
    async countDue() {
      const atMost = deps.clock.now()
      const counts = await Promise.all(
        QUEUE_NAMES.map(async (queue) => {
          const query = {
            where: { queue },
            orderBy: 'dueAt',
            direction: 'asc',
            limit: COUNT_AT_MOST,
          } as const
          const page = await deps.store.find('outbox', { ...query, atMost })
          return [queue, page.documents.length] as const
        }),
      )
      return Object.fromEntries(counts) as Record<QueueName, number>
    },
    async takeOver() {
      const now = deps.clock.now()
      for (const queue of QUEUE_NAMES) {
        const query = { where: { queue }, orderBy: 'dueAt', direction: 'asc', limit: 500 } as const
        let cursor: string | null = null
        do {
          const page: Page<'outbox'> = await deps.store.find('outbox', {
            ...query,
            atMost: now + LEASE_MS,
            cursor,
          })
          for (const { id, value } of page.documents) if (value.leaseUntil > now) await endLease(id)
          cursor = page.cursor
        } while (cursor)
      }
    },
    async close() {
      closed = true
      clearTimeout(timer)
      await looking
      await Promise.all(Object.values(queues).map((queue) => queue.onIdle()))
    },
  }
}

const QUEUE_NAMES = Object.keys(QUEUES) as QueueName[]

/** An effect as it was seen last. Whoever claims it reads it again. */
type Due = Pick<Stored<'outbox'>, 'id' | 'value'>

/** Claims and ends that wait at the same time are written together. */
function laneOf({ queue, subject }: Effect): string {
  // A drop's own changes write its card's wish too: together they never beat each other.
  return queue === 'cards' ? subject : queue
}

type IdlePace = Pick<Extract<Pace, { kind: 'timer' }>, 'everyMs' | 'idleMs'>

/** After one more look in vain. Milliseconds. */
export function longerPause({ idleMs }: IdlePace, pauseMs: number): number {
  return Math.min(idleMs, 2 * pauseMs)
}

/** `not_ours`: somebody else had it, or it was no longer due. */
type Outcome = 'done' | 'failed' | 'not_ours'

interface Run {
  readonly kind: EffectKind
  readonly over: Promise<Outcome>
}

/** Until `work` is done, and no longer than `ms`. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<void>()
  const timer = setTimeout(late.resolve, ms)
  await Promise.race([work, late.promise]).finally(() => clearTimeout(timer))
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
