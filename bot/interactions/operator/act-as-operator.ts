import type { APIModalSubmitInteraction } from 'discord-api-types/v10'
import { type CaseDecision, DropId, type Input, Settlement } from '#contract'
import type { OperatorPress } from '../../custom-id.ts'
import { renderKept } from '../../replies/kept.ts'
import { type Message, say } from '../../replies/message.ts'
import {
  renderBuilderForOperator,
  renderCaseForOperator,
  renderDispute,
  renderDoctor,
  renderOrderForOperator,
  renderResumed,
} from '../../replies/operator.ts'
import { SETTLEMENT } from '../../replies/order.ts'
import { escapeText } from '../../replies/text.ts'
import { answerWithin } from '../answer.ts'
import { canBeMended, sentenceFor } from '../explain.ts'
import { chosenValue, typedText } from '../fields.ts'
import type { Reply, Visit } from '../visit.ts'
import { MONEY_TIMEOUT_MS } from './read-as-operator.ts'

/** A form with a reason, as it came back: what it is about, and what was typed into it. */
interface Sent {
  readonly visit: Visit
  readonly interaction: APIModalSubmitInteraction
  /** The form's own custom id, to open it again. */
  readonly form: OperatorPress
}

export function submitRefund(sent: Sent, orderId: string): Promise<Reply> {
  const amount = typedText(sent.interaction, 'amount').slice(0, 200)
  return decide(sent, [{ name: 'Amount', text: amount }], async (operator, reason, { core, call }) => {
    const order = await core.refundAsOperator({ operator, orderId, amount, reason }, call)
    return renderOrderForOperator(order, 'The money is going back, and both are being told.')
  })
}

export function submitRelease(sent: Sent, orderId: string): Promise<Reply> {
  return decide(sent, [], async (operator, reason, { core, call }) => {
    const order = await core.releaseAsOperator({ operator, orderId, reason }, call)
    return renderOrderForOperator(order, 'The share is being sent.')
  })
}

export function submitStanding(
  sent: Sent,
  builderId: string,
  status: Input<'decideBuilder'>['status'],
): Promise<Reply> {
  return decide(sent, [], async (operator, reason, { core, call }) => {
    await core.decideBuilder({ operator, builderId, status, reason }, call)
    return builderAfter(sent, builderId, 'Done, and their drops follow. The builder is being told.')
  })
}

export function submitTerms(sent: Sent, builderId: string): Promise<Reply> {
  const settlement = Settlement.catch('on_arrival').parse(chosenValue(sent.interaction, 'settlement'))
  const fee = typedText(sent.interaction, 'fee')
  const feeBps = parsePercent(fee)
  const startDay = typedText(sent.interaction, 'start').slice(0, 200)
  const typed = [
    { name: 'Settlement', text: SETTLEMENT[settlement] },
    { name: 'Fee', text: fee },
    { name: 'First day', text: startDay },
  ]
  return decide(sent, typed, async (operator, reason, { core, call }) => {
    if (feeBps === undefined) {
      const sentence = 'A fee is a percentage from 0 to 50 like 7.5, or nothing for the usual one.'
      return renderKept(sentence, [...typed, { name: 'Reason', text: reason }], sent.form)
    }
    await core.setTerms({ operator, builderId, settlement, feeBps, startDay, reason }, call)
    const from = startDay.trim() ? `from ${escapeText(startDay, 20)} (UTC)` : 'from now on'
    return builderAfter(
      sent,
      builderId,
      `These terms hold for orders ${from}; earlier ones keep theirs. The builder is being told.`,
    )
  })
}

export function submitDecision(sent: Sent, caseId: string, decision: CaseDecision): Promise<Reply> {
  const amount = typedText(sent.interaction, 'amount').slice(0, 200)
  const typed = decision === 'part_refund' ? [{ name: 'Amount', text: amount }] : []
  return decide(sent, typed, async (operator, reason, { core, call }) =>
    renderCaseForOperator(
      await core.decideCase({ operator, caseId, decision, amount, reason }, call),
      'Decided, and both are being told.',
    ),
  )
}

export function submitSelling(sent: Sent, direction: 'pause' | 'resume', id: string): Promise<Reply> {
  return decide(sent, [], async (operator, reason, { core, call }) => {
    const { paused, stops } = await core.pauseSelling(
      { operator, what: whatToPause(id), paused: direction === 'pause', reason },
      call,
    )
    return paused
      ? say('Paused. Holds that began before can still be paid.', 'butter')
      : renderResumed(whatToPause(id).kind, stops)
  })
}

export function submitMend(sent: Sent): Promise<Reply> {
  return decide(sent, [], async (operator, reason, { core, call }) => {
    const report = await core.mendMoney({ operator, reason }, { ...call, timeoutMs: MONEY_TIMEOUT_MS })
    return renderDoctor(
      report,
      report.mended === 0
        ? 'Nothing of this can be mended by itself.'
        : `${report.mended === 1 ? 'One repair is' : `${report.mended} repairs are`} under way. This is what was found before; look again in a minute.`,
    )
  })
}

export function submitEvidence(sent: Sent, orderId: string): Promise<Reply> {
  return decide(sent, [], async (operator, reason, { core, call }) =>
    renderDispute(await core.submitEvidence({ operator, orderId, reason }, call), 'On its way to the bank.'),
  )
}

function whatToPause(id: string): Input<'pauseSelling'>['what'] {
  if (id === 'all') return { kind: 'all' }
  return DropId.safeParse(id).success ? { kind: 'drop', dropId: id } : { kind: 'builder', builderId: id }
}

/** `7.5` and `7,5 %` are 750 hundredths of a percent, nothing is the collective's own rate; undefined is no rate. */
function parsePercent(typed: string): number | null | undefined {
  const text = typed.replace('%', '').trim()
  if (text === '') return null
  const match = /^(\d{1,2})(?:[.,](\d{1,2}))?$/.exec(text)
  if (!match) return undefined
  const bps = Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0'))
  return bps <= 5_000 ? bps : undefined
}

async function builderAfter({ visit }: Sent, builderId: string, lead: string): Promise<Message> {
  const { builder, drops } = await visit.core.dashboard({ userId: builderId }, visit.call)
  return renderBuilderForOperator(builder, drops, lead)
}

/** Does what the form asks for with the reason in it. What was typed is shown again when it was not taken. */
function decide(
  { visit, interaction, form }: Sent,
  typed: readonly { readonly name: string; readonly text: string }[],
  act: (operator: Visit['person'], reason: string, visit: Visit) => Promise<Message>,
): Promise<Reply> {
  const reason = typedText(interaction, 'reason')
  return answerWithin(visit, 'new', async () => {
    try {
      return await act(visit.person, reason, visit)
    } catch (error) {
      if (!canBeMended(error)) throw error
      return renderKept(sentenceFor(visit, error), [...typed, { name: 'Reason', text: reason }], form)
    }
  })
}
