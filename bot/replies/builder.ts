import { accent, type BuilderView, type Terms } from '#contract'
import { channelFields, channelSteps } from './channel.ts'
import { button, joinBlocks, link, type Message, rows } from './message.ts'
import { SETTLEMENT } from './order.ts'
import { dateTime, escapeText, plainDay } from './text.ts'

const STATUS: Record<BuilderView['status'], string> = {
  applied: 'You have applied. An operator looks at it and you read the answer here.',
  approved: 'You are a builder of the collective.',
  paused: 'Your selling is paused. Orders that are paid go on as always.',
  suspended: 'You are suspended. Orders that are paid still need to be shipped.',
}

/** Where a builder stands: the checklist with its next step named. `lead` is the sentence that brought them here. */
export function renderBuilder(view: BuilderView, lead: string | null = null): Message {
  return {
    embeds: [{ ...builderEmbed(view, lead), footer: { text: 'The links below are only for you.' } }],
    rows: rows(
      link('Set up payments', view.onboardingUrl),
      link('Your Stripe dashboard', view.dashboardUrl),
      view.payouts === 'none' ? null : button('Your money', ['money']),
      ...channelSteps(view),
    ),
  }
}

/** The same words wherever a builder reads where they stand. Without the links, which are theirs alone. */
export function builderEmbed(view: BuilderView, lead: string | null = null) {
  // A builder without a channel is a whole builder.
  const next = view.checklist.find(({ done, step }) => !done && step !== 'twitch')
  const lines = [
    ...(lead ? [lead, ''] : []),
    statusLine(
      view,
      next ? { ...STATUS, approved: 'You have joined, and one thing is left before you can sell.' } : STATUS,
    ),
    '',
    ...checklistLines(view),
    '',
    next ? `**Next:** ${escapeText(next.sentence, 200)}` : 'All done. `/c500 drop` starts a drop.',
  ]
  return {
    title: next ? 'Becoming a builder' : 'You are a builder',
    description: lines.join('\n'),
    fields: [...channelFields(view.channel), ...termsFields(view), ...requirementFields(view)],
    color: accent(next ? 'butter' : 'mint'),
  }
}

/** A standing in the words of `/c500 join`, with who gave it, when and why. */
export function standingWords(change: BuilderView['statusChange'], builder: BuilderView['builder']): string {
  return decided(STATUS[change.status], change, builder)
}

/** The status with who gave it, when and why, in the words of whoever gave it. */
export function statusLine(
  view: BuilderView,
  words: Readonly<Record<BuilderView['status'], string>>,
): string {
  return decided(words[view.status], view.statusChange, view.builder)
}

/** Nobody is named for what the collective's own rule did, nor the builder for their own application. */
function decided(
  words: string,
  { by, at, reason }: BuilderView['statusChange'],
  builder: BuilderView['builder'],
): string {
  const who = by && by.userId !== builder.userId ? ` ${escapeText(by.name, 80)}, ${dateTime(at)}.` : ''
  return words + who + why(reason)
}

function why(reason: string): string {
  return reason ? ` Why: ${escapeText(reason, 500)}` : ''
}

/** What holds now, and what was decided for later. */
export function termsFields({ terms, upcomingTerms }: BuilderView) {
  const later = upcomingTerms.map((one) => `${termsWords(one)}${termsDecided(one)}`)
  return [
    { name: 'Terms', value: `${termsWords(terms)}${termsDecided(terms)}` },
    ...(later.length > 0 ? [{ name: 'Terms to come', value: joinBlocks(later, 1_000, '\n') }] : []),
  ]
}

/** `From 2026-12-01 (UTC): 7.5% fee, held until it arrives`. What nobody set has no first day. */
export function termsWords({ from, by, feeBps, settlement }: Terms): string {
  const start = by ? `From ${plainDay(from)} (UTC): ` : ''
  const manner = SETTLEMENT[settlement]
  return `${start}${feeBps / 100}% fee, ${manner.charAt(0).toLowerCase()}${manner.slice(1)}.`
}

/** Who set them, when and why. */
export function termsDecided({ by, at, reason }: Terms): string {
  return by ? ` ${escapeText(by.name, 80)}, ${dateTime(at)}.${why(reason)}` : ''
}

export function checklistLines(view: BuilderView): string[] {
  return view.checklist.map((step) => `${step.done ? '✅' : '⬜'} ${escapeText(step.sentence, 200)}`)
}

export function requirementFields(view: BuilderView) {
  if (view.requirements.length === 0) return []
  const lines = view.requirements.map((one) => `• ${escapeText(one, 120)}`)
  return [{ name: 'Stripe still asks for', value: joinBlocks(lines, 1_000, '\n') }]
}
