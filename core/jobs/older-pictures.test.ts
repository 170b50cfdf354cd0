import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSqliteStore } from '../adapters/store-sqlite.ts'
import type { Media } from '../ports/media.ts'
import { createChanges } from '../usecases/change.ts'
import { wishForOlderPictures } from './older-pictures.ts'

const idOf = (n: number) => `pic_${String(n).padStart(26, '0')}`

function setUp(count: number) {
  const store = createSqliteStore({ path: ':memory:' })
  const change = createChanges({ store, onCommit: () => {}, random: () => 0 })
  const time = { now: 1_000_000 }
  const lacking = Array.from({ length: count }, (_, n) => idOf(n))
  const media = { lacking: async () => lacking } as unknown as Media
  const clock = { now: () => time.now }
  return {
    time,
    lacking,
    wishAll: () => wishForOlderPictures({ change, clock, media }),
    async wishes() {
      const query = { where: { queue: 'pictures' }, orderBy: 'dueAt', direction: 'asc', limit: 500 } as const
      return (await store.find('outbox', query)).documents.map(({ value }) => value)
    },
  }
}

test('every picture that lacks a format is wished for once, one after another', async () => {
  const { wishAll, wishes } = setUp(230)
  assert.equal(await wishAll(), 230)
  const all = await wishes()
  assert.deepEqual(
    all.map(({ kind, subject, dueAt }) => [kind, subject, dueAt]),
    Array.from({ length: 230 }, (_, n) => ['encode_picture', idOf(n), 1_000_000 + n * 15_000]),
  )
})

test('another start changes no wish that waits, and adds those that are new', async () => {
  const { wishAll, wishes, lacking, time } = setUp(3)
  await wishAll()
  const before = await wishes()
  time.now += 60_000
  assert.equal(await wishAll(), 0)
  assert.deepEqual(await wishes(), before)
  lacking.push(idOf(9))
  assert.equal(await wishAll(), 1)
  assert.deepEqual((await wishes()).slice(0, 3), before)
})
