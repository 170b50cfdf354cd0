import assert from 'node:assert/strict'
import type { CollectionName } from '../core/ports/store.ts'
import { BROADCASTERS, PEOPLE } from '../sandbox/cast.ts'
import { linkOf, payInBrowser } from '../sandbox/player.ts'
import { buy, draftDrop, joinAsBuilder, linkChannel } from '../sandbox/scenes.ts'
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
  'channels',
  'streams',
  'reminders',
  'looks',
  'switches',
  'counters',
  'totals',
  'auditHead',
] as const satisfies readonly CollectionName[]

/** A drop's terms are cut anew from its builder's, without what is not public; an effect's trace is its last wish's. */
const REPLACED = ['inventory.terms[]', 'outbox.trace']

const CHANNEL = BROADCASTERS.juniper
const DAY = minutes(24 * 60)
const poppy = { userId: PEOPLE.poppy.id, name: 'Poppy' }
const juniper = { userId: PEOPLE.juniper.id, name: 'Juniper' }
const olive = { userId: PEOPLE.olive.id, name: 'Olive' }

/** The newer version looks at everything after each act: nothing of what it wrote may be gone. */
function newerVersion(world: World) {
  let written = new Map<string, unknown>()
  const lost = new Set<string>()
  async function pass(): Promise<void> {
    const { store } = world.core
    // What is gone and comes again is a document of its own.
    const before = written
    written = new Map()
    for (const collection of CHANGED) {
      const { documents } = await store.scan(collection, { limit: 1_000, cursor: null })
      for (const { id, version, value } of documents) {
        const key = `${collection}/${id}`
        for (const path of lostRibbons(before.get(key), value, collection)) lost.add(path)
        const ribboned = withRibbons(value)
        written.set(key, ribboned)
        // The union of writes is by collection; this collection's value goes to this collection.
        await store.commit([{ op: 'replace', collection, id, value: ribboned, version } as never])
      }
    }
  }
  return {
    pass,
    /** Everything that is gone after these acts, and those before. */
    async lostIn(acts: readonly (() => Promise<unknown>)[]): Promise<string[]> {
      for (const act of acts) {
        await pass()
        await act()
        await world.settle()
      }
      await pass()
      return [...lost].sort()
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
    const lost = await newer.lostIn([
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
    ])
    assert.deepEqual(lost, REPLACED)
  },
)

testInWorld('and so does what it wrote into a drop that people wait in line for', async (world) => {
  const { client } = world
  const { dropId } = await openShop(world, { quantity: '1' })
  const wren = { userId: PEOPLE.wren.id, name: 'Wren' }
  const wait = (on: boolean) => client.joinWaitlist({ person: wren, dropId, on })
  const lost = await newerVersion(world).lostIn([
    () => client.createCheckout({ buyer: poppy, dropId }),
    () => wait(true),
    () => wait(false),
    () => wait(true),
    async () => {
      const { orderId } = await orderOf(world, world.player('poppy'))
      await client.cancelHold({ userId: poppy.userId, orderId })
    },
    () => world.advance(minutes(5)),
  ])
  assert.deepEqual(lost, [])
  assert.equal((await orderOf(world, world.player('wren'))).status, 'held')
})

testInWorld(
  'and so does what it wrote into a channel, its streams and reminders of a drop',
  async (world) => {
    const { client } = world
    const builder = world.player('juniper')
    await joinAsBuilder(builder)
    await linkChannel(builder, CHANNEL.id)
    await world.settle()
    await world.twitchControl('/local/settings', { appearMs: minutes(1) })
    const preview = await draftDrop(builder, { title: 'Moss-green mug', options: { with_stream: true } })
    await builder.answer(builder.press(preview, /^Publish/))
    await world.settle()
    const [drop] = (await client.listDrops({ status: 'scheduled', limit: 1, cursor: null })).drops
    const { dropId } = drop ?? assert.fail()
    const remind = () => client.remind({ person: poppy, dropId, on: true })
    const twitch = (what: string, body: object = {}) =>
      world.twitchControl(`/local/users/${CHANNEL.id}/${what}`, body)
    await remind()
    const newer = newerVersion(world)
    const lost = await newer.lostIn([
      remind,
      () => linkChannel(builder, CHANNEL.id),
      () => twitch('live', { title: 'Glazing' }),
      // Its title is known, its announcement stands, those who asked are told.
      () => world.advance(minutes(2)),
      () => linkChannel(builder, CHANNEL.id),
      () => twitch('offline'),
      () => world.advance(minutes(5)),
      // The same broadcast goes on.
      () => twitch('live', { title: 'Still glazing' }),
      () => world.twitchControl('/local/mood', { mode: 'lose' }),
      () => twitch('offline'),
      // The list no longer shows it, twice.
      () => world.advance(minutes(10)),
      () => world.advance(minutes(10)),
      () => world.advance(100 * DAY),
    ])
    assert.deepEqual(lost, [])
    await world.twitchControl('/local/mood', {})
    const flapping = [() => twitch('live'), () => twitch('flap'), () => twitch('offline')]
    // Off air and on again is a new time on air of the same stream.
    assert.deepEqual(await newer.lostIn(flapping), ['builders.twitch.live'])
    const { documents } = await world.core.store.scan('streams', { limit: 9, cursor: null })
    assert.deepEqual(
      documents.map(({ value }) => [value.endedAt !== null, value.title]),
      [
        [true, 'Glazing'],
        [true, null],
        [true, null],
      ],
      'all of that did happen',
    )
  },
)
