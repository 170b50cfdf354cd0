import type { HttpBindings } from '@hono/node-server'
import type { RegisteredApp } from '../config.ts'
import type { Messages } from './messages.ts'
import type { Tables, TokenRecord } from './tables.ts'

/** What every route and page works on. */
export interface Stand {
  /** The only one there is here. */
  readonly app: RegisteredApp
  readonly tables: Tables
  readonly messages: Messages
  /** UTC ms */
  readonly clock: () => number
  /** Where this server is reached, without a trailing slash. */
  readonly url: () => string
  readonly log: (message: string) => void
}

/** `token` is set for every Helix route. */
export type Env = { Bindings: HttpBindings; Variables: { token: TokenRecord } }
