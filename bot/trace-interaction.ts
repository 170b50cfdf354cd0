import type { APIInteraction } from 'discord-api-types/v10'
import type { Telemetry } from '../runtime/telemetry.ts'
import { currentTrace, newTrace, runInTrace } from '../runtime/trace.ts'
import { parseCustomId } from './custom-id.ts'
import type { Reply } from './interactions/visit.ts'

/** Short enough to read out loud; the same id is in our logs, in core's, and with what core sends back. */
export const referenceOf = (interaction: { readonly id: string }): string =>
  BigInt(interaction.id).toString(36)

/** One thing a person does is one trace, whatever it sets off, and whatever is said after the first answer. */
export async function traceInteraction(
  interaction: APIInteraction,
  telemetry: Telemetry,
  handle: () => Promise<Reply>,
): Promise<Reply> {
  const trace = { ...(currentTrace() ?? newTrace()), requestId: referenceOf(interaction) }
  return runInTrace(trace, () =>
    telemetry.inStep(`interaction ${nameOf(interaction)}`, {}, async () => {
      const { first, after } = await handle()
      const here = currentTrace() ?? trace
      if (!after) return { first }
      return {
        first,
        after: (io) => runInTrace(here, () => telemetry.inStep('interaction follow-up', {}, () => after(io))),
      }
    }),
  )
}

/** What was pressed or typed, without whom or what it is about. */
function nameOf(interaction: APIInteraction): string {
  const data: object = interaction.data ?? {}
  if ('custom_id' in data) return parseCustomId(String(data.custom_id))?.[0] ?? 'unknown'
  return 'name' in data ? String(data.name) : 'ping'
}
