import type { Logger } from 'pino'
import type { CatalogueReader } from './catalogue.ts'
import type { Site } from './pages/layout.ts'
import { renderLiveDrop } from './pages/live-drop.ts'
import { shelfMark } from './pages/shelf.ts'

/** What a page shows: the mark (`shelfMark`) of each drop on it, by the drop's id. */
export type Shown = ReadonlyMap<string, string>

export interface LiveDrops {
  /**
   * A stream of server-sent events that tells what is no longer as the page shows it; null when too many listen
   * already, or when the service is about to stop.
   */
  listen(site: Site, shown: Shown): ReadableStream<Uint8Array<ArrayBuffer>> | null
}

/** More than these keep the page as it is: a stream takes the place of a request, and a machine is sent 300 at once. */
const MOST_LISTENERS = 200
const LOOK_EVERY_MS = 1_000
/** Proxies drop what is silent for half a minute or a minute. */
const HEARTBEAT_MS = 20_000
/** A browser whose stream was cut comes back after this long. */
const RETRY_MS = 3_000
/** Who has not taken this much of what was sent is cut off, and comes back when the line is better. */
const MOST_WAITING_BYTES = 256 * 1_024

interface Listener {
  readonly site: Site
  readonly marks: Map<string, string>
  readonly controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>
}

/**
 * One look at the kept catalogue each second serves every listener, and there is none while nobody listens. Everybody
 * is sent what differs from what they have, so that neither a late start nor a gap loses anything. Ends every stream
 * when `leaving` is aborted. `now` gives UTC milliseconds; `mostListeners` is for tests.
 */
export function createLiveDrops(options: {
  readonly readCatalogue: CatalogueReader
  readonly now: () => number
  readonly log: Pick<Logger, 'debug'>
  readonly leaving: AbortSignal
  readonly mostListeners?: number
}): LiveDrops {
  const { readCatalogue, now, log, leaving, mostListeners = MOST_LISTENERS } = options
  const listeners = new Set<Listener>()
  const encoder = new TextEncoder()
  let timers: NodeJS.Timeout[] = []
  let isLooking = false

  function forget(listener: Listener): void {
    listeners.delete(listener)
    if (listeners.size > 0) return
    for (const timer of timers) clearInterval(timer)
    timers = []
  }

  function end(listener: Listener): void {
    if (!listeners.has(listener)) return
    forget(listener)
    listener.controller.close()
  }

  /** Nothing is sent to one who left meanwhile. */
  function send(listener: Listener, text: string): void {
    if (!listeners.has(listener)) return
    if ((listener.controller.desiredSize ?? 0) <= 0) end(listener)
    else listener.controller.enqueue(encoder.encode(text))
  }

  async function look(): Promise<void> {
    if (isLooking) return
    isLooking = true
    try {
      const { byId } = (await readCatalogue(crypto.randomUUID())).value
      const at = now()
      const marks = new Map<string, string>()
      // Readers of one locale are sent the same words.
      const events = new Map<string, Promise<string>>()
      for (const listener of listeners) {
        for (const [dropId, mark] of listener.marks) {
          if (!listeners.has(listener)) break
          const drop = byId.get(dropId)
          if (!drop) continue
          const current = marks.get(dropId) ?? shelfMark(drop, at)
          marks.set(dropId, current)
          if (current === mark) continue
          const key = `${listener.site.reader.locale} ${dropId}`
          const event = events.get(key) ?? renderLiveDrop(listener.site, drop, at).then(toEvent)
          events.set(key, event)
          listener.marks.set(dropId, current)
          send(listener, await event)
        }
      }
    } catch (error) {
      // Pages stay as they are until core answers again.
      log.debug({ err: error }, 'no look at the shelf')
    } finally {
      isLooking = false
    }
  }

  function begin(): void {
    timers = [
      setInterval(look, LOOK_EVERY_MS),
      setInterval(() => {
        for (const listener of listeners) send(listener, ':\n\n')
      }, HEARTBEAT_MS),
    ]
  }

  leaving.addEventListener('abort', () => {
    for (const listener of listeners) end(listener)
  })

  return {
    listen(site, shown) {
      if (leaving.aborted || listeners.size >= mostListeners) return null
      let listener: Listener | undefined
      return new ReadableStream<Uint8Array<ArrayBuffer>>(
        {
          start(controller) {
            listener = { site, marks: new Map(shown), controller }
            if (listeners.size === 0) begin()
            listeners.add(listener)
            send(listener, `retry: ${RETRY_MS}\n\n`)
          },
          cancel() {
            if (listener) forget(listener)
          },
        },
        new ByteLengthQueuingStrategy({ highWaterMark: MOST_WAITING_BYTES }),
      )
    },
  }
}

/** JSON has no line ends of its own, so one `data:` line holds it. */
const toEvent = (drop: object) => `data: ${JSON.stringify(drop)}\n\n`
