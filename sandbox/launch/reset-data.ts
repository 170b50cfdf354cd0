import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { LaunchError } from './launch-error.ts'
import type { WantedPort } from './plan.ts'
import { findTakenPorts } from './ports.ts'
import { SEED_MARK } from './seed-mark.ts'

/** What makes the shop. */
const SHOP = ['core', 'sandbox']
/** All that `npm start` writes into the data folder. Nothing else in it is touched. */
const WRITTEN = [...SHOP, 'local-secrets.json', SEED_MARK]

/** Empties the shop. Throws LaunchError while core's port is in use, because a running core would write it back. */
export async function resetData(options: {
  /** Absolute. */
  readonly dataDir: string
  readonly corePort: WantedPort
}): Promise<void> {
  const [taken] = await findTakenPorts([options.corePort])
  if (taken) {
    throw new LaunchError([
      `Something listens on port ${taken.port} (${taken.variable}). Stop the shop first.`,
    ])
  }
  for (const name of WRITTEN) rmSync(join(options.dataDir, name), { recursive: true, force: true })
}

/** Forgets the shop and leaves the rest, also what the services know each other by. Only while nothing runs on it. */
export function emptyShop(dataDir: string): void {
  for (const name of SHOP) rmSync(join(dataDir, name), { recursive: true, force: true })
}
