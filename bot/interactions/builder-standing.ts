import { isAppError } from '#contract'
import { renderBuilder } from '../replies/builder.ts'
import type { Message } from '../replies/message.ts'
import { sentenceFor } from './explain.ts'
import type { Visit } from './visit.ts'

/**
 * When the error says that this person cannot sell yet: the sentence with their own link to what is missing.
 * Null for any other error.
 */
export async function builderStanding(visit: Visit, error: unknown): Promise<Message | null> {
  if (!isAppError(error, 'builder_not_found') && !isAppError(error, 'builder_not_ready')) return null
  const builder = await visit.core.joinBuilder(
    { person: visit.person },
    { ...visit.call, idempotencyKey: `${visit.call.idempotencyKey}:join` },
  )
  return renderBuilder(builder, builder.payouts === 'ready' ? null : sentenceFor(visit, error))
}
