import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import { AppError, type DropView } from '#contract'
import { createCatalogue } from './catalogue.ts'
import { makeDrop, makeId, NOW } from './testing/fake-core.ts'
import type { WebDeps } from './web-deps.ts'

const MINUTE = 60_000
const over = (n: number, more: Partial<DropView> = {}) =>
  makeDrop(n, { status: 'closed', available: 0, held: 0, sold: 3, ...more })

/** A core whose list of what is over can be held back, and a clock. */
function createShop(drops: DropView[]) {
  const shop = { drops, at: NOW, asked: [] as string[], before: async (_: string) => {} }
  const core = {
    async listDrops({ status, limit, cursor }: { status: string; limit: number; cursor: string | null }) {
      shop.asked.push(status)
      const from = Number(cursor ?? 0)
      const all = shop.drops.filter((drop) => drop.status === status)
      const page = all.slice(from, from + limit)
      await shop.before(status)
      return { drops: page, cursor: from + limit < all.length ? String(from + limit) : null }
    },
    async getDrop({ dropId }: { dropId: string }) {
      shop.asked.push(dropId)
      const drop = shop.drops.find((one) => one.dropId === dropId)
      if (!drop) throw new AppError('drop_not_found')
      return drop
    },
  } as WebDeps['core']
  const read = createCatalogue({ core, log: pino({ level: 'silent' }), now: () => shop.at })
  return { shop, read: async () => (await read('r')).value }
}

test('a drop that leaves the shelf is asked for alone, and the long list is not read again', async () => {
  const { shop, read } = createShop([makeDrop(1), makeDrop(2), over(3)])
  assert.equal((await read()).drops.length, 3)
  shop.drops = [over(1), makeDrop(2), over(3)]
  shop.at += 2_000
  shop.asked = []
  const { byId } = await read()
  assert.deepEqual(
    [1, 2, 3].map((n) => byId.get(makeId('drp', n))?.status),
    ['closed', 'open', 'closed'],
  )
  assert.deepEqual(shop.asked.toSorted(), [makeId('drp', 1), 'open', 'paused', 'scheduled'])
})

test('a drop that is on the shelf is as the shelf has it, whatever was known of it', async () => {
  const { shop, read } = createShop([makeDrop(1)])
  await read()
  for (const drop of [over(1), makeDrop(1, { available: 1, sold: 1 })]) {
    shop.drops = [drop]
    shop.at += 2_000
    assert.deepEqual([...(await read()).byId.values()], [drop])
  }
})

test('a drop that core no longer knows does not take the others with it', async () => {
  const { shop, read } = createShop([makeDrop(1), makeDrop(2)])
  await read()
  shop.drops = [makeDrop(2)]
  shop.at += 2_000
  assert.deepEqual([...(await read()).byId.keys()], [makeId('drp', 2)])
})

test('nobody waits while what is over is read again, and nothing that closes meanwhile is lost', async () => {
  const { shop, read } = createShop([makeDrop(1), makeDrop(2), over(3)])
  await read()
  // One that has left before the list is read again, one that leaves while it is.
  shop.drops = [over(1), makeDrop(2), over(3)]
  shop.at += 2_000
  await read()
  const { promise, resolve } = Promise.withResolvers<void>()
  shop.before = (status) => (status === 'closed' ? promise : Promise.resolve())
  shop.at += 6 * MINUTE
  const all = [1, 2, 3].map((n) => makeId('drp', n))
  assert.deepEqual([...(await read()).byId.keys()].toSorted(), all)
  shop.drops = [over(1), over(2), over(3, { title: 'Mended' })]
  shop.at += 2_000
  const meanwhile = await read()
  assert.deepEqual([...meanwhile.byId.keys()].toSorted(), all)
  resolve()
  await new Promise(setImmediate)
  shop.at += 2_000
  assert.deepEqual([...(await read()).byId.keys()].toSorted(), all)
})

test('what is over is read again in time, and a core that fails at that takes nothing away', async () => {
  const { shop, read } = createShop([makeDrop(1), over(3)])
  await read()
  shop.drops = [makeDrop(1), over(3, { title: 'Mended' })]
  const titleAfter = async (ms: number) => {
    shop.at += ms
    await read()
    await new Promise(setImmediate)
    shop.at += 2_000
    return (await read()).byId.get(makeId('drp', 3))?.title
  }
  shop.before = (status) =>
    status === 'closed' ? Promise.reject(new AppError('unavailable')) : Promise.resolve()
  assert.equal(await titleAfter(6 * MINUTE), makeDrop(3).title)
  shop.before = () => Promise.resolve()
  assert.equal(await titleAfter(6 * MINUTE), 'Mended')
})

test('of very many drops the newest that are over are kept, and where the rest begins', async () => {
  const many = Array.from({ length: 5_150 }, (_, n) => over(n))
  const { shop, read } = createShop([makeDrop(9_999), ...many])
  const { drops, older } = await read()
  assert.deepEqual([drops.length, older], [5_001, '5000'])
  shop.drops = [makeDrop(9_999), ...many.slice(0, 5_000)]
  shop.at += 6 * MINUTE
  await read()
  await new Promise(setImmediate)
  shop.at += 2_000
  assert.equal((await read()).older, null)
})
