import type { APIModalSubmitInteraction } from 'discord-api-types/v10'
import { AppError } from '#contract'
import { aboutForm } from '../replies/forms.ts'
import { renderKept } from '../replies/kept.ts'
import { renderProfile } from '../replies/profile.ts'
import { answerWithin, inPlace, openModal } from './answer.ts'
import { canBeMended, sentenceFor } from './explain.ts'
import { typedText } from './fields.ts'
import type { Reply, Visit } from './visit.ts'

/** The form for a builder's own words, with what everybody reads of them now. */
export async function openAboutForm(visit: Visit): Promise<Reply> {
  const { person, core, call, budgetMs } = visit
  const { builder } = await core.profile({ person }, { ...call, timeoutMs: budgetMs })
  if (!builder) throw new AppError('builder_not_found')
  return openModal(aboutForm(builder))
}

/** It was sent: the profile as it stands now. */
export function submitAbout(visit: Visit, interaction: APIModalSubmitInteraction): Promise<Reply> {
  const about = typedText(interaction, 'about')
  const link = typedText(interaction, 'link')
  return answerWithin(
    visit,
    inPlace(visit),
    async () => {
      const { person, core, call, webUrl } = visit
      await core.changeAbout({ userId: person.userId, about, link }, call)
      return renderProfile(await core.profile({ person }, call), webUrl)
    },
    async (error) => {
      if (!canBeMended(error)) return null
      const typed = [
        { name: 'Your story', text: about },
        { name: 'Your link', text: link },
      ]
      return renderKept(sentenceFor(visit, error), typed, ['about'])
    },
  )
}
