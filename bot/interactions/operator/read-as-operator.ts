import { InteractionResponseType } from 'discord-api-types/v10'
import { shelfCount } from '../../replies/card.ts'
import {
  renderAudit,
  renderBuilderForOperator,
  renderCaseForOperator,
  renderCases,
  renderDispute,
  renderDoctor,
  renderOrderForOperator,
  renderPausedDrops,
  renderQueue,
} from '../../replies/operator.ts'
import { plainText } from '../../replies/text.ts'
import { answerLater, answerWithin, type Place } from '../answer.ts'
import type { Reply, Visit } from '../visit.ts'

const AUDIT_SHOWN = 25
/** A menu holds no more. */
const DROPS_SHOWN = 25
/** Core reads all that Stripe remembers; the person sees "thinking" meanwhile. */
export const MONEY_TIMEOUT_MS = 60_000

export function showQueue(visit: Visit, place: Place): Promise<Reply> {
  return answerWithin(visit, place, async () =>
    renderQueue(await visit.core.operatorQueue({ operator: visit.person }, visit.call)),
  )
}

export function showCases(visit: Visit, place: Place): Promise<Reply> {
  return answerWithin(visit, place, async () => {
    const { cases } = await visit.core.operatorQueue({ operator: visit.person }, visit.call)
    return renderCases(cases)
  })
}

export function showAnyOrder(visit: Visit, orderId: string, place: Place): Promise<Reply> {
  return answerWithin(visit, place, async () =>
    renderOrderForOperator(
      await visit.core.getOrderAsOperator({ operator: visit.person, orderId }, visit.call),
    ),
  )
}

export function showAnyCase(visit: Visit, caseId: string, place: Place): Promise<Reply> {
  const { userId } = visit.person
  return answerWithin(visit, place, async () =>
    renderCaseForOperator(await visit.core.getCase({ userId, operator: true, caseId }, visit.call)),
  )
}

/** A bank's question: its deadline, and what would be shown to it. */
export function showDispute(visit: Visit, orderId: string, place: Place): Promise<Reply> {
  return answerWithin(visit, place, async () =>
    renderDispute(await visit.core.getDispute({ operator: visit.person, orderId }, visit.call)),
  )
}

/** A builder with their drops. Throws nothing; somebody who is no builder gets the sentence for that. */
export function showBuilder(visit: Visit, builderId: string, place: Place): Promise<Reply> {
  return answerWithin(visit, place, async () => {
    const { builder, drops } = await visit.core.dashboard({ userId: builderId }, visit.call)
    return renderBuilderForOperator(builder, drops)
  })
}

export function showAudit(visit: Visit, place: Place): Promise<Reply> {
  return answerWithin(visit, place, async () =>
    renderAudit(await visit.core.auditLog({ operator: visit.person, limit: AUDIT_SHOWN }, visit.call)),
  )
}

/** Our books against Stripe's, as they are now. */
export function showDoctor(visit: Visit, place: Place): Reply {
  return answerLater(visit, place, async () =>
    renderDoctor(
      await visit.core.checkMoney({ operator: visit.person }, { ...visit.call, timeoutMs: MONEY_TIMEOUT_MS }),
    ),
  )
}

/** `resume drop`: the newest drops that are paused, to choose from. */
export function showPausedDrops(visit: Visit): Promise<Reply> {
  return answerWithin(visit, 'new', async () => {
    const input = { status: 'paused', limit: DROPS_SHOWN, cursor: null } as const
    const { drops, cursor } = await visit.core.listDrops(input, visit.call)
    return renderPausedDrops(drops, cursor !== null)
  })
}

/** What `pause drop` offers while somebody types. Never fails, only offers less. */
export async function suggestDrops(visit: Visit, typed: string): Promise<Reply> {
  const wanted = typed.trim().toLowerCase()
  const list = (status: 'open' | 'scheduled') =>
    visit.core
      .listDrops({ status, limit: 100, cursor: null }, { ...visit.call, timeoutMs: visit.budgetMs })
      .then((page) => page.drops)
      .catch((error: unknown) => {
        visit.log.warn({ err: error }, 'no drops to suggest')
        return []
      })
  const drops = (await Promise.all([list('open'), list('scheduled')])).flat()
  const choices = drops
    .map((drop) => ({
      name: plainText(
        `${drop.title} · ${drop.builder.name} · ${drop.opensAt === null ? shelfCount(drop) : 'not open yet'}`,
        100,
      ),
      value: drop.dropId,
    }))
    .filter((choice) => choice.name.toLowerCase().includes(wanted))
    .slice(0, 25)
  return { first: { type: InteractionResponseType.ApplicationCommandAutocompleteResult, data: { choices } } }
}
