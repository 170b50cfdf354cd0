import { z } from 'zod'
import { Money } from './money.ts'

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

/** A person as Discord knows them. */
export const Person = z.object({ userId: Snowflake, name: z.string().min(1).max(100) })
export type Person = z.infer<typeof Person>

export const Picture = z.object({
  pictureId: PictureId,
  /** Pixels of the largest stored size. */
  width: z.int().positive(),
  height: z.int().positive(),
  alt: z.string(),
})
export type Picture = z.infer<typeof Picture>

/** Where the public card of a drop stands in Discord. */
export const CardPlace = z.object({ channelId: Snowflake, messageId: Snowflake })
export type CardPlace = z.infer<typeof CardPlace>

export const DropStatus = z.enum(['open', 'closed'])

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
  openedAt: Millis,
  closesAt: Millis,
  builder: Person,
  picture: Picture.nullable(),
  card: CardPlace.nullable(),
})
export type DropView = z.infer<typeof DropView>

/** What a builder typed, exactly as typed: nothing is lost when something in it is wrong. */
export const DropForm = z.object({
  title: z.string().max(20_000),
  story: z.string().max(20_000),
  price: z.string().max(2_000),
  quantity: z.string().max(2_000),
  /** Hours from publishing to closing. */
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
 * held: a unit is off the shelf while the buyer pays. closing: the hold is over and Stripe is being asked to shut
 * the pay page. expired: the unit is back. paid, shipped, arrived: the money is held. released: the builder's
 * share was transferred. release_blocked: Stripe refused the transfer. refunding, refunded: the money goes back.
 */
export const OrderStatus = z.enum([
  'held',
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
  createdAt: Millis,
  holdUntil: Millis,
  /** Our own address that leads to the Stripe page; only while held, and only shown to the buyer. */
  payUrl: z.string().nullable(),
  /** Why an unpaid order ended. */
  endedBy: z.enum(['buyer', 'clock', 'drop_closed']).nullable(),
  /** Why money goes back. */
  refundReason: z.enum(['paid_too_late']).nullable(),
  paidAt: Millis.nullable(),
  shipment: Shipment.nullable(),
  arrivedAt: Millis.nullable(),
  releasedAt: Millis.nullable(),
  /** Where the parcel goes; only in views for the builder, and only from paid to arrived. */
  shipTo: z.string().nullable(),
})
export type OrderView = z.infer<typeof OrderView>

/** none: no account yet. incomplete: Stripe still asks for something. ready: transfers can be received. */
export const PayoutState = z.enum(['none', 'incomplete', 'ready'])

export const BuilderView = z.object({
  builder: Person,
  payouts: PayoutState,
  /** Our own address that leads to Stripe's onboarding; null once ready. */
  onboardingUrl: z.string().nullable(),
  joinedAt: Millis,
})
export type BuilderView = z.infer<typeof BuilderView>

/** Something a person was told, or should have been. */
export const Notice = z.object({
  noticeId: z.string(),
  userId: Snowflake,
  kind: z.enum([
    'buyer_paid',
    'buyer_shipped',
    'buyer_released',
    'buyer_refunding',
    'buyer_refunded',
    'buyer_hold_over',
    'builder_sold',
    'builder_arrived',
    'builder_released',
    'builder_release_blocked',
  ]),
  order: OrderView,
  at: Millis,
})
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
