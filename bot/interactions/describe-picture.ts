import type { APIModalSubmitInteraction } from 'discord-api-types/v10'
import { AppError, isAppError } from '#contract'
import { descriptionForm } from '../replies/forms.ts'
import { renderKept } from '../replies/kept.ts'
import { answerLater, inPlace, openModal } from './answer.ts'
import { canBeMended, sentenceFor } from './explain.ts'
import { typedText } from './fields.ts'
import { showDraft } from './show-draft.ts'
import type { Reply, Visit } from './visit.ts'

/** The form for what a draft's picture shows, with what was said before. */
export async function openDescriptionForm(visit: Visit, draftId: string): Promise<Reply> {
  const { picture } = await visit.core.getDraft(
    { userId: visit.person.userId, draftId },
    { ...visit.call, timeoutMs: visit.budgetMs },
  )
  if (!picture) throw new AppError('picture_gone')
  return openModal(descriptionForm(draftId, picture))
}

/** It was sent: the preview again, which needs its picture and so cannot be the first answer. */
export function submitDescription(
  visit: Visit,
  interaction: APIModalSubmitInteraction,
  draftId: string,
  pictureId: string,
): Reply {
  const description = typedText(interaction, 'description')
  return answerLater(visit, inPlace(visit), async () => {
    try {
      const { userId } = visit.person
      const draft = await visit.core.describePicture({ userId, draftId, pictureId, description }, visit.call)
      return await showDraft(visit, draft)
    } catch (error) {
      if (!canBeMended(error) && !isAppError(error, 'picture_gone')) throw error
      const typed = [{ name: 'The picture', text: description }]
      return renderKept(sentenceFor(visit, error), typed, ['describe', draftId])
    }
  })
}
