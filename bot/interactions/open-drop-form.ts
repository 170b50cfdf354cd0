import type { APIApplicationCommandInteractionDataBasicOption } from 'discord-api-types/v10'
import type { Opens } from '#contract'
import { CLOSES_IN_HOURS, OPENS_IN_HOURS, PER_PERSON, WITH_STREAM } from '../commands/c500.ts'
import { dropForm } from '../replies/forms.ts'
import { openModal } from './answer.ts'
import type { Reply, Visit } from './visit.ts'

/** `/c500 drop`: the form opens at once, because a form can only be a first answer; core is asked afterwards. */
export function openDropForm(options: readonly APIApplicationCommandInteractionDataBasicOption[]): Reply {
  return openModal(
    dropForm(
      {
        opens: opensOption(options),
        closesInHours: wholeOption(options, CLOSES_IN_HOURS),
        perPerson: wholeOption(options, PER_PERSON),
      },
      null,
    ),
  )
}

/** The same form with what was typed before. */
export async function reopenDropForm(visit: Visit, draftId: string): Promise<Reply> {
  const draft = await visit.core.getDraft(
    { userId: visit.person.userId, draftId },
    { ...visit.call, timeoutMs: visit.budgetMs },
  )
  return openModal(dropForm(draft.form, draft))
}

function opensOption(options: readonly APIApplicationCommandInteractionDataBasicOption[]): Opens | undefined {
  const given = (name: string) => options.find((option) => option.name === name)?.value
  const { name, min, max } = OPENS_IN_HOURS
  const typed = Number(given(name))
  const hours = typed >= min && typed <= max ? Math.round(typed * 100) / 100 : null
  if (given(WITH_STREAM.name) === true) {
    return { when: 'with_stream', inHoursAtTheLatest: hours ?? WITH_STREAM.usualHours }
  }
  return hours === null ? undefined : { when: 'later', inHours: hours }
}

function wholeOption(
  options: readonly APIApplicationCommandInteractionDataBasicOption[],
  about: { readonly name: string; readonly min: number; readonly max: number; readonly usual: number },
): number {
  const value = Number(options.find((option) => option.name === about.name)?.value ?? about.usual)
  return Number.isInteger(value) && value >= about.min && value <= about.max ? value : about.usual
}
