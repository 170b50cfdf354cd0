import { DatabaseSync } from 'node:sqlite'
import type { OrderStatus } from '#contract'

/** What the proof reads of an order; nothing else of it is known here. Minor units, UTC milliseconds. */
export interface OrderSeen {
  readonly orderId: string
  readonly dropId: string
  readonly buyerId: string
  readonly status: OrderStatus
  readonly holdUntil: number
  readonly total: number
  readonly share: number
  readonly payment: { readonly paymentIntentId: string; readonly stripeFee: number | null } | null
  readonly transferId: string | null
  /** Why Stripe refuses the transfer. */
  readonly blocked: object | null
  /** What core itself found wrong between its books and Stripe's. */
  readonly drift: { readonly sentence: string } | null
}

export interface DropSeen {
  readonly dropId: string
  readonly quantity: number
  readonly available: number
  readonly held: number
  readonly sold: number
  readonly status: 'scheduled' | 'open' | 'paused' | 'closed'
  /** How many the drop counts in line for a unit that comes back. */
  readonly waitlist: { readonly waiting: number }
}

/** Somebody in line. */
export interface PlaceSeen {
  readonly dropId: string
}

export interface LedgerRowSeen {
  readonly orderId: string
  readonly lines: readonly { readonly account: string; readonly amount: number }[]
}

/** Something core still means to do. */
export interface WishSeen {
  readonly id: string
  readonly kind: string
  readonly subject: string
  readonly dueAt: number
  readonly leaseUntil: number
  readonly lastError: string | null
}

/** All that core has written down. */
export interface Books {
  readonly orders: readonly OrderSeen[]
  readonly drops: readonly DropSeen[]
  readonly line: readonly PlaceSeen[]
  readonly ledger: readonly LedgerRowSeen[]
  readonly wishes: readonly WishSeen[]
}

/** Where core's engine keeps them. Firestore is Google's emulator, host:port. */
export type BooksPlace =
  | { readonly store: 'sqlite'; readonly path: string }
  | { readonly store: 'firestore'; readonly emulatorHost: string; readonly projectId: string }

export interface BooksReader extends Disposable {
  read(): Promise<Books>
  wishes(): Promise<readonly WishSeen[]>
}

type BooksCollection = 'orders' | 'inventory' | 'waitlist' | 'ledger' | 'outbox'
type ReadAll = (collection: BooksCollection) => Promise<readonly object[]>

/** Reads core's data beside it and past its own code, so that a mistake there is not repeated here. */
export function openBooks(place: BooksPlace): BooksReader {
  const { readAll, close } = place.store === 'sqlite' ? inFile(place.path) : inEmulator(place)
  const all = async <T>(collection: BooksCollection) => (await readAll(collection)) as T[]
  return {
    wishes: () => all<WishSeen>('outbox'),
    async read() {
      const [orders, drops, line, ledger, wishes] = await Promise.all([
        all<OrderSeen>('orders'),
        all<DropSeen>('inventory'),
        all<PlaceSeen>('waitlist'),
        all<LedgerRowSeen>('ledger'),
        all<WishSeen>('outbox'),
      ])
      return { orders, drops, line, ledger, wishes }
    },
    [Symbol.dispose]: close,
  }
}

function inFile(path: string): { readonly readAll: ReadAll; close(): void } {
  const db = new DatabaseSync(path, { readOnly: true })
  db.exec('PRAGMA busy_timeout = 5000')
  return {
    async readAll(collection) {
      const rows = db.prepare(`SELECT id, value FROM ${collection}`).all()
      return rows.map(({ id, value }) => ({ id, ...JSON.parse(String(value)) }))
    },
    close: () => db.close(),
  }
}

/** Over Firestore's REST interface (firebase.google.com/docs/firestore/use-rest-api), as anybody would. */
function inEmulator(place: { readonly emulatorHost: string; readonly projectId: string }): {
  readonly readAll: ReadAll
  close(): void
} {
  const { emulatorHost, projectId } = place
  const documents = `http://${emulatorHost}/v1/projects/${projectId}/databases/(default)/documents`
  return {
    async readAll(collection) {
      const all: object[] = []
      let pageToken = ''
      do {
        const response = await fetch(`${documents}/${collection}?pageSize=300&pageToken=${pageToken}`, {
          headers: { authorization: 'Bearer owner' },
        })
        if (!response.ok) throw new Error(`${collection}: ${response.status} ${await response.text()}`)
        const page = (await response.json()) as {
          readonly documents?: readonly {
            readonly name: string
            readonly fields: { readonly json: { readonly stringValue: string } }
          }[]
          readonly nextPageToken?: string
        }
        for (const { name, fields } of page.documents ?? []) {
          const id = decodeURIComponent(name.split('/').at(-1) ?? '')
          all.push({ id, ...(JSON.parse(fields.json.stringValue) as object) })
        }
        pageToken = page.nextPageToken ?? ''
      } while (pageToken)
      return all
    },
    close() {},
  }
}

/** Has core come to rest at `now`: nothing due, nothing in hand, nothing that failed and will be tried again? */
export function isAtRest(wishes: readonly WishSeen[], now: number): boolean {
  return wishes.every(
    ({ dueAt, leaseUntil, lastError }) => lastError === null && dueAt > now && leaseUntil <= now,
  )
}

interface SessionAtStripe {
  readonly id: string
  readonly client_reference_id: string | null
  readonly status: 'open' | 'complete' | 'expired'
  readonly payment_status: 'paid' | 'unpaid'
  readonly payment_intent: string | null
  /** UTC seconds. */
  readonly created: number
  readonly expires_at: number
}
interface ChargeAtStripe {
  readonly id: string
  readonly payment_intent: string | null
}
interface TransferAtStripe {
  readonly id: string
  readonly amount: number
  readonly metadata: { readonly order_id?: string }
}
interface RefundAtStripe {
  readonly id: string
  readonly amount: number
  readonly status: string
  readonly payment_intent: string | null
}
interface MovementAtStripe {
  readonly id: string
  /** The charge, transfer or refund behind it. */
  readonly source: string
  readonly net: number
  readonly fee: number
}

/** What Stripe says, minor units; `balance` is the platform's, available and pending. */
export interface AtStripe {
  readonly sessions: readonly SessionAtStripe[]
  readonly charges: readonly ChargeAtStripe[]
  readonly transfers: readonly TransferAtStripe[]
  readonly refunds: readonly RefundAtStripe[]
  readonly movements: readonly MovementAtStripe[]
  readonly balance: number
}

/** Reads Stripe through its API as anybody would. */
export async function readStripe(stripeUrl: string, secretKey: string): Promise<AtStripe> {
  async function ask<T>(path: string): Promise<T> {
    const response = await fetch(stripeUrl + path, { headers: { authorization: `Bearer ${secretKey}` } })
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`)
    return (await response.json()) as T
  }
  async function list<T extends { readonly id: string }>(path: string): Promise<T[]> {
    const all: T[] = []
    for (;;) {
      const after = all.at(-1) ? `&starting_after=${all.at(-1)?.id}` : ''
      const page = await ask<{ data: T[]; has_more: boolean }>(`${path}?limit=100${after}`)
      all.push(...page.data)
      if (!page.has_more) return all
    }
  }
  const [sessions, charges, transfers, refunds, movements, balance] = await Promise.all([
    list<SessionAtStripe>('/v1/checkout/sessions'),
    list<ChargeAtStripe>('/v1/charges'),
    list<TransferAtStripe>('/v1/transfers'),
    list<RefundAtStripe>('/v1/refunds'),
    list<MovementAtStripe>('/v1/balance_transactions'),
    ask<{ available: { amount: number }[]; pending: { amount: number }[] }>('/v1/balance'),
  ])
  return {
    sessions,
    charges,
    transfers,
    refunds,
    movements,
    balance: [...balance.available, ...balance.pending].reduce((sum, { amount }) => sum + amount, 0),
  }
}
