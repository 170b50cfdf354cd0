import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BuilderStatus } from '#contract'
import { createSqliteStore } from '../adapters/store-sqlite.ts'
import type { Builder } from '../domain/builder.ts'
import { joinBuilder } from './builder-account.ts'
import { createChanges } from './change.ts'
import { changeAbout } from './change-about.ts'
import type { Settings } from './deps.ts'
import { identify } from './read-people.ts'

const juniper = { userId: '100000000000000101', name: 'Juniper' }

async function setUp() {
  const store = createSqliteStore({ path: ':memory:' })
  const change = createChanges({ store, onCommit: () => {}, random: () => 0 })
  const settings = { approvalNeeded: false, twitch: null } as Settings
  const deps = { store, change, clock: { now: () => 7 }, settings }
  await joinBuilder(deps, { person: juniper })
  const tell = (about: string, link: string, idempotencyKey: string) =>
    changeAbout(deps, { userId: juniper.userId, about, link, idempotencyKey })
  return { deps, tell, [Symbol.asyncDispose]: () => store.close() }
}

test('a builder’s words are kept as text, and a request that comes again later does not bring old ones back', async () => {
  await using shop = await setUp()
  await shop.tell('Old words.', '', 'first')
  const { about, link, name } = await shop.tell(' I make mugs. \u202e', 'juniper.example', 'second')
  assert.deepEqual([about, link, name], ['I make mugs.', 'https://juniper.example/', 'Juniper'])
  assert.equal((await shop.tell('Old words.', '', 'first')).about, 'I make mugs.')
  const gone = await shop.tell('', '', 'third')
  assert.deepEqual([gone.about, gone.link], ['', null])
})

test('what cannot be taken changes nothing, and who is no builder has nothing to tell', async () => {
  await using shop = await setUp()
  await shop.tell('I make mugs.', 'juniper.example', 'first')
  await assert.rejects(shop.tell('More.', 'javascript:alert(1)', 'second'), { code: 'address_invalid' })
  const known = (await shop.deps.store.get('builders', juniper.userId))?.value
  assert.deepEqual([known?.about, known?.link], ['I make mugs.', 'https://juniper.example/'])
  const stranger = { userId: '100000000000000103', about: 'Hello', link: '', idempotencyKey: 'third' }
  await assert.rejects(changeAbout(shop.deps, stranger), { code: 'builder_not_found' })
})

test('visitors read it of builders who may sell or have paused, and of nobody else', async () => {
  await using shop = await setUp()
  const told: Builder = await shop.tell('I make mugs.', 'juniper.example', 'first')
  const readAs = async (status: BuilderStatus) => {
    await shop.deps.change({
      reads: [['builders', juniper.userId]],
      decide: (sheet) => sheet.put('builders', juniper.userId, { ...told, status }),
    })
    const { builder } = await identify(shop.deps, juniper.userId)
    return [builder?.about, builder?.link]
  }
  for (const status of ['approved', 'paused'] as const) {
    assert.deepEqual(await readAs(status), ['I make mugs.', 'https://juniper.example/'], status)
  }
  for (const status of ['applied', 'suspended'] as const) {
    assert.deepEqual(await readAs(status), ['', null], status)
  }
})
