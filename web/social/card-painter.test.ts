import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SocialCard } from './card.ts'
import { createCardPainter } from './card-painter.ts'

/** A thread that does what the heading of a card says. It answers with how many cards it was asked for. */
const ODD_WORKER = `
import { parentPort } from 'node:worker_threads'
let asked = 0
parentPort.on('message', ({ card }) => {
  asked += 1
  if (card.heading === 'hang') for (;;);
  if (card.heading === 'die') process.exit(1)
  if (card.heading === 'throw') throw new Error('on purpose')
  parentPort.postMessage(card.heading === 'refuse' ? { problem: 'not this one' } : { png: new Uint8Array([asked]) })
  // Its end is told on another way than its answer, and may come first; it asks for nothing new meanwhile.
  if (card.heading.endsWith('later')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
  if (card.heading === 'die later') process.exit(1)
  if (card.heading === 'throw later') throw new Error('on purpose, later')
})`
const worker = new URL(`data:text/javascript,${encodeURIComponent(ODD_WORKER)}`)
const card = (heading: string): SocialCard => ({
  kind: 'home',
  brand: '',
  pictures: [],
  heading,
  motto: '',
})

for (const [order, problem] of [
  ['hang', /not drawn within 5000 ms/],
  ['die', /died/],
  ['throw', /on purpose/],
] as const) {
  test(`a thread that is told to ${order} loses one card, and a new one draws the next`, async () => {
    const painter = createCardPainter({ worker, patienceMs: 5_000 })
    assert.deepEqual([...(await painter.paint(card('first'), []))], [1])
    const [odd, next] = await Promise.allSettled([
      painter.paint(card(order), []),
      painter.paint(card('next'), []),
    ])
    assert.ok(odd.status === 'rejected' && problem.test(String(odd.reason)), String(odd))
    assert.deepEqual(next.status === 'fulfilled' && [...next.value], [1])
    await painter.close()
  })
}

for (const order of ['die later', 'throw later']) {
  test(`a thread that is told to ${order} has drawn its card, and takes nobody with it`, async () => {
    const painter = createCardPainter({ worker })
    assert.deepEqual([...(await painter.paint(card(order), []))], [1])
    // Whether its end is heard of before or after this is asked for, there is an answer or a new thread.
    const again = async () => [...(await painter.paint(card('next'), []))]
    assert.deepEqual(await again().catch(again), [1])
    await painter.close()
  })
}

test('a card that is refused does not cost the thread', async () => {
  const painter = createCardPainter({ worker })
  await assert.rejects(painter.paint(card('refuse'), []), /not this one/)
  assert.deepEqual([...(await painter.paint(card('next'), []))], [2])
  await painter.close()
})
