import { Worker } from 'node:worker_threads'
import PQueue from 'p-queue'
import type { SocialCard } from './card.ts'

type Bytes = Uint8Array<ArrayBuffer>

export interface CardPainter {
  /** A PNG of 1200 by 630 pixels. `photos` are JPEG files. Rejects when it cannot be drawn, or not soon enough. */
  paint(card: SocialCard, photos: readonly Bytes[]): Promise<Bytes>
  close(): Promise<void>
}

/** What the thread answers to each `{ card, photos }`. */
interface Answer {
  readonly png?: Bytes
  readonly problem?: string
}

const WORKER = new URL('./card-worker.ts', import.meta.url)
/** Whoever asks for a preview has left by then. */
const PATIENCE_MS = 10_000
/** Who comes after so many is turned away at once. */
const MOST_WAITING = 20

/**
 * Draws on one thread of its own, one card at a time. The thread begins with the first card, and again with the next
 * one after it died or hung. `worker` and `patienceMs` are for tests.
 */
export function createCardPainter(
  options: { readonly worker?: URL; readonly patienceMs?: number } = {},
): CardPainter {
  const { worker: file = WORKER, patienceMs = PATIENCE_MS } = options
  const queue = new PQueue({ concurrency: 1 })
  let worker: Worker | null = null

  function begin(): Worker {
    const thread = new Worker(file)
    thread.unref()
    const forget = () => {
      if (worker === thread) worker = null
    }
    // An error that nobody listens for would end the whole service, also one between two cards.
    thread.on('error', forget)
    thread.on('exit', forget)
    return thread
  }

  async function paintNow(card: SocialCard, photos: readonly Bytes[]): Promise<Bytes> {
    worker ??= begin()
    const thread = worker
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const died = () => reject(new Error('the thread that draws cards died'))
    const timer = setTimeout(() => {
      reject(new Error(`the card was not drawn within ${patienceMs} ms`))
      worker = null
      thread.terminate()
    }, patienceMs)
    thread.on('message', resolve).on('error', reject).on('exit', died)
    try {
      thread.postMessage({ card, photos })
      const { png, problem } = await promise
      if (!png) throw new Error(`the card was not drawn: ${problem}`)
      return png
    } finally {
      clearTimeout(timer)
      thread.off('message', resolve).off('error', reject).off('exit', died)
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
