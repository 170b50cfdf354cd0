import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Order } from '../core/domain/order.ts'
import { PEOPLE } from '../sandbox/cast.ts'
import { linkOf, payInBrowser } from '../sandbox/player.ts'
import { buy } from '../sandbox/scenes.ts'
import { openShop, orderOf, testInWorld } from './shop.ts'
import type { World } from './world.ts'

const DAY = 24 * 60 * 60_000
const poppy = { userId: PEOPLE.poppy.id, name: 'Poppy' }
const juniper = { userId: PEOPLE.juniper.id, name: 'Juniper' }
const olive = { userId: PEOPLE.olive.id, name: 'Olive' }

type Row = Readonly<Record<string, string>>

/** Rows by their columns' names. Nothing in these tests needs quotes but what is quoted whole. */
function readCsv(csv: string): Row[] {
  const [head, ...rows] = csv
    .trimEnd()
    .split('\r\n')
    .map((line) => line.split(','))
  return rows.map((row) => Object.fromEntries(row.map((cell, i) => [head?.[i] ?? '', cell])))
}

/** What is in one account of the exported books, in minor units. */
function inAccount(ledger: readonly Row[], account: string): number {
  const mine = ledger.filter((row) => row.account === account)
  return mine.reduce((sum, row) => sum + Math.round(Number(row.amount) * 100), 0)
}

/** Poppy and Wren have each paid for a mug of $24.00, of which $1.20 is the fee. */
async function twoPaid(world: World): Promise<{ readonly poppys: string; readonly wrens: string }> {
  const shop = await openShop(world, { title: '=Mug', options: { closes_in_hours: 720 } })
  for (const name of ['poppy', 'wren'] as const) {
    const held = await buy(world.player(name), shop.card)
    assert.equal((await payInBrowser(linkOf(held, /Pay/))).status, 200)
    await world.settle()
  }
  const poppys = await orderOf(world, world.player('poppy'))
  const wrens = await orderOf(world, world.player('wren'))
  return { poppys: poppys.orderId, wrens: wrens.orderId }
}

async function arrive(world: World, orderId: string, userId: string): Promise<void> {
  await world.client.markShipped({ userId: juniper.userId, orderId, carrier: 'Post', trackingNumber: '1' })
  await world.client.confirmArrival({ userId, orderId })
  await world.settle()
}

async function statementUrl(world: World): Promise<string> {
  return (await world.client.dashboard({ userId: juniper.userId })).builder.statementUrl
}

async function textOf(url: string): Promise<string> {
  const answer = await fetch(url)
  assert.equal(answer.status, 200, url)
  return answer.text()
}

const monthOf = (at: number) => new Date(at).toISOString().slice(0, 7)
const amountsOf = (lines: readonly Row[], column: 'gross' | 'refunded' | 'fee' | 'net') =>
  lines.reduce((sum, line) => sum + Math.round(Number(line[column]) * 100), 0)

testInWorld('a buyer reads a numbered receipt, and a part that went back is on it', async (world) => {
  const { poppys, wrens } = await twoPaid(world)
  const ask = { userId: juniper.userId, orderId: poppys, amount: '10', reason: 'a chip in the glaze' }
  await world.client.refundOrder(ask)
  await world.settle()

  const { receiptUrl } = await world.client.getOrder({ userId: poppy.userId, orderId: poppys })
  assert.ok(receiptUrl)
  const page = await textOf(receiptUrl)
  for (const words of [
    'C500-000001',
    'Credit note C500-000003. Juniper gave it back.',
    'Sold by <strong><bdi>Juniper',
    '\u2212$10.00',
    '$14.00 of $24.00 is held since',
  ]) {
    assert.ok(page.includes(words), words)
  }
  const own = await world.client.getOrder({ userId: PEOPLE.wren.id, orderId: wrens })
  assert.ok((await textOf(own.receiptUrl ?? '')).includes('C500-000002'))
  const seenByBuilder = await world.client.getOrder({ userId: juniper.userId, orderId: poppys })
  assert.equal(seenByBuilder.receiptUrl, null)
})

testInWorld('nothing that is not paid has a receipt', async (world) => {
  const shop = await openShop(world)
  const held = await buy(world.player('poppy'), shop.card)
  const { orderId } = await orderOf(world, world.player('poppy'))
  const view = await world.client.getOrder({ userId: poppy.userId, orderId })
  assert.equal(view.receiptUrl, null)
  const early = await fetch(linkOf(held, /Pay/).replace('/pay/', '/receipt/'))
  assert.equal(early.status, 404)
  assert.ok((await early.text()).includes('There is no receipt yet'))
})

testInWorld('a statement comes to what the books say, whatever happened to its orders', async (world) => {
  const { poppys, wrens } = await twoPaid(world)
  await arrive(world, poppys, poppy.userId)
  await world.client.refundOrder({ userId: juniper.userId, orderId: poppys, amount: '6.66', reason: 'late' })
  await world.client.refundOrder({ userId: juniper.userId, orderId: wrens, amount: '3.33', reason: 'small' })
  await world.settle()

  const url = await statementUrl(world)
  const page = await textOf(url)
  // $48.00 less $9.99, of which five in a hundred are the fee of each order by itself.
  for (const words of ['Together, 2 sales', '$48.00', '\u2212$9.99', '\u2212$1.89', '$36.12']) {
    assert.ok(page.includes(words), words)
  }
  const month = monthOf(world.now())
  const orders = readCsv(await textOf(`${url}/orders.csv?month=${month}`))
  const ledger = readCsv(await textOf(`${url}/ledger.csv?month=${month}`))
  const [gross, refunded, fee, net] = (['gross', 'refunded', 'fee', 'net'] as const).map((column) =>
    amountsOf(orders, column),
  )
  assert.deepEqual([gross, refunded, fee, net], [4_800, 999, 189, 3_612])

  // Wren's order is still undivided in the books: what is held is its fee and its net together.
  const arrived = orders.filter((row) => row.order === poppys)
  const waiting = orders.filter((row) => row.order === wrens)
  const entriesOf = (rows: readonly Row[]) =>
    ledger.filter((entry) => rows.some((row) => row.order === entry.order))
  assert.equal(inAccount(entriesOf(arrived), 'platform_fee'), -amountsOf(arrived, 'fee'))
  const sent = ledger.filter(
    ({ account, movement }) => account === 'stripe' && /^(transfer|reversal)/.test(movement ?? ''),
  )
  assert.equal(inAccount(sent, 'stripe'), -amountsOf(arrived, 'net'))
  assert.equal(
    inAccount(entriesOf(waiting), 'buyer_money'),
    -(amountsOf(waiting, 'fee') + amountsOf(waiting, 'net')),
  )
  assert.equal(inAccount(ledger, 'refund_due'), 0)
  const sum = ledger.reduce((all, row) => all + Math.round(Number(row.amount) * 100), 0)
  assert.equal(sum, 0)
})

testInWorld('a month that is over never changes again, whatever becomes of its orders', async (world) => {
  const { poppys, wrens } = await twoPaid(world)
  const soldIn = monthOf(world.now())
  const [year = 0, month = 0] = soldIn.split('-').map(Number)
  const ends = Date.UTC(year, month)
  const url = await statementUrl(world)
  await world.advance(ends - world.now())
  assert.ok((await textOf(`${url}?month=${soldIn}`)).includes('The month is not closed yet.'))
  await world.advance(10 * 60_000)
  const closed = await textOf(`${url}?month=${soldIn}`)
  const ledgerThen = await textOf(`${url}/ledger.csv?month=${soldIn}`)
  for (const words of [
    'this does not change any more',
    'Together, 2 sales',
    'When the month ended',
    '$45.60',
  ])
    assert.ok(closed.includes(words), words)

  // A release, a refund of what was sent, a dispute and a part refund, all of orders of the closed month.
  await arrive(world, poppys, poppy.userId)
  await world.client.refundAsOperator({ operator: olive, orderId: poppys, amount: '6', reason: 'a chip' })
  await world.client.refundOrder({ userId: juniper.userId, orderId: wrens, amount: '3.33', reason: 'small' })
  await world.settle()
  const { chargeId } = (await world.core.store.get('orders', wrens))?.value ?? {}
  await world.stripeControl(`/local/charges/${chargeId}/dispute`, {})
  await world.advance(3 * DAY)
  const repaired = await world.client.mendMoney({ operator: olive, reason: 'a look' })
  assert.equal(repaired.total, 0)
  assert.equal(await textOf(`${url}?month=${soldIn}`), closed)
  assert.equal(await textOf(`${url}/ledger.csv?month=${soldIn}`), ledgerThen)

  const now = monthOf(world.now())
  assert.notEqual(now, soldIn)
  const running = await textOf(url)
  for (const words of ['The month is not closed yet.', 'Refund: ', 'Together, 0 sales', 'Taken back: '])
    assert.ok(running.includes(words), words)
  assert.ok(running.includes(`href="${new URL(url).pathname}?month=`))
  const moved = readCsv(await textOf(`${url}/ledger.csv?month=${now}`)).map(({ movement }) => movement)
  for (const movement of ['arrival', 'transfer', 'give_back:1', 'reversal:1', 'dispute'])
    assert.ok(moved.includes(movement), movement)
  assert.equal(readCsv(await textOf(`${url}/orders.csv?month=${now}`)).length, 0)
  assert.equal(readCsv(await textOf(`${url}/orders.csv`)).length, 2)
})

testInWorld('a debt is carried on the statement until it is paid off', async (world) => {
  const { poppys, wrens } = await twoPaid(world)
  await arrive(world, poppys, poppy.userId)
  const accountId = (await world.core.store.get('builders', juniper.userId))?.value.accountId
  await world.stripeControl(`/local/accounts/${accountId}`, { negativeAllowed: false })
  await world.advance(3 * DAY)
  await world.stripeControl('/local/payouts', { account: accountId })
  await world.client.refundAsOperator({ operator: olive, orderId: poppys, amount: '', reason: 'broken' })
  await world.settle()
  const url = await statementUrl(world)
  assert.ok((await textOf(url)).includes('$22.80 is owed to the collective now'))

  const payouts = readCsv(await textOf(`${url}/payouts.csv`))
  assert.deepEqual(
    payouts.map(({ amount, currency, builder, account }) => [amount, currency, builder, account]),
    [['22.80', 'usd', 'Juniper', accountId ?? '']],
  )
  await arrive(world, wrens, PEOPLE.wren.id)
  assert.ok(!(await textOf(url)).includes('is owed to the collective'))
})

testInWorld('an operator takes the records of everybody, and a title is never a formula', async (world) => {
  const { poppys, wrens } = await twoPaid(world)
  const ask = { operator: olive, month: null }
  const orders = await world.client.exportAsOperator({ ...ask, kind: 'orders' })
  assert.equal(orders.filename, 'c500-orders.csv')
  const rows = readCsv(orders.csv)
  assert.deepEqual(
    rows.map((row) => [row.order, row.receipt, row.title, row.gross, row.net]),
    [
      [poppys, 'C500-000001', "'=Mug", '24.00', '22.80'],
      [wrens, 'C500-000002', "'=Mug", '24.00', '22.80'],
    ],
  )
  const ledger = readCsv((await world.client.exportAsOperator({ ...ask, kind: 'ledger' })).csv)
  assert.equal(inAccount(ledger, 'buyer_money'), -4_800)
  await arrive(world, poppys, poppy.userId)
  const accountId = (await world.core.store.get('builders', juniper.userId))?.value.accountId
  await world.advance(3 * DAY)
  await world.stripeControl('/local/payouts', { account: accountId })
  const payouts = readCsv((await world.client.exportAsOperator({ ...ask, kind: 'payouts' })).csv)
  assert.deepEqual(
    payouts.map(({ amount, builder }) => [amount, builder]),
    [['22.80', 'Juniper']],
  )
  const longAgo = await world.client.exportAsOperator({ operator: olive, kind: 'payouts', month: '2020-01' })
  assert.equal(readCsv(longAgo.csv).length, 0)
})

test('the table of this file reads what it must', () => {
  assert.deepEqual(readCsv('a,b\r\n1,2\r\n'), [{ a: '1', b: '2' }])
})

testInWorld('a sale from before receipts goes on, and is numbered by itself', async (world) => {
  const { card } = await openShop(world, { options: { closes_in_hours: 720 } })
  await payInBrowser(linkOf(await buy(world.player('poppy'), card), /Pay/))
  await world.settle()
  const { store } = world.core
  const { orderId } = await orderOf(world, world.player('poppy'))
  const [order, counter] = [await store.get('orders', orderId), await store.get('counters', 'receipts')]
  assert.ok(order && counter)
  const { receipt, drift, dispute, refunds, caseId, ...old } = order.value
  assert.ok(receipt)
  await store.commit([
    // As an earlier version stored it: what it did not know is not there.
    { op: 'replace', collection: 'orders', id: orderId, value: old as Order, version: order.version },
    { op: 'delete', collection: 'counters', id: 'receipts', version: counter.version },
  ])
  const view = await world.client.getOrder({ userId: poppy.userId, orderId })
  assert.deepEqual([view.status, view.receiptUrl, view.refunds, view.frozenBy], ['paid', null, [], null])
  await arrive(world, orderId, poppy.userId)
  assert.equal((await orderOf(world, world.player('poppy'))).status, 'released')
  await world.advance(DAY)
  const after = await orderOf(world, world.player('poppy'))
  assert.deepEqual([after.receipt?.number, after.drift], [1, null])
  assert.deepEqual((await world.client.checkMoney({ operator: olive })).mismatches, [])
})
