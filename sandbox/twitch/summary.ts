import type { Faults } from '../faults.ts'
import { currentStream } from './acts.ts'
import type { Stand } from './stand.ts'
import { totals } from './subscriptions.ts'

/** What there is and what happened, newest first, without secrets and tokens. */
export function summarise(stand: Stand, faults: Faults) {
  const { tables, messages } = stand
  return {
    users: tables.users
      .values()
      .map((user) => ({
        ...user,
        authorised: tables.grants.get(user.id) !== undefined,
        stream: currentStream(stand, user.id) ?? null,
      }))
      .toReversed(),
    subscriptions: tables.subscriptions
      .values()
      .map(({ secret: _, ...subscription }) => subscription)
      .toReversed(),
    total_cost: totals(stand).totalCost,
    messages: tables.messages.values().toReversed(),
    mood: messages.mood(),
    settings: tables.settings(),
    faults: faults.list(),
  }
}
