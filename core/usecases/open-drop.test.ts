import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSqliteStore } from '../adapters/store-sqlite.ts'
import type { Draft } from '../domain/drop.ts'
import { JUNIPER, sampleBuilder } from '../testing/samples.ts'
import { createChanges } from './change.ts'
import type { Settings } from './deps.ts'
import { openDueDrop, openWithStream } from './open-drop.ts'
import { publishDrop } from './publish-drop.ts'

const NOW = Date.UTC(2026, 10, 24, 18)
const settings = { currency: 'usd', feeBps: 500, twitch: {} } as Settings
const draft: Draft = {
  draftId: 'dft_1',
  builder: JUNIPER,
  form: {
    title: 'Mug',
    story: '',
    price: '24',
    quantity: '3',
    opens: { when: 'with_stream', inHoursAtTheLatest: 48 },
    closesInHours: 24,
    perPerson: 1,
  },
  picture: null,
  pictureProblem: null,
  createdAt: NOW,
}
const offAir = sampleBuilder({
  twitch: {
    channelId: '501',
    login: 'juniper_makes',
    displayName: 'Juniper_Makes',
    linkedAt: 1,
    verifiedAt: null,
    live: null,
    lastStreamId: null,
    offlineAt: 0,
    missedAt: null,
  },
})

test('a stream that begins while its drop is being published opens it', async () => {
  const store = createSqliteStore({ path: ':memory:' })
  await store.commit([
    { op: 'create', collection: 'builders', id: JUNIPER.userId, value: offAir },
    { op: 'create', collection: 'drafts', id: draft.draftId, value: draft },
  ])
  const clock = { now: () => NOW }
  let raced = false
  const change = createChanges({
    store: {
      ...store,
      async commit(writes) {
        if (!raced && writes.some(({ collection }) => collection === 'inventory')) {
          raced = true
          await goLive()
          // It is not there yet, so there is nothing to open.
          await openWithStream(deps, JUNIPER.userId)
        }
        return store.commit(writes)
      },
    },
    onCommit: () => {},
    random: () => 0,
  })
  const deps = { store, change, clock, settings }

  async function goLive(): Promise<void> {
    const found = await store.get('builders', JUNIPER.userId)
    assert.ok(found?.value.twitch)
    const live = { streamId: '1', since: NOW, title: null, game: null }
    const value = { ...found.value, twitch: { ...found.value.twitch, live } }
    const { version } = found
    await store.commit([{ op: 'replace', collection: 'builders', id: JUNIPER.userId, value, version }])
  }

  const drop = await publishDrop(deps, { userId: JUNIPER.userId, draftId: draft.draftId })
  assert.deepEqual([drop.status, raced], ['scheduled', true])
  const look = (await store.get('outbox', `open_drop:${drop.dropId}`))?.value
  assert.equal(look?.dueAt, NOW, 'it is looked at once more, at once')
  assert.equal(await openDueDrop(deps, drop.dropId), null)
  assert.equal((await store.get('inventory', drop.dropId))?.value.status, 'open')
  await store.close()
})
