import type { Deliveries } from './deliveries.ts'
import type { Modes, Tables } from './tables.ts'

/** The one API version this stand-in speaks: the one the installed client is pinned to. */
export const API_VERSION = '2026-10-28.endive'

/** The platform's own account. */
export const PLATFORM_ID = 'acct_1LocalPlatform0001'

/** The platform as the taker of application fees. */
export const APPLICATION_ID = 'ca_LocalPlatform000000000000001'

/** What every operation and page works on. */
export interface Stand {
  readonly tables: Tables
  readonly deliveries: Deliveries
  /** UTC ms, moved by hand as `modesOf(stand).movedByMs` says. */
  readonly clock: () => number
  /** Where this server is reached, without a trailing slash. */
  readonly url: () => string
  readonly log: (message: string) => void
  /** The API request that events are caused by; both null for what pages, controls and the clock do. */
  readonly cause: { readonly id: string | null; readonly idempotency_key: string | null }
}

/** Epoch seconds, as Stripe counts. */
export function seconds(stand: Stand): number {
  return Math.floor(stand.clock() / 1000)
}

/** The id of a reference that the SDK types as "id or expanded object"; here it is always stored as the id. */
export function idOf(reference: string | { readonly id: string } | null | undefined): string {
  return typeof reference === 'string' ? reference : (reference?.id ?? '')
}

/** What was switched by hand. */
export function modesOf(stand: Stand): Modes {
  return stand.tables.modes.get('now') ?? { movedByMs: 0, holdRefunds: false }
}

/** Switch something by hand, for good. */
export function setModes(stand: Stand, change: Partial<Modes>): Modes {
  const modes = { ...modesOf(stand), ...change }
  stand.tables.modes.set('now', modes)
  return modes
}
