import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSqliteStore } from '../adapters/store-sqlite.ts'
import type { Media } from '../ports/media.ts'
import { createChanges } from './change.ts'
import { createDrop } from './create-drop.ts'
import { describePicture } from './describe-picture.ts'

const juniper = { userId: '100000000000000101', name: 'Juniper' }
const FORM = { title: 'Moss mug', story: '', price: '24', quantity: '3', closesInHours: 24, perPerson: 1 }
const WORDS = 'A green mug on a windowsill'

/** A draft with a picture, and what its builder can do with it. */
async function setUp() {
  const store = createSqliteStore({ path: ':memory:' })
  const change = createChanges({ store, onCommit: () => {}, random: () => 0 })
  const take: Media['take'] = async ({ pictureId, alt }) => ({ pictureId, width: 8, height: 6, alt })
  const deps = { store, change, clock: { now: () => 7 }, media: { take } as Media }
  let keys = 0
  const key = () => `key-${++keys}`
  const draft = (over: { readonly draftId?: string; readonly url?: string; readonly title?: string }) =>
    createDrop(deps, {
      builder: juniper,
      draftId: over.draftId ?? null,
      form: { ...FORM, title: over.title ?? FORM.title },
      picture: over.url ? { url: over.url } : null,
      idempotencyKey: key(),
    })
  const { draftId, picture } = await draft({ url: 'https://cdn.example/one.png' })
  const describe = (description: string, over: { pictureId?: string; userId?: string; key?: string } = {}) =>
    describePicture(deps, {
      userId: over.userId ?? juniper.userId,
      draftId,
      pictureId: over.pictureId ?? picture?.pictureId ?? '',
      description,
      idempotencyKey: over.key ?? key(),
    })
  return { draftId, picture, draft, describe, [Symbol.asyncDispose]: () => store.close() }
}

test('a picture has its builder’s words, on one line; none gives it its title back', async () => {
  await using shop = await setUp()
  assert.equal(shop.picture?.alt, 'Moss mug')
  assert.equal(shop.picture?.described, undefined)
  const described = (await shop.describe('  A green\nmug\u202e on a windowsill ')).picture
  assert.deepEqual([described?.alt, described?.described], [WORDS, true])
  const { picture } = await shop.describe(' \u200b ')
  assert.deepEqual(picture, shop.picture)
})

test('its words stay when the draft is mended, and go when another picture takes its place', async () => {
  await using shop = await setUp()
  const { draftId } = shop
  await shop.describe(WORDS)
  const mended = await shop.draft({ draftId, title: 'Moss-green mug' })
  assert.deepEqual([mended.picture?.alt, mended.picture?.described], [WORDS, true])
  const replaced = await shop.draft({ draftId, url: 'https://cdn.example/two.png' })
  assert.equal(replaced.picture?.alt, 'Moss mug')
  assert.equal(replaced.picture?.described, undefined)
  await assert.rejects(shop.describe(WORDS), { code: 'picture_gone' })
})

test('words that come while the draft is being mended are kept', async () => {
  await using shop = await setUp()
  const [mended] = await Promise.all([shop.draft({ draftId: shop.draftId }), shop.describe(WORDS)])
  const now = await shop.draft({ draftId: mended.draftId })
  assert.equal(now.picture?.alt, WORDS)
})

test('a request that comes again later does not bring old words back', async () => {
  await using shop = await setUp()
  await shop.describe('Old words', { key: 'first' })
  await shop.describe(WORDS)
  assert.equal((await shop.describe('Old words', { key: 'first' })).picture?.alt, WORDS)
})

test('too many words, and what belongs to somebody else, are refused', async () => {
  await using shop = await setUp()
  await assert.rejects(shop.describe('m'.repeat(201)), { code: 'text_too_long' })
  assert.equal((await shop.describe('👩‍👩‍👧‍👦'.repeat(200))).picture?.described, true)
  await assert.rejects(shop.describe(WORDS, { userId: '100000000000000102' }), { code: 'not_yours' })
  await assert.rejects(shop.describe(WORDS, { pictureId: 'pic_other' }), { code: 'picture_gone' })
})
