import { createServer } from 'node:http'

// The ceiling of a page: what Node does when the bytes are there and nothing is to be decided.

export interface BarePage {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly base64: string
}

process.once('message', (given: readonly BarePage[]) => {
  const pages = new Map(
    given.map(({ path, headers, base64 }) => [path, { headers, body: Buffer.from(base64, 'base64') }]),
  )
  const server = createServer((request, response) => {
    const page = pages.get(request.url ?? '')
    response.writeHead(page ? 200 : 404, page?.headers).end(page?.body)
  })
  server.listen(0, '127.0.0.1', () => process.send?.(server.address()))
  process.once('disconnect', () => {
    server.close()
    server.closeAllConnections()
  })
})
