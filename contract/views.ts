import { z } from 'zod'
import { Currency, Money } from './money.ts'

/** A Discord id: 17 to 20 decimal digits, kept as text because it does not fit a JavaScript number. */
export const Snowflake = z.string().regex(/^\d{17,20}$/)
/** A moment: UTC milliseconds since 1970. */
export const Millis = z.int().nonnegative()
/** Our own ids: kind, underscore, 26 characters (TypeID), e.g. `ord_01j…`. */
const id = (kind: string) => z.string().regex(new RegExp(`^${kind}_[0-9a-z]{26}$`))
export const DropId = id('drp')
export const DraftId = id('dft')
export const OrderId = id('ord')
export const PictureId = id('pic')
export const CaseId = id('cas')

/** A person as Discord knows them. */
export const Person = z.object({ userId: Snowflake, name: z.string().min(1).max(100) })
export type Person = z.infer<typeof Person>

/** Pixels. */
export const PictureWidth = z.union([z.literal(320), z.literal(640), z.literal(960)])
export type PictureWidth = z.infer<typeof PictureWidth>
/** `card` fits into 800 by 800 pixels, `full` into 1,600 by 1,600; the others are so wide. None is enlarged. */
export const PictureSize = z.union([z.enum(['card', 'full']), PictureWidth])
export type PictureSize = z.infer<typeof PictureSize>
export const PictureFormat = z.enum(['webp', 'avif', 'jpeg'])
export type PictureFormat = z.infer<typeof PictureFormat>

export const Picture = z.object({
  pictureId: PictureId,
  /** Pixels of the largest stored size. */
  width: z.int().positive(),
  height: z.int().positive(),
  /** What somebody who cannot see it is told: its builder's own words, or the title that it came with. */
  alt: z.string(),
  /** These are its builder's own words. */
  described: z.literal(true).optional(),
  /** The narrower widths it is stored in as well, rising; of an earlier picture there are none. */
  widths: z.array(PictureWidth).optional(),
  /** What it looks like before it is there, as `#rrggbb`. */
  colour: z
    .string()
    .regex(/^#[\da-f]{6}$/)
    .optional(),
})
export type Picture = z.infer<typeof Picture>

/** Where the public card of a drop stands in Discord. */
export const CardPlace = z.object({ channelId: Snowflake, messageId: Snowflake })
export type CardPlace = z.infer<typeof CardPlace>

/** A builder's Twitch channel, linked by the builder. */
export const ChannelView = z.object({
  /** Twitch's numeric id, as text. */
  channelId: z.string().regex(/^\d{1,20}$/),
  login: z.string(),
  displayName: z.string(),
  url: z.url(),
  linkedAt: Millis,
  /** Twitch said that this channel was really live; good until then. Null: never, or too long ago. */
  verified: z.object({ at: Millis, until: Millis }).nullable(),
  /** On air now; title and game as far as Twitch has told them. */
  live: z.object({ since: Millis, title: z.string().nullable(), game: z.string().nullable() }).nullable(),
})
export type ChannelView = z.infer<typeof ChannelView>

/** on_arrival: the share is transferred on release. at_payment: Stripe splits the payment itself. */
export const Settlement = z.enum(['on_arrival', 'at_payment'])
export type Settlement = z.infer<typeof Settlement>

/**
 * scheduled: published, and not open yet. paused: nobody can hold a unit until it is open again, or may open at all;
 * holds that began before may still be paid.
 */
export const DropStatus = z.enum(['scheduled', 'open', 'paused', 'closed'])
export type DropStatus = z.infer<typeof DropStatus>

export const DropView = z.object({
  dropId: DropId,
  title: z.string(),
  story: z.string(),
  price: Money,
  quantity: z.int().positive(),
  /** available + held + sold === quantity, always. */
  available: z.int().nonnegative(),
  held: z.int().nonnegative(),
  sold: z.int().nonnegative(),
  perPerson: z.int().positive(),
  status: DropStatus,
  /** What holds for an order that begins now. */
  settlement: Settlement,
  /** When it opened. Of one that has not: the same as opensAt, and closesAt counts from it. */
  openedAt: Millis,
  closesAt: Millis,
  /** It has not opened yet and does then, at the latest; null once it has. Closed and not null: it was called off. */
  opensAt: Millis.nullable(),
  /** It opens when its builder goes live, if that is before opensAt. */
  opensWithStream: z.boolean(),
  /** How many people asked to be told when it opens. */
  reminders: z.int().nonnegative(),
  /**
   * How many wait in line for a unit that comes back. While somebody does, nobody else can take one. A core of an older
   * version is silent.
   */
  waiting: z.int().nonnegative().default(0),
  builder: Person,
  /** The builder's linked channel, as it is now. */
  channel: ChannelView.nullable(),
  picture: Picture.nullable(),
  card: CardPlace.nullable(),
})
export type DropView = z.infer<typeof DropView>

/** Core's clock counts these, from publishing. */
const OpensInHours = z
  .number()
  .min(0.1)
  .max(24 * 30)
/** When a drop opens that does not open with its publishing: later, or when its builder goes live, at the latest then. */
export const Opens = z.discriminatedUnion('when', [
  z.object({ when: z.literal('later'), inHours: OpensInHours }),
  z.object({ when: z.literal('with_stream'), inHoursAtTheLatest: OpensInHours }),
])
export type Opens = z.infer<typeof Opens>

/** What a builder typed, exactly as typed: nothing is lost when something in it is wrong. */
export const DropForm = z.object({
  title: z.string().max(20_000),
  story: z.string().max(20_000),
  price: z.string().max(2_000),
  quantity: z.string().max(2_000),
  /** Absent: at once. */
  opens: Opens.optional(),
  /** Hours from opening to closing. */
  closesInHours: z
    .int()
    .min(1)
    .max(24 * 30),
  /** Units one person may have. */
  perPerson: z.int().min(1).max(100),
})
export type DropForm = z.infer<typeof DropForm>

export const DraftProblem = z.object({
  field: z.enum(['title', 'story', 'price', 'quantity', 'picture']),
  /** One kind sentence that says what to do. */
  sentence: z.string(),
})
export type DraftProblem = z.infer<typeof DraftProblem>

export const DraftView = z.object({
  draftId: DraftId,
  form: DropForm,
  picture: Picture.nullable(),
  problems: z.array(DraftProblem),
  /** What would be published; null while there are problems. */
  preview: z
    .object({
      title: z.string(),
      story: z.string(),
      price: Money,
      quantity: z.int().positive(),
      /** What the builder receives for one unit after the frozen fee. */
      share: Money,
      fee: Money,
    })
    .nullable(),
})
export type DraftView = z.infer<typeof DraftView>

/**
 * held: a unit is off the shelf while the buyer pays. clearing: the buyer's bank is sending the money, which takes days,
 * and the unit stays off the shelf. closing: the hold is over and Stripe is being asked to shut the pay page. expired: the
 * unit is back. paid, shipped, arrived: the money is held. released: the builder's
 * share was transferred. release_blocked: Stripe refused the transfer. refunding, refunded: the money goes back.
 */
export const OrderStatus = z.enum([
  'held',
  'clearing',
  'closing',
  'expired',
  'paid',
  'shipped',
  'arrived',
  'released',
  'release_blocked',
  'refunding',
  'refunded',
])
export type OrderStatus = z.infer<typeof OrderStatus>

export const Shipment = z.object({
  carrier: z.string().min(1).max(60),
  trackingNumber: z.string().max(60),
  shippedAt: Millis,
})
export type Shipment = z.infer<typeof Shipment>

/** Why money goes back. */
export const RefundReason = z.enum([
  'paid_too_late',
  'builder',
  'operator',
  'case',
  'holding_limit',
  'dispute_lost',
])
export type RefundReason = z.infer<typeof RefundReason>

/** asked: decided, Stripe has not answered yet. failed: the bank sent it back; an operator decides what next. */
export const RefundState = z.enum(['asked', 'pending', 'succeeded', 'failed'])
export type RefundState = z.infer<typeof RefundState>

export const OrderView = z.object({
  orderId: OrderId,
  status: OrderStatus,
  drop: z.object({ dropId: DropId, title: z.string(), picture: Picture.nullable() }),
  buyer: Person,
  builder: Person,
  /** fee + share === total, frozen when the unit was held. */
  total: Money,
  fee: Money,
  share: Money,
  /** The same of what did not go back: left.fee + left.share === total - refunded. */
  left: z.object({ fee: Money, share: Money }),
  /** What Stripe kept of the payment; null until known. The collective carries it. */
  stripeFee: Money.nullable(),
  settlement: Settlement,
  createdAt: Millis,
  holdUntil: Millis,
  /** Our own address that leads to the Stripe page; only while held, and only shown to the buyer. */
  payUrl: z.string().nullable(),
  /** Why an unpaid order ended. */
  endedBy: z.enum(['buyer', 'clock', 'drop_closed', 'payment_failed']).nullable(),
  /** What went back, or is going back, in all. */
  refunded: Money,
  refunds: z.array(
    z.object({ amount: Money, reason: RefundReason, note: z.string(), status: RefundState, at: Millis }),
  ),
  paidAt: Millis.nullable(),
  shipment: Shipment.nullable(),
  arrivedAt: Millis.nullable(),
  releasedAt: Millis.nullable(),
  /** When the share is released by itself; null before shipping, after release, and while frozen. */
  releasesAt: Millis.nullable(),
  /** The money cannot be held longer than this; null when nothing is held. */
  holdingEndsAt: Millis.nullable(),
  /** What keeps the money where it is, beyond the usual way. */
  frozenBy: z.enum(['case', 'dispute', 'drift']).nullable(),
  caseId: CaseId.nullable(),
  /** The buyer's numbered receipt on our web; only for the buyer, and only once it has its number. */
  receiptUrl: z.string().nullable(),
  /** Where the parcel goes; only in views for the builder, and only from paid to arrived. */
  shipTo: z.string().nullable(),
})
export type OrderView = z.infer<typeof OrderView>

/** none: no account yet. incomplete: Stripe still asks for something. ready: transfers can be received. */
export const PayoutState = z.enum(['none', 'incomplete', 'ready'])

/** applied: waits for an operator. paused: by the builder or an operator, may go on. suspended: by an operator. */
export const BuilderStatus = z.enum(['applied', 'approved', 'paused', 'suspended'])
export type BuilderStatus = z.infer<typeof BuilderStatus>

export const ChecklistStep = z.object({
  step: z.enum(['profile', 'payment_account', 'twitch', 'approval']),
  done: z.boolean(),
  /** One sentence: what it is, or what is missing. */
  sentence: z.string(),
})
export type ChecklistStep = z.infer<typeof ChecklistStep>

/** A change of a builder's standing; `by` null is the collective's own rule. `reason` may be empty then. */
export const StandingChange = z.object({
  status: BuilderStatus,
  at: Millis,
  by: Person.nullable(),
  reason: z.string(),
})
export type StandingChange = z.infer<typeof StandingChange>

/** What holds for a builder's orders from a moment on, until the next terms begin. */
export const Terms = z.object({
  from: Millis,
  settlement: Settlement,
  /** Hundredths of a percent. */
  feeBps: z.int().nonnegative(),
  /** Who decided them, when and why. `by` null: the collective's own terms, which nobody set. */
  by: Person.nullable(),
  at: Millis,
  reason: z.string(),
})
export type Terms = z.infer<typeof Terms>

/** What a builder tells everybody of themselves, in their own words. */
const aboutFields = {
  /** Empty: nothing. */
  about: z.string(),
  link: z.url({ protocol: /^https?$/ }).nullable(),
}

export const BuilderView = z.object({
  builder: Person,
  status: BuilderStatus,
  /** The change that led to this status: who, when and why. */
  statusChange: StandingChange,
  /** What holds for an order that begins now. */
  terms: Terms,
  /** Decided already, and not in force yet; the next one first. */
  upcomingTerms: z.array(Terms),
  payouts: PayoutState,
  /** What Stripe still asks for, in plain words. */
  requirements: z.array(z.string()),
  /** In the order to do them; the first undone one is the next step. */
  checklist: z.array(ChecklistStep),
  /** Our own address that leads to Stripe's onboarding; null when Stripe asks for nothing. */
  onboardingUrl: z.string().nullable(),
  /** Our own address that leads to the builder's Stripe dashboard; null before onboarding. */
  dashboardUrl: z.string().nullable(),
  /** Our own address of the builder's monthly statements. */
  statementUrl: z.string(),
  channel: ChannelView.nullable(),
  ...aboutFields,
  joinedAt: Millis,
})
export type BuilderView = z.infer<typeof BuilderView>

/** Is this really them? What the collective knows of a member, for anybody who asks. */
export const IdentityView = z.object({
  /** Null: not a builder of this collective. Only who may sell, or has paused, tells of themselves. */
  builder: z
    .object({
      person: Person,
      status: BuilderStatus,
      joinedAt: Millis,
      /** False: they began to join, which anybody may, and Stripe does not know them. A core of an older version is silent. */
      isSetUp: z.boolean().default(true),
      ...aboutFields,
    })
    .nullable(),
  channel: ChannelView.nullable(),
})
export type IdentityView = z.infer<typeof IdentityView>

/** The same on every repeat of one thing, and different for two. */
const noticeFields = { noticeId: z.string(), userId: Snowflake, at: Millis }

export const OrderNotice = z.object({
  ...noticeFields,
  about: z.literal('order'),
  kind: z.enum([
    'buyer_offered',
    'buyer_paid',
    'buyer_shipped',
    'buyer_released',
    'buyer_refunding',
    'buyer_refunded',
    'buyer_hold_over',
    'buyer_clearing',
    'buyer_payment_failed',
    'builder_sold',
    'builder_arrived',
    'builder_released',
    'builder_release_blocked',
    'builder_refunded',
    'builder_debt',
    'builder_holding_warned',
    'builder_dispute_opened',
    'builder_dispute_won',
    'builder_dispute_lost',
    'buyer_case_silent',
    'builder_case_silent',
    'buyer_case_decided',
    'builder_case_decided',
  ]),
  order: OrderView,
})
export type OrderNotice = z.infer<typeof OrderNotice>

/** An operator changed a builder's standing, or their terms. `builder` is how it all stands now. */
const StandingNotice = z.object({
  ...noticeFields,
  about: z.literal('standing'),
  builder: BuilderView,
  change: StandingChange,
})
const TermsNotice = z.object({
  ...noticeFields,
  about: z.literal('terms'),
  builder: BuilderView,
  change: Terms,
})

/**
 * A drop that somebody wanted to be told of opened, or was called off before; or they waited in line, and nothing can come
 * back any more. `drop` is how it stands now.
 */
export const DropNotice = z.object({
  ...noticeFields,
  about: z.literal('drop'),
  kind: z.enum(['drop_opened', 'drop_called_off', 'waitlist_over']),
  drop: DropView,
})
export type DropNotice = z.infer<typeof DropNotice>

/** Twitch said that a channel is its builder's no more; they did not let it go here. */
const ChannelNotice = z.object({
  ...noticeFields,
  about: z.literal('channel'),
  builder: BuilderView,
  /** As it was called then. */
  channelName: z.string(),
})

/** Something a person was told, or should have been. A new kind of news is one more of these. */
export const Notice = z.discriminatedUnion('about', [
  OrderNotice,
  StandingNotice,
  TermsNotice,
  ChannelNotice,
  DropNotice,
])
export type Notice = z.infer<typeof Notice>

export const ProfileView = z.object({
  person: Person,
  /** Newest first, at most 25. */
  orders: z.array(OrderView),
  /** What could not be said in a private message; newest first. */
  missed: z.array(Notice),
  builder: BuilderView.nullable(),
})
export type ProfileView = z.infer<typeof ProfileView>

export const DashboardView = z.object({
  builder: BuilderView,
  /** Newest first, at most 10. */
  drops: z.array(DropView),
  /** Paid and not shipped, oldest first, at most 25. */
  toShip: z.array(OrderView),
  /** On the way, oldest first, at most 25. */
  onTheWay: z.array(OrderView),
  /** The builder's share of what buyers have paid and is not released yet, per currency. */
  moneyHeld: z.array(Money),
  /** What was transferred to the builder, per currency. */
  moneyReleased: z.array(Money),
})
export type DashboardView = z.infer<typeof DashboardView>

/** A builder's money, one line per paid order, newest first. */
export const MoneyView = z.object({
  builder: BuilderView,
  lines: z.array(OrderView),
  cursor: z.string().nullable(),
  held: z.array(Money),
  released: z.array(Money),
  /** What the builder owes after refunds that came too late to be taken back; netted from the next releases. */
  debt: Money,
})
export type MoneyView = z.infer<typeof MoneyView>

/**
 * open: the builder has until answerBy. answered: the builder spoke in time. silent: the builder did not, which
 * counts for the buyer. decided: closed.
 */
export const CaseStatus = z.enum(['open', 'answered', 'silent', 'decided'])
export type CaseStatus = z.infer<typeof CaseStatus>

export const CaseDecision = z.enum(['refund', 'part_refund', 'release'])
export type CaseDecision = z.infer<typeof CaseDecision>

export const CaseEntry = z.object({
  at: Millis,
  by: Person,
  role: z.enum(['buyer', 'builder', 'operator']),
  text: z.string(),
  pictures: z.array(Picture),
})
export type CaseEntry = z.infer<typeof CaseEntry>

export const CaseView = z.object({
  caseId: CaseId,
  order: OrderView,
  status: CaseStatus,
  openedAt: Millis,
  answerBy: Millis,
  /** When silence decides, and how. */
  decidesItself: z.object({ at: Millis, decision: CaseDecision }).nullable(),
  entries: z.array(CaseEntry),
  /** When the builder's time to answer had passed, and how many entries there were before; null when it has not. */
  silence: z.object({ at: Millis, after: z.int().nonnegative() }).nullable(),
  decision: z.object({ decision: CaseDecision, amount: Money, reason: z.string(), at: Millis }).nullable(),
  /** The private thread of the case, once the bot has made one. */
  threadId: Snowflake.nullable(),
})
export type CaseView = z.infer<typeof CaseView>

export const AuditEntry = z.object({
  seq: z.int().positive(),
  at: Millis,
  by: Person,
  action: z.string(),
  subject: z.string(),
  reason: z.string(),
  /** SHA-256 over this entry and the hash before it: a changed past does not fit. */
  hash: z.string(),
})
export type AuditEntry = z.infer<typeof AuditEntry>

/** Our books against Stripe's, to the cent. */
export const MoneyReport = z.object({
  at: Millis,
  /** How many orders were compared, and how many were moving and left out. */
  orders: z.int().nonnegative(),
  moving: z.int().nonnegative(),
  /** How many mismatches there are in all. */
  total: z.int().nonnegative(),
  /** The first 25. */
  mismatches: z.array(
    z.object({
      code: z.string(),
      orderId: OrderId.nullable(),
      /** What is off, why probably, and what mends it: a sentence each. */
      sentence: z.string(),
      likelyCause: z.string(),
      repair: z.string(),
      /** Whether mendMoney mends it; otherwise a person has to. */
      mendable: z.boolean(),
    }),
  ),
  /** Per currency, in minor units: what Stripe has, and what it should have by our books. Empty while orders move. */
  balances: z.array(z.object({ currency: Currency, stripe: z.int(), ours: z.int() })),
  /** How many repairs were begun by this call; look again in a minute. */
  mended: z.int().nonnegative(),
})
export type MoneyReport = z.infer<typeof MoneyReport>

/**
 * Why something is not on sale. drop: stopped by itself, by an operator. builder: their standing does not let them sell.
 * account: Stripe cannot pay the builder. everything: all selling is stopped.
 */
export const SellingStop = z.enum(['closed', 'drop', 'builder', 'account', 'everything'])
export type SellingStop = z.infer<typeof SellingStop>

/** Why an operator should look at an order, the most urgent first. */
export const Attention = z.enum(['dispute', 'drift', 'refund_failed', 'release_blocked', 'holding'])
export type Attention = z.infer<typeof Attention>

/** Something has begun to wait for an operator. `callId` is the same for the same. */
export const OperatorCall = z.discriminatedUnion('about', [
  z.object({
    callId: z.string(),
    about: z.literal('order'),
    attention: Attention,
    order: OrderView,
    /** Until when Stripe takes an answer to the bank; null where no bank asks. */
    answerBy: Millis.nullable(),
  }),
  z.object({ callId: z.string(), about: z.literal('case'), caseId: CaseId }),
  z.object({ callId: z.string(), about: z.literal('application'), builder: BuilderView }),
])
export type OperatorCall = z.infer<typeof OperatorCall>

/** What waits for an operator. Oldest first, at most 25 of each. */
export const OperatorQueue = z.object({
  applications: z.array(BuilderView),
  cases: z.array(CaseView),
  blocked: z.array(OrderView),
  failedRefunds: z.array(OrderView),
  disputes: z.array(OrderView),
  /** Orders of which our books and Stripe's disagree. */
  drifts: z.array(OrderView),
  nearHoldingLimit: z.array(OrderView),
  moneyHeld: z.array(Money),
  paused: z.boolean(),
})
export type OperatorQueue = z.infer<typeof OperatorQueue>

/** A bank's question about a payment, and what would be shown to it. */
export const DisputeView = z.object({
  order: OrderView,
  status: z.enum(['open', 'won', 'lost']),
  amount: Money,
  /** What Stripe charges for it; the collective bears it. */
  fee: Money,
  /** Stripe's word for what the cardholder claims. */
  reason: z.string(),
  /** Until when Stripe takes evidence. */
  dueBy: Millis.nullable(),
  /** Stripe's field names and our texts, from order, tracking and case; of a file what is in it. */
  evidence: z.array(z.object({ field: z.string(), text: z.string() })),
  submitted: z.object({ by: Person, at: Millis, sentAt: Millis.nullable() }).nullable(),
})
export type DisputeView = z.infer<typeof DisputeView>
