import { createHmac } from 'node:crypto'
import type { DeliveryRecord, DeliveryTry, EventRecord, Tables } from './tables.ts'

/** Waits between tries. Stripe publishes no intervals; quick ones first, so that a restarted receiver soon hears. */
const BACK_OFF_MS = [5_000, 30_000, 120_000, 600_000, 3_600_000, 6 * 3_600_000, 24 * 3_600_000]
const TIMEOUT_MS = 10_000
const MAX_IN_FLIGHT = 32

export interface WebhookMood {
  /** lose: never arrives and is not retried. hold: kept until the mode changes. */
  readonly mode: 'normal' | 'double' | 'lose' | 'hold'
  /** How much later than now a new event becomes due, on the stand-in's clock. */
  readonly delayMs: number
  /** Send what is due in random order. */
  readonly shuffle: boolean
}

export interface Deliveries {
  /** Make an event due at its endpoints. With a request id it waits for that request's answer. */
  add(record: EventRecord): void
  /** From now on the events of this request wait until `answered`. */
  waitFor(requestId: string): void
  answered(requestId: string): void
  /** Send whatever is due now. */
  pump(): void
  /** Resolves when nothing (of this event) is in flight or due now. */
  settled(eventId?: string): Promise<void>
  setMood(mood: WebhookMood): void
  mood(): WebhookMood
  /** Due again at once, at all its endpoints, so many times. False when the event is unknown. */
  sendAgain(eventId: string, copies?: number): boolean
  /** What is still due waits this many ms of the clock from now. False when nothing is due. */
  delay(eventId: string, ms: number): boolean
  /** What is still due never arrives. False when nothing is due. */
  drop(eventId: string): boolean
  close(): Promise<void>
}

/** The webhook sender: signs, sends in parallel and only after the API answered, retries on the given clock. */
export function createDeliveries(tables: Tables, clock: () => number): Deliveries {
  const due = new Map<string, DeliveryRecord>()
  for (const record of tables.deliveries.values()) if (record.state === 'due') due.set(keyOf(record), record)
  const inFlight = new Map<string, Promise<void>>()
  const unanswered = new Set<string>()
  const waiters = new Set<{ readonly eventId: string | undefined; readonly resolve: () => void }>()
  const stop = new AbortController()
  let mood: WebhookMood = { mode: 'normal', delayMs: 0, shuffle: false }

  function save(record: DeliveryRecord): void {
    tables.deliveries.set(keyOf(record), record)
    if (record.state === 'due') due.set(keyOf(record), record)
    else due.delete(keyOf(record))
  }

  function allOf(eventId: string): DeliveryRecord[] {
    const ids = tables.events.get(eventId)?.endpointIds ?? []
    return ids.flatMap((endpointId) => tables.deliveries.get(`${eventId}/${endpointId}`) ?? [])
  }

  function busy(eventId?: string): boolean {
    const now = clock()
    for (const key of inFlight.keys())
      if (eventId === undefined || key.startsWith(`${eventId}/`)) return !stop.signal.aborted
    if (mood.mode === 'hold' || stop.signal.aborted) return false
    for (const record of due.values())
      if (record.nextAt <= now && (eventId === undefined || record.eventId === eventId)) return true
    return false
  }

  function wakeWaiters(): void {
    for (const waiter of waiters) {
      if (busy(waiter.eventId)) continue
      waiters.delete(waiter)
      waiter.resolve()
    }
  }

  function pump(): void {
    if (stop.signal.aborted) return
    if (mood.mode !== 'hold') {
      const now = clock()
      const ready = [...due.values()].filter((record) => record.nextAt <= now && !inFlight.has(keyOf(record)))
      if (mood.shuffle) shuffle(ready)
      for (const record of ready) {
        if (inFlight.size >= MAX_IN_FLIGHT) break
        const event = tables.events.get(record.eventId)
        if (event && unanswered.has(requestOf(event))) continue
        inFlight.set(keyOf(record), deliver(record, event))
      }
    }
    wakeWaiters()
  }

  async function deliver(record: DeliveryRecord, event: EventRecord | undefined): Promise<void> {
    const { mode } = mood
    const times = mode === 'double' ? 2 : (record.copies ?? 1)
    const tries = await Promise.all(Array.from({ length: times }, () => attempt(record, event, mode)))
    inFlight.delete(keyOf(record))
    if (stop.signal.aborted) return
    const latest = tables.deliveries.get(keyOf(record)) ?? record
    // Somebody asked for a copy, a delay or a loss meanwhile: that wish counts, whatever came of this try.
    if (latest !== record) save({ ...latest, tries: [...latest.tries, ...tries] })
    else save(afterTries(record, tries, mode === 'lose', clock()))
    pump()
  }

  async function attempt(
    record: DeliveryRecord,
    event: EventRecord | undefined,
    mode: WebhookMood['mode'],
  ): Promise<DeliveryTry> {
    const at = clock()
    if (mode === 'lose') return { at, status: null, problem: 'lost on purpose' }
    const endpoint = tables.endpoints.get(record.endpointId)
    if (!event || !endpoint) return { at, status: null, problem: 'the endpoint was deleted' }
    // Indented, as Stripe sends it: a receiver that signs its own re-serialised JSON fails here as it does there.
    const body = JSON.stringify(toPayload(event), null, 2)
    try {
      const response = await fetch(record.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
          'stripe-signature': sign(endpoint.secret, body, at),
        },
        body,
        redirect: 'manual',
        signal: AbortSignal.any([stop.signal, AbortSignal.timeout(TIMEOUT_MS)]),
      })
      await response.body?.cancel()
      return { at, status: response.status, problem: response.ok ? null : `answered ${response.status}` }
    } catch (error) {
      return { at, status: null, problem: error instanceof Error ? describe(error) : 'no answer' }
    }
  }

  return {
    add(record) {
      for (const endpointId of record.endpointIds) {
        const url = tables.endpoints.get(endpointId)?.endpoint.url ?? ''
        const { id: eventId, type } = record.event
        save({ eventId, endpointId, type, url, state: 'due', nextAt: clock() + mood.delayMs, tries: [] })
      }
      setImmediate(pump)
    },
    waitFor: (requestId) => void unanswered.add(requestId),
    answered(requestId) {
      if (unanswered.delete(requestId)) pump()
    },
    pump,
    settled(eventId) {
      if (!busy(eventId)) return Promise.resolve()
      return new Promise((resolve) => waiters.add({ eventId, resolve }))
    },
    setMood(next) {
      mood = next
      pump()
    },
    mood: () => mood,
    sendAgain(eventId, copies = 1) {
      if (!tables.events.get(eventId)) return false
      for (const record of allOf(eventId)) save({ ...record, state: 'due', nextAt: clock(), copies })
      pump()
      return true
    },
    delay(eventId, ms) {
      const waiting = allOf(eventId).filter((record) => record.state === 'due')
      for (const record of waiting) save({ ...record, nextAt: clock() + ms })
      wakeWaiters()
      return waiting.length > 0
    },
    drop(eventId) {
      const waiting = allOf(eventId).filter((record) => record.state === 'due')
      const lost = { at: clock(), status: null, problem: 'dropped by hand' }
      for (const record of waiting) save({ ...record, state: 'lost', tries: [...record.tries, lost] })
      wakeWaiters()
      return waiting.length > 0
    },
    async close() {
      stop.abort()
      await Promise.all(inFlight.values())
      wakeWaiters()
    },
  }
}

/** How many endpoints still have not got this event. */
export function pendingWebhooks(tables: Tables, record: EventRecord): number {
  return record.endpointIds.filter(
    (endpointId) => tables.deliveries.get(`${record.event.id}/${endpointId}`)?.state !== 'delivered',
  ).length
}

function afterTries(
  { copies, ...record }: DeliveryRecord,
  tries: readonly DeliveryTry[],
  lost: boolean,
  now: number,
): DeliveryRecord {
  const all = [...record.tries, ...tries]
  if (tries.some((one) => one.status !== null && one.status >= 200 && one.status < 300))
    return { ...record, state: 'delivered', tries: all }
  if (lost) return { ...record, state: 'lost', tries: all }
  const wait = BACK_OFF_MS[record.tries.length]
  const gone = tries.some((one) => one.problem === 'the endpoint was deleted')
  if (wait === undefined || gone) return { ...record, state: 'given_up', tries: all }
  return { ...record, nextAt: now + wait, tries: all }
}

/** `t=<epoch seconds>,v1=<hex HMAC-SHA256 of "t.body">`; the secret is used whole, with its whsec_ prefix. */
function sign(secret: string, body: string, now: number): string {
  const t = Math.floor(now / 1000)
  return `t=${t},v1=${createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')}`
}

/** The API request that caused it; empty when none did. */
function requestOf({ event }: EventRecord): string {
  const id = 'reason' in event ? event.reason?.request.id : event.request.id
  return id ?? ''
}

/** A thin event leaves its data behind. */
function toPayload({ event }: EventRecord): object {
  if (event.object !== 'v2.core.event') return event
  const { data, ...thin } = event
  return thin
}

function keyOf(record: DeliveryRecord): string {
  return `${record.eventId}/${record.endpointId}`
}

function describe(error: Error): string {
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}

function shuffle(records: DeliveryRecord[]): void {
  for (let i = records.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1))
    const [a, b] = [records[i], records[j]]
    if (a && b) [records[i], records[j]] = [b, a]
  }
}
