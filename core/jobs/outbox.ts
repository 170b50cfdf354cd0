import { setTimeout as wait } from 'node:timers/promises'
import PQueue from 'p-queue'
import type { Telemetry } from '../../runtime/telemetry.ts'
import { resumeTrace, runInTrace } from '../../runtime/trace.ts'
import { type Effect, type EffectKind, QUEUES, type QueueName, turnOf } from '../domain/effect.ts'
import type { Page, Stored } from '../ports/store.ts'
import type { Deps } from '../usecases/deps.ts'

/** How long one run may take before another process may take the effect over. */
const LEASE_MS = 60_000
const BETWEEN_LOOKS_MS = 10
const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 10 * 60_000
const COUNT_AT_MOST = 500

/** Carries out one effect. Answers when to run again (UTC ms), or null when nothing is left to do. Must be idempotent. */
export type EffectHandler = (effect: Effect) => Promise<number | null>

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
  /** Something was wished for: look soon. */
  wake(): void
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
 * When to look for due work: when woken and every so often; only when woken, where a scheduler drives the rest; or only
 * when told, by a test.
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
 * reschedules failures with growing pauses. A process that dies leaves its leases to run out.
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
    Object.entries(QUEUES).map(([name, { width }]) => [name, new PQueue({ concurrency: width })]),
  ) as Record<QueueName, PQueue>
  /** What is in hand; see turnOf. */
  const turns = new Set<string>()
  let closed = false
  let woken = false
  let looking: Promise<void> | undefined
  let rounds = 0
  const { pace, telemetry } = options
  let timer: NodeJS.Timeout | undefined
  let pauseMs = pace.kind === 'timer' ? pace.everyMs : 0

  /** Start what is due in every queue, as far as there is room. Answers what was started. */
  async function look(atMost = Number.POSITIVE_INFINITY): Promise<Run[]> {
    const started: Run[] = []
    for (const name of Object.keys(QUEUES) as QueueName[]) {
      const queue = queues[name]
      const room = QUEUES[name].width - queue.pending - queue.size
      if (room <= 0) continue
      const page = await deps.store.find('outbox', {
        where: { queue: name },
        orderBy: 'dueAt',
        direction: 'asc',
        atMost: deps.clock.now(),
        // Those in hand may stand first in the row: look past them.
        limit: room + turns.size + QUEUES[name].looksPast,
      })
      let left = room
      for (const document of page.documents) {
        if (closed) return started
        const turn = turnOf(document.id, document.value)
        if (left === 0 || started.length >= atMost || turns.has(turn)) continue
        turns.add(turn)
        left--
        started.push({ kind: document.value.kind, over: queue.add(() => begin(document)) })
      }
    }
    return started
  }

  /** In the trace that wished for it, whoever's work made room for it. */
  function begin(document: Stored<'outbox'>): Promise<Outcome> {
    return runInTrace(resumeTrace(document.value.trace ?? {}), () => run(document))
  }

  async function run(document: Stored<'outbox'>): Promise<Outcome> {
    try {
      const effect = await claim(document)
      if (!effect) return 'not_ours'
      const { kind, queue, subject, attempts } = effect
      telemetry.time('c500.outbox.lag', Math.max(0, deps.clock.now() - document.value.dueAt) / 1_000, {
        queue,
      })
      return await telemetry.inStep(`effect ${kind}`, { queue, subject, attempts }, () =>
        carryOut(document.id, effect),
      )
    } catch (error) {
      // The store did not answer: the lease runs out and somebody tries again.
      options.onFailure(document.value, error)
      return 'failed'
    } finally {
      turns.delete(turnOf(document.id, document.value))
      wake()
    }
  }

  /** Null when somebody else has it, or it is no longer due. */
  function claim(document: Stored<'outbox'>): Promise<Effect | null> {
    return deps.change({
      // A drop's own changes write its card's wish too: together they never beat each other.
      lane: document.value.subject,
      reads: [['outbox', document.id]],
      decide(sheet) {
        const now = deps.clock.now()
        const effect = sheet.get('outbox', document.id)
        if (!effect || effect.dueAt > now || effect.leaseUntil > now) return null
        const leaseUntil = now + LEASE_MS
        const claimed = { ...effect, dueAt: leaseUntil, leaseUntil, attempts: effect.attempts + 1 }
        sheet.put('outbox', document.id, claimed)
        return claimed
      },
    })
  }

  async function carryOut(id: string, claimed: Effect): Promise<Outcome> {
    let again: number | null
    let lastError: string | null = null
    try {
      again = await handlers[claimed.kind](claimed)
    } catch (error) {
      options.onFailure(claimed, error)
      lastError = error instanceof Error ? error.message : String(error)
      const pause = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (claimed.attempts - 1))
      again = deps.clock.now() + Math.round(pause * (0.5 + options.random() / 2))
    }
    await deps.change({
      lane: claimed.subject,
      reads: [['outbox', id]],
      decide(sheet) {
        const effect = sheet.get('outbox', id)
        // Took too long: somebody else has it, or has done it, and what stands there now is a wish of its own.
        if (effect?.leaseUntil !== claimed.leaseUntil) return
        const now = deps.clock.now()
        const newerWish = effect.revision !== claimed.revision
        if (again === null && !newerWish) {
          sheet.remove('outbox', id)
          return
        }
        const attempts = lastError === null || newerWish ? 0 : claimed.attempts
        // A newer wish is due at once, but not at the price of hammering a vendor that just failed.
        const dueAt = newerWish && lastError === null ? now : (again ?? now)
        const next = { ...effect, dueAt, leaseUntil: 0, attempts, lastError }
        if (lastError !== null || newerWish) {
          sheet.put('outbox', id, next)
          return
        }
        // The next look has its own time and its own trace.
        const { trace: _, ...onItsOwn } = next
        sheet.put('outbox', id, onItsOwn)
      },
    })
    return lastError === null ? 'done' : 'failed'
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
    pauseMs = pace.kind === 'timer' ? pace.everyMs : 0
    lookSoon()
  }

  function lookSoon(): void {
    woken = true
    if (closed || looking || rounds > 0 || pace.kind === 'by_hand') return
    looking = lookUntilQuiet().then((soonestMs) => {
      looking = undefined
      rest(soonestMs)
    })
  }

  /** Until the next look that nobody asked for; each one in vain makes the pause twice as long. */
  function rest(soonestMs = Number.POSITIVE_INFINITY): void {
    if (closed || pace.kind !== 'timer') return
    clearTimeout(timer)
    timer = setTimeout(
      () => {
        pauseMs = longerPause(pace, pauseMs)
        if (rounds > 0) rest()
        else lookSoon()
      },
      pauseUntil(pace, pauseMs, soonestMs),
    )
  }

  /** How long until something is due: a long pause must not make a drop open late. */
  async function untilSoonest(): Promise<number> {
    const pages = await Promise.all(
      (Object.keys(QUEUES) as QueueName[]).map((queue) =>
        deps.store.find('outbox', { where: { queue }, orderBy: 'dueAt', direction: 'asc', limit: 1 }),
      ),
    )
    return Math.min(...pages.map(({ documents: [next] }) => next?.value.dueAt ?? Infinity)) - deps.clock.now()
  }

  /** Answers how long until something is due, where the next look would be late. */
  async function lookUntilQuiet(): Promise<number | undefined> {
    let soonestMs: number | undefined
    try {
      while (woken && !closed) {
        woken = false
        await look()
        // At a drop hundreds of commits a second wake this: one look serves many.
        await wait(BETWEEN_LOOKS_MS)
        if (!woken && pace.kind === 'timer' && pauseMs > pace.everyMs) soonestMs = await untilSoonest()
      }
    } catch (error) {
      options.onFailure(LOOKING, error)
    }
    return soonestMs
  }

  rest()

  return {
    wake,
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
          const runs = await look(atMost - started)
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
      }
      return { ran: { ...ran }, failed }
    },
    async countDue() {
      const atMost = deps.clock.now()
      const counts = await Promise.all(
        (Object.keys(QUEUES) as QueueName[]).map(async (queue) => {
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
      for (const queue of Object.keys(QUEUES) as QueueName[]) {
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

type IdlePace = Pick<Extract<Pace, { kind: 'timer' }>, 'everyMs' | 'idleMs'>

/** After one more look in vain. Milliseconds. */
export function longerPause({ idleMs }: IdlePace, pauseMs: number): number {
  return Math.min(idleMs, 2 * pauseMs)
}

/** A pause that ends in time for what is due in `soonestMs`. */
export function pauseUntil({ everyMs }: IdlePace, pauseMs: number, soonestMs: number): number {
  return Math.min(pauseMs, Math.max(everyMs, soonestMs))
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
  attempts: 0,
  lastError: null,
  createdAt: 0,
}
