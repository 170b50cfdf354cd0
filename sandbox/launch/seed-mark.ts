import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Lies in the data folder from before a shop is filled until it is full: whoever finds it at a start was cut off. */
export const SEED_MARK = 'seed-unfinished'

/** first: there is no shop yet. again: there is a half-filled one. none: a shop that is somebody's own. */
export type SeedWish = 'none' | 'first' | 'again'

/** How the next start fills the shop in this folder. */
export function wantedSeed(dataDir: string): SeedWish {
  if (existsSync(join(dataDir, SEED_MARK))) return 'again'
  return existsSync(join(dataDir, 'core')) ? 'none' : 'first'
}

export function markSeedBegun(dataDir: string): void {
  mkdirSync(dataDir, { recursive: true })
  writeFileSync(join(dataDir, SEED_MARK), 'The next start empties this shop and fills it anew.\n')
}

export function markSeedDone(dataDir: string): void {
  rmSync(join(dataDir, SEED_MARK), { force: true })
}
