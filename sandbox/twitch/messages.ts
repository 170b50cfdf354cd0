import { randomUUID } from 'node:crypto'
import { messageHeaders, toTimestamp } from './signature.ts'
import type { MessageRecord, MessageTry, SubscriptionRecord, Tables } from './tables.ts'

/** Waits between tries. Twitch publishes none; about five tries within a few minutes is what people have seen. */
const BACK_OFF_MS = [10_000, 30_000, 60_000, 120_000]
const TIMEOUT_MS = 10_000
const MAX_IN_FLIGHT = 32
/** One minute beyond the age at which receivers take a message for a replay. */
const STALE_MS = 11 * 60_000
/** So many finished messages are kept to look at. */
const KEPT = 1_000

export const MODES = ['normal', 'twice', 'twice_new_id', 'lose', 'hold', 'stale', 'bad_signature'] as const
export const ORDERS = ['kept', 'reversed', 'shuffled'] as const

export interface Mood {
  /**
   * twice: the same message two times. twice_new_id: and the second under another message id. lose: never arrives and
   * is not retried. hold: waits until the mode changes. stale: dated eleven minutes ago, signed well. bad_signature:
   * signed with a wrong secret.
   */
  readonly mode: (typeof MODES)[number]
  /** How much later than now a new message becomes due, on the stand-in's clock. */
  readonly delayMs: number
  /**
   * kept: what concerns one channel goes one after another. reversed: the same, newest first, of what is due.
   * shuffled: all at once in random order, as Twitch may.
   */
  readonly order: (typeof ORDERS)[number]
}

export interface Messages {
  /** Make a message to this subscription's callback due; `content` is all of its body. */
  send(kind: MessageRecord['kind'], subscription: SubscriptionRecord, content: object): void
  /** Send whatever is due now. */
  pump(): void
  /** Resolves when nothing (of this subscription) is in flight or due now. */
  settled(subscriptionId?: string): Promise<void>
  setMood(mood: Mood): void
  mood(): Mood
  /** Due again at once, under the same id or a new one. False when there is no such message. */
  sendAgain(id: string, newId: boolean): boolean
  /** What still waits for this subscription never goes out. */
  drop(subscriptionId: string): void
  /** Forget all but the newest finished messages. */
  prune(): void
  close(): Promise<void>
}

/**
 * The sender of EventSub messages: signs, sends in parallel, retries on the given clock with the same id, timestamp and
 * body. A challenge has one try. `onChallenged` hears how it went, `onGivenUp` of a notification that nobody took.
 */
export function createMessages(options: {
  readonly tables: Tables
  readonly clock: () => number
  readonly onChallenged: (subscriptionId: string, proven: boolean) => void
  readonly onGivenUp: (subscriptionId: string) => void
}): Messages {
  const { tables, clock } = options
  const due = new Map<string, MessageRecord>()
  for (const record of tables.messages.values()) if (record.state === 'due') due.set(record.id, record)
  const inFlight = new Map<string, { readonly record: MessageRecord; readonly work: Promise<void> }>()
  const waiters = new Set<{ readonly subscriptionId: string | undefined; readonly resolve: () => void }>()
  const stop = new AbortController()
  let mood: Mood = { mode: 'normal', delayMs: 0, order: 'kept' }

  function save(record: MessageRecord): void {
    tables.messages.set(record.id, record)
    if (record.state === 'due') due.set(record.id, record)
    else due.delete(record.id)
  }

  function busy(subscriptionId?: string): boolean {
    if (stop.signal.aborted) return false
    const concerned = (record: MessageRecord) =>
      subscriptionId === undefined || record.subscriptionId === subscriptionId
    for (const { record } of inFlight.values()) if (concerned(record)) return true
    if (mood.mode === 'hold') return false
    const now = clock()
    for (const record of due.values()) if (record.nextAt <= now && concerned(record)) return true
    return false
  }

  function wakeWaiters(): void {
    for (const waiter of waiters) {
      if (busy(waiter.subscriptionId)) continue
      waiters.delete(waiter)
      waiter.resolve()
    }
  }

  function pump(): void {
    if (!stop.signal.aborted && mood.mode !== 'hold') {
      const now = clock()
      const ready = [...due.values()].filter((record) => record.nextAt <= now && !inFlight.has(record.id))
      if (mood.order === 'reversed') ready.reverse()
      if (mood.order === 'shuffled') shuffle(ready)
      const lanes = new Set([...inFlight.values()].map(({ record }) => record.lane))
      for (const record of ready) {
        if (inFlight.size >= MAX_IN_FLIGHT) break
        if (mood.order !== 'shuffled' && lanes.has(record.lane)) continue
        lanes.add(record.lane)
        inFlight.set(record.id, { record, work: deliver(record) })
      }
    }
    wakeWaiters()
  }

  async function deliver(record: MessageRecord): Promise<void> {
    const { mode } = mood
    const copies = [
      record,
      ...(mode === 'twice' ? [record] : []),
      ...(mode === 'twice_new_id' ? [{ ...record, id: randomUUID() }] : []),
    ]
    const tries = await Promise.all(copies.map((copy) => attempt(copy, mode)))
    inFlight.delete(record.id)
    if (stop.signal.aborted) return
    const latest = tables.messages.get(record.id)
    // Somebody asked for it again, or dropped it: that wish counts, whatever came of this try.
    if (latest && latest !== record) save({ ...latest, tries: [...latest.tries, ...tries] })
    else conclude(record, tries, mode)
    pump()
  }

  function conclude(record: MessageRecord, tries: readonly MessageTry[], mode: Mood['mode']): void {
    const taken = tries.some(({ problem }) => problem === null)
    const wait = record.kind === 'webhook_callback_verification' ? undefined : BACK_OFF_MS[record.retry]
    const all = [...record.tries, ...tries]
    if (taken) save({ ...record, state: 'delivered', tries: all })
    else if (mode === 'lose') save({ ...record, state: 'lost', tries: all })
    else if (wait === undefined) save({ ...record, state: 'given_up', tries: all })
    else save({ ...record, nextAt: clock() + wait, retry: record.retry + 1, tries: all })

    if (record.kind === 'webhook_callback_verification') options.onChallenged(record.subscriptionId, taken)
    if (record.kind === 'notification' && tables.messages.get(record.id)?.state === 'given_up')
      options.onGivenUp(record.subscriptionId)
  }

  async function attempt(record: MessageRecord, mode: Mood['mode']): Promise<MessageTry> {
    const at = clock()
    if (mode === 'lose') return { at, status: null, problem: 'lost on purpose' }
    const subscription = tables.subscriptions.get(record.subscriptionId)
    if (!subscription) return { at, status: null, problem: 'the subscription was deleted' }
    const headers = messageHeaders(
      mode === 'bad_signature' ? `${subscription.secret}!` : subscription.secret,
      {
        id: record.id,
        timestamp: mode === 'stale' ? toTimestamp(at - STALE_MS) : record.timestamp,
        body: record.body,
        type: record.kind,
        subscription: record,
        retry: record.retry,
      },
    )
    try {
      const response = await fetch(record.callback, {
        method: 'POST',
        headers,
        body: record.body,
        redirect: 'manual',
        signal: AbortSignal.any([stop.signal, AbortSignal.timeout(TIMEOUT_MS)]),
      })
      const text = await response.text()
      const problem =
        record.kind === 'webhook_callback_verification'
          ? challengeProblem(record, response, text)
          : response.ok
            ? null
            : `answered ${response.status}`
      return { at, status: response.status, problem }
    } catch (error) {
      return { at, status: null, problem: error instanceof Error ? describe(error) : 'no answer' }
    }
  }

  return {
    send(kind, subscription, content) {
      save({
        id: randomUUID(),
        subscriptionId: subscription.id,
        kind,
        type: subscription.type,
        version: subscription.version,
        callback: subscription.callback,
        lane: Object.values(subscription.condition).join(),
        body: JSON.stringify(content),
        timestamp: toTimestamp(clock()),
        state: 'due',
        nextAt: clock() + mood.delayMs,
        retry: 0,
        tries: [],
      })
      setImmediate(pump)
    },
    pump,
    settled(subscriptionId) {
      if (!busy(subscriptionId)) return Promise.resolve()
      return new Promise((resolve) => waiters.add({ subscriptionId, resolve }))
    },
    setMood(next) {
      mood = next
      pump()
    },
    mood: () => mood,
    sendAgain(id, newId) {
      const record = tables.messages.get(id)
      if (!record) return false
      const again = { ...record, state: 'due', nextAt: clock(), tries: [] } as const
      save(newId ? { ...again, id: randomUUID(), retry: 0 } : { ...again, retry: record.retry + 1 })
      pump()
      return true
    },
    drop(subscriptionId) {
      const lost = { at: clock(), status: null, problem: 'the subscription ended' }
      for (const record of due.values())
        if (record.subscriptionId === subscriptionId)
          save({ ...record, state: 'lost', tries: [...record.tries, lost] })
      wakeWaiters()
    },
    prune() {
      const finished = tables.messages.values().filter(({ state }) => state !== 'due')
      for (const { id } of finished.slice(0, -KEPT)) tables.messages.delete(id)
    },
    async close() {
      stop.abort()
      await Promise.all([...inFlight.values()].map(({ work }) => work))
      wakeWaiters()
    },
  }
}

/** Twitch wants status 200, a Content-Length, text/plain, and the challenge with nothing around it. */
function challengeProblem(record: MessageRecord, response: Response, text: string): string | null {
  const { challenge } = JSON.parse(record.body) as { readonly challenge: string }
  const type = response.headers.get('content-type') ?? 'nothing'
  if (response.status !== 200) return `answered ${response.status}`
  if (!/^text\/plain\s*(;|$)/i.test(type)) return `answered with ${type} instead of text/plain`
  if (!response.headers.has('content-length')) return 'answered without a Content-Length'
  return text === challenge ? null : 'answered with something else than the challenge'
}

function describe(error: Error): string {
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}

function shuffle(records: MessageRecord[]): void {
  for (let i = records.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1))
    const [a, b] = [records[i], records[j]]
    if (a && b) [records[i], records[j]] = [b, a]
  }
}
