import assert from 'node:assert/strict'
import type { CollectionName } from '../core/ports/store.ts'
import { PEOPLE } from '../sandbox/cast.ts'
import { linkOf, payInBrowser } from '../sandbox/player.ts'
import { buy } from '../sandbox/scenes.ts'
import { lostRibbons, withRibbons } from './ribbons.ts'
import { openShop, orderOf, testInWorld } from './shop.ts'
import { minutes, smallPicture, type World } from './world.ts'

/** What a change may overwrite. Entries of the ledger, the inbox and the chained audit are never written again. */
const CHANGED = [
  'users',
  'builders',
  'drafts',
  'inventory',
  'claims',
  'orders',
  'outbox',
  'cases',
  'looks',
  'switches',
  'counters',
  'auditHead',
] as const satisfies readonly CollectionName[]

/** A drop's terms are cut anew from its builder's, without what is not public; an effect's trace is its last wish's. */
const REPLACED = ['inventory.terms[]', 'outbox.trace']

const DAY = minutes(24 * 60)
const poppy = { userId: PEOPLE.poppy.id, name: 'Poppy' }
const juniper = { userId: PEOPLE.juniper.id, name: 'Juniper' }
const olive = { userId: PEOPLE.olive.id, name: 'Olive' }

/** The newer version looks at everything after each act: nothing of what it wrote may be gone. */
function newerVersion(world: World) {
  const written = new Map<string, unknown>()
  const lost = new Set<string>()
  return {
    lost,
    async pass(): Promise<void> {
      const { store } = world.core
      for (const collection of CHANGED) {
        const { documents } = await store.scan(collection, { limit: 1_000, cursor: null })
        for (const { id, version, value } of documents) {
          const key = `${collection}/${id}`
          for (const path of lostRibbons(written.get(key), value, collection)) lost.add(path)
          const ribboned = withRibbons(value)
          written.set(key, ribboned)
          // The union of writes is by collection; this collection's value goes to this collection.
          await store.commit([{ op: 'replace', collection, id, value: ribboned, version } as never])
        }
      }
    },
  }
}

testInWorld(
  'what a newer version wrote into any object of any document outlives our changes',
  async (world) => {
    const { client } = world
    const newer = newerVersion(world)
    const { card, dropId } = await openShop(world, { quantity: '5', picture: await smallPicture() })
    await newer.pass()
    const held = await buy(world.player('poppy'), card)
    await world.settle()
    const { orderId } = await orderOf(world, world.player('poppy'))
    const order = async () => (await world.core.store.get('orders', orderId))?.value
    const caseId = async () => (await order())?.caseId ?? ''
    const wren = { userId: PEOPLE.wren.id, name: 'Wren' }
    const terms = { operator: olive, builderId: juniper.userId, feeBps: 400, startDay: '', reason: 'so' }
    const ship = (trackingNumber: string) =>
      client.markShipped({ userId: juniper.userId, orderId, carrier: 'Post', trackingNumber })
    const refund = { operator: olive, orderId, amount: '2', reason: 'a chip' }
    const add = { operator: false, text: 'Look.', pictures: [] }
    const decision = { operator: olive, decision: 'release', amount: '', reason: 'so' } as const
    const acts: (() => Promise<unknown>)[] = [
      () => client.setTerms({ ...terms, settlement: 'at_payment' }),
      () => client.setTerms({ ...terms, settlement: 'on_arrival' }),
      () => client.createCheckout({ buyer: wren, dropId }),
      async () =>
        client.cancelHold({
          userId: wren.userId,
          orderId: (await orderOf(world, world.player('wren'))).orderId,
        }),
      () => client.pauseSelling({ operator: olive, what: { kind: 'all' }, paused: true, reason: 'so' }),
      () => client.pauseSelling({ operator: olive, what: { kind: 'all' }, paused: false, reason: 'so' }),
      () => payInBrowser(linkOf(held, /^Pay/)),
      () => client.refundAsOperator(refund),
      () => ship('RM 1'),
      () => ship('RM 2'),
      () => client.openCase({ buyer: poppy, orderId, text: 'It is chipped.', pictures: [] }),
      async () => client.addToCase({ ...add, person: juniper, caseId: await caseId() }),
      async () => client.addToCase({ ...add, person: poppy, caseId: await caseId() }),
      async () => client.decideCase({ ...decision, caseId: await caseId() }),
      async () => world.stripeControl(`/local/charges/${(await order())?.chargeId}/dispute`, {}),
      () => client.submitEvidence({ operator: olive, orderId, reason: 'It arrived.' }),
      async () =>
        world.stripeControl(`/local/disputes/${(await order())?.dispute?.disputeId}`, { status: 'won' }),
      () => client.confirmArrival({ userId: poppy.userId, orderId }),
      () => client.refundAsOperator(refund),
      () => world.advance(40 * DAY),
    ]
    for (const act of acts) {
      await newer.pass()
      await act()
      await world.settle()
    }
    await newer.pass()
    assert.deepEqual([...newer.lost].sort(), REPLACED)
  },
)
