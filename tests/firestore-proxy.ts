import { once } from 'node:events'
import {
  type ClientHttp2Session,
  connect,
  constants,
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** Codes of gRPC (grpc.github.io/grpc/core/md_doc_statuscodes.html). */
export const GRPC = { deadlineExceeded: 4, resourceExhausted: 8, aborted: 10, unavailable: 14 } as const

const NOT_PASSED_ON: ReadonlySet<string> = new Set([':authority', ':scheme'])

type When = 'before' | 'after' | 'midway'

/** One byte, and how long the message is (grpc.github.io/grpc/core/md_doc__p_r_o_t_o_c_o_l-_h_t_t_p2.html). */
const FRAME_HEAD = 5

/** Stands between a store and the emulator, and goes wrong where it is told to. */
export interface FirestoreProxy extends AsyncDisposable {
  /** host:port, for FIRESTORE_EMULATOR_HOST. */
  readonly host: string
  /**
   * The next so many calls of `method` (Commit, say) end with this code, before the emulator hears of them or after,
   * or after the first message of its answer.
   */
  fail(method: string, code: number, times: number, when: When): void
  /** How many of those are still to come. */
  left(): number
  /** Calls, or those of one method, are taken and not passed on until `heal`; then all of them are. */
  freeze(method?: string): void
  /** Nobody is there until `heal`: every connection breaks, and new ones do. */
  refuse(): void
  heal(): void
}

export async function createFirestoreProxy(emulatorHost: string): Promise<FirestoreProxy> {
  const faults: { method: string; code: number; times: number; when: When }[] = []
  let frozen: (PromiseWithResolvers<void> & { readonly method: string }) | undefined
  let refusing = false
  const sockets = new Set<Socket>()
  let upstream: ClientHttp2Session | undefined

  function toEmulator(): ClientHttp2Session {
    if (!upstream || upstream.closed || upstream.destroyed) {
      upstream = connect(`http://${emulatorHost}`)
      upstream.on('error', () => {})
    }
    return upstream
  }

  function takeFault(path: string) {
    const fault = faults.find(({ method, times }) => times > 0 && path.endsWith(`/${method}`))
    if (fault) fault.times--
    return fault
  }

  async function pass(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    stream.on('error', () => {})
    const path = String(headers[':path'])
    const fault = takeFault(path)
    const body: Buffer[] = []
    stream.on('data', (chunk: Buffer) => body.push(chunk))
    if (fault?.when === 'before') return refuse(stream, fault.code)
    await once(stream, 'end')
    if (frozen && path.endsWith(frozen.method)) await frozen.promise
    const kept = Object.entries(headers).filter(([name]) => !NOT_PASSED_ON.has(name))
    const asked = toEmulator().request(Object.fromEntries(kept))
    asked.on('error', () => stream.close(constants.NGHTTP2_INTERNAL_ERROR))
    let trailers: IncomingHttpHeaders = {}
    asked.on('trailers', (given: IncomingHttpHeaders) => {
      trailers = fault ? { 'grpc-status': String(fault.code) } : given
    })
    asked.on('response', (answered, flags) => {
      const { ':status': status, ...rest } = answered
      if (fault?.when === 'after') {
        asked.resume().once('close', () => refuse(stream, fault.code))
        return
      }
      if (stream.destroyed) return
      if (flags & constants.NGHTTP2_FLAG_END_STREAM) {
        stream.respond({ ':status': status, ...rest }, { endStream: true })
        return
      }
      stream.respond({ ':status': status, ...rest }, { waitForTrailers: true })
      stream.once('wantTrailers', () => stream.sendTrailers(withoutPseudo(trailers)))
      if (!fault) asked.pipe(stream)
      else
        void buffer(asked).then((answer) =>
          stream.end(answer.subarray(0, FRAME_HEAD + answer.readUInt32BE(1))),
        )
    })
    asked.end(Buffer.concat(body))
  }

  /** As when a process is gone: an orderly end in the middle of a greeting leaves the caller's half open for ever. */
  function hangUp(): void {
    for (const socket of sockets) socket.resetAndDestroy()
  }

  const server = createServer()
  server.on('session', (session) => session.on('error', () => {}))
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    if (refusing) hangUp()
  })
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    pass(stream, headers).catch(() => stream.close(constants.NGHTTP2_INTERNAL_ERROR))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    host: `127.0.0.1:${port}`,
    fail(method, code, times, when) {
      faults.push({ method, code, times, when })
    },
    left: () => faults.reduce((sum, { times }) => sum + times, 0),
    freeze(method = '') {
      frozen ??= { ...Promise.withResolvers<void>(), method }
    },
    refuse() {
      refusing = true
      hangUp()
    },
    heal() {
      refusing = false
      frozen?.resolve()
      frozen = undefined
    },
    async [Symbol.asyncDispose]() {
      frozen?.resolve()
      hangUp()
      upstream?.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function refuse(stream: ServerHttp2Stream, code: number): void {
  if (stream.destroyed) return
  const answer = { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': String(code) }
  stream.respond({ ...answer, 'grpc-message': 'so the test wants it' }, { endStream: true })
}

function withoutPseudo(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(':')))
}
