import { renderReminder } from '../replies/opening.ts'
import { answerWithin, inPlace } from './answer.ts'
import type { Reply, Visit } from './visit.ts'

/** Remind me under a card, or its taking back: only the person who pressed is told. */
export function remind(visit: Visit, dropId: string, on: boolean): Promise<Reply> {
  return answerWithin(visit, inPlace(visit), async () => {
    const answer = await visit.core.remind({ person: visit.person, dropId, on }, visit.call)
    return renderReminder(answer.drop, answer.on)
  })
}
