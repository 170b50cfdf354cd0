import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { AppError } from '#contract'
import { PEOPLE } from '../sandbox/cast.ts'
import { joinAsBuilder } from '../sandbox/scenes.ts'
import { assertInvariants, readAll } from './invariants.ts'
import { createWorld, type Engine, engines, type World } from './world.ts'

const RUNS = Number(process.env.PROPERTY_RUNS ?? 6)
/** A story takes many times as long on the emulator. */
const RUNS_ON = { sqlite: RUNS, firestore: Math.ceil(RUNS / 3) } as const satisfies Record<
  Engine['store'],
  number
>
const HOUR = 60 * 60_000
const operator = { userId: PEOPLE.olive.id, name: 'Olive' }
const builderId = PEOPLE.juniper.id

/** Something that somebody does, or that befalls the shop. `which` picks an order, `much` an amount or a time. */
interface Deed {
  readonly deed: (typeof DEEDS)[number]
  readonly which: number
  readonly much: number
}
const DEEDS = [
  'buy',
  'buy',
  'buy',
  'pay',
  'pay',
  'pay',
  'pay late',
  'pay by bank',
  'bank decides',
  'let go',
  'ship',
  'ship',
  'arrive',
  'arrive',
  'refund',
  'refund as operator',
  'release as operator',
  'case',
  'answer',
  'decide case',
  'dispute',
  'decide dispute',
  'restrict account',
  'restore account',
  'drain account',
  'terms',
  'wait',
  'wait long',
  'lose webhooks',
  'double webhooks',
  'hold webhooks',
  'webhooks as usual',
  'fault',
  'fault after',
  'busy',
  'restart core',
] as const

const deeds = fc.array(
  fc.record({ deed: fc.constantFrom(...DEEDS), which: fc.nat(30), much: fc.nat(5_000) }),
  { minLength: 20, maxLength: 60 },
)

const TITLE =
  'after any story of clicks, payments, refunds, cases, disputes, lost events, faults and time, every cent is where the books say'

for (const { store, skip } of await engines()) {
  test(`${TITLE}, on ${store}`, { skip }, () => checkStories(store))
}

async function checkStories(store: Engine['store']): Promise<void> {
  await using news = await startNews()
  await fc.assert(
    fc.asyncProperty(deeds, fc.constantFrom('usd', 'jpy'), async (story, currency) => {
      await using world = await createWorld({
        store,
        coreEnv: { BOT_URL: news.url, CURRENCY: currency, PAYMENT_METHODS: 'card,us_bank_account' },
      })
      const dropId = await openDrop(world, currency)
      for (const deed of story) {
        await act(world, dropId, deed)
        await world.core.runDue()
      }
      await comeToRest(world)
      await assertInvariants({ store: world.core.store, stripeUrl: world.stripeUrl, now: world.now() })
    }),
    { numRuns: RUNS_ON[store], endOnFailure: true },
  )
}

async function openDrop(world: World, currency: string): Promise<string> {
  await joinAsBuilder(world.player('juniper'))
  await world.settle()
  const builder = { userId: builderId, name: 'Juniper' }
  const price = currency === 'jpy' ? '2400' : '24.00'
  const form = { title: 'Mug', story: '', price, quantity: '6', closesInHours: 720, perPerson: 2 }
  const draft = await world.client.createDrop({ builder, draftId: null, form, picture: null })
  return (await world.client.publishDrop({ userId: builderId, draftId: draft.draftId })).dropId
}

async function act(world: World, dropId: string, { deed, which, much }: Deed): Promise<void> {
  const orders = (await readAll(world.core.store, 'orders', 'createdAt')).map(({ value }) => value)
  const order = orders[which % Math.max(1, orders.length)]
  const { client } = world
  try {
    switch (deed) {
      case 'buy': {
        const userId = String(500_000_000_000_000_000n + BigInt(which % 8))
        await client.createCheckout({ buyer: { userId, name: `Buyer ${which % 8}` }, dropId })
        return
      }
      case 'pay':
      case 'pay late': {
        const session = order?.checkout?.sessionId
        if (session)
          await world.stripeControl(`/local/sessions/${session}/pay`, { late: deed === 'pay late' })
        return
      }
      case 'pay by bank': {
        const session = order?.checkout?.sessionId
        const how = { card: 'us_bank_account', late: much % 4 === 0 }
        if (session) await world.stripeControl(`/local/sessions/${session}/pay`, how)
        return
      }
      case 'bank decides': {
        const outcome = much % 2 ? 'succeeded' : 'failed'
        const session = order?.checkout?.sessionId
        if (session) await world.stripeControl(`/local/sessions/${session}/settle`, { outcome })
        return
      }
      case 'let go':
        if (order) await client.cancelHold({ userId: order.buyerId, orderId: order.orderId })
        return
      case 'ship':
        if (order)
          await client.markShipped({
            userId: builderId,
            orderId: order.orderId,
            carrier: 'Post',
            trackingNumber: '',
          })
        return
      case 'arrive':
        if (order) await client.confirmArrival({ userId: order.buyerId, orderId: order.orderId })
        return
      case 'refund':
      case 'refund as operator': {
        if (!order) return
        const amount = order.currency === 'jpy' ? String(much) : (much / 100).toFixed(2)
        const ask = { orderId: order.orderId, amount: much % 4 === 0 ? '' : amount, reason: 'as told' }
        if (deed === 'refund') await client.refundOrder({ ...ask, userId: builderId })
        else await client.refundAsOperator({ ...ask, operator })
        return
      }
      case 'release as operator':
        if (order) await client.releaseAsOperator({ operator, orderId: order.orderId, reason: 'as told' })
        return
      case 'case':
        if (order)
          await client.openCase({ buyer: order.buyer, orderId: order.orderId, text: 'Hm.', pictures: [] })
        return
      case 'answer':
        if (order?.caseId) {
          const person = much % 2 ? order.buyer : order.builder
          await client.addToCase({
            person,
            operator: false,
            caseId: order.caseId,
            text: 'Well.',
            pictures: [],
          })
        }
        return
      case 'decide case': {
        if (!order?.caseId) return
        const decision = (['refund', 'part_refund', 'release'] as const)[much % 3] ?? 'release'
        await client.decideCase({
          operator,
          caseId: order.caseId,
          decision,
          amount: '7',
          reason: 'So be it.',
        })
        return
      }
      case 'dispute':
        if (order?.chargeId) await world.stripeControl(`/local/charges/${order.chargeId}/dispute`, {})
        return
      case 'decide dispute': {
        const status = much % 2 ? 'won' : 'lost'
        if (order?.dispute)
          await world.stripeControl(`/local/disputes/${order.dispute.disputeId}`, {
            status,
            feeReturned: much % 3 === 0,
          })
        return
      }
      case 'restrict account':
      case 'restore account': {
        const transfers = deed === 'restrict account' ? 'inactive' : 'active'
        await world.stripeControl(`/local/accounts/${await accountOf(world)}`, { transfers })
        return
      }
      case 'drain account': {
        const account = await accountOf(world)
        await world.stripeControl(`/local/accounts/${account}`, { negativeAllowed: much % 2 === 0 })
        await world.stripeControl('/local/payouts', { account })
        return
      }
      case 'terms': {
        const settlement = much % 2 ? 'at_payment' : 'on_arrival'
        await client.setTerms({
          operator,
          builderId,
          settlement,
          feeBps: much,
          startDay: '',
          reason: 'as told',
        })
        return
      }
      case 'wait':
        return await world.advance(much * 1_000)
      case 'wait long':
        return await world.advance((much % 400) * HOUR)
      case 'lose webhooks':
        await world.stripeControl('/local/webhooks', { mode: 'lose' })
        return
      case 'double webhooks':
        await world.stripeControl('/local/webhooks', { mode: 'double', shuffle: true })
        return
      case 'hold webhooks':
        await world.stripeControl('/local/webhooks', { mode: 'hold' })
        return
      case 'webhooks as usual':
        await world.stripeControl('/local/webhooks', { mode: 'normal' })
        return
      case 'fault':
        await world.stripeControl('/local/faults', { kind: 'reset_before', times: 1 + (much % 3) })
        return
      case 'fault after':
        await world.stripeControl('/local/faults', { kind: 'reset_after', times: 1 + (much % 3) })
        return
      case 'busy':
        await world.stripeControl('/local/faults', { kind: much % 2 ? '429' : '500', times: 1 + (much % 3) })
        return
      case 'restart core':
        return await world.restartCore()
      default:
        return deed satisfies never
    }
  } catch (error) {
    // Being refused is part of the story; anything that is not a plain no is a bug.
    const refused = error instanceof AppError && error.code !== 'internal'
    const refusedByStripe = error instanceof Error && error.message.startsWith('/local/')
    if (!refused && !refusedByStripe) throw error
  }
}

async function accountOf(world: World): Promise<string> {
  return (await world.core.store.get('builders', builderId))?.value.accountId ?? ''
}

/** Faults end, events come again, and whatever only waited for time gets it. */
async function comeToRest(world: World): Promise<void> {
  await fetch(`${world.stripeUrl}/local/faults`, { method: 'DELETE' })
  await world.stripeControl('/local/webhooks', { mode: 'normal' })
  await world.stripeControl(`/local/accounts/${await accountOf(world)}`, { transfers: 'active' })
  for (let i = 0; i < 4; i++) await world.advance(25 * HOUR)
}

/** Takes core's pushes as a bot would, and shows nothing to anybody. */
async function startNews(): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((request, response) => {
    request.resume()
    request.once('end', () => {
      const body = request.url?.endsWith('draw-card')
        ? { channelId: '100000000000000010', messageId: '100000000000000999' }
        : request.url?.endsWith('draw-case')
          ? { threadId: null, posted: 0 }
          : { delivery: 'dm' }
      response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  assert.ok(port)
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
