import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgeSale, LATE_BUYERS } from './scenario.ts'

const soldOut = { quantity: 3, available: 0, held: 3, sold: 0 }
const fair = { count: 3, others: { 409: LATE_BUYERS } }
const orders = ['a', 'b', 'c']

test('a sale of exactly its units has no problem', () => {
  assert.deepEqual(judgeSale(soldOut, fair, orders), [])
  assert.deepEqual(judgeSale({ ...soldOut, held: 1, sold: 2 }, fair, orders), [])
})

test('each way to sell wrongly is named', () => {
  const named = (problems: readonly string[], sentence: RegExp) => {
    assert.equal(problems.length, 1, problems.join(' '))
    assert.match(problems[0] ?? '', sentence)
  }
  named(judgeSale(soldOut, { ...fair, count: 4 }, [...orders, 'd']), /^4 buyers were given one of 3 units/)
  named(judgeSale({ ...soldOut, available: 1, held: 2 }, fair, orders), /1 on the shelf, 2 held/)
  named(judgeSale(soldOut, fair, ['a', 'b', 'b']), /but there are 2 orders/)
  named(judgeSale(soldOut, { count: 3, others: {} }, orders), /0 of \d+ late buyers/)
  named(judgeSale(soldOut, { count: 3, others: { ...fair.others, 500: 2 } }, orders), /Status 500 came 2/)
})
