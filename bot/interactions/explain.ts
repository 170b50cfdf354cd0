import { AppError, type ErrorCode, isAppError } from '#contract'
import { type Message, say } from '../replies/message.ts'
import { SENTENCE } from '../words.ts'
import type { Visit } from './visit.ts'

/** Refusals that are somebody's mistake on our side: the person gets a reference, we get a log line. */
const OURS = new Set<ErrorCode>([
  'bad_request',
  'unauthorized',
  'forbidden',
  'not_found',
  'internal',
  'unavailable',
])

/** The sentence for an error; unexpected ones are logged and carry a reference to quote. */
export function explain(visit: Visit, error: unknown): Message {
  return say(sentenceFor(visit, error))
}

export function sentenceFor(visit: Visit, error: unknown): string {
  const code = error instanceof AppError ? error.code : 'internal'
  if (!OURS.has(code)) return SENTENCE[code]
  visit.log.error({ err: error, code }, 'an interaction could not be answered as wished')
  return `${SENTENCE[code]}\nReference: \`${visit.reference}\``
}

/** Refusals after which the same form may be sent again, changed or not: what was typed must not be lost then. */
const MENDABLE = [
  'unavailable',
  'conflict',
  'amount_invalid',
  'refund_too_large',
  'too_many_refunds',
  'start_day_invalid',
  'reason_missing',
  'text_too_long',
  'address_invalid',
  'release_in_progress',
] as const satisfies readonly ErrorCode[]

export function canBeMended(error: unknown): boolean {
  return MENDABLE.some((code) => isAppError(error, code))
}
