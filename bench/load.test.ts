import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createSocketServer } from 'node:net'
import { after, before, test } from 'node:test'
import { createLoadClient, type LoadClient, medianRound, paceOf, writeRequest } from './load.ts'

let load: LoadClient
before(() => {
  load = createLoadClient()
})
after(() => load[Symbol.asyncDispose]())

async function listen(answer: RequestListener) {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

const gets = (count: number) =>
  Array.from({ length: count }, (_, index) => writeRequest({ method: 'GET', path: `/${index}`, headers: {} }))

test('every request is sent once, over as many kept connections as asked for', async () => {
  const seen: string[] = []
  const sockets = new Set<unknown>()
  await using server = await listen((request, response) => {
    sockets.add(request.socket)
    seen.push(request.url ?? '')
    response.setHeader('content-length', 2).end('ok')
  })
  const result = await load.run({
    ports: [server.port],
    connections: 4,
    requests: gets(50),
    keepBodies: true,
  })
  assert.equal(new Set(seen).size, 50)
  assert.equal(seen.length, 50)
  assert.equal(sockets.size, 4)
  assert.deepEqual(new Set(result.bodies), new Set(['ok']))
  assert.equal(paceOf(result, 200).count, 50)
})

test('answers are read to their end, however they are cut', async () => {
  const long = 'x'.repeat(200_000)
  await using server = await listen((request, response) => {
    if (request.url === '/0') response.setHeader('content-length', long.length).end(long)
    else {
      response.write('in ')
      setImmediate(() => response.end('chunks'))
    }
  })
  const result = await load.run({ ports: [server.port], connections: 1, requests: gets(3), keepBodies: true })
  assert.equal(result.bodies[0], long)
  assert.match(result.bodies[1] ?? '', /in .*chunks/s)
  assert.deepEqual([...result.statuses], [200, 200, 200])
})

test('each connection is opened by a request that does not count', async () => {
  const seen: string[] = []
  await using server = await listen((request, response) => {
    seen.push(request.url ?? '')
    response.setHeader('content-length', 0).end()
  })
  const opening = writeRequest({ method: 'GET', path: '/open', headers: {} })
  const result = await load.run({ ports: [server.port], connections: 2, opening, requests: gets(4) })
  assert.deepEqual(seen.slice(0, 2), ['/open', '/open'])
  assert.deepEqual(seen.slice(2).toSorted(), ['/0', '/1', '/2', '/3'])
  assert.equal(result.statuses.length, 4)
})

test('what was sent arrives as it was written', async () => {
  const heard: string[] = []
  await using server = await listen((request, response) => {
    let text = ''
    request.on('data', (chunk) => {
      text += chunk
    })
    request.on('end', () => {
      heard.push(`${request.method} ${request.url} ${request.headers['x-from']} ${text}`)
      response.setHeader('content-length', 0).end()
    })
  })
  const request = writeRequest({ method: 'POST', path: '/a', headers: { 'x-from': 'b' }, body: '{"c":"ü"}' })
  await load.run({ ports: [server.port], connections: 1, requests: [request] })
  assert.deepEqual(heard, ['POST /a b {"c":"ü"}'])
})

test('refusals and lost connections are counted, and the rest goes on', async () => {
  await using server = await listen((request, response) => {
    if (request.url === '/1') request.socket.destroy()
    else {
      response.statusCode = request.url === '/2' ? 409 : 200
      response.setHeader('content-length', 0).end()
    }
  })
  const result = await load.run({ ports: [server.port], connections: 2, requests: gets(6) })
  assert.deepEqual([...result.statuses], [200, 0, 409, 200, 200, 200])
  const pace = paceOf(result, 200)
  assert.equal(pace.count, 4)
  assert.deepEqual(pace.others, { 0: 1, 409: 1 })
})

test('an answer that does not say where it ends is a problem, not a figure', async () => {
  const server = createSocketServer((socket) => socket.resume().write('HTTP/1.1 200 OK\r\n\r\nhello'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await assert.rejects(load.run({ ports: [port], connections: 1, requests: gets(1) }), /where it ends/)
  await new Promise((closed) => server.close(closed))
})

test('only wanted answers count, up to the last of them', () => {
  const pace = paceOf(
    {
      statuses: Uint16Array.from([200, 200, 200, 409]),
      sentMs: Float64Array.from([0, 0, 10, 10]),
      answeredMs: Float64Array.from([10, 20, 50, 90]),
      bodies: [],
    },
    200,
  )
  assert.deepEqual(pace, {
    perSecond: 60,
    p50Ms: 20,
    p99Ms: 20,
    maxMs: 40,
    count: 3,
    others: { 409: 1 },
  })
})

test('the median round is one that was played', () => {
  const rounds = [{ perSecond: 9 }, { perSecond: 1 }, { perSecond: 5 }]
  assert.equal(medianRound(rounds), rounds[2])
  assert.equal(medianRound(rounds.slice(0, 2)), rounds[1])
})
