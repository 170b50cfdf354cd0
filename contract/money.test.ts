import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatMoney, minorDigits } from './money.ts'

test('a currency has the decimal places that Stripe gives it, whatever people write', () => {
  const digits = ['usd', 'eur', 'huf', 'isk', 'idr', 'cop', 'jpy', 'krw', 'kwd'].map(minorDigits)
  assert.deepEqual(digits, [2, 2, 2, 2, 2, 2, 0, 0, 3])
})

test('an amount is shown to the last place, as it is charged', () => {
  const shown = (amount: number, currency: string) => formatMoney({ amount, currency }).replace(/\s/g, ' ')
  assert.deepEqual(
    [shown(1_250, 'usd'), shown(1_200, 'jpy'), shown(500_050, 'huf'), shown(1_250, 'kwd')],
    ['$12.50', '¥1,200', 'HUF 5,000.50', 'KWD 1.250'],
  )
})
