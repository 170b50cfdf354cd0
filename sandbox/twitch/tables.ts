import { randomBytes } from 'node:crypto'
import { BROADCASTERS } from '../cast.ts'
import type { State, Table } from '../state.ts'

export interface UserRecord {
  readonly id: string
  readonly login: string
  readonly display_name: string
  readonly description: string
  readonly created_at: string
}

/** The app may act for this user, from the consent page until the user disconnects it. */
export interface GrantRecord {
  readonly userId: string
  readonly scope: readonly string[]
}

export interface CodeRecord {
  readonly code: string
  readonly userId: string
  readonly redirectUri: string
  readonly scope: readonly string[]
  /** UTC ms */
  readonly expiresAt: number
}

export interface TokenRecord {
  readonly token: string
  /** Null for an app's own token. */
  readonly userId: string | null
  readonly scope: readonly string[]
  /** UTC ms; a refresh token has none. */
  readonly expiresAt: number | null
}

export const STREAM_TYPES = ['live', 'playlist', 'watch_party', 'premiere', 'rerun'] as const

export interface StreamRecord {
  readonly id: string
  readonly userId: string
  readonly type: (typeof STREAM_TYPES)[number]
  readonly title: string
  readonly game: string
  /** UTC ms */
  readonly startedAt: number
  /** UTC ms; null while on air. */
  readonly endedAt: number | null
}

export interface SubscriptionRecord {
  readonly id: string
  /** Counts up: the order of the listing. */
  readonly position: number
  readonly status: string
  readonly type: string
  readonly version: string
  readonly condition: Readonly<Record<string, string>>
  readonly callback: string
  /** Never told to anybody. */
  readonly secret: string
  readonly created_at: string
  readonly cost: number
  /** UTC ms; null while it lives. */
  readonly endedAt: number | null
}

export interface MessageTry {
  /** UTC ms */
  readonly at: number
  readonly status: number | null
  readonly problem: string | null
}

/** A message on its way to a callback. Its body and timestamp stay what they were when it is sent again. */
export interface MessageRecord {
  readonly id: string
  readonly subscriptionId: string
  readonly kind: 'webhook_callback_verification' | 'notification' | 'revocation'
  readonly type: string
  readonly version: string
  readonly callback: string
  /** Messages of one lane go one after another: whom or what the subscription is about. */
  readonly lane: string
  readonly body: string
  readonly timestamp: string
  readonly state: 'due' | 'delivered' | 'given_up' | 'lost'
  /** UTC ms */
  readonly nextAt: number
  readonly retry: number
  readonly tries: readonly MessageTry[]
}

/** What can be switched by hand and outlives a restart. */
export interface Settings {
  /** How far the clock was moved, in ms. */
  readonly movedByMs: number
  /** Points of the Helix bucket, and how many come back in a minute. */
  readonly pointsPerMinute: number
  /** Subscriptions in one page of the listing. Twitch does not say its number; a small one makes clients page. */
  readonly pageSize: number
  readonly maxTotalCost: number
  /** How long a stream is missing from GET /helix/streams after it began, and still listed after it ended, in ms. */
  readonly appearMs: number
  readonly lingerMs: number
  /** Refuse callbacks that the real Twitch refuses: anything but https on port 443. */
  readonly strictCallbacks: boolean
  /** The challenge is asked before POST /eventsub/subscriptions is answered, not about then. */
  readonly challengeFirst: boolean
}

const SETTINGS: Settings = {
  movedByMs: 0,
  pointsPerMinute: 800,
  pageSize: 20,
  maxTotalCost: 10_000,
  appearMs: 0,
  lingerMs: 0,
  strictCallbacks: false,
  challengeFirst: false,
}
const FIRST_STREAM_ID = 40_000_000_001

export interface Tables {
  readonly users: Table<UserRecord>
  readonly grants: Table<GrantRecord>
  readonly codes: Table<CodeRecord>
  readonly tokens: Table<TokenRecord>
  readonly refreshTokens: Table<TokenRecord>
  readonly streams: Table<StreamRecord>
  readonly subscriptions: Table<SubscriptionRecord>
  readonly messages: Table<MessageRecord>
  settings(): Settings
  change(settings: Partial<Settings>): void
  /** The next number of this name; never twice, even over restarts. */
  next(name: 'user' | 'stream' | 'subscription'): number
}

/** All that the local Twitch remembers. A new state has the channels of the cast. */
export function openTables(state: State): Tables {
  const settings = state.table<Partial<Settings>>('twitch.settings')
  const counters = state.table<number>('twitch.counters')
  const users = state.table<UserRecord>('twitch.channels')
  if (users.values().length === 0)
    for (const user of Object.values(BROADCASTERS))
      users.set(user.id, {
        ...user,
        description: 'Makes things, slowly and on camera.',
        created_at: '2021-03-04T10:00:00Z',
      })
  const now = (): Settings => ({ ...SETTINGS, ...settings.get('now') })
  return {
    users,
    grants: state.table('twitch.grants'),
    codes: state.table('twitch.codes'),
    tokens: state.table('twitch.access_tokens'),
    refreshTokens: state.table('twitch.refresh_tokens'),
    streams: state.table('twitch.broadcasts'),
    subscriptions: state.table('twitch.eventsub'),
    messages: state.table('twitch.messages'),
    settings: now,
    change: (change) => settings.set('now', { ...now(), ...change }),
    next(name) {
      const first = { user: 1_001, stream: FIRST_STREAM_ID, subscription: 1 }[name]
      const number = counters.get(name) ?? first
      counters.set(name, number + 1)
      return number
    },
  }
}

/** 30 lowercase characters, like Twitch's tokens and codes. */
export function makeToken(): string {
  return randomBytes(15).toString('hex')
}
