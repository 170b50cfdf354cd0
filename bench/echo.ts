import { createServer } from 'node:http'

// The ceiling: what Node does with the same requests when there is nothing to decide and nothing to keep.

const server = createServer((request, response) => {
  let text = ''
  request.setEncoding('utf8')
  request.on('data', (chunk: string) => {
    text += chunk
  })
  request.on('end', () => {
    const body = JSON.stringify(JSON.parse(text || '{}'))
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    response.end(body)
  })
})
server.listen(0, '127.0.0.1', () => process.send?.(server.address()))
process.once('disconnect', () => {
  server.close()
  server.closeAllConnections()
})
