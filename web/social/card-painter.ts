import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import PQueue from 'p-queue'
import type { SocialCard } from './card.ts'

type Bytes = Uint8Array<ArrayBuffer>

export interface CardPainter {
  /** A PNG of 1200 by 630 pixels. `photos` are JPEG files. Rejects when it cannot be drawn, or not soon enough. */
  paint(card: SocialCard, photos: readonly Bytes[]): Promise<Bytes>
  close(): Promise<void>
}

const PATIENCE_MS = 15_000
/** Who comes after so many is turned away at once. */
const MOST_WAITING = 20

/** Draws on one thread of its own, one card at a time. The thread begins with the first card. */
export function createCardPainter(): CardPainter {
  const queue = new PQueue({ concurrency: 1 })
  let worker: Worker | null = null

  async function paintNow(card: SocialCard, photos: readonly Bytes[]): Promise<Bytes> {
    worker ??= new Worker(new URL('./card-worker.ts', import.meta.url))
    const mine = worker
    mine.unref()
    try {
      const answered = once(mine, 'message', { signal: AbortSignal.timeout(PATIENCE_MS) })
      mine.postMessage({ card, photos })
      const [{ png, problem }] = (await answered) as [{ png?: Bytes; problem?: string }]
      if (png) return png
      throw new Error(`the card was not drawn: ${problem}`)
    } catch (error) {
      // What hung or died must not be asked again.
      if (worker === mine) worker = null
      await mine.terminate()
      throw error
    }
  }

  return {
    async paint(card, photos) {
      if (queue.size >= MOST_WAITING) throw new Error('too many cards are waiting to be drawn')
      return queue.add(() => paintNow(card, photos))
    },
    async close() {
      queue.clear()
      await worker?.terminate()
    },
  }
}
