import { accent, type BuilderView } from '#contract'
import { button, joinBlocks, link, type Message, rows } from './message.ts'
import { escapeText } from './text.ts'

const STATUS: Record<BuilderView['status'], string> = {
  applied: 'You have applied. An operator looks at it and you read the answer here.',
  approved: 'You are a builder of the collective.',
  paused: 'Your selling is paused. Orders that are paid go on as always.',
  suspended: 'You are suspended. Orders that are paid still need to be shipped.',
}

/** Where a builder stands: the checklist with its next step named. `lead` is the sentence that brought them here. */
export function renderBuilder(view: BuilderView, lead: string | null = null): Message {
  const next = view.checklist.find((step) => !step.done)
  const lines = [
    ...(lead ? [lead, ''] : []),
    statusLine(view, STATUS),
    '',
    ...checklistLines(view),
    '',
    next ? `**Next:** ${escapeText(next.sentence, 200)}` : 'All done. `/c500 drop` starts a drop.',
  ]
  return {
    embeds: [
      {
        title: next ? 'Becoming a builder' : 'You are a builder',
        description: lines.join('\n'),
        fields: requirementFields(view),
        footer: { text: 'The links below are only for you.' },
        color: accent(next ? 'butter' : 'mint'),
      },
    ],
    rows: rows(
      link('Set up payments', view.onboardingUrl),
      link('Your Stripe dashboard', view.dashboardUrl),
      view.payouts === 'none' ? null : button('Your money', ['money']),
    ),
  }
}

/** The status with its reason, in the words of whoever gave it. */
export function statusLine(
  view: BuilderView,
  words: Readonly<Record<BuilderView['status'], string>>,
): string {
  const reason = view.statusReason ? ` Why: ${escapeText(view.statusReason, 500)}` : ''
  return words[view.status] + reason
}

export function checklistLines(view: BuilderView): string[] {
  return view.checklist.map((step) => `${step.done ? '✅' : '⬜'} ${escapeText(step.sentence, 200)}`)
}

export function requirementFields(view: BuilderView) {
  if (view.requirements.length === 0) return []
  const lines = view.requirements.map((one) => `• ${escapeText(one, 120)}`)
  return [{ name: 'Stripe still asks for', value: joinBlocks(lines, 1_000, '\n') }]
}
