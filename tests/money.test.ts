import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { isAppError, type OrderView } from '#contract'
import { balances } from '../core/domain/ledger.ts'
import { CHANNELS, PEOPLE } from '../sandbox/cast.ts'
import { linkOf, payInBrowser, textOf } from '../sandbox/player.ts'
import { buy } from '../sandbox/scenes.ts'
import { readAll } from './invariants.ts'
import { openShop, orderOf, testInWorld } from './shop.ts'
import { smallPicture, type World } from './world.ts'

const HOUR = 60 * 60_000
const DAY = 24 * HOUR
const poppy = { userId: PEOPLE.poppy.id, name: 'Poppy' }
const juniper = { userId: PEOPLE.juniper.id, name: 'Juniper' }
const olive = { userId: PEOPLE.olive.id, name: 'Olive' }
const code = (wanted: Parameters<typeof isAppError>[1]) => (error: unknown) => isAppError(error, wanted)

/** Poppy has paid for one mug of $24.00. */
async function paidOrder(
  world: World,
  card?: string,
): Promise<{ readonly orderId: string; readonly dropId: string }> {
  const shop = await openShop(world, { options: { closes_in_hours: 720 } })
  const held = await buy(world.player('poppy'), shop.card)
  const paid = await payInBrowser(linkOf(held, /Pay/), card)
  assert.equal(paid.status, 200)
  await world.settle()
  const { orderId, dropId } = await orderOf(world, world.player('poppy'))
  return { orderId, dropId }
}

async function ship(world: World, orderId: string): Promise<OrderView> {
  const order = await world.client.markShipped({
    userId: juniper.userId,
    orderId,
    carrier: 'Post',
    trackingNumber: '1',
  })
  await world.settle()
  return order
}

async function releasedOrder(world: World): Promise<{ readonly orderId: string; readonly dropId: string }> {
  const order = await paidOrder(world)
  await ship(world, order.orderId)
  await world.client.confirmArrival({ userId: poppy.userId, orderId: order.orderId })
  await world.settle()
  return order
}

/** Poppy says in Discord that something is wrong, with a photo. */
async function openCaseWithPicture(world: World, orderId: string): Promise<void> {
  const player = world.player('poppy')
  const order = await player.answer(player.c500('order', { order: orderId }))
  const form = await player.press(order, /^Something is wrong/)
  await player.answer(player.submit(form, { text: 'It is chipped.' }, { pictures: await smallPicture() }))
}

/** What the operators were told in their own channel, oldest first. */
async function operatorsTold(world: World): Promise<string[]> {
  return (await world.player('olive').messages(CHANNELS.operators.id)).map(textOf)
}

async function books(world: World): Promise<Record<string, number>> {
  const entries = await readAll(world.core.store, 'ledger', 'at')
  const all = balances(entries.map(({ value }) => value))
  return Object.fromEntries(Object.entries(all).filter(([, amount]) => amount !== 0))
}

async function accountOf(world: World): Promise<string> {
  const builder = await world.core.store.get('builders', juniper.userId)
  return builder?.value.accountId ?? ''
}

describe('refunds', () => {
  testInWorld(
    'an amount nobody can read is refused, and the form comes back as it was typed',
    async (world) => {
      const { orderId } = await paidOrder(world)
      const player = world.player('juniper')
      const typed = { amount: 'half *of* it', reason: 'A chip\n# in the glaze' }
      const order = await player.answer(player.c500('order', { order: orderId }))
      const refused = await player.answer(player.submit(await player.press(order, /Give money back/), typed))
      const again = await player.press(refused, /^Try again/)
      assert.ok(again.result === 'modal')
      const found = again.modal.components.flatMap((part) =>
        'component' in part && 'value' in part.component ? [part.component.value] : [],
      )
      assert.deepEqual(found, Object.values(typed))
    },
  )

  testInWorld(
    'a builder gives part back before release, and the share is what is left by the frozen rate',
    async (world) => {
      const { orderId } = await paidOrder(world)
      const ask = { userId: juniper.userId, orderId, amount: '10', reason: 'a chip in the glaze' }
      await world.client.refundOrder(ask, { idempotencyKey: 'once' })
      await world.client.refundOrder(ask, { idempotencyKey: 'once' })
      await world.settle()
      await ship(world, orderId)
      await world.client.confirmArrival({ userId: poppy.userId, orderId })
      await world.settle()
      const order = await orderOf(world, world.player('poppy'))
      assert.deepEqual([order.status, order.release?.amount, order.refunds.length], ['released', 1_330, 1])
      assert.deepEqual(await books(world), { stripe: 70 - 100, platform_fee: -70, stripe_fees: 100 })
      const [line] = (await world.client.money({ userId: juniper.userId, cursor: null })).lines
      assert.deepEqual(
        [line?.refunded.amount, line?.left.fee.amount, line?.left.share.amount],
        [1_000, 70, 1_330],
      )
    },
  )

  testInWorld(
    'whoever comes late to an order is told that it has moved on, not to try again',
    async (world) => {
      const { orderId } = await releasedOrder(world)
      const parcel = { orderId, carrier: 'Post', trackingNumber: '2' }
      const isOver = code('order_moved_on')
      await assert.rejects(world.client.markShipped({ userId: juniper.userId, ...parcel }), isOver)
      await assert.rejects(
        world.client.releaseAsOperator({ operator: olive, orderId, reason: 'Again.' }),
        isOver,
      )
    },
  )

  testInWorld('what was given back whole can neither be shipped nor arrive any more', async (world) => {
    const { orderId } = await paidOrder(world)
    const all = { userId: juniper.userId, orderId, amount: '', reason: 'It broke.' }
    await world.client.refundOrder(all, { idempotencyKey: 'all' })
    await world.settle()
    const parcel = { userId: juniper.userId, orderId, carrier: 'Post', trackingNumber: '2' }
    await assert.rejects(world.client.markShipped(parcel), code('order_moved_on'))
    await assert.rejects(
      world.client.confirmArrival({ userId: poppy.userId, orderId }),
      code('order_moved_on'),
    )
  })

  testInWorld('a refund after release takes the share back from the builder', async (world) => {
    const { orderId } = await releasedOrder(world)
    await world.client.refundAsOperator({ operator: olive, orderId, amount: '', reason: 'broken on arrival' })
    await world.settle()
    const order = await orderOf(world, world.player('poppy'))
    assert.deepEqual([order.status, order.refunds[0]?.reversal], ['refunded', 'made'])
    assert.deepEqual(await books(world), { stripe: -100, stripe_fees: 100 })
  })

  testInWorld('what cannot be taken back is owed, shown, and netted from the next release', async (world) => {
    const { orderId } = await releasedOrder(world)
    await world.stripeControl(`/local/accounts/${await accountOf(world)}`, { negativeAllowed: false })
    await world.advance(3 * DAY)
    await world.stripeControl(`/local/payouts`, { account: await accountOf(world) })
    await world.client.refundAsOperator({ operator: olive, orderId, amount: '', reason: 'broken' })
    await world.settle()
    assert.equal((await world.client.money({ userId: juniper.userId, cursor: null })).debt.amount, 2_280)

    const wren = world.player('wren')
    const card = (
      await wren.messages(
        (
          await world.core.store.get('inventory', (await orderOf(world, world.player('poppy'))).dropId)
        )?.value.card?.channelId ?? '',
      )
    ).at(-1)
    assert.ok(card)
    await payInBrowser(linkOf(await buy(wren, card), /Pay/))
    await world.settle()
    const next = await orderOf(world, wren)
    await ship(world, next.orderId)
    await world.client.confirmArrival({ userId: wren.id, orderId: next.orderId })
    await world.settle()
    const released = await orderOf(world, wren)
    assert.deepEqual(
      [released.status, released.release?.netted, released.release?.amount],
      ['released', 2_280, 0],
    )
    assert.equal((await world.client.money({ userId: juniper.userId, cursor: null })).debt.amount, 0)
  })

  testInWorld(
    'a refund that the bank sends back is owed to the buyer until an operator tries again',
    async (world) => {
      const { orderId } = await paidOrder(world, '4000 0000 0000 5126')
      await world.client.refundAsOperator({
        operator: olive,
        orderId,
        amount: '',
        reason: 'sold twice at the fair',
      })
      await world.settle()
      await world.advance(2 * HOUR)
      const failed = await orderOf(world, world.player('poppy'))
      assert.deepEqual([failed.status, failed.refunds[0]?.status], ['refunding', 'failed'])
      const queue = await world.client.operatorQueue({ operator: olive })
      assert.deepEqual(
        queue.failedRefunds.map((order) => order.orderId),
        [orderId],
      )
    },
  )

  testInWorld('nobody refunds for another, too much, without a reason, or nonsense', async (world) => {
    const { orderId } = await paidOrder(world)
    const ask = { userId: juniper.userId, orderId, amount: '1', reason: 'because' }
    await assert.rejects(world.client.refundOrder({ ...ask, userId: poppy.userId }), code('not_yours'))
    await assert.rejects(world.client.refundOrder({ ...ask, amount: '24.01' }), code('refund_too_large'))
    await assert.rejects(world.client.refundOrder({ ...ask, amount: 'all of it' }), code('amount_invalid'))
    await assert.rejects(world.client.refundOrder({ ...ask, amount: '0' }), code('amount_invalid'))
    await assert.rejects(world.client.refundOrder({ ...ask, reason: ' \u200b ' }), code('reason_missing'))
    assert.equal((await orderOf(world, world.player('poppy'))).refunds.length, 0)
  })
})

describe('time', () => {
  testInWorld('a shipped order is released by itself after fourteen days', async (world) => {
    const { orderId } = await paidOrder(world)
    await ship(world, orderId)
    await world.advance(14 * DAY - 1)
    assert.equal((await orderOf(world, world.player('poppy'))).status, 'shipped')
    await world.advance(1)
    assert.equal((await orderOf(world, world.player('poppy'))).status, 'released')
  })

  testInWorld(
    'money that was never shipped is warned of at sixty days and goes back at seventy-five',
    async (world) => {
      const { orderId } = await paidOrder(world)
      await world.advance(60 * DAY)
      const queue = await world.client.operatorQueue({ operator: olive })
      assert.deepEqual(
        queue.nearHoldingLimit.map((order) => order.orderId),
        [orderId],
      )
      await world.advance(15 * DAY)
      const order = await orderOf(world, world.player('poppy'))
      assert.deepEqual([order.status, order.refunds[0]?.reason], ['refunded', 'holding_limit'])
    },
  )
})

describe('cases', () => {
  testInWorld(
    'a case freezes the release of its order until it is decided, and the money follows the decision',
    async (world) => {
      const { orderId } = await paidOrder(world)
      await ship(world, orderId)
      const open = { buyer: poppy, orderId, text: 'The handle is broken.', pictures: [] }
      const opened = await world.client.openCase(open, { idempotencyKey: 'case' })
      assert.equal((await world.client.openCase(open, { idempotencyKey: 'case' })).caseId, opened.caseId)
      await assert.rejects(world.client.openCase(open), code('case_exists'))
      await world.advance(20 * DAY)
      assert.equal((await orderOf(world, world.player('poppy'))).status === 'released', false)

      const ask = { operator: olive, caseId: opened.caseId, reason: 'The photos show it.' }
      const current = await world.client.getCase({
        userId: poppy.userId,
        operator: false,
        caseId: opened.caseId,
      })
      if (current.status !== 'decided') {
        await world.client.decideCase({ ...ask, decision: 'part_refund', amount: '12' })
        await world.settle()
      }
      const order = await orderOf(world, world.player('poppy'))
      assert.equal(order.caseId, null)
    },
  )

  testInWorld('an operator gives half back and releases the rest', async (world) => {
    const { orderId } = await paidOrder(world)
    await ship(world, orderId)
    const { caseId } = await world.client.openCase({ buyer: poppy, orderId, text: 'A crack.', pictures: [] })
    await world.client.addToCase({
      person: juniper,
      operator: false,
      caseId,
      text: 'Sorry! Half back?',
      pictures: [],
    })
    const half = { operator: olive, caseId, decision: 'part_refund', reason: 'Agreed.' } as const
    for (const amount of ['0', '0.00', '', '  ']) {
      await assert.rejects(world.client.decideCase({ ...half, amount }), code('amount_invalid'))
    }
    await world.client.decideCase({ ...half, amount: '12' })
    await world.settle()
    const order = await orderOf(world, world.player('poppy'))
    assert.deepEqual(
      [order.status, order.release?.amount, order.refunds[0]?.status],
      ['released', 1_140, 'succeeded'],
    )
    const { entries } = await world.client.auditLog({ operator: olive, limit: 1 })
    assert.equal(entries[0]?.action, 'case part_refund: $12.00 back')
    await assert.rejects(
      world.client.decideCase({ operator: olive, caseId, decision: 'refund', amount: '', reason: 'Again.' }),
      code('case_closed'),
    )
  })

  testInWorld('a builder who says nothing for two days and seven more loses the case', async (world) => {
    const { orderId } = await paidOrder(world)
    await ship(world, orderId)
    const { caseId } = await world.client.openCase({
      buyer: poppy,
      orderId,
      text: 'Empty box.',
      pictures: [],
    })
    await world.settle()
    await world.advance(48 * HOUR)
    assert.equal((await world.client.getCase({ userId: null, operator: false, caseId })).status, 'silent')
    const [opened, silent, ...more] = await operatorsTold(world)
    assert.match(opened ?? '', /Something is wrong.*until .* to answer/s)
    assert.match(silent ?? '', /Something is wrong.*An operator decides/s)
    await world.advance(7 * DAY)
    assert.equal((await orderOf(world, world.player('poppy'))).status, 'refunded')
    assert.deepEqual([more, (await operatorsTold(world)).length], [[], 2])
  })

  testInWorld('a buyer who says nothing after the answer lets the money go', async (world) => {
    const { orderId } = await paidOrder(world)
    await ship(world, orderId)
    const { caseId } = await world.client.openCase({
      buyer: poppy,
      orderId,
      text: 'Where is it?',
      pictures: [],
    })
    await world.client.addToCase({
      person: juniper,
      operator: false,
      caseId,
      text: 'At your door.',
      pictures: [],
    })
    await world.advance(7 * DAY)
    assert.equal((await orderOf(world, world.player('poppy'))).status, 'released')
  })

  testInWorld('only the buyer opens a case, and strangers do not read it', async (world) => {
    const { orderId } = await paidOrder(world)
    const open = { buyer: juniper, orderId, text: 'x', pictures: [] }
    await assert.rejects(world.client.openCase(open), code('not_yours'))
    const { caseId } = await world.client.openCase({ ...open, buyer: poppy })
    const wren = PEOPLE.wren.id
    await assert.rejects(world.client.getCase({ userId: wren, operator: false, caseId }), code('not_yours'))
  })
})

describe('disputes', () => {
  testInWorld('operators alone are told of one, once, and a press leads to its answer', async (world) => {
    const { orderId } = await paidOrder(world)
    const { chargeId } = await orderOf(world, world.player('poppy'))
    await world.stripeControl(`/local/charges/${chargeId}/dispute`, {})
    await world.settle()
    await ship(world, orderId)
    await world.advance(DAY)
    const olive = world.player('olive')
    const [told, ...more] = await olive.messages(CHANNELS.operators.id)
    assert.ok(told && more.length === 0)
    assert.match(textOf(told), /A bank asks about a payment.*Mug.*Stripe takes an answer until/is)
    const answer = await olive.answer(olive.press(told, /^Answer the bank/))
    assert.match(textOf(answer), /Dispute: .*The bank has not decided/s)
    assert.equal((await olive.messages(CHANNELS.operators.id)).length, 2, 'their answer stands beside it')
    await assert.rejects(world.player('poppy').messages(CHANNELS.operators.id))
  })

  for (const answered of [false, true]) {
    const rest = answered ? 'not when it was answered' : 'once a day'
    testInWorld(`in the last two days of a deadline operators are told again, ${rest}`, async (world) => {
      const { orderId } = await paidOrder(world)
      const { chargeId } = await orderOf(world, world.player('poppy'))
      await world.stripeControl(`/local/charges/${chargeId}/dispute`, {})
      await world.settle()
      if (answered) await world.client.submitEvidence({ operator: olive, orderId, reason: 'It was sent.' })
      // Stripe's deadline is the end of the ninth day.
      const told: number[] = []
      for (let day = 1; day <= 8; day++) {
        await world.advance(DAY)
        told.push((await operatorsTold(world)).length)
      }
      assert.deepEqual(told, answered ? [1, 1, 1, 1, 1, 1, 1, 1] : [1, 1, 1, 1, 1, 1, 2, 3])
    })
  }

  testInWorld('a dispute freezes the release, and a won one lets it go on', async (world) => {
    const { orderId } = await paidOrder(world)
    await ship(world, orderId)
    const { chargeId } = await orderOf(world, world.player('poppy'))
    await world.stripeControl(`/local/charges/${chargeId}/dispute`, {})
    await world.settle()
    assert.equal((await orderOf(world, world.player('poppy'))).dispute?.status, 'open')
    await world.client.confirmArrival({ userId: poppy.userId, orderId })
    await world.settle()
    assert.equal((await orderOf(world, world.player('poppy'))).status, 'arrived')
    const disputeId = (await orderOf(world, world.player('poppy'))).dispute?.disputeId
    await world.stripeControl(`/local/disputes/${disputeId}`, { status: 'won' })
    await world.settle()
    assert.equal((await orderOf(world, world.player('poppy'))).status, 'released')
  })

  for (const [heard, mode] of [
    ['from Stripe, twice', 'double'],
    ['by nobody but our own look', 'lose'],
  ] as const) {
    testInWorld(
      `a fee that comes back with a win is taken back into the books, heard ${heard}`,
      async (world) => {
        const { orderId } = await paidOrder(world)
        const { chargeId } = await orderOf(world, world.player('poppy'))
        await world.stripeControl(`/local/charges/${chargeId}/dispute`, {})
        await world.settle()
        assert.equal((await books(world)).dispute_fees, 1_500)
        const disputeId = (await orderOf(world, world.player('poppy'))).dispute?.disputeId
        await world.stripeControl('/local/webhooks', { mode })
        await world.stripeControl(`/local/disputes/${disputeId}`, { status: 'won', feeReturned: true })
        await world.advance(HOUR)
        const { dispute, drift } = await orderOf(world, world.player('poppy'))
        assert.deepEqual([dispute?.status, dispute?.fee, drift], ['won', 0, null])
        assert.deepEqual(await books(world), { stripe: 2_300, stripe_fees: 100, buyer_money: -2_400 })
        const report = await world.client.checkMoney({ operator: olive })
        assert.deepEqual(report.mismatches, [])
        assert.equal((await world.client.getDispute({ operator: olive, orderId })).fee.amount, 0)
      },
    )
  }

  testInWorld('an operator reads the deadline and the evidence, and has it sent once', async (world) => {
    const { orderId } = await paidOrder(world)
    await ship(world, orderId)
    const { chargeId } = await orderOf(world, world.player('poppy'))
    await world.stripeControl(`/local/charges/${chargeId}/dispute`, {})
    await world.settle()
    const before = await world.client.getDispute({ operator: olive, orderId })
    assert.ok(before.dueBy && before.dueBy > world.now())
    assert.ok(before.evidence.some(({ field, text }) => field === 'shipping_carrier' && text === 'Post'))
    const ask = { operator: olive, orderId, reason: 'winning_evidence' }
    await world.client.submitEvidence(ask)
    await world.client.submitEvidence(ask)
    await world.settle()
    const after = await world.client.getDispute({ operator: olive, orderId })
    assert.ok(after.submitted?.sentAt)
    const sent = (await (
      await fetch(`${world.stripeUrl}/v1/disputes`, { headers: { authorization: 'Bearer sk_test_world' } })
    ).json()) as {
      data: { evidence: Record<string, string>; evidence_details: { submission_count: number } }[]
    }
    assert.equal(sent.data[0]?.evidence_details.submission_count, 1)
    assert.match(sent.data[0]?.evidence.uncategorized_text ?? '', /^winning_evidence\nOrder ord_/)
  })

  testInWorld(
    'the pictures of the case go to the bank as one file, whatever dies in between',
    async (world) => {
      const { orderId } = await paidOrder(world)
      await ship(world, orderId)
      await openCaseWithPicture(world, orderId)
      const { chargeId } = await orderOf(world, world.player('poppy'))
      await world.stripeControl(`/local/charges/${chargeId}/dispute`, {})
      await world.settle()
      const { evidence } = await world.client.getDispute({ operator: olive, orderId })
      assert.ok(evidence.some(({ text }) => /The pictures of the case \(1\)/.test(text)))
      // Stripe takes the file, and then cannot be reached.
      const fault = { route: 'POST /v1/disputes/:id', kind: 'reset_before', times: 3 }
      await world.stripeControl('/local/faults', fault)
      await world.client.submitEvidence({ operator: olive, orderId, reason: 'See for yourself.' })
      await world.settle()
      const { dispute } = await orderOf(world, world.player('poppy'))
      assert.ok(dispute?.evidence?.fileId)
      assert.equal(dispute.evidence.sentAt, null)
      await world.restartCore()
      await world.advance(HOUR)
      const atStripe = async (path: string) => {
        const headers = { authorization: 'Bearer sk_test_world' }
        return (await (await fetch(`${world.stripeUrl}/v1/${path}`, { headers })).json()) as {
          data: { id: string; evidence?: Record<string, string> }[]
        }
      }
      const [file, ...more] = (await atStripe('files')).data
      assert.deepEqual([file?.id, more], [dispute.evidence.fileId, []])
      const [there] = (await atStripe('disputes')).data
      assert.equal(there?.evidence?.uncategorized_file, file?.id)
      assert.match(there?.evidence?.uncategorized_text ?? '', /\(in the file: picture 1\)/)
    },
  )

  testInWorld('a lost dispute after release takes the share back and books the fee', async (world) => {
    await releasedOrder(world)
    const { chargeId } = await orderOf(world, world.player('poppy'))
    await world.stripeControl(`/local/charges/${chargeId}/dispute`, {})
    await world.settle()
    const disputeId = (await orderOf(world, world.player('poppy'))).dispute?.disputeId
    await world.stripeControl(`/local/disputes/${disputeId}`, { status: 'lost' })
    await world.settle()
    const order = await orderOf(world, world.player('poppy'))
    assert.deepEqual([order.status, order.refunds[0]?.reversal], ['refunded', 'made'])
    assert.deepEqual(await books(world), { stripe: -1_600, stripe_fees: 100, dispute_fees: 1_500 })
  })
})

describe('terms and switches', () => {
  testInWorld(
    'a trusted builder is paid at payment by a split, and a refund takes it back',
    async (world) => {
      await openShop(world)
      await world.client.setTerms({
        operator: olive,
        builderId: juniper.userId,
        settlement: 'at_payment',
        feeBps: 1_000,
        startDay: '',
        reason: 'two good years',
      })
      const drops = await readAll(world.core.store, 'inventory', 'openedAt')
      const dropId = drops[0]?.id ?? ''
      const { order } = await world.client.createCheckout({ buyer: poppy, dropId })
      await world.settle()
      await payInBrowser(order.payUrl ?? '')
      await world.settle()
      await world.advance(3_000)
      const paid = await orderOf(world, world.player('poppy'))
      assert.deepEqual([paid.status, paid.fee, paid.settlement], ['paid', 240, 'at_payment'])
      assert.deepEqual(await books(world), { stripe: 140, platform_fee: -240, stripe_fees: 100 })
      await world.client.refundAsOperator({
        operator: olive,
        orderId: order.orderId,
        amount: '',
        reason: 'lost in the post',
      })
      await world.settle()
      assert.deepEqual(await books(world), { stripe: -100, stripe_fees: 100 })
    },
  )

  testInWorld('paused selling holds nothing, and every decision is in an intact audit log', async (world) => {
    const { dropId } = await openShop(world)
    const by = { operator: olive, reason: 'checking a rumour' }
    await world.client.pauseSelling({ ...by, what: { kind: 'all' }, paused: true })
    await assert.rejects(world.client.createCheckout({ buyer: poppy, dropId }), code('paused'))
    await world.client.pauseSelling({ ...by, what: { kind: 'all' }, paused: false })
    await world.client.pauseSelling({
      ...by,
      what: { kind: 'builder', builderId: juniper.userId },
      paused: true,
    })
    await assert.rejects(world.client.createCheckout({ buyer: poppy, dropId }), code('paused'))
    await world.client.pauseSelling({
      ...by,
      what: { kind: 'builder', builderId: juniper.userId },
      paused: false,
    })
    await world.client.pauseSelling({ ...by, what: { kind: 'drop', dropId }, paused: true })
    await assert.rejects(world.client.createCheckout({ buyer: poppy, dropId }), code('paused'))
    const { drops } = await world.client.listDrops({ status: 'paused', limit: 5, cursor: null })
    assert.deepEqual(
      drops.map((drop) => drop.dropId),
      [dropId],
    )
    await world.client.pauseSelling({ ...by, what: { kind: 'drop', dropId }, paused: false })
    await world.client.createCheckout({ buyer: poppy, dropId })
    const log = await world.client.auditLog({ operator: olive, limit: 4 })
    assert.equal(log.intact, true)
    assert.deepEqual(
      log.entries.map(({ action }) => action),
      ['resume', 'pause', 'builder approved', 'builder paused'],
    )
  })

  testInWorld(
    'an open drop stops when Stripe would not pay its builder, and goes on when it would',
    async (world) => {
      const { dropId } = await openShop(world)
      const account = await accountOf(world)
      await world.stripeControl(`/local/accounts/${account}`, { transfers: 'inactive' })
      await world.settle()
      assert.equal((await world.client.getDrop({ dropId })).status, 'paused')
      await world.stripeControl(`/local/accounts/${account}`, { transfers: 'active' })
      await world.settle()
      assert.equal((await world.client.getDrop({ dropId })).status, 'open')
    },
  )
})

describe('accounts of either kind', () => {
  testInWorld(
    'a builder with a v2 account joins, sells, is paid, and stops when Stripe would not pay, told by thin events',
    async (world) => {
      const { orderId, dropId } = await releasedOrder(world)
      const builder = await world.core.store.get('builders', juniper.userId)
      assert.equal(builder?.value.transfers, true)
      assert.equal((await orderOf(world, world.player('poppy'))).orderId, orderId)
      const account = await accountOf(world)
      await world.stripeControl(`/local/accounts/${account}`, { transfers: 'inactive' })
      await world.settle()
      assert.equal((await world.client.getDrop({ dropId })).status, 'paused')
    },
    { coreEnv: { STRIPE_ACCOUNTS: 'v2' } },
  )

  testInWorld(
    'a collective that asks an operator first lets nobody sell before',
    async (world) => {
      await world.client.joinBuilder({ person: juniper })
      const queue = await world.client.operatorQueue({ operator: olive })
      assert.deepEqual(
        queue.applications.map(({ builder }) => builder.userId),
        [juniper.userId],
      )
      const reason = 'A lovely portfolio.'
      const approved = await world.client.decideBuilder({
        operator: olive,
        builderId: juniper.userId,
        status: 'approved',
        reason,
      })
      assert.deepEqual([approved.status, approved.statusChange.reason], ['approved', reason])
      // Nor does the collective give its word for somebody whom Stripe does not know.
      const { builder } = await world.client.identify({ userId: juniper.userId })
      assert.deepEqual([builder?.status, builder?.isSetUp], ['approved', false])
      assert.deepEqual((await world.client.operatorQueue({ operator: olive })).applications, [])
    },
    { coreEnv: { APPROVAL: 'operator' } },
  )
})
