import type { BuilderStatus, ChecklistStep, Person, Settlement } from '#contract'
import type { Channel } from './channel.ts'

/** A maker who sells. `accountId` is their Stripe connected account. */
export interface Builder {
  readonly userId: string
  readonly name: string
  readonly status: BuilderStatus
  /** Every change of status: who, when and why. Newest last. `by` null is the collective's own rule. */
  readonly statusHistory: readonly StatusChange[]
  readonly accountId: string | null
  /** Stripe lets the account receive transfers. */
  readonly transfers: boolean
  readonly detailsSubmitted: boolean
  /** What Stripe asks for now, in Stripe's own words, e.g. `individual.verification.document`. */
  readonly currentlyDue: readonly string[]
  /** Terms with the moment from which they hold; the last one holds now. Empty: the collective's own. */
  readonly terms: readonly Terms[]
  /** Minor units owed after refunds that could not be taken back; netted from the next releases. */
  readonly debt: number
  /** The linked Twitch channel. */
  readonly twitch: Channel | null
  readonly joinedAt: number
}

interface StatusChange {
  readonly at: number
  readonly status: BuilderStatus
  readonly by: Person | null
  readonly reason: string
}

interface Terms {
  readonly from: number
  readonly settlement: Settlement
  /** Hundredths of a percent; null is the collective's own rate. */
  readonly feeBps: number | null
  readonly by: Person
  readonly reason: string
}

export function payoutState(builder: Builder): 'none' | 'incomplete' | 'ready' {
  if (!builder.accountId) return 'none'
  return builder.transfers ? 'ready' : 'incomplete'
}

/** What holds for a new order of this builder. */
export function termsOf(
  builder: Builder,
  collectiveFeeBps: number,
): { readonly settlement: Settlement; readonly feeBps: number; readonly destination: string | null } {
  const last = builder.terms.at(-1)
  const settlement = last?.settlement ?? 'on_arrival'
  return {
    settlement,
    feeBps: last?.feeBps ?? collectiveFeeBps,
    destination: settlement === 'at_payment' ? builder.accountId : null,
  }
}

/** The builder with a new status, who gave it and why. The same status again changes nothing. */
export function changeStatus(
  builder: Builder,
  status: BuilderStatus,
  by: Person | null,
  reason: string,
  now: number,
): Builder {
  if (builder.status === status) return builder
  return { ...builder, status, statusHistory: [...builder.statusHistory, { at: now, status, by, reason }] }
}

/** What a builder has done and has to do, in order. Computed when looked at, never stored. */
export function checklist(builder: Builder, withTwitch: boolean): ChecklistStep[] {
  const payouts = payoutState(builder)
  const steps: ChecklistStep[] = [
    { step: 'profile', done: true, sentence: 'You joined as a builder.' },
    {
      step: 'payment_account',
      done: payouts === 'ready',
      sentence: {
        none: 'Open a payment account at Stripe, so that your share can be sent to you.',
        incomplete: 'Stripe needs something more before your share can be sent to you.',
        ready: 'Your payment account is ready.',
      }[payouts],
    },
  ]
  if (withTwitch) {
    steps.push({
      step: 'twitch',
      done: builder.twitch !== null,
      sentence: builder.twitch
        ? `Your Twitch channel ${builder.twitch.displayName} is linked.`
        : 'Link your Twitch channel, if you have one: going live then gives you a badge, and can open your drops.',
    })
  }
  if (builder.status !== 'approved' || builder.statusHistory.some(({ status }) => status === 'applied')) {
    steps.push({
      step: 'approval',
      done: builder.status === 'approved',
      sentence: {
        applied: 'An operator looks at your application.',
        approved: 'An operator approved you.',
        paused: 'Selling is paused.',
        suspended: 'An operator has suspended you.',
      }[builder.status],
    })
  }
  return steps
}
