import { AppError, type Person } from '#contract'
import {
  assertMayHave,
  claimId,
  type Drop,
  isOver,
  isSoldOut,
  moveWaitlist,
  NO_CLAIM,
  unitsForAnybody,
  type WaitlistPlace,
  waitlistId,
} from '../domain/drop.ts'
import type { Key, Page, Stored } from '../ports/store.ts'
import type { Sheet } from './change.ts'
import { holdKeys, holdUnit } from './create-checkout.ts'
import type { Deps } from './deps.ts'
import { effectKey, wish, wishNotice } from './wish.ts'

/** Nobody needs to know more exactly how far behind they are. */
const COUNTED_AT_MOST = 100
/** What comes back while nothing may be sold anywhere waits for this long, and again. */
const LOOK_AGAIN_MS = 60_000
/** Half of them are written in one commit: a place goes, and the wish to tell its person comes. */
const ENDED_TOGETHER = 100

interface Standing {
  readonly drop: Drop
  /** Counts from 1, and is 101 for whoever is further behind. Null for who is not in line. */
  readonly place: number | null
}

/**
 * Get in line for a unit that comes back; who is in line stays where they are. `place` is null when nobody has to wait: a
 * unit is there to buy. Throws drop_not_found, own_drop, drop_closed, not_open_yet, paused, sold_out, limit_reached, and
 * hold_first for somebody who is paying for one right now.
 */
export async function joinWaitlist(
  deps: Pick<Deps, 'store' | 'change' | 'clock'>,
  { person, dropId }: { readonly person: Person; readonly dropId: string },
): Promise<Standing> {
  const id = waitlistId(dropId, person.userId)
  const claimed = claimId(dropId, person.userId)
  const { drop, known, place } = await deps.change({
    lane: dropId,
    reads: [...standingKeys(dropId, id), ['claims', claimed], lineKey(dropId)],
    decide(sheet) {
      const now = deps.clock.now()
      const drop = sheet.get('inventory', dropId)
      if (!drop) throw new AppError('drop_not_found')
      const known = sheet.get('waitlist', id) ?? null
      if (known) return { drop, known, place: null }
      const claim = sheet.get('claims', claimed) ?? NO_CLAIM
      if (claim.liveOrderId !== null) throw new AppError('hold_first')
      assertMayHave(drop, person.userId, claim, now)
      if (isSoldOut(drop)) throw new AppError('sold_out')
      if (unitsForAnybody(drop) > 0) return { drop, known, place: null }
      const next = moveWaitlist(drop, 'join')
      const { waiting, lastNumber } = next.waitlist
      sheet.put('inventory', dropId, next)
      sheet.put('waitlist', id, { dropId, person, number: lastNumber, at: now })
      wish(sheet, 'draw_card', dropId, now)
      // An older version of core may have put a unit back and thought of nobody.
      wishForLine(sheet, next, now)
      return { drop: next, known, place: Math.min(waiting, COUNTED_AT_MOST + 1) }
    },
  })
  return { drop, place: known ? await placeOf(deps, known) : place }
}

/** To be read by every change after which a unit may be there for those who wait. */
export const lineKey = (dropId: string): Key => effectKey('offer_unit', dropId)

/** The drop stands like this from now on: is there a unit for somebody who waits? */
export function wishForLine(sheet: Sheet, drop: Drop, now: number): void {
  const { dropId, status, available, waitlist } = drop
  if (status === 'open' && available > 0 && waitlist.waiting > 0) wish(sheet, 'offer_unit', dropId, now)
}

/** Leave the line; who is not in it changes nothing. Throws drop_not_found. */
export function leaveWaitlist(
  deps: Pick<Deps, 'change' | 'clock'>,
  { person, dropId }: { readonly person: Person; readonly dropId: string },
): Promise<Standing> {
  const id = waitlistId(dropId, person.userId)
  return deps.change({
    lane: dropId,
    reads: standingKeys(dropId, id),
    decide(sheet) {
      const drop = sheet.get('inventory', dropId)
      if (!drop) throw new AppError('drop_not_found')
      if (!sheet.get('waitlist', id)) return { drop, place: null }
      wish(sheet, 'draw_card', dropId, deps.clock.now())
      return { drop: leave(sheet, drop, id), place: null }
    },
  })
}

const standingKeys = (dropId: string, id: string): Key[] => [
  ['inventory', dropId],
  ['waitlist', id],
  effectKey('draw_card', dropId),
]

async function placeOf(deps: Pick<Deps, 'store'>, { dropId, number }: WaitlistPlace): Promise<number> {
  const upToThem = await firstInLine(deps, dropId, COUNTED_AT_MOST + 1, number)
  // Whoever is not there any more was just offered one.
  return Math.max(1, upToThem.length)
}

function leave(sheet: Sheet, drop: Drop, id: string): Drop {
  const next = moveWaitlist(drop, 'leave')
  sheet.put('inventory', drop.dropId, next)
  sheet.remove('waitlist', id)
  return next
}

/**
 * A unit came back, and somebody waits: hold it for whoever is first in line, as if they had pressed Buy now, and have them
 * told. Who may not have it loses their place. Safe to repeat: it looks at what is there. Answers when to look again (UTC
 * ms), or null.
 */
export async function offerUnits(
  deps: Pick<Deps, 'store' | 'change' | 'clock' | 'settings'>,
  dropId: string,
): Promise<number | null> {
  for (;;) {
    const [first] = await firstInLine(deps, dropId, 1)
    if (!first) return null
    const outcome = await offerTo(deps, first)
    if (outcome === 'later') return deps.clock.now() + LOOK_AGAIN_MS
    if (outcome === 'over') return null
  }
}

async function firstInLine(
  { store }: Pick<Deps, 'store'>,
  dropId: string,
  limit: number,
  atMost?: number,
): Promise<readonly Stored<'waitlist'>[]> {
  const page: Page<'waitlist'> = await store.find('waitlist', {
    where: { dropId },
    orderBy: 'number',
    direction: 'asc',
    limit,
    ...(atMost !== undefined && { atMost }),
  })
  return page.documents
}

function offerTo(
  deps: Pick<Deps, 'store' | 'change' | 'clock' | 'settings'>,
  { id, value: { dropId, person } }: Stored<'waitlist'>,
): Promise<'next' | 'later' | 'over'> {
  return deps.change({
    lane: dropId,
    reads: [...holdKeys(dropId, person.userId), ['waitlist', id]],
    decide(sheet) {
      const now = deps.clock.now()
      const drop = sheet.get('inventory', dropId)
      // Whoever lets a stopped drop go on wishes for this again.
      if (!drop || drop.available === 0 || drop.status !== 'open' || isOver(drop, now)) return 'over'
      const place = sheet.get('waitlist', id)
      if (!place) return 'next'
      if (sheet.get('switches', 'selling')?.paused) return 'later'
      const claim = sheet.get('claims', claimId(dropId, person.userId)) ?? NO_CLAIM
      const after = leave(sheet, drop, id)
      if (claim.liveOrderId !== null || claim.taken >= drop.perPerson) return 'next'
      const key = `waitlist:${place.number}`
      const order = holdUnit(deps, sheet, { drop: after, buyer: person, claim, key }, now)
      const { userId } = person
      wishNotice(sheet, order.orderId, { about: 'order', kind: 'buyer_offered', userId, occasion: 0 }, now)
      return 'next'
    },
  })
}

/**
 * Nothing can come back any more: take some of those who wait out of the line and have them told, each once. Answers when
 * to go on (UTC ms), or null when nobody waits any more.
 */
export async function endWaitlist(
  deps: Pick<Deps, 'store' | 'change' | 'clock'>,
  dropId: string,
): Promise<number | null> {
  const ids = (await firstInLine(deps, dropId, ENDED_TOGETHER)).map(({ id }) => id)
  if (ids.length === 0) return null
  await deps.change({
    lane: dropId,
    reads: [['inventory', dropId], ...ids.map((id) => ['waitlist', id] as const)],
    decide(sheet) {
      const now = deps.clock.now()
      for (const id of ids) {
        const drop = sheet.get('inventory', dropId)
        const place = sheet.get('waitlist', id)
        if (!drop || !place) continue
        const { userId, name } = place.person
        leave(sheet, drop, id)
        wishNotice(sheet, dropId, { about: 'waitlist', userId, name, occasion: 0 }, now)
      }
    },
  })
  return deps.clock.now()
}
