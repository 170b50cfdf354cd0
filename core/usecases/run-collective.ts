import { AppError, type BuilderStatus, type Person, type Settlement } from '#contract'
import { type Builder, changeStatus, termsOf } from '../domain/builder.ts'
import { type Drop, type PauseReason, pauseDrop } from '../domain/drop.ts'
import { AUDIT_KEY, audit, checkReason } from './audit.ts'
import type { Deps } from './deps.ts'
import { effectKey, wish } from './wish.ts'

type Needs = Pick<Deps, 'store' | 'change' | 'clock' | 'settings'>

/** An operator approves, pauses or suspends a builder. Their drops follow. Throws builder_not_found, reason_missing. */
export async function decideBuilder(
  deps: Needs,
  input: {
    readonly operator: Person
    readonly builderId: string
    readonly status: BuilderStatus
    readonly reason: string
  },
): Promise<Builder> {
  const reason = checkReason(input.reason)
  const { operator, builderId, status } = input
  const builder = await changeBuilder(deps, builderId, operator, `builder ${status}`, reason, (known, now) =>
    changeStatus(known, status, operator, reason, now),
  )
  await eachOpenDrop(deps, builderId, (drop) => pauseDrop(drop, 'builder', builder.status !== 'approved'))
  return builder
}

/** An operator sets a builder's terms for orders from now on. Throws builder_not_found, reason_missing. */
export async function setTerms(
  deps: Needs,
  input: {
    readonly operator: Person
    readonly builderId: string
    readonly settlement: Settlement
    readonly feeBps: number | null
    readonly reason: string
  },
): Promise<Builder> {
  const reason = checkReason(input.reason)
  const { operator, builderId, settlement, feeBps } = input
  const action = `terms ${settlement} ${feeBps ?? 'default'}`
  const builder = await changeBuilder(deps, builderId, operator, action, reason, (known, now) => ({
    ...known,
    terms: [...known.terms, { from: now, settlement, feeBps, by: operator, reason }],
  }))
  await eachOpenDrop(deps, builderId, (drop) => ({ ...drop, ...termsOf(builder, deps.settings.feeBps) }))
  return builder
}

/** An operator stops or resumes a drop, a builder's drops, or everything. Throws the thing's own not_found. */
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
  },
): Promise<{ readonly paused: boolean }> {
  const { operator, what, paused } = input
  if (what.kind === 'builder') {
    const status = paused ? 'paused' : 'approved'
    await decideBuilder(deps, { operator, builderId: what.builderId, status, reason: input.reason })
    return { paused }
  }
  const reason = checkReason(input.reason)
  const action = paused ? 'pause' : 'resume'
  if (what.kind === 'drop') {
    const { dropId } = what
    await changeDrop(deps, dropId, 'drop', paused, { by: operator, action, subject: dropId, reason })
    return { paused }
  }
  await deps.change({
    reads: [['switches', 'selling'], AUDIT_KEY],
    decide(sheet) {
      sheet.put('switches', 'selling', { paused })
      audit(sheet, { by: operator, action, subject: 'everything', reason }, deps.clock.now())
    },
  })
  return { paused }
}

/** Stripe can, or can no longer, pay this builder: their drops stop or go on by themselves. */
export function followAccount(deps: Needs, builder: Builder): Promise<void> {
  const terms = termsOf(builder, deps.settings.feeBps)
  return eachOpenDrop(deps, builder.userId, (drop) => ({
    ...pauseDrop(drop, 'account', !builder.transfers),
    destination: terms.destination,
  }))
}

function changeBuilder(
  deps: Needs,
  builderId: string,
  operator: Person,
  action: string,
  reason: string,
  next: (known: Builder, now: number) => Builder,
): Promise<Builder> {
  return deps.change({
    reads: [['builders', builderId], AUDIT_KEY],
    decide(sheet) {
      const now = deps.clock.now()
      const known = sheet.get('builders', builderId)
      if (!known) throw new AppError('builder_not_found')
      const builder = next(known, now)
      sheet.put('builders', builderId, builder)
      audit(sheet, { by: operator, action, subject: builderId, reason }, now)
      return builder
    },
  })
}

function changeDrop(
  deps: Needs,
  dropId: string,
  why: PauseReason,
  paused: boolean,
  written: Parameters<typeof audit>[1],
): Promise<Drop> {
  return deps.change({
    lane: dropId,
    reads: [['inventory', dropId], AUDIT_KEY, effectKey('draw_card', dropId)],
    decide(sheet) {
      const now = deps.clock.now()
      const known = sheet.get('inventory', dropId)
      if (!known) throw new AppError('drop_not_found')
      const drop = pauseDrop(known, why, paused)
      sheet.put('inventory', dropId, drop)
      audit(sheet, written, now)
      wish(sheet, 'draw_card', dropId, now)
      return drop
    },
  })
}

/** Each drop that is not closed, in a commit of its own; a drop that does not change is left alone. */
async function eachOpenDrop(deps: Needs, builderId: string, next: (drop: Drop) => Drop): Promise<void> {
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<typeof deps.store.find<'inventory'>>> = await deps.store.find(
      'inventory',
      {
        where: { builderId },
        orderBy: 'openedAt',
        direction: 'desc',
        limit: 100,
        cursor,
      },
    )
    for (const { id: dropId, value } of page.documents) {
      if (value.closed) continue
      await deps.change({
        lane: dropId,
        reads: [['inventory', dropId], effectKey('draw_card', dropId)],
        decide(sheet) {
          const known = sheet.get('inventory', dropId)
          if (!known || known.closed) return
          const drop = next(known)
          if (JSON.stringify(drop) === JSON.stringify(known)) return
          sheet.put('inventory', dropId, drop)
          wish(sheet, 'draw_card', dropId, deps.clock.now())
        },
      })
    }
    cursor = page.cursor
  } while (cursor)
}
