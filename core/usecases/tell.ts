import type { Effect } from '../domain/effect.ts'
import { noticeId } from '../domain/effect.ts'
import type { Deps } from './deps.ts'
import { toOrderView } from './views.ts'

/** How many untold things are kept for a person; older ones are in their order list anyway. */
const MISSED_KEPT = 20

/** Tell one person one thing, privately. What cannot be said is kept, and shown with their profile. */
export async function tell(
  deps: Pick<Deps, 'store' | 'change' | 'messenger' | 'settings'>,
  effect: Effect,
): Promise<null> {
  if (!effect.notice) return null
  const { userId, kind, occasion } = effect.notice
  const order = (await deps.store.get('orders', effect.subject))?.value
  if (!order) return null
  const reader = userId === order.builderId ? 'builder' : 'buyer'
  const { delivery } = await deps.messenger.push('notify', {
    noticeId: noticeId(order.orderId, kind, occasion),
    userId,
    kind,
    order: toOrderView(order, reader, deps.settings),
    at: effect.createdAt,
  })
  if (delivery !== 'nowhere') return null
  const person = reader === 'builder' ? order.builder : order.buyer
  await deps.change({
    reads: [['users', userId]],
    decide(sheet) {
      const missed = sheet.get('users', userId)?.missed ?? []
      if (
        missed.some(
          (entry) => entry.orderId === order.orderId && entry.kind === kind && entry.at === effect.createdAt,
        )
      )
        return
      const entry = { kind, orderId: order.orderId, at: effect.createdAt }
      sheet.put('users', userId, { ...person, missed: [entry, ...missed].slice(0, MISSED_KEPT) })
    },
  })
  return null
}
