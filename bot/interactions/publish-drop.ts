import { renderPublished } from '../replies/draft.ts'
import { answerWithin, inPlace } from './answer.ts'
import { builderStanding } from './builder-standing.ts'
import type { Reply, Visit } from './visit.ts'

/** Publish under a preview. The preview stays when the builder has something to finish first. */
export function publishDrop(visit: Visit, draftId: string): Promise<Reply> {
  return answerWithin(
    visit,
    inPlace(visit),
    async () => {
      const drop = await visit.core.publishDrop({ userId: visit.person.userId, draftId }, visit.call)
      return renderPublished(drop, visit.dropsChannelId)
    },
    (error) => builderStanding(visit, error),
  )
}
