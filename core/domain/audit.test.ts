import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AuditEntry } from '#contract'
import { isIntact, NO_AUDIT, nextEntry } from './audit.ts'

const olive = { userId: '100000000000000105', name: 'Olive' }

function chain(length: number): AuditEntry[] {
  const entries: AuditEntry[] = []
  for (let i = 0; i < length; i++) {
    const what = { by: olive, action: 'refund', subject: `ord_${i}`, reason: 'broken' }
    entries.push(nextEntry(entries.at(-1) ?? NO_AUDIT, what, 1_000 + i))
  }
  return entries
}

test('a log as it was written is intact', () => {
  assert.equal(isIntact(NO_AUDIT, chain(5)), true)
  const entries = chain(5)
  assert.equal(isIntact(entries[1] ?? NO_AUDIT, entries.slice(2)), true)
})

test('any change to the past is seen', () => {
  const fields: Partial<AuditEntry>[] = [
    { reason: 'because' },
    { action: 'release' },
    { subject: 'ord_9' },
    { at: 1 },
    { by: { ...olive, name: 'Moss' } },
    { hash: '0'.repeat(64) },
  ]
  for (const change of fields) {
    const entries = chain(4).map((entry, i) => (i === 1 ? { ...entry, ...change } : entry))
    assert.equal(isIntact(NO_AUDIT, entries), false, JSON.stringify(change))
  }
  assert.equal(isIntact(NO_AUDIT, chain(4).toSpliced(2, 1)), false, 'an entry taken out')
  assert.equal(isIntact(NO_AUDIT, chain(4).toReversed()), false, 'another order')
})
