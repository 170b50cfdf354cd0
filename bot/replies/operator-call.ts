import { type Attention, accent, type CaseView, formatMoney, type OperatorCall } from '#contract'
import type { OperatorPress } from '../custom-id.ts'
import { describeCase } from './case.ts'
import { button, type Message, rows } from './message.ts'
import { QUEUE_BUTTON } from './operator.ts'
import { orderTitle } from './order.ts'
import { dateTime, escapeText, relativeTime } from './text.ts'

/** A button's label, and where it leads. */
type Way = readonly [string, OperatorPress]
type OrderCall = Extract<OperatorCall, { about: 'order' }>

const ORDER: Record<Attention, (call: OrderCall) => { readonly title: string; readonly text: string }> = {
  dispute: ({ order, answerBy }) => ({
    title: 'A bank asks about a payment',
    text:
      `${escapeText(order.buyer.name, 80)}'s bank has taken the payment back until it has decided. ` +
      (answerBy === null
        ? 'Without an answer it is lost.'
        : `**Stripe takes an answer until ${dateTime(answerBy)}** (${relativeTime(answerBy)}); without one it is lost.`),
  }),
  drift: () => ({
    title: 'Our books and Stripe disagree',
    text: 'Nothing of this order is released until that is explained. The money doctor says what differs.',
  }),
  refund_failed: ({ order }) => ({
    title: 'A refund did not reach the bank',
    text: `Try it again, or find another way to ${escapeText(order.buyer.name, 80)}.`,
  }),
  release_blocked: ({ order }) => ({
    title: 'Stripe could not take a share',
    text:
      `${formatMoney(order.left.share)} for ${escapeText(order.builder.name, 80)} waits. It follows by itself once their ` +
      'payment account is ready again; their page says what is missing.',
  }),
  holding: ({ order: { holdingEndsAt } }) => ({
    title: 'Money cannot be held much longer',
    text:
      (holdingEndsAt === null
        ? ''
        : `**Until ${dateTime(holdingEndsAt)}** (${relativeTime(holdingEndsAt)}). `) +
      'Has it arrived? Release it, or give it back.',
  }),
}

/** That an order or a builder waits for the operators, with a way there. Nothing in it that only a builder should see. */
export function renderCall(call: Exclude<OperatorCall, { about: 'case' }>): Message {
  if (call.about === 'application') {
    const { userId, name } = call.builder.builder
    return announce(
      'Somebody would like to sell here',
      `**${escapeText(name, 80)}** asks to be a builder, and sells nothing before an operator agrees.`,
      ['The builder', ['op', 'builder', userId]],
    )
  }
  const { order, attention } = call
  const { title, text } = ORDER[attention](call)
  const about = `**${orderTitle(order, 100)}** by ${escapeText(order.builder.name, 80)}, ${formatMoney(order.total)}`
  return announce(title, `${about}\n${text}`, wayTo(call))
}

function wayTo({ attention, order }: OrderCall): Way {
  if (attention === 'dispute') return ['Answer the bank', ['op', 'dispute', order.orderId]]
  if (attention === 'release_blocked') return ['The builder', ['op', 'builder', order.builder.userId]]
  return ['The order', ['op', 'order', order.orderId]]
}

export function renderCaseCall(view: CaseView): Message {
  const about = `**${orderTitle(view.order, 100)}**, ${formatMoney(view.order.total)}`
  return announce('Something is wrong with an order', `${about}\n${describeCase(view)}`, [
    'The case',
    ['op', 'case', view.caseId],
  ])
}

/** That something waits, in a channel where everybody would read what. */
export function renderOpenChannel(): Message {
  return announce(
    'Something waits for the operators',
    'It is not said here what: everybody can see this channel. Take **View Channel** from everybody in it, and the next ' +
      'call says more.',
  )
}

function announce(title: string, description: string, way?: Way): Message {
  return {
    embeds: [{ title, description, color: accent('butter') }],
    rows: rows(way ? button(way[0], way[1], 'primary') : null, QUEUE_BUTTON),
  }
}
