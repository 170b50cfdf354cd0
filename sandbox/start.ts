import { join } from 'node:path'
import type { Config } from './config.ts'
import { startLocalDiscord } from './discord/start.ts'
import { startSandboxPage } from './page/start.ts'
import { openState, type State } from './state.ts'
import { startLocalStripe } from './stripe/start.ts'
import { startLocalTwitch } from './twitch/start.ts'

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
 * `clock` answers UTC milliseconds and is every stand-in's only clock. Rejects with the system's error when a port is
 * taken; nothing is left running then.
 */
export async function startSandbox(config: Config, clock: () => number = Date.now): Promise<Sandbox> {
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
