/**
 * The entry of a key, made when it is missing, as the most recently used one; the longest unused go when there are more
 * than `most`.
 */
export function touchEntry<T>(entries: Map<string, T>, key: string, most: number, make: () => T): T {
  const entry = entries.get(key) ?? make()
  // A Map keeps the order of insertion: moved to the end, the first one is the longest unused.
  entries.delete(key)
  entries.set(key, entry)
  for (const oldest of entries.keys()) {
    if (entries.size <= most) break
    entries.delete(oldest)
  }
  return entry
}
