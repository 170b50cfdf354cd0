import assert from 'node:assert/strict'
import { test } from 'node:test'
import { linkOf, payInBrowser } from '../sandbox/player.ts'
import { buy } from '../sandbox/scenes.ts'
import { type SeenSpan, startLocalCollector } from './local-collector.ts'
import { openShop } from './shop.ts'
import { createWorld } from './world.ts'

test('one purchase is one trace across the bot, core and Stripe, and back to the bot', async () => {
  await using collector = await startLocalCollector()
  {
    await using world = await createWorld({ telemetryUrl: collector.url })
    const { card } = await openShop(world)
    const held = await buy(world.player('poppy'), card)
    await payInBrowser(linkOf(held, /Pay/))
    await world.settle()
    // Leaving sends what is kept.
  }
  const buying = collector.spans.filter(({ name }) => name === 'interaction buy')
  assert.equal(buying.length, 1)
  const traceId = buying[0]?.traceId
  const trace = collector.spans.filter((span) => span.traceId === traceId)
  const parentOf = ({ parentSpanId }: SeenSpan) => trace.find(({ spanId }) => spanId === parentSpanId)
  const wayTo = (name: string): string[] => {
    const way: string[] = []
    let span = trace.find((candidate) => candidate.name === name)
    for (; span; span = parentOf(span)) way.unshift(`${span.service}: ${span.name}`)
    return way
  }

  const toWish = [
    'bot: interaction buy',
    'bot: POST /api/internal/create-checkout',
    'core: POST /api/internal/create-checkout',
    'core: change',
  ]
  assert.deepEqual(wayTo('Stripe POST /v1/checkout/sessions'), [
    ...toWish,
    'core: effect checkout',
    'core: Stripe POST /v1/checkout/sessions',
  ])
  const drawn = trace.find(({ service, name }) => service === 'bot' && name === 'POST /push/draw-card')
  assert.ok(drawn, 'the card is drawn in the same trace')
  assert.deepEqual(wayTo('effect draw_card'), [...toWish, 'core: effect draw_card'])
  const orphans = collector.spans.filter(
    ({ parentSpanId }) => parentSpanId && !collector.spans.some(({ spanId }) => spanId === parentSpanId),
  )
  assert.deepEqual(orphans, [], 'every parent was sent')

  for (const metric of [
    'http.server.request.duration',
    'c500.reservations',
    'c500.outbox.lag',
    'c500.outbox.due',
    'c500.webhook.lag',
  ]) {
    assert.ok(collector.metrics.has(metric), metric)
  }
  assert.match(JSON.stringify(collector.metrics.get('c500.reservations')), /"outcome".*"held"/)
  assert.doesNotMatch(collector.text(), /Poppy|Juniper|sk_test|whsec|world-bot-token|\/pay\/[^:]/)
})

test('a collector that is away costs nobody anything but the telemetry', async () => {
  await using world = await createWorld({ telemetryUrl: 'http://127.0.0.1:9' })
  const { card } = await openShop(world)
  const held = await buy(world.player('poppy'), card)
  assert.equal((await payInBrowser(linkOf(held, /Pay/))).status, 200)
})
