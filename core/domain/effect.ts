import type { OrderNotice } from '#contract'

/**
 * Something that must happen outside the store, written in the same commit as the state that wants it. One document
 * per subject: wishing twice for the same thing is one wish with a higher revision.
 */
export type EffectKind =
  /** Bring an order's Checkout Session and the order into agreement: open it, read it, shut it. */
  | 'checkout'
  /** Learn what Stripe kept of a payment. */
  | 'stripe_fee'
  /** Number the receipt of an order and the credit notes of its refunds. */
  | 'receipt'
  | 'transfer'
  /** Carry out every refund of an order that is not done, and take back the builder's part. */
  | 'refund'
  /** Look at an order whose money is held: release by time, warn, end the holding. */
  | 'watch'
  /** Read a dispute again at Stripe. Its subject is the order. */
  | 'dispute'
  /** Send the prepared evidence of an order's dispute to Stripe. */
  | 'evidence'
  /** Find what never came from Stripe, and compare our books with Stripe's. One subject: `stripe`. */
  | 'reconcile'
  /** Read a builder's connected account again. */
  | 'account'
  /** Bring a builder's drops in line with their standing, their account and their terms. */
  | 'follow_builder'
  /** Open a drop when its time has come, or its builder is live. */
  | 'open_drop'
  /** A builder went live: their drops that wait for it. */
  | 'open_with_stream'
  | 'close_drop'
  /** Tell those who wanted to be told of a drop, some at a time. */
  | 'call_reminders'
  /** One of them. */
  | 'remind'
  /** A unit of a drop came back and somebody waits for it. */
  | 'offer_unit'
  /** Nothing can come back any more: tell those who wait, some at a time. */
  | 'end_waitlist'
  | 'draw_card'
  | 'draw_case'
  /** Look at a case whose time has come. */
  | 'tend_case'
  /** Compare what Twitch tells us about, and who is live, with what we want and know. One subject: `twitch`. */
  | 'twitch'
  /** Learn title and game of a stream. */
  | 'look_at_stream'
  /** Post or mend the announcement of a stream. */
  | 'draw_live'
  /** Bring a builder's roles and cards to what their channel is. */
  | 'follow_live'
  | 'notify'
  /** Tell the operators that an order, a case or a builder waits for them. */
  | 'call_operators'
  /** Store a picture in further formats. */
  | 'encode_picture'

/**
 * Effects of one queue run side by side up to its width, and never starve another queue. In a queue that looks past, one
 * person's news run one after another, and do not keep others waiting behind them.
 */
export const QUEUES = {
  checkout: { width: 12, looksPast: 0, kinds: ['checkout'] },
  doors: { width: 4, looksPast: 0, kinds: ['open_drop', 'open_with_stream', 'close_drop', 'offer_unit'] },
  money: {
    width: 8,
    looksPast: 0,
    kinds: [
      'transfer',
      'refund',
      'stripe_fee',
      'receipt',
      'account',
      'follow_builder',
      'watch',
      'dispute',
      'evidence',
      'tend_case',
    ],
  },
  truth: { width: 1, looksPast: 0, kinds: ['reconcile'] },
  streams: { width: 6, looksPast: 0, kinds: ['twitch', 'look_at_stream', 'draw_live', 'follow_live'] },
  // What stands in a channel is not kept waiting by what thousands of people are told.
  cards: { width: 16, looksPast: 0, kinds: ['draw_card', 'draw_case', 'call_operators'] },
  reminders: { width: 4, looksPast: 0, kinds: ['call_reminders', 'end_waitlist', 'remind'] },
  // One at a time: it takes a processor for seconds, and nobody waits for it.
  pictures: { width: 1, looksPast: 0, kinds: ['encode_picture'] },
  news: { width: 8, looksPast: 200, kinds: ['notify'] },
} as const satisfies Record<string, { width: number; looksPast: number; kinds: readonly EffectKind[] }>
export type QueueName = keyof typeof QUEUES

export interface Effect {
  readonly kind: EffectKind
  readonly queue: QueueName
  /** Id of the order, drop or builder it is about. */
  readonly subject: string
  /** Who is told what; only for notify and remind. */
  readonly notice: NoticeWish | null
  /** UTC ms from which it may run; while leased, when the lease ends. */
  readonly dueAt: number
  /** UTC ms until which one process works on it; 0 when nobody does. */
  readonly leaseUntil: number
  /** Grows with every wish, so that the one who finishes sees whether there was a newer wish. */
  readonly revision: number
  /** Runs that were begun, in all: grows with every claim. */
  readonly runs: number
  /** Failed runs in a row. */
  readonly attempts: number
  readonly lastError: string | null
  /** The trace that wished for it, as a W3C traceparent; absent for what has its own time, and in older documents. */
  readonly trace?: { readonly traceparent: string; readonly requestId: string }
  readonly createdAt: number
}

/**
 * Who is told what about the effect's subject. `occasion` tells the same thing at different times apart: for an order,
 * how many events it had; for standing and terms, the place in the builder's list of changes, which only grows. A drop
 * opens once and sells out once: there it is 0. For a channel that Twitch took away: when, UTC ms.
 */
export type NoticeWish = { readonly userId: string; readonly occasion: number } & (
  | { readonly about: 'order'; readonly kind: OrderNotice['kind'] }
  | { readonly about: 'standing' | 'terms' }
  | { readonly about: 'channel'; readonly channelName: string }
  /** waitlist: somebody waited in line for a unit, and none can come back any more. */
  | { readonly about: 'drop' | 'waitlist'; readonly name: string }
)

export function effectId(kind: EffectKind, subject: string): string {
  return `${kind}:${subject}`
}

export function noticeId(subject: string, wish: NoticeWish): string {
  return `${subject}:${whatOf(wish)}:${wish.occasion}`
}

function whatOf(wish: NoticeWish): string {
  switch (wish.about) {
    case 'order':
      return wish.kind
    case 'drop':
    case 'waitlist':
      // What many people are told.
      return `${wish.about}:${wish.userId}`
    case 'standing':
    case 'terms':
    case 'channel':
      return wish.about
    default:
      return wish satisfies never
  }
}

/** What must not run twice at the same time: one person is told one thing after another. */
export function turnOf(id: string, effect: Effect): string {
  return effect.notice ? `person ${effect.notice.userId}` : id
}

/** As its run has it: nobody has begun to carry it out before, so nobody can have asked anything for it. */
export const isFirstRun = (claimed: Effect) => claimed.runs === 1

export function queueOf(kind: EffectKind): QueueName {
  for (const name of Object.keys(QUEUES) as QueueName[]) {
    if ((QUEUES[name].kinds as readonly EffectKind[]).includes(kind)) return name
  }
  throw new Error(`no queue for ${kind}`)
}
