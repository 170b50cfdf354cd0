import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Case } from './case.ts'
import { evidencePictures, prepareEvidence } from './evidence.ts'
import type { Order } from './order.ts'

const at = Date.UTC(2026, 10, 22, 9, 30)
const poppy = { userId: '100000000000000103', name: 'Poppy' }
const order = {
  orderId: 'ord_1',
  title: 'Moss-green mug',
  buyer: poppy,
  builder: { userId: '100000000000000101', name: 'Juniper' },
  payment: { shipTo: 'Poppy Fielding\n12 Orchard Lane' },
  shipment: { carrier: 'Royal Mail', trackingNumber: 'RM 1', shippedAt: at },
  history: [{ at, event: 'payment_succeeded' }],
} as unknown as Order

const picture = (pictureId: string) => ({ pictureId })

test('the bank is shown who, what, where to, how it was sent, and the whole story', () => {
  const found = {
    entries: [
      { at, by: poppy, role: 'buyer', text: 'It is chipped.', pictures: [picture('a'), picture('b')] },
      { at, by: order.builder, role: 'builder', text: 'Mine was whole.', pictures: [picture('c')] },
    ],
    decision: { at, decision: 'release', reason: 'The photo shows another mug.' },
  } as unknown as Case
  assert.deepEqual(prepareEvidence(order, found, 'She wrote that it is lovely.'), {
    customer_name: 'Poppy',
    product_description: 'Moss-green mug',
    shipping_address: 'Poppy Fielding\n12 Orchard Lane',
    shipping_carrier: 'Royal Mail',
    shipping_date: '2026-11-22',
    shipping_tracking_number: 'RM 1',
    uncategorized_text: [
      'She wrote that it is lovely.',
      'Order ord_1: Moss-green mug, sold by Juniper to Poppy.',
      '2026-11-22 09:30 payment succeeded',
      'What was said in the case. The file has its pictures, row by row from left to right.',
      '2026-11-22 09:30 buyer Poppy: It is chipped. (in the file: picture 1, picture 2)',
      '2026-11-22 09:30 builder Juniper: Mine was whole. (in the file: picture 3)',
      '2026-11-22 09:30 decided: release. The photo shows another mug.',
    ].join('\n'),
  })
})

test('the pictures of a case go along in the order of its story', () => {
  const entries = [{ pictures: [picture('a'), picture('b')] }, { pictures: [] }, { pictures: [picture('c')] }]
  assert.deepEqual(evidencePictures({ entries } as unknown as Case), ['a', 'b', 'c'])
  assert.deepEqual(evidencePictures(null), [])
})

test('what is not known is left out, and a long story fits', () => {
  const bare = {
    ...order,
    payment: null,
    shipment: null,
    history: Array.from({ length: 5_000 }, () => order.history[0]),
  }
  const evidence = prepareEvidence(bare as unknown as Order, null, '')
  assert.deepEqual(Object.keys(evidence), ['customer_name', 'product_description', 'uncategorized_text'])
  assert.ok(evidence.uncategorized_text.length <= 20_000)
})

test('a long story is not cut in the middle of a letter: such a text cannot be sent at all', () => {
  for (const before of ['', '.']) {
    const { uncategorized_text } = prepareEvidence(order, null, before + '😀'.repeat(10_000))
    assert.ok(uncategorized_text.isWellFormed())
    assert.ok(uncategorized_text.length >= 18_999)
  }
})
