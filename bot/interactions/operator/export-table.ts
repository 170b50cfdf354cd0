import type { ExportKind, Month } from '#contract'
import { type MessageWithFiles, say } from '../../replies/message.ts'
import { answerLater } from '../answer.ts'
import type { Reply, Visit } from '../visit.ts'
import { MONEY_TIMEOUT_MS } from './read-as-operator.ts'

/** Discord's limit for one file where nobody paid for more. */
const FILE_AT_MOST_BYTES = 10 * 1024 * 1024

/** `export`: everybody's records as a file that only this operator sees; `month` null is everything. */
export function exportTable(visit: Visit, kind: ExportKind, month: Month | null): Reply {
  return answerLater(visit, 'new', async (): Promise<MessageWithFiles> => {
    const table = await visit.core.exportAsOperator(
      { operator: visit.person, kind, month },
      { ...visit.call, timeoutMs: MONEY_TIMEOUT_MS },
    )
    if (Buffer.byteLength(table.csv) > FILE_AT_MOST_BYTES) {
      return say(
        month
          ? 'Even this one month is too large a file for Discord.'
          : 'That is too large a file for Discord. Please take it month by month.',
      )
    }
    return {
      ...say('Here it is. It names people, so keep it where only you can read it.', 'sky'),
      table,
    }
  })
}
