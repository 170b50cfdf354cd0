import { isAppError, type Person } from '#contract'
import { effectId } from '../domain/effect.ts'
import { ledgerId } from '../domain/ledger.ts'
import type { Booking, Mismatch } from '../domain/reconcile-mismatch.ts'
import { advanceOrder, applyToOrder, orderKeys } from './advance-order.ts'
import { AUDIT_KEY, audit } from './audit.ts'
import type { Deps } from './deps.ts'
import { recountTotals } from './read-totals.ts'
import type { Exam } from './reconcile-exam.ts'
import { effectKey, wish } from './wish.ts'

/** Who stands in the audit log when nobody was asked: no person of Discord has this id. */
export const MONEY_DOCTOR: Person = { userId: '00000000000000000', name: 'money-doctor' }

/** Work that is late or fails says nothing against the books: nobody's money waits for a bot that is down. */
const NO_DRIFT: readonly Mismatch['code'][] = ['effect_waiting', 'effect_failing']

type Needs = Pick<Deps, 'store' | 'change' | 'clock'>

/**
 * Mend what can be mended safely: wish for a look at Stripe, book what is so at Stripe, which is audited, or add the ledger
 * up anew. What needs a person is left alone. Answers how many repairs were begun. Safe to repeat.
 */
export async function repairMoney(deps: Needs, mismatches: readonly Mismatch[], by: Person): Promise<number> {
  const wishes = await wishAgain(deps, mismatches)
  let booked = 0
  for (const { repair, sentence } of mismatches) {
    if (repair.kind === 'book' && (await book(deps, repair.booking, sentence, by))) booked++
  }
  return wishes + booked + (await recountWrong(deps, mismatches))
}

/** Only what was added up wrongly, which is no more than a memory. Answers how many. */
export async function recountWrong(deps: Needs, mismatches: readonly Mismatch[]): Promise<number> {
  const ids = mismatches.flatMap(({ repair }) => (repair.kind === 'recount' ? [repair.id] : []))
  for (const id of ids) await recountTotals(deps, id)
  return ids.length
}

/** Only the looks at Stripe. Answers how many. */
export async function wishAgain(
  deps: Pick<Deps, 'change' | 'clock'>,
  mismatches: readonly Mismatch[],
): Promise<number> {
  const repairs = mismatches.flatMap(({ repair }) => (repair.kind === 'wish' ? [repair] : []))
  for (const { effect, subject } of repairs) {
    await deps.change({
      reads: [effectKey(effect, subject)],
      decide(sheet) {
        const now = deps.clock.now()
        wish(sheet, effect, subject, now)
        const key = effectId(effect, subject)
        const wished = sheet.get('outbox', key)
        // Nobody knows what was done for it before: only a first run may skip asking Stripe.
        if (wished) sheet.put('outbox', key, { ...wished, runs: Math.max(1, wished.runs) })
      },
    })
  }
  return repairs.length
}

/**
 * Freeze the release of every order about which our books and Stripe disagree, and free those that agree again. What
 * a look at Stripe may mend freezes only when it was a `suspect` before. Answers how many orders were frozen.
 */
export async function followDrift(
  deps: Needs,
  exam: Exam,
  suspects: ReadonlySet<string> = new Set(),
): Promise<number> {
  const doubts = exam.mismatches.filter(({ code }) => !NO_DRIFT.includes(code))
  const drifts = new Map<string, string>()
  for (const mismatch of doubts) {
    const { orderId, repair, sentence } = mismatch
    if (orderId === null || !exam.orderIds.has(orderId)) continue
    if (repair.kind !== 'wish' || suspects.has(suspectOf(mismatch))) drifts.set(orderId, sentence)
  }
  let frozen = 0
  for (const [orderId, sentence] of drifts) {
    await advanceOrder(deps, orderId, (order) => {
      if (!order.payment || order.drift?.sentence === sentence) return null
      if (!order.drift) frozen++
      return { type: 'drift_found', sentence }
    })
  }
  const named = new Set(doubts.map(({ orderId }) => orderId))
  for (const orderId of exam.drifting) {
    if (named.has(orderId)) continue
    await advanceOrder(deps, orderId, (order) => (order.drift ? { type: 'drift_cleared' } : null))
  }
  return frozen
}

/** How a mismatch is known again in the next comparison. */
export const suspectOf = ({ code, subject }: Mismatch) => `${code} ${subject}`

/** False when it was booked already, or the order has moved on and does not take it. */
async function book(deps: Needs, booking: Booking, sentence: string, by: Person): Promise<boolean> {
  const { orderId } = booking
  if (booking.what === 'posting') {
    const { builderId, currency, posting } = booking
    const id = ledgerId(orderId, posting.movement)
    return deps.change({
      reads: [['ledger', id], AUDIT_KEY],
      decide(sheet) {
        if (sheet.get('ledger', id)) return false
        const now = deps.clock.now()
        sheet.put('ledger', id, { ...posting, orderId, builderId, currency, at: now })
        audit(sheet, { by, action: 'book', subject: id, reason: sentence }, now)
        return true
      },
    })
  }
  const { refundId, amount } = booking
  const order = (await deps.store.get('orders', booking.orderId))?.value
  if (!order) return false
  try {
    return await deps.change({
      lane: order.dropId,
      reads: [...orderKeys(order), AUDIT_KEY],
      decide(sheet) {
        const now = deps.clock.now()
        applyToOrder(sheet, booking.orderId, { type: 'refund_found', refundId, amount }, now)
        audit(sheet, { by, action: 'book refund', subject: booking.orderId, reason: sentence }, now)
        return true
      },
    })
  } catch (error) {
    if (isAppError(error, 'internal')) throw error
    return false
  }
}
