import { readFlags } from '../sandbox/read-flags.ts'
import { linkBuilders } from '../tests/many-builders.ts'
import { createWorld, minutes, type World } from '../tests/world.ts'
import { note } from './run-bench.ts'

// `npm run bench:streams`: how long core takes to bring the subscriptions of many builders in order at the local Twitch.
// The last line of stdout is one JSON object. The exit status is 1 when a round left anything undone, never for speed.
const flags = readFlags('npm run bench:streams [-- --builders 1000]', {
  builders: { type: 'string', default: '1000' },
})

/** As many as fit into one page of Twitch's list, which it does not say; about a hundred were seen. */
const PAGE = 100
const PLENTY = 10_000_000
/** Every tenth subscription is taken away before the round that mends. */
const LOST = 10

interface Summary {
  readonly subscriptions: readonly { readonly id: string; readonly status: string }[]
  readonly users: readonly { readonly id: string }[]
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return Math.round(performance.now() - startedAt)
}

async function measure(builders: number): Promise<Record<string, number>> {
  await using world = await createWorld()
  await world.settle()
  // Twitch's 800 points a minute would be what is measured: from nothing they last for 400 builders a minute.
  await world.twitchControl('/local/settings', { pageSize: PAGE, pointsPerMinute: PLENTY })
  await world.twitchControl('/local/rate-limit', { remaining: PLENTY })
  const { ids } = (await world.twitchControl('/local/users', { count: builders })) as { ids: string[] }
  await linkBuilders(world.core.store, ids, world.now())
  const wanted = 2 * builders + 1

  note(`${builders} builders, nothing subscribed ...`)
  await world.restartCore()
  const fromNothing = await timed(() => world.settle())
  await expectWhole(world, wanted)

  note('All in order, nothing to do ...')
  const nothingToDo = await timed(() => world.advance(minutes(10)))
  await expectWhole(world, wanted)

  note(`Every ${LOST}th lost, and nobody told us ...`)
  await world.twitchControl('/local/mood', { mode: 'lose' })
  const { subscriptions } = await summary(world)
  for (const [index, { id }] of subscriptions.entries()) {
    if (index % LOST === 0)
      await world.twitchControl(`/local/subscriptions/${id}/revoke`, { status: 'version_removed' })
  }
  await world.twitchControl('/local/mood', {})
  const mended = await timed(() => world.advance(minutes(10)))
  await expectWhole(world, wanted)
  return {
    builders,
    subscriptions: wanted,
    from_nothing_ms: fromNothing,
    nothing_to_do_ms: nothingToDo,
    mended_ms: mended,
  }
}

async function summary(world: World): Promise<Summary> {
  return (await (await fetch(`${world.twitch.url}/local/summary`)).json()) as Summary
}

async function expectWhole(world: World, wanted: number): Promise<void> {
  const { subscriptions } = await summary(world)
  const enabled = subscriptions.filter(({ status }) => status === 'enabled').length
  if (enabled !== wanted || subscriptions.length !== wanted) {
    throw new Error(`${enabled} of ${wanted} subscriptions are good, of ${subscriptions.length} in all`)
  }
}

try {
  process.stdout.write(`${JSON.stringify(await measure(Number(flags.builders)))}\n`)
} catch (error) {
  process.exitCode = 1
  note(error instanceof Error ? error.message : String(error))
}
