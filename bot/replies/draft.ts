import { accent, type DraftView, type DropForm, type DropView, formatMoney, type Person } from '#contract'
import { cardEmbed, opensWhen } from './card.ts'
import { button, type Message, type MessageWithFiles, type PictureFile, rows, say } from './message.ts'
import { escapeText } from './text.ts'

/** What has to change before this draft can be published, with the way back into the form. */
export function renderProblems(draft: DraftView): Message {
  const lines = draft.problems.map((problem) => `• ${escapeText(problem.sentence, 300)}`)
  const text = `**Nearly there.** Please look at this once more:\n${lines.join('\n')}\n\nWhat you wrote is kept.`
  return say(text, 'butter', rows(button('Fix it', ['fix', draft.draftId], 'primary')))
}

/** The drop as buyers will see it, and what its builder receives. `now` is UTC milliseconds. */
export function renderPreview(
  draft: DraftView,
  preview: NonNullable<DraftView['preview']>,
  about: { readonly builder: Person; readonly now: number; readonly picture: PictureFile | null },
): MessageWithFiles {
  const card = cardEmbed(
    {
      ...preview,
      available: preview.quantity,
      held: 0,
      ...whenOpen(draft.form, about.now),
      builder: about.builder,
    },
    null,
    about.picture !== null,
  )
  const share =
    `For each one sold you receive **${formatMoney(preview.share)}**; ` +
    `${formatMoney(preview.fee)} keeps the collective going. ` +
    `${draft.form.perPerson === 1 ? 'One' : `Up to ${draft.form.perPerson}`} per person.`
  return {
    content: 'Only you see this. It is how buyers will see it.',
    embeds: [
      card,
      { title: 'Your side', description: share, fields: pictureFields(draft), color: accent('cream') },
    ],
    rows: rows(
      button(
        'Publish',
        draft.form.opens?.when === 'with_stream'
          ? ['publish', draft.draftId, 'stream']
          : ['publish', draft.draftId],
        'success',
      ),
      button('Edit', ['fix', draft.draftId]),
      draft.picture && button('Describe the picture', ['describe', draft.draftId]),
    ),
    ...(about.picture ? { pictures: [about.picture] } : {}),
  }
}

function pictureFields({ picture }: DraftView) {
  if (!picture) return []
  const words = picture.described
    ? escapeText(picture.alt, 500)
    : 'Not in words yet. One sentence lets people in who cannot see it. You can publish without.'
  return [{ name: 'The picture, for those who cannot see it', value: words }]
}

/** When it would open and close if it were published `now`, UTC milliseconds. */
function whenOpen({ opens, closesInHours }: DropForm, now: number) {
  const hours = opens?.when === 'later' ? opens.inHours : (opens?.inHoursAtTheLatest ?? 0)
  const at = now + hours * 3_600_000
  return {
    opensAt: opens ? at : null,
    opensWithStream: opens?.when === 'with_stream',
    closesAt: at + closesInHours * 3_600_000,
  }
}

/** Core did not take the form: the sentence, and everything that was typed, so that nothing has to be typed again. */
export function renderKeptForm(sentence: string, form: DropForm, draftId: string | null): Message {
  return {
    embeds: [
      { description: sentence, color: accent('butter') },
      {
        title: 'What you wrote',
        description: escapeText(form.story, 4_000, 'many'),
        fields: [
          { name: 'Title', value: escapeText(form.title, 500) },
          { name: 'Price', value: escapeText(form.price, 200), inline: true },
          { name: 'Quantity', value: escapeText(form.quantity, 200), inline: true },
        ],
        color: accent('cream'),
      },
    ],
    rows: draftId ? rows(button('Try again', ['fix', draftId], 'primary')) : [],
  }
}

/** `withStream`: it was meant to open with one, so one that is open found its builder live. */
export function renderPublished(drop: DropView, channelId: string, withStream: boolean): Message {
  const title = `**${escapeText(drop.title, 200)}**`
  if (drop.opensAt !== null) {
    const steps = rows(button('Change that', ['opening', drop.dropId]))
    return say(
      `${title} is announced in <#${channelId}>. It opens ${opensWhen(drop, drop.opensAt)}.`,
      'mint',
      steps,
    )
  }
  const already = withStream ? 'You are on air already, so it opened at once: ' : ''
  return say(`${already}${title} is live in <#${channelId}>.`, 'mint')
}

/** No stream can open this draft: what to do about it, and the other way out. */
export function renderNoStream(draftId: string, canLink: boolean): Message {
  const why = canLink
    ? 'Your going live can open it once I know your Twitch channel: link it with `/c500 link-twitch` and press **Publish** again.'
    : 'This collective does without Twitch, so no stream can open it. For a time of its own, start again with `opens_in_hours`.'
  return say(
    `${why} Your draft is kept.`,
    'butter',
    rows(button('Open it at once', ['publish', draftId, 'at_once'])),
  )
}
