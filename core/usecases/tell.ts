import type { Notice, Person } from '#contract'
import { type Effect, type NoticeWish, noticeId } from '../domain/effect.ts'
import type { Missed } from '../ports/store.ts'
import type { Deps } from './deps.ts'
import { readDrop } from './read-drops.ts'
import { toBuilderView, toOrderView, toTerms } from './views.ts'

/** How many untold things are kept for a person; older ones are in their order list anyway. */
const MISSED_KEPT = 20

type Reads = Pick<Deps, 'store' | 'clock' | 'settings'>

/** Tell one person one thing, privately. What cannot be said is kept, and shown with their profile. */
export async function tell(deps: Reads & Pick<Deps, 'change' | 'messenger'>, effect: Effect): Promise<null> {
  if (!effect.notice) return null
  const { userId } = effect.notice
  const entry: Missed = { subject: effect.subject, notice: effect.notice, at: effect.createdAt }
  const notice = await toNotice(deps, entry)
  if (!notice) return null
  const { delivery } = await deps.messenger.push('notify', notice)
  if (delivery !== 'nowhere') return null
  await deps.change({
    reads: [['users', userId]],
    decide(sheet) {
      const user = sheet.get('users', userId)
      const missed = user?.missed ?? []
      const isKept = missed.some(
        (other) => noticeId(other.subject, other.notice) === notice.noticeId && other.at === entry.at,
      )
      if (isKept) return
      const person = readerOf(notice, entry.notice)
      sheet.put('users', userId, { ...user, ...person, missed: [entry, ...missed].slice(0, MISSED_KEPT) })
    },
  })
  return null
}

/** What is to be told, with what it is about as that stands now; null when there is no such thing any more. */
export async function toNotice(deps: Reads, { subject, notice, at }: Missed): Promise<Notice | null> {
  const { userId, about, occasion } = notice
  const told = { noticeId: noticeId(subject, notice), userId, at }
  if (about === 'order') {
    const order = (await deps.store.get('orders', subject))?.value
    if (!order) return null
    const reader = userId === order.builderId ? 'builder' : 'buyer'
    return { ...told, about, kind: notice.kind, order: toOrderView(order, reader, deps.settings) }
  }
  if (about === 'drop' || about === 'waitlist') {
    const drop = await readDrop(deps, subject)
    const opening = drop.opensAt === null ? 'drop_opened' : 'drop_called_off'
    return { ...told, about: 'drop', kind: about === 'waitlist' ? 'waitlist_over' : opening, drop }
  }
  const known = (await deps.store.get('builders', subject))?.value
  if (!known) return null
  const builder = toBuilderView(known, deps.settings, deps.clock.now())
  if (about === 'channel') return { ...told, about, builder, channelName: notice.channelName }
  if (about === 'standing') {
    const change = known.statusHistory[occasion]
    return change ? { ...told, about, builder, change } : null
  }
  const terms = known.terms[occasion]
  return terms ? { ...told, about, builder, change: toTerms(terms, deps.settings) } : null
}

/** Who reads a notice, as what it is about names them. */
function readerOf(notice: Notice, wish: NoticeWish): Person {
  if (wish.about === 'drop' || wish.about === 'waitlist') return { userId: wish.userId, name: wish.name }
  if (notice.about === 'drop') throw new Error('news about a drop for nobody')
  if (notice.about !== 'order') return notice.builder.builder
  const { order, userId } = notice
  return order.builder.userId === userId ? order.builder : order.buyer
}
