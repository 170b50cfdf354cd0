import type { Person } from '#contract'

/** Where a browser proves which member it belongs to: Discord. */
export interface Identity {
  /** Discord's page that asks the person; comes back to web with `state`. */
  authorizeUrl(state: string): string
  /**
   * Who came back with this code. Throws AppError login_refused for a code that is not good, `unavailable` when Discord
   * does not answer.
   */
  identify(code: string): Promise<Person>
}
