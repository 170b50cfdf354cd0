import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCrowd } from './crowd.ts'

/** A crowd of so many, each with the way to answer them. */
function gather(size: number) {
  const crowd = createCrowd()
  const people = Array.from({ length: size }, () => Promise.withResolvers<void>())
  for (const { promise } of people) crowd.join(promise)
  return { crowd, people }
}

async function isCalm(calm: Promise<void>): Promise<boolean> {
  const soon = new Promise((resolve) => setTimeout(resolve, 20, false))
  return await Promise.race([calm.then(() => true), soon.then(() => false)])
}

test('a few who wait are no crowd', async () => {
  const { crowd } = gather(24)
  assert.equal(crowd.goesFirst(), false)
  assert.equal(await isCalm(crowd.calm()), true)
})

test('work waits for a crowd until hardly anybody waits any more, whether they were answered or refused', async () => {
  const { crowd, people } = gather(26)
  const calm = crowd.calm()
  assert.deepEqual([crowd.goesFirst(), await isCalm(calm)], [true, false])
  people[0]?.resolve()
  assert.deepEqual([crowd.goesFirst(), await isCalm(calm)], [true, false])
  people[1]?.promise.catch(() => {})
  people[1]?.reject(new Error('sold out'))
  assert.equal(await isCalm(calm), true)
  assert.equal(crowd.goesFirst(), false)
})

test('a crowd that stays for long has work beside it, from five seconds after it came together', async (t) => {
  const time = { now: 10_000 }
  t.mock.method(performance, 'now', () => time.now)
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { crowd } = gather(25)
  time.now += 4_000
  let calmed = 0
  const early = crowd.calm().then(() => calmed++)
  t.mock.timers.tick(999)
  await Promise.resolve()
  assert.deepEqual([crowd.goesFirst(), calmed], [true, 0])
  t.mock.timers.tick(1)
  await early
  time.now += 1_000
  await crowd.calm()
  assert.deepEqual([crowd.goesFirst(), calmed], [false, 1])
})
