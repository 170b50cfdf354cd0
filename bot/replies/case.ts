import { accent, type CaseEntry, type CaseView, formatMoney, type Picture } from '#contract'
import { button, type Message, type PictureFile, rows, say } from './message.ts'
import { orderTitle } from './order.ts'
import { dateTime, escapeText, plainText } from './text.ts'

type Role = CaseEntry['role']

const ROLE = {
  buyer: { name: 'the buyer', colour: 'lavender' },
  builder: { name: 'the builder', colour: 'mint' },
  operator: { name: 'an operator', colour: 'butter' },
} as const satisfies Record<Role, object>

/** As whom this person looks at a case; core lets nobody else see it. */
export function roleIn(view: CaseView, userId: string): Role {
  if (view.order.buyer.userId === userId) return 'buyer'
  return view.order.builder.userId === userId ? 'builder' : 'operator'
}

/** Where a case stands: who has until when, and what silence does. */
export function describeCase(view: CaseView): string {
  const buyer = escapeText(view.order.buyer.name, 80)
  const builder = escapeText(view.order.builder.name, 80)
  const itself = view.decidesItself
  const ending =
    itself?.decision === 'release' ? 'the money is released' : 'everything goes back to the buyer'
  switch (view.status) {
    case 'open':
      return (
        `**${builder} has until ${dateTime(view.answerBy)} to answer.** ` +
        'Without an answer that counts for the buyer: unless an operator decides otherwise, everything goes back.'
      )
    case 'answered':
      return itself
        ? `**${builder} has answered. ${buyer} has until ${dateTime(itself.at)} to say more.** Without a word ${ending} then.`
        : '**Both have spoken. An operator decides:** everything goes back, a part, or the money is released.'
    case 'silent':
      return (
        `${describeSilence(view)} **An operator decides.**` +
        (itself ? ` If nobody does, ${ending} on ${dateTime(itself.at)}.` : '')
      )
    case 'decided':
      return describeDecision(view)
    default:
      return view.status satisfies never
  }
}

function describeDecision({ decision }: CaseView): string {
  if (!decision) return '**Decided.**'
  const what = {
    refund: `${formatMoney(decision.amount)} goes back to the buyer.`,
    part_refund: `${formatMoney(decision.amount)} goes back to the buyer, and the rest is released.`,
    release: 'Nothing goes back, and the money is released.',
  }[decision.decision]
  return `**Decided: ${what}** ${escapeText(decision.reason, 500)}`
}

/** A case as the buyer or the builder sees it. `lead` comes first when something was just done. */
export function renderCase(view: CaseView, role: 'buyer' | 'builder', lead: string | null = null): Message {
  const decided = view.status === 'decided'
  const answer = role === 'builder' && view.status === 'open'
  return {
    embeds: caseEmbeds(view, lead),
    rows: rows(
      decided ? null : button(answer ? 'Answer' : 'Add', ['add', view.caseId], answer ? 'primary' : 'quiet'),
      button('See the order', ['order', view.order.orderId]),
      button('Refresh', ['case', view.caseId]),
    ),
  }
}

/** The state of a case, and what was said in it: the newest words are the ones that are always there. */
export function caseEmbeds(view: CaseView, lead: string | null = null) {
  const thread = view.threadId ? `\nEverything, with its pictures, is in <#${view.threadId}>.` : ''
  return [
    {
      title: `Something is wrong: ${orderTitle(view.order)}`,
      description: `${lead ? `${lead}\n\n` : ''}${describeCase(view)}${thread}`,
      fields: [
        { name: 'Price', value: formatMoney(view.order.total), inline: true },
        { name: 'Opened', value: dateTime(view.openedAt), inline: true },
      ],
      color: accent('butter'),
    },
    { title: 'What was said', description: newestWords(view.entries, 3_600), color: accent('cream') },
  ]
}

function newestWords(entries: readonly CaseEntry[], max: number): string {
  const kept: string[] = []
  let left = max
  for (const entry of entries.toReversed()) {
    const pictures = entry.pictures.length
    const shown = pictures > 0 ? `\n${pictures === 1 ? 'One picture' : `${pictures} pictures`}` : ''
    const block =
      `**${escapeText(entry.by.name, 60)}**, ${ROLE[entry.role].name}, ${dateTime(entry.at)}\n` +
      escapeText(entry.text, 600, 'many') +
      shown
    if (block.length > left) {
      kept.unshift(`…and ${entries.length - kept.length} before that`)
      break
    }
    kept.unshift(block)
    left -= block.length + 2
  }
  return kept.join('\n\n')
}

/** One thing to show in a case's thread: what somebody said, that the builder did not, or the decision. */
export type CaseItem =
  | { readonly kind: 'entry'; readonly entry: CaseEntry }
  | { readonly kind: 'silence' }
  | { readonly kind: 'decision' }

/** All there is to show, in an order that never changes: what is added comes last. */
export function caseItems(view: CaseView): readonly CaseItem[] {
  const { decision, silence, entries } = view
  const items = entries.map((entry): CaseItem => ({ kind: 'entry', entry }))
  const decidedAfter = decision ? entries.filter(({ at }) => at <= decision.at).length : entries.length
  return [
    ...items.slice(0, silence?.after ?? decidedAfter),
    ...(silence ? [{ kind: 'silence' } as const, ...items.slice(silence.after, decidedAfter)] : []),
    ...(decision ? [{ kind: 'decision' } as const] : []),
    ...items.slice(decidedAfter),
  ]
}

/** An item as it is posted in the thread, or told directly when `place` is `dm`. The first one explains the case. */
export function renderCaseItem(view: CaseView, at: number, item: CaseItem, place: 'thread' | 'dm'): Message {
  const { buyer, builder } = view.order
  const addressed = at === 0 || item.kind !== 'entry' ? null : item.entry.by.userId
  const mentions = [buyer.userId, builder.userId].filter((userId) => userId !== addressed)
  const newest = at === caseItems(view).length - 1
  const called = place === 'thread' ? `${mentions.map((userId) => `<@${userId}>`).join(' ')} ` : ''
  const intro =
    at === 0
      ? `**${orderTitle(view.order)}**: ${escapeText(buyer.name, 80)} says that something is wrong. ` +
        'The money stays where it is until this is settled. ' +
        howToSpeak(place)
      : `News in the case about **${orderTitle(view.order)}**.`
  return {
    content: called + intro,
    embeds: [
      ...(item.kind === 'entry' ? [entryEmbed(item.entry)] : []),
      ...(item.kind === 'silence' && !newest ? (say(describeSilence(view), 'butter').embeds ?? []) : []),
      ...(newest ? (say(describeCase(view), 'butter').embeds ?? []) : []),
      ...(item.kind === 'decision' && !newest ? (say(describeDecision(view), 'butter').embeds ?? []) : []),
    ],
    rows: rows(
      view.status === 'decided' ? null : button('Answer or add', ['add', view.caseId], 'primary'),
      button('See the case', ['case', view.caseId]),
    ),
    ...(place === 'thread' ? { mentions } : {}),
  }
}

/** Nobody's words may be lost: where people could type past us, they are told that it does not reach anybody. */
function howToSpeak(place: 'thread' | 'dm'): string {
  return place === 'thread'
    ? 'Please speak with the buttons, with words and pictures: all of that is kept with the case. Typing is off in here; what an administrator types all the same is not kept.'
    : 'Please speak with the buttons, with words and pictures: all of that is kept with the case. What is typed to me here reaches nobody.'
}

function describeSilence({ order }: CaseView): string {
  const builder = escapeText(order.builder.name, 80)
  const buyer = escapeText(order.buyer.name, 80)
  return `**${builder} did not answer in time, which counts for ${buyer}.**`
}

function entryEmbed(entry: CaseEntry) {
  return {
    author: { name: plainText(`${entry.by.name}, ${ROLE[entry.role].name}`, 200) },
    description: `${escapeText(entry.text, 2_000, 'many')}\n\n${dateTime(entry.at)}`,
    color: accent(ROLE[entry.role].colour),
  }
}

/** A picture of an entry as it is attached; `base64` is core's WebP. */
export function casePicture(picture: Picture, at: number, base64: string): PictureFile {
  return {
    name: `picture-${at + 1}.webp`,
    bytes: Buffer.from(base64, 'base64'),
    alt: plainText(picture.alt, 1_000),
  }
}
