import type { BuilderStatus, ChecklistStep, Person, Settlement, StandingChange } from '#contract'
import type { About } from './about.ts'
import type { Channel } from './channel.ts'

/** A maker who sells. `accountId` is their Stripe connected account. */
export interface Builder extends About {
  readonly userId: string
  readonly name: string
  readonly status: BuilderStatus
  /** Every change of status: who, when and why. Newest last. `by` null is the collective's own rule. */
  readonly statusHistory: readonly StandingChange[]
  readonly accountId: string | null
  /** Stripe lets the account receive transfers. */
  readonly transfers: boolean
  readonly detailsSubmitted: boolean
  /** What Stripe asks for now, in Stripe's own words, e.g. `individual.verification.document`. */
  readonly currentlyDue: readonly string[]
  /** Everything an operator ever decided, in the order of the decisions; see termsAt for what holds when. */
  readonly terms: readonly DecidedTerms[]
  /** Minor units owed after refunds that could not be taken back; netted from the next releases. */
  readonly debt: number
  /** The linked Twitch channel. */
  readonly twitch: Channel | null
  readonly joinedAt: number
}

/** What holds for orders that begin at `from` (UTC ms) or later, until the next terms begin. */
export interface OrderTerms {
  readonly from: number
  readonly settlement: Settlement
  /** Hundredths of a percent; null is the collective's own rate. */
  readonly feeBps: number | null
}

/** Terms with who decided them, when and why. */
export interface DecidedTerms extends OrderTerms {
  readonly by: Person
  readonly reason: string
  readonly at: number
}

export function payoutState(builder: Builder): 'none' | 'incomplete' | 'ready' {
  if (!builder.accountId) return 'none'
  return builder.transfers ? 'ready' : 'incomplete'
}

/**
 * What holds at a moment: the terms that began last, and of two that began together the later word. Undefined are the
 * collective's own: its rate, held until arrival.
 */
export function termsAt<T extends OrderTerms>(terms: readonly T[], now: number): T | undefined {
  return terms.reduce<T | undefined>(
    (best, one) => (one.from <= now && one.from >= (best?.from ?? 0) ? one : best),
    undefined,
  )
}

/** What a drop keeps of its builder, so that each of its orders can be given what holds when it begins. */
export function termsForDrop({ terms, accountId }: Builder): {
  readonly terms: readonly OrderTerms[]
  readonly destination: string | null
} {
  return {
    terms: terms.map(({ from, settlement, feeBps }) => ({ from, settlement, feeBps })),
    destination: accountId,
  }
}

/** What was decided and does not hold yet, the next first; for one start only the last word. */
export function upcomingTerms(terms: readonly DecidedTerms[], now: number): DecidedTerms[] {
  const byStart = new Map(terms.filter(({ from }) => from > now).map((one) => [one.from, one]))
  return [...byStart.values()].toSorted((a, b) => a.from - b.from)
}

const DAY = /^(\d{4})-(\d\d)-(\d\d)$/

/**
 * When terms begin whose first day was typed like `2026-12-01`, by UTC: nothing and today are now. Null for what is no
 * day or a day that has passed.
 */
export function parseStartDay(typed: string, now: number): number | null {
  const text = typed.trim()
  if (text === '') return now
  const [, year, month, day] = DAY.exec(text) ?? []
  const from = Date.UTC(Number(year), Number(month) - 1, Number(day))
  // The calendar would take a 31st of June for the 1st of July.
  if (Number.isNaN(from) || new Date(from).toISOString().slice(0, 10) !== text) return null
  if (new Date(now).toISOString().slice(0, 10) === text) return now
  return from > now ? from : null
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
