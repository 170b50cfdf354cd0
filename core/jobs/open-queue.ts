import PQueue from 'p-queue'

/** How long a free place is left free at most. */
const LONGEST_GAP_MS = 100

/**
 * A queue that runs `width` things side by side. Once it was full it starts others when half of it is free again, or a
 * moment later: those that begin together are claimed with one commit.
 */
export function openQueue(width: number): PQueue {
  const queue = new PQueue({ concurrency: width })
  let gap: NodeJS.Timeout | undefined
  function fill(): void {
    clearTimeout(gap)
    gap = undefined
    queue.start()
  }
  queue.on('active', () => {
    if (queue.pending === width) queue.pause()
  })
  queue.on('next', () => {
    if (!queue.isPaused) return
    if (queue.pending <= width / 2) fill()
    else gap ??= setTimeout(fill, LONGEST_GAP_MS)
  })
  return queue
}
