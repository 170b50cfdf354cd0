import type { LiveEvent } from '../people.ts'

/** Bytes that may wait for one listener. Beyond it the line is cut, and the listener comes back and reads anew. */
const MOST_WAITING = 4 * 1024 * 1024
const PING_MS = 15_000

export interface Live {
  /** Tell everybody for whom `sees` holds. */
  tell(event: LiveEvent, sees?: (personId: string) => boolean): void
  /** A stream of Server-Sent Events for one person. */
  listen(personId: string): ReadableStream<Uint8Array>
  close(): void
}

/** Who is listening at this moment, and the news on its way to them. */
export function createLive(): Live {
  const listeners = new Set<{ readonly personId: string; send(text: string): void; end(): void }>()
  const encoder = new TextEncoder()

  return {
    tell(event, sees = () => true) {
      const text = `data: ${JSON.stringify(event)}\n\n`
      for (const listener of listeners) if (sees(listener.personId)) listener.send(text)
    },
    listen(personId) {
      let stop = () => {}
      return new ReadableStream<Uint8Array>(
        {
          start(controller) {
            const listener = {
              personId,
              send(text: string) {
                if ((controller.desiredSize ?? 0) <= 0) listener.end()
                else controller.enqueue(encoder.encode(text))
              },
              end() {
                stop()
                controller.close()
              },
            }
            const ping = setInterval(() => listener.send(': still here\n\n'), PING_MS)
            ping.unref()
            stop = () => {
              clearInterval(ping)
              listeners.delete(listener)
            }
            listeners.add(listener)
            listener.send('retry: 1000\n\n')
          },
          cancel: () => stop(),
        },
        new ByteLengthQueuingStrategy({ highWaterMark: MOST_WAITING }),
      )
    },
    close() {
      for (const listener of [...listeners]) listener.end()
    },
  }
}
