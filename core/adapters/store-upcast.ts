import type { Builder } from '../domain/builder.ts'
import type { Case } from '../domain/case.ts'
import type { Claim, Drop } from '../domain/drop.ts'
import type { Effect, NoticeWish } from '../domain/effect.ts'
import type { Order, OrderDispute, OrderPayment, OrderRefund } from '../domain/order.ts'
import type { CollectionName, Collections, Missed, Page, Store, Stored, User } from '../ports/store.ts'

/**
 * The one place that knows how documents looked in earlier versions: each function makes one of today out of one that
 * may be older. Documents are not rewritten for it; the next change of one stores it as it is today.
 */
const UPCASTS: { readonly [C in CollectionName]?: (stored: Collections[C]) => Collections[C] } = {
  users: upcastUser,
  builders: upcastBuilder,
  inventory: upcastDrop,
  claims: upcastClaim,
  orders: upcastOrder,

  cases: upcastCase,
  outbox: upcastEffect,
}

/** A store in which every document reads as one of today. */
export function createUpcastStore(store: Store): Store {
  function today<C extends CollectionName>(collection: C, stored: Stored<C>): Stored<C> {
    const upcast = UPCASTS[collection]
    return upcast ? { ...stored, value: upcast(stored.value) } : stored
  }
  const page = <C extends CollectionName>(collection: C, { documents, cursor }: Page<C>): Page<C> => ({
    documents: documents.map((stored) => today(collection, stored)),
    cursor,
  })
  return {
    ...store,
    async get(collection, id) {
      const stored = await store.get(collection, id)
      return stored && today(collection, stored)
    },
    async getAll(keys) {
      const found = await store.getAll(keys)
      return found.map((stored, at) => {
        const key = keys[at]
        return stored && key ? today(key[0], stored) : stored
      })
    },
    find: async (collection, query) => page(collection, await store.find(collection, query)),
    scan: async (collection, wanted) => page(collection, await store.scan(collection, wanted)),
  }
}

/** A document in which these fields may be missing. */
type Older<T, F extends keyof T> = Omit<T, F> & Partial<Pick<T, F>>

function upcastNotice(notice: NoticeWish): NoticeWish {
  return { ...notice, about: notice.about ?? 'order' } as NoticeWish
}

/** Runs were not counted: there may have been one. News was about orders only. */
function upcastEffect(effect: Older<Effect, 'runs'>): Effect {
  const { runs = 1, notice } = effect
  return { ...effect, runs, notice: notice && upcastNotice(notice) }
}

type OldMissed = { readonly kind: string; readonly orderId: string; readonly at: number }

function upcastUser(user: User): User {
  const missed = (user.missed as readonly (Missed | OldMissed)[]).map((entry): Missed => {
    if ('notice' in entry) return entry
    const { kind, orderId, at } = entry
    const notice = { about: 'order', userId: user.userId, kind, occasion: at } as NoticeWish
    return { subject: orderId, notice, at }
  })
  return { ...user, missed }
}

/**
 * Terms came without their dates, and before that there were none; nor were there standing, debt, a channel or words of
 * their own.
 */
function upcastBuilder(
  builder: Older<
    Builder,
    'status' | 'terms' | 'statusHistory' | 'currentlyDue' | 'debt' | 'twitch' | 'about' | 'link'
  >,
): Builder {
  const { terms = [], statusHistory = [], twitch = null } = builder
  return {
    ...builder,
    status: builder.status ?? 'approved',
    currentlyDue: builder.currentlyDue ?? [],
    debt: builder.debt ?? 0,
    about: builder.about ?? '',
    link: builder.link ?? null,
    twitch,
    statusHistory,
    terms: terms.map((one) => ({ ...one, at: one.at ?? one.from })),
  }
}

/**
 * A drop carried the terms of its builder as they were then, and no dates; before that it could not be paused. It opened
 * at once, and nobody could wait in line for it.
 */
function upcastDrop(
  drop: Older<Drop, 'terms' | 'destination' | 'closed' | 'pauses' | 'waitsFor' | 'reminders' | 'waitlist'> & {
    readonly settlement?: string
  },
): Drop {
  const { settlement, ...rest } = drop
  const split = [{ from: 0, settlement: 'at_payment', feeBps: drop.feeBps }] as const
  return {
    ...rest,
    terms: drop.terms ?? (settlement === 'at_payment' ? split : []),
    destination: drop.destination ?? null,
    closed: drop.closed ?? drop.status === 'closed',
    pauses: drop.pauses ?? [],
    waitsFor: drop.waitsFor ?? null,
    reminders: drop.reminders ?? 0,
    waitlist: drop.waitlist ?? { waiting: 0, lastNumber: 0 },
  }
}

/** A claim did not remember its requests. */
function upcastClaim(claim: Older<Claim, 'requests'>): Claim {
  return { ...claim, requests: claim.requests ?? [] }
}

type OldOrder = Older<
  Order,
  | 'settlement'
  | 'destination'
  | 'chargeId'
  | 'release'
  | 'refunds'
  | 'receipt'
  | 'caseId'
  | 'dispute'
  | 'drift'
  | 'holdingWarnedAt'
  | 'attention'
>

/**
 * An order came without what was built later: settlements, refunds in parts, cases, disputes and what belongs to them,
 * drifts, receipts. Whatever of that is missing had not happened. The receipt of a paid one is numbered when our books
 * are compared the next time.
 */
function upcastOrder(order: OldOrder): Order {
  const { payment, refunds, dispute } = order
  return {
    ...order,
    settlement: order.settlement ?? 'on_arrival',
    destination: order.destination ?? null,
    payment: payment && upcastPayment(payment),
    chargeId: order.chargeId ?? payment?.chargeId ?? null,
    release: order.release ?? null,
    refunds: (refunds ?? []).map(upcastRefund),
    receipt: order.receipt ?? null,
    caseId: order.caseId ?? null,
    dispute: dispute ? upcastDispute(dispute) : null,
    drift: order.drift ?? null,
    holdingWarnedAt: order.holdingWarnedAt ?? null,
    attention: order.attention ?? null,
  }
}

function upcastPayment(payment: Older<OrderPayment, 'transferId'>): OrderPayment {
  return { ...payment, transferId: payment.transferId ?? null }
}

function upcastRefund(refund: Older<OrderRefund, 'creditNote'>): OrderRefund {
  return { ...refund, creditNote: refund.creditNote ?? null }
}

function upcastDispute(dispute: Older<OrderDispute, 'laterFees' | 'evidence'>): OrderDispute {
  const { evidence, laterFees = [] } = dispute
  return {
    ...dispute,
    laterFees,
    evidence: evidence ? { ...evidence, fileId: evidence.fileId ?? null } : null,
  }
}

/** The silence of a builder was not written down. */
function upcastCase(found: Older<Case, 'silence'>): Case {
  return { ...found, silence: found.silence ?? null }
}
