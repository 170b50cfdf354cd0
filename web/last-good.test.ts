import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '#contract'
import { createLastGood } from './last-good.ts'

function createClock() {
  const clock = { at: 1_000_000, now: () => clock.at }
  return clock
}

const down = () => Promise.reject(new AppError('unavailable'))

test('an answer is given from memory while it is fresh, as the same object', async () => {
  const clock = createClock()
  const kept = createLastGood<number>({ freshMs: 1_000, keepMs: 60_000, maxEntries: 10, now: clock.now })
  let asked = 0
  const load = async () => ++asked
  const first = await kept.ask('q', load)
  clock.at += 999
  assert.equal(await kept.ask('q', load), first)
  clock.at += 1
  assert.deepEqual(await kept.ask('q', load), { value: 2, staleSince: null, until: clock.at + 1_000 })
})

test('visitors who come together share one question', async () => {
  const clock = createClock()
  const kept = createLastGood<number>({ freshMs: 1_000, keepMs: 60_000, maxEntries: 10, now: clock.now })
  const { promise, resolve } = Promise.withResolvers<number>()
  let asked = 0
  const load = () => {
    asked++
    return promise
  }
  const all = Promise.all(Array.from({ length: 50 }, () => kept.ask('q', load)))
  resolve(7)
  assert.ok((await all).every((answer) => answer.value === 7))
  assert.equal(asked, 1)
})

test('an outage is bridged by the last good answer, dated, until that is too old', async () => {
  const clock = createClock()
  const kept = createLastGood<string>({ freshMs: 1_000, keepMs: 60_000, maxEntries: 10, now: clock.now })
  await kept.ask('q', async () => 'good')
  const since = clock.at
  clock.at += 30_000
  const stale = await kept.ask('q', down)
  assert.deepEqual(stale, { value: 'good', staleSince: since, until: clock.at + 1_000 })
  assert.equal(await kept.ask('q', down), stale)
  clock.at += 1_000
  assert.deepEqual(await kept.ask('q', down), { ...stale, until: clock.at + 1_000 })
  clock.at += 40_000
  await assert.rejects(kept.ask('q', down), /unavailable/)
  assert.equal((await kept.ask('q', async () => 'back')).staleSince, null)
})

test('a refusal is passed on and the answer before it is forgotten', async () => {
  const clock = createClock()
  const kept = createLastGood<string>({ freshMs: 1_000, keepMs: 60_000, maxEntries: 10, now: clock.now })
  await kept.ask('q', async () => 'good')
  clock.at += 1_000
  await assert.rejects(kept.ask('q', () => Promise.reject(new AppError('drop_not_found'))))
  await assert.rejects(kept.ask('q', down))
})

test('the longest unused question is forgotten first', async () => {
  const clock = createClock()
  const kept = createLastGood<string>({ freshMs: 1_000, keepMs: 60_000, maxEntries: 2, now: clock.now })
  for (const question of ['a', 'b', 'a', 'c']) await kept.ask(question, async () => question)
  clock.at += 1_000
  assert.equal((await kept.ask('a', down)).value, 'a')
  await assert.rejects(kept.ask('b', down))
})
