import { renderIdentity } from '../replies/channel.ts'
import { answerWithin } from './answer.ts'
import type { Reply, Visit } from './visit.ts'

/** `/c500 verify`: is this really them? `userId` comes from Discord's own choice of members. */
export function verify(visit: Visit, userId: string): Promise<Reply> {
  return answerWithin(visit, 'new', async () =>
    renderIdentity(
      userId,
      await visit.core.identify({ userId }, visit.call),
      `${visit.webUrl}/builders/${userId}/verify`,
    ),
  )
}
