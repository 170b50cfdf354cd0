import type { OrderView, RefundReason } from './views.ts'

/** Who is looking: each has different next steps. */
export type Reader = 'buyer' | 'builder' | 'operator'

/** What a sentence about an order may name, each ready to be read. */
export interface OrderFacts {
  readonly buyer: string
  readonly builder: string
  readonly total: string
  readonly refunded: string
  /** What the buyer paid and did not get back. */
  readonly left: string
  /** The builder's part of that: after a refund it is smaller than what was agreed. */
  readonly share: string
}

type Sentence = (facts: OrderFacts) => string
/** While the money is held, and after it went to the builder. */
type Frozen = Readonly<Record<'held' | 'sent', Sentence>>

/** Everything that is said to one reader about where an order stands. Moments come in as words. */
export interface OrderWords {
  readonly states: {
    readonly held: (until: string) => string
    readonly clearing: string
    readonly closing: string
    readonly ended: Readonly<Record<NonNullable<OrderView['endedBy']>, string>>
    readonly paid: string
    readonly shipped: string
    readonly arrived: string
    /** Arrived, while the builder's account cannot take the share. */
    readonly notSent: string
    readonly refunding: string
    readonly refunded: string
    readonly inPart: (state: string) => string
  }
  readonly held: string
  readonly clearing: string
  readonly closing: string
  readonly ended: string
  readonly paymentFailed: string
  readonly paid: {
    readonly held: Sentence
    readonly passedOn: Sentence
    readonly goesBackOn: (day: string) => string
  }
  readonly shipped: {
    readonly held: Sentence
    readonly passedOn: Sentence
    readonly releasedOn: (facts: OrderFacts, day: string) => string
    readonly heldUntil: (day: string) => string
  }
  readonly arrived: Readonly<Record<'sending' | 'sent' | 'refused', Sentence>>
  readonly frozen: Readonly<Record<NonNullable<OrderView['frozenBy']>, Frozen>>
  readonly refund: {
    readonly goes: Sentence
    readonly went: Sentence
    readonly failed: Sentence
    readonly partGoes: Sentence
    readonly partWent: Sentence
  }
  readonly why: Readonly<Record<RefundReason, (builder: string) => string>>
}

const states: OrderWords['states'] = {
  held: (until) => `Held until ${until}`,
  clearing: 'Waiting for your bank',
  closing: 'Hold ended',
  ended: {
    buyer: 'Let go',
    clock: 'Hold ended',
    drop_closed: 'Hold ended',
    payment_failed: 'Payment failed',
  },
  paid: 'Paid',
  shipped: 'On its way',
  arrived: 'Arrived',
  notSent: 'Arrived',
  refunding: 'Refund on its way',
  refunded: 'Refunded',
  inPart: (state) => `${state}, refunded in part`,
}

const closing = 'The pay page is being closed; then the unit goes back on the shelf.'
const ended = 'The unit is back on the shelf. Nothing was charged.'
const allDone = () => 'All done. Enjoy it!'
const pressArrived = () => 'Press It arrived when you have it in your hands.'
const bankDecides = () => 'Your bank is looking into this payment. Nothing moves until it has decided.'

const why: OrderWords['why'] = {
  paid_too_late: () => 'The hold had ended and the unit was gone when the payment came.',
  builder: (builder) => `${builder} gave it back.`,
  operator: () => 'An operator decided so.',
  case: () => 'The case was decided so.',
  holding_limit: () => 'It did not arrive in the time that money can be held.',
  dispute_lost: () => 'The bank took the payment back for the buyer.',
}

const buyer: OrderWords = {
  states,
  held: 'Pay before then and it is yours.',
  clearing:
    'Your bank is still sending the money, which can take some days. One is kept for you until then, and we write to you either way.',
  closing,
  ended,
  paymentFailed: 'Your bank did not send the money, so the unit is back on the shelf. Nothing was charged.',
  paid: {
    held: ({ left, builder }) => `Your ${left} is held until it arrives. ${builder} ships next.`,
    passedOn: ({ builder }) => `${builder} ships next. Your payment was passed on when you paid.`,
    goesBackOn: (day) => `If it is not on its way by ${day}, the money goes back to you.`,
  },
  shipped: {
    held: pressArrived,
    passedOn: pressArrived,
    releasedOn: ({ left }, day) =>
      `Your ${left} is released by itself on ${day} unless you say something is wrong.`,
    heldUntil: (day) => `The money can be held until ${day}, no longer.`,
  },
  arrived: { sending: allDone, sent: allDone, refused: allDone },
  frozen: {
    case: {
      held: ({ left }) => `You said that something is wrong. Your ${left} stays held until that is settled.`,
      sent: () => 'You said that something is wrong. It is being settled.',
    },
    dispute: { held: bankDecides, sent: bankDecides },
    drift: {
      held: ({ left }) =>
        `We are checking the payment of this order. Your ${left} stays held until that is cleared up.`,
      sent: () => 'We are checking the payment of this order.',
    },
  },
  refund: {
    goes: ({ total }) => `Your ${total} goes back to you.`,
    went: ({ total }) => `${total} went back to you.`,
    failed: ({ total }) => `The bank could not take ${total} back. An operator finds another way to you.`,
    partGoes: ({ refunded }) => `${refunded} goes back to you.`,
    partWent: ({ refunded }) => `${refunded} went back to you.`,
  },
  why: { ...why, dispute_lost: () => 'Your bank took the payment back.' },
}

/** What everybody but the buyer reads. */
const behind = {
  states: { ...states, clearing: "Waiting for the buyer's bank", notSent: 'Arrived, not sent yet' },
  held: 'The buyer is paying.',
  clearing:
    "The buyer's bank is still sending the money, which can take some days. Nothing is to be shipped yet.",
  closing,
  ended,
  paymentFailed:
    "The buyer's bank did not send the money, so the unit is back on the shelf. Nothing was charged.",
  refund: {
    goes: ({ total }) => `${total} goes back to the buyer.`,
    went: ({ total }) => `${total} went back to the buyer.`,
    failed: ({ total }) =>
      `The bank could not take ${total} back. An operator finds another way to the buyer.`,
    partGoes: ({ refunded }) => `${refunded} goes back to the buyer.`,
    partWent: ({ refunded }) => `${refunded} went back to the buyer.`,
  },
} satisfies Partial<OrderWords>

const builder: OrderWords = {
  ...behind,
  paid: {
    held: ({ share }) => `Ship it. Your ${share} is held until it arrives.`,
    passedOn: ({ share }) => `Ship it. Your ${share} was sent at payment.`,
    goesBackOn: (day) => `If it is not on its way by ${day}, the money goes back to the buyer.`,
  },
  shipped: {
    held: ({ share }) => `Your ${share} is released when the buyer says it arrived.`,
    passedOn: ({ share }) => `Your ${share} was sent at payment.`,
    releasedOn: (_, day) => `It is released by itself on ${day} unless they say something is wrong.`,
    heldUntil: buyer.shipped.heldUntil,
  },
  arrived: {
    sending: ({ share }) => `Your ${share} is being sent to you.`,
    sent: ({ share }) => `Your ${share} was sent to you.`,
    refused: ({ share }) =>
      `Stripe could not take your ${share} yet. Finish your payment account and it follows by itself.`,
  },
  frozen: {
    case: {
      held: (facts) =>
        `${facts.buyer} said that something is wrong. Its case says whose turn it is. Your ${facts.share} stays held until that is settled.`,
      sent: (facts) => `${facts.buyer} said that something is wrong. Its case says whose turn it is.`,
    },
    dispute: {
      held: ({ share }) =>
        `The buyer's bank is looking into this payment. Your ${share} stays held until the bank has decided.`,
      sent: () => "The buyer's bank is looking into this payment. The bank decides.",
    },
    drift: {
      held: ({ share }) =>
        `Our books and Stripe do not agree about this order. Your ${share} stays held until that is cleared up.`,
      sent: () => 'Our books and Stripe do not agree about this order.',
    },
  },
  why: { ...why, builder: () => 'You gave it back.' },
}

const operator: OrderWords = {
  ...behind,
  paid: {
    held: (facts) => `${facts.builder}'s ${facts.share} is held until it arrives.`,
    passedOn: (facts) => `${facts.builder}'s ${facts.share} was sent at payment.`,
    goesBackOn: builder.paid.goesBackOn,
  },
  shipped: {
    held: (facts) => `${facts.builder}'s ${facts.share} is released when the buyer says it arrived.`,
    passedOn: (facts) => `${facts.builder}'s ${facts.share} was sent at payment.`,
    releasedOn: (_, day) => `It is released by itself on ${day} unless the buyer says something is wrong.`,
    heldUntil: buyer.shipped.heldUntil,
  },
  arrived: {
    sending: (facts) => `${facts.builder}'s ${facts.share} is being sent.`,
    sent: (facts) => `${facts.builder}'s ${facts.share} was sent.`,
    refused: (facts) =>
      `Stripe could not take ${facts.builder}'s ${facts.share} yet. It follows by itself when the payment account is ready again.`,
  },
  frozen: {
    case: {
      held: (facts) =>
        `${facts.buyer} said that something is wrong. There is a case to decide. ${facts.builder}'s ${facts.share} stays held until that is settled.`,
      sent: (facts) => `${facts.buyer} said that something is wrong. There is a case to decide.`,
    },
    dispute: {
      held: (facts) =>
        `The buyer's bank is looking into this payment. Answer it at Stripe in time. ${facts.builder}'s ${facts.share} stays held until the bank has decided.`,
      sent: () =>
        "The buyer's bank is looking into this payment. Answer it at Stripe in time. The bank decides.",
    },
    drift: {
      held: (facts) =>
        `Our books and Stripe do not agree about this order. Please run the money doctor. ${facts.builder}'s ${facts.share} stays held until that is cleared up.`,
      sent: () => 'Our books and Stripe do not agree about this order. Please run the money doctor.',
    },
  },
  why,
}

/** The words in English. Discord and the web show the same ones, so they stand here. */
export const ORDER_WORDS: Readonly<Record<Reader, OrderWords>> = { buyer, builder, operator }

/** How far a refund is, in English. Operators and builders read it in Discord. */
export const REFUND_WORDS: Readonly<Record<OrderView['refunds'][number]['status'], string>> = {
  asked: 'on its way back',
  pending: 'on its way back',
  succeeded: 'went back',
  failed: 'did not reach the bank; an operator finds another way',
}
