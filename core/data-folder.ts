import { existsSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'

/** What lies in the folder where core keeps its data. */
export const DATABASE = 'c500.sqlite'
export const PICTURES = 'media'

/** Inside the data folder of `npm start`, core has a folder of its own. */
const OWN = 'core'
const NPM_START_FOLDER = './data'

/** Whether the folder that a person named is core's own, or the one of `npm start` around it. */
export type Layout = 'own' | 'around'

/** Core's data folder at or inside `dir`, which a person named; undefined when no core has ever run there. */
export function findDataFolder(dir: string): { readonly path: string; readonly layout: Layout } | undefined {
  if (existsSync(join(dir, DATABASE))) return { path: resolve(dir), layout: 'own' }
  if (existsSync(join(dir, OWN, DATABASE))) return { path: resolve(dir, OWN), layout: 'around' }
  return undefined
}

/**
 * Where core's data goes when a person names `dir` as the target. Data that came from a folder of `npm start` goes
 * into one again, so that `dir` means here what it meant there.
 */
export function targetFolder(dir: string, cameFrom: Layout): string {
  const found = findDataFolder(dir)
  if (found) return found.path
  const around = cameFrom === 'around' || resolve(dir) === resolve(NPM_START_FOLDER)
  return around && basename(resolve(dir)) !== OWN ? resolve(dir, OWN) : resolve(dir)
}
