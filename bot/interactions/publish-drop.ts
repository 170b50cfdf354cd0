import { isAppError } from '#contract'
import { renderNoStream, renderPublished } from '../replies/draft.ts'
import { answerWithin, inPlace } from './answer.ts'
import { builderStanding } from './builder-standing.ts'
import type { Reply, Visit } from './visit.ts'

/**
 * Publish under a preview. The preview stays when the builder has something to finish first. `how`: the draft is meant
 * to open with a stream, or is to open at once whatever it says.
 */
export function publishDrop(
  visit: Visit,
  draftId: string,
  how: 'stream' | 'at_once' | undefined,
): Promise<Reply> {
  return answerWithin(
    visit,
    inPlace(visit),
    async () => {
      const input = { userId: visit.person.userId, draftId, atOnce: how === 'at_once' }
      const drop = await visit.core.publishDrop(input, visit.call)
      return renderPublished(drop, visit.dropsChannelId, how === 'stream')
    },
    async (error) => {
      if (isAppError(error, 'channel_missing')) return renderNoStream(draftId, true)
      if (isAppError(error, 'twitch_off')) return renderNoStream(draftId, false)
      return builderStanding(visit, error)
    },
  )
}
