import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decimal, toCsv } from './csv.ts'

/** As RFC 4180 reads it. */
function parse(csv: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  for (const [, quoted, plain, end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    row.push(quoted?.replaceAll('""', '"') ?? plain ?? '')
    if (end === ',') continue
    rows.push(row)
    row = []
  }
  return rows
}

test('whatever a cell holds, the table keeps its shape', () => {
  const cell = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('a,b', '"', '\r\n', 'x\ny', '""",', '=1+1'),
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell, cell), { maxLength: 10 }), (rows) => {
      const read = parse(toCsv(['a', 'b', 'c'], rows))
      assert.deepEqual(read[0], ['a', 'b', 'c'])
      assert.equal(read.length, rows.length + 1)
      for (const [i, row] of rows.entries()) {
        assert.deepEqual(
          read[i + 1]?.map((text) => text.replace(/^'/, '')),
          row.map((text) => text.replace(/^'/, '')),
        )
      }
    }),
  )
})

test('what a spreadsheet would run becomes text', () => {
  const hostile = ['=cmd|x', '+1+cmd', '-1+cmd', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '＝1+1']
  for (const text of hostile) {
    assert.equal(parse(toCsv([text], []))[0]?.[0], `'${text}`, JSON.stringify(text))
  }
})

test('a negative amount stays a number', () => {
  assert.equal(
    toCsv(['amount'], [['-12.50'], [-3], [null], ['a-b']]),
    'amount\r\n-12.50\r\n-3\r\n\r\na-b\r\n',
  )
})

test('an amount is written in the places of its currency, exact in both directions', () => {
  assert.equal(decimal(1205, 'usd'), '12.05')
  assert.equal(decimal(-5, 'usd'), '-0.05')
  assert.equal(decimal(0, 'usd'), '0.00')
  assert.equal(decimal(1205, 'jpy'), '1205')
  assert.equal(decimal(-1205, 'jpy'), '-1205')
  assert.equal(decimal(9_007_199_254_740_991, 'eur'), '90071992547409.91')
})
