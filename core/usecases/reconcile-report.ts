import type { MoneyReport, Person } from '#contract'
import { describeRepair } from '../domain/reconcile-mismatch.ts'
import { AUDIT_KEY, audit, checkReason } from './audit.ts'
import type { Deps } from './deps.ts'
import { COMPARE_BACK_MS, compareSoon } from './reconcile.ts'
import { type Exam, examineMoney } from './reconcile-exam.ts'
import { repairMoney } from './reconcile-repair.ts'

const SHOWN = 25

type Needs = Pick<Deps, 'store' | 'change' | 'clock' | 'records'>

/** Our books against Stripe's as they are now, as far back as money can still move. Throws PaymentsError. */
export async function checkMoney(deps: Needs): Promise<MoneyReport> {
  return toReport(await examine(deps), 0)
}

/** As checkMoney; and what is safe to mend is mended, in the operator's name. Throws reason_missing or PaymentsError. */
export async function mendMoney(
  deps: Needs,
  input: { readonly operator: Person; readonly reason: string },
): Promise<MoneyReport> {
  const reason = checkReason(input.reason)
  const { operator } = input
  const exam = await examine(deps)
  await deps.change({
    reads: [AUDIT_KEY],
    decide: (sheet) =>
      audit(sheet, { by: operator, action: 'mend money', subject: 'stripe', reason }, deps.clock.now()),
  })
  const mended = await repairMoney(deps, exam.mismatches, operator)
  await compareSoon(deps)
  return toReport(exam, mended)
}

function examine(deps: Needs): Promise<Exam> {
  return examineMoney(deps, { since: Math.max(0, deps.clock.now() - COMPARE_BACK_MS), whole: false })
}

function toReport(exam: Exam, mended: number): MoneyReport {
  return {
    at: exam.at,
    orders: exam.checked.orders,
    moving: exam.moving.length,
    total: exam.mismatches.length,
    mismatches: exam.mismatches.slice(0, SHOWN).map(({ code, orderId, sentence, likelyCause, repair }) => ({
      code,
      orderId,
      sentence,
      likelyCause,
      repair: describeRepair(repair),
      mendable: repair.kind !== 'person',
    })),
    balances: exam.balances.map(({ currency, stripe, ours, onTheWay }) => ({
      currency,
      stripe,
      ours: ours + onTheWay,
    })),
    mended,
  }
}
