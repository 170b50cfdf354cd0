import { AppError, type AuditEntry, type Person } from '#contract'
import { auditId, isIntact, NO_AUDIT, nextEntry } from '../domain/audit.ts'
import { cleanText, lengthOf } from '../domain/text.ts'
import type { Key } from '../ports/store.ts'
import type { Sheet } from './change.ts'
import type { Deps } from './deps.ts'

const REASON_MAX = 500

/** To be read by every change that is audited. */
export const AUDIT_KEY: Key = ['auditHead', 'head']

/** A reason as an operator must give one. Throws reason_missing. */
export function checkReason(text: string): string {
  const reason = cleanText(text)
  if (lengthOf(reason) === 0)
    throw new AppError('reason_missing', 'Please say why: it stays in the audit log.')
  if (lengthOf(reason) > REASON_MAX) {
    throw new AppError('reason_missing', `Please keep the reason within ${REASON_MAX} characters.`)
  }
  return reason
}

/** Write down who did what and why, in the same commit as what they did. */
export function audit(
  sheet: Sheet,
  what: { readonly by: Person; readonly action: string; readonly subject: string; readonly reason: string },
  now: number,
): void {
  const head = sheet.get('auditHead', 'head') ?? NO_AUDIT
  const entry = nextEntry(head, what, now)
  sheet.put('audit', auditId(entry.seq), entry)
  sheet.put('auditHead', 'head', { ...head, seq: entry.seq, hash: entry.hash })
}

/** The newest entries, newest first, and whether they fit to each other and to the head. */
export async function readAudit(
  deps: Pick<Deps, 'store'>,
  limit: number,
): Promise<{ readonly entries: AuditEntry[]; readonly intact: boolean }> {
  const head = (await deps.store.get('auditHead', 'head'))?.value ?? NO_AUDIT
  // One more than shown: the oldest shown entry is checked against the hash before it.
  const page = await deps.store.find('audit', {
    where: {},
    orderBy: 'seq',
    direction: 'desc',
    limit: limit + 1,
  })
  const newestFirst = page.documents.map(({ value }) => value)
  const oldestFirst = newestFirst.toReversed()
  const complete = oldestFirst.length <= limit
  const before = complete ? NO_AUDIT : (oldestFirst[0] ?? NO_AUDIT)
  const intact =
    isIntact(before, complete ? oldestFirst : oldestFirst.slice(1)) &&
    (newestFirst[0]?.hash ?? '') === head.hash &&
    (newestFirst[0]?.seq ?? 0) === head.seq
  return { entries: newestFirst.slice(0, limit), intact }
}
