import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { backUp, restore } from '../core/store-backup.ts'
import { PEOPLE } from '../sandbox/cast.ts'
import { linkOf, payInBrowser } from '../sandbox/player.ts'
import { buy } from '../sandbox/scenes.ts'
import { assertInvariants } from './invariants.ts'
import { runStore } from './run-store.ts'
import { mismatchesIn, openShop, orderOf } from './shop.ts'
import { createWorld, minutes, smallPicture } from './world.ts'

const quietly = () => {}

async function openFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'c500-backups-'))
  t.after(() => rm(folder, { recursive: true }))
  return folder
}

test('a backup taken in the rush is one moment, and a core on it catches up with Stripe to the cent', async (t) => {
  await using world = await createWorld()
  const folder = await openFolder(t)
  const [poppy, moss] = [world.player('poppy'), world.player('moss')]
  const { card, dropId } = await openShop(world, { picture: await smallPicture() })
  assert.equal((await payInBrowser(linkOf(await buy(poppy, card), /Pay/))).status, 200)
  await world.settle()
  // Held, not paid yet: the payment will come after the backup.
  const held = await buy(moss, card)
  await world.settle()
  // Enough pages for several steps, so that somebody writes in between.
  const { store } = world.core
  const value = { receivedAt: world.now(), type: 'x'.repeat(1_000), result: null }
  const filler = Array.from({ length: 10_000 }, (_, i) => `evt_filler_${i}`)
  await store.commit(filler.map((id) => ({ op: 'create', collection: 'inbox', id, value })))

  const written: Promise<void>[] = []
  const to = join(folder, 'backup')
  const note = await backUp({ data: world.dataDir, to, now: new Date() }, (what) => {
    if (what !== 'copying the database' || written.length >= 2) return
    const id = `evt_meanwhile_${written.length}`
    written.push(store.commit([{ op: 'create', collection: 'inbox', id, value }]))
  })
  await Promise.all(written)
  assert.equal(written.length, 2, 'core wrote while the database was being copied')
  assert.ok(await store.get('inbox', 'evt_meanwhile_1'))

  assert.equal((await payInBrowser(linkOf(held, /Pay/))).status, 200)
  await world.settle()
  assert.equal((await orderOf(world, moss)).status, 'paid')

  const data = join(folder, 'new-machine')
  await restore({ from: to, data, replace: false, now: new Date() }, quietly)
  await world.restartCore({ DATA_DIR: data })
  const restored = world.core.store
  // One picture: two sizes as WebP, and the larger in two more formats.
  assert.deepEqual([note.documents.orders, note.pictures], [2, 4])
  assert.equal(await restored.get('inbox', 'evt_meanwhile_0'), undefined, 'the copy is of one moment')
  assert.ok(await restored.get('inbox', 'evt_filler_9999'))
  assert.equal((await orderOf(world, moss)).status, 'held', 'core knows what it knew then')
  assert.deepEqual(await mismatchesIn(world), ['payment_not_here'])

  await world.advance(minutes(16))
  assert.equal((await orderOf(world, moss)).status, 'paid')
  assert.deepEqual(await mismatchesIn(world), [])
  await assertInvariants({ store: restored, stripeUrl: world.stripeUrl, now: world.now() })

  const { pictureId } = (await restored.get('inventory', dropId))?.value.picture ?? {}
  assert.ok(pictureId)
  const shown = await fetch(`${world.web.url}/pictures/${pictureId}/card.webp`)
  assert.equal(shown.status, 200)
})

test('the commands back up an open shop, and do not restore onto it', async (t) => {
  await using world = await createWorld()
  const folder = await openFolder(t)
  const { card } = await openShop(world)
  await payInBrowser(linkOf(await buy(world.player('poppy'), card), /Pay/))
  await world.settle()

  const to = join(folder, 'backup')
  const saved = await runStore(['backup', '--data', world.dataDir, '--to', to])
  assert.equal(saved.code, 0, saved.errors)
  assert.match(saved.text, /^ +1 {2}orders$/m)
  assert.match(saved.errors, /checking the backup/, 'progress is told beside the answer')

  const back = ['restore', '--data', world.dataDir, '--from', to]
  const refused = await runStore([...back, '--replace'])
  assert.deepEqual([refused.code, /A core is running/.test(refused.errors)], [1, true], refused.errors)
  await world.core.close()
  const full = await runStore(back)
  assert.deepEqual([full.code, /Add --replace/.test(full.errors)], [1, true], full.errors)
  const restored = await runStore([...back, '--replace'])
  assert.equal(restored.code, 0, restored.errors)

  await world.restartCore()
  await world.settle()
  assert.equal((await orderOf(world, PEOPLE.poppy)).status, 'paid')
  assert.deepEqual(await mismatchesIn(world), [])

  const silent = await runStore(['backup'])
  assert.deepEqual([silent.code, /Please say --to FOLDER/.test(silent.errors)], [1, true], silent.errors)
})
