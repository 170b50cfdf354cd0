import type { KeyObject } from 'node:crypto'
import type { Currency } from '#contract'
import type { StreamRules } from '../domain/channel.ts'
import type { ConnectAccounts } from '../ports/accounts.ts'
import type { Clock } from '../ports/clock.ts'
import type { Identity } from '../ports/identity.ts'
import type { Media } from '../ports/media.ts'
import type { Messenger } from '../ports/messenger.ts'
import type { PaymentRecords } from '../ports/payment-records.ts'
import type { Payments } from '../ports/payments.ts'
import type { Store } from '../ports/store.ts'
import type { Streams } from '../ports/streams.ts'
import type { MakeChange } from './change.ts'

/** The collective's own choices. */
export interface Settings {
  /** The shop's public origin, no trailing slash. */
  readonly webUrl: string
  readonly currency: Currency
  /** The platform's fee on new drops, in hundredths of a percent. */
  readonly feeBps: number
  readonly holdMs: number
  /** A new builder waits for an operator. */
  readonly approvalNeeded: boolean
  /** How long after shipping the share is released by itself. */
  readonly releaseAfterMs: number
  /** How long a payment may be held, and when people are warned of that. */
  readonly holding: { readonly warnMs: number; readonly limitMs: number; readonly end: 'refund' | 'release' }
  /** How often what never came from Stripe is looked for. */
  readonly reconcileEveryMs: number
  /** Null: this collective does without Twitch. */
  readonly twitch: TwitchSettings | null
  /** Signs the links that lead people from Discord to the web. */
  readonly linkSecret: KeyObject
}

export interface TwitchSettings extends StreamRules {
  /** webhook: Twitch calls us. poll: it cannot, and its list of live streams is looked at instead. */
  readonly hears: 'webhook' | 'poll'
  readonly tendEveryMs: number
}

/** What a use case may need; each takes the part it uses. */
export interface Deps {
  readonly store: Store
  readonly change: MakeChange
  readonly clock: Clock
  readonly payments: Payments
  readonly records: PaymentRecords
  readonly accounts: ConnectAccounts
  readonly media: Media
  /** Null: browsers cannot log in. */
  readonly identity: Identity | null
  /** Null: this collective does without Twitch. */
  readonly streams: Streams | null
  readonly messenger: Messenger
  readonly settings: Settings
}
