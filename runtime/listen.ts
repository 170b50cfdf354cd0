import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { getRequestListener } from '@hono/node-server'

type Fetch = Parameters<typeof getRequestListener>[0]

export interface Listener {
  /** Where it listens, without a trailing slash. */
  readonly url: string
  readonly port: number
  /** Takes nothing new, finishes what it has begun, and cuts off what takes longer than `atMostMs`. Safe to call twice. */
  close(atMostMs: number): Promise<void>
}

/**
 * Listen for HTTP; port 0 takes any free one. `answer` is asked for the handler once the address is known. `early` sees
 * each request first, and says whether it has answered it. Rejects when the port is taken.
 */
export async function listen(
  { host, port }: { readonly host: string; readonly port: number },
  answer: (url: string) => Fetch,
  early: (request: IncomingMessage, response: ServerResponse) => boolean = () => false,
): Promise<Listener> {
  const server = createServer()
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(port, host, resolve)
  await listening
  server.off('error', reject)

  // No await from here to the listener: the first request waits in the socket until there is one.
  const address = server.address()
  const given = typeof address === 'object' && address ? address.port : port
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${given}`
  // It puts its own light Request and Response in the place of Node's, for the whole process: a third less for each answer.
  const listener = getRequestListener(answer(url))
  server.on('request', (request, response) => {
    if (!early(request, response)) listener(request, response)
  })
  let closing: Promise<void> | undefined
  // A connection that was busy when closing began would stay open for its next request.
  server.on('request', (_request, response) => {
    response.once('close', () => closing && setImmediate(() => server.closeIdleConnections()))
  })
  server.headersTimeout = 10_000
  server.requestTimeout = 20_000

  return {
    url,
    port: given,
    close(atMostMs) {
      closing ??= new Promise<void>((done) => {
        const cutOff = setTimeout(() => server.closeAllConnections(), atMostMs)
        server.close(() => {
          clearTimeout(cutOff)
          done()
        })
        server.closeIdleConnections()
      })
      return closing
    },
  }
}
