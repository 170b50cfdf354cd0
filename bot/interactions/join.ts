import { renderBuilder } from '../replies/builder.ts'
import { answerWithin } from './answer.ts'
import type { Reply, Visit } from './visit.ts'

/** `/c500 join`: become a builder, or get the link to finish becoming one. */
export function join(visit: Visit): Promise<Reply> {
  return answerWithin(visit, 'new', async () =>
    renderBuilder(await visit.core.joinBuilder({ person: visit.person }, visit.call)),
  )
}
