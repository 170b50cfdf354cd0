import type { Logger } from 'pino'
import type { CoreClient, OperatorCall } from '#contract'
import { type Discord, isPermanent } from './discord.ts'
import type { Message } from './replies/message.ts'
import { renderCall, renderCaseCall } from './replies/operator-call.ts'

/**
 * Tells the operators, in their own channel, that something waits for them. False when there is no such channel or we may
 * not write there: then it waits in their queue. Throws AppError and Discord's errors when trying again later may help.
 */
type CallOperators = (call: OperatorCall) => Promise<boolean>

export function createOperatorCalls(deps: {
  readonly core: Pick<CoreClient, 'getCase'>
  readonly discord: Pick<Discord, 'createMessage'>
  readonly channelId: string | null
  readonly log: Logger
}): CallOperators {
  const { core, discord, channelId, log } = deps

  async function render(call: OperatorCall): Promise<Message> {
    if (call.about !== 'case') return renderCall(call)
    return renderCaseCall(await core.getCase({ userId: null, operator: true, caseId: call.caseId }))
  }

  return async (call) => {
    if (channelId === null) return false
    const message = await render(call)
    try {
      await discord.createMessage(channelId, message, `call:${call.callId}`)
      return true
    } catch (error) {
      if (!isPermanent(error)) throw error
      log.warn({ err: error, callId: call.callId }, 'the operators could not be told in their channel')
      return false
    }
  }
}
