import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPushRig } from '../testing/pushes.ts'
import { JUNIPER, OLIVE, sampleBuilder } from '../testing/samples.ts'
import { readProfile } from './read-people.ts'
import { decideBuilder, setTerms } from './run-collective.ts'
import { tell } from './tell.ts'

const NOW = Date.UTC(2026, 10, 22)
test('news of standing and terms that reaches nobody is kept once, and shown as it was decided', async () => {
  const { store, deps, pushed } = createPushRig('notify', NOW, { delivery: 'nowhere' })
  const builder = sampleBuilder({
    status: 'applied',
    statusHistory: [{ at: 1, status: 'applied', by: JUNIPER, reason: '' }],
    accountId: null,
    transfers: false,
    detailsSubmitted: false,
  })
  await store.commit([{ op: 'create', collection: 'builders', id: JUNIPER.userId, value: builder }])
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
