import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Call {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly form: URLSearchParams
  /** The body as it came. */
  readonly body: string
}
export type Answer = { status: number; body: object | string } | 'reset'

/** A server that answers as it is told and remembers what it was asked. */
export async function startScript(answer: (call: Call) => Answer) {
  const calls: Call[] = []
  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = ''
    for await (const chunk of request) body += chunk
    const url = new URL(request.url ?? '', 'http://x')
    const form = new URLSearchParams(body || url.search)
    const call = { method: request.method ?? '', path: url.pathname, headers: request.headers, form, body }
    calls.push(call)
    const told = answer(call)
    if (told === 'reset') {
      request.socket.resetAndDestroy()
      return
    }
    response.writeHead(told.status, { 'content-type': 'application/json', 'request-id': 'req_1' })
    response.end(typeof told.body === 'string' ? told.body : JSON.stringify(told.body))
  }
  const server = createServer((request, response) => void respond(request, response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    calls,
    apiBase: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export const ok = (body: object): Answer => ({ status: 200, body })
export const error = (status: number, type: string, code?: string, message = 'No.'): Answer => ({
  status,
  body: { error: { type, code, message } },
})
