import { createServer } from 'node:net'

/** Below the ports that systems hand to outgoing connections: one of those could be taken again at any moment. */
const LOWEST = 12_000
const HIGHEST = 32_000
const given = new Set<number>()

/** A port of loopback that nobody listens on, and that this process is not given twice. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST))
    if (given.has(port)) continue
    given.add(port)
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
