import type { z } from 'zod'
import type { PayoutState } from '#contract'

/** A maker who sells. `accountId` is their Stripe connected account. */
export interface Builder {
  readonly userId: string
  readonly name: string
  readonly accountId: string | null
  readonly transfers: boolean
  readonly detailsSubmitted: boolean
  readonly joinedAt: number
}

export function payoutState(builder: Builder): z.infer<typeof PayoutState> {
  if (!builder.accountId) return 'none'
  return builder.transfers ? 'ready' : 'incomplete'
}
