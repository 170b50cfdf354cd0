import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import type { PushInput } from '#contract'
import { createSqliteStore } from '../adapters/store-sqlite.ts'
import { JUNIPER, OLIVE, sampleBuilder } from '../testing/samples.ts'
import { createChanges } from './change.ts'
import type { Settings } from './deps.ts'
import { readProfile } from './read-people.ts'
import { decideBuilder, setTerms } from './run-collective.ts'
import { tell } from './tell.ts'

const NOW = Date.UTC(2026, 10, 22)
const settings = {
  webUrl: 'http://shop.example',
  currency: 'usd',
  feeBps: 500,
  twitch: null,
  linkSecret: createSecretKey(Buffer.from('0'.repeat(32))),
} as Settings

test('news of standing and terms that reaches nobody is kept once, and shown as it was decided', async () => {
  const store = createSqliteStore({ path: ':memory:' })
  const change = createChanges({ store, onCommit: () => {}, random: () => 0 })
  const builder = sampleBuilder({
    status: 'applied',
    statusHistory: [{ at: 1, status: 'applied', by: JUNIPER, reason: '' }],
    accountId: null,
    transfers: false,
    detailsSubmitted: false,
  })
  await store.commit([{ op: 'create', collection: 'builders', id: JUNIPER.userId, value: builder }])
  const pushed: PushInput<'notify'>[] = []
  const deps = {
    store,
    change,
    clock: { now: () => NOW },
    settings,
    messenger: {
      // Only news is pushed here, and it reaches nobody.
      push: async (_: string, input: unknown) => {
        pushed.push(input as PushInput<'notify'>)
        return { delivery: 'nowhere' } as never
      },
    },
  }
  const ask = { operator: OLIVE, builderId: JUNIPER.userId }
  await decideBuilder(deps, { ...ask, status: 'approved', reason: 'Lovely pots.', idempotencyKey: 'a' })
  await decideBuilder(deps, { ...ask, status: 'paused', reason: 'A flood.', idempotencyKey: 'b' })
  await setTerms(deps, {
    ...ask,
    settlement: 'on_arrival',
    feeBps: null,
    startDay: '2027-01-01',
    reason: 'New year.',
    idempotencyKey: 'c',
  })
  const news = await store.find('outbox', {
    where: { queue: 'news' },
    orderBy: 'dueAt',
    direction: 'asc',
    limit: 9,
  })
  assert.equal(news.documents.length, 3)
  // The outbox may run everything twice.
  for (const { value } of [...news.documents, ...news.documents]) await tell(deps, value)
  assert.equal(new Set(pushed.map(({ noticeId }) => noticeId)).size, 3)

  const { missed } = await readProfile(deps, { person: JUNIPER })
  const seen = missed.map((notice) => ('change' in notice ? [notice.about, notice.change.reason] : null))
  assert.deepEqual(
    new Set(seen.map(String)),
    new Set(['standing,Lovely pots.', 'standing,A flood.', 'terms,New year.']),
  )
  const terms = missed.find((notice) => notice.about === 'terms')
  assert.deepEqual([terms?.change.from, terms?.change.feeBps], [Date.UTC(2027, 0, 1), 500])
  await store.close()
})
