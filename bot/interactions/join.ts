import { renderBuilder } from '../replies/builder.ts'
import { answerWithin, type Place } from './answer.ts'
import type { Reply, Visit } from './visit.ts'

/** `/c500 join`: become a builder, or see what is left to do and the links to do it. */
export function join(visit: Visit, place: Place): Promise<Reply> {
  return answerWithin(visit, place, async () =>
    renderBuilder(await visit.core.joinBuilder({ person: visit.person }, visit.call)),
  )
}
