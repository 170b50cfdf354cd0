import type { AuditEntry, Person } from '#contract'
import type { AuditHead } from '../domain/audit.ts'
import type { Builder } from '../domain/builder.ts'
import type { Case } from '../domain/case.ts'
import type { Stream } from '../domain/channel.ts'
import type { Claim, Draft, Drop, Reminder, WaitlistPlace } from '../domain/drop.ts'
import type { Effect, NoticeWish } from '../domain/effect.ts'
import type { LedgerEntry } from '../domain/ledger.ts'
import type { Order } from '../domain/order.ts'
import type { Totals } from '../domain/totals.ts'

/** A person who has something to read that could not be said privately. */
export interface User extends Person {
  /** Newest first. */
  readonly missed: readonly Missed[]
}

/** As it stood in the effect that could tell it nowhere. */
export interface Missed {
  readonly subject: string
  readonly notice: NoticeWish
  readonly at: number
}

/** A message from outside, kept so that a second delivery is known: a vendor's event, or a caller's write. */
export interface InboxEntry {
  readonly receivedAt: number
  /** The event's type, or the route's name. */
  readonly type: string
  /** What the first delivery led to, for writes that must answer again; null for events. */
  readonly result: string | null
}

/** How far what Stripe remembers was looked through. */
export interface Look {
  /** UTC ms: Stripe's events until then were taken. */
  readonly eventsUntil: number
  /** UTC ms of the last comparison of our books with Stripe's. */
  readonly comparedAt: number
  /** UTC ms of the last that read the whole ledger; older cores do not say. */
  readonly wholeComparedAt?: number
  /** What that comparison hoped to mend by looking again: as `code subject`. Still there next time, it is a drift. */
  readonly suspects: readonly string[]
}

/**
 * Leave to do one thing once, soon: its id is the hash of a secret that one person or browser was given. Of a login, which
 * proves itself, it is the sign that it was used.
 */
export interface Ticket {
  readonly purpose: 'twitch_link' | 'twitch_state' | 'login'
  /** Who may use it; null for one that makes a person known. */
  readonly userId: string | null
  /** Where to go on afterwards: a path of our web. */
  readonly next: string | null
  /** UTC ms. */
  readonly expiresAt: number
}

/** Every document kind by collection. */
export interface Collections {
  users: User
  builders: Builder
  drafts: Draft
  inventory: Drop
  claims: Claim
  /** By drop and person; see reminderId. Gone once they are told. */
  reminders: Reminder
  /** By drop and person; see waitlistId. Gone once they are offered a unit, or none can come back. */
  waitlist: WaitlistPlace
  orders: Order
  /** By builder, and of everybody: what the oldest rows of the ledger come to. */
  totals: Totals
  ledger: LedgerEntry
  inbox: InboxEntry
  outbox: Effect
  cases: Case
  /** By Twitch's channel id: whose it is. */
  channels: { readonly builderId: string }
  streams: Stream
  tickets: Ticket
  audit: AuditEntry
  /** One document, `head`. */
  auditHead: AuditHead
  /** One document, `selling`: an operator's switch for everything. */
  switches: { readonly paused: boolean }
  /** One document, `stripe`: how far what Stripe remembers was looked through. */
  looks: Look
  /** One document, `receipts`: the last number given to a receipt or a credit note. */
  counters: { readonly last: number }
  /** Who stands in line for what several processes want to change. Only time rests on it. */
  turns: { readonly lane: string; readonly by: string; readonly since: number }
}
export type CollectionName = keyof Collections

/** The fields a query may name, per collection. An engine keeps these where it can search them. */
export const SEARCHABLE = {
  users: [],
  builders: ['accountId', 'status', 'joinedAt'],
  drafts: [],
  inventory: ['status', 'builderId', 'openedAt'],
  claims: [],
  reminders: [],
  waitlist: ['dropId', 'number'],
  orders: ['buyerId', 'builderId', 'status', 'attention', 'chargeId', 'createdAt'],
  // Before the ledger: a copy knows no totals of rows that it lacks.
  totals: [],
  ledger: ['builderId', 'at'],
  inbox: [],
  outbox: ['queue', 'dueAt'],
  cases: ['status', 'orderId', 'openedAt'],
  channels: [],
  streams: [],
  tickets: [],
  audit: ['seq'],
  auditHead: [],
  switches: [],
  looks: [],
  counters: [],
  turns: ['lane', 'since'],
} as const satisfies { readonly [C in CollectionName]: readonly (keyof Collections[C])[] }

const DAY_MS = 24 * 60 * 60_000

/**
 * What may be forgotten, and how long after the moment in one of its fields; the engine removes it by itself, some time
 * after that. A message can come again as long as its sender tries, and Stripe's list of events goes back thirty days.
 */
export const EXPIRES = {
  inbox: { since: 'receivedAt', afterMs: 60 * DAY_MS },
  drafts: { since: 'createdAt', afterMs: 90 * DAY_MS },
  tickets: { since: 'expiresAt', afterMs: 0 },
} as const satisfies {
  readonly [C in CollectionName]?: { readonly since: keyof Collections[C]; readonly afterMs: number }
}

/** When this document may be forgotten, UTC ms; null for what is kept for ever. */
export function expiryOf(collection: CollectionName, value: object): number | null {
  const rule: { readonly since: string; readonly afterMs: number } | undefined =
    collection in EXPIRES ? EXPIRES[collection as keyof typeof EXPIRES] : undefined
  return rule ? Number((value as Record<string, unknown>)[rule.since]) + rule.afterMs : null
}

export type Searchable<C extends CollectionName> = (typeof SEARCHABLE)[C][number] & keyof Collections[C]

export interface Query<C extends CollectionName> {
  /** All of these fields equal these values. */
  readonly where: { readonly [F in Searchable<C>]?: Collections[C][F] & (string | number) }
  readonly orderBy: Searchable<C>
  readonly direction: 'asc' | 'desc'
  /** Only documents whose orderBy field is at most this. */
  readonly atMost?: number
  readonly limit: number
  /** From the page before. */
  readonly cursor?: string | null
}

/** Engine's own mark of one state of one document. Compare, never interpret. */
export type Version = string | number

export interface Stored<C extends CollectionName> {
  readonly id: string
  readonly version: Version
  readonly value: Collections[C]
}

export interface Page<C extends CollectionName> {
  readonly documents: readonly Stored<C>[]
  readonly cursor: string | null
}

export type Key<C extends CollectionName = CollectionName> = readonly [collection: C, id: string]

export type Write = {
  [C in CollectionName]:
    | { readonly op: 'create'; readonly collection: C; readonly id: string; readonly value: Collections[C] }
    | {
        readonly op: 'replace'
        readonly collection: C
        readonly id: string
        readonly value: Collections[C]
        readonly version: Version
      }
    | { readonly op: 'delete'; readonly collection: C; readonly id: string; readonly version: Version }
}[CollectionName]

/** Id kinds: each id starts with its kind and an underscore. */
export type IdKind = 'drp' | 'dft' | 'ord' | 'pic' | 'cas'

export interface Store {
  get<C extends CollectionName>(collection: C, id: string): Promise<Stored<C> | undefined>
  /** In the order of the keys. */
  getAll(keys: readonly Key[]): Promise<readonly (Stored<CollectionName> | undefined)[]>
  find<C extends CollectionName>(collection: C, query: Query<C>): Promise<Page<C>>
  /** Everything in one collection, ordered by id: for copies and backups. The cursor is the page's last id. */
  scan<C extends CollectionName>(
    collection: C,
    page: { readonly limit: number; readonly cursor: string | null },
  ): Promise<Page<C>>
  /**
   * All or nothing. Throws AppError `conflict` when a document to create exists, or one to replace or delete has
   * another version; `unavailable` when the engine cannot write now (disk full, no connection). On a remote engine
   * `unavailable` leaves open whether it was written: asking again must be harmless.
   */
  commit(writes: readonly Write[]): Promise<void>
  /** A new id in the shape the engine likes: ordered by time where rows are stored in order, random elsewhere. */
  newId(kind: IdKind): string
  close(): Promise<void>
}
