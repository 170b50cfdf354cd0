import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Notice, OrderStatus, type OrderView } from '#contract'
import { assertModalWithinLimits, assertWithinLimits } from '../testing/limits.ts'
import {
  JUNIPER,
  NOW,
  PICTURE,
  POPPY,
  sampleDashboard,
  sampleDraft,
  sampleDrop,
  sampleNotice,
  sampleOrder,
  sampleOrderId,
  sampleProfile,
  WEBP_BASE64,
} from '../testing/samples.ts'
import { renderBuilder } from './builder.ts'
import { pictureFile, renderCard } from './card.ts'
import { renderDashboard } from './dashboard.ts'
import { renderKeptForm, renderPreview, renderProblems, renderPublished } from './draft.ts'
import { dropForm, shipmentForm } from './forms.ts'
import { renderHelp } from './help.ts'
import { type Message, toBody } from './message.ts'
import { renderNotice } from './notice.ts'
import { renderHeld, renderOrder } from './order.ts'
import { renderProfile } from './profile.ts'
import { renderKeptShipment } from './shipment.ts'

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'binary', minLength: 300, maxLength: 5_000, size: 'max' }),
  fc.constantFrom(
    '',
    '*'.repeat(4_000),
    '@everyone',
    '[a](https://b)',
    '\u202E',
    '\\'.repeat(999),
    '😀'.repeat(900),
  ),
)

/** Every message the bot can write, out of the same few texts. */
function everyMessage(title: string, story: string, name: string, status: OrderView['status']): Message[] {
  const person = { ...JUNIPER, name }
  const shipment = { carrier: name, trackingNumber: title, shippedAt: NOW }
  const orders = Array.from({ length: 25 }, (_, n) =>
    sampleOrder({
      orderId: sampleOrderId(n),
      status,
      drop: { ...sampleOrder().drop, title },
      buyer: { ...POPPY, name },
      builder: person,
      payUrl: `https://shop.example/${encodeURIComponent(name.toWellFormed())}`,
      shipTo: story,
      shipment,
    }),
  )
  const [order = sampleOrder()] = orders
  const drop = sampleDrop({ title, story, builder: person, picture: PICTURE })
  const draft = sampleDraft({ problems: [{ field: 'title', sentence: story }] })
  const preview = { ...(draft.preview ?? assert.fail()), title, story }
  const notices = Notice.shape.kind.options.map((kind) => sampleNotice({ kind, order }))
  return [
    renderCard(drop),
    renderCard({ ...drop, available: 0, held: 3 }),
    renderCard({ ...drop, available: 0, sold: 3 }),
    renderCard({ ...drop, status: 'closed' }),
    renderProblems(draft),
    renderPreview(draft, preview, { builder: person, now: NOW, picture: pictureFile(PICTURE, WEBP_BASE64) }),
    renderKeptForm(story, { ...draft.form, title, story, price: name }, draft.draftId),
    renderPublished(drop, '100000000000000010'),
    renderHeld(order, true),
    renderOrder(order, 'buyer', 'Done.'),
    renderOrder(order, 'builder'),
    renderKeptShipment(story, order.orderId, { carrier: name, trackingNumber: title }),
    renderProfile(sampleProfile({ orders, missed: notices })),
    renderDashboard(
      sampleDashboard({ toShip: orders, onTheWay: orders, drops: Array.from({ length: 10 }, () => drop) }),
    ),
    renderDashboard(sampleDashboard({ toShip: orders.slice(0, 4) })),
    ...notices.flatMap((notice) => [renderNotice(notice, 'dm'), renderNotice(notice, 'thread')]),
    renderBuilder(
      { builder: person, payouts: 'incomplete', onboardingUrl: 'https://x.example', joinedAt: NOW },
      story,
    ),
    renderHelp('https://shop.example'),
  ]
}

test('no text makes a message break a limit of Discord or mention anybody', () => {
  fc.assert(
    fc.property(text, text, text, fc.constantFrom(...OrderStatus.options), (title, story, name, status) => {
      for (const message of everyMessage(title, story, name, status)) {
        const body = toBody(message)
        assertWithinLimits(body)
        assert.deepEqual(body.allowed_mentions.parse, [])
        assert.deepEqual(body.allowed_mentions.users ?? [], message.mention ? [message.mention] : [])
      }
    }),
    { numRuns: 60 },
  )
})

test('no text makes a form break a limit of Discord', () => {
  fc.assert(
    fc.property(text, (typed) => {
      const form = { ...sampleDraft().form, title: typed, story: typed, price: typed, quantity: typed }
      assertModalWithinLimits(dropForm(form, sampleDraft({ form, picture: PICTURE })))
    }),
  )
  assertModalWithinLimits(shipmentForm(sampleOrderId(1)))
})

test('a card counts what is left and offers to buy it', () => {
  const body = toBody(renderCard(sampleDrop()))
  assert.match(JSON.stringify(body.embeds), /3 of 3 left/)
  assert.match(JSON.stringify(body.embeds), /\$24\.00/)
  assert.match(JSON.stringify(body.components), /"label":"Buy now".*"disabled":false/)
})

test('a card with nothing to buy says why on a button that cannot be pressed', () => {
  const cases = [
    [sampleDrop({ available: 0, held: 3 }), 'All held right now'],
    [sampleDrop({ available: 0, sold: 3 }), 'Sold out'],
    [sampleDrop({ available: 0, sold: 3, status: 'closed' }), 'Sold out'],
    [sampleDrop({ status: 'closed' }), 'Closed'],
  ] as const
  for (const [drop, label] of cases) {
    const buttons = JSON.stringify(renderCard(drop).rows)
    assert.match(buttons, new RegExp(`"label":"${label}".*"disabled":true`))
  }
})

test("a buyer's address is written to the builder directly and never into a thread", () => {
  const order = sampleOrder({ status: 'paid', shipTo: 'Poppy\n1 Meadow Lane' })
  const notice = sampleNotice({ kind: 'builder_sold', userId: JUNIPER.userId, order })
  assert.match(JSON.stringify(renderNotice(notice, 'dm')), /Meadow Lane/)
  assert.doesNotMatch(JSON.stringify(renderNotice(notice, 'thread')), /Meadow Lane/)
})

test('news offers the next step and nothing else', () => {
  const labels = (notice: Notice) => JSON.stringify(renderNotice(notice, 'dm').rows)
  assert.match(
    labels(sampleNotice({ kind: 'builder_sold', order: sampleOrder({ status: 'paid' }) })),
    /v1:ship:ord_/,
  )
  assert.match(
    labels(sampleNotice({ kind: 'buyer_shipped', order: sampleOrder({ status: 'shipped' }) })),
    /v1:arrived:ord_/,
  )
  assert.equal(
    labels(sampleNotice({ kind: 'buyer_refunded', order: sampleOrder({ status: 'refunded' }) })),
    '[]',
  )
})

test('a dashboard has a button for each of four orders and a menu for more', () => {
  const orders = (count: number) =>
    Array.from({ length: count }, (_, n) => sampleOrder({ orderId: sampleOrderId(n), status: 'paid' }))
  const four = JSON.stringify(renderDashboard(sampleDashboard({ toShip: orders(4) })).rows)
  assert.equal(four.match(/v1:ship:/g)?.length, 4)
  const five = JSON.stringify(renderDashboard(sampleDashboard({ toShip: orders(5) })).rows)
  assert.match(five, /v1:pickship/)
  assert.doesNotMatch(five, /v1:ship:/)
})

test('two buyers of one drop have different buttons on the dashboard', () => {
  const toShip = ['Wren', 'Olive'].map((name, n) =>
    sampleOrder({
      orderId: sampleOrderId(n),
      status: 'paid',
      buyer: { userId: `10000000000000010${n}`, name },
    }),
  )
  const labels = JSON.stringify(renderDashboard(sampleDashboard({ toShip })).rows).match(/Mark shipped[^"]+/g)
  assert.equal(new Set(labels).size, 2)
})
