import type { APIModalSubmitInteraction } from 'discord-api-types/v10'
import type { CaseView } from '#contract'
import type { Press } from '../custom-id.ts'
import { renderCase, roleIn } from '../replies/case.ts'
import { caseForm, problemForm } from '../replies/forms.ts'
import { renderKept } from '../replies/kept.ts'
import type { Message } from '../replies/message.ts'
import { renderCaseForOperator } from '../replies/operator.ts'
import { answerLater, answerWithin, openModal, type Place } from './answer.ts'
import { canBeMended, sentenceFor } from './explain.ts'
import { typedText, uploadedFiles } from './fields.ts'
import type { Reply, Visit } from './visit.ts'

/** Fetching and re-encoding five large pictures takes core its time; the person sees "thinking" meanwhile. */
const UPLOAD_TIMEOUT_MS = 60_000

export function openProblemForm(orderId: string): Reply {
  return openModal(problemForm(orderId))
}

export function openCaseForm(caseId: string): Reply {
  return openModal(caseForm(caseId))
}

/** The buyer said that something is wrong: a case opens and the money stays where it is. */
export function submitProblem(visit: Visit, interaction: APIModalSubmitInteraction, orderId: string): Reply {
  return speak(visit, interaction, ['wrong', orderId], (said, call) =>
    visit.core.openCase({ buyer: visit.person, orderId, ...said }, call),
  )
}

/** The buyer, the builder or an operator added to a case. Core knows as whom they speak. */
export function submitToCase(visit: Visit, interaction: APIModalSubmitInteraction, caseId: string): Reply {
  return speak(visit, interaction, ['add', caseId], (said, call) =>
    visit.core.addToCase({ person: visit.person, operator: visit.isOperator, caseId, ...said }, call),
  )
}

/** One case, for its buyer, its builder or an operator. */
export function showCase(visit: Visit, caseId: string, place: Place): Promise<Reply> {
  const { person, isOperator } = visit
  return answerWithin(visit, place, async () => {
    const view = await visit.core.getCase({ userId: person.userId, operator: isOperator, caseId }, visit.call)
    return caseFor(visit, view)
  })
}

interface Said {
  readonly text: string
  readonly pictures: ReturnType<typeof uploadedFiles>
}

function speak(
  visit: Visit,
  interaction: APIModalSubmitInteraction,
  again: Press,
  tellCore: (said: Said, call: Visit['call']) => Promise<CaseView>,
): Reply {
  const said = {
    text: typedText(interaction, 'text'),
    pictures: uploadedFiles(interaction, 'pictures').slice(0, 5),
  }
  return answerLater(visit, 'new', async (): Promise<Message> => {
    try {
      const view = await tellCore(said, { ...visit.call, timeoutMs: UPLOAD_TIMEOUT_MS })
      return caseFor(visit, view, sentenceAfter(visit, view, said))
    } catch (error) {
      if (!canBeMended(error)) throw error
      return renderKept(sentenceFor(visit, error), [{ name: 'Your words', text: said.text }], again)
    }
  })
}

/** Core shows a case to nobody but its buyer, its builder and operators. */
function caseFor(visit: Visit, view: CaseView, lead: string | null = null): Message {
  const role = roleIn(view, visit.person.userId)
  return role === 'operator' ? renderCaseForOperator(view, lead) : renderCase(view, role, lead)
}

/** Core leaves out what is no picture; the person should know. */
function sentenceAfter(visit: Visit, view: CaseView, said: Said): string {
  const mine = view.entries.findLast((entry) => entry.by.userId === visit.person.userId)
  const kept = mine?.pictures.length ?? 0
  const lost = said.pictures.length - kept
  if (lost <= 0) return 'It is written down, and the others are being told.'
  const what = lost === 1 ? 'One picture' : `${lost} pictures`
  return `It is written down. ${what} could not be read, so please send PNG, JPEG or WebP.`
}
