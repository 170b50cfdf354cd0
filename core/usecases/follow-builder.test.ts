import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSqliteStore } from '../adapters/store-sqlite.ts'
import { JUNIPER, OLIVE, sampleBuilder, sampleDrop } from '../testing/samples.ts'
import { createChanges } from './change.ts'
import { followBuilder } from './follow-builder.ts'
import { decideBuilder } from './run-collective.ts'

const NOW = Date.UTC(2026, 10, 24)

test('a builder who is suspended while another process still resumes their drops sells nothing', async () => {
  const store = createSqliteStore({ path: ':memory:' })
  const drop = sampleDrop({ pauses: ['builder'], status: 'paused', destination: 'acct_1' })
  await store.commit([
    { op: 'create', collection: 'builders', id: JUNIPER.userId, value: sampleBuilder() },
    { op: 'create', collection: 'inventory', id: drop.dropId, value: drop },
  ])
  const clock = { now: () => NOW }
  const rest = { onCommit: () => {}, random: () => 0 }
  const there = { store, clock, change: createChanges({ store, ...rest }) }
  let raced = false
  const change = createChanges({
    ...rest,
    store: {
      ...store,
      async commit(writes) {
        if (!raced) {
          raced = true
          // The drop is still paused, so there is nothing to write that this commit could be beaten by.
          const status = 'suspended'
          const call = { operator: OLIVE, builderId: JUNIPER.userId, reason: 'Fakes', idempotencyKey: 'a' }
          await decideBuilder(there, { ...call, status })
          await followBuilder(there, JUNIPER.userId)
        }
        return store.commit(writes)
      },
    },
  })
  await followBuilder({ store, clock, change }, JUNIPER.userId)
  const after = (await store.get('inventory', drop.dropId))?.value
  assert.deepEqual([raced, after?.status, after?.pauses], [true, 'paused', ['builder']])
})
