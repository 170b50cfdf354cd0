import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CaseEntry, isAppError } from '#contract'
import { addEntry, type Case, nextLook, openCase, passAnswerTime } from './case.ts'

const DAY = 24 * 60 * 60_000
const poppy = { userId: '100000000000000103', name: 'Poppy' }
const juniper = { userId: '100000000000000101', name: 'Juniper' }

function entry(role: CaseEntry['role'], at: number): CaseEntry {
  return { at, by: role === 'buyer' ? poppy : juniper, role, text: 'words', pictures: [] }
}

function opened(): Case {
  const about = { caseId: 'cas_1', orderId: 'ord_1', buyer: poppy, builder: juniper }
  return openCase(about, entry('buyer', 0), 0)
}

test('a builder who answers in time gives the buyer a week to say more', () => {
  const answered = addEntry(opened(), entry('builder', DAY))
  assert.equal(answered.status, 'answered')
  assert.deepEqual(answered.decidesItself, { at: 8 * DAY, decision: 'release' })
  assert.equal(answered.silence, null)
  const more = addEntry(answered, entry('builder', 2 * DAY))
  assert.equal(more.decidesItself?.at, 9 * DAY)
})

test('nobody can fill a case so that another cannot speak', () => {
  const long = (role: CaseEntry['role']) => ({ ...entry(role, DAY), text: '\u{1f469}\u200d'.repeat(8_000) })
  let found = addEntry(opened(), long('buyer'))
  while (found.entries.length < 5) found = addEntry(found, long('buyer'))
  assert.throws(
    () => addEntry(found, long('buyer')),
    (error) => isAppError(error, 'case_full'),
  )
  found = addEntry(found, long('builder'))
  assert.equal(found.status, 'answered')
  assert.ok(Buffer.byteLength(JSON.stringify(found)) < 750_000)
})

test('when both have spoken only an operator decides, whatever the builder adds', () => {
  let found = addEntry(opened(), entry('builder', DAY))
  found = addEntry(found, entry('buyer', 2 * DAY))
  assert.equal(found.decidesItself, null)
  found = addEntry(found, entry('builder', 3 * DAY))
  assert.deepEqual([found.status, found.decidesItself, nextLook(found)], ['answered', null, null])
})

test('silence counts for the buyer from its moment on, and a late word does not undo what was announced', () => {
  assert.equal(passAnswerTime(opened(), 2 * DAY - 1).status, 'open')
  const silent = passAnswerTime(opened(), 2 * DAY)
  assert.deepEqual(silent.silence, { at: 2 * DAY, after: 1 })
  assert.deepEqual(silent.decidesItself, { at: 9 * DAY, decision: 'refund' })
  const late = addEntry(silent, entry('builder', 3 * DAY))
  assert.equal(late.entries.length, 2)
  assert.deepEqual([late.status, late.decidesItself], ['silent', silent.decidesItself])
  assert.equal(addEntry(late, entry('buyer', 4 * DAY)).decidesItself, silent.decidesItself)
  assert.equal(passAnswerTime(late, 4 * DAY), late)
})
