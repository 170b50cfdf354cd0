import {
  type Effect,
  type EffectKind,
  effectId,
  type NoticeWish,
  noticeId,
  queueOf,
} from '../domain/effect.ts'
import type { Key } from '../ports/store.ts'
import type { Sheet } from './change.ts'

/** The key to read before wishing for an effect that may be wished for already. */
export const effectKey = (kind: EffectKind, subject: string): Key => ['outbox', effectId(kind, subject)]

/**
 * Ask for an effect, to be carried out after this commit. A second wish for the same subject makes the first due
 * sooner, or due again when it is just being carried out.
 */
export function wish(
  sheet: Sheet,
  kind: EffectKind,
  subject: string,
  now: number,
  options: { readonly dueAt?: number } = {},
): void {
  const id = effectId(kind, subject)
  const dueAt = options.dueAt ?? now
  const earlier = sheet.get('outbox', id)
  if (!earlier) {
    sheet.put('outbox', id, newEffect(sheet, kind, subject, now, dueAt))
    return
  }
  const leased = earlier.leaseUntil > now
  sheet.put('outbox', id, {
    ...earlier,
    ...traceOf(sheet),
    revision: earlier.revision + 1,
    attempts: 0,
    dueAt: leased ? earlier.dueAt : Math.min(earlier.dueAt, dueAt),
  })
}

/** Ask for one person to be told one thing. `subject` is the order, the builder or the drop it is about. */
export function wishNotice(sheet: Sheet, subject: string, notice: NoticeWish, now: number): void {
  // What many people are told at once has a queue of its own: nobody's own news waits behind it.
  const kind = notice.about === 'drop' || notice.about === 'waitlist' ? 'remind' : 'notify'
  const id = effectId(kind, noticeId(subject, notice))
  sheet.put('outbox', id, { ...newEffect(sheet, kind, subject, now, now), notice })
}

/** The key to read before asking for a call whose occasion may come again. */
export const callKey = (subject: string, occasion: string | number): Key =>
  effectKey('call_operators', `${subject}:${occasion}`)

/** Ask for the operators to be told that `subject` waits for them, unless that is asked for. `occasion` tells its calls apart. */
export function wishCall(sheet: Sheet, subject: string, occasion: string | number, now: number): void {
  const [, id] = callKey(subject, occasion)
  if (!sheet.get('outbox', id)) sheet.put('outbox', id, newEffect(sheet, 'call_operators', subject, now, now))
}

function newEffect(sheet: Sheet, kind: EffectKind, subject: string, now: number, dueAt: number): Effect {
  return {
    kind,
    queue: queueOf(kind),
    subject,
    notice: null,
    dueAt,
    leaseUntil: 0,
    revision: 1,
    runs: 0,
    attempts: 0,
    lastError: null,
    createdAt: now,
    ...traceOf(sheet),
  }
}

const traceOf = ({ trace }: Sheet) => (trace ? { trace } : {})
