import { renderDashboard } from '../replies/dashboard.ts'
import { answerWithin, type Place } from './answer.ts'
import type { Reply, Visit } from './visit.ts'

/** `/c500 dashboard`: a builder's drops, parcels and money. */
export function showDashboard(visit: Visit, place: Place): Promise<Reply> {
  return answerWithin(visit, place, async () =>
    renderDashboard(await visit.core.dashboard({ userId: visit.person.userId }, visit.call)),
  )
}
