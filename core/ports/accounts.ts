/** A builder's account at Stripe, always freshly read. */
export interface ConnectedAccount {
  readonly accountId: string
  /** It may receive transfers now. */
  readonly transfers: boolean
  /** The builder went through onboarding; Stripe may ask for more later. */
  readonly detailsSubmitted: boolean
  /** What Stripe asks the builder for now, overdue things included, in Stripe's own names. */
  readonly currentlyDue: readonly string[]
  /** Two capital letters; null when Stripe does not say. */
  readonly country: string | null
  /** Deleted, closed or disconnected, for good: nothing can be sent to it or done with it. */
  readonly lost: boolean
}

/** Builders' accounts with the Express dashboard. Every method may throw PaymentsError. */
export interface ConnectAccounts {
  /** The same key answers with the same account. */
  create(request: { readonly builderId: string; readonly idempotencyKey: string }): Promise<ConnectedAccount>
  /** An account that is deleted or disconnected reads as one that is lost. */
  read(accountId: string): Promise<ConnectedAccount>
  /** A fresh single-use address where the builder answers Stripe's questions. Never store or log it. */
  createOnboardingLink(request: {
    readonly accountId: string
    /** Asked for when the link was used or is too old: must lead to a fresh one. */
    readonly refreshUrl: string
    /** The builder left Stripe's pages, finished or not: read the account. */
    readonly returnUrl: string
  }): Promise<string>
  /** A fresh single-use address of the builder's own dashboard. Refused before onboarding. Never store or log it. */
  createDashboardLink(accountId: string): Promise<string>
}
