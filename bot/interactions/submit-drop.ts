import type { APIModalSubmitInteraction } from 'discord-api-types/v10'
import { type DropForm, isAppError, type Opens } from '#contract'
import { renderKeptForm } from '../replies/draft.ts'
import { answerLater, inPlace } from './answer.ts'
import { builderStanding } from './builder-standing.ts'
import { sentenceFor } from './explain.ts'
import { typedText, uploadedFiles } from './fields.ts'
import { showDraft } from './show-draft.ts'
import type { Reply, Visit } from './visit.ts'

/** Fetching and re-encoding a large picture takes core its time; the person sees "thinking" meanwhile. */
const CREATE_TIMEOUT_MS = 60_000

/** The drop form was sent: core keeps it as a draft and says what is wrong, or how buyers will see it. */
export function submitDrop(
  visit: Visit,
  interaction: APIModalSubmitInteraction,
  about: {
    readonly draftId: string | null
    readonly closesInHours: number
    readonly perPerson: number
    readonly opens: Opens | undefined
  },
): Reply {
  const form: DropForm = {
    title: typedText(interaction, 'title'),
    story: typedText(interaction, 'story'),
    price: typedText(interaction, 'price'),
    quantity: typedText(interaction, 'quantity'),
    closesInHours: about.closesInHours,
    perPerson: about.perPerson,
    ...(about.opens ? { opens: about.opens } : {}),
  }
  const [picture = null] = uploadedFiles(interaction, 'picture')
  return answerLater(visit, inPlace(visit), async () => {
    try {
      const draft = await visit.core.createDrop(
        { builder: visit.person, draftId: about.draftId, form, picture },
        { ...visit.call, timeoutMs: CREATE_TIMEOUT_MS },
      )
      return await showDraft(visit, draft)
    } catch (error) {
      const standing = await builderStanding(visit, error)
      if (standing) return standing
      // A draft that is gone cannot be reopened; the text below the sentence is what remains.
      const draftId = isAppError(error, 'draft_not_found') ? null : about.draftId
      return renderKeptForm(sentenceFor(visit, error), form, draftId)
    }
  })
}
