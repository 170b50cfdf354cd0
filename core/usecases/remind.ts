import { AppError, type Person } from '#contract'
import { type Drop, isWaiting, reminderId } from '../domain/drop.ts'
import type { Deps } from './deps.ts'
import { wishNotice } from './wish.ts'

/** Half of them are written in one commit: a reminder goes, and the wish to tell its person comes. */
const CALLED_TOGETHER = 100

/**
 * Somebody wants to be told when a drop opens, or no longer. Doing it again changes nothing, and a drop that does not
 * wait any more stays as it is; `on` says whether they will be told. Throws drop_not_found.
 */
export function remind(
  deps: Pick<Deps, 'change' | 'clock'>,
  input: { readonly person: Person; readonly dropId: string; readonly on: boolean },
): Promise<{ readonly drop: Drop; readonly on: boolean }> {
  const { person, dropId, on } = input
  const id = reminderId(dropId, person.userId)
  return deps.change({
    lane: dropId,
    reads: [
      ['inventory', dropId],
      ['reminders', id],
    ],
    decide(sheet) {
      const drop = sheet.get('inventory', dropId)
      if (!drop) throw new AppError('drop_not_found')
      if (!isWaiting(drop)) return { drop, on: false }
      if (on === (sheet.get('reminders', id) !== undefined)) return { drop, on }
      if (on) sheet.put('reminders', id, { dropId, person, at: deps.clock.now() })
      else sheet.remove('reminders', id)
      // The drop is written too, so that nobody is forgotten who asks at the very moment of the opening.
      const next = { ...drop, reminders: drop.reminders + (on ? 1 : -1) }
      sheet.put('inventory', dropId, next)
      return { drop: next, on }
    },
  })
}

/**
 * A drop opened, or was called off: have some of those told who wanted to be, each once. Answers when to go on (UTC ms),
 * or null when everybody is seen to.
 */
export async function callReminders(
  deps: Pick<Deps, 'store' | 'change' | 'clock'>,
  dropId: string,
): Promise<number | null> {
  const cursor = reminderId(dropId, '')
  const page = await deps.store.scan('reminders', { limit: CALLED_TOGETHER, cursor })
  const ids = page.documents.filter(({ value }) => value.dropId === dropId).map(({ id }) => id)
  if (ids.length === 0) return null
  await deps.change({
    reads: ids.map((id) => ['reminders', id] as const),
    decide(sheet) {
      const now = deps.clock.now()
      for (const id of ids) {
        const reminder = sheet.get('reminders', id)
        if (!reminder) continue
        const { userId, name } = reminder.person
        sheet.remove('reminders', id)
        wishNotice(sheet, dropId, { about: 'drop', userId, name, occasion: 0 }, now)
      }
    },
  })
  return deps.clock.now()
}
