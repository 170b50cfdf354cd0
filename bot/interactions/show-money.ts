import { renderMoney } from '../replies/money.ts'
import { answerWithin, type Place } from './answer.ts'
import type { Reply, Visit } from './visit.ts'

/** `/c500 money`: a builder's money, order by order. `page` is core's cursor in base64url; null for the newest. */
export function showMoney(visit: Visit, page: string | null, place: Place): Promise<Reply> {
  const cursor = page === null ? null : Buffer.from(page, 'base64url').toString()
  return answerWithin(visit, place, async () =>
    renderMoney(await visit.core.money({ userId: visit.person.userId, cursor }, visit.call)),
  )
}
