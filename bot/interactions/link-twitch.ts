import { renderBuilder } from '../replies/builder.ts'
import { renderLinkStart, renderUnlinkQuestion } from '../replies/channel.ts'
import { say } from '../replies/message.ts'
import { answerWithin, type Place } from './answer.ts'
import type { Reply, Visit } from './visit.ts'

/** `/c500 link-twitch`: a private link that begins it. */
export function linkTwitch(visit: Visit, place: Place): Promise<Reply> {
  return answerWithin(visit, place, async () =>
    renderLinkStart(await visit.core.startTwitchLink({ person: visit.person }, visit.call)),
  )
}

/** `/c500 unlink-twitch`: asks once. */
export function askToUnlink(visit: Visit, place: Place): Promise<Reply> {
  return answerWithin(visit, place, async () => {
    const { channel } = await visit.core.identify({ userId: visit.person.userId }, visit.call)
    return channel
      ? renderUnlinkQuestion(channel)
      : say('No Twitch channel of yours is linked. `/c500 link-twitch` links one.')
  })
}

export function unlinkTwitch(visit: Visit, place: Place): Promise<Reply> {
  return answerWithin(visit, place, async () =>
    renderBuilder(
      await visit.core.unlinkTwitch({ userId: visit.person.userId }, visit.call),
      'Your Twitch channel is no longer linked.',
    ),
  )
}
