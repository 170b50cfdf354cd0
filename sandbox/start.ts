import { join } from 'node:path'
import { pino } from 'pino'
import type { Config } from './config.ts'
import { startLocalDiscord } from './discord/start.ts'
import { startSandboxPage } from './page/start.ts'
import { openState, type State } from './state.ts'
import { startLocalStripe } from './stripe/start.ts'
import { startLocalTwitch } from './twitch/start.ts'

const TICK_MS = 250

type Started<Start extends (...options: never[]) => Promise<unknown>> = Awaited<ReturnType<Start>>

/** The stand-ins that run; null for one that was not asked for. */
export interface Sandbox {
  readonly discord: Started<typeof startLocalDiscord> | null
  readonly stripe: Started<typeof startLocalStripe> | null
  readonly twitch: Started<typeof startLocalTwitch> | null
  readonly page: Started<typeof startSandboxPage> | null
  close(): Promise<void>
}

/**
 * Starts the vendors' stand-ins and the page where a person plays everybody. Port 0 takes a free one.
 * `clock` answers UTC milliseconds and is every stand-in's only clock. With `ticks` by hand nothing comes due until the
 * vendor's own `tick` is called. Rejects with the system's error when a port is taken; nothing is left running then.
 */
export async function startSandbox(
  config: Config,
  clock: () => number = Date.now,
  ticks: 'by_itself' | 'by_hand' = 'by_itself',
): Promise<Sandbox> {
  const { host, dataDir } = config
  const stack = new AsyncDisposableStack()
  function state(name: string): State {
    return stack.adopt(openState(dataDir === null ? null : join(dataDir, `${name}.sqlite`)), (opened) => {
      opened.close()
    })
  }
  function keep<T extends { close(): Promise<void> }>(server: T): T {
    return stack.adopt(server, (started) => started.close())
  }

  try {
    const discord =
      config.discord &&
      keep(await startLocalDiscord({ host, ...config.discord, state: state('discord'), clock }))
    const stripe =
      config.stripe && keep(await startLocalStripe({ host, ...config.stripe, state: state('stripe'), clock }))
    const twitch =
      config.twitch && keep(await startLocalTwitch({ host, ...config.twitch, state: state('twitch'), clock }))
    if (ticks === 'by_itself') {
      const timer = setInterval(() => [stripe, twitch].forEach(tickSafely), TICK_MS)
      stack.defer(() => clearInterval(timer))
    }
    // The chat page speaks for people in the local Discord; beside the real one there is nothing to show.
    const page =
      config.page &&
      discord &&
      keep(
        await startSandboxPage({
          host,
          port: config.page.port,
          people: discord.people,
          links: { web: config.page.webUrl, stripe: stripe?.url ?? null, twitch: twitch?.url ?? null },
        }),
      )
    return { discord, stripe, twitch, page, close: () => stack.disposeAsync() }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

/** A vendor that breaks says so, and the others go on. */
function tickSafely(vendor: { readonly url: string; tick(): void } | null): void {
  try {
    vendor?.tick()
  } catch (error) {
    pino({ name: 'sandbox' }).error({ err: error, url: vendor?.url }, 'a stand-in broke')
  }
}
