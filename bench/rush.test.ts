import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LoadResult } from './load.ts'
import { judgeRush } from './rush.ts'

type Answer = readonly [status: number, body: string, ms: number]

const unit = (n: number, ms = 10): Answer => [
  200,
  `{"order":{"orderId":"ord_${String(n).padStart(26, '0')}"}}`,
  ms,
]
const none: Answer = [409, '{"error":{"code":"all_held"}}', 20]

const told = (...answers: readonly Answer[]): LoadResult => ({
  statuses: new Uint16Array(answers.map(([status]) => status)),
  sentMs: new Float64Array(answers.map(() => 5)),
  answeredMs: new Float64Array(answers.map(([, , ms]) => 5 + ms)),
  bodies: answers.map(([, body]) => body),
})
const gone = { quantity: 2, available: 0, held: 2, sold: 0 }

test('exactly the units given away and everybody else told is right, and every wait counts', () => {
  const { problems, ...rush } = judgeRush(gone, told(unit(1), unit(2, 30), none))
  assert.deepEqual(problems, [])
  assert.deepEqual(rush, { units: 2, sold: 2, errors: 0, p50Ms: 20, p99Ms: 20, maxMs: 30 })
})

test('fewer buyers than units leave the rest on the shelf', () => {
  assert.deepEqual(judgeRush({ ...gone, available: 1, held: 1 }, told(unit(1))).problems, [])
})

test('each way to answer wrongly is named', () => {
  const problems = (after: typeof gone, ...answers: readonly Answer[]) =>
    judgeRush(after, told(...answers)).problems.join(' ')
  assert.match(problems(gone, unit(1), unit(2), unit(3)), /^3 buyers were given 3 of 2 units.*has 0 on/)
  assert.match(problems(gone, unit(1), unit(1), none), /^2 buyers were given 1 of 2 units/)
  assert.match(problems({ ...gone, available: 1, held: 1 }, unit(1), unit(2)), /1 on the shelf, 1 held/)
  const conflict: Answer = [409, '{"error":{"code":"conflict"}}', 1]
  assert.match(problems(gone, unit(1), unit(2), conflict), /^409 conflict was answered 1 times/)
  assert.match(problems(gone, unit(1), unit(2), [0, '', 1]), /^0 was answered 1 times/)
  assert.equal(judgeRush(gone, told(unit(1), unit(2), conflict, [503, '', 1])).errors, 2)
})
