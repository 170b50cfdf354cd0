import { parentPort } from 'node:worker_threads'
import type { SocialCard } from './card.ts'
import { drawCard } from './draw-card.ts'

// Runs on its own thread: drawing takes long, and pages must not wait for it.
parentPort?.on('message', async (asked: { card: SocialCard; photos: readonly Uint8Array[] }) => {
  try {
    parentPort?.postMessage({ png: await drawCard(asked.card, asked.photos) })
  } catch (error) {
    parentPort?.postMessage({ problem: String(error) })
  }
})
