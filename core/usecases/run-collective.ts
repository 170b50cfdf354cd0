import { AppError, type BuilderStatus, type Person, type SellingStop, type Settlement } from '#contract'
import { type Builder, changeStatus, parseStartDay } from '../domain/builder.ts'
import { type Drop, isOver, pauseDrop } from '../domain/drop.ts'
import { AUDIT_KEY, audit, checkReason } from './audit.ts'
import type { Sheet } from './change.ts'
import type { Deps } from './deps.ts'
import { followBuilder } from './follow-builder.ts'
import { lineKey, wishForLine } from './waitlist.ts'
import { effectKey, wish, wishNotice } from './wish.ts'

type Needs = Pick<Deps, 'store' | 'change' | 'clock'>

/**
 * An operator approves, pauses or suspends a builder, who is told. Their drops follow. Asking twice with the same key is
 * once. Throws builder_not_found or reason_missing.
 */
export async function decideBuilder(
  deps: Needs,
  input: {
    readonly operator: Person
    readonly builderId: string
    readonly status: BuilderStatus
    readonly reason: string
    readonly idempotencyKey: string
  },
): Promise<Builder> {
  const reason = checkReason(input.reason)
  const { operator, builderId, status } = input
  return changeBuilder(deps, { ...input, reason, action: `builder ${status}` }, (known, sheet, now) => {
    const builder = changeStatus(known, status, operator, reason, now)
    const occasion = builder.statusHistory.length - 1
    if (builder !== known) {
      wishNotice(sheet, builderId, { userId: builderId, about: 'standing', occasion }, now)
    }
    return builder
  })
}

/**
 * An operator sets a builder's terms for orders from a day on, and the builder is told. Whatever was decided for other
 * days stays; for the same day the last word counts. Asking twice with the same key is once. Throws builder_not_found,
 * reason_missing or start_day_invalid.
 */
export async function setTerms(
  deps: Needs,
  input: {
    readonly operator: Person
    readonly builderId: string
    readonly settlement: Settlement
    readonly feeBps: number | null
    /** As typed; see parseStartDay. */
    readonly startDay: string
    readonly reason: string
    readonly idempotencyKey: string
  },
): Promise<Builder> {
  const reason = checkReason(input.reason)
  const { operator, builderId, settlement, feeBps } = input
  const day = input.startDay.trim()
  const fee = feeBps === null ? 'the usual fee' : `a fee of ${feeBps / 100}%`
  const action = `terms ${settlement} with ${fee}${day ? ` from ${day}` : ''}`
  return changeBuilder(deps, { ...input, reason, action }, (known, sheet, now) => {
    const from = parseStartDay(day, now)
    if (from === null) throw new AppError('start_day_invalid')
    const decided = { from, settlement, feeBps, by: operator, reason, at: now }
    const occasion = known.terms.length
    wishNotice(sheet, builderId, { userId: builderId, about: 'terms', occasion }, now)
    return { ...known, terms: [...known.terms, decided] }
  })
}

/**
 * An operator stops or resumes a drop, a builder's drops, or everything. Answers what still keeps it from being sold.
 * Throws the thing's own not_found.
 */
export async function pauseSelling(
  deps: Needs,
  input: {
    readonly operator: Person
    readonly what:
      | { readonly kind: 'drop'; readonly dropId: string }
      | { readonly kind: 'builder'; readonly builderId: string }
      | { readonly kind: 'all' }
    readonly paused: boolean
    readonly reason: string
    readonly idempotencyKey: string
  },
): Promise<{ readonly paused: boolean; readonly stops: SellingStop[] }> {
  const { operator, what, paused } = input
  const reason = checkReason(input.reason)
  const action = paused ? 'pause' : 'resume'
  switch (what.kind) {
    case 'drop': {
      const drop = await pauseOneDrop(deps, what.dropId, paused, { by: operator, action, reason })
      const own: SellingStop[] = isOver(drop, deps.clock.now()) ? ['closed'] : []
      return { paused, stops: [...own, ...drop.pauses, ...(await everythingStopped(deps))] }
    }
    case 'builder': {
      const { builderId } = what
      const status = paused ? 'paused' : 'approved'
      const { idempotencyKey } = input
      const builder = await decideBuilder(deps, { operator, builderId, status, reason, idempotencyKey })
      const dropsStopped = (await pausedDrops(deps, builderId)).some((drop) => drop.pauses.includes('drop'))
      const stops: SellingStop[] = [
        ...(dropsStopped ? ['drop' as const] : []),
        ...(builder.status === 'approved' ? [] : ['builder' as const]),
        ...(builder.transfers ? [] : ['account' as const]),
      ]
      return { paused, stops: [...stops, ...(await everythingStopped(deps))] }
    }
    case 'all': {
      await deps.change({
        reads: [['switches', 'selling'], AUDIT_KEY],
        decide(sheet) {
          sheet.put('switches', 'selling', { ...sheet.get('switches', 'selling'), paused })
          audit(sheet, { by: operator, action, subject: 'everything', reason }, deps.clock.now())
        },
      })
      const stops = new Set<SellingStop>((await pausedDrops(deps)).flatMap(({ pauses }) => pauses))
      return { paused, stops: [...stops, ...(await everythingStopped(deps))] }
    }
    default:
      return what satisfies never
  }
}

async function everythingStopped(deps: Pick<Deps, 'store'>): Promise<SellingStop[]> {
  const selling = await deps.store.get('switches', 'selling')
  return selling?.value.paused ? ['everything'] : []
}

/** The newest drops that are paused, of one builder or of all: enough to say why something is still not on sale. */
async function pausedDrops(deps: Pick<Deps, 'store'>, builderId?: string): Promise<Drop[]> {
  const page = await deps.store.find('inventory', {
    where: builderId === undefined ? { status: 'paused' } : { builderId },
    orderBy: 'openedAt',
    direction: 'desc',
    limit: 500,
  })
  return page.documents.flatMap(({ value }) => (value.status === 'paused' ? [value] : []))
}

/** Change a builder once per key, write it down, and let their drops follow. */
async function changeBuilder(
  deps: Needs,
  input: {
    readonly operator: Person
    readonly builderId: string
    readonly action: string
    readonly reason: string
    readonly idempotencyKey: string
  },
  next: (known: Builder, sheet: Sheet, now: number) => Builder,
): Promise<Builder> {
  const { operator: by, builderId, action, reason } = input
  const requestId = `change-builder:${input.idempotencyKey}`
  const builder = await deps.change({
    reads: [['builders', builderId], ['inbox', requestId], AUDIT_KEY, effectKey('follow_builder', builderId)],
    decide(sheet) {
      const now = deps.clock.now()
      const known = sheet.get('builders', builderId)
      if (!known) throw new AppError('builder_not_found')
      if (sheet.get('inbox', requestId)) return known
      const changed = next(known, sheet, now)
      sheet.put('builders', builderId, changed)
      sheet.put('inbox', requestId, { type: 'change-builder', receivedAt: now, result: builderId })
      audit(sheet, { by, action, subject: builderId, reason }, now)
      wish(sheet, 'follow_builder', builderId, now)
      return changed
    },
  })
  // The wish stands in case this is where the process dies; whoever asked wants to see the drops follow now.
  await followBuilder(deps, builderId)
  return builder
}

function pauseOneDrop(
  deps: Needs,
  dropId: string,
  paused: boolean,
  written: Omit<Parameters<typeof audit>[1], 'subject'>,
): Promise<Drop> {
  return deps.change({
    lane: dropId,
    reads: [['inventory', dropId], AUDIT_KEY, effectKey('draw_card', dropId), lineKey(dropId)],
    decide(sheet) {
      const now = deps.clock.now()
      const known = sheet.get('inventory', dropId)
      if (!known) throw new AppError('drop_not_found')
      const drop = pauseDrop(known, 'drop', paused)
      sheet.put('inventory', dropId, drop)
      audit(sheet, { ...written, subject: dropId }, now)
      wish(sheet, 'draw_card', dropId, now)
      wishForLine(sheet, drop, now)
      return drop
    },
  })
}
