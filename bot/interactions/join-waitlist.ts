import { renderPlace } from '../replies/waitlist.ts'
import { answerWithin, inPlace } from './answer.ts'
import type { Reply, Visit } from './visit.ts'

/** Get in line under a card where all are held, or leave it: only the person who pressed is told. */
export function joinWaitlist(visit: Visit, dropId: string, on: boolean): Promise<Reply> {
  return answerWithin(visit, inPlace(visit), async () => {
    const answer = await visit.core.joinWaitlist({ person: visit.person, dropId, on }, visit.call)
    return renderPlace(answer, on)
  })
}
