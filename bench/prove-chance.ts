/** Chance that can be repeated: the same seed gives the same choices in the same order. */
export interface Chance {
  /** 0 up to 1. */
  next(): number
  /** A whole number from 0 up to, not including, `count`. */
  below(count: number): number
  /** One of these names, as often as its weight says. */
  oneOf<K extends string>(weights: Readonly<Record<K, number>>): K
  shuffled<T>(items: readonly T[]): T[]
}

/** mulberry32: small, fast and good enough for deciding who does what. */
export function createChance(seed: number): Chance {
  let state = seed | 0
  function next(): number {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (count: number) => Math.floor(next() * count)
  return {
    next,
    below,
    oneOf<K extends string>(weights: Readonly<Record<K, number>>): K {
      const names = Object.keys(weights) as K[]
      let left = next() * names.reduce((sum, name) => sum + weights[name], 0)
      const found = names.find((name) => {
        left -= weights[name]
        return left < 0
      })
      const last = names.at(-1)
      if (last === undefined) throw new Error('nothing to choose from')
      return found ?? last
    },
    shuffled<T>(items: readonly T[]): T[] {
      return items
        .map((item) => ({ item, at: next() }))
        .toSorted((a, b) => a.at - b.at)
        .map(({ item }) => item)
    },
  }
}
