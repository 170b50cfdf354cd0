import { closeDrop } from '../domain/drop.ts'
import type { Deps } from './deps.ts'
import { effectKey, wish } from './wish.ts'

/** Close a drop whose time has come. Holds that began before run to their own end. Answers when to run again. */
export function endDrop(deps: Pick<Deps, 'change' | 'clock'>, dropId: string): Promise<number | null> {
  return deps.change({
    lane: dropId,
    reads: [['inventory', dropId], effectKey('draw_card', dropId), effectKey('end_waitlist', dropId)],
    decide(sheet) {
      const now = deps.clock.now()
      const drop = sheet.get('inventory', dropId)
      if (!drop || drop.closed) return null
      if (now < drop.closesAt) return drop.closesAt
      sheet.put('inventory', dropId, closeDrop(drop))
      wish(sheet, 'draw_card', dropId, now)
      if (drop.waitlist.waiting > 0) wish(sheet, 'end_waitlist', dropId, now)
      return null
    },
  })
}
