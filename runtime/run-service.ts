import { setTimeout as wait } from 'node:timers/promises'

/** For whoever sends us requests to notice that we are about to go. */
const NOTICE_MS = 300

export interface Service {
  /** From now on /readyz says 503; everything else goes on. */
  retire(): void
  /** Takes nothing new, finishes what is in hand, and ends: within ten seconds, retiring included. */
  close(): Promise<void>
}

/**
 * The life of a process: start, serve until SIGTERM or SIGINT, leave in good order. Cloud Run kills what is still
 * there ten seconds after SIGTERM. A second signal ends it at once.
 */
export async function runService(process: NodeJS.Process, start: () => Promise<Service>): Promise<void> {
  try {
    const service = await start()
    const { promise: stopped, resolve: stop } = Promise.withResolvers<void>()
    process.once('SIGTERM', () => stop())
    process.once('SIGINT', () => stop())
    await stopped
    service.retire()
    await wait(NOTICE_MS)
    await service.close()
    // What did not end in time must not keep the process.
    process.exit(0)
  } catch (error) {
    // The log needs a configuration; this is the one message that comes before it.
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  }
}
