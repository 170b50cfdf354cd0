import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { frozenBy, givenBack } from '../domain/order.ts'
import type { CollectionName } from '../ports/store.ts'
import { createSqliteStore } from './store-sqlite.ts'
import { createUpcastStore } from './store-upcast.ts'

const JUNIPER = '100000000000000101'
const juniper = { userId: JUNIPER, name: 'Juniper' }
const olive = { userId: '100000000000000105', name: 'Olive' }

/** A store whose one document was written by an earlier version. */
function storeOf(collection: CollectionName, value: object, columns: Record<string, string | number> = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'c500-upcast-'))
  const path = join(dir, 'c500.sqlite')
  createSqliteStore({ path }).close()
  using db = new DatabaseSync(path)
  const names = ['id', 'version', 'value', ...Object.keys(columns)]
  db.prepare(
    `INSERT INTO ${collection} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
  ).run('x', 1, JSON.stringify(value), ...Object.values(columns))
  const store = createUpcastStore(createSqliteStore({ path }))
  return {
    store,
    async [Symbol.asyncDispose]() {
      await store.close()
      rmSync(dir, { recursive: true })
    },
  }
}

test('a builder without terms, or with terms that say nothing of when they were decided, reads as today', async () => {
  await using before = storeOf('builders', { ...juniper, status: 'approved' }, { joinedAt: 1 })
  const { value } = (await before.store.get('builders', 'x')) ?? assert.fail()
  assert.deepEqual([value.terms, value.statusHistory], [[], []])
  assert.deepEqual([value.debt, value.currentlyDue, value.twitch], [0, [], null])
  assert.deepEqual([value.about, value.link], ['', null])
  await using first = storeOf('builders', juniper, { joinedAt: 1 })
  assert.equal((await first.store.get('builders', 'x'))?.value.status, 'approved')
  const terms = [{ from: 7, settlement: 'at_payment', feeBps: 100, by: olive, reason: 'so' }]
  await using later = storeOf('builders', { ...juniper, terms, statusHistory: [] }, { joinedAt: 1 })
  const page = await later.store.find('builders', {
    where: {},
    orderBy: 'joinedAt',
    direction: 'asc',
    limit: 1,
  })
  assert.equal(page.documents[0]?.value.terms[0]?.at, 7)
})

test('a drop keeps the terms it was published with', async () => {
  const dropped = { dropId: 'x', price: 2_400, feeBps: 750, status: 'closed' }
  const old = { ...dropped, settlement: 'at_payment', destination: 'acct_1' }
  await using split = storeOf('inventory', old)
  const { value } = (await split.store.get('inventory', 'x')) ?? assert.fail()
  assert.deepEqual(value.terms, [{ from: 0, settlement: 'at_payment', feeBps: 750 }])
  assert.ok(!('settlement' in value))
  assert.deepEqual([value.waitsFor, value.reminders], [null, 0])
  assert.deepEqual(value.waitlist, { waiting: 0, lastNumber: 0 })
  await using held = storeOf('inventory', { ...old, settlement: 'on_arrival', destination: null })
  const [found] = await held.store.getAll([['inventory', 'x']])
  assert.ok(found && 'price' in found.value && 'terms' in found.value)
  assert.deepEqual([found.value.terms, found.value.feeBps], [[], 750])
  await using first = storeOf('inventory', dropped)
  const { closed, pauses, destination } = (await first.store.get('inventory', 'x'))?.value ?? assert.fail()
  assert.deepEqual([closed, pauses, destination], [true, [], null])
})

test('an order from before receipts, drifts and disputes reads as one of today, and keeps what it has', async () => {
  const old = {
    orderId: 'x',
    status: 'paid',
    total: 2_400,
    payment: { paymentIntentId: 'pi_1', chargeId: 'ch_1', at: 5, stripeFee: 100, shipTo: null },
    history: [{ at: 5, event: 'payment_succeeded' }],
  }
  await using before = storeOf('orders', old, { createdAt: 1 })
  const { value } = (await before.store.get('orders', 'x')) ?? assert.fail()
  assert.deepEqual(value, {
    ...old,
    payment: { ...old.payment, transferId: null },
    settlement: 'on_arrival',
    destination: null,
    chargeId: 'ch_1',
    release: null,
    refunds: [],
    receipt: null,
    caseId: null,
    dispute: null,
    drift: null,
    holdingWarnedAt: null,
    attention: null,
  })
  assert.equal(frozenBy(value), null)
  assert.equal(givenBack(value), 0)

  const asked = { note: 'Look.', by: olive, at: 7, sentAt: null }
  const dispute = { disputeId: 'dp_1', amount: 2_400, fee: 1_500, reason: 'fraudulent', status: 'open' }
  const refunds = [{ n: 1, amount: 500, status: 'succeeded' }]
  const more = { ...old, dispute: { ...dispute, evidence: asked }, refunds, settlement: 'at_payment' }
  await using disputed = storeOf('orders', more, { createdAt: 1 })
  const found = (await disputed.store.get('orders', 'x'))?.value ?? assert.fail()
  assert.deepEqual(found.dispute, { ...dispute, laterFees: [], evidence: { ...asked, fileId: null } })
  assert.deepEqual(found.refunds, [{ ...refunds[0], creditNote: null }])
  assert.equal(found.settlement, 'at_payment')
  await using quiet = storeOf('orders', { ...old, dispute }, { createdAt: 1 })
  assert.equal((await quiet.store.get('orders', 'x'))?.value.dispute?.evidence, null)
})

test('a claim from before repeated requests were known has none', async () => {
  await using before = storeOf('claims', { taken: 1, liveOrderId: null })
  assert.deepEqual((await before.store.get('claims', 'x'))?.value.requests, [])
})

test('news that was wished for or missed before is still told', async () => {
  const notice = { userId: JUNIPER, kind: 'builder_sold', occasion: 3 }
  await using wished = storeOf('outbox', { kind: 'notify', subject: 'ord_1', notice })
  assert.deepEqual((await wished.store.get('outbox', 'x'))?.value.notice, { ...notice, about: 'order' })
  await using none = storeOf('outbox', { kind: 'draw_card', subject: 'drp_1', notice: null })
  assert.equal((await none.store.scan('outbox', { limit: 5, cursor: null })).documents[0]?.value.notice, null)
  const missed = [{ kind: 'builder_sold', orderId: 'ord_1', at: 9 }]
  await using user = storeOf('users', { ...juniper, missed })
  assert.deepEqual((await user.store.get('users', 'x'))?.value.missed, [
    {
      subject: 'ord_1',
      notice: { about: 'order', userId: JUNIPER, kind: 'builder_sold', occasion: 9 },
      at: 9,
    },
  ])
})

test('a case from before silence was written down has none', async () => {
  await using world = storeOf('cases', { caseId: 'x', status: 'silent', entries: [] })
  assert.equal((await world.store.get('cases', 'x'))?.value.silence, null)
})
