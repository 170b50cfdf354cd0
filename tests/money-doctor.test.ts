import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { text as readText } from 'node:stream/consumers'
import { describe, test } from 'node:test'
import { createStripeClient } from '../core/adapters/stripe-client.ts'
import { createStripeRecords } from '../core/adapters/stripe-records.ts'
import { createChanges } from '../core/usecases/change.ts'
import { compareSoon, reconcile } from '../core/usecases/reconcile.ts'
import { type Exam, examineMoney } from '../core/usecases/reconcile-exam.ts'
import { followDrift, MONEY_DOCTOR, repairMoney } from '../core/usecases/reconcile-repair.ts'
import { PEOPLE } from '../sandbox/cast.ts'
import { linkOf, payInBrowser } from '../sandbox/player.ts'
import { buy } from '../sandbox/scenes.ts'
import { openShop, orderOf } from './shop.ts'
import { createWorld, type Engine, engines, minutes, type World } from './world.ts'

const DAY = 24 * 60 * 60_000
const poppy = PEOPLE.poppy.id
const juniper = PEOPLE.juniper.id
const olive = { userId: PEOPLE.olive.id, name: 'Olive' }

/** The money doctor at work in this world's core. */
function doctorIn(world: World) {
  const clock = { now: world.now }
  const client = createStripeClient({ secretKey: 'sk_test_doctor', apiBase: world.stripeUrl })
  const { store } = world.core
  const change = createChanges({ store, random: Math.random, onCommit: () => {} })
  const deps = { store, clock, change, records: createStripeRecords(client) }
  /** Of books that are right as far as they were added up, both ways of reading them tell the same. */
  async function examine(): Promise<Exam> {
    const recent = await examineMoney(deps, { since: 0, whole: false })
    const exam = await examineMoney(deps, { since: 0, whole: true })
    assert.deepEqual(found(recent), found(exam))
    return exam
  }
  return {
    examine,
    /** What core does by itself, now. Answers how many orders each word about frozen ones named. */
    async reconcile(): Promise<number[]> {
      const frozen: number[] = []
      await compareSoon(deps)
      await reconcile({ ...deps, settings: { reconcileEveryMs: minutes(15) } }, (orders) =>
        frozen.push(orders),
      )
      return frozen
    },
    /** As often as it takes, which is once for the mending and once for what that shows. */
    async mend(): Promise<Exam> {
      for (let round = 0; round < 2; round++) {
        await repairMoney(deps, (await examine()).mismatches, MONEY_DOCTOR)
        await world.settle()
      }
      const exam = await examine()
      await followDrift(deps, exam)
      await world.settle()
      return examine()
    },
  }
}

/** Ask the local Stripe as anybody with the key could, beside core. */
async function askStripe(world: World, path: string, form: Record<string, string>): Promise<{ id: string }> {
  const response = await fetch(world.stripeUrl + path, {
    method: 'POST',
    headers: {
      authorization: 'Bearer sk_test_somebody',
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams(form),
  })
  assert.equal(response.status, 200, await response.clone().text())
  return (await response.json()) as { id: string }
}

const found = ({ mismatches, drift, balances }: Exam) => ({ mismatches, drift, balances })
const codesOf = ({ mismatches }: Exam) => mismatches.map(({ code }) => code)

async function payForMug(world: World, card?: string): Promise<string> {
  const shop = await openShop(world, { options: { closes_in_hours: 720 } })
  const held = await buy(world.player('poppy'), shop.card)
  assert.equal((await payInBrowser(linkOf(held, /Pay/), card)).status, 200)
  await world.settle()
  return (await orderOf(world, world.player('poppy'))).orderId
}

async function ship(world: World, orderId: string): Promise<void> {
  await world.client.markShipped({ userId: juniper, orderId, carrier: 'Post', trackingNumber: '1' })
  await world.settle()
}

async function release(world: World, orderId: string): Promise<void> {
  await ship(world, orderId)
  await world.client.confirmArrival({ userId: poppy, orderId })
  await world.settle()
}

const order = (world: World) => orderOf(world, world.player('poppy'))
const balance = async (world: World) => {
  const response = await fetch(`${world.stripeUrl}/local/summary`)
  const summary = (await response.json()) as Record<'balance', Record<string, { amount: number }[]>>
  return [...(summary.balance.available ?? []), ...(summary.balance.pending ?? [])].reduce(
    (sum, { amount }) => sum + amount,
    0,
  )
}

describe('a shop that is in order', () => {
  test('has no mismatch in any state of an order, and its balance is Stripe’s', async () => {
    await using world = await createWorld()
    const doctor = doctorIn(world)
    const agree = async () => {
      const exam = await doctor.examine()
      assert.deepEqual(exam.mismatches, [])
      assert.deepEqual([exam.drift, exam.moving], [0, []])
      return exam
    }
    const shop = await openShop(world)
    await agree()
    const held = await buy(world.player('poppy'), shop.card)
    await agree()
    await payInBrowser(linkOf(held, /Pay/))
    await world.settle()
    await agree()
    const { orderId } = await order(world)
    await release(world, orderId)
    const { balances } = await agree()
    assert.deepEqual(balances, [{ currency: 'usd', ours: 20, onTheWay: 0, stripe: 20 }])
    await world.client.refundAsOperator({ operator: olive, orderId, amount: '5', reason: 'late' })
    await world.settle()
    await agree()
  })

  test('a refund that Stripe has not finished is on its way, and no mismatch', async () => {
    await using world = await createWorld()
    const orderId = await payForMug(world)
    await world.stripeControl('/local/refunds', { hold: true })
    await world.client.refundAsOperator({ operator: olive, orderId, amount: '', reason: 'late' })
    await world.settle()
    const exam = await doctorIn(world).examine()
    assert.deepEqual(exam.mismatches, [])
    assert.deepEqual(exam.balances, [{ currency: 'usd', ours: 2_300, onTheWay: -2_400, stripe: -100 }])
  })
})

describe('what never came', () => {
  test('ends right by itself when every webhook was lost for days', async () => {
    await using world = await createWorld()
    await world.stripeControl('/local/webhooks', { mode: 'lose' })
    const shop = await openShop(world, { options: { closes_in_hours: 720 } })
    const held = await buy(world.player('poppy'), shop.card)
    const { id: sessionId } = await sessionAt(world)
    await world.stripeControl(`/local/sessions/${sessionId}/pay`, {})
    await world.settle()
    assert.ok(held)
    assert.equal((await order(world)).status, 'held', 'nobody told us')
    assert.deepEqual(codesOf(await doctorIn(world).examine()), ['payment_not_here'])

    await world.advance(minutes(1))
    await world.settle()
    const paid = await order(world)
    assert.equal(paid.status, 'paid')
    await release(world, paid.orderId)

    const { id: disputeId } = (await world.stripeControl(`/local/charges/${paid.chargeId}/dispute`, {})) as {
      id: string
    }
    assert.deepEqual(codesOf(await doctorIn(world).examine()), ['dispute_not_here'])
    await world.advance(minutes(16))
    assert.equal((await order(world)).dispute?.disputeId, disputeId)
    await world.stripeControl(`/local/disputes/${disputeId}`, { status: 'won' })
    await world.advance(4 * DAY)
    assert.equal((await order(world)).dispute?.status, 'won')
    assert.deepEqual((await doctorIn(world).examine()).mismatches, [])
  })

  test('is found by the objects themselves when Stripe has forgotten the events', async () => {
    await using world = await createWorld()
    await world.stripeControl('/local/webhooks', { mode: 'lose' })
    const orderId = await payForMug(world)
    await release(world, orderId)
    await world.advance(DAY)
    const { chargeId } = await order(world)
    const dispute = await world.stripeControl(`/local/charges/${chargeId}/dispute`, {})
    await world.stripeControl(`/local/disputes/${(dispute as { id: string }).id}`, { status: 'won' })
    // Core was away for forty days: only its own timer is left of what it knew.
    await world.advance(40 * DAY)
    await world.advance(minutes(61))
    assert.equal((await order(world)).dispute?.status, 'won')
    assert.deepEqual((await doctorIn(world).examine()).mismatches, [])
  })
})

describe('what happened behind our back', () => {
  test('a refund in Stripe’s dashboard is named, freezes the release, and is booked by the doctor', async () => {
    await using world = await createWorld()
    const doctor = doctorIn(world)
    const orderId = await payForMug(world)
    const { payment } = await order(world)
    const refund = await askStripe(world, '/v1/refunds', {
      payment_intent: payment?.paymentIntentId ?? '',
      amount: '1000',
    })
    await world.settle()
    const exam = await doctor.examine()
    assert.deepEqual(
      exam.mismatches.map(({ code, subject, repair }) => [code, subject, repair.kind]),
      [['refund_elsewhere', refund.id, 'book']],
    )
    assert.match(exam.mismatches[0]?.sentence ?? '', /\$10\.00 went back/)
    assert.equal(exam.drift, 1_000)

    assert.deepEqual(await doctor.reconcile(), [1], 'whoever keeps the log is told')
    const frozen = await world.client.getOrder({ userId: poppy, orderId })
    assert.equal(frozen.frozenBy, 'drift')
    await world.advance(2 * 60 * minutes(1))
    assert.deepEqual(await doctor.reconcile(), [], 'once')
    await release(world, orderId)
    assert.equal((await order(world)).status, 'arrived', 'nothing is sent while the books disagree')

    assert.deepEqual((await doctor.mend()).mismatches, [])
    await world.settle()
    const after = await order(world)
    assert.deepEqual(
      [after.status, after.drift, after.refunds[0]?.status, after.release?.amount],
      ['released', null, 'succeeded', 1_330],
    )
    const { entries, intact } = await world.client.auditLog({ operator: olive, limit: 10 })
    assert.deepEqual([entries[0]?.by.name, entries[0]?.action, intact], ['money-doctor', 'book refund', true])
  })

  test('a refund of everything there makes the order read refunded here', async () => {
    await using world = await createWorld()
    await payForMug(world)
    const { payment } = await order(world)
    await askStripe(world, '/v1/refunds', { payment_intent: payment?.paymentIntentId ?? '' })
    assert.deepEqual((await doctorIn(world).mend()).mismatches, [])
    assert.equal((await order(world)).status, 'refunded')
  })

  test('a transfer that nobody released is left to a person', async () => {
    await using world = await createWorld()
    const orderId = await payForMug(world)
    const { chargeId } = await order(world)
    const builder = await world.core.store.get('builders', juniper)
    await askStripe(world, '/v1/transfers', {
      amount: '500',
      currency: 'usd',
      destination: builder?.value.accountId ?? '',
      source_transaction: chargeId ?? '',
      transfer_group: `order_${orderId}`,
    })
    const exam = await doctorIn(world).mend()
    assert.deepEqual(
      exam.mismatches.map(({ code, orderId: of, repair }) => [code, of, repair.kind]),
      [['transfer_without_release', orderId, 'person']],
    )
    assert.equal((await order(world)).drift?.sentence, exam.mismatches[0]?.sentence)
    const queue = await order(world)
    assert.equal(queue.attention, 'drift')
  })
})

describe('the collective’s own money', () => {
  test('a payout is booked, and one that comes back is booked back', async () => {
    await using world = await createWorld()
    const doctor = doctorIn(world)
    const orderId = await payForMug(world)
    await release(world, orderId)
    await world.advance(3 * DAY)
    const payout = (await world.stripeControl('/local/payouts', { amount: 20 })) as { id: string }
    assert.deepEqual(codesOf(await doctor.examine()), ['payout_unbooked'])
    assert.deepEqual((await doctor.mend()).mismatches, [])
    assert.deepEqual(await bankIn(world), 20)

    await world.stripeControl(`/local/payouts/${payout.id}`, { status: 'failed' })
    const [returned] = (await doctor.examine()).mismatches
    assert.match(returned?.likelyCause ?? '', /came back/)
    assert.deepEqual((await doctor.mend()).mismatches, [])
    assert.deepEqual([await bankIn(world), await balance(world)], [0, 20])
  })

  test('a payout of money that is held for others stays named until it is put back', async () => {
    await using world = await createWorld()
    await payForMug(world)
    await world.advance(3 * DAY)
    await world.stripeControl('/local/payouts', { amount: 2_300 })
    const exam = await doctorIn(world).mend()
    assert.deepEqual(codesOf(exam), ['held_money_paid_out'])
    assert.match(exam.mismatches[0]?.sentence ?? '', /\$22\.80 .* was paid out/)
    assert.equal(exam.drift, 0)
  })
})

async function bankIn(world: World): Promise<number> {
  const page = await world.core.store.find('ledger', {
    where: {},
    orderBy: 'at',
    direction: 'asc',
    limit: 200,
  })
  return page.documents
    .flatMap(({ value }) => value.lines)
    .reduce((sum, { account, amount }) => sum + (account === 'bank' ? amount : 0), 0)
}

/** The newest pay page. */
async function sessionAt(world: World): Promise<{ id: string }> {
  const response = await fetch(`${world.stripeUrl}/local/summary`)
  const { sessions } = (await response.json()) as { sessions: { id: string }[] }
  const [session] = sessions
  assert.ok(session)
  return session
}

const ENGINES = await engines()

describe('npm run money-doctor', () => {
  for (const { store, skip } of ENGINES) {
    test(`ends with 1 until what it found is mended, and then with 0, on ${store}`, { skip }, () =>
      findAndMend(store),
    )
  }

  async function findAndMend(store: Engine['store']): Promise<void> {
    await using world = await createWorld({ store })
    await world.stripeControl('/local/webhooks', { mode: 'lose' })
    const shop = await openShop(world, { options: { closes_in_hours: 720 } })
    await buy(world.player('poppy'), shop.card)
    await world.stripeControl(`/local/sessions/${(await sessionAt(world)).id}/pay`, {})
    await world.settle()
    // Core's own reconciliation would be faster.
    await world.stripeControl('/local/faults', { route: 'GET /v1/events', kind: '500', times: 1_000 })

    const looked = await runDoctor(world, ['--json'])
    assert.equal(looked.code, 1, looked.errors)
    const [mismatch, summary] = looked.lines
    assert.deepEqual([mismatch?.code, (await order(world)).status], ['payment_not_here', 'held'])
    assert.deepEqual(
      [summary?.ok, summary?.mismatches, summary?.remaining, summary?.drift_minor_units],
      [false, 1, 1, 2_300],
    )

    const mended = await runDoctor(world, ['--json', '--fix'])
    assert.equal(mended.code, 0, mended.errors)
    const [done] = mended.lines
    assert.deepEqual(
      [done?.ok, done?.mismatches, done?.fixed, done?.remaining, done?.drift_minor_units],
      [true, 1, 1, 0, 0],
    )
    assert.equal((await order(world)).status, 'paid')

    const told = await runDoctor(world, [])
    assert.equal(told.code, 0)
    assert.match(told.text, /USD {2}Stripe has \$23\.00; our books say \$23\.00/)
    assert.match(told.text, /Everything agrees, to the cent: 1 order,/)
    assert.match(told.errors, /Stripe's balance transactions/, 'progress is told beside the answer')
  }

  test('names a ledger row that somebody changed, and does not touch it', async () => {
    await using world = await createWorld()
    const orderId = await payForMug(world)
    using db = new DatabaseSync(join(world.dataDir, 'c500.sqlite'))
    db.exec(`UPDATE ledger SET value = replace(value, '2400', '2300') WHERE id = '${orderId}:payment'`)
    const { code, lines } = await runDoctor(world, ['--json', '--fix'])
    assert.equal(code, 1)
    assert.deepEqual(
      lines.slice(0, -1).map((line) => [line.code, line.orderId]),
      [
        ['ledger_differs', orderId],
        ['money_differs', orderId],
      ],
    )
    assert.match(String(lines[0]?.sentence), /stripe \$22\.00 instead of \$23\.00/)
    assert.equal(lines.at(-1)?.drift_minor_units, 100)
    assert.equal((await order(world)).attention, 'drift')
  })

  test('names an audit log that somebody changed', async () => {
    await using world = await createWorld()
    const what = { kind: 'all' } as const
    for (const paused of [true, false])
      await world.client.pauseSelling({ operator: olive, what, paused, reason: 'a storm' })
    assert.deepEqual(codesOf(await doctorIn(world).examine()), [])
    using db = new DatabaseSync(join(world.dataDir, 'c500.sqlite'))
    db.exec(`UPDATE audit SET value = replace(value, 'a storm', 'a whim') WHERE seq = 1`)
    assert.deepEqual(codesOf(await doctorIn(world).examine()), ['audit_broken'])
  })

  test('asks Stripe for what was done before whenever it wishes for something again', async () => {
    await using world = await createWorld()
    const orderId = await payForMug(world)
    const { builderId } = await order(world)
    await world.stripeControl('/local/faults', { route: 'POST /v1/transfers', kind: 'reset_after', times: 2 })
    await release(world, orderId)
    assert.equal((await order(world)).release?.open, true, 'nobody knows whether the share was sent')
    using db = new DatabaseSync(join(world.dataDir, 'c500.sqlite'))
    db.exec(`DELETE FROM outbox WHERE id = 'transfer:${orderId}'`)
    // Stripe has forgotten our key by now.
    await world.advance(2 * DAY)
    const exam = await doctorIn(world).mend()
    assert.deepEqual(exam.mismatches, [])
    const { status, history } = await order(world)
    assert.equal(status, 'released')
    const refused = history.filter(({ event }) => event === 'transfer_refused')
    assert.deepEqual(refused, [], 'nothing was asked of Stripe a second time')
    const response = await fetch(`${world.stripeUrl}/local/summary`)
    const { transfers } = (await response.json()) as { transfers: { destination: string }[] }
    const builder = await world.core.store.get('builders', builderId)
    assert.deepEqual(
      transfers.map(({ destination }) => destination),
      [builder?.value.accountId],
    )
  })

  test('ends with 2 and a sentence when there is nothing to look at', async () => {
    await using world = await createWorld()
    const { code, errors } = await runDoctor(world, [], { DATA_DIR: join(world.dataDir, 'elsewhere') })
    assert.equal(code, 2)
    assert.match(errors, /There is no shop at .*elsewhere/)
  })
})

/** The command itself, in a process of its own beside this world's core, which goes on working meanwhile. */
async function runDoctor(world: World, args: readonly string[], env: Record<string, string> = {}) {
  // The command reads the real clock; what it wishes for now must be due here as well.
  await world.advance(Math.max(0, Date.now() + minutes(1) - world.now()))
  const secret = 'doctor-secret-000000'
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', 'core/money-doctor.ts', ...args],
    {
      cwd: dirname(import.meta.dirname),
      env: {
        DATA_DIR: world.dataDir,
        WEB_URL: 'http://127.0.0.1:1',
        BOT_URL: 'http://127.0.0.1:1',
        TOKEN_BOT: secret,
        TOKEN_WEB: `${secret}-web`,
        BOT_PUSH_SECRET: secret,
        LINK_SECRET: secret,
        STRIPE_SECRET_KEY: 'sk_test_world',
        STRIPE_WEBHOOK_SECRET: `whsec_${secret}`,
        STRIPE_CONNECT_WEBHOOK_SECRET: `whsec_${secret}`,
        STRIPE_API_BASE: world.stripeUrl,
        ...world.storeEnv,
        ...env,
      },
    },
  )
  let ended = false
  const exit = once(child, 'exit').finally(() => {
    ended = true
  })
  const [text, errors] = [readText(child.stdout), readText(child.stderr)]
  while (!ended) await Promise.all([world.settle(), new Promise((resolve) => setTimeout(resolve, 50))])
  const [code] = await exit
  const answer = await text
  const lines = args.includes('--json')
    ? answer
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Record<string, unknown>)
    : []
  return { code: code as number | null, text: answer, errors: await errors, lines }
}

test('an operator sees the same in the chat’s own words, and mends it in their own name', async () => {
  await using world = await createWorld()
  const orderId = await payForMug(world)
  const { payment } = await order(world)
  await askStripe(world, '/v1/refunds', { payment_intent: payment?.paymentIntentId ?? '' })
  await world.settle()
  const found = await world.client.checkMoney({ operator: olive })
  assert.deepEqual(
    [found.total, found.mismatches[0]?.orderId, found.mismatches[0]?.mendable, found.balances],
    [1, orderId, true, [{ currency: 'usd', stripe: -100, ours: 2_300 }]],
  )
  await assert.rejects(world.client.mendMoney({ operator: olive, reason: ' ' }))
  const mended = await world.client.mendMoney({ operator: olive, reason: 'refunded by hand last night' })
  assert.deepEqual([mended.total, mended.mended], [1, 1])
  await world.advance(minutes(2))
  assert.equal((await world.client.checkMoney({ operator: olive })).total, 0)
  assert.deepEqual([(await order(world)).status, (await order(world)).drift], ['refunded', null])
  const { entries } = await world.client.auditLog({ operator: olive, limit: 10 })
  assert.deepEqual(
    entries.map(({ by, action }) => [by.name, action]),
    [
      ['Olive', 'book refund'],
      ['Olive', 'mend money'],
    ],
  )
})
