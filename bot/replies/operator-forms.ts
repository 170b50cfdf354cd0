import {
  type APILabelComponent,
  type APIModalInteractionResponseCallbackData,
  ComponentType,
} from 'discord-api-types/v10'
import type { BuilderStatus, CaseDecision } from '#contract'
import { customId, type OperatorPress } from '../custom-id.ts'
import { amountInput, reasonInput, textInput } from './forms.ts'
import { SETTLEMENT } from './order.ts'

type Form = APIModalInteractionResponseCallbackData

const KEPT = 'It stays in the audit log.'
const READ_BY_BOTH = 'The buyer and the builder read it. It stays in the audit log.'

function form(press: OperatorPress, title: string, ...components: APILabelComponent[]): Form {
  return { custom_id: customId(...press), title, components }
}

/** `typed` is what came with the command; empty is everything. */
export function refundForm(orderId: string, typed: string): Form {
  return form(['op', 'refund', orderId], 'Give money back', amountInput({ typed }), reasonInput(READ_BY_BOTH))
}

export function evidenceForm(orderId: string): Form {
  const words = reasonInput(
    'Your words stand on top of what the order and its case tell. The bank reads it, once.',
  )
  return form(['op', 'evidence', orderId], 'Answer the bank', words)
}

export function releaseForm(orderId: string): Form {
  return form(['op', 'release', orderId], 'Release the money', reasonInput(KEPT))
}

const STANDING: Record<BuilderStatus, string> = {
  applied: 'Back to applied',
  approved: 'Approve this builder',
  paused: 'Pause this builder',
  suspended: 'Suspend this builder',
}

export function standingForm(builderId: string, status: BuilderStatus): Form {
  const reason = reasonInput('The builder reads it. It stays in the audit log.')
  return form(['op', 'standing', builderId, status], STANDING[status], reason)
}

export function termsForm(builderId: string): Form {
  return form(
    ['op', 'terms', builderId],
    'Terms for orders to come',
    {
      type: ComponentType.Label,
      label: 'Settlement',
      component: {
        type: ComponentType.StringSelect,
        custom_id: 'settlement',
        options: [
          { label: SETTLEMENT.on_arrival, value: 'on_arrival', default: true },
          {
            label: SETTLEMENT.at_payment,
            value: 'at_payment',
            description: 'Only for builders you trust: nothing is held',
          },
        ],
      },
    },
    textInput({
      id: 'fee',
      label: 'Fee in percent',
      description: "Leave empty for the collective's own rate.",
      hint: '7.5',
      max: 10,
      optional: true,
    }),
    textInput({
      id: 'start',
      label: 'First day',
      description: 'By UTC. Leave empty for orders from now on.',
      hint: '2026-12-01',
      max: 10,
      optional: true,
    }),
    reasonInput('The builder reads it. It stays in the audit log.'),
  )
}

const DECISION: Record<CaseDecision, string> = {
  refund: 'Everything goes back',
  part_refund: 'A part goes back, the rest is released',
  release: 'Nothing goes back, release the money',
}

export function decisionForm(caseId: string, decision: CaseDecision): Form {
  return form(
    ['op', 'decide', caseId, decision],
    DECISION[decision],
    ...(decision === 'part_refund' ? [amountInput({ must: true })] : []),
    reasonInput(READ_BY_BOTH),
  )
}

export function mendForm(): Form {
  return form(['op', 'mend'], 'Mend what is safe', reasonInput(KEPT))
}

/** `what` is everything, a drop, or a builder. */
export function sellingForm(direction: 'pause' | 'resume', what: string): Form {
  const noun = what === 'all' ? 'all selling' : what.startsWith('drp_') ? 'this drop' : "this builder's drops"
  const title = `${direction === 'pause' ? 'Pause' : 'Resume'} ${noun}`
  return form(['op', 'selling', direction, what], title, reasonInput(KEPT))
}
