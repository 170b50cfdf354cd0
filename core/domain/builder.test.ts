import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { OLIVE, POPPY, sampleDrop } from '../testing/samples.ts'
import { type DecidedTerms, parseStartDay, termsAt, upcomingTerms } from './builder.ts'
import { newOrder } from './order.ts'

const NOW = Date.UTC(2026, 10, 22, 15, 30)
const DECEMBER = Date.UTC(2026, 11, 1)

function decided(from: number, feeBps: number | null, over: Partial<DecidedTerms> = {}): DecidedTerms {
  return { from, settlement: 'on_arrival', feeBps, by: OLIVE, at: NOW, reason: 'so', ...over }
}

test('the terms that began last hold, whatever order they were decided in', () => {
  const terms = [decided(100, 100), decided(DECEMBER, 300), decided(NOW, 200)]
  assert.equal(termsAt(terms, 99), undefined)
  assert.deepEqual(
    [100, NOW - 1, NOW, DECEMBER - 1, DECEMBER, DECEMBER * 2].map((at) => termsAt(terms, at)?.feeBps),
    [100, 100, 200, 200, 300, 300],
  )
})

test('of two terms for one day the last word counts, and only that is to come', () => {
  const terms = [decided(DECEMBER, 300), decided(DECEMBER + 5, 50), decided(DECEMBER, 400)]
  assert.equal(termsAt(terms, DECEMBER)?.feeBps, 400)
  assert.deepEqual(
    upcomingTerms(terms, NOW).map(({ feeBps }) => feeBps),
    [400, 50],
  )
  assert.deepEqual(upcomingTerms(terms, DECEMBER), [terms[1]])
})

test('what is to come holds from its own first millisecond, for any list of decisions', () => {
  const list = fc.array(fc.record({ from: fc.integer({ min: 1, max: 20 }), feeBps: fc.nat(5_000) }))
  fc.assert(
    fc.property(list, fc.integer({ min: 0, max: 21 }), (decisions, now) => {
      const terms = decisions.map(({ from, feeBps }) => decided(from, feeBps))
      for (const next of upcomingTerms(terms, now)) {
        assert.ok(next.from > now)
        assert.equal(termsAt(terms, next.from), next)
        assert.notEqual(termsAt(terms, next.from - 1), next)
      }
    }),
  )
})

test('an order is given what holds when its unit is held', () => {
  const drop = sampleDrop({
    terms: [
      { from: NOW, settlement: 'on_arrival', feeBps: null },
      { from: DECEMBER, settlement: 'at_payment', feeBps: 1_000 },
    ],
    destination: 'acct_1',
  })
  const at = (now: number) => {
    const held = { drop, buyer: POPPY, orderId: 'ord_1', holdUntil: now + 1 }
    const { fee, share, feeBps, settlement, destination } = newOrder(held, now)
    return { fee, share, feeBps, settlement, destination }
  }
  const own = { fee: 120, share: 2_280, feeBps: 500, settlement: 'on_arrival', destination: null }
  assert.deepEqual(at(NOW - 1), own)
  assert.deepEqual(at(DECEMBER - 1), own)
  const split = { fee: 240, share: 2_160, feeBps: 1_000, settlement: 'at_payment', destination: 'acct_1' }
  assert.deepEqual(at(DECEMBER), split)
})

test('a first day is a day that is still to come, or now', () => {
  assert.equal(parseStartDay('2026-12-01', NOW), DECEMBER)
  assert.equal(parseStartDay('  ', NOW), NOW)
  assert.equal(parseStartDay(' 2026-11-22 ', NOW), NOW)
  assert.equal(parseStartDay('2028-02-29', NOW), Date.UTC(2028, 1, 29))
  for (const typed of [
    '2026-11-21',
    '1999-01-01',
    '2027-02-29',
    '2027-13-01',
    '2027-00-10',
    '1.12.2027',
    'tomorrow',
    '2027-1-1',
    '0000-00-00',
  ]) {
    assert.equal(parseStartDay(typed, NOW), null, typed)
  }
})
