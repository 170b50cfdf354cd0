import { renderOpening } from '../replies/opening.ts'
import { answerWithin, inPlace } from './answer.ts'
import type { Reply, Visit } from './visit.ts'

/** What a builder may do with a drop that has not opened. */
export function showOpening(visit: Visit, dropId: string): Promise<Reply> {
  return answerWithin(visit, inPlace(visit), async () =>
    renderOpening(await visit.core.getDrop({ dropId }, visit.call)),
  )
}

export function openDropNow(visit: Visit, dropId: string): Promise<Reply> {
  const { userId } = visit.person
  return answerWithin(visit, inPlace(visit), async () =>
    renderOpening(await visit.core.openDropNow({ userId, dropId }, visit.call)),
  )
}

export function callOffDrop(visit: Visit, dropId: string): Promise<Reply> {
  const { userId } = visit.person
  return answerWithin(visit, inPlace(visit), async () =>
    renderOpening(await visit.core.callOffDrop({ userId, dropId }, visit.call)),
  )
}
