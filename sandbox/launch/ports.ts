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

/** Ports nobody listens on, all different because they are held until the last is found. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer()
      await new Promise<void>((resolve) => server.listen(0, HOST, resolve))
      return server
    }),
  )
  const ports = servers.map((server) => {
    const address = server.address()
    if (!address || typeof address === 'string') throw new Error('a port was asked for')
    return address.port
  })
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))))
  return ports
}
