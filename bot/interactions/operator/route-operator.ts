import type { APIModalSubmitInteraction } from 'discord-api-types/v10'
import { DropId, ExportKind, Month, OrderId, Snowflake } from '#contract'
import { type OperatorPress, parseCustomId } from '../../custom-id.ts'
import { say } from '../../replies/message.ts'
import {
  decisionForm,
  evidenceForm,
  mendForm,
  refundForm,
  releaseForm,
  sellingForm,
  standingForm,
  termsForm,
} from '../../replies/operator-forms.ts'
import { inPlace, openModal, sayPrivately } from '../answer.ts'
import type { Reply, Visit } from '../visit.ts'
import {
  submitDecision,
  submitEvidence,
  submitMend,
  submitRefund,
  submitRelease,
  submitSelling,
  submitStanding,
  submitTerms,
} from './act-as-operator.ts'
import { exportTable } from './export-table.ts'
import {
  showAnyCase,
  showAnyOrder,
  showAudit,
  showBuilder,
  showCases,
  showDispute,
  showDoctor,
  showPausedDrops,
  showQueue,
} from './read-as-operator.ts'

type Answer = Promise<Reply> | Reply | null
type Options = Readonly<Record<string, string>>

/**
 * The one door to everything an operator can do, by command, button, menu or form: who asks must be allowed to manage
 * the server now. A command that is hidden can still be called, and a button's custom id can be made up.
 */
export function onlyOperators(visit: Visit, work: () => Answer): Answer {
  if (visit.isOperator) return work()
  visit.log.warn('somebody who is no operator tried an operator action')
  return sayPrivately(
    say(
      'That is for the people who run this server. If something is wrong with an order, its page has a button.',
    ),
  )
}

/** `/c500-operator …`; null for a subcommand we do not know. */
export function onOperatorCommand(visit: Visit, name: string, options: Options): Answer {
  const builderId = Snowflake.safeParse(options.builder).data
  switch (name) {
    case 'queue':
      return showQueue(visit, 'new')
    case 'cases':
      return showCases(visit, 'new')
    case 'audit':
      return showAudit(visit, 'new')
    case 'order':
      return withId(options.order, OrderId, (orderId) => showAnyOrder(visit, orderId, 'new'))
    case 'refund':
      return withId(options.order, OrderId, (orderId) => openModal(refundForm(orderId, options.amount ?? '')))
    case 'release':
      return withId(options.order, OrderId, (orderId) => openModal(releaseForm(orderId)))
    case 'builder':
      return builderId ? showBuilder(visit, builderId, 'new') : null
    case 'pause everything':
      return openModal(sellingForm('pause', 'all'))
    case 'resume everything':
      return openModal(sellingForm('resume', 'all'))
    case 'pause builder':
      return builderId ? openModal(sellingForm('pause', builderId)) : null
    case 'resume builder':
      return builderId ? openModal(sellingForm('resume', builderId)) : null
    case 'pause drop':
      return withId(options.drop, DropId, (dropId) => openModal(sellingForm('pause', dropId)))
    case 'resume drop':
      return showPausedDrops(visit)
    case 'doctor':
      return showDoctor(visit, 'new')
    case 'export': {
      const kind = ExportKind.safeParse(options.kind).data
      return kind ? withMonth(options.month, (month) => exportTable(visit, kind, month)) : null
    }
    default:
      return null
  }
}

/** A button, or a menu whose chosen value is the custom id of a button. */
export function onOperatorPress(visit: Visit, press: OperatorPress, chosen: string): Answer {
  switch (press[1]) {
    case 'queue':
      return showQueue(visit, inPlace(visit))
    case 'cases':
      return showCases(visit, inPlace(visit))
    case 'audit':
      return showAudit(visit, inPlace(visit))
    case 'doctor':
      return showDoctor(visit, inPlace(visit))
    case 'order':
      return showAnyOrder(visit, press[2], inPlace(visit))
    case 'case':
      return showAnyCase(visit, press[2], inPlace(visit))
    case 'dispute':
      return showDispute(visit, press[2], inPlace(visit))
    case 'builder':
      return showBuilder(visit, press[2], inPlace(visit))
    case 'choose': {
      const meant = parseCustomId(chosen)
      return meant?.[0] === 'op' && meant[1] !== 'choose' ? onOperatorPress(visit, meant, '') : null
    }
    case 'refund':
      return openModal(refundForm(press[2], ''))
    case 'release':
      return openModal(releaseForm(press[2]))
    case 'standing':
      return openModal(standingForm(press[2], press[3]))
    case 'terms':
      return openModal(termsForm(press[2]))
    case 'decide':
      return openModal(decisionForm(press[2], press[3]))
    case 'mend':
      return openModal(mendForm())
    case 'evidence':
      return openModal(evidenceForm(press[2]))
    case 'selling':
      return openModal(sellingForm(press[2], press[3]))
    default:
      return press satisfies never
  }
}

/** A form with its reason. Those that are no form are not ours. */
export function onOperatorForm(
  visit: Visit,
  form: OperatorPress,
  interaction: APIModalSubmitInteraction,
): Answer {
  const sent = { visit, interaction, form }
  switch (form[1]) {
    case 'refund':
      return submitRefund(sent, form[2])
    case 'release':
      return submitRelease(sent, form[2])
    case 'standing':
      return submitStanding(sent, form[2], form[3])
    case 'terms':
      return submitTerms(sent, form[2])
    case 'decide':
      return submitDecision(sent, form[2], form[3])
    case 'mend':
      return submitMend(sent)
    case 'evidence':
      return submitEvidence(sent, form[2])
    case 'selling':
      return submitSelling(sent, form[2], form[3])
    default:
      return null
  }
}

/** An id as typed or pasted, also out of the middle of an address. */
function withId(
  typed: string | undefined,
  kind: typeof OrderId | typeof DropId,
  work: (id: string) => Answer,
): Answer {
  const found = /(ord|drp)_[0-9a-z]{26}/.exec(typed ?? '')?.[0]
  const id = kind.safeParse(found)
  if (id.success) return work(id.data)
  return sayPrivately(
    say(
      kind === DropId
        ? 'I know no drop by that. Type a few letters of its title and choose it from the list.'
        : 'That does not look like an id. You can copy it from the order, or use the queue.',
    ),
  )
}

/** A month as typed; nothing is all of them. */
function withMonth(typed: string | undefined, work: (month: Month | null) => Answer): Answer {
  if (!typed) return work(null)
  const month = Month.safeParse(typed.trim())
  return month.success
    ? work(month.data)
    : sayPrivately(say('A month is written like 2026-11. Leave it out for everything.'))
}
