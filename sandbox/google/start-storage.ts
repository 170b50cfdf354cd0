import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { pino } from 'pino'

/** Small, so that a client meets page tokens. */
const PAGE = 2

export interface StoredObject {
  readonly data: Buffer
  readonly contentType: string
  readonly cacheControl: string
  readonly generation: number
}

export interface LocalStorage {
  readonly url: string
  /** By name, in the one bucket. */
  readonly objects: Map<string, StoredObject>
  /**
   * What happens to the next uploads, one each: `lose` stores and answers 503 as if it had not, `damage` stores other
   * bytes than were sent.
   */
  readonly faults: ('lose' | 'damage')[]
  close(): Promise<void>
}

/**
 * The part of Google Cloud Storage's JSON API that a shop's pictures need: multipart uploads with ifGenerationMatch,
 * downloads, lists and deletions, of one bucket, in memory. It asks for no credentials.
 * https://docs.cloud.google.com/storage/docs/json_api/v1/objects
 */
export async function startLocalStorage(options: {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly bucket: string
  readonly log?: (message: string) => void
}): Promise<LocalStorage> {
  const logger = options.log ? null : pino({ name: 'local-storage' })
  const log = options.log ?? ((message: string) => logger?.warn(message))
  const objects = new Map<string, StoredObject>()
  const faults: LocalStorage['faults'] = []
  let generations = 1_700_000_000_000_000

  const app = new Hono()

  app.use('/*', async (c, next) => {
    const bucket = /\/b\/([^/]+)\//.exec(`${c.req.path}/`)?.[1]
    if (bucket !== undefined && bucket !== options.bucket) {
      return apiError(c, 404, 'notFound', 'The specified bucket does not exist.')
    }
    return next()
  })

  app.post('/upload/storage/v1/b/:bucket/o', async (c) => {
    const { uploadType, name, ifGenerationMatch } = c.req.query()
    const boundary = /^multipart\/related; ?boundary="?([^";]+)"?$/.exec(c.req.header('content-type') ?? '')
    if (uploadType !== 'multipart' || !boundary?.[1]) {
      return notBuilt(c, `upload of type ${uploadType} as ${c.req.header('content-type')}`)
    }
    const parts = readParts(Buffer.from(await c.req.arrayBuffer()), boundary[1])
    const [metadata, media] = parts ?? []
    if (!metadata || !media) return apiError(c, 400, 'badContent', 'The multipart body has no two parts.')
    const resource = JSON.parse(metadata.body.toString()) as Readonly<Record<string, string | undefined>>
    const objectName = name ?? resource.name
    if (!objectName) return apiError(c, 400, 'required', 'Required parameter: name')
    const current = objects.get(objectName)?.generation ?? 0
    if (ifGenerationMatch !== undefined && Number(ifGenerationMatch) !== current) {
      const message = 'At least one of the pre-conditions you specified did not hold.'
      return apiError(c, 412, 'conditionNotMet', message)
    }
    const fault = faults.shift()
    const object: StoredObject = {
      data: fault === 'damage' ? Buffer.from('damaged on the way') : media.body,
      contentType: resource.contentType ?? media.contentType,
      cacheControl: resource.cacheControl ?? '',
      generation: ++generations,
    }
    objects.set(objectName, object)
    if (fault === 'lose') return apiError(c, 503, 'backendError', 'We encountered an internal error.')
    return c.json(toResource(objectName, object))
  })

  app.get('/storage/v1/b/:bucket/o', (c) => {
    const names = [...objects.keys()].toSorted()
    const from = Number(c.req.query('pageToken') ?? 0)
    const to = from + Math.min(PAGE, Number(c.req.query('maxResults') ?? PAGE))
    return c.json({
      kind: 'storage#objects',
      items: names.slice(from, to).flatMap((name) => {
        const object = objects.get(name)
        return object ? [toResource(name, object)] : []
      }),
      ...(to < names.length ? { nextPageToken: String(to) } : {}),
    })
  })

  app.get('/storage/v1/b/:bucket/o/:name', (c) => {
    const name = c.req.param('name')
    const object = objects.get(name)
    const missing = `No such object: ${options.bucket}/${name}`
    if (c.req.query('alt') !== 'media') {
      return object ? c.json(toResource(name, object)) : apiError(c, 404, 'notFound', missing)
    }
    // The media endpoint answers in plain text.
    if (!object) return c.text(missing, 404)
    return c.body(new Uint8Array(object.data), 200, {
      'content-type': object.contentType,
      'cache-control': object.cacheControl,
      'x-goog-generation': String(object.generation),
      'x-goog-hash': `crc32c=${crc32c(object.data)},md5=${md5(object.data)}`,
      'x-goog-stored-content-encoding': 'identity',
      'x-goog-stored-content-length': String(object.data.length),
    })
  })

  app.delete('/storage/v1/b/:bucket/o/:name', (c) => {
    const name = c.req.param('name')
    if (objects.delete(name)) return c.body(null, 204)
    return apiError(c, 404, 'notFound', `No such object: ${options.bucket}/${name}`)
  })

  app.notFound((c) => notBuilt(c, `${c.req.method} ${c.req.path}`))
  app.onError((error, c) => {
    log(`local Cloud Storage broke: ${error.stack ?? error.message}`)
    return apiError(c, 500, 'backendError', 'local Cloud Storage broke: see its log')
  })

  function notBuilt(c: Context, what: string): Response {
    const message = `local Cloud Storage has no ${what}`
    log(`NOT BUILT: ${message}`)
    return apiError(c, 501, 'notImplemented', message)
  }

  function toResource(name: string, { data, contentType, cacheControl, generation }: StoredObject) {
    return {
      kind: 'storage#object',
      id: `${options.bucket}/${name}/${generation}`,
      name,
      bucket: options.bucket,
      generation: String(generation),
      metageneration: '1',
      contentType,
      cacheControl,
      size: String(data.length),
      crc32c: crc32c(data),
      md5Hash: md5(data),
    }
  }

  const server = createServer(getRequestListener(app.fetch))
  server.listen(options.port, options.host)
  // Rejects with the system's error when the port is taken.
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  return {
    url: `http://${options.host}:${port}`,
    objects,
    faults,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

interface Part {
  readonly contentType: string
  readonly body: Buffer
}

/** multipart/related, RFC 2387. Undefined when it is not closed as it should be. */
function readParts(whole: Buffer, boundary: string): Part[] | undefined {
  const parts: Part[] = []
  const mark = Buffer.from(`--${boundary}`)
  for (let at = whole.indexOf(mark); at !== -1; ) {
    const start = at + mark.length
    if (whole.toString('latin1', start, start + 2) === '--') return parts
    const end = whole.indexOf(`\r\n${mark}`, start)
    const head = whole.indexOf('\r\n\r\n', start)
    if (end === -1 || head === -1 || head > end) return undefined
    const contentType = /content-type: *(.+)/i.exec(whole.toString('latin1', start, head))?.[1] ?? ''
    parts.push({ contentType: contentType.trim(), body: whole.subarray(head + 4, end) })
    at = end + 2
  }
  return undefined
}

function md5(data: Buffer): string {
  return createHash('md5').update(data).digest('base64')
}

/** Castagnoli's CRC, big-endian, as Google writes it. */
function crc32c(data: Buffer): string {
  let crc = 0xffffffff
  for (const byte of data) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  const answer = Buffer.alloc(4)
  answer.writeUInt32BE((crc ^ 0xffffffff) >>> 0)
  return answer.toString('base64')
}

/** The envelope of Google's JSON APIs. */
function apiError(c: Context, code: ContentfulStatusCode, reason: string, message: string): Response {
  return c.json({ error: { code, message, errors: [{ domain: 'global', reason, message }] } }, code)
}
