import { setTimeout as wait } from 'node:timers/promises'
import type PQueue from 'p-queue'
import type { Telemetry } from '../../runtime/telemetry.ts'
import { resumeTrace, runInTrace } from '../../runtime/trace.ts'
import { type Effect, type EffectKind, QUEUES, type QueueName, turnOf } from '../domain/effect.ts'
import type { Page, Write } from '../ports/store.ts'
import type { Crowd } from '../usecases/crowd.ts'
import type { Deps } from '../usecases/deps.ts'
import { endRun } from '../usecases/end-run.ts'
import { createLookout, type Due, type Lookout, type Pace, type Started } from './lookout.ts'
import { openQueue } from './open-queue.ts'

/** How long one run may take before another process may take the effect over. */
const LEASE_MS = 60_000
/** A comparison of all books may take minutes, and begun by one core after another it would take them all. */
const LEASES: Readonly<Partial<Record<QueueName, number>>> = { truth: 15 * 60_000 }
const LOOK_AGAIN_MS = 10
const FIRST_RETRY_MS = 500
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
    readonly crowd?: Crowd
  },
): Outbox {
  const queues = Object.fromEntries(
    QUEUE_NAMES.map((name) => [name, openQueue(QUEUES[name].width)]),
  ) as Record<QueueName, PQueue>
  /** What is in hand (see turnOf), and what was heard of since and runs after it, by id. */
  const turns = new Map<string, Map<string, Due>>()
  let closed = false
  let rounds = 0
  const { pace, telemetry } = options
  const lookout: Lookout<Outcome> = createLookout(deps, {
    pace,
    queues: QUEUE_NAMES,
    roomIn: (name) => QUEUES[name].width - queues[name].pending - queues[name].size,
    hasQueued: (name) => queues[name].size > 0,
    take: (due) => take(due),
    isHeldUp: () => rounds > 0,
    letsOthersGoFirst: () => options.crowd?.goesFirst() ?? false,
    onFailure: options.onFailure,
  })

  function hear(writes: readonly Write[]): void {
    if (closed || pace.kind === 'by_hand') return
    const now = deps.clock.now()
    for (const write of writes) {
      if (write.collection !== 'outbox' || write.op === 'delete') continue
      const { id, value: effect } = write
      const { queue, dueAt, leaseUntil } = effect
      // A newer version's own: it was written here only because something of ours stands in it.
      if (!Object.hasOwn(queues, queue)) continue
      // In hand, here or elsewhere: whoever has it sees that there was a newer wish.
      if (leaseUntil > now) continue
      if (dueAt > now) lookout.expect(queue, dueAt)
      else if (rounds > 0 || queues[queue].size >= MOST_WAITING) lookout.fallBehind(queue)
      else takeInTurn({ id, value: effect })
    }
    lookout.lookSoon()
  }

  function takeInTurn(due: Due): void {
    const after = turns.get(turnOf(due.id, due.value))
    if (!after) take(due)
    else if (after.size < MOST_WAITING) after.set(due.id, due)
    else lookout.block(due.value.queue)
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
    lookout.unblock()
  }

  async function run({ id, value }: Due): Promise<Outcome> {
    try {
      // People who wait for an answer go first; but what opens a drop is what they wait for.
      if (value.queue !== 'doors') await options.crowd?.calm()
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
      lookout.expect(value.queue, deps.clock.now() + FIRST_RETRY_MS)
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
        const leaseUntil = now + leaseOf(effect.queue)
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

  return {
    wake: lookout.lookEverywhere,
    hear,
    async runDue() {
      let runs = 0
      for (;;) {
        const started = await lookout.look()
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
      async function count({ kind, over }: Started<Outcome>): Promise<void> {
        const outcome = await over
        if (outcome === 'not_ours') return
        ran[kind] = (ran[kind] ?? 0) + 1
        if (outcome === 'failed') failed++
      }
      // Whatever a round makes due is the round's own: its runs are counted, and waited for.
      rounds++
      try {
        while (!closed && started < atMost && performance.now() - began < startForMs) {
          const runs = await lookout.look(QUEUE_NAMES, atMost - started)
          started += runs.length
          for (const run of runs) {
            const counted: Promise<void> = count(run).finally(() => inHand.delete(counted))
            inHand.add(counted)
          }
          if (inHand.size === 0) break
          const left = Math.max(0, startForMs - (performance.now() - began))
          await within(left, Promise.race(inHand))
          await wait(LOOK_AGAIN_MS)
        }
        await within(Math.max(0, endAfterMs - (performance.now() - began)), Promise.all(inHand))
      } finally {
        rounds--
        lookout.lookSoon()
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
            atMost: now + leaseOf(queue),
            cursor,
          })
          for (const { id, value } of page.documents) if (value.leaseUntil > now) await endLease(id)
          cursor = page.cursor
        } while (cursor)
      }
    },
    async close() {
      closed = true
      await lookout.close()
      await Promise.all(Object.values(queues).map((queue) => queue.onIdle()))
    },
  }
}

const leaseOf = (queue: QueueName) => LEASES[queue] ?? LEASE_MS

const QUEUE_NAMES = Object.keys(QUEUES) as QueueName[]

/** Claims and ends that wait at the same time are written together. */
function laneOf({ queue, subject }: Effect): string {
  // A drop's own changes write its card's wish too: together they never beat each other.
  return queue === 'cards' ? subject : queue
}

/** `not_ours`: somebody else had it, or it was no longer due. */
type Outcome = 'done' | 'failed' | 'not_ours'

/** Until `work` is done, and no longer than `ms`. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<void>()
  const timer = setTimeout(late.resolve, ms)
  await Promise.race([work, late.promise]).finally(() => clearTimeout(timer))
}
