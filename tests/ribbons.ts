type Node = Record<string, unknown>
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null

/** A field that only a newer version knows, in every object of a document, however deep. */
export function withRibbons<T>(value: T): T
export function withRibbons(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withRibbons)
  if (!isNode(value)) return value
  const inside = Object.entries(value).map(([name, one]) => [name, withRibbons(one)])
  return { ...Object.fromEntries(inside), ribbon: 'mint' }
}

/** Where `now` has an object that stood in `before` with its ribbon, and has it no longer. */
export function lostRibbons(before: unknown, now: unknown, path: string): string[] {
  if (!isNode(before) || !isNode(now)) return []
  const lost = 'ribbon' in before && !('ribbon' in now) ? [path] : []
  const names = Object.keys(before).filter((name) => name in now)
  return [...lost, ...names.flatMap((name) => lostRibbons(before[name], now[name], step(path, name)))]
}
const step = (path: string, name: string) => (/^\d+$/.test(name) ? `${path}[]` : `${path}.${name}`)
