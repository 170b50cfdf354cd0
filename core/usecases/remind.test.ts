import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSqliteStore } from '../adapters/store-sqlite.ts'
import { planOpening } from '../domain/drop.ts'
import type { Page } from '../ports/store.ts'
import { JUNIPER, sampleDrop } from '../testing/samples.ts'
import { createChanges } from './change.ts'
import { callOffDrop } from './open-drop.ts'
import { callReminders, remind } from './remind.ts'

const NOW = Date.UTC(2026, 10, 24, 18)

async function setUp() {
  const store = createSqliteStore({ path: ':memory:' })
  const change = createChanges({ store, onCommit: () => {}, random: () => 0 })
  const opening = planOpening({ when: 'later', inHours: 1 }, 24, false, NOW)
  const drop = sampleDrop({ dropId: 'drp_1', status: 'scheduled', ...opening })
  const other = { ...drop, dropId: 'drp_10' }
  await store.commit(
    [drop, other].map((value) => ({ op: 'create', collection: 'inventory', id: value.dropId, value })),
  )
  const deps = { store, change, clock: { now: () => NOW } }
  return { deps, drop, other, [Symbol.asyncDispose]: () => store.close() }
}

const people = Array.from({ length: 250 }, (_, n) => ({
  userId: String(300_000_000_000_000_000n + BigInt(n)),
  name: `Friend ${n}`,
}))

test('everybody who asked is told once, whatever runs twice, and of this drop alone', async () => {
  await using rig = await setUp()
  const { deps, drop, other } = rig
  const { dropId } = drop
  await Promise.all([...people, ...people].map((person) => remind(deps, { person, dropId, on: true })))
  const friend = people[0] ?? assert.fail()
  await remind(deps, { person: friend, dropId: other.dropId, on: true })
  const gone = people[1] ?? assert.fail()
  for (const _ of [1, 2]) await remind(deps, { person: gone, dropId, on: false })
  assert.equal((await deps.store.get('inventory', dropId))?.value.reminders, 249)

  await callOffDrop(deps, { userId: JUNIPER.userId, dropId })
  const answers = await Promise.all([callReminders(deps, dropId), callReminders(deps, dropId)])
  assert.deepEqual(answers, [NOW, NOW], 'there is more')
  for (let runs = 0; (await callReminders(deps, dropId)) !== null; runs++) assert.ok(runs < 10)

  const page: Page<'outbox'> = await deps.store.find('outbox', {
    where: { queue: 'reminders' },
    orderBy: 'dueAt',
    direction: 'asc',
    limit: 500,
  })
  const told = page.documents.flatMap(({ value }) => (value.kind === 'remind' ? [value.notice?.userId] : []))
  assert.deepEqual(
    told.toSorted(),
    people.filter((person) => person !== gone).map(({ userId }) => userId),
  )
  const left = await deps.store.scan('reminders', { limit: 10, cursor: null })
  assert.deepEqual(
    left.documents.map(({ id }) => id),
    [`drp_10:${friend.userId}`],
  )
})

test('who asks too late is not promised anything', async () => {
  await using rig = await setUp()
  const { deps, drop } = rig
  const { dropId } = drop
  await callOffDrop(deps, { userId: JUNIPER.userId, dropId })
  const person = people[0] ?? assert.fail()
  assert.equal((await remind(deps, { person, dropId, on: true })).on, false)
  assert.deepEqual((await deps.store.scan('reminders', { limit: 1, cursor: null })).documents, [])
})
