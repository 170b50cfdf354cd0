import { renderProfile } from '../replies/profile.ts'
import { answerWithin, type Place } from './answer.ts'
import type { Reply, Visit } from './visit.ts'

/** `/c500 profile`: a person's own orders. */
export function showProfile(visit: Visit, place: Place): Promise<Reply> {
  return answerWithin(visit, place, async () =>
    renderProfile(await visit.core.profile({ person: visit.person }, visit.call), visit.webUrl),
  )
}
