const KEY = 'c500:read'

export interface ReadMarks {
  /** On the first sight of a place, everything in it counts as read. */
  start(personId: string, channelId: string, newestId: string | null): void
  read(personId: string, channelId: string, newestId: string | null): void
  isUnread(personId: string, channelId: string, newestId: string | null): boolean
}

/** Up to which message each person has read each channel, kept by the browser. */
export function createReadMarks(storage: Pick<Storage, 'getItem' | 'setItem'>): ReadMarks {
  const marks = new Map<string, string>(load(storage))
  const keyOf = (personId: string, channelId: string) => `${personId}:${channelId}`
  const set = (key: string, id: string) => {
    if (marks.get(key) === id) return
    marks.set(key, id)
    storage.setItem(KEY, JSON.stringify([...marks]))
  }
  return {
    start(personId, channelId, newestId) {
      const key = keyOf(personId, channelId)
      if (!marks.has(key)) set(key, newestId ?? '0')
    },
    read(personId, channelId, newestId) {
      if (newestId) set(keyOf(personId, channelId), newestId)
    },
    isUnread(personId, channelId, newestId) {
      if (!newestId) return false
      const mark = marks.get(keyOf(personId, channelId)) ?? '0'
      // Ids are numbers that grow; a longer one is newer.
      return newestId.length > mark.length || (newestId.length === mark.length && newestId > mark)
    },
  }
}

function load(storage: Pick<Storage, 'getItem'>): [string, string][] {
  try {
    const stored: unknown = JSON.parse(storage.getItem(KEY) ?? '[]')
    return Array.isArray(stored) ? stored : []
  } catch {
    return []
  }
}
