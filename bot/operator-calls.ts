import { PermissionFlagsBits } from 'discord-api-types/v10'
import type { Logger } from 'pino'
import type { CoreClient, OperatorCall } from '#contract'
import { type Discord, isPermanent } from './discord.ts'
import type { Message } from './replies/message.ts'
import { renderCall, renderCaseCall, renderOpenChannel } from './replies/operator-call.ts'

/** For the log: what those who run the server can do about it. */
const OPEN_TO_ALL =
  'everybody sees the channel that OPERATORS_CHANNEL_ID names, so what waits for the operators is not said there: in that ' +
  'channel deny everybody "View Channel", and allow it for the operators and the bot'

/**
 * Tells the operators, in their own channel, that something waits for them; where everybody would read it, not what. False when there is no such channel or we may
 * not write there: then it waits in their queue. Throws AppError and Discord's errors when trying again later may help.
 */
type CallOperators = (call: OperatorCall) => Promise<boolean>

export function createOperatorCalls(deps: {
  readonly core: Pick<CoreClient, 'getCase'>
  readonly discord: Pick<Discord, 'createMessage' | 'memberMay'>
  readonly guildId: string
  readonly channelId: string | null
  readonly log: Logger
}): CallOperators {
  const { core, discord, guildId, channelId, log } = deps

  async function render(call: OperatorCall): Promise<Message> {
    if (call.about !== 'case') return renderCall(call)
    return renderCaseCall(await core.getCase({ userId: null, operator: true, caseId: call.caseId }))
  }

  return async (call) => {
    if (channelId === null) return false
    try {
      const isOpen = await discord.memberMay(PermissionFlagsBits.ViewChannel, guildId, channelId, null)
      if (isOpen) log.warn({ channelId }, OPEN_TO_ALL)
      const message = isOpen ? renderOpenChannel() : await render(call)
      await discord.createMessage(channelId, message, `call:${call.callId}`)
      return true
    } catch (error) {
      if (!isPermanent(error)) throw error
      log.warn({ err: error, callId: call.callId }, 'the operators could not be told in their channel')
      return false
    }
  }
}
