import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parsePrice, splitFee } from './money.ts'

test('fee and share always add up to the total, and neither is negative', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 99_999_999 }),
      fc.integer({ min: 0, max: 10_000 }),
      (total, bps) => {
        const { fee, share } = splitFee(total, bps)
        assert.equal(fee + share, total)
        assert.ok(fee >= 0 && share >= 0)
        // Never more than the rate, and never a whole minor unit less.
        assert.ok(fee * 10_000 <= total * bps && (fee + 1) * 10_000 > total * bps)
      },
    ),
  )
})

const READ: readonly [text: string, currency: string, amount: number][] = [
  ['12', 'usd', 1200],
  ['12.5', 'usd', 1250],
  ['12.50', 'usd', 1250],
  ['12,50', 'usd', 1250],
  [' $12.50 ', 'usd', 1250],
  ['12.50 USD', 'usd', 1250],
  ['usd 12.50', 'usd', 1250],
  ['$12.50 USD', 'usd', 1250],
  ['$12.50', 'cad', 1250],
  ['1,200.00', 'usd', 120_000],
  ['1.200,00 €', 'eur', 120_000],
  ['1 200,00', 'eur', 120_000],
  ['0.50', 'usd', 50],
  ['999999.99', 'usd', 99_999_999],
  ['1200', 'jpy', 1200],
  // Nobody writes the hundredths of these any more, and Stripe counts in them.
  ['5000', 'huf', 500_000],
  ['5000', 'isk', 500_000],
  ['90000', 'idr', 9_000_000],
  ['1.25', 'kwd', 1_250],
]
for (const [text, currency, amount] of READ) {
  test(`"${text}" in ${currency} is ${amount} minor units`, () => {
    assert.deepEqual(parsePrice(text, currency), { ok: true, amount })
  })
}

const REFUSED: readonly [text: string, currency: string, says: RegExp][] = [
  ['abc', 'usd', /plain number/],
  ['', 'usd', /plain number/],
  ['-5', 'usd', /more than nothing/],
  ['0.001', 'usd', /decimal places/],
  ['0', 'usd', /smallest/],
  ['0.49', 'usd', /smallest/],
  ['1e9', 'usd', /plain number/],
  ['1000000000', 'usd', /largest/],
  ['1,200', 'usd', /thousand or a fraction/],
  ['1.234', 'usd', /write 1234, or a number such as 24\.00/],
  ['24 €', 'usd', /in USD: .* such as 24\.00/],
  ['£24', 'usd', /in USD/],
  ['24.00 EUR', 'usd', /in USD/],
  ['$24', 'eur', /in EUR/],
  ['$ 24 eur', 'usd', /in USD/],
  ['$', 'usd', /plain number/],
  ['1.2.3', 'usd', /plain number/],
  ['12 dollars', 'usd', /plain number/],
  ['٣', 'usd', /plain number/],
  ['12.5', 'jpy', /whole number/],
  ['12.50', 'isk', /multiple of ISK\s1\.00/],
  ['0.125', 'kwd', /multiple of KWD\s0\.010/],
  ['100', 'huf', /smallest .*175\.00/],
  ['2.50', 'sek', /smallest .*3\.00/],
  ['Infinity', 'usd', /plain number/],
]
for (const [text, currency, says] of REFUSED) {
  test(`"${text}" in ${currency} is refused with a sentence`, () => {
    const parsed = parsePrice(text, currency)
    assert.ok(!parsed.ok)
    assert.match(parsed.sentence, says)
  })
}

test('no text makes a price that is not a whole number of minor units within bounds', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      const parsed = parsePrice(text, 'usd')
      assert.ok(parsed.ok ? Number.isSafeInteger(parsed.amount) && parsed.amount >= 50 : parsed.sentence)
    }),
  )
})
