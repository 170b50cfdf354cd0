import { z } from 'zod'
import { CsvFile, ExportKind, Month, ReceiptView, StatementView } from './receipts.ts'
import {
  AuditEntry,
  BuilderStatus,
  BuilderView,
  CaseDecision,
  CaseId,
  CaseView,
  ChannelView,
  DashboardView,
  DisputeView,
  DraftId,
  DraftView,
  DropForm,
  DropId,
  DropStatus,
  DropView,
  IdentityView,
  Millis,
  MoneyReport,
  MoneyView,
  OperatorQueue,
  OrderId,
  OrderView,
  Person,
  PictureFormat,
  PictureId,
  PictureSize,
  ProfileView,
  SellingStop,
  Settlement,
  Snowflake,
} from './views.ts'

/** Who may call core. Each caller has its own token. */
export const CALLERS = ['bot', 'web', 'scheduler'] as const
export type Caller = (typeof CALLERS)[number]

interface Route {
  readonly path: `/api/internal/${string}`
  readonly callers: readonly Caller[]
  /** A write must carry an idempotency key; the Discord interaction's id where there is one. */
  readonly kind: 'read' | 'write'
  readonly input: z.ZodType
  readonly output: z.ZodType
}

/** A browser's login, from our own cookie. */
const Session = z.string().max(300)
const Link = z.object({ token: z.string().max(200) })
/** What a person typed into a form; core says kindly what is wrong with it. */
const Typed = z.string().max(20_000)
/** Where to fetch uploads, once and at once: Discord's addresses expire. */
const Uploads = z
  .array(z.object({ url: z.url().max(2_000), filename: z.string().max(300), size: z.int().nonnegative() }))
  .max(5)

/**
 * Every question core answers to its own services: POST with a JSON body, always. Reads are POST too, so that no
 * id or link token ends up in an access log.
 */
export const ROUTES = {
  // Builders
  joinBuilder: {
    path: '/api/internal/join-builder',
    callers: ['bot'],
    kind: 'write',
    input: z.object({ person: Person }),
    output: BuilderView,
  },
  /** A link token from our own onboarding address, exchanged for a fresh single-use Stripe address. */
  openOnboarding: {
    path: '/api/internal/open-onboarding',
    callers: ['web'],
    kind: 'read',
    input: Link,
    output: z.object({ url: z.string() }),
  },
  /** A fresh single-use address of the builder's Stripe dashboard, for our own link. */
  openDashboard: {
    path: '/api/internal/open-dashboard',
    callers: ['web'],
    kind: 'read',
    input: Link,
    output: z.object({ url: z.string() }),
  },
  /** The builder came back from Stripe: read the account again and say how it stands. */
  returnFromOnboarding: {
    path: '/api/internal/return-from-onboarding',
    callers: ['web'],
    kind: 'read',
    input: Link,
    output: BuilderView,
  },

  /** A builder tells everybody of themselves, both as typed; nothing takes earlier words back. */
  changeAbout: {
    path: '/api/internal/change-about',
    callers: ['bot'],
    kind: 'write',
    input: z.object({ userId: Snowflake, about: Typed, link: z.string().max(2_000) }),
    output: BuilderView,
  },

  // Drops
  createDrop: {
    path: '/api/internal/create-drop',
    callers: ['bot'],
    kind: 'write',
    input: z.object({
      builder: Person,
      /** Set when an earlier draft is being mended: its picture is kept unless a new one comes. */
      draftId: DraftId.nullable(),
      form: DropForm,
      /** Where to fetch the uploaded picture, once and at once: Discord's addresses expire. */
      picture: z
        .object({ url: z.url().max(2_000), filename: z.string().max(300), size: z.int().nonnegative() })
        .nullable(),
    }),
    output: DraftView,
  },
  getDraft: {
    path: '/api/internal/get-draft',
    callers: ['bot'],
    kind: 'read',
    input: z.object({ userId: Snowflake, draftId: DraftId }),
    output: DraftView,
  },
  /** The builder says what a draft's picture shows; nothing takes earlier words back. */
  describePicture: {
    path: '/api/internal/describe-picture',
    callers: ['bot'],
    kind: 'write',
    /** `pictureId`: the one that was looked at; another may have come since. */
    input: z.object({ userId: Snowflake, draftId: DraftId, pictureId: PictureId, description: Typed }),
    output: DraftView,
  },
  publishDrop: {
    path: '/api/internal/publish-drop',
    callers: ['bot'],
    kind: 'write',
    /** `atOnce`: whatever the draft says of its opening. */
    input: z.object({ userId: Snowflake, draftId: DraftId, atOnce: z.boolean().optional() }),
    output: DropView,
  },
  /** Its builder opens a drop before its time. One that is open already stays as it is. */
  openDropNow: {
    path: '/api/internal/open-drop-now',
    callers: ['bot'],
    kind: 'write',
    input: z.object({ userId: Snowflake, dropId: DropId }),
    output: DropView,
  },
  /** Its builder calls off a drop that has not opened. */
  callOffDrop: {
    path: '/api/internal/call-off-drop',
    callers: ['bot'],
    kind: 'write',
    input: z.object({ userId: Snowflake, dropId: DropId }),
    output: DropView,
  },
  /** Somebody wants to be told when a drop opens, or no longer. `on` in the answer: they will be. */
  remind: {
    path: '/api/internal/remind',
    callers: ['bot'],
    kind: 'write',
    input: z.object({ person: Person, dropId: DropId, on: z.boolean() }),
    output: z.object({ drop: DropView, on: z.boolean() }),
  },
  /**
   * Somebody gets in line for a unit that comes back, or leaves the line. `place` counts from 1, and is 101 for whoever is
   * further behind; null when they are not in line: they left it, or there is a unit to buy.
   */
  joinWaitlist: {
    path: '/api/internal/join-waitlist',
    callers: ['bot'],
    kind: 'write',
    input: z.object({ person: Person, dropId: DropId, on: z.boolean() }),
    output: z.object({ drop: DropView, place: z.int().positive().nullable() }),
  },
  getDrop: {
    path: '/api/internal/get-drop',
    callers: ['bot', 'web'],
    kind: 'read',
    input: z.object({ dropId: DropId }),
    output: DropView,
  },
  /** Newest first, but scheduled ones by what opens next. `cursor` is opaque and comes from the page before. */
  listDrops: {
    path: '/api/internal/list-drops',
    callers: ['bot', 'web'],
    kind: 'read',
    input: z.object({
      status: DropStatus,
      limit: z.int().min(1).max(100),
      cursor: z.string().max(300).nullable(),
    }),
    output: z.object({ drops: z.array(DropView), cursor: z.string().nullable() }),
  },

  // Orders
  createCheckout: {
    path: '/api/internal/create-checkout',
    callers: ['bot'],
    kind: 'write',
    input: z.object({ buyer: Person, dropId: DropId }),
    /** `already`: this buyer had a live hold on the drop, and this is it. */
    output: z.object({ order: OrderView, already: z.boolean() }),
  },
  cancelHold: {
    path: '/api/internal/cancel-hold',
    callers: ['bot'],
    kind: 'write',
    input: z.object({ userId: Snowflake, orderId: OrderId }),
    output: OrderView,
  },
  markShipped: {
    path: '/api/internal/mark-shipped',
    callers: ['bot'],
    kind: 'write',
    input: z.object({
      userId: Snowflake,
      orderId: OrderId,
      carrier: z.string().max(2_000),
      trackingNumber: z.string().max(2_000),
    }),
    output: OrderView,
  },
  confirmArrival: {
    path: '/api/internal/confirm-arrival',
    callers: ['bot'],
    kind: 'write',
    input: z.object({ userId: Snowflake, orderId: OrderId }),
    output: OrderView,
  },
  /** One order, for its buyer or its builder; anybody else gets not_yours. */
  getOrder: {
    path: '/api/internal/get-order',
    callers: ['bot'],
    kind: 'read',
    input: z.object({ userId: Snowflake, orderId: OrderId }),
    output: OrderView,
  },
  /** The buyer opened our pay address. `url` is the Stripe page; null means it is still being made. */
  openPayment: {
    path: '/api/internal/open-payment',
    callers: ['web'],
    kind: 'read',
    input: Link,
    output: z.object({ order: OrderView, url: z.string().nullable() }),
  },
  /** The buyer came back from Stripe: read the session again and tell the true state. */
  orderForReturn: {
    path: '/api/internal/order-for-return',
    callers: ['web'],
    kind: 'read',
    input: Link,
    output: OrderView,
  },

  // Browsers
  /** A browser wants to be known: Discord's address, and what to keep in a cookie and compare on return. */
  beginLogin: {
    path: '/api/internal/begin-login',
    callers: ['web'],
    kind: 'read',
    /** `next`: a path of web to go on to. */
    input: z.object({ next: z.string().max(500) }),
    output: z.object({ url: z.string(), state: z.string() }),
  },
  finishLogin: {
    path: '/api/internal/finish-login',
    callers: ['web'],
    kind: 'write',
    /** `code` null: the person refused at Discord. */
    input: z.object({ state: z.string().max(300), code: z.string().max(500).nullable() }),
    output: z.object({ session: Session, expiresAt: Millis, person: Person, next: z.string() }),
  },

  /** What the person behind a session has held and bought, newest first. */
  ordersOfVisitor: {
    path: '/api/internal/orders-of-visitor',
    callers: ['web'],
    kind: 'read',
    input: z.object({ session: Session, cursor: z.string().max(300).nullable() }),
    output: z.object({ orders: z.array(OrderView), cursor: z.string().nullable() }),
  },
  /** One of them; somebody else's is order_not_found. */
  orderOfVisitor: {
    path: '/api/internal/order-of-visitor',
    callers: ['web'],
    kind: 'read',
    input: z.object({ session: Session, orderId: OrderId }),
    output: OrderView,
  },

  // Twitch
  /** A private address, good once, where the builder begins to link a channel. */
  startTwitchLink: {
    path: '/api/internal/start-twitch-link',
    callers: ['bot'],
    kind: 'write',
    input: z.object({ person: Person }),
    output: z.object({ url: z.string(), expiresAt: Millis }),
  },
  /** Whose link it is, for a page that anybody may open: uses nothing up. `session` null: nobody is logged in. */
  readTwitchLink: {
    path: '/api/internal/read-twitch-link',
    callers: ['web'],
    kind: 'read',
    input: Link.extend({ session: Session.nullable() }),
    output: z.object({
      builder: Person,
      /** Who is looking: the one who asked for the link, somebody else, or a browser that nobody logged in. */
      visitor: z.enum(['owner', 'other', 'nobody']),
      /** What is linked until then. */
      channel: ChannelView.nullable(),
    }),
  },
  /**
   * The builder, logged in, goes on: Twitch's address, and what to keep in a cookie and compare on return. login_needed
   * and not_yours use nothing up.
   */
  openTwitchLink: {
    path: '/api/internal/open-twitch-link',
    callers: ['web'],
    kind: 'write',
    input: Link.extend({ session: Session }),
    output: z.object({ url: z.string(), state: z.string() }),
  },
  /** The builder came back from Twitch; `code` null when they refused there. */
  finishTwitchLink: {
    path: '/api/internal/finish-twitch-link',
    callers: ['web'],
    kind: 'write',
    input: z.object({ state: z.string().max(200), code: z.string().max(500).nullable(), session: Session }),
    output: ChannelView,
  },
  unlinkTwitch: {
    path: '/api/internal/unlink-twitch',
    callers: ['bot'],
    kind: 'write',
    input: z.object({ userId: Snowflake }),
    output: BuilderView,
  },
  /** Is this really them? */
  identify: {
    path: '/api/internal/identify',
    callers: ['bot', 'web'],
    kind: 'read',
    input: z.object({ userId: Snowflake }),
    output: IdentityView,
  },

  // People
  profile: {
    path: '/api/internal/profile',
    callers: ['bot'],
    kind: 'read',
    input: z.object({ person: Person }),
    output: ProfileView,
  },
  dashboard: {
    path: '/api/internal/dashboard',
    callers: ['bot'],
    kind: 'read',
    input: z.object({ userId: Snowflake }),
    output: DashboardView,
  },

  // Money
  /** A builder's own money, order by order. */
  money: {
    path: '/api/internal/money',
    callers: ['bot'],
    kind: 'read',
    input: z.object({ userId: Snowflake, cursor: z.string().max(300).nullable() }),
    output: MoneyView,
  },
  /** A builder gives money back for an order of theirs; `amount` as typed, empty for all that is left. */
  refundOrder: {
    path: '/api/internal/refund-order',
    callers: ['bot'],
    kind: 'write',
    input: z.object({ userId: Snowflake, orderId: OrderId, amount: z.string().max(200), reason: Typed }),
    output: OrderView,
  },

  /** The numbered receipt behind an order's link; not_paid until it has its number. */
  receipt: {
    path: '/api/internal/receipt',
    callers: ['web'],
    kind: 'read',
    input: Link,
    output: ReceiptView,
  },
  /** A builder's month, behind their link. */
  statement: {
    path: '/api/internal/statement',
    callers: ['web'],
    kind: 'read',
    input: Link.extend({ month: Month }),
    output: StatementView,
  },
  /** A builder's own records as a table; `month` null is everything. */
  exportCsv: {
    path: '/api/internal/export-csv',
    callers: ['web'],
    kind: 'read',
    input: Link.extend({ kind: ExportKind, month: Month.nullable() }),
    output: CsvFile,
  },

  // Cases
  openCase: {
    path: '/api/internal/open-case',
    callers: ['bot'],
    kind: 'write',
    input: z.object({ buyer: Person, orderId: OrderId, text: Typed, pictures: Uploads }),
    output: CaseView,
  },
  /** The buyer, the builder or an operator adds words or pictures. */
  addToCase: {
    path: '/api/internal/add-to-case',
    callers: ['bot'],
    kind: 'write',
    input: z.object({
      person: Person,
      operator: z.boolean(),
      caseId: CaseId,
      text: Typed,
      pictures: Uploads,
    }),
    output: CaseView,
  },
  getCase: {
    path: '/api/internal/get-case',
    callers: ['bot'],
    kind: 'read',
    /** `userId` null: the bot itself, drawing the thread. */
    input: z.object({ userId: Snowflake.nullable(), operator: z.boolean(), caseId: CaseId }),
    output: CaseView,
  },

  // Operators: the bot has seen that this person may manage the server. Every write names a reason and is audited.
  operatorQueue: {
    path: '/api/internal/operator-queue',
    callers: ['bot'],
    kind: 'read',
    input: z.object({ operator: Person }),
    output: OperatorQueue,
  },
  getOrderAsOperator: {
    path: '/api/internal/get-order-as-operator',
    callers: ['bot'],
    kind: 'read',
    input: z.object({ operator: Person, orderId: OrderId }),
    output: OrderView,
  },
  decideBuilder: {
    path: '/api/internal/decide-builder',
    callers: ['bot'],
    kind: 'write',
    input: z.object({ operator: Person, builderId: Snowflake, status: BuilderStatus, reason: Typed }),
    output: BuilderView,
  },
  /** Terms for orders from a day on; orders that began before keep theirs. */
  setTerms: {
    path: '/api/internal/set-terms',
    callers: ['bot'],
    kind: 'write',
    input: z.object({
      operator: Person,
      builderId: Snowflake,
      settlement: Settlement,
      /** Hundredths of a percent; null is the collective's own rate. */
      feeBps: z.int().min(0).max(5_000).nullable(),
      /** The first day, by UTC, as typed: `2026-12-01`. Empty is now. */
      startDay: z.string().max(200),
      reason: Typed,
    }),
    output: BuilderView,
  },
  refundAsOperator: {
    path: '/api/internal/refund-as-operator',
    callers: ['bot'],
    kind: 'write',
    input: z.object({ operator: Person, orderId: OrderId, amount: z.string().max(200), reason: Typed }),
    output: OrderView,
  },
  releaseAsOperator: {
    path: '/api/internal/release-as-operator',
    callers: ['bot'],
    kind: 'write',
    input: z.object({ operator: Person, orderId: OrderId, reason: Typed }),
    output: OrderView,
  },
  decideCase: {
    path: '/api/internal/decide-case',
    callers: ['bot'],
    kind: 'write',
    input: z.object({
      operator: Person,
      caseId: CaseId,
      decision: CaseDecision,
      /** As typed; only for part_refund. */
      amount: z.string().max(200),
      reason: Typed,
    }),
    output: CaseView,
  },
  /** Stop or resume selling: one drop, one builder's drops, or everything. */
  pauseSelling: {
    path: '/api/internal/pause-selling',
    callers: ['bot'],
    kind: 'write',
    input: z.object({
      operator: Person,
      what: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('drop'), dropId: DropId }),
        z.object({ kind: z.literal('builder'), builderId: Snowflake }),
        z.object({ kind: z.literal('all') }),
      ]),
      paused: z.boolean(),
      reason: Typed,
    }),
    /** `stops`: everything that keeps it from being sold now, each once; empty when it is on sale. */
    output: z.object({ paused: z.boolean(), stops: z.array(SellingStop) }),
  },
  /** Everybody's records as a table; `month` null is everything. */
  exportAsOperator: {
    path: '/api/internal/export-as-operator',
    callers: ['bot'],
    kind: 'read',
    input: z.object({ operator: Person, kind: ExportKind, month: Month.nullable() }),
    output: CsvFile,
  },
  /** Compare our books with Stripe's now. Reads much: give it a minute. */
  checkMoney: {
    path: '/api/internal/check-money',
    callers: ['bot'],
    kind: 'read',
    input: z.object({ operator: Person }),
    output: MoneyReport,
  },
  /** As checkMoney, and mend what is safe to mend; the answer tells what was found before. */
  mendMoney: {
    path: '/api/internal/mend-money',
    callers: ['bot'],
    kind: 'write',
    input: z.object({ operator: Person, reason: Typed }),
    output: MoneyReport,
  },
  /** The dispute of an order, Stripe's deadline, and the evidence as it would be sent. */
  getDispute: {
    path: '/api/internal/get-dispute',
    callers: ['bot'],
    kind: 'read',
    input: z.object({ operator: Person, orderId: OrderId }),
    output: DisputeView,
  },
  /** Send that evidence to the bank, once, with the operator's own words on top. */
  submitEvidence: {
    path: '/api/internal/submit-evidence',
    callers: ['bot'],
    kind: 'write',
    input: z.object({ operator: Person, orderId: OrderId, reason: Typed }),
    output: DisputeView,
  },
  auditLog: {
    path: '/api/internal/audit-log',
    callers: ['bot'],
    kind: 'read',
    input: z.object({ operator: Person, limit: z.int().min(1).max(100) }),
    /** Newest first; `intact` is false when the chain does not fit. */
    output: z.object({ entries: z.array(AuditEntry), intact: z.boolean() }),
  },

  // Work that waits
  /**
   * One round of due work, bounded in time and number, for a scheduler where core has no timer. It writes, but needs no
   * key: every effect is claimed by one round, so rounds may overlap and repeat.
   */
  runJobs: {
    path: '/api/internal/jobs/run',
    callers: ['scheduler'],
    kind: 'read',
    input: z.strictObject({}),
    output: z.object({
      /** Runs by kind of effect, failed ones included; those are tried again later. */
      ran: z.record(z.string(), z.int().nonnegative()),
      failed: z.int().nonnegative(),
      /** What is due still: more than nothing asks for another round. */
      left: z.int().nonnegative(),
    }),
  },

  // Pictures
  getPicture: {
    path: '/api/internal/get-picture',
    callers: ['bot', 'web'],
    kind: 'read',
    input: z.object({
      pictureId: PictureId,
      size: PictureSize,
      /** WebP unless said otherwise. The others come a little later, and not of earlier pictures: not_found. */
      format: PictureFormat.optional(),
    }),
    /** Re-encoded by core. */
    output: z.object({ base64: z.string() }),
  },
} as const satisfies Record<string, Route>

export type RouteName = keyof typeof ROUTES
export type Input<N extends RouteName> = z.infer<(typeof ROUTES)[N]['input']>
export type Output<N extends RouteName> = z.infer<(typeof ROUTES)[N]['output']>

/** What every refusal looks like on the wire. */
export const ErrorBody = z.object({
  error: z.object({ code: z.string(), message: z.string(), requestId: z.string() }),
})
export type ErrorBody = z.infer<typeof ErrorBody>

export const REQUEST_ID_HEADER = 'x-request-id'
export const IDEMPOTENCY_KEY_HEADER = 'idempotency-key'
/** How long the caller waits for the answer, milliseconds: core says `unavailable` before that. */
export const PATIENCE_HEADER = 'x-patience-ms'
