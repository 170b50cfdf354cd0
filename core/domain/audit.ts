import { createHash } from 'node:crypto'
import type { AuditEntry, Person } from '#contract'

/** The end of the chain: the newest entry's number and hash. */
export interface AuditHead {
  readonly seq: number
  readonly hash: string
}

export const NO_AUDIT: AuditHead = { seq: 0, hash: '' }

/** The next entry of an append-only log in which every entry contains the hash of the one before. */
export function nextEntry(
  head: AuditHead,
  what: { readonly by: Person; readonly action: string; readonly subject: string; readonly reason: string },
  now: number,
): AuditEntry {
  const entry = { seq: head.seq + 1, at: now, ...what }
  return { ...entry, hash: hashOf(head.hash, entry) }
}

/** True when these entries, oldest first and without a gap, follow each other from `before`. */
export function isIntact(before: AuditHead, entries: readonly AuditEntry[]): boolean {
  let head = before
  for (const { hash, ...entry } of entries) {
    if (entry.seq !== head.seq + 1 || hash !== hashOf(head.hash, entry)) return false
    head = { seq: entry.seq, hash }
  }
  return true
}

/** Entries sort by their id as by their number. */
export const auditId = (seq: number) => String(seq).padStart(12, '0')

function hashOf(before: string, entry: Omit<AuditEntry, 'hash'>): string {
  const { seq, at, by, action, subject, reason } = entry
  // A list, not an object: the order of the parts must be the same for ever.
  const parts = [before, seq, at, by.userId, by.name, action, subject, reason]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}
