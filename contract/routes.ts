import { z } from 'zod'
import {
  BuilderView,
  DashboardView,
  DraftId,
  DraftView,
  DropForm,
  DropId,
  DropView,
  OrderId,
  OrderView,
  Person,
  PictureId,
  ProfileView,
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

const Link = z.object({ token: z.string().max(200) })

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
  /** The builder came back from Stripe: read the account again and say how it stands. */
  returnFromOnboarding: {
    path: '/api/internal/return-from-onboarding',
    callers: ['web'],
    kind: 'read',
    input: Link,
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
  publishDrop: {
    path: '/api/internal/publish-drop',
    callers: ['bot'],
    kind: 'write',
    input: z.object({ userId: Snowflake, draftId: DraftId }),
    output: DropView,
  },
  getDrop: {
    path: '/api/internal/get-drop',
    callers: ['bot', 'web'],
    kind: 'read',
    input: z.object({ dropId: DropId }),
    output: DropView,
  },
  /** Newest first. `cursor` is opaque and comes from the page before. */
  listDrops: {
    path: '/api/internal/list-drops',
    callers: ['bot', 'web'],
    kind: 'read',
    input: z.object({
      status: z.enum(['open', 'closed']),
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

  // Pictures
  getPicture: {
    path: '/api/internal/get-picture',
    callers: ['bot', 'web'],
    kind: 'read',
    input: z.object({ pictureId: PictureId, size: z.enum(['card', 'full']) }),
    /** Always WebP, re-encoded by core. */
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
