import { createServer, type Server } from 'node:net'
import { HOST, type WantedPort } from './plan.ts'

/** Those of the wanted ports that cannot be had; of two that want the same one, the later. */
export async function findTakenPorts(wanted: readonly WantedPort[]): Promise<WantedPort[]> {
  const held: Server[] = []
  const taken: WantedPort[] = []
  for (const one of wanted) {
    const server = await listen(one.port)
    if (server) held.push(server)
    else taken.push(one)
  }
  await Promise.all(held.map((server) => new Promise((closed) => server.close(closed))))
  return taken
}

function listen(port: number): Promise<Server | null> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(null))
    server.listen(port, HOST, () => resolve(server))
  })
}
