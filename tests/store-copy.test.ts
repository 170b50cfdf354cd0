import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createFirestoreStore } from '../core/adapters/store-firestore.ts'
import { createSqliteStore } from '../core/adapters/store-sqlite.ts'
import { PEOPLE } from '../sandbox/cast.ts'
import { startLocalStorage } from '../sandbox/google/start-storage.ts'
import { linkOf, payInBrowser } from '../sandbox/player.ts'
import { buy } from '../sandbox/scenes.ts'
import { emptyProject, firestoreEmulator } from './firestore-emulator.ts'
import { assertInvariants } from './invariants.ts'
import { runStore } from './run-store.ts'
import { mismatchesIn, openShop, orderOf } from './shop.ts'
import { createWorld, minutes, smallPicture, type World } from './world.ts'

const emulator = await firestoreEmulator()
const skip = 'missing' in emulator ? emulator.missing : false
const FIRESTORE_EMULATOR_HOST = 'host' in emulator ? emulator.host : ''

async function openFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'c500-copy-'))
  t.after(() => rm(folder, { recursive: true }))
  return folder
}

async function statusOfPicture(world: World, dropId: string): Promise<number> {
  const drop = await world.core.store.get('inventory', dropId)
  const shown = await fetch(`${world.web.url}/pictures/${drop?.value.picture?.pictureId}/card.webp`)
  await shown.body?.cancel()
  return shown.status
}

test('a living collective moves to Firestore, works there, and moves back', { skip }, async (t) => {
  await using world = await createWorld()
  const bucket = await startLocalStorage({ host: '127.0.0.1', port: 0, bucket: 'pictures' })
  t.after(() => bucket.close())
  const env = { FIRESTORE_EMULATOR_HOST, MEDIA_API_BASE: bucket.url }
  const project = emptyProject()
  const [poppy, moss] = [world.player('poppy'), world.player('moss')]
  const { card, dropId } = await openShop(world, { picture: await smallPicture() })
  await payInBrowser(linkOf(await buy(poppy, card), /Pay/))
  await world.settle()
  const held = await buy(moss, card)
  await world.settle()
  // An audit log is a chain of checksums, and does not forgive a changed word.
  const pause = { operator: { userId: PEOPLE.olive.id, name: 'Olive' }, what: { kind: 'all' as const } }
  await world.client.pauseSelling({ ...pause, paused: true, reason: 'a storm' })
  await world.client.pauseSelling({ ...pause, paused: false, reason: 'it went by' })
  const value = { receivedAt: world.now(), type: 'filler', result: null }
  const filler = Array.from({ length: 1_000 }, (_, i) => `evt_filler_${i}`)
  await world.core.store.commit(filler.map((id) => ({ op: 'create', collection: 'inbox', id, value })))

  const there = [
    'copy',
    '--from',
    `sqlite:${world.dataDir}`,
    '--to',
    `firestore:${project}`,
    '--bucket',
    'pictures',
  ]
  const refused = await runStore(there, { env })
  assert.deepEqual([refused.code, /A core is running/.test(refused.errors)], [1, true], refused.errors)
  await world.core.close()
  const killed = await runStore(there, { env, killAt: /copying documents/ })
  assert.equal(killed.code, null, 'it was killed in the middle')
  const moved = await runStore(there, { env })
  assert.equal(moved.code, 0, moved.errors + moved.text)
  assert.match(moved.text, /^ +orders +2 {2}[0-9a-f]{12} +2 {2}[0-9a-f]{12} {2}same$/m)
  assert.match(moved.text, /^4 picture files are there\.\nBoth sides hold the same\./m)
  assert.equal((await runStore(there, { env })).code, 0, 'once more does no harm')

  await world.restartCore({
    STORE: 'firestore',
    GOOGLE_CLOUD_PROJECT: project,
    FIRESTORE_EMULATOR_HOST,
    MEDIA: 'gcs',
    MEDIA_BUCKET: 'pictures',
    MEDIA_API_BASE: bucket.url,
  })
  await world.settle()
  assert.equal(await statusOfPicture(world, dropId), 200)
  await payInBrowser(linkOf(held, /Pay/))
  await world.settle()
  assert.equal((await orderOf(world, moss)).status, 'paid')
  assert.deepEqual(await mismatchesIn(world), [])
  const late = await runStore(there, { env })
  assert.deepEqual([late.code, /The target is not empty/.test(late.errors)], [1, true], late.errors)

  await world.core.close()
  const data = join(await openFolder(t), 'back')
  const back = ['copy', '--from', `firestore:${project}`, '--to', `sqlite:${data}`, '--bucket', 'pictures']
  const returned = await runStore(back, { env })
  assert.equal(returned.code, 0, returned.errors + returned.text)
  await world.restartCore({ DATA_DIR: data })
  await world.advance(minutes(16))
  assert.equal(await statusOfPicture(world, dropId), 200)
  assert.deepEqual(
    [(await orderOf(world, poppy)).status, (await orderOf(world, moss)).status],
    ['paid', 'paid'],
  )
  assert.deepEqual(await mismatchesIn(world), [])
  await assertInvariants({ store: world.core.store, stripeUrl: world.stripeUrl, now: world.now() })
})

test('work that a core has in hand on Firestore is waited for', { skip }, async (t) => {
  const project = emptyProject()
  const store = createFirestoreStore({ projectId: project, emulatorHost: FIRESTORE_EMULATOR_HOST })
  const leaseUntil = Date.now() + minutes(60)
  const value = { kind: 'watch', queue: 'money', subject: 'ord', notice: null, leaseUntil } as const
  const rest = { dueAt: leaseUntil, revision: 1, runs: 1, attempts: 1, lastError: null, createdAt: 0 }
  await store.commit([{ op: 'create', collection: 'outbox', id: 'watch:ord', value: { ...value, ...rest } }])
  await store.close()
  const to = `sqlite:${await openFolder(t)}`
  const { code, errors } = await runStore(['copy', '--from', `firestore:${project}`, '--to', to], {
    env: { FIRESTORE_EMULATOR_HOST },
  })
  assert.deepEqual([code, /A core is at work on the source/.test(errors)], [1, true], errors)
})

test('a copy that grew old is replaced when told to, pictures included', async (t) => {
  const folder = await openFolder(t)
  await using world = await createWorld()
  const { dropId } = await openShop(world, { picture: await smallPicture() })
  await world.core.close()
  const copy = ['copy', '--from', `sqlite:${world.dataDir}`, '--to', `sqlite:${folder}/new`]
  assert.equal((await runStore(copy)).code, 0)

  const store = createSqliteStore({ path: join(world.dataDir, 'c500.sqlite') })
  const drop = await store.get('inventory', dropId)
  assert.ok(drop)
  const changed = { ...drop.value, title: 'Sea-green mug' }
  await store.commit([{ ...drop, op: 'replace', collection: 'inventory', value: changed }])
  await store.close()
  const refused = await runStore(copy)
  assert.deepEqual([refused.code, refused.errors.includes(`inventory/${dropId}`)], [1, true], refused.errors)
  const replaced = await runStore([...copy, '--into-non-empty'])
  assert.equal(replaced.code, 0, replaced.errors + replaced.text)

  await world.restartCore({ DATA_DIR: join(folder, 'new') })
  assert.equal((await world.core.store.get('inventory', dropId))?.value.title, 'Sea-green mug')
  assert.equal(await statusOfPicture(world, dropId), 200)
})

test('what cannot be moved is refused with a sentence', async (t) => {
  const folder = await openFolder(t)
  await using world = await createWorld()
  const here = `sqlite:${world.dataDir}`
  for (const [from, to, sentence] of [
    ['postgres:shop', 'firestore:demo', /"postgres:shop" is neither sqlite:FOLDER nor firestore:PROJECT/],
    [`sqlite:${folder}/nothing`, 'firestore:demo', /There is no collective in/],
    [here, here, /Source and target are the same/],
    [here, `sqlite:${folder}/new`, /A core is running on/],
  ] as const) {
    const { code, errors } = await runStore(['copy', '--from', from, '--to', to])
    assert.equal(code, 1, errors)
    assert.match(errors, sentence)
  }
})
