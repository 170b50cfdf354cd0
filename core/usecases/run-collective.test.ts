import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSqliteStore } from '../adapters/store-sqlite.ts'
import { JUNIPER, OLIVE, sampleBuilder, sampleDrop } from '../testing/samples.ts'
import { createChanges, type MakeChange } from './change.ts'
import { followBuilder } from './follow-builder.ts'
import { decideBuilder, setTerms } from './run-collective.ts'

const NOW = Date.UTC(2026, 10, 22)

/** Juniper, approved and payable, with one drop on sale. */
async function setUp() {
  const store = createSqliteStore({ path: ':memory:' })
  const change = createChanges({ store, onCommit: () => {}, random: () => 0 })
  const builder = sampleBuilder({
    statusHistory: [{ at: 1, status: 'approved', by: null, reason: '' }],
  })
  const drop = sampleDrop({ destination: builder.accountId, closesAt: NOW * 2 })
  await store.commit([
    { op: 'create', collection: 'builders', id: builder.userId, value: builder },
    { op: 'create', collection: 'inventory', id: drop.dropId, value: drop },
  ])
  const deps = { store, change, clock: { now: () => NOW } }
  const dropNow = async () => (await store.get('inventory', drop.dropId))?.value
  const noticesNow = async () =>
    (
      await store.find('outbox', { where: { queue: 'news' }, orderBy: 'dueAt', direction: 'asc', limit: 9 })
    ).documents.flatMap(({ value }) => value.notice ?? [])
  return { deps, dropNow, noticesNow }
}

const ask = { operator: OLIVE, builderId: JUNIPER.userId, reason: 'A fair' }

test('a process that dies before the drops have followed leaves a wish that they do', async () => {
  const { deps, dropNow } = await setUp()
  // The builder's change has no lane; those of drops have one.
  const dying: MakeChange = (wanted) =>
    wanted.lane ? Promise.reject(new Error('killed')) : deps.change(wanted)
  const call = { ...ask, status: 'paused', idempotencyKey: 'one' } as const
  await assert.rejects(decideBuilder({ ...deps, change: dying }, call), /killed/)
  assert.equal((await dropNow())?.status, 'open')
  const wish = await deps.store.get('outbox', `follow_builder:${JUNIPER.userId}`)
  assert.equal(wish?.value.dueAt, NOW)
  await followBuilder(deps, JUNIPER.userId)
  assert.deepEqual((await dropNow())?.pauses, ['builder'])
})

test('a decision that comes twice is one decision, one entry in the audit log and one piece of news', async () => {
  const { deps, noticesNow } = await setUp()
  const terms = { ...ask, settlement: 'on_arrival', feeBps: 100, startDay: '2026-12-01' } as const
  for (const idempotencyKey of ['a', 'a']) await setTerms(deps, { ...terms, idempotencyKey })
  const standing = { ...ask, status: 'suspended', idempotencyKey: 'b' } as const
  await Promise.all([decideBuilder(deps, standing), decideBuilder(deps, standing)])
  const builder = (await deps.store.get('builders', JUNIPER.userId))?.value
  assert.deepEqual([builder?.terms.length, builder?.statusHistory.length], [1, 2])
  assert.equal((await deps.store.get('auditHead', 'head'))?.value.seq, 2)
  assert.deepEqual(
    (await noticesNow()).map(({ about, occasion }) => [about, occasion]),
    [
      ['standing', 1],
      ['terms', 0],
    ],
  )
})

test('the same standing again is no news', async () => {
  const { deps, noticesNow } = await setUp()
  await decideBuilder(deps, { ...ask, status: 'approved', idempotencyKey: 'a' })
  assert.deepEqual(await noticesNow(), [])
})

test('an older picture of a builder does not win over a newer one', async () => {
  const { deps, dropNow } = await setUp()
  await decideBuilder(deps, { ...ask, status: 'paused', idempotencyKey: 'a' })
  await Promise.all([
    followBuilder(deps, JUNIPER.userId),
    decideBuilder(deps, { ...ask, status: 'approved', idempotencyKey: 'b' }),
    followBuilder(deps, JUNIPER.userId),
  ])
  assert.equal((await dropNow())?.status, 'open')
})
