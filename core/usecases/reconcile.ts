import type { PaymentRecords } from '../ports/payment-records.ts'
import type { Key, Look } from '../ports/store.ts'
import type { Deps } from './deps.ts'
import { examineMoney } from './reconcile-exam.ts'
import { followDrift, recountWrong, suspectOf, wishAgain } from './reconcile-repair.ts'
import { takeHint } from './take-hint.ts'
import { effectKey, wish } from './wish.ts'

const DAY_MS = 24 * 60 * 60_000
/** Stripe keeps events for 30 days; a little less, so that none has gone between asking and answering. */
const EVENTS_KEPT_MS = 29 * DAY_MS
/** Events show in lists a little after they happen, and clocks differ. */
const OVERLAP_MS = 30 * 60_000
const COMPARE_EVERY_MS = 60 * 60_000
/** The whole ledger, whose older rows nobody touches: it may be long, and each row of it is paid for. */
const COMPARE_WHOLE_EVERY_MS = DAY_MS
/** Orders older than that have come to rest: money is held, and disputed, for less. `npm run money-doctor` sees all. */
export const COMPARE_BACK_MS = 180 * DAY_MS

/** After a start: whoever was cut off first gets what waits for them. */
const AFTER_START_MS = 30_000
/** By then core has carried out what it was asked to. */
const SOON_MS = 60_000

const LOOK_KEY: Key = ['looks', 'stripe']

type Needs = Pick<Deps, 'store' | 'change' | 'clock' | 'records'> & {
  readonly settings: Pick<Deps['settings'], 'reconcileEveryMs'>
}

/** From now on what never came from Stripe is looked for: soon, and then by its own rhythm for ever. */
export function beginReconciliation(deps: Pick<Deps, 'change' | 'clock'>): Promise<void> {
  return deps.change({
    reads: [effectKey('reconcile', 'stripe')],
    decide(sheet) {
      const now = deps.clock.now()
      wish(sheet, 'reconcile', 'stripe', now, { dueAt: now + AFTER_START_MS })
    },
  })
}

/**
 * Find what never came: take every event since the last look as a hint, as if its webhook had arrived, and compare
 * our books with Stripe's once an hour, once a day with the whole ledger. What a look at Stripe mends is wished for, what was added up wrongly is added up
 * anew; an order that still disagrees the next time is frozen until it agrees again; `onFrozen` hears how many were.
 * Answers when to run again (UTC ms). Throws PaymentsError.
 */
export async function reconcile(deps: Needs, onFrozen: (orders: number) => void): Promise<number> {
  const startedAt = deps.clock.now()
  const look = (await deps.store.get('looks', 'stripe'))?.value ?? null
  await takeMissedEvents(deps, look, startedAt)
  const compared = await compare(deps, look, startedAt, onFrozen)
  await deps.change({
    reads: [LOOK_KEY],
    decide(sheet) {
      const known = sheet.get('looks', 'stripe')
      sheet.put('looks', 'stripe', { ...known, ...compared, eventsUntil: startedAt })
    },
  })
  return deps.clock.now() + deps.settings.reconcileEveryMs
}

/** Compare again in a minute, whenever that was done last. */
export function compareSoon(deps: Pick<Deps, 'change' | 'clock'>): Promise<void> {
  return deps.change({
    reads: [LOOK_KEY, effectKey('reconcile', 'stripe')],
    decide(sheet) {
      const now = deps.clock.now()
      const look = sheet.get('looks', 'stripe')
      if (look) {
        const comparedAt = Math.min(look.comparedAt, now - COMPARE_EVERY_MS)
        sheet.put('looks', 'stripe', { ...look, comparedAt })
      }
      wish(sheet, 'reconcile', 'stripe', now, { dueAt: now + SOON_MS })
    },
  })
}

async function takeMissedEvents(deps: Needs, look: Look | null, now: number): Promise<void> {
  const since = Math.max((look?.eventsUntil ?? 0) - OVERLAP_MS, now - EVENTS_KEPT_MS)
  const events: ReturnType<PaymentRecords['events']> = deps.records.events(since)
  for await (const hint of events) await takeHint(deps, hint)
}

/** Beyond what Stripe keeps of events, the objects themselves tell. */
async function compare(
  deps: Needs,
  look: Look | null,
  now: number,
  onFrozen: (orders: number) => void,
): Promise<Pick<Look, 'comparedAt' | 'wholeComparedAt' | 'suspects'>> {
  const { suspects = [], wholeComparedAt = 0 } = look ?? {}
  const last = look?.comparedAt ?? 0
  if (suspects.length === 0 && now - last < COMPARE_EVERY_MS)
    return { comparedAt: last, wholeComparedAt, suspects }
  const whole = now - wholeComparedAt >= COMPARE_WHOLE_EVERY_MS
  const exam = await examineMoney(deps, { since: await compareSince(deps, look, now), whole })
  await wishAgain(deps, exam.mismatches)
  await recountWrong(deps, exam.mismatches)
  const frozen = await followDrift(deps, exam, new Set(suspects))
  if (frozen > 0) onFrozen(frozen)
  const hoped = exam.mismatches.filter(({ repair }) => repair.kind === 'wish')
  return { comparedAt: now, wholeComparedAt: whole ? now : wholeComparedAt, suspects: hoped.map(suspectOf) }
}

/** Far enough back for whatever may have been missed, and for every order that is frozen by a drift. */
async function compareSince(deps: Pick<Deps, 'store'>, look: Look | null, now: number): Promise<number> {
  const frozen = await deps.store.find('orders', {
    where: { attention: 'drift' },
    orderBy: 'createdAt',
    direction: 'asc',
    limit: 1,
  })
  const oldest = frozen.documents[0]?.value.createdAt ?? now
  return Math.max(0, Math.min(now - COMPARE_BACK_MS, (look?.comparedAt ?? now) - EVENTS_KEPT_MS, oldest))
}
