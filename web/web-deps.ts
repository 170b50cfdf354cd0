import type { Hono } from 'hono'
import type { Logger } from 'pino'
import type { CoreClient } from '#contract'
import type { Telemetry } from '../runtime/telemetry.ts'
import type { Assets } from './assets.ts'
import type { Operator } from './config.ts'
import type { PublicPages } from './public-pages.ts'
import type { ReaderOf } from './reader.ts'
import type { CardPainter } from './social/card-painter.ts'

/** Everything the pages are made with. */
export interface WebDeps {
  readonly core: Pick<
    CoreClient,
    | 'beginLogin'
    | 'exportCsv'
    | 'finishLogin'
    | 'finishTwitchLink'
    | 'getDrop'
    | 'getPicture'
    | 'identify'
    | 'listDrops'
    | 'openDashboard'
    | 'openOnboarding'
    | 'openPayment'
    | 'openTwitchLink'
    | 'orderForReturn'
    | 'orderOfVisitor'
    | 'ordersOfVisitor'
    | 'readTwitchLink'
    | 'receipt'
    | 'returnFromOnboarding'
    | 'statement'
  >
  readonly assets: Assets
  readonly pages: PublicPages
  readonly painter: CardPainter
  /** Where browsers reach us, without a trailing slash. */
  readonly origin: string
  readonly inviteUrl: string | null
  readonly operator: Operator | null
  readonly readerOf: ReaderOf
  /** Aborted when it is about to stop: what would stay open ends then. */
  readonly leaving: AbortSignal
  readonly log: Logger
  readonly telemetry: Telemetry
  /** UTC milliseconds. */
  readonly now: () => number
}

export interface WebEnv {
  Variables: { readonly requestId: string }
}

export type WebApp = Hono<WebEnv>
