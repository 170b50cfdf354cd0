import { balanceOf } from './balance.ts'
import { expireSessions } from './checkout-sessions.ts'
import { settingsOf } from './settings.ts'
import { modesOf, type Stand } from './stand.ts'

/** What is there, newest first: what tests and pages look at. */
export function summarise(stand: Stand) {
  expireSessions(stand)
  const { tables } = stand
  return {
    clock: { now: stand.clock(), movedByMs: modesOf(stand).movedByMs },
    balance: balanceOf(stand, null),
    sessions: tables.sessions
      .values()
      .map(({ session: s }) => ({
        id: s.id,
        status: s.status,
        payment_status: s.payment_status,
        amount_total: s.amount_total,
        currency: s.currency,
        client_reference_id: s.client_reference_id,
        payment_intent: s.payment_intent,
        url: s.url,
        created: s.created,
        expires_at: s.expires_at,
      }))
      .toReversed(),
    transfers: tables.transfers
      .values()
      .map((t) => ({
        id: t.id,
        amount: t.amount,
        amount_reversed: t.amount_reversed,
        currency: t.currency,
        destination: t.destination,
        source_transaction: t.source_transaction,
        transfer_group: t.transfer_group,
        metadata: t.metadata,
        created: t.created,
      }))
      .toReversed(),
    refunds: tables.refunds
      .values()
      .map((r) => ({
        id: r.id,
        amount: r.amount,
        currency: r.currency,
        status: r.status,
        charge: r.charge,
        transfer_reversal: r.transfer_reversal,
        failure_reason: r.failure_reason ?? null,
        payment_intent: r.payment_intent,
        metadata: r.metadata,
        created: r.created,
      }))
      .toReversed(),
    reversals: tables.reversals
      .values()
      .map((r) => ({
        id: r.id,
        amount: r.amount,
        currency: r.currency,
        transfer: r.transfer,
        source_refund: r.source_refund,
        metadata: r.metadata,
        created: r.created,
      }))
      .toReversed(),
    application_fees: tables.fees
      .values()
      .map((f) => ({
        id: f.id,
        amount: f.amount,
        amount_refunded: f.amount_refunded,
        currency: f.currency,
        account: f.account,
        charge: f.originating_transaction,
        created: f.created,
      }))
      .toReversed(),
    disputes: tables.disputes
      .values()
      .map((d) => ({
        id: d.id,
        amount: d.amount,
        currency: d.currency,
        status: d.status,
        reason: d.reason,
        charge: d.charge,
        payment_intent: d.payment_intent,
        due_by: d.evidence_details.due_by,
        submission_count: d.evidence_details.submission_count,
        created: d.created,
      }))
      .toReversed(),
    payouts: tables.payouts
      .values()
      .map(({ account, payout: p }) => ({
        id: p.id,
        account,
        amount: p.amount,
        currency: p.currency,
        status: p.status,
        automatic: p.automatic,
        failure_code: p.failure_code,
        arrival_date: p.arrival_date,
        created: p.created,
      }))
      .toReversed(),
    accounts: tables.accounts
      .values()
      .map((a) => ({
        id: a.id,
        transfers: a.capabilities?.transfers ?? 'inactive',
        details_submitted: a.details_submitted,
        payouts_enabled: a.payouts_enabled,
        currently_due: a.requirements?.currently_due ?? [],
        negativeAllowed: settingsOf(stand, a.id).negativeAllowed,
        metadata: a.metadata,
        balance: balanceOf(stand, a.id),
      }))
      .toReversed(),
    events: tables.events.values().length,
  }
}

/** Every event's way to every endpoint, newest first. */
export function listDeliveries(stand: Stand) {
  return stand.tables.deliveries
    .values()
    .map(({ eventId, type, url, state, nextAt, tries }) => ({
      eventId,
      type,
      url,
      state,
      nextAt,
      attempts: tries.map((one, at) => ({ attempt: at + 1, ...one })),
    }))
    .toReversed()
}
