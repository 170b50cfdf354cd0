import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isAppError } from '#contract'
import { sampleDrop } from '../testing/samples.ts'
import {
  assertReservable,
  checkForm,
  claimUnit,
  closeDrop,
  type Drop,
  moveClaim,
  moveUnit,
  NO_CLAIM,
  openDrop,
  pauseDrop,
  planOpening,
  type ShelfMove,
} from './drop.ts'

const drop = sampleDrop()
const form = {
  title: 'Mug',
  story: 'Thrown by hand.',
  price: '24',
  quantity: '3',
  closesInHours: 72,
  perPerson: 1,
}
const refusedWith = (code: Parameters<typeof isAppError>[1]) => (error: unknown) => isAppError(error, code)

test('every unit is in exactly one place, whatever is moved', () => {
  const moves = fc.array(fc.constantFrom<ShelfMove>('reserve', 'put_back', 'sell', 'sell_spare'), {
    maxLength: 60,
  })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), moves, (quantity, list) => {
      let now: Drop = { ...drop, quantity, available: quantity }
      for (const move of list) {
        try {
          now = moveUnit(now, move)
        } catch (error) {
          assert.ok(isAppError(error, 'conflict'))
        }
        assert.equal(now.available + now.held + now.sold, quantity)
        assert.ok(now.available >= 0 && now.held >= 0 && now.sold >= 0)
      }
    }),
  )
})

test('a buyer may hold a unit of an open drop', () => {
  assert.doesNotThrow(() => assertReservable(drop, '1', NO_CLAIM, 0))
})
test('nobody buys their own drop', () => {
  assert.throws(() => assertReservable(drop, drop.builderId, NO_CLAIM, 0), refusedWith('own_drop'))
})
test('a drop closes at its closing time, not a moment later', () => {
  assert.throws(() => assertReservable(drop, '1', NO_CLAIM, 1_000), refusedWith('drop_closed'))
  assert.throws(() => assertReservable(closeDrop(drop), '1', NO_CLAIM, 0), refusedWith('drop_closed'))
})
test('a paused drop holds nothing until the last reason is gone, and a closed one stays closed', () => {
  const twice = pauseDrop(pauseDrop(drop, 'account', true), 'drop', true)
  assert.throws(() => assertReservable(twice, '1', NO_CLAIM, 0), refusedWith('paused'))
  const once = pauseDrop(twice, 'drop', false)
  assert.equal(once.status, 'paused')
  const none = pauseDrop(once, 'account', false)
  assert.doesNotThrow(() => assertReservable(none, '1', NO_CLAIM, 0))
  assert.equal(pauseDrop(closeDrop(twice), 'drop', false).status, 'closed')
})
test('a person gets no more than their share', () => {
  assert.throws(() => assertReservable(drop, '1', { ...NO_CLAIM, taken: 1 }, 0), refusedWith('limit_reached'))
})
test('an empty shelf says whether something may come back', () => {
  const held = { ...drop, available: 0, held: 1, sold: 2 }
  assert.throws(() => assertReservable(held, '1', NO_CLAIM, 0), refusedWith('all_held'))
  const sold = { ...drop, available: 0, sold: 3 }
  assert.throws(() => assertReservable(sold, '1', NO_CLAIM, 0), refusedWith('sold_out'))
})

test('a good form is read as meant', () => {
  assert.deepEqual(checkForm(form, 'usd'), {
    ok: true,
    title: 'Mug',
    story: 'Thrown by hand.',
    price: 2_400,
    quantity: 3,
  })
})

const BAD: readonly [name: string, change: Partial<typeof form>, field: string][] = [
  ['an empty title', { title: '' }, 'title'],
  ['a title of only invisible characters', { title: '\u200b\u202e\u2066 \u200b' }, 'title'],
  ['a title of 5,000 characters', { title: 'x'.repeat(5_000) }, 'title'],
  ['a story of 5,000 characters', { story: 'x'.repeat(5_000) }, 'story'],
  ['price abc', { price: 'abc' }, 'price'],
  ['price -5', { price: '-5' }, 'price'],
  ['price 0.001', { price: '0.001' }, 'price'],
  ['price 1e9', { price: '1e9' }, 'price'],
  ['quantity 0', { quantity: '0' }, 'quantity'],
  ['quantity 10,001', { quantity: '10001' }, 'quantity'],
  ['quantity with a mark', { quantity: '10,001' }, 'quantity'],
  ['quantity 1.5', { quantity: '1.5' }, 'quantity'],
  ['quantity none', { quantity: 'a few' }, 'quantity'],
]
for (const [name, change, field] of BAD) {
  test(`${name} is one problem with a sentence`, () => {
    const checked = checkForm({ ...form, ...change }, 'usd')
    assert.ok(!checked.ok)
    assert.deepEqual(
      checked.problems.map((problem) => problem.field),
      [field],
    )
    assert.match(checked.problems[0]?.sentence ?? '', /^[A-Z].+[.?]$/s)
  })
}

test('all problems are told at once', () => {
  const checked = checkForm({ ...form, title: '', price: '', quantity: '' }, 'usd')
  assert.deepEqual(!checked.ok && checked.problems.map(({ field }) => field), ['title', 'price', 'quantity'])
})

test('marks that turn text around are taken out of a title, letters and emoji stay', () => {
  const checked = checkForm({ ...form, title: '\u202eevil\u202c  Mug 👩‍🎨 ペン é' }, 'usd')
  assert.equal(checked.ok && checked.title, 'evil Mug 👩‍🎨 ペン é')
})

const HOUR = 60 * 60_000

test('a drop opens at once, later, or with a stream and at the latest then; a builder who is live is not waited for', () => {
  const now = 1_000_000
  const plan = (opens: Parameters<typeof planOpening>[0], live: boolean) => {
    const { waitsFor, openedAt, closesAt } = planOpening(opens, 24, live, now)
    return [waitsFor, openedAt - now, closesAt - openedAt]
  }
  const stream = { when: 'with_stream', inHoursAtTheLatest: 48 } as const
  assert.deepEqual(plan(undefined, false), [null, 0, 24 * HOUR])
  assert.deepEqual(plan({ when: 'later', inHours: 1.5 }, true), ['time', 1.5 * HOUR, 24 * HOUR])
  assert.deepEqual(plan(stream, false), ['stream', 48 * HOUR, 24 * HOUR])
  assert.deepEqual(plan(stream, true), [null, 0, 24 * HOUR])
})

test('a drop that waits can be paused, opened and called off, and never be held', () => {
  const waiting: Drop = { ...drop, waitsFor: 'time', status: 'scheduled', openedAt: 500, closesAt: 1_500 }
  const refuses = (one: Drop, now: number, code: Parameters<typeof isAppError>[1]) =>
    assert.throws(() => assertReservable(one, 'buyer', NO_CLAIM, now), refusedWith(code))
  for (const now of [0, 500, 99_999]) refuses(waiting, now, 'not_open_yet')
  const paused = pauseDrop(waiting, 'account', true)
  assert.equal(paused.status, 'paused')
  assert.equal(pauseDrop(paused, 'account', false).status, 'scheduled')
  refuses(closeDrop(waiting), 0, 'drop_closed')

  const opened = openDrop(waiting, 700)
  assert.deepEqual([opened.status, opened.openedAt, opened.closesAt], ['open', 700, 1_700])
  assertReservable(opened, 'buyer', NO_CLAIM, 1_699)
  refuses(opened, 1_700, 'drop_closed')
})

test('a claim keeps what a newer version wrote into it', () => {
  const newer = { ...NO_CLAIM, ribbon: 'mint' }
  const claimed = claimUnit(newer, 'a-click', 'ord_1')
  assert.equal((moveClaim(claimed, 'sell') as typeof newer).ribbon, 'mint')
})
