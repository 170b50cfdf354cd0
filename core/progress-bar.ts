const WIDTH = 24
const REDRAW_MS = 100

/**
 * Shows how far long work is: on a terminal one bar that redraws itself, elsewhere one line when a part begins and one
 * when it is done.
 */
export function createProgressBar(
  out: Pick<NodeJS.WriteStream, 'isTTY'> & { write(text: string): unknown },
): (what: string, done: number, total: number) => void {
  let current = ''
  let drawnAt = Number.NEGATIVE_INFINITY
  return (what, done, total) => {
    const count = `${done.toLocaleString('en')} of ${total.toLocaleString('en')}`
    const isNew = what !== current
    const isDone = done >= total
    current = isDone ? '' : what
    if (!out.isTTY) {
      if (isNew || isDone) out.write(`  ${what}: ${count}\n`)
      return
    }
    if (!isNew && !isDone && performance.now() - drawnAt < REDRAW_MS) return
    drawnAt = performance.now()
    const full = total === 0 ? WIDTH : Math.floor((WIDTH * done) / total)
    out.write(
      `\r\x1b[K  ${'█'.repeat(full)}${'░'.repeat(WIDTH - full)}  ${what}: ${count}${isDone ? '\n' : ''}`,
    )
  }
}
