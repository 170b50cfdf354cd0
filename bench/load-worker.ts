import { connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { parentPort } from 'node:worker_threads'
import type { LoadJob, LoadResult } from './load.ts'

// The client runs on a thread of its own, on bare sockets: whatever it spends is taken from what it measures.

const END_OF_HEAD = '\r\n\r\n'
const END_OF_CHUNKS = '\r\n0\r\n\r\n'

/** The length of a whole answer in bytes; 0 while it cannot be known yet. Answers are never pipelined. */
function lengthOfAnswer(text: string): number {
  const head = text.indexOf(END_OF_HEAD)
  if (head < 0) return 0
  const headers = text.slice(0, head)
  const length = /\r\ncontent-length: *(\d+)/i.exec(headers)?.[1]
  if (length !== undefined) return head + END_OF_HEAD.length + Number(length)
  if (/\r\ntransfer-encoding: *chunked/i.test(headers)) return text.endsWith(END_OF_CHUNKS) ? text.length : 0
  throw new Error(`This answer does not say where it ends:\n${headers}`)
}

function opened(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    socket.once('connect', () => resolve(socket))
    socket.once('error', reject)
  })
}

async function run(job: LoadJob): Promise<LoadResult> {
  const { ports, connections, opening, requests, overMs, keepBodies } = job
  const result: LoadResult = {
    statuses: new Uint16Array(requests.length),
    sentMs: new Float64Array(requests.length),
    answeredMs: new Float64Array(requests.length),
    bodies: [],
  }
  const portOf = (nth: number) => ports[nth % ports.length] ?? 0
  const width = Math.min(connections, requests.length)
  const sockets = new Set(await Promise.all(Array.from({ length: width }, (_, nth) => opened(portOf(nth)))))
  // A busy server takes new connections slowly: until then a request waits for its connection, not for work.
  if (opening !== null) await Promise.all([...sockets].map((socket) => ask(socket, opening)))
  const startedAt = performance.now()
  let next = 0

  /** One connection asks one request after another; a lost one is status 0 and goes on with a new socket. */
  async function work(first: Socket, nth: number): Promise<void> {
    let socket: Socket | null = first
    while (next < requests.length) {
      const index = next++
      const dueMs = (overMs * index) / requests.length
      const early = dueMs - (performance.now() - startedAt)
      if (early > 0) await wait(early)
      result.sentMs[index] = overMs > 0 ? dueMs : performance.now() - startedAt
      socket ??= await opened(portOf(nth)).catch(() => null)
      if (socket) sockets.add(socket)
      const answer: string | null = socket && (await ask(socket, requests[index] ?? ''))
      result.answeredMs[index] = performance.now() - startedAt
      if (answer === null) {
        socket = null
        continue
      }
      result.statuses[index] = Number(answer.slice(9, 12))
      if (keepBodies) {
        result.bodies[index] = answer.slice(answer.indexOf(END_OF_HEAD) + END_OF_HEAD.length)
      }
    }
  }

  try {
    await Promise.all([...sockets].map(work))
    return result
  } finally {
    next = requests.length
    for (const socket of sockets) socket.destroy()
  }
}

/** The whole answer as Latin-1, or null when the connection was lost before its end. */
function ask(socket: Socket, request: string): Promise<string | null> {
  return new Promise((resolve, reject) => {
    let text = ''
    let length = 0
    const finish = (answer: string | null): void => {
      socket.removeAllListeners('data').removeAllListeners('close').removeAllListeners('error')
      // A socket that fails between two requests is noticed by the next one.
      socket.on('error', () => {})
      resolve(answer)
    }
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      try {
        length ||= lengthOfAnswer(text)
      } catch (error) {
        reject(error)
      }
      if (length > 0 && text.length >= length) finish(text)
    })
    socket.once('close', () => finish(null))
    socket.once('error', () => finish(null))
    if (socket.destroyed) finish(null)
    else socket.write(request)
  })
}

parentPort?.on('message', (job: LoadJob) => {
  run(job).then(
    (result) => parentPort?.postMessage({ result }),
    (error: unknown) => parentPort?.postMessage({ problem: String(error) }),
  )
})
