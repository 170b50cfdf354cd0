import type Stripe from 'stripe'
import { z } from 'zod'
import { moveBalance, viewTransaction } from './balance.ts'
import { settleCharge } from './charges.ts'
import { noSuch, refuse } from './errors.ts'
import { emit } from './events.ts'
import { checkEvidenceFile } from './files.ts'
import { type Operation, operation, pageOf } from './operation.ts'
import { flag, mergeMetadata, metadata, optionalText, paging } from './params.ts'
import { idOf, type Stand, seconds } from './stand.ts'
import { type ChargeRecord, makeId } from './tables.ts'

/** Stripe's test cards whose owner disputes right after the payment: with the money taken, or only asked about. */
const DISPUTED_CARD = '4000000000000259'
const INQUIRY_CARD = '4000000000001976'
const DISPUTE_FEE = 1_500
const DAY_S = 86_400
const ANSWER_WITHIN_S = 9 * DAY_S
const INQUIRY_ENDS_S = 120 * DAY_S

/** These are ids of uploaded files, the other fields are text. */
const FILE_FIELDS: readonly string[] = [
  'cancellation_policy',
  'customer_communication',
  'customer_signature',
  'duplicate_charge_documentation',
  'receipt',
  'refund_policy',
  'service_documentation',
  'shipping_documentation',
  'uncategorized_file',
]
const EVIDENCE_FIELDS = [
  'access_activity_log',
  'billing_address',
  'cancellation_policy',
  'cancellation_policy_disclosure',
  'cancellation_rebuttal',
  'customer_communication',
  'customer_email_address',
  'customer_name',
  'customer_purchase_ip',
  'customer_signature',
  'duplicate_charge_documentation',
  'duplicate_charge_explanation',
  'duplicate_charge_id',
  'product_description',
  'receipt',
  'refund_policy',
  'refund_policy_disclosure',
  'refund_refusal_explanation',
  'service_date',
  'service_documentation',
  'shipping_address',
  'shipping_carrier',
  'shipping_date',
  'shipping_documentation',
  'shipping_tracking_number',
  'uncategorized_file',
  'uncategorized_text',
] as const satisfies readonly (keyof Stripe.Dispute.Evidence)[]
const LONGEST_EVIDENCE = 150_000
type EvidenceField = (typeof EVIDENCE_FIELDS)[number]

/** All fields of evidence, each as `of` says. */
function eachField<T>(of: (name: EvidenceField) => T): Record<EvidenceField, T> {
  return Object.fromEntries(EVIDENCE_FIELDS.map((name) => [name, of(name)])) as Record<EvidenceField, T>
}
const evidenceParams = z
  .strictObject(eachField(() => z.string().max(20_000).optional()))
  .refine(
    (given) => Object.values(given).reduce((sum, one) => sum + (one?.length ?? 0), 0) <= LONGEST_EVIDENCE,
    `Evidence can have at most ${LONGEST_EVIDENCE} characters`,
  )

export const DISPUTE_REASONS = [
  'fraudulent',
  'product_not_received',
  'product_unacceptable',
  'duplicate',
  'credit_not_processed',
  'unrecognized',
  'general',
] as const
export type DisputeReason = (typeof DISPUTE_REASONS)[number]
export type DisputeOutcome = 'won' | 'lost' | 'warning_closed'

/** The dispute as of now: its balance transactions settle by the clock. */
function viewDispute(stand: Stand, dispute: Stripe.Dispute): Stripe.Dispute {
  return {
    ...dispute,
    balance_transactions: dispute.balance_transactions.map((one) => viewTransaction(stand, one.id) ?? one),
  }
}

function requireDispute(stand: Stand, id: string): Stripe.Dispute {
  const dispute = stand.tables.disputes.get(id)
  if (!dispute) throw noSuch('dispute', id)
  return dispute
}

function isInquiry(dispute: Stripe.Dispute): boolean {
  return dispute.status.startsWith('warning_')
}

/** Still to be decided. */
export function isOpen(dispute: Stripe.Dispute): boolean {
  return !['won', 'lost', 'warning_closed', 'prevented'].includes(dispute.status)
}

/** Move the disputed money out of the platform's balance, or back in; `fee` in minor units, negative when it comes back. */
function moveDisputed(
  stand: Stand,
  dispute: Stripe.Dispute,
  way: 'out' | 'in',
  fee: number,
): Stripe.BalanceTransaction[] {
  const id = moveBalance(stand, {
    account: null,
    type: 'adjustment',
    category: way === 'out' ? 'dispute' : 'dispute_reversal',
    amount: way === 'out' ? -dispute.amount : dispute.amount,
    fee,
    feeDescription: fee < 0 ? 'Dispute fee refund' : 'Dispute fee',
    currency: dispute.currency,
    source: dispute.id,
    availableOn: seconds(stand),
  })
  const transaction = viewTransaction(stand, id)
  return transaction ? [...dispute.balance_transactions, transaction] : dispute.balance_transactions
}

/**
 * The buyer complains at the bank. A dispute takes the money and a fee at once; an inquiry takes nothing. `amount`
 * in minor units, the whole charge unless told. Throws StripeError: 404, or 400 when it cannot be disputed.
 */
export function openDispute(
  stand: Stand,
  chargeId: string,
  given: {
    readonly reason?: DisputeReason | undefined
    readonly amount?: number | undefined
    readonly inquiry?: boolean | undefined
  } = {},
): Stripe.Dispute {
  const found = stand.tables.charges.get(chargeId)
  if (!found) throw noSuch('charge', chargeId)
  if (found.charge.status !== 'succeeded') throw refuse(`Charge ${chargeId} has not succeeded.`)
  if (found.charge.disputed) throw refuse(`Charge ${chargeId} was disputed before.`)
  const record = settleCharge(stand, found)
  const { charge } = record
  const amount = given.amount ?? charge.amount
  if (amount < 1 || amount > charge.amount)
    throw refuse(`Between 1 and ${charge.amount} of charge ${chargeId} can be disputed.`)
  const inquiry = given.inquiry ?? false
  const now = seconds(stand)
  const asked: Stripe.Dispute = {
    id: makeId('dp_1'),
    object: 'dispute',
    amount,
    balance_transactions: [],
    charge: charge.id,
    created: now,
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: { ...eachField(() => null), enhanced_evidence: {} },
    evidence_details: {
      due_by: now + ANSWER_WITHIN_S,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: 'not_submitted',
    },
    intended_submission_method: null,
    is_charge_refundable: inquiry,
    livemode: false,
    metadata: {},
    network_reason_code: null,
    payment_intent: charge.payment_intent,
    payment_method_details: {
      type: 'card',
      card: {
        brand: 'visa',
        case_type: inquiry ? 'inquiry' : 'chargeback',
        network: 'visa',
        network_reason_code: null,
      },
    },
    reason: given.reason ?? 'fraudulent',
    status: inquiry ? 'warning_needs_response' : 'needs_response',
  }
  saveCharge(stand, record, { disputed: true })
  const dispute = inquiry
    ? asked
    : { ...asked, balance_transactions: moveDisputed(stand, asked, 'out', DISPUTE_FEE) }
  stand.tables.disputes.set(dispute.id, dispute)
  emit(stand, 'charge.dispute.created', dispute)
  if (!inquiry) emit(stand, 'charge.dispute.funds_withdrawn', dispute)
  return dispute
}

function saveCharge(stand: Stand, record: ChargeRecord, change: Partial<Stripe.Charge>): void {
  stand.tables.charges.set(record.charge.id, { ...record, charge: { ...record.charge, ...change } })
}

/**
 * How the bank decides. Won money comes back; the fee of the dispute only with `feeReturned`, as Stripe does in some
 * countries. Throws StripeError: 404, or 400 when it does not fit the state.
 */
export function decideDispute(
  stand: Stand,
  id: string,
  outcome: DisputeOutcome,
  feeReturned = false,
): Stripe.Dispute {
  const before = requireDispute(stand, id)
  if (!isOpen(before)) throw refuse(`Dispute ${id} is already ${before.status}.`)
  if (isInquiry(before) !== (outcome === 'warning_closed'))
    throw refuse(
      isInquiry(before)
        ? `Dispute ${id} is an inquiry: it can only become warning_closed.`
        : `Dispute ${id} is no inquiry: it can only be won or lost.`,
    )
  const after: Stripe.Dispute = {
    ...before,
    status: outcome,
    is_charge_refundable: outcome !== 'lost',
    balance_transactions:
      outcome === 'won'
        ? moveDisputed(stand, before, 'in', feeReturned ? -DISPUTE_FEE : 0)
        : before.balance_transactions,
  }
  stand.tables.disputes.set(id, after)
  const previous = { status: before.status }
  emit(stand, 'charge.dispute.closed', after, { previous })
  if (outcome === 'won') emit(stand, 'charge.dispute.funds_reinstated', after)
  return after
}

/**
 * What time and test values do: cards that dispute, evidence that decides by itself (Stripe's `winning_evidence`
 * and `losing_evidence` in uncategorized_text), deadlines that pass without an answer, refunded inquiries.
 */
export function advanceDisputes(stand: Stand): void {
  for (const { charge, paidWith } of stand.tables.charges.values()) {
    if (paidWith !== DISPUTED_CARD && paidWith !== INQUIRY_CARD) continue
    if (charge.balance_transaction && !charge.disputed)
      openDispute(stand, charge.id, { inquiry: paidWith === INQUIRY_CARD })
  }
  const now = seconds(stand)
  for (const dispute of stand.tables.disputes.values()) {
    if (!isOpen(dispute)) continue
    const { due_by, submission_count, past_due } = dispute.evidence_details
    const text = submission_count > 0 ? dispute.evidence.uncategorized_text : null
    if (isInquiry(dispute)) {
      const refunded = stand.tables.charges.get(idOf(dispute.charge))?.charge.refunded ?? false
      if (refunded || dispute.created + INQUIRY_ENDS_S <= now)
        decideDispute(stand, dispute.id, 'warning_closed')
    } else if (text === 'winning_evidence') decideDispute(stand, dispute.id, 'won')
    else if (text === 'losing_evidence') decideDispute(stand, dispute.id, 'lost')
    else if (submission_count === 0 && !past_due && due_by !== null && due_by <= now) {
      const late = { ...dispute, evidence_details: { ...dispute.evidence_details, past_due: true } }
      stand.tables.disputes.set(dispute.id, late)
      decideDispute(stand, dispute.id, 'lost')
    }
  }
}

function addEvidence(
  stand: Stand,
  before: Stripe.Dispute,
  given: z.output<typeof evidenceParams> | undefined,
  submit: boolean | undefined,
): Stripe.Dispute {
  if (given === undefined && !submit) return before
  if (!before.status.endsWith('needs_response'))
    throw refuse(`Dispute ${before.id} is ${before.status}: its evidence can no longer be changed.`)
  for (const [name, value] of Object.entries(given ?? {}))
    if (value && FILE_FIELDS.includes(name)) checkEvidenceFile(stand, value, `evidence[${name}]`)
  const kept = eachField((name) => {
    const had = before.evidence[name]
    return (given?.[name] ?? (typeof had === 'string' ? had : '')) || null
  })
  const evidence: Stripe.Dispute.Evidence = { ...before.evidence, ...kept }
  const has_evidence = EVIDENCE_FIELDS.some((name) => evidence[name] !== null)
  const details = { ...before.evidence_details, has_evidence }
  if (submit === false) return { ...before, evidence, evidence_details: details }
  if (!has_evidence) throw refuse('There is no evidence to submit.', undefined, 'submit')
  return {
    ...before,
    evidence,
    evidence_details: {
      ...details,
      submission_count: details.submission_count + 1,
      submission_method: 'manual',
    },
    status: isInquiry(before) ? 'warning_under_review' : 'under_review',
  }
}

export const disputeOperations: readonly Operation[] = [
  operation({
    route: 'GET /v1/disputes',
    params: z.strictObject({ ...paging, charge: optionalText, payment_intent: optionalText }),
    run(stand, { params }) {
      const found = stand.tables.disputes
        .values()
        .filter((one) => params.charge === undefined || one.charge === params.charge)
        .filter((one) => params.payment_intent === undefined || one.payment_intent === params.payment_intent)
        .map((one) => viewDispute(stand, one))
      return pageOf('/v1/disputes', found, params, (dispute) => dispute.created)
    },
  }),
  operation({
    route: 'GET /v1/disputes/:id',
    params: z.strictObject({}),
    run: (stand, { id }) => viewDispute(stand, requireDispute(stand, id)),
  }),
  operation({
    route: 'POST /v1/disputes/:id',
    params: z.strictObject({ evidence: evidenceParams.optional(), submit: flag.optional(), metadata }),
    later: ['intended_submission_method', 'evidence[enhanced_evidence]', 'evidence[appeal]'],
    run(stand, { id, params }) {
      const before = requireDispute(stand, id)
      const answered = addEvidence(stand, before, params.evidence, params.submit)
      const after = { ...answered, metadata: mergeMetadata(before.metadata, params.metadata) }
      stand.tables.disputes.set(id, after)
      const { status, evidence, evidence_details, metadata: tags } = before
      const previous = { status, evidence, evidence_details, metadata: tags }
      emit(stand, 'charge.dispute.updated', after, { previous })
      return viewDispute(stand, after)
    },
  }),
  operation({
    route: 'POST /v1/disputes/:id/close',
    params: z.strictObject({}),
    run(stand, { id }) {
      const before = requireDispute(stand, id)
      return viewDispute(stand, decideDispute(stand, id, isInquiry(before) ? 'warning_closed' : 'lost'))
    },
  }),
]
