import { AppError } from '#contract'
import { closeDrop, type Drop, isWaiting, openDrop } from '../domain/drop.ts'
import type { Key, Page } from '../ports/store.ts'
import type { Sheet } from './change.ts'
import type { Deps } from './deps.ts'
import { effectKey, wish } from './wish.ts'

type Needs = Pick<Deps, 'store' | 'change' | 'clock'>

/** A drop whose time has come while it may not be sold is looked at this often until it may. */
const LOOK_AGAIN_MS = 60_000

/**
 * Open a drop that waits, when its time has come or the stream it waits for is on air. One that is stopped, for whatever
 * reason, goes on waiting and opens when nothing stops it any more. Answers when to look again (UTC ms), or null.
 */
export async function openDueDrop(deps: Needs, dropId: string): Promise<number | null> {
  const builderId = (await deps.store.get('inventory', dropId))?.value.builderId
  if (builderId === undefined) return null
  return deps.change({
    lane: dropId,
    reads: [...openingKeys(dropId), ['builders', builderId]],
    decide(sheet) {
      const now = deps.clock.now()
      const drop = sheet.get('inventory', dropId)
      if (!drop || !isWaiting(drop)) return null
      const onAir = drop.waitsFor === 'stream' && isLive(sheet, builderId)
      if (now < drop.openedAt && !onAir) return drop.openedAt
      if (isStopped(sheet, drop)) return now + LOOK_AGAIN_MS
      open(sheet, drop, now)
      return null
    },
  })
}

/** A builder went live: look at every drop of theirs that waits for it. */
export async function openWithStream(deps: Needs, builderId: string): Promise<null> {
  for (const status of ['scheduled', 'paused'] as const) {
    let cursor: string | null = null
    do {
      const page: Page<'inventory'> = await deps.store.find('inventory', {
        where: { builderId, status },
        orderBy: 'openedAt',
        direction: 'desc',
        limit: 100,
        cursor,
      })
      for (const { id: dropId, value } of page.documents) {
        if (value.waitsFor !== 'stream') continue
        await deps.change({
          lane: dropId,
          reads: [effectKey('open_drop', dropId)],
          decide: (sheet) => wish(sheet, 'open_drop', dropId, deps.clock.now()),
        })
      }
      cursor = page.cursor
    } while (cursor)
  }
  return null
}

/**
 * Its builder opens a drop before its time; one that has opened already stays as it is. Throws drop_not_found, not_yours,
 * drop_closed when it was called off, and paused.
 */
export function openDropNow(
  deps: Needs,
  input: { readonly userId: string; readonly dropId: string },
): Promise<Drop> {
  return changeWaiting(deps, input, (sheet, drop, now) => {
    if (drop.waitsFor === null) return drop
    if (drop.closed) throw new AppError('drop_closed')
    if (isStopped(sheet, drop)) throw new AppError('paused')
    return open(sheet, drop, now)
  })
}

/**
 * Its builder calls off a drop that has not opened, and those who wanted to be told of it are. Doing it again changes
 * nothing. Throws drop_not_found, not_yours and already_open.
 */
export function callOffDrop(
  deps: Needs,
  input: { readonly userId: string; readonly dropId: string },
): Promise<Drop> {
  return changeWaiting(deps, input, (sheet, drop, now) => {
    if (drop.waitsFor === null) throw new AppError('already_open')
    if (drop.closed) return drop
    return leaveWaiting(sheet, drop, closeDrop(drop), now)
  })
}

function changeWaiting(
  deps: Needs,
  { userId, dropId }: { readonly userId: string; readonly dropId: string },
  next: (sheet: Sheet, drop: Drop, now: number) => Drop,
): Promise<Drop> {
  return deps.change({
    lane: dropId,
    reads: openingKeys(dropId),
    decide(sheet) {
      const drop = sheet.get('inventory', dropId)
      if (!drop) throw new AppError('drop_not_found')
      if (drop.builderId !== userId) throw new AppError('not_yours')
      return next(sheet, drop, deps.clock.now())
    },
  })
}

const openingKeys = (dropId: string): readonly Key[] => [
  ['inventory', dropId],
  ['switches', 'selling'],
  effectKey('draw_card', dropId),
  effectKey('close_drop', dropId),
  effectKey('open_drop', dropId),
  effectKey('call_reminders', dropId),
]

function isLive(sheet: Sheet, builderId: string): boolean {
  const channel = sheet.get('builders', builderId)?.twitch
  return channel?.live != null
}

function isStopped(sheet: Sheet, drop: Drop): boolean {
  return drop.pauses.length > 0 || sheet.get('switches', 'selling')?.paused === true
}

function open(sheet: Sheet, drop: Drop, now: number): Drop {
  const opened = leaveWaiting(sheet, drop, openDrop(drop, now), now)
  wish(sheet, 'close_drop', drop.dropId, now, { dueAt: opened.closesAt })
  return opened
}

function leaveWaiting(sheet: Sheet, before: Drop, after: Drop, now: number): Drop {
  const { dropId } = before
  sheet.put('inventory', dropId, after)
  wish(sheet, 'draw_card', dropId, now)
  if (before.reminders > 0) wish(sheet, 'call_reminders', dropId, now)
  return after
}
